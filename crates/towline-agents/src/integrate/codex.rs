//! Codex CLI: `hooks.json` in its configuration folder, and word in `config.toml` that these hooks are trusted. Tried with
//! 0.169.0.
//!
//! Without that word it asks at its next start whether to trust them. The word is bound to the place of a hook in its file
//! and to a hash of what it runs, so it holds for ours alone.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, value};

use super::json::refused;
use super::{Files, Place, Refused, is_ours, json as hooks};
use crate::launch::codex::hooks::groups;

fn folder(place: &Place) -> PathBuf {
    place.moved("CODEX_HOME").unwrap_or_else(|| place.home.join(".codex"))
}

pub(super) fn files(place: &Place) -> [PathBuf; 2] {
    let folder = folder(place);
    [folder.join("hooks.json"), folder.join("config.toml")]
}

fn is_hooks(path: &Path) -> bool {
    path.ends_with("hooks.json")
}

pub(super) fn with(
    place: &Place,
    known: &Files,
    path: &Path,
    text: Option<&str>,
    command: &str,
) -> Result<String, Refused> {
    if is_hooks(path) {
        let groups = groups(command).map(|group| (group.event, group.group));
        return hooks::with(path, text, &groups);
    }
    let [hooks_file, _] = files(place);
    // Where ours will stand in that file.
    let before = without(&hooks_file, known.get(&hooks_file).map_or("", String::as_str))?;
    let after = with(place, known, &hooks_file, before.as_deref(), command)?;
    let ours = hooks::places(&hooks_file, &after, &|command| is_ours("codex", command))?;
    let mut document = parse(path, text.unwrap_or_default())?;
    let mut table = document.as_table_mut();
    for name in ["hooks", "state"] {
        let item = table.entry(name).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        table =
            item.as_table_mut().ok_or_else(|| refused(path, &format!("`{name}` is no table")))?;
    }
    for (event, group, hook) in ours {
        let all = groups(command);
        let Some(known) = all.iter().find(|known| known.event == event) else { continue };
        let key = format!("{}:{}:{group}:{hook}", hooks_file.display(), known.name);
        let mut trust = Table::new();
        trust.insert("trusted_hash", value(&known.trusted));
        trust.decor_mut().set_suffix(MARK);
        table.insert(&key, Item::Table(trust));
    }
    Ok(document.to_string())
}

/// What says of a table in `config.toml` that it is ours.
const MARK: &str = " # by tow integrate";

pub(super) fn without(path: &Path, text: &str) -> Result<Option<String>, Refused> {
    if is_hooks(path) {
        let left = hooks::without(path, text, &|command| is_ours("codex", command))?;
        // A file of ours alone.
        let empty = left != text && left.split_whitespace().collect::<String>() == "{}";
        return Ok((!empty && !text.is_empty()).then_some(left));
    }
    let mut document = parse(path, text)?;
    let state = document.get_mut("hooks").and_then(|hooks| hooks.get_mut("state"));
    let Some(state) = state.and_then(Item::as_table_mut) else { return Ok(Some(text.to_owned())) };
    let is_ours = |item: &Item| {
        let table = item.as_table();
        table.and_then(|table| table.decor().suffix()?.as_str()) == Some(MARK)
    };
    let ours: Vec<String> =
        state.iter().filter(|(_, item)| is_ours(item)).map(|(key, _)| key.to_owned()).collect();
    if ours.is_empty() {
        return Ok(Some(text.to_owned()));
    }
    for key in ours {
        state.remove(&key);
    }
    let left = document.to_string();
    Ok((!left.trim().is_empty()).then_some(left))
}

fn parse(path: &Path, text: &str) -> Result<DocumentMut, Refused> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        let before = error.span().and_then(|span| text.get(..span.start));
        Refused {
            path: path.to_owned(),
            line: before.map(|before| 1 + before.matches('\n').count()),
            message: format!("it can't be read as TOML: {}", error.message().trim()),
        }
    })
}
