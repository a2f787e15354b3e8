//! Frames: four bytes of length, big-endian, and one message.

use prost::Message;

/// The largest frame that is taken, in bytes. A whole scrollback of 10,000 wide lines with colours fits;
/// a length above it is an error before any memory is taken.
pub const FRAME_CAP: usize = 16 * 1024 * 1024;

/// The most bytes of a stream that one frame carries, so that a keystroke never waits behind more than
/// this on a thin link.
pub const STREAM_CHUNK: usize = 16 * 1024;

/// Bytes of the length in front of each frame.
const LENGTH: usize = 4;

/// Why received bytes are not frames.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameError {
    /// The length in front is larger than [`FRAME_CAP`].
    #[error("a frame of {0} bytes is over the cap of {FRAME_CAP}")]
    TooLong(usize),
    /// The message could not be decoded.
    #[error("a frame does not hold the message it should: {0}")]
    Malformed(#[from] prost::DecodeError),
}

/// Appends `message` to `out` as one frame.
///
/// # Panics
/// Never for messages below 4 GiB; senders keep theirs below [`FRAME_CAP`].
pub fn encode_frame(message: &impl Message, out: &mut Vec<u8>) {
    let length = u32::try_from(message.encoded_len()).expect("messages are far below 4 GiB");
    out.reserve(LENGTH + length as usize);
    out.extend_from_slice(&length.to_be_bytes());
    message.encode_raw(out);
}

/// Cuts a byte stream into frames.
///
/// Push what was read with [`extend`](Self::extend), then take frames until there are no more.
#[derive(Debug, Default)]
pub struct FrameDecoder {
    buffer: Vec<u8>,
    /// How much of `buffer` has been handed out already.
    taken: usize,
}

impl FrameDecoder {
    /// A decoder with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes that were read.
    pub fn extend(&mut self, bytes: &[u8]) {
        if self.taken == self.buffer.len() {
            self.buffer.clear();
            self.taken = 0;
        } else if self.taken > 64 * 1024 {
            self.buffer.drain(..self.taken);
            self.taken = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame's bytes, or `None` until more is pushed.
    ///
    /// # Errors
    /// [`FrameError::TooLong`] as soon as the length is known; the stream can't be used after that.
    pub fn next_bytes(&mut self) -> Result<Option<&[u8]>, FrameError> {
        let rest = &self.buffer[self.taken..];
        let Some((length, body)) = rest.split_first_chunk::<LENGTH>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*length) as usize;
        if length > FRAME_CAP {
            return Err(FrameError::TooLong(length));
        }
        if body.len() < length {
            return Ok(None);
        }
        let start = self.taken + LENGTH;
        self.taken = start + length;
        Ok(Some(&self.buffer[start..start + length]))
    }

    /// The next whole frame as a message, or `None` until more is pushed.
    ///
    /// # Errors
    /// As [`next_bytes`](Self::next_bytes), and [`FrameError::Malformed`].
    #[expect(clippy::should_implement_trait, reason = "the kind of message is chosen at each call")]
    pub fn next<M: Message + Default>(&mut self) -> Result<Option<M>, FrameError> {
        match self.next_bytes()? {
            Some(bytes) => Ok(Some(M::decode(bytes)?)),
            None => Ok(None),
        }
    }

    /// Bytes that were pushed and not handed out yet.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.taken
    }

    /// Takes out `count` raw bytes in front of the next frame (the preamble), if so many are there.
    pub fn take_raw<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, _) = self.buffer[self.taken..].split_first_chunk::<N>()?;
        let bytes = *bytes;
        self.taken += N;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::{Ping, Target};
    use proptest::prelude::*;

    #[test]
    fn a_length_over_the_cap_is_refused_before_the_body_is_there() {
        let mut decoder = FrameDecoder::new();
        decoder.extend(&u32::MAX.to_be_bytes());
        assert_eq!(decoder.next_bytes(), Err(FrameError::TooLong(u32::MAX as usize)));
    }

    #[test]
    fn a_frame_that_is_no_message_is_an_error() {
        let mut decoder = FrameDecoder::new();
        decoder.extend(&[0, 0, 0, 2, 0xff, 0xff]);
        assert!(matches!(decoder.next::<Ping>(), Err(FrameError::Malformed(_))));
    }

    proptest! {
        #[test]
        fn frames_survive_any_split(texts in prop::collection::vec(".{0,40}", 1..8), step in 1usize..17) {
            let mut bytes = Vec::new();
            for text in &texts {
                encode_frame(&Target { text: text.clone(), ..Default::default() }, &mut bytes);
            }
            let mut decoder = FrameDecoder::new();
            let mut seen = Vec::new();
            for piece in bytes.chunks(step) {
                decoder.extend(piece);
                while let Some(target) = decoder.next::<Target>().unwrap() {
                    seen.push(target.text);
                }
            }
            prop_assert_eq!(seen, texts);
            prop_assert_eq!(decoder.buffered(), 0);
        }

        #[test]
        fn any_bytes_are_frames_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut decoder = FrameDecoder::new();
            decoder.extend(&bytes);
            while let Ok(Some(_)) = decoder.next::<Target>() {}
        }
    }
}
