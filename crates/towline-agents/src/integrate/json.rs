//! Hooks in a JSON file: added and taken out without a change to anything else in it.
//!
//! Claude Code and Codex share the form: `"hooks": {"EVENT": [{"hooks": [{"type": "command", "command": "…"}]}]}`.

use std::path::Path;

use jsonc_parser::ast::{Array, Object, Value as Node};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::{Value, json};

use super::Refused;
use super::text::Text;

/// The text with these groups of hooks added, each to its event, behind those that are there.
pub(super) fn with(
    path: &Path,
    text: Option<&str>,
    groups: &[(&str, Value)],
) -> Result<String, Refused> {
    let text = text.filter(|text| !text.trim().is_empty()).unwrap_or("{}\n");
    let mut text = text.to_owned();
    let hooks = parse(path, &text)?.get("hooks").map(|hooks| hooks.value.as_object().is_some());
    match hooks {
        None => {
            // In the order of the events, which an object of values doesn't keep.
            let group = |(event, group): &(&str, Value)| ((*event).to_owned(), json!([group]));
            let members: Vec<(String, Value)> = groups.iter().map(group).collect();
            let root = container(parse(path, &text)?.range, &items(&parse(path, &text)?));
            return Ok(Text::of(&text).add(root, |lines| lines.member("hooks", &members)));
        }
        Some(false) => return Err(refused(path, "\"hooks\" is no object")),
        Some(true) => {}
    }
    for (event, group) in groups {
        let next = {
            let root = parse(path, &text)?;
            let Some(hooks) = root.get_object("hooks") else { break };
            match hooks.get(event).map(|event| event.value.as_array()) {
                Some(Some(list)) => {
                    let list = container(list.range, &elements(list));
                    Text::of(&text).add(list, |lines| lines.value(group))
                }
                Some(None) => {
                    return Err(refused(path, &format!("\"hooks\".\"{event}\" is no list")));
                }
                None => {
                    let hooks = container(hooks.range, &items(hooks));
                    let list = json!([group]);
                    Text::of(&text).add(hooks, |lines| lines.named(event, &list))
                }
            }
        };
        text = next;
    }
    Ok(text)
}

/// The text without hooks whose command is ours, and without what is left empty by that.
pub(super) fn without(
    path: &Path,
    text: &str,
    is_ours: &dyn Fn(&str) -> bool,
) -> Result<String, Refused> {
    let mut text = text.to_owned();
    while !text.trim().is_empty() {
        let next = {
            let root = parse(path, &text)?;
            let Some(cut) = first_of_ours(&root, is_ours) else { break };
            Text::of(&text).cut(cut.0, cut.1)
        };
        text = next;
    }
    Ok(text)
}

/// A list or an object and what is in it, in places of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Container {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) items: Vec<(usize, usize)>,
}

fn container(range: Range, items: &[Range]) -> Container {
    let items = items.iter().map(|item| (item.start, item.end)).collect();
    Container { start: range.start, end: range.end, items }
}

fn items(object: &Object<'_>) -> Vec<Range> {
    object.properties.iter().map(|property| property.range).collect()
}

fn elements(list: &Array<'_>) -> Vec<Range> {
    list.elements.iter().map(Ranged::range).collect()
}

/// What is to be cut out first so that a hook of ours is gone: the outermost that holds nothing else.
fn first_of_ours(root: &Object<'_>, is_ours: &dyn Fn(&str) -> bool) -> Option<(Container, usize)> {
    let hooks = root.get_object("hooks")?;
    for (at, event) in hooks.properties.iter().enumerate() {
        let Some(groups) = event.value.as_array() else { continue };
        for (index, group) in groups.elements.iter().enumerate() {
            let Some(list) = group.as_object().and_then(|group| group.get_array("hooks")) else {
                continue;
            };
            let Some(hook) = list.elements.iter().position(|hook| runs(hook, is_ours)) else {
                continue;
            };
            let sole = [list.elements.len(), groups.elements.len(), hooks.properties.len()];
            return Some(match sole {
                [1, 1, 1] => {
                    let at = root.properties.iter().position(|it| it.name.as_str() == "hooks")?;
                    (container(root.range, &items(root)), at)
                }
                [1, 1, _] => (container(hooks.range, &items(hooks)), at),
                [1, ..] => (container(groups.range, &elements(groups)), index),
                _ => (container(list.range, &elements(list)), hook),
            });
        }
    }
    None
}

/// Where hooks of ours stand: the event, the place of the group in its list, and the hook's place in that.
pub(super) fn places(
    path: &Path,
    text: &str,
    is_ours: &dyn Fn(&str) -> bool,
) -> Result<Vec<(String, usize, usize)>, Refused> {
    let root = parse(path, text)?;
    let mut places = Vec::new();
    let Some(hooks) = root.get_object("hooks") else { return Ok(places) };
    for event in &hooks.properties {
        let groups = event.value.as_array().map_or(&[][..], |groups| &groups.elements);
        for (index, group) in groups.iter().enumerate() {
            let list = group.as_object().and_then(|group| group.get_array("hooks"));
            let list = list.map_or(&[][..], |list| &list.elements);
            let ours = list.iter().enumerate().filter(|(_, hook)| runs(hook, is_ours));
            places.extend(ours.map(|(hook, _)| (event.name.as_str().to_owned(), index, hook)));
        }
    }
    Ok(places)
}

/// Whether a hook runs a command of ours.
fn runs(hook: &Node<'_>, is_ours: &dyn Fn(&str) -> bool) -> bool {
    let command = hook.as_object().and_then(|hook| hook.get_string("command"));
    command.is_some_and(|command| is_ours(&command.value))
}

fn parse<'a>(path: &Path, text: &'a str) -> Result<Object<'a>, Refused> {
    // Comments and commas behind the last are what people write; the rest would be no JSON to the agent either.
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        ..ParseOptions::default()
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options);
    let parsed = parsed.map_err(|error| Refused {
        path: path.to_owned(),
        line: Some(error.line_display()),
        message: format!("it can't be read as JSON: {}", said(&error.kind().to_string())),
    })?;
    match parsed.value {
        Some(Node::Object(object)) => Ok(object),
        _ => Err(refused(path, "it is no JSON object")),
    }
}

/// As our errors begin: small.
fn said(message: &str) -> String {
    let mut chars = message.trim_end_matches('.').chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

pub(super) fn refused(path: &Path, message: &str) -> Refused {
    Refused { path: path.to_owned(), line: None, message: message.to_owned() }
}
