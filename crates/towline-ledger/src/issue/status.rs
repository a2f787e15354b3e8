//! What has become of an issue.

use std::fmt;

/// An issue's status.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Status {
    /// Nobody has begun.
    Open,
    /// Somebody works on it.
    InProgress,
    /// Somebody has said that it can't go on.
    Blocked,
    /// Put off on purpose.
    Deferred,
    /// Finished, or given up.
    Closed,
    /// Deleted; the line stays for a while, so that a merge doesn't bring it back.
    Tombstone,
    /// Kept for good; in older ledgers also work that lies on somebody's hook.
    Pinned,
    /// It lies on somebody's hook.
    Hooked,
    /// Another, of a version or a configuration of beads that is not known here.
    Other(String),
}

impl Status {
    /// The status of a name; what is empty is open, as beads has it.
    pub fn of(name: &str) -> Self {
        match name {
            "" | "open" => Self::Open,
            "in_progress" => Self::InProgress,
            "blocked" => Self::Blocked,
            "deferred" => Self::Deferred,
            "closed" => Self::Closed,
            "tombstone" => Self::Tombstone,
            "pinned" => Self::Pinned,
            "hooked" => Self::Hooked,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Its name in the file.
    pub fn name(&self) -> &str {
        match self {
            Self::Open => "open",
            Self::InProgress => "in_progress",
            Self::Blocked => "blocked",
            Self::Deferred => "deferred",
            Self::Closed => "closed",
            Self::Tombstone => "tombstone",
            Self::Pinned => "pinned",
            Self::Hooked => "hooked",
            Self::Other(name) => name,
        }
    }

    /// Those that a person may give.
    pub const NAMES: [&str; 7] =
        ["open", "in_progress", "blocked", "deferred", "closed", "pinned", "hooked"];

    /// Nothing is left to do: it holds nobody up.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Closed | Self::Tombstone)
    }

    /// It lies on its assignee's hook; older ledgers say pinned.
    pub fn is_hooked(&self) -> bool {
        matches!(self, Self::Hooked | Self::Pinned)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
