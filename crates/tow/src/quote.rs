//! Text for a shell, so that what a hint shows can be pasted; and text with what would move the cursor escaped.

/// Line ends and other control characters as they are written in programs (`\n`, `\u{1b}`); all else as it is.
pub(crate) fn controls_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            escaped.extend(c.escape_default());
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// The text as one word of a POSIX shell.
pub(crate) fn shell_quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:%@+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_it_is_quoted() {
        for (text, expected) in [
            ("app", "app"),
            ("agents:3.0", "agents:3.0"),
            ("%17", "%17"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("$(x)", "'$(x)'"),
            ("=x", "'=x'"),
            ("~", "'~'"),
        ] {
            assert_eq!(shell_quoted(text), expected);
        }
    }
}
