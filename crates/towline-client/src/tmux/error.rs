//! Why something of tmux's could not be done.

use towline_protocol::v1::{self, ErrorKind};

/// Why a tmux host did not do as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TmuxError {
    /// The host can't be reached, or its shell can't be started; nothing was done.
    #[error("{message}")]
    Unreachable {
        /// Why.
        message: String,
        /// Lines that help.
        hints: Vec<String>,
    },
    /// The channel broke while this was under way. Where it would have changed anything, nobody knows whether it did.
    #[error("the link to {host} broke")]
    ChannelLost {
        /// What people call the host.
        host: String,
    },
    /// No answer within the deadline. As with a lost channel, nobody knows what was done.
    #[error("{host} did not answer within {seconds} s")]
    TimedOut {
        /// What people call the host.
        host: String,
        /// The deadline in seconds.
        seconds: u64,
    },
    /// There is no tmux on the host.
    #[error("{host} has no tmux")]
    NoTmux {
        /// What people call the host.
        host: String,
    },
    /// There is no such pane (any more).
    #[error("{host} has no pane %{pane} any more")]
    NoPane {
        /// What people call the host.
        host: String,
        /// tmux's number of it.
        pane: u64,
    },
    /// The pane's program has ended; tmux keeps the pane.
    #[error("%{pane} has ended")]
    Ended {
        /// tmux's number of it.
        pane: u64,
    },
    /// There is no such folder on the host.
    #[error("{host} has no folder {folder}")]
    NoFolder {
        /// What people call the host.
        host: String,
        /// The folder.
        folder: String,
    },
    /// A window of that name is there already.
    #[error("{host} has a window {name} already")]
    NameTaken {
        /// What people call the host.
        host: String,
        /// The name.
        name: String,
    },
    /// The program can't be started.
    #[error("{0}")]
    CannotStart(String),
    /// A line that is longer than the program's terminal takes.
    #[error("a line of {bytes} bytes is longer than the program's terminal takes ({most})")]
    LineTooLong {
        /// The line's length.
        bytes: usize,
        /// The longest.
        most: usize,
    },
    /// The request itself is wrong.
    #[error("{0}")]
    Invalid(String),
    /// Not allowed: somebody switched the pane's input off.
    #[error("%{pane} takes no input: it was switched off in tmux")]
    InputOff {
        /// tmux's number of it.
        pane: u64,
    },
    /// What tmux itself said.
    #[error("tmux on {host}: {said}")]
    Refused {
        /// What people call the host.
        host: String,
        /// Its words.
        said: String,
    },
}

impl TmuxError {
    /// What kind of failure it is for who asked. `changes`: it was something that changes a pane.
    pub fn kind(&self, changes: bool) -> ErrorKind {
        match self {
            Self::Unreachable { .. } => ErrorKind::Unreachable,
            Self::ChannelLost { .. } | Self::TimedOut { .. } if changes => {
                ErrorKind::OutcomeUnknown
            }
            Self::ChannelLost { .. } => ErrorKind::Unreachable,
            Self::TimedOut { .. } => ErrorKind::TimedOut,
            Self::NoPane { .. } => ErrorKind::NotFound,
            Self::Ended { .. } => ErrorKind::Ended,
            Self::NoFolder { .. } | Self::NameTaken { .. } | Self::Invalid(_) => ErrorKind::Invalid,
            Self::CannotStart(_) => ErrorKind::CannotStart,
            Self::LineTooLong { .. } => ErrorKind::LineTooLong,
            Self::InputOff { .. } => ErrorKind::Forbidden,
            Self::NoTmux { .. } | Self::Refused { .. } => ErrorKind::Internal,
        }
    }

    /// Lines that help.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Unreachable { hints, .. } => hints.clone(),
            Self::NoPane { host, .. } => vec![format!("tow list --host {host}")],
            Self::NoTmux { host } => vec![format!("tow host check {host}")],
            Self::LineTooLong { .. } => {
                vec!["send the name of a file that holds it".into()]
            }
            _ => Vec::new(),
        }
    }

    /// As the protocol carries it. `changes`: it was something that changes a pane.
    pub fn to_v1(&self, changes: bool) -> v1::Error {
        v1::Error {
            kind: self.kind(changes).into(),
            message: self.to_string(),
            hints: self.hints(),
        }
    }
}
