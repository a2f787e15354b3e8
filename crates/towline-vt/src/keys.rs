//! Keys by name, as tmux names them, as input.

use crate::modes::Modes;

/// A name that is no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKey {
    /// The name as given.
    pub name: String,
    /// Names that are close to it.
    pub near: Vec<&'static str>,
}

impl std::fmt::Display for UnknownKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no key is named {:?}", self.name)?;
        if !self.near.is_empty() {
            write!(f, "; near it are {}", self.near.join(", "))?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownKey {}

const SHIFT: u8 = 1;
const ALT: u8 = 2;
const CTRL: u8 = 4;

/// The flags of the kitty keyboard protocol that matter here.
const DISAMBIGUATE: u8 = 1;
const ALL_AS_ESCAPES: u8 = 8;
const WITH_TEXT: u8 = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    /// A character.
    Char(char),
    /// `CSI letter`, in application cursor mode `ESC O letter`.
    Arrow(u8),
    /// `ESC O letter` (F1 to F4).
    Function(u8),
    /// `CSI number ~`.
    Tilde(u8),
    Enter,
    Escape,
    Tab,
    BackTab,
    Backspace,
}

/// All special names, with the spelling to show first.
const NAMES: [(&str, Key); 39] = [
    ("Enter", Key::Enter),
    ("Return", Key::Enter),
    ("Escape", Key::Escape),
    ("Esc", Key::Escape),
    ("Tab", Key::Tab),
    ("BTab", Key::BackTab),
    ("BackTab", Key::BackTab),
    ("BSpace", Key::Backspace),
    ("Backspace", Key::Backspace),
    ("Space", Key::Char(' ')),
    ("Up", Key::Arrow(b'A')),
    ("Down", Key::Arrow(b'B')),
    ("Right", Key::Arrow(b'C')),
    ("Left", Key::Arrow(b'D')),
    ("Home", Key::Arrow(b'H')),
    ("End", Key::Arrow(b'F')),
    ("IC", Key::Tilde(2)),
    ("Insert", Key::Tilde(2)),
    ("DC", Key::Tilde(3)),
    ("Delete", Key::Tilde(3)),
    ("Del", Key::Tilde(3)),
    ("PageUp", Key::Tilde(5)),
    ("PPage", Key::Tilde(5)),
    ("PgUp", Key::Tilde(5)),
    ("PageDown", Key::Tilde(6)),
    ("NPage", Key::Tilde(6)),
    ("PgDn", Key::Tilde(6)),
    ("F1", Key::Function(b'P')),
    ("F2", Key::Function(b'Q')),
    ("F3", Key::Function(b'R')),
    ("F4", Key::Function(b'S')),
    ("F5", Key::Tilde(15)),
    ("F6", Key::Tilde(17)),
    ("F7", Key::Tilde(18)),
    ("F8", Key::Tilde(19)),
    ("F9", Key::Tilde(20)),
    ("F10", Key::Tilde(21)),
    ("F11", Key::Tilde(23)),
    ("F12", Key::Tilde(24)),
];

/// The bytes that a key sends to a program with these modes.
///
/// `name` is a single character or one of tmux's names in any case (`Enter`, `BSpace`, `PPage`,
/// `F5`), with any of `C-`, `M-` and `S-` before it.
///
/// # Errors
///
/// [`UnknownKey`] for any other name, with names that are close to it.
pub fn encode_key(name: &str, modes: &Modes) -> Result<Vec<u8>, UnknownKey> {
    let (mut mods, base) = modifiers(name);
    let Some(mut key) = find(base) else {
        return Err(UnknownKey { name: name.to_owned(), near: near(base) });
    };
    if key == Key::BackTab {
        (key, mods) = (Key::Tab, mods | SHIFT);
    }
    Ok(encode(key, mods, modes))
}

/// Splits off the prefixes.
fn modifiers(name: &str) -> (u8, &str) {
    let mut mods = 0;
    let mut rest = name;
    // `C--` is Ctrl and minus: the prefix must leave something.
    while let Some((prefix, base)) = rest.split_at_checked(2).filter(|(_, base)| !base.is_empty()) {
        mods |= match prefix {
            "C-" | "c-" => CTRL,
            "M-" | "m-" => ALT,
            "S-" | "s-" => SHIFT,
            _ => break,
        };
        rest = base;
    }
    match rest.strip_prefix('^').filter(|base| base.chars().count() == 1) {
        Some(base) => (mods | CTRL, base),
        None => (mods, rest),
    }
}

fn find(base: &str) -> Option<Key> {
    let mut chars = base.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return Some(Key::Char(c));
    }
    NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(base)).map(|&(_, key)| key)
}

