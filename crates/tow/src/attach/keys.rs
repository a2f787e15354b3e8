//! Cuts what a terminal sends into keys.
//!
//! Only as much is understood as the attach client needs: which bytes belong together, which key it was
//! and whether it went down or up, in the legacy encoding, xterm's `modifyOtherKeys`
//! (`ESC [ 27 ; mods ; code ~`) and kitty's keyboard protocol (`ESC [ code ; mods : event ; text u`).

/// The modifier bits of xterm and kitty, after the one that both add is taken off.
pub(super) mod mods {
    pub(crate) const SHIFT: u8 = 1;
    pub(crate) const CTRL: u8 = 4;
    /// Caps lock and num lock: they are on or off, nobody presses them with a key.
    pub(super) const LOCKS: u8 = 64 | 128;
}

/// The longest escape sequence that is waited for, in bytes; what is longer is no key.
const LONGEST: usize = 256;

const ESC: u8 = 0x1b;

/// What stands at the start of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// The start of something; more bytes will tell.
    Partial,
    /// So many bytes belong together and mean this.
    Whole(usize, What),
}

/// What some bytes mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A key went down (or repeats), or up.
    Key(Key),
    /// A paste begins: what follows is text until [`What::PasteEnd`].
    PasteStart,
    /// A paste has ended.
    PasteEnd,
    /// The mouse.
    Mouse,
    /// Nothing a person typed: focus, an answer of the terminal, a modifier by itself.
    Passive,
}

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub name: Name,
    /// Bits of [`mods`], without the locks.
    pub mods: u8,
    /// It went up.
    pub release: bool,
    /// The terminal tells when keys go up.
    pub events: bool,
    /// What it types, where it types one character.
    pub text: Option<char>,
    /// The key in the same place of a US keyboard, where the terminal tells and it is another.
    pub base: Option<u32>,
}

/// Which key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// By its code point, without Shift.
    Char(u32),
    /// By the number and the last byte of its sequence: cursor keys, F keys.
    Function(u32, u8),
}

impl Key {
    fn legacy(character: u32, mods: u8) -> Self {
        let text = char::from_u32(character).filter(|c| mods == 0 && !c.is_control());
        Self { name: Name::Char(character), mods, release: false, events: false, text, base: None }
    }

    /// Whether it is this key with Ctrl and nothing else, in a keyboard protocol's encoding.
    pub(super) fn is_ctrl(&self, code: u32) -> bool {
        let lower = |c: u32| if (0x41..=0x5a).contains(&c) { c + 0x20 } else { c };
        let named = matches!(self.name, Name::Char(c) if lower(c) == code);
        self.mods == mods::CTRL && (named || self.base == Some(code))
    }

    /// Whether it types this character, or is the key that does so on a US keyboard.
    pub(super) fn types(&self, character: char) -> bool {
        self.text == Some(character) || (self.mods == 0 && self.base == Some(u32::from(character)))
    }
}

/// What stands at the start of `bytes`, which are not empty.
pub(super) fn token(bytes: &[u8]) -> Token {
    let key = |length, key| Token::Whole(length, What::Key(key));
    match bytes[0] {
        ESC => escape(bytes),
        byte @ (b'\t' | b'\r' | 0x7f) => key(1, Key::legacy(u32::from(byte), 0)),
        byte @ 0..0x20 => key(1, Key::legacy(u32::from(byte | 0x60), mods::CTRL)),
        _ => match utf8(bytes) {
            None => Token::Partial,
            Some((length, character)) => key(length, Key::legacy(character, 0)),
        },
    }
}

