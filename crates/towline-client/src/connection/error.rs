//! What can go wrong on a connection.

use std::io;
use std::time::Duration;

use towline_protocol::FrameError;
use towline_protocol::v1::{self, goodbye};

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The socket could not be reached, or broke.
    #[error("{}", io_error_in_words(.0))]
    Io(#[from] io::Error),
    /// The other end closed the connection before it said who it is.
    #[error("the other end closed the connection at once")]
    Closed,
    /// The other end doesn't speak the protocol; what it said instead, in short.
    #[error("no Towline server answers there; it says: {0}")]
    NotTowline(String),
    /// The other end doesn't keep to the protocol.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The server will not talk to this client.
    #[error("{}", .0.message)]
    Refused(v1::Error),
    /// No answer in this time.
    #[error("no answer within {} s", .0.as_secs_f64())]
    Timeout(Duration),
}

impl ConnectError {
    /// Whether nobody listens there: the socket is missing, or left over from a server that is gone.
    pub fn is_nobody_there(&self) -> bool {
        use io::ErrorKind::{ConnectionRefused, NotFound};
        matches!(self, Self::Io(error) if matches!(error.kind(), NotFound | ConnectionRefused))
    }

    /// Whether nobody listens there, or the server has gone while it was greeted: another try may find its
    /// successor.
    pub fn is_gone(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        let broken = |error: &io::Error| {
            matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
        };
        match self {
            Self::Closed => true,
            Self::Io(error) => broken(error) || self.is_nobody_there(),
            _ => false,
        }
    }
}

/// Why a request has no reply to show.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The server said no.
    #[error("{}", .0.message)]
    Remote(v1::Error),
    /// The connection ended first; whether the request was carried out is not known.
    #[error("the connection to the server was lost")]
    Lost {
        /// The server's reason, where it gave one.
        goodbye: Option<goodbye::Reason>,
    },
    /// No reply in time; whether the request was carried out is not known.
    #[error("the server did not answer in time")]
    Timeout,
}

/// The connection has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection to the server was lost")]
pub struct Lost {
    /// The server's reason, where it gave one.
    pub goodbye: Option<goodbye::Reason>,
}

impl From<Lost> for RequestError {
    fn from(lost: Lost) -> Self {
        Self::Lost { goodbye: lost.goodbye }
    }
}

/// An I/O error in words, without the number that the standard library appends, and as it stands inside a
/// sentence.
pub fn io_error_in_words(error: &io::Error) -> String {
    let text = without_error_numbers(&error.to_string());
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// A text without the ` (os error 2)` that the standard library appends to each I/O error.
pub fn without_error_numbers(text: &str) -> String {
    let mut parts = text.split(" (os error ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(')') {
            Some((number, rest)) if number.parse::<u32>().is_ok() => out.push_str(rest),
            _ => out.extend([" (os error ", part]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_numbers_go_and_nothing_else() {
        for (text, expected) in [
            ("No such file (os error 2)", "No such file"),
            ("a: b (os error 13): c (os error 2) d", "a: b: c d"),
            ("a (os error", "a (os error"),
            ("a (os error x) b", "a (os error x) b"),
            ("", ""),
        ] {
            assert_eq!(without_error_numbers(text), expected);
        }
    }
}