fn near(base: &str) -> Vec<&'static str> {
    let base = base.to_ascii_lowercase();
    let mut found: Vec<_> = NAMES
        .iter()
        .map(|&(name, _)| {
            let lower = name.to_ascii_lowercase();
            let begins = base.len() > 1 && (lower.starts_with(&base) || base.starts_with(&lower));
            (if begins { 1 } else { distance(&base, &lower) }, name)
        })
        .filter(|&(distance, name)| distance <= 2 && distance < name.len())
        .collect();
    found.sort_unstable();
    let best = found.first().map_or(0, |&(distance, _)| distance);
    found
        .into_iter()
        .take_while(|&(distance, _)| distance == best)
        .map(|(_, name)| name)
        .take(4)
        .collect()
}

/// The Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().take(32).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

fn encode(key: Key, mods: u8, modes: &Modes) -> Vec<u8> {
    let kitty = modes.keyboard & (DISAMBIGUATE | ALL_AS_ESCAPES) != 0;
    let all = modes.keyboard & ALL_AS_ESCAPES != 0;
    let param = mods + 1;
    match key {
        Key::Arrow(letter) if mods == 0 => {
            let ss3 = modes.app_cursor && !kitty;
            vec![0x1b, if ss3 { b'O' } else { b'[' }, letter]
        }
        // `CSI R` would be the answer to a query, so kitty writes F3 another way.
        Key::Function(b'R') if kitty => tilde(13, param),
        Key::Function(letter) if mods == 0 => {
            vec![0x1b, if kitty { b'[' } else { b'O' }, letter]
        }
        Key::Arrow(letter) | Key::Function(letter) => {
            format!("\x1b[1;{param}{}", char::from(letter)).into_bytes()
        }
        Key::Tilde(number) => tilde(number, param),
        Key::Char(c) => character(c, mods, modes),
        // These three stay what they are without modifiers, so that a shell can be used after a
        // program has died without cleaning up.
        Key::Enter if all || kitty && mods != 0 => unicode(13, mods),
        Key::Tab if all || kitty && mods != 0 => unicode(9, mods),
        Key::Backspace if all || kitty && mods != 0 => unicode(127, mods),
        Key::Escape if kitty => unicode(27, mods),
        Key::Enter => other_key(b"\r", 13, mods & !ALT, mods, modes),
        Key::Tab | Key::BackTab if mods & SHIFT != 0 => escaped(b"\x1b[Z", mods),
        Key::Tab | Key::BackTab => other_key(b"\t", 9, mods & !ALT, mods, modes),
        Key::Escape => escaped(b"\x1b", mods),
        Key::Backspace if mods & CTRL != 0 => escaped(b"\x08", mods),
        Key::Backspace => escaped(b"\x7f", mods),
    }
}

/// A key that has no legacy form with these modifiers: as XTerm writes it when asked to.
fn other_key(plain: &[u8], code: u32, beyond: u8, mods: u8, modes: &Modes) -> Vec<u8> {
    if beyond != 0 && modes.modify_other_keys == 2 {
        return format!("\x1b[27;{};{code}~", mods + 1).into_bytes();
    }
    escaped(plain, mods)
}

fn tilde(number: u8, param: u8) -> Vec<u8> {
    match param {
        1 => format!("\x1b[{number}~"),
        _ => format!("\x1b[{number};{param}~"),
    }
    .into_bytes()
}

/// Kitty's `CSI code ; modifiers u`.
fn unicode(code: u32, mods: u8) -> Vec<u8> {
    match mods {
        0 => format!("\x1b[{code}u"),
        _ => format!("\x1b[{code};{}u", mods + 1),
    }
    .into_bytes()
}

/// Alt is an ESC before it.
fn escaped(bytes: &[u8], mods: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 1);
    if mods & ALT != 0 {
        out.push(0x1b);
    }
    out.extend_from_slice(bytes);
    out
}

fn character(c: char, mods: u8, modes: &Modes) -> Vec<u8> {
    let kitty = modes.keyboard & (DISAMBIGUATE | ALL_AS_ESCAPES) != 0;
    let all = modes.keyboard & ALL_AS_ESCAPES != 0;
    // Shift is part of the character, where there is an upper one.
    let upper = if mods & SHIFT != 0 { single(c.to_uppercase()).unwrap_or(c) } else { c };
    if all || kitty && mods & (CTRL | ALT) != 0 {
        let lower = single(c.to_lowercase()).unwrap_or(c);
        let mods = if lower != c { mods | SHIFT } else { mods };
        if all && modes.keyboard & WITH_TEXT != 0 && mods & (CTRL | ALT) == 0 {
            let text = if lower != c { c } else { upper };
            let param = if mods == 0 { String::new() } else { (mods + 1).to_string() };
            return format!("\x1b[{};{param};{}u", lower as u32, text as u32).into_bytes();
        }
        return unicode(lower as u32, mods);
    }
    if mods & CTRL != 0 {
        if let Some(control) = control(c) {
            return escaped(&[control], mods);
        }
        return other_key(upper.encode_utf8(&mut [0; 4]).as_bytes(), c as u32, CTRL, mods, modes);
    }
    escaped(upper.encode_utf8(&mut [0; 4]).as_bytes(), mods)
}

