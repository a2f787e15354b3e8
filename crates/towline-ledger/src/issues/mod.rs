//! The ledger's file as it was read: its bytes, and where each issue stands in them.
//!
//! Reading finds just what searching and sorting need; an issue is taken apart when someone asks for it. So the memory is that
//! of the file and some tens of bytes for each issue.

mod brief;
mod read;
#[cfg(test)]
mod tests;
mod text;
mod write;

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::issue::Issue;
use crate::json::{Broken, Span};

pub use brief::{Brief, Link, LinkKind};
pub(crate) use write::Changes;

use text::Text;

/// The largest file that is read, in bytes: places in it are 32 bits wide.
pub const LARGEST: u64 = u32::MAX as u64 - 1;

/// A ledger's issues, as its file has them.
#[derive(Debug, Default)]
pub struct Issues {
    text: Text,
    rows: Vec<Row>,
    links: Vec<RawLink>,
    /// The rows in the order of their ids, where the file's own is another.
    by_id: Option<Vec<u32>>,
    troubles: Vec<Trouble>,
    /// There are lines of other kinds than issues, or with a `_type`.
    typed: bool,
    /// Whether its writer escapes `<`, `>` and `&`, once that was looked for.
    html: OnceLock<bool>,
}

/// An issue's place, and what is asked of many issues at once.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    line: Span,
    id: Span,
    status: Span,
    issue_type: Span,
    assignee: Span,
    created_at: Span,
    updated_at: Span,
    labels: Span,
    /// Its stretch of the ledger's links.
    links: Span,
    priority: u8,
    flags: u8,
}

#[derive(Debug, Clone, Copy)]
struct RawLink {
    kind: LinkKind,
    target: Span,
}

/// A line that can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Its number, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: Wrong,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// It is no JSON object.
    #[error("{0}")]
    Broken(#[from] Broken),
    /// It is no UTF-8.
    #[error("it is no UTF-8")]
    NotUtf8,
    /// A merge has left its marks.
    #[error("a merge has left its marks: {0}")]
    Conflict(&'static str),
    /// An issue with this id stands further up.
    #[error("{0} stands there twice")]
    Twice(String),
}

impl Issues {
    /// Takes a file's bytes. Lines that can't be read are told in [`troubles`](Self::troubles); all others are there.
    pub fn parse(text: Vec<u8>) -> Self {
        read::issues(Text::of(text))
    }

    /// The file as it was read.
    pub fn bytes(&self) -> &[u8] {
        &self.text
    }

    /// The lines that can't be read, in the file's order.
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    /// How many issues there are, tombstones included.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All issues in the file's order, tombstones included.
    pub fn iter(&self) -> impl Iterator<Item = Brief<'_>> {
        self.rows.iter().map(|row| Brief { issues: self, row })
    }

    /// The issue with an id; of two with the same the last one, as a database that reads the file line by line has it.
    pub fn find(&self, id: &str) -> Option<Brief<'_>> {
        let id = id.as_bytes();
        let at = |place: usize| {
            &self.rows[self.by_id.as_ref().map_or(place, |by_id| by_id[place] as usize)]
        };
        let (mut low, mut high) = (0, self.rows.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if at(middle).id.of(&self.text[..]) <= id { low = middle + 1 } else { high = middle }
        }
        let row = at(low.checked_sub(1)?);
        (row.id.of(&self.text[..]) == id).then_some(Brief { issues: self, row })
    }

    /// The issues by their ids, for whoever looks up many.
    pub fn by_id(&self) -> HashMap<&str, Brief<'_>> {
        self.iter().map(|brief| (brief.id(), brief)).collect()
    }

    /// The issues whose id begins so or, after the prefix and its hyphen, has this beginning: what people shorten ids to. Tombstones
    /// are left out.
    pub fn beginning_with(&self, start: &str) -> Vec<Brief<'_>> {
        let is = |id: &str| {
            id.starts_with(start)
                || id.rsplit_once('-').is_some_and(|(_, hash)| hash.starts_with(start))
        };
        let fits = |brief: &Brief<'_>| !start.is_empty() && is(brief.id()) && !brief.is_tombstone();
        self.iter().filter(fits).collect()
    }

    fn line(&self, row: &Row) -> &str {
        self.str(row.line)
    }

    /// A stretch of a line that was found to be UTF-8.
    fn str(&self, span: Span) -> &str {
        self.text.part(span)
    }

    fn issue(&self, row: &Row) -> Issue {
        // It was parsed when the file was read.
        let mut issue = Issue::parse(self.line(row)).unwrap_or_else(|_| Issue::empty());
        if issue.escapes_html() && !self.escapes_html() {
            issue.set_escapes_html(false);
        }
        issue
    }

    /// Whether the writer of this file escapes `<`, `>` and `&`. What has none of them at all is taken for one that does, as Go does
    /// where it isn't told otherwise.
    pub(crate) fn escapes_html(&self) -> bool {
        *self.html.get_or_init(|| memchr::memchr3(b'<', b'>', b'&', &self.text).is_none())
    }

    /// Whether issues' lines are marked with `"_type":"issue"`, as newer beads does.
    pub(crate) fn is_typed(&self) -> bool {
        self.typed
    }
}
