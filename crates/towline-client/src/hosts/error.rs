//! Why the list of hosts can't be read or written.

use std::path::PathBuf;

use crate::connection::io_error_in_words;

/// Why the list of hosts can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostsError {
    /// The file is there and can't be read.
    #[error("{} can't be read: {}", path.display(), io_error_in_words(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML, or something in it is not what belongs there.
    #[error("{}:{line}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
        /// What was probably meant.
        hint: Option<String>,
    },
    /// The file can't be written; it is as it was.
    #[error("{} can't be written: {}", path.display(), io_error_in_words(source))]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What was to be written is no list of hosts; the file is as it was.
    #[error("{0}")]
    Refused(String),
    /// No host has this alias.
    #[error("no host {0} in the list")]
    NoSuchHost(String),
    /// The alias is another host's.
    #[error("{0} is in the list already, as another host")]
    Taken(String),
}

impl HostsError {
    /// What helps, where something is known to.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Invalid { hint, .. } => hint.clone(),
            Self::NoSuchHost(_) => Some("tow host list".into()),
            Self::Taken(alias) => Some(format!("tow host remove {alias}")),
            _ => None,
        }
    }
}
