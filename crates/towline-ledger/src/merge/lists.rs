//! Issues that come as a JSON list, as `tow issue list --json` and `bd list --json` print them.

use crate::issue::Issue;
use crate::json::{Broken, Span, elements};

/// What those who print lists add for whoever reads them.
const ADDED: [&str; 4] = ["dependency_count", "dependent_count", "comment_count", "parent"];

/// A ledger's text: as it is, or made of a JSON list, each issue in a line with its fields in beads' order.
///
/// # Errors
/// Where it begins like a list and is none of objects.
pub fn as_lines(text: &[u8]) -> Result<Vec<u8>, Broken> {
    let list = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii();
    if !list.starts_with(b"[") {
        return Ok(text.to_vec());
    }
    let no_utf8 = Broken { at: 0, what: "no UTF-8" };
    let list = std::str::from_utf8(list).map_err(|_| no_utf8)?;
    let mut found: Vec<&str> = Vec::new();
    elements(list.as_bytes(), |span: Span| found.push(span.of(list)))?;
    let mut lines = Vec::with_capacity(list.len());
    for one in found {
        let given = Issue::parse(one)?;
        let mut issue = Issue::empty();
        for key in given.keys().filter(|key| !ADDED.contains(key)) {
            issue.set_raw(key, given.raw(key).map(without_blanks).as_deref());
        }
        lines.extend_from_slice(issue.line().as_bytes());
        lines.push(b'\n');
    }
    Ok(lines)
}

/// A value without the blanks between its parts.
fn without_blanks(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let (mut inside, mut escaped) = (false, false);
    for c in raw.chars() {
        if inside || !matches!(c, ' ' | '\t' | '\r' | '\n') {
            out.push(c);
        }
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => inside = !inside,
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_becomes_lines() {
        let list = "\u{feff} [\n  {\n    \"title\": \"a \\\" b\",\n    \"id\": \"x-1\",\n    \"labels\": [\n      \"l m\"\n    ],\n    \"parent\": \"y\"\n  },\n  {\"id\":\"x-2\"}\n]\n";
        let lines = as_lines(list.as_bytes()).unwrap();
        assert_eq!(
            String::from_utf8(lines).unwrap(),
            "{\"id\":\"x-1\",\"title\":\"a \\\" b\",\"labels\":[\"l m\"]}\n{\"id\":\"x-2\"}\n"
        );
        assert_eq!(as_lines(b"{\"id\":\"a\"}\n").unwrap(), b"{\"id\":\"a\"}\n");
        assert_eq!(as_lines(b"[]").unwrap(), b"");
        assert!(as_lines(b"[1]").is_err() && as_lines(b"[{]").is_err());
    }
}
