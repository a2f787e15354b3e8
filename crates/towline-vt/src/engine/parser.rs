//! Splits a stream of bytes into text, controls and sequences.
//!
//! After Paul Williams' state machine for DEC terminals, with UTF-8 and without the 8-bit
//! controls (they would be parts of UTF-8 characters). What differs from the `vte` crate's parser
//! is what a server needs: strings have a cap on their length, runs of plain text are handed over
//! whole, and nothing depends on how the stream was cut into slices.

use super::params::Csi;

/// Bytes kept of an OSC, DCS or APC string. Of longer ones the beginning is kept and the rest counted.
const MAX_STRING: usize = 4096;

/// Bytes kept of an OSC 52 (clipboard) string: 1 MiB of base64.
const MAX_CLIPBOARD: usize = (1 << 20) + 16;

/// What a parsed stream does.
pub(super) trait Perform {
    /// Printable ASCII, never empty.
    fn text(&mut self, bytes: &[u8]);
    /// Characters of which none is ASCII.
    fn print(&mut self, text: &str);
    /// A C0 control.
    fn control(&mut self, byte: u8);
    /// `CSI … final`.
    fn csi(&mut self, csi: &Csi);
    /// `ESC intermediate? final`; the intermediate is 0 where there is none.
    fn esc(&mut self, intermediate: u8, last: u8);
    /// An OSC string, and whether BEL ended it (the answer should end alike).
    fn osc(&mut self, string: &Text<'_>, bell: bool);
    /// A DCS string from its first parameter on.
    fn dcs(&mut self, string: &Text<'_>);
    /// An APC string.
    fn apc(&mut self, string: &Text<'_>);
}

/// A string that a program sent: an OSC, a DCS, an APC.
pub(super) struct Text<'a> {
    /// All of it, or the beginning of one that is too long.
    pub(super) head: &'a [u8],
    /// Bytes of all of it.
    pub(super) length: u64,
}

impl Text<'_> {
    /// The string, unless it is too long.
    pub(super) fn whole(&self) -> Option<&[u8]> {
        (self.head.len() as u64 == self.length).then_some(self.head)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    #[default]
    Ground,
    Escape,
    EscapeIntermediate,
    EscapeIgnore,
    CsiEntry,
    CsiParam,
    CsiIntermediate,
    CsiIgnore,
    Osc,
    Dcs,
    Apc,
    /// SOS and PM.
    Ignore,
}

/// The parser's state between slices.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    pub(crate) state: State,
    pub(crate) csi: Csi,
    pub(crate) intermediate: u8,
    /// What is kept of the string.
    pub(crate) string: Vec<u8>,
    /// Bytes of the string so far, with those that are not kept.
    pub(crate) length: u64,
    /// The beginning of a UTF-8 character.
    pub(crate) partial: [u8; 4],
    pub(crate) partial_len: usize,
}

/// Stands for what is no UTF-8.
const REPLACEMENT: &str = "\u{fffd}";

const ESC: u8 = 0x1b;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
const BEL: u8 = 0x07;

impl Parser {
    /// Reads a slice of what a program printed.
    pub(crate) fn feed(&mut self, sink: &mut super::Sink<'_>, bytes: &[u8]) {
        self.advance(sink, bytes);
    }

    /// Whether it is in a state that feeding could have brought about.
    pub(crate) fn is_sound(&self) -> bool {
        let partial = self.partial.get(..self.partial_len);
        self.csi.is_sound()
            && self.string.len() <= MAX_CLIPBOARD
            && self.string.len() as u64 <= self.length
            && partial.is_some_and(|bytes| bytes.is_empty() || is_prefix(bytes))
            && (self.partial_len == 0 || self.state == State::Ground)
    }

    fn advance(&mut self, to: &mut impl Perform, bytes: &[u8]) {
        let mut at = 0;
        if self.partial_len > 0 {
            at = self.finish_char(to, bytes);
        }
        while at < bytes.len() {
            let rest = &bytes[at..];
            at += match self.state {
                State::Ground => self.ground(to, rest),
                State::Osc | State::Dcs | State::Apc | State::Ignore => self.string(to, rest),
                _ => {
                    self.sequence(to, rest[0]);
                    1
                }
            };
        }
    }

