//! Keys by Towline's names, as tmux names them.

use towline_vt::{Modes, encode_key};

use super::TmuxError;

/// Names that tmux has another word for.
const OTHER: [(&str, &str); 9] = [
    ("return", "Enter"),
    ("esc", "Escape"),
    ("backtab", "BTab"),
    ("backspace", "BSpace"),
    ("insert", "IC"),
    ("delete", "DC"),
    ("del", "DC"),
    ("pgup", "PPage"),
    ("pgdn", "NPage"),
];

/// Names that both have, as tmux writes them.
const SAME: [&str; 27] = [
    "Enter", "Escape", "Tab", "BTab", "BSpace", "Space", "Up", "Down", "Right", "Left", "Home",
    "End", "IC", "DC", "PPage", "NPage", "F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9",
    "F10", "F11",
];

/// How a key is given to `send-keys`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// A character, as it is (`-l`).
    Literal(String),
    /// A name.
    Named(String),
}

/// What to tell tmux for a key.
///
/// # Errors
/// A name that Towline doesn't know: tmux would type it.
pub(super) fn key(name: &str) -> Result<Key, TmuxError> {
    encode_key(name, &Modes::default()).map_err(|error| TmuxError::Invalid(error.to_string()))?;
    let mut prefixes = String::new();
    let mut base = name;
    while let Some((prefix, rest)) = base.split_at_checked(2).filter(|(_, rest)| !rest.is_empty()) {
        match prefix {
            "C-" | "c-" => prefixes.push_str("C-"),
            "M-" | "m-" => prefixes.push_str("M-"),
            "S-" | "s-" => prefixes.push_str("S-"),
            _ => break,
        }
        base = rest;
    }
    if let Some(rest) = base.strip_prefix('^').filter(|rest| rest.chars().count() == 1) {
        prefixes.push_str("C-");
        base = rest;
    }
    if base.chars().count() == 1 {
        let c = base.chars().next().unwrap_or_default();
        return Ok(match prefixes.as_str() {
            "" => Key::Literal(base.to_owned()),
            // Shift is part of the character.
            "S-" => Key::Literal(c.to_uppercase().collect()),
            // tmux keeps the case, and tells `C-C` from `C-c` where the program has asked for it only.
            _ if prefixes.contains("C-") => {
                Key::Named(format!("{prefixes}{}", c.to_ascii_lowercase()))
            }
            _ => Key::Named(format!("{prefixes}{base}")),
        });
    }
    let lower = base.to_ascii_lowercase();
    let other = OTHER.iter().find(|(known, _)| *known == lower).map(|(_, tmux)| *tmux);
    let same = || SAME.iter().find(|known| known.eq_ignore_ascii_case(base)).copied();
    let tmux = match lower.as_str() {
        "pageup" => "PPage",
        "pagedown" => "NPage",
        "f12" => "F12",
        _ => other.or_else(same).unwrap_or(base),
    };
    // To tmux the key is one of its own, not Tab with Shift.
    if tmux == "Tab" && prefixes == "S-" {
        return Ok(Key::Named("BTab".into()));
    }
    Ok(Key::Named(format!("{prefixes}{tmux}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_tmuxs_names() {
        for (name, expected) in [
            ("Enter", "Enter"),
            ("return", "Enter"),
            ("Esc", "Escape"),
            ("BackTab", "BTab"),
            ("S-Tab", "BTab"),
            ("M-Backspace", "M-BSpace"),
            ("C-c", "C-c"),
            ("c-C", "C-c"),
            ("^c", "C-c"),
            ("C-M-x", "C-M-x"),
            ("M-A", "M-A"),
            ("PageUp", "PPage"),
            ("PgDn", "NPage"),
            ("f5", "F5"),
            ("F12", "F12"),
            ("up", "Up"),
            ("Space", "Space"),
            ("C--", "C--"),
        ] {
            assert_eq!(key(name), Ok(Key::Named(expected.into())), "{name}");
        }
        for (name, expected) in [("a", "a"), ("ä", "ä"), (";", ";"), ("-", "-"), ("S-a", "A")] {
            assert_eq!(key(name), Ok(Key::Literal(expected.into())), "{name}");
        }
        let error = key("Entr").unwrap_err().to_string();
        assert_eq!(error, "no key is named \"Entr\"; near it are Enter");
    }
}