/// One character and its length; a byte that is no UTF-8 is a character by itself.
fn utf8(bytes: &[u8]) -> Option<(usize, u32)> {
    let length = match bytes[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let have = &bytes[..length.min(bytes.len())];
    match std::str::from_utf8(have) {
        Ok(text) => Some((length, text.chars().next().map_or(0, u32::from))),
        Err(error) if error.error_len().is_none() => None,
        Err(_) => Some((1, u32::from(bytes[0]))),
    }
}

fn escape(bytes: &[u8]) -> Token {
    let alone = Token::Whole(1, What::Key(Key::legacy(u32::from(ESC), 0)));
    match bytes.get(1) {
        None => Token::Partial,
        Some(b'[') => control_sequence(bytes),
        Some(b'O') => match bytes.get(2) {
            None => Token::Partial,
            Some(last @ 0x40..=0x7e) => function(3, 1, *last, &Params::default()),
            Some(_) => alt(2, b'O'),
        },
        Some(start @ (b']' | b'P' | b'_')) => string(bytes, *start),
        Some(&ESC) => alone,
        Some(_) => match token(&bytes[1..]) {
            Token::Whole(length, What::Key(key)) => {
                Token::Whole(1 + length, What::Key(Key { mods: key.mods | 2, text: None, ..key }))
            }
            other => other,
        },
    }
}

/// A key with Alt, of so many bytes.
fn alt(length: usize, character: u8) -> Token {
    Token::Whole(length, What::Key(Key::legacy(u32::from(character), 2)))
}

/// An answer of the terminal (`ESC ] … ST`), or Alt and the character that would begin one.
fn string(bytes: &[u8], start: u8) -> Token {
    let body = &bytes[2..];
    match body.iter().position(|byte| *byte < 0x20) {
        None if body.is_empty() || body.len() >= LONGEST => alt(2, start),
        None => Token::Partial,
        Some(0) => alt(2, start),
        Some(at) => match (body[at], body.get(at + 1)) {
            (0x07, _) => Token::Whole(2 + at + 1, What::Passive),
            (ESC, None) => Token::Partial,
            (ESC, Some(b'\\')) => Token::Whole(2 + at + 2, What::Passive),
            _ => alt(2, start),
        },
    }
}

fn control_sequence(bytes: &[u8]) -> Token {
    let body = &bytes[2..];
    let Some(end) = body.iter().position(|byte| !(0x20..0x40).contains(byte)) else {
        return if body.len() >= LONGEST {
            Token::Whole(bytes.len(), What::Passive)
        } else {
            Token::Partial
        };
    };
    let length = 2 + end + 1;
    let last = body[end];
    match (&body[..end], last) {
        // Not a sequence at all: Alt-[ and then something else.
        (_, 0..0x40 | 0x7f..) => alt(2, b'['),
        // The Linux console's F1 to F5.
        ([], b'[') => match bytes.get(length) {
            None => Token::Partial,
            Some(key) => function(length + 1, 0, *key, &Params::default()),
        },
        // The oldest mouse encoding: three raw bytes follow.
        ([], b'M') if bytes.len() < length + 3 => Token::Partial,
        ([], b'M') => Token::Whole(length + 3, What::Mouse),
        ([b'<', ..], b'M' | b'm') => Token::Whole(length, What::Mouse),
        ([], b'I' | b'O') | ([b'<'..=b'?', ..], _) | (_, b'c' | b'n' | b't' | b'y') => {
            Token::Whole(length, What::Passive)
        }
        (params, last) => key_sequence(length, &Params::read(params), last),
    }
}

/// Up to three parameters with up to three parts each; an absent one is 0.
#[derive(Debug, Default)]
struct Params([[u32; 3]; 3]);

impl Params {
    fn read(text: &[u8]) -> Self {
        let mut params = Self::default();
        for (param, parts) in text.split(|byte| *byte == b';').zip(&mut params.0) {
            for (digits, part) in param.split(|byte| *byte == b':').zip(parts) {
                *part = digits.iter().fold(0u32, |number, digit| {
                    number
                        .saturating_mul(10)
                        .saturating_add(u32::from(digit.wrapping_sub(b'0') % 10))
                });
            }
        }
        params
    }

    fn mods(&self) -> u8 {
        let bits = self.0[1][0].saturating_sub(1).min(255);
        u8::try_from(bits).unwrap_or(0) & !mods::LOCKS
    }
}

fn key_sequence(length: usize, params: &Params, last: u8) -> Token {
    match (params.0[0][0], last) {
        (200, b'~') => Token::Whole(length, What::PasteStart),
        (201, b'~') => Token::Whole(length, What::PasteEnd),
        (27, b'~') if params.0[2][0] != 0 => {
            let code = params.0[2][0];
            let mods = params.mods();
            let text = char::from_u32(code).filter(|_| mods & !mods::SHIFT == 0);
            Token::Whole(length, What::Key(Key { mods, text, ..Key::legacy(code, 0) }))
        }
        // Kitty's numbers for the locks and for Shift, Ctrl, Alt … by themselves.
        (57358..=57360 | 57441..=57454, b'u') => Token::Whole(length, What::Passive),
        (code, b'u') => kitty(length, code, params),
        (number, last) => function(length, number, last, params),
    }
}

fn kitty(length: usize, code: u32, params: &Params) -> Token {
    let [[_, shifted, base], [_, event, _], [typed, ..]] = params.0;
    let mods = params.mods();
    let text = match (typed, mods) {
        (0, 0) => Some(code),
        (0, mods::SHIFT) if shifted != 0 => Some(shifted),
        // A terminal that tells the key but not what Shift makes of it: the US keyboard's answer.
        (0, mods::SHIFT) if code == u32::from('/') => Some(u32::from('?')),
        (0, mods::SHIFT) => char::from_u32(code).map(|c| u32::from(c.to_ascii_uppercase())),
        (0, _) => None,
        (typed, _) => Some(typed),
    };
    let key = Key {
        name: Name::Char(code),
        mods,
        release: event == 3,
        events: event != 0,
        text: text.and_then(char::from_u32).filter(|c| !c.is_control()),
        base: (base != 0).then_some(base),
    };
    Token::Whole(length, What::Key(key))
}

fn function(length: usize, number: u32, last: u8, params: &Params) -> Token {
    let event = params.0[1][1];
    let key = Key {
        name: Name::Function(number.max(1), last),
        mods: params.mods(),
        release: event == 3,
        events: event != 0,
        text: None,
        base: None,
    };
    Token::Whole(length, What::Key(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A token in short: its length, and a key as `mods-name` with `^` for one that went up.
    fn short(bytes: &[u8]) -> String {
        match token(bytes) {
            Token::Partial => "partial".to_owned(),
            Token::Whole(length, What::Key(key)) => {
                let name = match key.name {
                    Name::Char(c) => format!("{c:x}"),
                    Name::Function(number, last) => format!("{number}{}", char::from(last)),
                };
                let text = key.text.map(|c| format!(" types {c}")).unwrap_or_default();
                format!("{length}: {}-{name}{}{text}", key.mods, if key.release { "^" } else { "" })
            }
            Token::Whole(length, what) => format!("{length}: {what:?}"),
        }
    }

    #[test]
    fn keys_are_told_apart() {
        for (bytes, expected) in [
            ("b", "1: 0-62 types b"),
            ("é!", "2: 0-e9 types é"),
            ("\x02", "1: 4-62"),
            ("\0", "1: 4-60"),
            ("\r", "1: 0-d"),
            ("\x1b", "partial"),
            ("\x1b\x1b", "1: 0-1b"),
            ("\x1bx", "2: 2-78"),
            ("\x1b\x02", "2: 6-62"),
            ("\x1b[", "partial"),
            ("\x1b[A", "3: 0-1A"),
            ("\x1bOA", "3: 0-1A"),
            ("\x1bO\x02", "2: 2-4f"),
            ("\x1b[\x02", "2: 2-5b"),
            ("\x1b[1;5A", "6: 4-1A"),
            ("\x1b[1;1:3A", "8: 0-1A^"),
            ("\x1b[3~", "4: 0-3~"),
            ("\x1b[[A", "4: 0-1A"),
            ("\x1b[98;5u", "7: 4-62"),
            ("\x1b[98;5:3u", "9: 4-62^"),
            ("\x1b[98;197u", "9: 4-62"),
            ("\x1b[27;5;98~", "10: 4-62"),
            ("\x1b[27;2;63~", "10: 1-3f types ?"),
            ("\x1b[100u", "6: 0-64 types d"),
            ("\x1b[47:63;2u", "10: 1-2f types ?"),
            ("\x1b[47;2u", "7: 1-2f types ?"),
            ("\x1b[97;;63u", "9: 0-61 types ?"),
            ("\x1b[13u", "5: 0-d"),
            ("\x1b[57442;5u", "10: Passive"),
            ("\x1b[200~x", "6: PasteStart"),
            ("\x1b[201~", "6: PasteEnd"),
            ("\x1b[<0;10;20M", "11: Mouse"),
            ("\x1b[M !", "partial"),
            ("\x1b[M !!", "6: Mouse"),
            ("\x1b[I", "3: Passive"),
            ("\x1b[?62;4c", "8: Passive"),
            ("\x1b[?1u", "5: Passive"),
            ("\x1b]11;rgb:0/0/0\x07", "15: Passive"),
            ("\x1b]11;rgb:0/0/0\x1b", "partial"),
            ("\x1b]11;rgb:0/0/0\x1b\\", "16: Passive"),
            ("\x1b]", "2: 2-5d"),
        ] {
            assert_eq!(short(bytes.as_bytes()), expected, "{bytes:?}");
        }
        assert_eq!(short(b"\xc3"), "partial");
        assert_eq!(short(b"\xff\xff"), "1: 0-ff types ÿ");
        assert_eq!(short(b"\xc3a"), "1: 0-c3 types Ã");
    }

    proptest! {
        #[test]
        fn any_bytes_give_tokens_within_them(bytes in prop::collection::vec(any::<u8>(), 1..300)) {
            if let Token::Whole(length, _) = token(&bytes) {
                prop_assert!((1..=bytes.len()).contains(&length));
            }
        }
    }
}