    /// Acts on the beginning of a slice in ground state; returns how much it took.
    fn ground(&mut self, to: &mut impl Perform, bytes: &[u8]) -> usize {
        let ascii = plain_run(bytes);
        if ascii > 0 {
            to.text(&bytes[..ascii]);
            return ascii;
        }
        match bytes[0] {
            ESC => self.whole_sequence(to, bytes).unwrap_or_else(|| {
                self.state = State::Escape;
                1
            }),
            byte if byte < 0x20 => {
                to.control(byte);
                1
            }
            0x7f => 1,
            _ => self.multibyte(to, bytes),
        }
    }

    /// Acts on a control sequence that lies in the slice from end to end, as nearly all do; returns how much it took. `None`, and
    /// nothing is done, for whatever else there may be, which goes through the states one byte at a time.
    fn whole_sequence(&mut self, to: &mut impl Perform, bytes: &[u8]) -> Option<usize> {
        let body = bytes.strip_prefix(b"\x1b[")?;
        self.csi.clear();
        let mut at = 0;
        if let Some(marker @ b'<'..=b'?') = body.first() {
            self.csi.marker = *marker;
            at = 1;
        }
        loop {
            match *body.get(at)? {
                digit @ b'0'..=b'9' => self.csi.digit(digit - b'0'),
                byte @ (b';' | b':') if self.csi.next(byte == b':') => {}
                last @ 0x40..=0x7e => {
                    self.csi.last = last;
                    break;
                }
                intermediate @ 0x20..=0x2f => {
                    let last = body.get(at + 1).filter(|last| matches!(last, 0x40..=0x7e))?;
                    (self.csi.intermediate, self.csi.last) = (intermediate, *last);
                    at += 1;
                    break;
                }
                _ => return None,
            }
            at += 1;
        }
        to.csi(&self.csi);
        Some(2 + at + 1)
    }

    /// Prints a run of bytes over 0x7f.
    fn multibyte(&mut self, to: &mut impl Perform, bytes: &[u8]) -> usize {
        let len = bytes.iter().position(|&b| b < 0x80).unwrap_or(bytes.len());
        let run = &bytes[..len];
        if let Ok(text) = std::str::from_utf8(run) {
            to.print(text);
            return len;
        }
        let mut at = 0;
        for chunk in run.utf8_chunks() {
            to.print(chunk.valid());
            at += chunk.valid().len();
            let invalid = chunk.invalid();
            if invalid.is_empty() {
                continue;
            }
            at += invalid.len();
            if at == bytes.len() && is_prefix(invalid) {
                self.partial[..invalid.len()].copy_from_slice(invalid);
                self.partial_len = invalid.len();
            } else {
                to.print(REPLACEMENT);
            }
        }
        len
    }

    /// Completes a character that the slice before began; returns how much it took.
    fn finish_char(&mut self, to: &mut impl Perform, bytes: &[u8]) -> usize {
        for (taken, &byte) in bytes.iter().enumerate() {
            self.partial[self.partial_len] = byte;
            let tried = &self.partial[..self.partial_len + 1];
            if let Ok(text) = std::str::from_utf8(tried) {
                to.print(text);
                self.partial_len = 0;
                return taken + 1;
            }
            if !is_prefix(tried) {
                // The byte doesn't belong to it: what was there is invalid, the byte starts anew.
                to.print(REPLACEMENT);
                self.partial_len = 0;
                return taken;
            }
            self.partial_len += 1;
        }
        bytes.len()
    }

    /// Acts on a byte within an escape or control sequence.
    fn sequence(&mut self, to: &mut impl Perform, byte: u8) {
        match byte {
            ESC => {
                self.state = State::Escape;
                return;
            }
            CAN | SUB => {
                self.state = State::Ground;
                return;
            }
            0..=0x1f => {
                to.control(byte);
                return;
            }
            0x7f => return,
            _ => {}
        }
        match self.state {
            State::Escape => self.escape(to, byte),
            State::EscapeIntermediate | State::EscapeIgnore => match byte {
                0x20..=0x2f => self.state = State::EscapeIgnore,
                _ => {
                    if self.state == State::EscapeIntermediate && byte < 0x80 {
                        to.esc(self.intermediate, byte);
                    }
                    self.state = State::Ground;
                }
            },
            _ => self.control_sequence(to, byte),
        }
    }

