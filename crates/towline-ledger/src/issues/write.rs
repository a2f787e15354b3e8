//! Writing: the file again, with the lines that were changed in the place of the old ones.

use std::collections::BTreeMap;

use super::Issues;
use crate::issue::Issue;

/// What is to be other in a file.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// By id: the issue as it is to be, or that it goes for good.
    pub(crate) issues: BTreeMap<String, Option<Issue>>,
}

impl Issues {
    /// The file with some changes. Lines that aren't concerned are the same to the byte; new ones come to their place in the
    /// order of ids, or to the end of a file that is in no order.
    pub(crate) fn with(&self, changes: &Changes) -> Vec<u8> {
        let more: usize =
            changes.issues.values().flatten().map(|issue| issue.line().len() + 1).sum();
        let mut out = Vec::with_capacity(self.text.len() + more);
        // What is put at a place of the old text: up to where that goes on, and the line.
        let mut edits: Vec<(usize, usize, Option<&Issue>)> = Vec::new();
        let mut added = Vec::new();
        for (id, issue) in &changes.issues {
            match (self.find(id), issue) {
                (Some(brief), Some(issue)) => {
                    let range = brief.row.line.range();
                    edits.push((range.start, range.end, Some(issue)));
                }
                (Some(brief), None) => {
                    let range = brief.row.line.range();
                    let end = self.line_end(range.end);
                    edits.push((range.start, end, None));
                }
                (None, Some(issue)) => added.push((id.as_str(), issue)),
                (None, None) => {}
            }
        }
        edits.sort_by_key(|(start, ..)| *start);
        let ending = self.ending();
        let mut inserts: Vec<(usize, &Issue)> = Vec::new();
        for (id, issue) in added {
            inserts.push((self.place_for(id), issue));
        }
        inserts.sort_by_key(|(place, _)| *place);
        let (mut at, mut inserts) = (0, inserts.into_iter().peekable());
        let mut edits = edits.into_iter().peekable();
        loop {
            let edit = edits.peek().map(|(start, ..)| *start);
            let insert = inserts.peek().map(|(place, _)| *place);
            match (edit, insert) {
                (_, Some(place)) if edit.is_none_or(|start| place <= start) => {
                    out.extend_from_slice(&self.text[at..place]);
                    at = place;
                    if !out.is_empty() && !out.ends_with(b"\n") && !is_bom(&out) {
                        out.extend_from_slice(ending);
                    }
                    if let Some((_, issue)) = inserts.next() {
                        out.extend_from_slice(issue.line().as_bytes());
                        out.extend_from_slice(ending);
                    }
                }
                (Some(start), _) => {
                    out.extend_from_slice(&self.text[at..start]);
                    if let Some((_, end, issue)) = edits.next() {
                        out.extend_from_slice(issue.map_or(&[], |issue| issue.line().as_bytes()));
                        at = end;
                    }
                }
                (None, _) => break,
            }
        }
        out.extend_from_slice(&self.text[at..]);
        out
    }

    /// Where a new issue's line comes to stand.
    fn place_for(&self, id: &str) -> usize {
        if self.by_id.is_some() {
            return self.text.len();
        }
        let later = self.rows.partition_point(|row| row.id.of(&self.text[..]) < id.as_bytes());
        match self.rows.get(later) {
            Some(row) => row.line.range().start,
            // Behind the last issue, and before what stands behind that.
            None => match self.rows.last() {
                Some(row) => self.line_end(row.line.range().end),
                None => self.text.len(),
            },
        }
    }

    /// Behind the end of the line that ends at a place.
    fn line_end(&self, end: usize) -> usize {
        memchr::memchr(b'\n', &self.text[end..]).map_or(self.text.len(), |at| end + at + 1)
    }

    /// How this file ends its lines.
    fn ending(&self) -> &'static [u8] {
        let first = memchr::memchr(b'\n', &self.text).unwrap_or(0);
        if first > 0 && self.text[first - 1] == b'\r' { b"\r\n" } else { b"\n" }
    }
}

fn is_bom(out: &[u8]) -> bool {
    out == b"\xef\xbb\xbf"
}
