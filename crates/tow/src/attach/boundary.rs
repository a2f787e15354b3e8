//! Where in a stream of escape sequences something of one's own may be put in: between two of them.
//!
//! The server sends what it paints in frames of a fixed size, so a frame may end within a sequence or a
//! character. Text is skipped at the speed of a search; only sequences are looked at byte by byte.

use memchr::memchr;

const ESC: u8 = 0x1b;

/// What the stream is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    /// After ESC, or its intermediate bytes.
    Escape,
    /// `ESC [ …`, up to its last byte.
    Control,
    /// `ESC ] …` and the like, up to ST or BEL.
    String,
    /// After an ESC in a string.
    StringEscape,
}

/// Follows a stream.
#[derive(Debug)]
pub(super) struct Boundary {
    within: Within,
    /// Bytes that are missing of the last character.
    missing: u8,
}

impl Boundary {
    /// At the beginning, which is a boundary.
    pub(super) fn new() -> Self {
        Self { within: Within::Nothing, missing: 0 }
    }

    /// Whether something else may be written here.
    pub(super) fn here(&self) -> bool {
        self.within == Within::Nothing && self.missing == 0
    }

    /// How many of the bytes that come next belong to what the stream is in the middle of; they are passed.
    pub(super) fn finish(&mut self, bytes: &[u8]) -> usize {
        let mut passed = 0;
        while !self.here() && passed < bytes.len() {
            self.pass(&bytes[passed..=passed]);
            passed += 1;
        }
        passed
    }

    /// The stream went on with these bytes.
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let [byte, after @ ..] = rest {
            match self.within {
                Within::Nothing => match memchr(ESC, rest) {
                    Some(at) => {
                        self.within = Within::Escape;
                        self.missing = 0;
                        rest = &rest[at + 1..];
                        continue;
                    }
                    None => {
                        self.missing = missing(self.missing, rest);
                        return;
                    }
                },
                Within::Escape => {
                    self.within = match *byte {
                        b'[' => Within::Control,
                        b']' | b'P' | b'X' | b'^' | b'_' => Within::String,
                        ESC | 0x20..0x30 => Within::Escape,
                        _ => Within::Nothing,
                    }
                }
                Within::Control => match *byte {
                    0x40..=0x7e | 0x18 | 0x1a => self.within = Within::Nothing,
                    ESC => self.within = Within::Escape,
                    _ => {}
                },
                Within::String => match *byte {
                    0x07 | 0x18 | 0x1a => self.within = Within::Nothing,
                    ESC => self.within = Within::StringEscape,
                    _ => {}
                },
                // Only `\` ends it properly; any other escape sequence ends it, too.
                Within::StringEscape => {
                    self.within = Within::Escape;
                    continue;
                }
            }
            rest = after;
        }
    }
}

/// How many bytes of a character are missing after `text`, before which `before` were.
fn missing(before: u8, text: &[u8]) -> u8 {
    let tail = &text[text.len().saturating_sub(3)..];
    for (back, byte) in tail.iter().rev().enumerate() {
        let length = match byte {
            0x80..=0xbf => continue,
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 1,
        };
        return u8::saturating_sub(length, u8::try_from(back + 1).unwrap_or(4));
    }
    before.saturating_sub(u8::try_from(tail.len()).unwrap_or(3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn here(pieces: &[&[u8]]) -> bool {
        let mut boundary = Boundary::new();
        pieces.iter().for_each(|piece| boundary.pass(piece));
        boundary.here()
    }

    #[test]
    fn boundaries_are_between_sequences_and_characters() {
        for (bytes, expected) in [
            (&b""[..], true),
            (b"text\r\n", true),
            (b"\x1b", false),
            (b"\x1b[", false),
            (b"\x1b[1;3", false),
            (b"\x1b[1;31m", true),
            (b"\x1b[?25l", true),
            (b"\x1b(", false),
            (b"\x1b(B", true),
            (b"\x1b7", true),
            (b"\x1b]0;title", false),
            (b"\x1b]0;title\x07", true),
            (b"\x1b]0;title\x1b", false),
            (b"\x1b]0;title\x1b\\", true),
            (b"\x1b]0;t\x1b[1m", true),
            (b"\x1bPq", false),
            (b"\x1b[1\x18", true),
            ("é".as_bytes(), true),
            (b"\xc3", false),
            (b"\xf0\x9f\x98", false),
            ("😀".as_bytes(), true),
            (b"\xf0\x9f\x1b[m", true),
        ] {
            assert_eq!(here(&[bytes]), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_was_begun_is_finished() {
        for (before, after, expected) in [
            ("", "abc", 0),
            ("\x1b[1", ";3mabc", 3),
            ("\x1b]0;t", "itle\x07abc", 5),
            ("\x1b[1", ";3", 2),
        ] {
            let mut boundary = Boundary::new();
            boundary.pass(before.as_bytes());
            assert_eq!(boundary.finish(after.as_bytes()), expected, "{before:?} {after:?}");
        }
    }

    proptest! {
        #[test]
        fn how_a_stream_is_split_changes_nothing(
            parts in prop::collection::vec(prop::sample::select(vec![
                "a", "é", "😀", "\x1b[1m", "\x1b]0;ü\x07", "\x1b]0;t\x1b\\", "\x1b", "\x1b[", "\x1b(B", "\r\n",
            ]), 0..10),
            step in 1usize..5,
            cut in 0usize..4,
        ) {
            let text = parts.concat();
            let bytes = &text.as_bytes()[..text.len().saturating_sub(cut)];
            let pieces: Vec<&[u8]> = bytes.chunks(step).collect();
            prop_assert_eq!(here(&pieces), here(&[bytes]));
        }
    }
}