    fn escape(&mut self, to: &mut impl Perform, byte: u8) {
        self.state = match byte {
            0x20..=0x2f => {
                self.intermediate = byte;
                State::EscapeIntermediate
            }
            b'[' => {
                self.csi.clear();
                State::CsiEntry
            }
            b']' => self.begin_string(State::Osc),
            b'P' => self.begin_string(State::Dcs),
            b'_' => self.begin_string(State::Apc),
            b'X' | b'^' => self.begin_string(State::Ignore),
            0x30..=0x7e => {
                to.esc(0, byte);
                State::Ground
            }
            _ => State::Ground,
        }
    }

    fn begin_string(&mut self, state: State) -> State {
        self.string.clear();
        self.length = 0;
        state
    }

    fn control_sequence(&mut self, to: &mut impl Perform, byte: u8) {
        self.state = match (self.state, byte) {
            (_, 0x40..=0x7e) => {
                if self.state != State::CsiIgnore {
                    self.csi.last = byte;
                    to.csi(&self.csi);
                }
                State::Ground
            }
            (State::CsiEntry, b'<'..=b'?') => {
                self.csi.marker = byte;
                State::CsiParam
            }
            (State::CsiEntry | State::CsiParam, b'0'..=b'9') => {
                self.csi.digit(byte - b'0');
                State::CsiParam
            }
            (State::CsiEntry | State::CsiParam, b':' | b';') => {
                if self.csi.next(byte == b':') {
                    State::CsiParam
                } else {
                    State::CsiIgnore
                }
            }
            (State::CsiEntry | State::CsiParam, 0x20..=0x2f) => {
                self.csi.intermediate = byte;
                State::CsiIntermediate
            }
            // A byte of UTF-8 within a sequence: neither belongs there.
            (_, 0x80..) => State::Ground,
            _ => State::CsiIgnore,
        }
    }

    /// Collects a string; returns how much it took.
    fn string(&mut self, to: &mut impl Perform, bytes: &[u8]) -> usize {
        let end = memchr::memchr3(ESC, CAN, SUB, bytes);
        // BEL ends an OSC too.
        let bell = match self.state {
            State::Osc => memchr::memchr(BEL, &bytes[..end.unwrap_or(bytes.len())]),
            _ => None,
        };
        let Some(end) = bell.or(end) else {
            self.collect(bytes);
            return bytes.len();
        };
        self.collect(&bytes[..end]);
        if matches!(bytes[end], ESC | BEL) {
            let text = Text { head: &self.string, length: self.length };
            match self.state {
                State::Osc => to.osc(&text, bytes[end] == BEL),
                State::Dcs => to.dcs(&text),
                State::Apc => to.apc(&text),
                _ => {}
            }
        }
        self.state = if bytes[end] == ESC { State::Escape } else { State::Ground };
        self.string.clear();
        self.length = 0;
        if self.string.capacity() > MAX_STRING {
            self.string = Vec::new();
        }
        end + 1
    }

    fn collect(&mut self, bytes: &[u8]) {
        let full = self.string.len() as u64 != self.length;
        self.length += bytes.len() as u64;
        if full || self.state == State::Ignore {
            return;
        }
        let (head, rest) =
            bytes.split_at(bytes.len().min(MAX_STRING.saturating_sub(self.string.len())));
        self.string.extend_from_slice(head);
        let clipboard = self.state == State::Osc && self.string.starts_with(b"52;");
        if rest.is_empty() {
            return;
        }
        if clipboard && self.string.len() + rest.len() <= MAX_CLIPBOARD {
            self.string.extend_from_slice(rest);
        } else {
            self.string.truncate(MAX_STRING);
            self.string.shrink_to_fit();
        }
    }
}

/// Whether more bytes could make a character of these.
fn is_prefix(bytes: &[u8]) -> bool {
    matches!(std::str::from_utf8(bytes), Err(e) if e.valid_up_to() == 0 && e.error_len().is_none())
}

/// How many bytes at the beginning are printable ASCII.
fn plain_run(bytes: &[u8]) -> usize {
    const STEP: usize = 16;
    let odd = |b: u8| b.wrapping_sub(0x20) >= 0x5f;
    let mut at = 0;
    // Sixteen at a time: the compiler makes vector instructions of a loop without a way out.
    while let Some(block) = bytes.get(at..at + STEP) {
        if block.iter().fold(false, |any, &b| any | odd(b)) {
            break;
        }
        at += STEP;
    }
    at + bytes[at..].iter().position(|&b| odd(b)).unwrap_or(bytes.len() - at)
}
