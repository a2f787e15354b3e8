//! Why a request is not carried out, as the client is told.

use towline_client::without_error_numbers;
use towline_protocol::v1::{self, ErrorKind};

/// A request's failure: a kind, one line for people, and hints.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    kind: ErrorKind,
    message: String,
    hints: Vec<String>,
}

impl Fault {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        // Messages quote I/O errors; their numbers help nobody.
        let message = without_error_numbers(&message.into());
        Self { kind, message, hints: Vec::new() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// The program has ended, so nothing can be typed to it.
    pub(crate) fn ended(name: &str) -> Self {
        Self::new(ErrorKind::Ended, format!("{name} has ended"))
            .hint(format!("tow peek {name}    shows what it printed last"))
    }

    /// The link to the holder broke while something was under way.
    pub(crate) fn outcome_unknown(name: &str) -> Self {
        Self::new(
            ErrorKind::OutcomeUnknown,
            format!("the link to {name} broke before it could say whether that was written"),
        )
        .hint(format!("tow peek {name}    shows what arrived"))
    }

    /// The pane's holder lives and says nothing.
    pub(crate) fn silent(name: &str) -> Self {
        Self::internal(format!("{name}'s holder does not answer"))
            .hint(format!("tow info {name}    shows its process id"))
    }

    /// Whether it is that nothing of that name is known.
    pub(crate) fn is_not_found(&self) -> bool {
        self.kind == ErrorKind::NotFound
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl From<Fault> for v1::Error {
    fn from(fault: Fault) -> Self {
        Self { kind: fault.kind.into(), message: fault.message, hints: fault.hints }
    }
}

impl From<crate::store::StoreError> for Fault {
    fn from(error: crate::store::StoreError) -> Self {
        Self::internal(error.to_string()).hint("tow doctor    looks for what is wrong")
    }
}

impl From<v1::Error> for Fault {
    fn from(error: v1::Error) -> Self {
        Self { kind: error.kind(), message: error.message, hints: error.hints }
    }
}
