//! The one error of the binary: what a person is told, and the exit status.

use towline_client::hosts::Host;
use towline_client::transport::{DialError, ReachError};
use towline_client::{ConnectError, PathsError, RequestError, StartError, io_error_in_words};
use towline_protocol::v1;

/// What kind of failure it was. It decides the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// Whoever read the standard output has gone: not an error, and nothing is said.
    OutputClosed,
    /// It failed, in whole or for some targets.
    Failed,
    /// Wrong usage or configuration.
    Usage,
    /// No such target or host.
    NotFound,
    /// The name could mean more than one pane.
    Ambiguous,
    /// The host or its server can't be reached.
    Unreachable,
    /// Nobody can say whether it was done.
    OutcomeUnknown,
    /// The server speaks only other versions of the protocol.
    Version,
    /// It took longer than it was allowed to.
    TimedOut,
}

impl ErrorKind {
    /// The exit status, as the contract has it.
    pub(crate) fn exit_status(self) -> u8 {
        match self {
            Self::OutputClosed => 0,
            Self::Failed | Self::Version => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Ambiguous => 4,
            Self::Unreachable => 5,
            Self::OutcomeUnknown => 6,
            Self::TimedOut => 124,
        }
    }
}

/// Why a command failed: one line `what went wrong: why`, and lines that help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct CommandError {
    /// Decides the exit status.
    pub(crate) kind: ErrorKind,
    /// One line, without the program's name in front.
    pub(crate) message: String,
    /// Lines that help, each pasteable or readable on its own.
    pub(crate) hints: Vec<String>,
}

impl CommandError {
    /// An error of this kind, without hints.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new() }
    }

    /// It failed.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    /// It was asked for in a wrong way.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// The same with one more hint.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// An I/O failure: `doing` says what was tried and on what.
    pub(crate) fn io(doing: impl std::fmt::Display, error: &std::io::Error) -> Self {
        Self::failed(format!("{doing}: {}", io_error_in_words(error)))
    }

    /// The server at `place` could not be spoken to.
    pub(crate) fn connect(place: impl std::fmt::Display, error: ConnectError) -> Self {
        match error {
            ConnectError::Refused(error) => {
                let kind = match error.kind() {
                    v1::ErrorKind::Version => ErrorKind::Version,
                    v1::ErrorKind::Forbidden => ErrorKind::Failed,
                    _ => ErrorKind::Unreachable,
                };
                let message = format!("the server at {place} refuses: {}", error.message);
                Self { kind, message, hints: error.hints }
            }
            error => Self::new(ErrorKind::Unreachable, format!("cannot reach {place}: {error}")),
        }
    }

    /// The server of another host could not be reached, or not be spoken to.
    pub(crate) fn reach(host: &Host, error: ReachError) -> Self {
        let place = &host.address;
        let kind = match error {
            ReachError::Connect { source: source @ ConnectError::Refused(_), .. } => {
                return Self::connect(place, source);
            }
            ReachError::Dial(DialError::NoTowline { .. }) => {
                let message = format!("there is no tow on {}", host.alias);
                let hint = format!("tow host install {}", host.alias);
                return Self::new(ErrorKind::Unreachable, message).hint(hint);
            }
            ReachError::Dial(DialError::Refused { .. }) => ErrorKind::Usage,
            _ => ErrorKind::Unreachable,
        };
        let message = format!("cannot reach {place}: {error}");
        Self { kind, message, hints: error.hints() }
    }
}

impl From<v1::Error> for CommandError {
    fn from(error: v1::Error) -> Self {
        use v1::ErrorKind as Remote;
        let kind = match error.kind() {
            Remote::Invalid => ErrorKind::Usage,
            Remote::NotFound => ErrorKind::NotFound,
            Remote::Ambiguous => ErrorKind::Ambiguous,
            Remote::TimedOut => ErrorKind::TimedOut,
            Remote::OutcomeUnknown | Remote::LinkLost => ErrorKind::OutcomeUnknown,
            Remote::Unreachable => ErrorKind::Unreachable,
            Remote::Version => ErrorKind::Version,
            Remote::Unspecified
            | Remote::Ended
            | Remote::Unsupported
            | Remote::CannotStart
            | Remote::LineTooLong
            | Remote::NotTaken
            | Remote::Forbidden
            | Remote::Internal => ErrorKind::Failed,
        };
        Self { kind, message: error.message, hints: error.hints }
    }
}

impl From<RequestError> for CommandError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Remote(error) => error.into(),
            RequestError::Timeout => {
                Self::new(ErrorKind::TimedOut, "the server did not answer in time")
                    .hint("tow server status")
            }
            error => Self::new(ErrorKind::OutcomeUnknown, error.to_string()),
        }
    }
}

impl From<PathsError> for CommandError {
    fn from(error: PathsError) -> Self {
        let hint = match &error {
            PathsError::Relative { variable, .. } => format!("set {variable} to an absolute path"),
            _ => "set HOME, or TOWLINE_HOME to a folder of yours".to_owned(),
        };
        Self::usage(error.to_string()).hint(hint)
    }
}

impl From<StartError> for CommandError {
    fn from(error: StartError) -> Self {
        let error = match error {
            // It was reached, and says why not.
            StartError::Connect { path, source: refused @ ConnectError::Refused(_) } => {
                return Self::connect(path.display(), refused);
            }
            error => error,
        };
        let kind = match &error {
            StartError::Stopped => ErrorKind::Unreachable,
            StartError::Connect { .. } | StartError::ForeignServer { .. } => ErrorKind::Unreachable,
            StartError::Timeout(_) => ErrorKind::TimedOut,
            _ => ErrorKind::Failed,
        };
        Self { kind, message: error.to_string(), hints: error.hints() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_statuses_are_those_of_the_contract() {
        for (remote, status) in [
            (v1::ErrorKind::Internal, 1),
            (v1::ErrorKind::Invalid, 2),
            (v1::ErrorKind::NotFound, 3),
            (v1::ErrorKind::Ambiguous, 4),
            (v1::ErrorKind::OutcomeUnknown, 6),
            (v1::ErrorKind::TimedOut, 124),
        ] {
            let error = v1::Error { kind: remote.into(), ..Default::default() };
            assert_eq!(CommandError::from(error).kind.exit_status(), status, "{remote:?}");
        }
    }

    #[test]
    fn an_io_error_is_told_without_its_number() {
        let error = std::io::Error::from_raw_os_error(2);
        assert_eq!(
            CommandError::io("cannot open x", &error).message,
            "cannot open x: no such file or directory"
        );
    }
}
