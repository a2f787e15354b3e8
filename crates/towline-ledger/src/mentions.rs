//! Ids in texts: what is left of them when the issue is deleted.

/// The text with each mention of an id, as a whole word, replaced; `None` where there is none.
pub(crate) fn replaced(text: &str, id: &str, by: &str) -> Option<String> {
    // What may stand in an id, so that `gt-ab` isn't found in `gt-abc` or `gt-ab.1`.
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let mut made = String::new();
    let mut from = 0;
    for (at, _) in text.match_indices(id) {
        let before = text[..at].chars().next_back();
        let mut behind = text[at + id.len()..].chars();
        let (next, second) = (behind.next(), behind.next());
        // A dot ends a sentence, or begins a child's number.
        let child = next == Some('.') && second.is_some_and(|c| c.is_ascii_alphanumeric());
        let dotted = before == Some('.');
        if dotted || child || before.is_some_and(inside) || next.is_some_and(inside) {
            continue;
        }
        made.push_str(&text[from..at]);
        made.push_str(by);
        from = at + id.len();
    }
    if from == 0 {
        return None;
    }
    made.push_str(&text[from..]);
    Some(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_ids_are_replaced() {
        for (text, expected) in [
            ("see gt-ab.", Some("see X.")),
            ("gt-ab, (gt-ab)", Some("X, (X)")),
            ("gt-abc gt-ab.1 my-gt-ab gt-ab-c", None),
            ("gt-ab.1 and gt-ab: ü", Some("gt-ab.1 and X: ü")),
            ("", None),
        ] {
            assert_eq!(replaced(text, "gt-ab", "X").as_deref(), expected, "{text}");
        }
    }
}
