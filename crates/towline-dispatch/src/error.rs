//! What can go wrong with towns, worktrees and handing work out, in words for people.

use std::io;
use std::path::Path;

use towline_ledger::place::{NameError, TownError};
use towline_ledger::routes::RouteError;
use towline_ledger::{IdentityError, LedgerError};

use crate::git::GitError;

/// Why something could not be done: one line, and lines that help.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DispatchError {
    /// The ledger refuses, or can't be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Git refuses.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file or folder could not be read or written.
    #[error("{0}")]
    Io(String),
    /// It was asked for in a wrong way.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// Lines that help.
        hints: Vec<String>,
    },
    /// What was named isn't there.
    #[error("{message}")]
    NotFound {
        /// What isn't there.
        message: String,
        /// Lines that help.
        hints: Vec<String>,
    },
    /// It can't be done as things stand.
    #[error("{message}")]
    Refused {
        /// Why not.
        message: String,
        /// Lines that help.
        hints: Vec<String>,
    },
}

impl DispatchError {
    /// It can't be done as things stand.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), hints: Vec::new() }
    }

    /// It was asked for in a wrong way.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hints: Vec::new() }
    }

    /// What was named isn't there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::NotFound { message: message.into(), hints: Vec::new() }
    }

    /// A file or folder could not be read or written: `doing` says what was tried.
    pub fn io(doing: &str, path: &Path, error: &io::Error) -> Self {
        let why = towline_client::io_error_in_words(error);
        Self::Io(format!("cannot {doing} {}: {why}", path.display()))
    }

    /// The same with one more line that helps.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        match &mut self {
            Self::Usage { hints, .. }
            | Self::NotFound { hints, .. }
            | Self::Refused { hints, .. } => {
                hints.push(hint.into());
            }
            Self::Ledger(error) => error.hints.push(hint.into()),
            Self::Git(_) | Self::Io(_) => {}
        }
        self
    }

    /// The lines that help.
    pub fn hints(&self) -> &[String] {
        match self {
            Self::Usage { hints, .. }
            | Self::NotFound { hints, .. }
            | Self::Refused { hints, .. } => hints,
            Self::Ledger(error) => &error.hints,
            Self::Git(_) | Self::Io(_) => &[],
        }
    }
}

impl From<NameError> for DispatchError {
    fn from(error: NameError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<IdentityError> for DispatchError {
    fn from(error: IdentityError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<RouteError> for DispatchError {
    fn from(error: RouteError) -> Self {
        Self::Ledger(error.into())
    }
}

impl From<TownError> for DispatchError {
    fn from(error: TownError) -> Self {
        match error {
            TownError::NoRig { .. } | TownError::NoFolder { .. } => {
                Self::not_found(error.to_string()).hint("tow rig list")
            }
            error => Self::refused(error.to_string()),
        }
    }
}
