//! Finds the prefix and the key after it in what is typed, and passes on everything else unchanged.
//!
//! A pure state machine over bytes. The prefix is found as its control byte and as keyboard protocols
//! encode it; inside a bracketed paste nothing is a key. A sequence that is split between two reads is
//! held until it is whole, or until [`HOLD`] has passed and it was a key after all (a bare Escape).

use std::time::Duration;

use memchr::{memchr, memchr2};
use towline_client::config::ControlKey;

use super::keys::{Key, Name, Token, What, token};

/// How long the start of an escape sequence is held. A terminal writes a sequence at once, so its parts
/// are microseconds apart, even through a remote shell within one packet; and nobody feels an Escape
/// that is this much later.
pub(super) const HOLD: Duration = Duration::from_millis(10);

const ESC: u8 = 0x1b;
const PASTE_END: &[u8] = b"\x1b[201~";

/// What typed bytes amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// These bytes are for the program.
    Data(Vec<u8>),
    /// The prefix, then `d`. What was typed after it is dropped.
    Detach,
    /// The prefix, then `?`: the next key is a [`Event::LeaveHelp`].
    Help,
    /// Some key while help is shown.
    LeaveHelp,
    /// The prefix and a key that means nothing.
    Bell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Keys are for the program.
    Ground,
    /// The prefix was typed.
    AfterPrefix,
    /// Any key leaves help.
    Help,
    /// Within a paste, of whose end so many bytes have been seen.
    Paste { matched: usize },
}

/// The state machine.
#[derive(Debug)]
pub(super) struct Scanner {
    prefix: ControlKey,
    state: State,
    /// The start of a sequence that is not whole yet.
    held: Vec<u8>,
    /// The key that was last kept from the program: its release is kept from it, too.
    swallowed: Option<Name>,
    events: bool,
}

impl Scanner {
    /// A scanner for this prefix.
    pub(super) fn new(prefix: ControlKey) -> Self {
        Self { prefix, state: State::Ground, held: Vec::new(), swallowed: None, events: false }
    }

    /// Whether something is held, so that [`Scanner::flush`] is due after [`HOLD`].
    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// Whether the terminal has told of keys going up: one more such may come after a detach.
    pub(super) fn sees_releases(&self) -> bool {
        self.events
    }

    /// Takes bytes that were read.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Events::default();
        if self.held.is_empty() {
            self.scan(bytes, &mut events);
        } else {
            let mut joined = std::mem::take(&mut self.held);
            joined.extend_from_slice(bytes);
            self.scan(&joined, &mut events);
        }
        events.0
    }

    /// Nothing has followed what is held: it was a key by itself.
    pub(super) fn flush(&mut self) -> Vec<Event> {
        let held = std::mem::take(&mut self.held);
        if held.is_empty() {
            return Vec::new();
        }
        match self.state {
            State::Ground | State::Paste { .. } => vec![Event::Data(held)],
            State::AfterPrefix => {
                self.state = State::Ground;
                vec![Event::Bell]
            }
            State::Help => {
                self.state = State::Ground;
                vec![Event::LeaveHelp]
            }
        }
    }

    fn scan(&mut self, mut rest: &[u8], events: &mut Events) {
        while !rest.is_empty() {
            let taken = match self.state {
                State::Paste { matched } => self.paste(matched, rest, events),
                State::Ground => {
                    let plain = memchr2(self.prefix.byte(), ESC, rest).unwrap_or(rest.len());
                    events.data(&rest[..plain]);
                    rest = &rest[plain..];
                    if rest.is_empty() {
                        return;
                    }
                    self.one(rest, events)
                }
                State::AfterPrefix | State::Help => self.one(rest, events),
            };
            match taken {
                Some(length) => rest = &rest[length..],
                None => return,
            }
        }
    }

    /// Handles what stands at the start of `bytes` and tells its length; `None`: there is no more to do.
    fn one(&mut self, bytes: &[u8], events: &mut Events) -> Option<usize> {
        let (length, what) = match token(bytes) {
            Token::Whole(length, what) => (length, what),
            Token::Partial if self.state != State::Ground || may_be_key(bytes) => {
                self.held = bytes.to_vec();
                return None;
            }
            Token::Partial => {
                events.data(bytes);
                return None;
            }
        };
        let bytes = &bytes[..length];
        match what {
            What::Key(key) => {
                self.events |= key.events;
                if key.release {
                    self.release(key, bytes, events)
                } else {
                    self.press(key, bytes, events)?
                }
            }
            What::PasteStart => {
                if self.state == State::Help {
                    events.0.push(Event::LeaveHelp);
                }
                self.state = State::Paste { matched: 0 };
                events.data(bytes);
            }
            What::Mouse if self.state == State::Help => {}
            What::Mouse | What::Passive | What::PasteEnd => events.data(bytes),
        }
        Some(length)
    }

    fn release(&mut self, key: Key, bytes: &[u8], events: &mut Events) {
        if self.swallowed == Some(key.name) {
            self.swallowed = None;
        } else {
            events.data(bytes);
        }
    }

    fn press(&mut self, key: Key, bytes: &[u8], events: &mut Events) -> Option<()> {
        let is_prefix = bytes == [self.prefix.byte()] || key.is_ctrl(self.prefix.code());
        let (state, event) = match self.state {
            State::Ground | State::Paste { .. } if !is_prefix => {
                events.data(bytes);
                return Some(());
            }
            State::AfterPrefix if is_prefix => {
                self.state = State::Ground;
                self.swallowed = None;
                events.data(bytes);
                return Some(());
            }
            State::Ground | State::Paste { .. } => (State::AfterPrefix, None),
            State::AfterPrefix if key.types('d') => (State::Ground, Some(Event::Detach)),
            State::AfterPrefix if key.types('?') => (State::Help, Some(Event::Help)),
            State::AfterPrefix => (State::Ground, Some(Event::Bell)),
            State::Help => (State::Ground, Some(Event::LeaveHelp)),
        };
        self.state = state;
        self.swallowed = Some(key.name);
        let detached = event == Some(Event::Detach);
        events.0.extend(event);
        (!detached).then_some(())
    }

    /// Passes on a paste up to its end, which may be split between reads.
    fn paste(&mut self, mut matched: usize, bytes: &[u8], events: &mut Events) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if matched == 0 {
                let Some(escape) = memchr(ESC, &bytes[at..]) else { break };
                at += escape + 1;
                matched = 1;
            } else if bytes[at] == PASTE_END[matched] {
                at += 1;
                matched += 1;
                if matched == PASTE_END.len() {
                    self.state = State::Ground;
                    events.data(&bytes[..at]);
                    return Some(at);
                }
            } else {
                matched = 0;
            }
        }
        self.state = State::Paste { matched };
        events.data(bytes);
        Some(bytes.len())
    }
}

