//! Mending a file.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{Known, issue};
use crate::issue::Issue;
use crate::issues::Issues;
use crate::merge;

/// What came of mending a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// The file as it is to be.
    pub text: Vec<u8>,
    /// The lines of the old one that it doesn't have any longer, as they were: what was changed or taken out.
    pub replaced: Vec<Vec<u8>>,
}

/// Mends what can be mended without a person: two lines of an issue become one, what can't be read goes, and so on, as
/// [`super::Finding::fix`] says. `base` is what the sides of an unfinished merge come from, where that is known.
pub fn fix(text: &[u8], base: Option<&[u8]>, now: Timestamp) -> Fixed {
    let resolved = merge::resolved(text, base, now).text;
    let typed = Issues::parse(resolved.to_vec()).is_typed();
    let mut merged = merge::merge(b"", &resolved, b"", now);
    let whole = merged.report.conflicts.is_empty() && merged.report.renamed.is_empty();
    if typed && whole && same_issues(&resolved, &merged.text) {
        // Newer beads writes its lines in another order.
        merged.text = without_ends(&resolved);
    }
    let issues = Issues::parse(merged.text);
    let known = Known::of(&issues);
    let mut lines: Vec<&[u8]> = issues.bytes().split(|byte| *byte == b'\n').collect();
    lines.retain(|line| !line.is_empty());
    let broken: HashSet<usize> = issues
        .troubles()
        .iter()
        .filter(|trouble| trouble.is_damage())
        .map(|trouble| trouble.line)
        .collect();
    let mut out = Vec::with_capacity(text.len());
    for (at, line) in lines.into_iter().enumerate() {
        if broken.contains(&(at + 1)) {
            continue;
        }
        let mended = std::str::from_utf8(line).ok().and_then(|line| Issue::parse(line).ok());
        match mended.filter(|issue| known.ids.contains_key(issue.id().as_ref())) {
            Some(issue) => {
                let Some(issue) = issue::mend(issue, &known, now) else { continue };
                out.extend_from_slice(issue.line().as_bytes());
            }
            None => out.extend_from_slice(line),
        }
        out.push(b'\n');
    }
    Fixed { replaced: replaced(text, &out), text: out }
}

/// The lines of a text that another doesn't have.
fn replaced(text: &[u8], after: &[u8]) -> Vec<Vec<u8>> {
    let after: HashSet<&[u8]> = after.split(|byte| *byte == b'\n').collect();
    let lines = text.strip_prefix(super::BOM).unwrap_or(text).split(|byte| *byte == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines
        .filter(|line| !line.trim_ascii().is_empty() && !after.contains(line))
        .map(<[u8]>::to_vec)
        .collect()
}

fn same_issues(one: &[u8], other: &[u8]) -> bool {
    let lines = |text: &[u8]| -> Vec<Vec<u8>> {
        let text = without_ends(text);
        let mut lines: Vec<Vec<u8>> =
            text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        lines.sort();
        lines
    };
    lines(one) == lines(other)
}

/// A text whose lines end with a line feed alone, without a mark at its beginning and without empty lines.
fn without_ends(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 1);
    for line in text.strip_prefix(super::BOM).unwrap_or(text).split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.trim_ascii().is_empty() {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
    }
    out
}
