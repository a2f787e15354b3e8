//! A file's bytes, which nearly always are UTF-8 as a whole: that is found out once, rather than at each look at a part.

use std::ops::Deref;

use crate::json::Span;

/// The bytes of a file.
#[derive(Debug)]
pub(super) enum Text {
    /// All of it is UTF-8.
    Whole(String),
    /// Some line isn't.
    Bytes(Vec<u8>),
}

impl Text {
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Whole(text),
            Err(error) => Self::Bytes(error.into_bytes()),
        }
    }

    pub(super) fn is_utf8(&self) -> bool {
        matches!(self, Self::Whole(_))
    }

    /// A part that begins and ends at characters; one that isn't UTF-8 is empty.
    pub(super) fn part(&self, span: Span) -> &str {
        let part = match self {
            Self::Whole(text) => text.get(span.range()),
            Self::Bytes(bytes) => {
                bytes.get(span.range()).and_then(|part| std::str::from_utf8(part).ok())
            }
        };
        part.unwrap_or_default()
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::Whole(String::new())
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Whole(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}
