//! Splits a stream of bytes into text, controls and sequences.
//!
//! After Paul Williams' state machine for DEC terminals, with UTF-8 and without the 8-bit
//! controls (they would be parts of UTF-8 characters). What differs from the `vte` crate's parser
//! is what a server needs: strings have a cap on their length, runs of plain text are handed over
//! whole, and nothing depends on how the stream was cut into slices.

/// Parameters kept per sequence; further ones are dropped.
const MAX_PARAMS: usize = 32;

/// Bytes kept of an OSC or DCS string. Longer ones are read over and ignored.
const MAX_STRING: usize = 4096;

/// Bytes kept of an OSC 52 (clipboard) string: 1 MiB of base64.
const MAX_CLIPBOARD: usize = (1 << 20) + 16;

/// What a parsed stream does.
pub(super) trait Perform {
    /// Printable ASCII, never empty.
    fn text(&mut self, bytes: &[u8]);
    /// A character that is not ASCII.
    fn print(&mut self, c: char);
    /// A C0 control.
    fn control(&mut self, byte: u8);
    /// `CSI … final`.
    fn csi(&mut self, csi: &Csi);
    /// `ESC intermediate? final`; the intermediate is 0 where there is none.
    fn esc(&mut self, intermediate: u8, last: u8);
    /// An OSC string, and whether BEL ended it (the answer should end alike).
    fn osc(&mut self, string: &[u8], bell: bool);
    /// A DCS string from its first parameter on.
    fn dcs(&mut self, string: &[u8]);
}

/// A control sequence.
#[derive(Debug, Default)]
pub(super) struct Csi {
    params: [u16; MAX_PARAMS],
    len: usize,
    /// Bit n: parameter n was joined to the one before by a colon.
    colons: u32,
    /// `<`, `=`, `>` or `?` before the parameters, else 0.
    pub(super) marker: u8,
    /// The intermediate byte, else 0.
    pub(super) intermediate: u8,
    /// The byte that says what it is.
    pub(super) last: u8,
}

impl Csi {
    fn clear(&mut self) {
        *self = Csi { len: 1, ..Csi::default() };
    }

    fn digit(&mut self, digit: u8) {
        if let Some(param) = self.params[..self.len].last_mut() {
            *param = param.saturating_mul(10).saturating_add(u16::from(digit));
        }
    }

    fn next(&mut self, colon: bool) -> bool {
        if self.len == MAX_PARAMS {
            return false;
        }
        self.params[self.len] = 0;
        self.colons |= u32::from(colon) << self.len;
        self.len += 1;
        true
    }

    /// All parameters; a missing one is 0.
    pub(super) fn params(&self) -> &[u16] {
        &self.params[..self.len]
    }

    /// Whether parameter `index` hangs on the one before by a colon.
    pub(super) fn is_sub(&self, index: usize) -> bool {
        self.colons & (1 << index) != 0
    }

    /// Parameter `index`, with 0 and missing meaning `default`.
    pub(super) fn param(&self, index: usize, default: u16) -> u16 {
        match self.params().get(index) {
            Some(&param) if param != 0 => param,
            _ => default,
        }
    }

    /// The first parameter as a count: at least 1.
    pub(super) fn count(&self) -> usize {
        usize::from(self.param(0, 1))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
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
    /// SOS, PM, APC, and strings that have grown too long.
    Ignore,
    /// As `Ignore`, where BEL ends it too.
    IgnoreOsc,
}

/// The parser's state between slices.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    state: State,
    csi: Csi,
    intermediate: u8,
    string: Vec<u8>,
    /// The beginning of a UTF-8 character.
    partial: [u8; 4],
    partial_len: usize,
}

const ESC: u8 = 0x1b;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
const BEL: u8 = 0x07;

impl Parser {
    /// Reads a slice of what a program printed.
    pub(crate) fn feed(&mut self, sink: &mut super::Sink<'_>, bytes: &[u8]) {
        self.advance(sink, bytes);
    }

