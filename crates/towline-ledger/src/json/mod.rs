//! JSON as text: where the parts of a line stand, so that one of them can be replaced and all else stays as it is.
//!
//! A parsed tree would lose what a round trip to the byte needs: unknown fields' order, escapes as they were written, blanks.

mod scan;
mod string;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use scan::whole;
pub(crate) use scan::{Member, elements, members};
pub(crate) use string::{decode, encode};

/// A stretch of a text, in bytes. A line is never near 4 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    pub(crate) fn of<T: std::ops::Index<std::ops::Range<usize>> + ?Sized>(
        self,
        text: &T,
    ) -> &T::Output {
        &text[self.range()]
    }

    /// The same stretch in a text that this one's begins at `offset` of.
    pub(crate) fn shifted(self, offset: usize) -> Self {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: self.start + offset, end: self.end + offset }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// Why a text is no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at column {}", .at + 1)]
pub struct Broken {
    /// The byte that is wrong, counted from 0.
    pub at: usize,
    /// What is wrong.
    pub what: &'static str,
}