/// The character, when it is only one.
fn single(mut chars: impl Iterator<Item = char>) -> Option<char> {
    chars.next().filter(|_| chars.next().is_none())
}

/// What Ctrl makes of a character on a VT220's keyboard.
fn control(c: char) -> Option<u8> {
    Some(match c {
        'a'..='z' | 'A'..='Z' | '[' | '\\' | ']' | '^' | '_' | '@' => c as u8 & 0x1f,
        ' ' | '2' | '`' => 0,
        '3'..='7' => c as u8 - b'3' + 0x1b,
        '~' => 0x1e,
        '/' | '-' => 0x1f,
        '8' | '?' => 0x7f,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(modes: &Modes, cases: &[(&str, &str)]) {
        for (name, expected) in cases {
            let bytes = encode_key(name, modes).unwrap();
            assert_eq!(String::from_utf8(bytes).unwrap(), *expected, "{name}");
        }
    }

    #[test]
    fn legacy() {
        check(
            &Modes::default(),
            &[
                ("a", "a"),
                ("ä", "ä"),
                ("S-a", "A"),
                ("C-a", "\x01"),
                ("^c", "\x03"),
                ("c-C", "\x03"),
                ("M-x", "\x1bx"),
                ("C-M-x", "\x1b\x18"),
                ("C-Space", "\0"),
                ("C-/", "\x1f"),
                ("C-[", "\x1b"),
                ("C-?", "\x7f"),
                ("C--", "\x1f"),
                ("-", "-"),
                ("^", "^"),
                ("enter", "\r"),
                ("M-Enter", "\x1b\r"),
                ("S-Enter", "\r"),
                ("Escape", "\x1b"),
                ("Tab", "\t"),
                ("BTab", "\x1b[Z"),
                ("S-Tab", "\x1b[Z"),
                ("BSpace", "\x7f"),
                ("C-BSpace", "\x08"),
                ("M-BSpace", "\x1b\x7f"),
                ("SPACE", " "),
                ("Up", "\x1b[A"),
                ("C-Right", "\x1b[1;5C"),
                ("C-S-Left", "\x1b[1;6D"),
                ("Home", "\x1b[H"),
                ("End", "\x1b[F"),
                ("PPage", "\x1b[5~"),
                ("M-PageDown", "\x1b[6;3~"),
                ("DC", "\x1b[3~"),
                ("Insert", "\x1b[2~"),
                ("F1", "\x1bOP"),
                ("S-F1", "\x1b[1;2P"),
                ("F5", "\x1b[15~"),
                ("f12", "\x1b[24~"),
            ],
        );
    }

    #[test]
    fn application_cursor() {
        let modes = Modes { app_cursor: true, ..Modes::default() };
        check(&modes, &[("Up", "\x1bOA"), ("Home", "\x1bOH"), ("C-Up", "\x1b[1;5A")]);
    }

    #[test]
    fn kitty() {
        let modes = Modes { keyboard: 1, app_cursor: true, ..Modes::default() };
        check(
            &modes,
            &[
                ("a", "a"),
                ("A", "A"),
                ("Enter", "\r"),
                ("S-Enter", "\x1b[13;2u"),
                ("Escape", "\x1b[27u"),
                ("C-c", "\x1b[99;5u"),
                ("M-A", "\x1b[97;4u"),
                ("Up", "\x1b[A"),
                ("BTab", "\x1b[9;2u"),
                ("F3", "\x1b[13~"),
            ],
        );
        let modes = Modes { keyboard: 9, ..Modes::default() };
        check(&modes, &[("a", "\x1b[97u"), ("Enter", "\x1b[13u"), ("A", "\x1b[97;2u")]);
        let modes = Modes { keyboard: 25, ..Modes::default() };
        check(&modes, &[("a", "\x1b[97;;97u"), ("S-a", "\x1b[97;2;65u")]);
    }

    #[test]
    fn modify_other_keys() {
        let modes = Modes { modify_other_keys: 2, ..Modes::default() };
        check(&modes, &[("C-Enter", "\x1b[27;5;13~"), ("C-1", "\x1b[27;5;49~"), ("C-a", "\x01")]);
    }

    #[test]
    fn unknown() {
        let error = encode_key("Entr", &Modes::default()).unwrap_err();
        assert_eq!(error.near, ["Enter"]);
        assert_eq!(error.to_string(), "no key is named \"Entr\"; near it are Enter");
        assert_eq!(encode_key("PgeUp", &Modes::default()).unwrap_err().near[0], "PageUp");
        assert!(encode_key("", &Modes::default()).unwrap_err().near.is_empty());
        assert!(encode_key("C-", &Modes::default()).is_err());
        assert!(encode_key("Xyzzyplugh", &Modes::default()).unwrap_err().near.is_empty());
    }
}
