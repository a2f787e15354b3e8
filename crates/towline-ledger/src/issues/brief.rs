//! What is known of an issue without taking its line apart.

use jiff::Timestamp;

use super::{Issues, Row};
use crate::issue::{Issue, Status, text};
use crate::json::{Span, decode, elements};
use crate::time;

/// One of a ledger's issues.
#[derive(Clone, Copy)]
pub struct Brief<'a> {
    pub(super) issues: &'a Issues,
    pub(super) row: &'a Row,
}

/// One issue's link to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<'a> {
    /// How it hangs on the other.
    pub kind: LinkKind,
    /// The other's id.
    pub target: &'a str,
}

/// The kinds of dependencies that decide something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkKind {
    /// The other must be over first.
    Blocks,
    /// The other is its parent.
    ParentChild,
    /// It is to be done if the other fails.
    ConditionalBlocks,
    /// It waits for the other's children.
    WaitsFor,
    /// It ends when all that it tracks have.
    Tracks,
    /// Anything else, which holds nobody up.
    Other,
}

impl LinkKind {
    /// The kind of a dependency's `type`.
    pub fn of(name: &str) -> Self {
        match name {
            "blocks" => Self::Blocks,
            "parent-child" => Self::ParentChild,
            "conditional-blocks" => Self::ConditionalBlocks,
            "waits-for" => Self::WaitsFor,
            "tracks" => Self::Tracks,
            _ => Self::Other,
        }
    }

    /// An issue with an open one at the other end can't begin.
    pub fn holds_up(self) -> bool {
        matches!(self, Self::Blocks | Self::ConditionalBlocks | Self::WaitsFor)
    }
}

pub(super) const PINNED: u8 = 1;
pub(super) const WISP: u8 = 2;
pub(super) const TEMPLATE: u8 = 4;

impl<'a> Brief<'a> {
    /// The whole issue.
    pub fn issue(&self) -> Issue {
        self.issues.issue(self.row)
    }

    /// Its line as it is written.
    pub fn line(&self) -> &'a str {
        self.issues.line(self.row)
    }

    /// Its id.
    pub fn id(&self) -> &'a str {
        self.issues.str(self.row.id)
    }

    /// What has become of it.
    pub fn status(&self) -> Status {
        Status::of(self.issues.str(self.row.status))
    }

    /// It was deleted.
    pub fn is_tombstone(&self) -> bool {
        self.issues.str(self.row.status) == "tombstone"
    }

    /// Its type.
    pub fn issue_type(&self) -> &'a str {
        match self.issues.str(self.row.issue_type) {
            "" => "task",
            kind => kind,
        }
    }

    /// Who has it; empty where nobody does.
    pub fn assignee(&self) -> String {
        self.decoded(self.row.assignee)
    }

    /// Whether somebody has it.
    pub fn is_assigned(&self) -> bool {
        !self.row.assignee.is_empty()
    }

    /// Its priority, 0 (urgent) to 4.
    pub fn priority(&self) -> u8 {
        self.row.priority
    }

    /// When it was made.
    pub fn created_at(&self) -> Option<Timestamp> {
        time::read(self.issues.str(self.row.created_at))
    }

    /// By what issues are put in order: the most urgent first, then the oldest.
    pub fn urgency(&self) -> (u8, Option<Timestamp>, &'a str) {
        (self.priority(), self.created_at(), self.id())
    }

    /// When it was changed last.
    pub fn updated_at(&self) -> Option<Timestamp> {
        time::read(self.issues.str(self.row.updated_at))
    }

    /// It is kept for good, and no work.
    pub fn is_pinned(&self) -> bool {
        self.row.flags & PINNED != 0
    }

    /// It is a wisp: it leaves no trace when it is over.
    pub fn is_wisp(&self) -> bool {
        self.row.flags & WISP != 0
    }

    /// It is a pattern for others.
    pub fn is_template(&self) -> bool {
        self.row.flags & TEMPLATE != 0
    }

    /// What it hangs on.
    pub fn links(&self) -> impl Iterator<Item = Link<'a>> + use<'a> {
        let issues = self.issues;
        let links = &issues.links[self.row.links.range()];
        links.iter().map(|link| Link { kind: link.kind, target: issues.str(link.target) })
    }

    /// Its labels.
    pub fn labels(&self) -> Vec<String> {
        let raw = self.issues.str(self.row.labels);
        let mut labels = Vec::new();
        // What is no array of texts is none.
        let _ = elements(raw.as_bytes(), |element| labels.push(text(element.of(raw))));
        labels
    }

    /// Whether it has a label.
    pub fn has_label(&self, label: &str) -> bool {
        self.labels().iter().any(|one| one == label)
    }

    fn decoded(&self, span: Span) -> String {
        decode(self.issues.str(span)).into_owned()
    }
}

impl std::fmt::Debug for Brief<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.id())
    }
}
