//! Why there is no stream to a host.

use crate::connection::ConnectError;

/// Why there is no stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DialError {
    /// The host can't be reached: refused, no route, a name that nobody knows, a deadline.
    #[error("{0}")]
    Unreachable(String),
    /// The address is not one that may be used so (plain tcp to another machine).
    #[error("{message}")]
    Refused {
        /// What is wrong.
        message: String,
        /// Lines that help.
        hints: Vec<String>,
    },
    /// ssh asks what only a person can answer: an unknown host key, a passphrase, a second factor.
    #[error("{message}")]
    NeedsPerson {
        /// What ssh said.
        message: String,
        /// Lines that help.
        hints: Vec<String>,
    },
    /// The host was reached, and has no `tow`.
    #[error("there is no tow on that host")]
    NoTowline {
        /// What its tmux says of itself ("tmux 3.3a"); `None` where it has no tmux either.
        tmux: Option<String>,
    },
    /// The two ends could not prove to each other that they know the same secret.
    #[error("{message}")]
    Unauthenticated {
        /// What is wrong.
        message: String,
        /// Lines that help.
        hints: Vec<String>,
    },
}

impl DialError {
    /// Lines that help.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Unreachable(_) | Self::NoTowline { .. } => Vec::new(),
            Self::Refused { hints, .. }
            | Self::NeedsPerson { hints, .. }
            | Self::Unauthenticated { hints, .. } => hints.clone(),
        }
    }
}

/// Why there is no connection to a host's server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReachError {
    /// There is no stream.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// There was a stream, and no server spoke on it.
    #[error("{}", .words.as_ref().map_or_else(|| .source.to_string(), |words| words.message.clone()))]
    Connect {
        /// What went wrong on the stream.
        source: ConnectError,
        /// What whatever carried the stream said of it.
        words: Option<Words>,
    },
    /// A verb that was run there failed.
    #[error("{}", .0.message)]
    Verb(Words),
}

impl ReachError {
    /// Lines that help.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Dial(error) => error.hints(),
            Self::Connect { words: Some(words), .. } | Self::Verb(words) => words.hints.clone(),
            Self::Connect { source: ConnectError::Refused(error), .. } => error.hints.clone(),
            Self::Connect { .. } => Vec::new(),
        }
    }
}

/// What a program said of its failure: a message, and lines that help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// One line.
    pub message: String,
    /// Lines that help.
    pub hints: Vec<String>,
}
