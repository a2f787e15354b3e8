//! What can go wrong with a ledger, in words for people.

use std::io;
use std::path::{Path, PathBuf};

use crate::issues::Trouble;
use crate::words::io_error;

/// Why something could not be done with a ledger: one line, and lines that help.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct LedgerError {
    /// What is wrong.
    pub problem: Problem,
    /// Lines that help, each pasteable or readable on its own.
    pub hints: Vec<String>,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// There is no ledger in a folder.
    #[error("there is no ledger in {}", .0.display())]
    NoLedger(PathBuf),
    /// A file could not be read or written.
    #[error("cannot {doing} {}: {}", .path.display(), io_error(.source))]
    Io {
        /// What was tried: `read`, `write`, …
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is larger than any that is read.
    #[error("{} is larger than 4 GiB", .0.display())]
    TooLarge(PathBuf),
    /// A line can't be read: nothing is written before that is mended.
    #[error("{} line {} can't be read: {}", .file.display(), .trouble.line, .trouble.what)]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The line.
        trouble: Trouble,
    },
    /// Others write, and don't come to an end.
    #[error("{} is locked by another program, for {} s now", .folder.display(), .seconds)]
    Busy {
        /// The `.beads` folder.
        folder: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// No issue has this id.
    #[error("there is no issue {0}")]
    NoIssue(String),
    /// The beginning of an id could be several.
    #[error("{text} could be {}", .ids.join(", "))]
    Ambiguous {
        /// What was given.
        text: String,
        /// What it could be.
        ids: Vec<String>,
    },
    /// What was asked for makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// What was asked for can't be done as things stand.
    #[error("{0}")]
    Refused(String),
}

impl LedgerError {
    /// An error with the hints that go with its problem.
    pub fn new(problem: Problem) -> Self {
        let hints = match &problem {
            Problem::NoLedger(_) => vec!["tow ledger init".to_owned()],
            Problem::Damaged { .. } => {
                vec!["tow ledger check    says what can be mended".to_owned()]
            }
            Problem::Busy { .. } => vec!["bd sync or another tow may be at work there".to_owned()],
            Problem::NoIssue(_) => vec!["tow issue list --all".to_owned()],
            _ => Vec::new(),
        };
        Self { problem, hints }
    }

    /// What was asked for makes no sense.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Problem::Invalid(message.into()))
    }

    /// What was asked for can't be done as things stand.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Problem::Refused(message.into()))
    }

    /// The same with one more line that helps.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// A file could not be read or written.
    pub fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::new(Problem::Io { doing, path: path.to_owned(), source })
    }
}
