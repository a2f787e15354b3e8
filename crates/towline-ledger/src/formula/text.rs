//! `{{variables}}` in texts.

/// Words that mean something else in templates, which people write of in descriptions: never variables.
const NEVER: [&str; 7] = ["else", "this", "root", "index", "key", "first", "last"];

/// The parts of a text: as it stands, or the name of a variable.
enum Part<'a> {
    Plain(&'a str),
    /// With the braces, and the name between them.
    Variable(&'a str, &'a str),
}

/// Whether a name may stand between the braces.
pub(super) fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !NEVER.contains(&name)
}

fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        // The first opening that a variable follows; of `{{{x}}` the second.
        let mut from = 0;
        while let Some(open) = rest[from..].find("{{").map(|at| at + from) {
            let after = &rest[open + 2..];
            let name = after.find("}}").map(|end| &after[..end]).filter(|name| is_name(name));
            if let Some(name) = name {
                if open > 0 {
                    let (plain, variable) = rest.split_at(open);
                    rest = variable;
                    return Some(Part::Plain(plain));
                }
                let (variable, after) = rest.split_at(name.len() + 4);
                rest = after;
                return Some(Part::Variable(variable, name));
            }
            from = open + 1;
        }
        Some(Part::Plain(std::mem::take(&mut rest)))
    })
}

/// The names of the variables in a text, in order, each as often as it is there.
pub(super) fn variables(text: &str) -> impl Iterator<Item = &str> {
    parts(text).filter_map(|part| match part {
        Part::Plain(_) => None,
        Part::Variable(_, name) => Some(name),
    })
}

/// The text with values for variables. One without a value stays as it is written; a value isn't looked into again.
pub(super) fn substituted<'v>(text: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    let mut out = String::with_capacity(text.len());
    for part in parts(text) {
        out.push_str(match part {
            Part::Plain(text) => text,
            Part::Variable(text, name) => value(name).unwrap_or(text),
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn variables_are_found_and_replaced() {
        let value = |name: &str| match name {
            "x" => Some("1"),
            "long_Name2" => Some("{{x}}"),
            "empty" => Some(""),
            "this" => Some("never"),
            _ => None,
        };
        for (text, names, expected) in [
            ("", vec![], ""),
            ("plain", vec![], "plain"),
            ("{{x}}", vec!["x"], "1"),
            ("a {{x}} b {{x}}{{empty}}c", vec!["x", "x", "empty"], "a 1 b 1c"),
            ("{{long_Name2}}", vec!["long_Name2"], "{{x}}"),
            ("{{unknown}}", vec!["unknown"], "{{unknown}}"),
            ("{{{x}}}", vec!["x"], "{1}"),
            ("{{ {{x}} }}", vec!["x"], "{{ 1 }}"),
            ("{{x", vec![], "{{x"),
            (
                "{{}} {{ x }} {{2x}} {{a-b}} {{.Go}} {{#if x}}",
                vec![],
                "{{}} {{ x }} {{2x}} {{a-b}} {{.Go}} {{#if x}}",
            ),
            ("{{this}} {{else}}", vec![], "{{this}} {{else}}"),
            ("ä{{x}}ö", vec!["x"], "ä1ö"),
        ] {
            assert_eq!(variables(text).collect::<Vec<_>>(), names, "{text}");
            assert_eq!(substituted(text, value), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn without_values_nothing_changes(text in "([{}x ä]|\\{\\{x\\}\\}){0,20}") {
            prop_assert_eq!(substituted(&text, |_| None), text);
        }
    }
}