/// Whether the start of a sequence may become the prefix or the start of a paste: both have only numbers
/// before their last byte. The start of anything else is passed on as it comes.
fn may_be_key(bytes: &[u8]) -> bool {
    match bytes {
        [ESC] => true,
        [ESC, b'[', params @ ..] => params.iter().all(|byte| matches!(byte, b'0'..=b';')),
        _ => false,
    }
}

/// Events with neighbouring data joined.
#[derive(Default)]
struct Events(Vec<Event>);

impl Events {
    fn data(&mut self, bytes: &[u8]) {
        match self.0.last_mut() {
            _ if bytes.is_empty() => {}
            Some(Event::Data(data)) => data.extend_from_slice(bytes),
            _ => self.0.push(Event::Data(bytes.to_vec())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Feeds the pieces and shows the events: data as it is, `<detach>` and so on for the rest.
    fn scan(pieces: &[&[u8]]) -> String {
        let mut scanner = Scanner::new(ControlKey::DEFAULT);
        let mut out = String::new();
        let mut show = |events: Vec<Event>| {
            for event in events {
                match event {
                    Event::Data(data) => out.push_str(&data.escape_ascii().to_string()),
                    Event::Detach => out.push_str("<detach>"),
                    Event::Help => out.push_str("<help>"),
                    Event::LeaveHelp => out.push_str("<leave>"),
                    Event::Bell => out.push_str("<bell>"),
                }
            }
        };
        for piece in pieces {
            show(scanner.feed(piece));
        }
        show(scanner.flush());
        // What comes after a detach is nobody's.
        out.split_inclusive("<detach>").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn commands_are_taken_out_and_the_rest_is_passed_on() {
        for (typed, expected) in [
            ("hello", "hello"),
            ("a\x02db", "a<detach>"),
            ("\x02\x02x", "\\x02x"),
            ("\x02\x02\x02d", "\\x02<detach>"),
            ("\x02xy", "<bell>y"),
            ("\x02é!", "<bell>!"),
            ("\x02\x1b[Ay", "<bell>y"),
            ("\x02\x1by", "<bell>"),
            ("\x02\x1b", "<bell>"),
            ("\x02?qz", "<help><leave>z"),
            ("\x02?\x1b[Bz", "<help><leave>z"),
            ("\x02?\x1b", "<help><leave>"),
            ("\x02?\x02d", "<help><leave>d"),
            ("\x1b\x02d", "\\x1b\\x02d"),
            ("\x1b[A\x1bOB\x1bx", "\\x1b[A\\x1bOB\\x1bx"),
            // Neither the mouse nor focus is the key after the prefix, and they don't leave help.
            ("\x02\x1b[<0;1;1M\x1b[Id", "\\x1b[<0;1;1M\\x1b[I<detach>"),
            ("\x02?\x1b[<0;1;1M\x1b[O", "<help>\\x1b[O"),
        ] {
            assert_eq!(scan(&[typed.as_bytes()]), expected, "{typed:?}");
        }
    }

    #[test]
    fn keyboard_protocols_encode_the_prefix_and_the_key_after_it() {
        for (typed, expected) in [
            ("\x1b[98;5ud", "<detach>"),
            ("\x1b[27;5;98~d", "<detach>"),
            ("\x1b[98;5u\x1b[100u", "<detach>"),
            ("\x1b[98;5u\x1b[27;2;63~", "<help>"),
            ("\x1b[98;5u\x1b[47:63;2u", "<help>"),
            ("\x1b[98;5u\x1b[98;5u", "\\x1b[98;5u"),
            ("\x1b[98;6ud", "\\x1b[98;6ud"),
            ("\x1b[99;5ud", "\\x1b[99;5ud"),
            // Another layout: the key in the place of b, then the one in the place of d.
            ("\x1b[1080::98;5u\x1b[1074::100u", "<detach>"),
            // Every key is told, up and down: Ctrl down, b down, b up, Ctrl up, d.
            (
                "\x1b[57442;5u\x1b[98;5:1u\x1b[98;5:3u\x1b[57442;1:3u\x1b[100;1:1u",
                "\\x1b[57442;5u\\x1b[57442;1:3u<detach>",
            ),
            // The key that opened help goes up: that doesn't leave it. The one that leaves goes up, too.
            ("\x02\x1b[63;1:1u\x1b[63;1:3u\x1b[97;1:1u\x1b[97;1:3uz", "<help><leave>z"),
            // A literal prefix is passed on with its release.
            ("\x1b[98;5:1u\x1b[98;5:3u\x1b[98;5:1u\x1b[98;5:3u", "\\x1b[98;5:1u\\x1b[98;5:3u"),
        ] {
            assert_eq!(scan(&[typed.as_bytes()]), expected, "{typed:?}");
        }
    }

    #[test]
    fn a_paste_is_text() {
        for (typed, expected) in [
            ("\x1b[200~a\x02d\x1b[201~\x02d", "\\x1b[200~a\\x02d\\x1b[201~<detach>"),
            ("\x1b[200~\x1b\x1b[201~\x02d", "\\x1b[200~\\x1b\\x1b[201~<detach>"),
            ("\x1b[200~\x1b[98;5ud", "\\x1b[200~\\x1b[98;5ud"),
            ("\x02?\x1b[200~\x02\x1b[201~", "<help><leave>\\x1b[200~\\x02\\x1b[201~"),
            ("\x02\x1b[200~d\x1b[201~d", "\\x1b[200~d\\x1b[201~d"),
        ] {
            assert_eq!(scan(&[typed.as_bytes()]), expected, "{typed:?}");
        }
    }

    #[test]
    fn a_bare_escape_is_held_and_passed_on() {
        let mut scanner = Scanner::new(ControlKey::DEFAULT);
        assert_eq!(scanner.feed(b"x\x1b"), [Event::Data(b"x".to_vec())]);
        assert!(scanner.holds());
        assert_eq!(scanner.flush(), [Event::Data(b"\x1b".to_vec())]);
        assert!(!scanner.holds());
        // What is no start of a prefix is not held.
        assert_eq!(scanner.feed(b"\x1b[<0;1"), [Event::Data(b"\x1b[<0;1".to_vec())]);
    }

    #[test]
    fn another_prefix() {
        let mut scanner = Scanner::new("C-Space".parse().unwrap());
        assert_eq!(scanner.feed(b"\x02\0d"), [Event::Data(b"\x02".to_vec()), Event::Detach]);
        assert_eq!(scanner.feed(b"\x1b[32;5ud"), [Event::Detach]);
    }

    proptest! {
        #[test]
        fn how_reads_are_split_changes_nothing(
            parts in prop::collection::vec(prop::sample::select(vec![
                "\x02", "\x02", "d", "?", "x", "é", "\x1b[98;5u", "\x1b[27;5;98~", "\x1b[98;5:3u", "\x1b[100u",
                "\x1b[200~", "\x1b[201~", "\x1b[A", "\x1bOA", "\x1b", "\x1b[", "\x1b[<0;1;2M", "\x1b[I", "\r",
            ]), 0..12),
            step in 1usize..6,
        ) {
            let typed = parts.concat();
            let pieces: Vec<&[u8]> = typed.as_bytes().chunks(step).collect();
            prop_assert_eq!(scan(&pieces), scan(&[typed.as_bytes()]));
        }

        #[test]
        fn without_the_prefix_all_bytes_arrive(bytes in prop::collection::vec(any::<u8>(), 0..200), step in 1usize..9) {
            let bytes: Vec<u8> = bytes.into_iter().filter(|byte| *byte != 2).collect();
            let mut scanner = Scanner::new(ControlKey::DEFAULT);
            let mut seen = Vec::new();
            for piece in bytes.chunks(step) {
                for event in scanner.feed(piece) {
                    if let Event::Data(data) = event { seen.extend(data) }
                }
            }
            for event in scanner.flush() {
                if let Event::Data(data) = event { seen.extend(data) }
            }
            prop_assert_eq!(seen, bytes);
        }
    }
}
