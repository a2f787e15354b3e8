//! Convoys: issues of several rigs that somebody waits for together.
//!
//! A convoy is an issue of type `convoy` in the town's ledger, which tracks others by dependencies of the kind `tracks`. It is
//! closed, and its owner told, by whoever closes the last issue that it tracks.

mod known;
mod make;
mod settle;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use crate::fields::{self, Key};
use crate::issue::{Issue, Status};

pub use known::{Known, Tracked};
pub use make::{NewConvoy, add, create};
pub use settle::{CLOSE_REASON, Landed, check, preset_of, settle};

/// The issue type of convoys.
pub const TYPE: &str = "convoy";

/// The kind of dependency that they track issues by.
pub(crate) const TRACKS: &str = "tracks";

/// A convoy with this label is closed by whoever made it, and by nobody else: Gas Town's `--owned`.
const OWNED: &str = "gt:owned";

/// What a description says in lines of its own, as newer versions of Gas Town write them. The preset is ours.
const KEYS: [Key; 3] = [Key::anywhere("owner"), Key::anywhere("notify"), Key::anywhere("preset")];

/// A convoy, as its issue has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Convoy {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What has become of it.
    pub status: Status,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// Who is told when it has arrived: as it was said, else who made it. May be empty.
    pub owner: String,
    /// Who else is told then; mostly empty.
    pub notify: String,
    /// The preset that work on its issues is handed over with; mostly empty.
    pub preset: String,
    /// The ids of the issues that it tracks, each once.
    pub tracked: Vec<String>,
    /// It is closed by whoever made it, and by nobody else.
    pub owned: bool,
}

impl Convoy {
    /// The convoy that an issue is; `None` of another.
    pub fn of(issue: &Issue) -> Option<Self> {
        if !issue.is_a(TYPE) {
            return None;
        }
        let [owner, notify, preset] = fields::read(&issue.description(), &KEYS);
        let owner = if owner.is_empty() { issue.text("created_by").into_owned() } else { owner };
        let mut tracked: Vec<String> = Vec::new();
        for dependency in issue.dependencies() {
            let id = tracked_id(&dependency.depends_on_id);
            if dependency.kind == TRACKS && !tracked.iter().any(|one| one == id) {
                tracked.push(id.to_owned());
            }
        }
        Some(Self {
            id: issue.id().into_owned(),
            title: issue.title().into_owned(),
            status: issue.status(),
            created_at: issue.time("created_at"),
            closed_at: issue.time("closed_at"),
            owner,
            notify,
            preset,
            tracked,
            owned: issue.has_label(OWNED),
        })
    }

    /// Whether it is under way. One that is only being put together (newer Gas Towns' `staged_…`) isn't.
    pub fn is_open(&self) -> bool {
        matches!(self.status, Status::Open | Status::InProgress)
    }
}

/// The issue that a convoy's dependency is on: Gas Town writes those of other ledgers as `external:PROJECT:ID`.
pub(crate) fn tracked_id(target: &str) -> &str {
    let Some(external) = target.strip_prefix("external:") else { return target };
    external.split_once(':').map_or(external, |(_, id)| id)
}