    /// Neither a sequence nor a character is open.
    pub(crate) fn is_between(&self) -> bool {
        matches!(self.state, State::Ground) && self.partial_len == 0
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
                State::Osc => self.osc(to, rest),
                State::Dcs => self.dcs(to, rest),
                State::Ignore | State::IgnoreOsc => self.ignore(rest),
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
            ESC => {
                self.state = State::Escape;
                1
            }
            byte if byte < 0x20 => {
                to.control(byte);
                1
            }
            0x7f => 1,
            _ => self.multibyte(to, bytes),
        }
    }

    /// Prints a run of bytes over 0x7f.
    fn multibyte(&mut self, to: &mut impl Perform, bytes: &[u8]) -> usize {
        let len = bytes.iter().position(|&b| b < 0x80).unwrap_or(bytes.len());
        let run = &bytes[..len];
        let mut at = 0;
        for chunk in run.utf8_chunks() {
            chunk.valid().chars().for_each(|c| to.print(c));
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
                to.print(char::REPLACEMENT_CHARACTER);
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
                text.chars().for_each(|c| to.print(c));
                self.partial_len = 0;
                return taken + 1;
            }
            if !is_prefix(tried) {
                // The byte doesn't belong to it: what was there is invalid, the byte starts anew.
                to.print(char::REPLACEMENT_CHARACTER);
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
            b'X' | b'^' | b'_' => State::Ignore,
            0x30..=0x7e => {
                to.esc(0, byte);
                State::Ground
            }
            _ => State::Ground,
        }
    }

    fn begin_string(&mut self, state: State) -> State {
        self.string.clear();
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

    /// Collects an OSC string; returns how much it took.
    fn osc(&mut self, to: &mut impl Perform, bytes: &[u8]) -> usize {
        let Some(end) = bytes.iter().position(|&b| matches!(b, ESC | BEL | CAN | SUB)) else {
            self.collect(bytes, State::IgnoreOsc);
            return bytes.len();
        };
        self.collect(&bytes[..end], State::IgnoreOsc);
        if self.state == State::Osc && matches!(bytes[end], ESC | BEL) {
            to.osc(&self.string, bytes[end] == BEL);
        }
        self.end_string(bytes[end]);
        end + 1
    }

    /// Collects a DCS string; returns how much it took.
    fn dcs(&mut self, to: &mut impl Perform, bytes: &[u8]) -> usize {
        let Some(end) = memchr::memchr3(ESC, CAN, SUB, bytes) else {
            self.collect(bytes, State::Ignore);
            return bytes.len();
        };
        self.collect(&bytes[..end], State::Ignore);
        if self.state == State::Dcs && bytes[end] == ESC {
            to.dcs(&self.string);
        }
        self.end_string(bytes[end]);
        end + 1
    }

    fn collect(&mut self, bytes: &[u8], too_long: State) {
        let room = if self.string.starts_with(b"52;") { MAX_CLIPBOARD } else { MAX_STRING };
        if self.string.len() + bytes.len() <= room {
            self.string.extend_from_slice(bytes);
            return;
        }
        // The first slice of a long clipboard string may exceed the small cap by itself.
        if self.string.len() < 3 {
            let head = bytes.len().min(3 - self.string.len());
            self.string.extend_from_slice(&bytes[..head]);
            if self.string.starts_with(b"52;") {
                return self.collect(&bytes[head..], too_long);
            }
        }
        self.string = Vec::new();
        self.state = too_long;
    }

    fn end_string(&mut self, byte: u8) {
        self.state = if byte == ESC { State::Escape } else { State::Ground };
        if self.string.capacity() > MAX_STRING {
            self.string = Vec::new();
        }
    }

    /// Reads over a string that means nothing here; returns how much it took.
    fn ignore(&mut self, bytes: &[u8]) -> usize {
        let osc = self.state == State::IgnoreOsc;
        let ends = |&b: &u8| matches!(b, ESC | CAN | SUB) || osc && b == BEL;
        let Some(end) = bytes.iter().position(ends) else { return bytes.len() };
        self.end_string(bytes[end]);
        end + 1
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
