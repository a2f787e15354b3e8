//! What can be wrong with a ledger's file after a merge, a crash or an editor, and mending what can be mended safely.
//!
//! Pure: what lies beside the file (locks, temporary files, redirects, git) is looked at elsewhere.

mod fix;
mod graph;
mod issue;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub use fix::{Fixed, fix};

use crate::issues::{Issues, Wrong};
use crate::merge;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The line, counted from 1; `None` where it is about the whole file.
    pub line: Option<usize>,
    /// The issue's id, where it is about one.
    pub id: Option<String>,
    /// What it is, in one word for programs.
    pub kind: &'static str,
    /// What it is, for people.
    pub what: String,
    /// What mending would do; `None` where a person has to decide.
    pub fix: Option<&'static str>,
}

/// What decides whether something is wrong.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The time.
    pub now: Timestamp,
    /// Statuses that the ledger's configuration adds.
    pub statuses: Vec<String>,
}

/// Looks through a ledger's file: what is about the file first, then line by line.
pub fn look(text: &[u8], rules: &Rules) -> Vec<Finding> {
    let issues = Issues::parse(text.to_vec());
    let mut found = Vec::new();
    whole(text, &issues, &mut found);
    lines(text, &issues, rules, &mut found);
    let known = Known::of(&issues);
    let mut counter = Lines { text: issues.bytes(), at: 0, line: 1 };
    for brief in issues.iter() {
        let line = counter.of(brief.line());
        let issue = brief.issue();
        for mut finding in issue::look(&issue, &known, rules) {
            finding.line = Some(line);
            finding.id = Some(issue.id().into_owned());
            found.push(finding);
        }
    }
    found.extend(graph::cycles(&issues));
    found.sort_by_key(|finding| finding.line);
    found
}

/// What each issue's line is checked against.
pub(super) struct Known<'a> {
    ids: BTreeMap<&'a str, bool>,
    prefixes: BTreeSet<&'a str>,
}

impl<'a> Known<'a> {
    pub(super) fn of(issues: &'a Issues) -> Self {
        let ids: BTreeMap<&str, bool> =
            issues.iter().map(|brief| (brief.id(), brief.is_tombstone())).collect();
        let prefixes = ids.keys().filter_map(|id| crate::id::prefix_of(id)).collect();
        Self { ids, prefixes }
    }

    /// Whether it is one of this ledger's ids, and no such issue is there.
    fn lacks(&self, id: &str) -> bool {
        !self.ids.contains_key(id)
            && crate::id::prefix_of(id).is_some_and(|prefix| self.prefixes.contains(prefix))
    }

    fn is_deleted(&self, id: &str) -> bool {
        self.ids.get(id) == Some(&true)
    }
}

fn finding(kind: &'static str, what: impl Into<String>, fix: Option<&'static str>) -> Finding {
    Finding { line: None, id: None, kind, what: what.into(), fix }
}

fn whole(text: &[u8], issues: &Issues, found: &mut Vec<Finding>) {
    if text.starts_with(BOM) {
        found.push(finding("bom", "the file begins with a byte order mark", Some("takes it out")));
    }
    let returns = memchr::memmem::find_iter(text, b"\r\n").count();
    if returns > 0 {
        found.push(finding(
            "crlf",
            format!("{returns} lines end with a carriage return"),
            Some("takes them out"),
        ));
    }
    if !text.is_empty() && !text.ends_with(b"\n") {
        found.push(finding("end", "the last line has no end", Some("adds it")));
    }
    // Newer beads writes its lines in another order.
    let sorted = issues.iter().zip(issues.iter().skip(1)).all(|(one, next)| one.id() <= next.id());
    if !sorted && !issues.is_typed() {
        found.push(finding("unsorted", "the lines aren't sorted by id", Some("sorts them")));
    }
}

fn lines(text: &[u8], issues: &Issues, rules: &Rules, found: &mut Vec<Finding>) {
    let resolved = merge::resolved(text, None, rules.now);
    for trouble in issues.troubles() {
        let is_marked = matches!(trouble.what, Wrong::Conflict(_)) && resolved.marks.is_some();
        let mut one = match &trouble.what {
            // The first mark of a conflict stands for all of it.
            Wrong::Conflict(mark) if is_marked && *mark != "<<<<<<<" => continue,
            Wrong::Conflict(_) if is_marked => finding(
                "conflict",
                trouble.what.to_string(),
                Some("merges both sides issue by issue"),
            ),
            Wrong::Conflict(_) => {
                finding("conflict", trouble.what.to_string(), Some("takes the mark out"))
            }
            Wrong::Twice(_) => finding(
                "duplicate",
                trouble.what.to_string(),
                Some("merges the lines; what is another issue gets an id of its own"),
            ),
            Wrong::NotUtf8 | Wrong::Broken(_) => finding(
                "broken",
                format!("the line can't be read: {}", trouble.what),
                Some("takes the line out"),
            ),
        };
        one.line = Some(trouble.line);
        if let Wrong::Twice(id) = &trouble.what {
            one.id = Some(id.clone());
        }
        found.push(one);
    }
}

/// Counts the lines before one that stands in a text; each asked for further down than the one before.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, line: &str) -> usize {
        let place = (line.as_ptr() as usize)
            .saturating_sub(self.text.as_ptr() as usize)
            .min(self.text.len());
        if place > self.at {
            self.line += memchr::memchr_iter(b'\n', &self.text[self.at..place]).count();
            self.at = place;
        }
        self.line
    }
}
