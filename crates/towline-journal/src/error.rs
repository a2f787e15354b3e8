//! What can go wrong with a journal.

use std::io;
use std::path::{Path, PathBuf};

/// Why a journal could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused an operation on a file of the journal.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb: "open", "list", "write".
        action: &'static str,
        /// The file or folder it was tried on.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A newer Towline wrote this segment in a format that this one doesn't know.
    #[error("{} has journal format {version}, which this Towline doesn't know", path.display())]
    Version {
        /// The segment.
        path: PathBuf,
        /// The format's version found in it.
        version: u32,
    },
    /// A gap record was appended that does not end after the head.
    #[error("a gap to {to} does not lie after the head {head}")]
    GapBehindHead {
        /// Where the gap was to end.
        to: u64,
        /// The head when it was appended.
        head: u64,
    },
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        Self::Io { action, path: path.to_owned(), source: source.into() }
    }
}
