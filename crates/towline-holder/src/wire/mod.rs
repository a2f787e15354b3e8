//! What the server and a holder say to each other. Version 1 for ever: new needs get new tags.
//!
//! A frame is a u32 length, a u8 tag and the tag's fields; the length counts tag and fields. Numbers
//! are little-endian, `bool` is one byte, bytes at the end of a frame take what is left of it. A frame
//! with a tag that the receiver doesn't know is skipped, and so are bytes after the last known field.
//! Nothing here does I/O.

mod fields;
mod from_holder;
mod to_holder;

pub use from_holder::{AckStatus, Exited, FromHolder, Welcome};
pub use to_holder::{ClientId, RESERVED_CLIENT, ToHolder};

use fields::Fields;

/// The version in [`Welcome`].
pub const VERSION: u32 = 1;

/// The longest frame, tag and fields, in bytes. A longer one is refused before its bytes are kept.
pub const FRAME_CAP: usize = 1024 * 1024;

/// The most bytes of input or output that the two sides put into one frame. A longer input fits (to
/// [`FRAME_CAP`]), but what comes after it waits longer.
pub const DATA_CHUNK: usize = 64 * 1024;

/// Bytes of the length in front of each frame.
const LENGTH: usize = 4;

/// Why received bytes are no frames. The connection can't be used after one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The length in front is 0 or over [`FRAME_CAP`].
    #[error("a frame of {0} bytes is not between 1 and {FRAME_CAP}")]
    Length(usize),
    /// A frame ends before its last field, or a field has no meaning.
    #[error("a frame with tag {0} does not hold what it should")]
    Malformed(u8),
}

/// A message that can be taken out of a [`Decoder`]: [`ToHolder`] or [`FromHolder`].
pub trait Message<'a>: Sized + sealed::Decode<'a> {}

impl<'a, M: sealed::Decode<'a>> Message<'a> for M {}

pub(crate) mod sealed {
    use super::Fields;

    /// How a message is read; only this module implements it.
    pub trait Decode<'a>: Sized {
        /// Whether this side knows the tag.
        fn knows(tag: u8) -> bool;
        /// Reads the fields; `None` if they are not all there or mean nothing.
        fn decode(tag: u8, fields: &mut Fields<'a>) -> Option<Self>;
    }
}

/// Cuts a stream of bytes into messages: push what was read, then take messages until there are no more.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// How much of `buffer` has been handed out.
    taken: usize,
}

impl Decoder {
    /// A decoder with nothing in it. Takes no memory until something is pushed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes that were read.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.taken > 0 {
            self.buffer.drain(..self.taken);
            self.taken = 0;
        }
        if self.buffer.is_empty() && self.buffer.capacity() > DATA_CHUNK {
            self.buffer = Vec::new();
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message, or `None` until more is pushed. It borrows its bytes from the decoder.
    ///
    /// # Errors
    /// [`WireError`]; a length is refused as soon as it is known.
    pub fn next<'a, M: Message<'a>>(&'a mut self) -> Result<Option<M>, WireError> {
        let (tag, start, end) = loop {
            let rest = &self.buffer[self.taken..];
            let Some((length, body)) = rest.split_first_chunk::<LENGTH>() else {
                return Ok(None);
            };
            let length = u32::from_le_bytes(*length) as usize;
            if length == 0 || length > FRAME_CAP {
                return Err(WireError::Length(length));
            }
            if body.len() < length {
                return Ok(None);
            }
            let tag = body[0];
            let start = self.taken + LENGTH;
            self.taken = start + length;
            if M::knows(tag) {
                break (tag, start + 1, self.taken);
            }
        };
        let mut fields = Fields::new(&self.buffer[start..end]);
        M::decode(tag, &mut fields).map(Some).ok_or(WireError::Malformed(tag))
    }

    /// Bytes that were pushed and not handed out.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.taken
    }
}

/// Appends a frame to `out`; `fields` appends its fields.
fn frame(out: &mut Vec<u8>, tag: u8, fields: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; LENGTH]);
    out.push(tag);
    fields(out);
    let length = u32::try_from(out.len() - start - LENGTH).unwrap_or(u32::MAX);
    debug_assert!(
        length as usize <= FRAME_CAP,
        "a frame of {length} bytes is too long to be taken"
    );
    out[start..start + LENGTH].copy_from_slice(&length.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_over_the_cap_is_refused_before_the_body_is_there() {
        let mut decoder = Decoder::new();
        decoder.push(&u32::MAX.to_le_bytes());
        assert_eq!(decoder.next::<ToHolder<'_>>(), Err(WireError::Length(u32::MAX as usize)));
    }

    #[test]
    fn unknown_tags_and_added_fields_are_skipped() {
        let mut bytes = Vec::new();
        frame(&mut bytes, 250, |out| out.extend_from_slice(b"from the future"));
        frame(&mut bytes, to_holder::CONSUMED, |out| {
            out.extend_from_slice(&7u64.to_le_bytes());
            out.extend_from_slice(b"more");
        });
        let mut decoder = Decoder::new();
        for byte in bytes {
            assert_eq!(decoder.next::<ToHolder<'_>>(), Ok(None));
            decoder.push(&[byte]);
        }
        assert_eq!(decoder.next::<ToHolder<'_>>(), Ok(Some(ToHolder::Consumed { offset: 7 })));
        assert_eq!(decoder.next::<ToHolder<'_>>(), Ok(None));
        assert_eq!(decoder.buffered(), 0);
    }

    #[test]
    fn a_frame_that_ends_early_is_an_error() {
        let mut bytes = Vec::new();
        frame(&mut bytes, to_holder::CONSUMED, |out| out.push(1));
        let mut decoder = Decoder::new();
        decoder.push(&bytes);
        assert_eq!(decoder.next::<ToHolder<'_>>(), Err(WireError::Malformed(to_holder::CONSUMED)));
    }
}
