//! Texts in JSON: read as any writer escapes them, written as Go's encoder does, which beads' files come from.

use std::borrow::Cow;
use std::fmt::Write;

/// The text of a JSON string, given as it stands between its quotes. Half of a surrogate pair becomes U+FFFD, as Go reads it.
pub(crate) fn decode(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let escape = rest.as_bytes().get(at + 1).copied().unwrap_or(b'\\');
        rest = &rest[(at + 2).min(rest.len())..];
        match escape {
            b'n' => text.push('\n'),
            b't' => text.push('\t'),
            b'r' => text.push('\r'),
            b'b' => text.push('\u{8}'),
            b'f' => text.push('\u{c}'),
            b'u' => {
                let (one, after) = unit(rest);
                rest = after;
                text.push(match one {
                    0xd800..=0xdbff => pair(one, &mut rest),
                    one => char::from_u32(one).unwrap_or(char::REPLACEMENT_CHARACTER),
                });
            }
            other => text.push(char::from(other)),
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// The four hexadecimal digits that a text begins with, and what follows them.
fn unit(rest: &str) -> (u32, &str) {
    match rest.get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok()) {
        Some(unit) => (unit, &rest[4..]),
        None => (0xfffd, rest),
    }
}

/// The character of the first half of a surrogate pair, and the second where that follows.
fn pair(first: u32, rest: &mut &str) -> char {
    if let Some(after) = rest.strip_prefix("\\u") {
        let (second, after) = unit(after);
        if (0xdc00..=0xdfff).contains(&second) {
            *rest = after;
            let both = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return char::from_u32(both).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
    }
    char::REPLACEMENT_CHARACTER
}

/// A text as a JSON string with its quotes. With `html`, `<`, `>` and `&` are escaped too, as Go's encoder does unless it is told not to.
pub(crate) fn encode(text: &str, html: bool) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            '<' | '>' | '&' if html => escaped(&mut json, character),
            // They end a line in JavaScript: Go's encoder always escapes them.
            '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => escaped(&mut json, character),
            other => json.push(other),
        }
    }
    json.push('"');
    json
}

fn escaped(json: &mut String, character: char) {
    // Writing to a String can't fail.
    let _ = write!(json, "\\u{:04x}", u32::from(character));
}
