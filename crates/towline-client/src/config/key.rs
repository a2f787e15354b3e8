//! A key with Ctrl, as a setting names it and as terminals send it.

use std::fmt;
use std::str::FromStr;

/// A key pressed together with Ctrl.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlKey {
    /// The key in lower case: a letter, or one of `@ \ ] ^ _` and space.
    character: u8,
}

/// Why a text names no key that can be a prefix; each completes "must be …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not of the form `C-x`.
    #[error("a key with Ctrl, such as \"C-b\"")]
    NotControl,
    /// Terminals send the same byte for another key.
    #[error("another key than {0}, which terminals send for {1}")]
    Taken(&'static str, &'static str),
}

impl ControlKey {
    /// Ctrl-b, as in tmux.
    pub const DEFAULT: Self = Self { character: b'b' };

    /// The byte a terminal sends for it without a keyboard protocol.
    pub fn byte(self) -> u8 {
        self.character & 0x1f
    }

    /// The code point that keyboard protocols give for the key itself.
    pub fn code(self) -> u32 {
        u32::from(self.character)
    }

    /// The name for people: `Ctrl-b`.
    pub fn spoken(self) -> String {
        format!("Ctrl-{}", self.name())
    }

    fn name(self) -> String {
        match self.character {
            b' ' => "Space".to_owned(),
            other => char::from(other).to_string(),
        }
    }
}

impl fmt::Display for ControlKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "C-{}", self.name())
    }
}

impl FromStr for ControlKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let name = ["C-", "c-", "Ctrl-", "ctrl-", "^"]
            .iter()
            .find_map(|start| text.strip_prefix(start))
            .ok_or(KeyError::NotControl)?;
        let character = match (name, name.as_bytes()) {
            ("Space" | "space", _) => b' ',
            (_, [byte]) => byte.to_ascii_lowercase(),
            _ => return Err(KeyError::NotControl),
        };
        match character {
            b'i' => Err(KeyError::Taken("C-i", "Tab")),
            b'm' => Err(KeyError::Taken("C-m", "Enter")),
            b'[' => Err(KeyError::Taken("C-[", "Escape")),
            b'a'..=b'z' | b' ' | b'@' | b'\\' | b']' | b'^' | b'_' => Ok(Self { character }),
            _ => Err(KeyError::NotControl),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_written_as_tmux_does() {
        for (text, byte, written) in [
            ("C-b", 2, "C-b"),
            ("C-B", 2, "C-b"),
            ("^a", 1, "C-a"),
            ("Ctrl-z", 26, "C-z"),
            ("C-Space", 0, "C-Space"),
            ("C-@", 0, "C-@"),
            ("C-\\", 28, "C-\\"),
            ("C-]", 29, "C-]"),
            ("C-^", 30, "C-^"),
            ("C-_", 31, "C-_"),
        ] {
            let key: ControlKey = text.parse().unwrap();
            assert_eq!((key.byte(), key.to_string()), (byte, written.to_owned()), "{text}");
        }
        for text in ["", "b", "C-", "C-bb", "C-1", "C-ö", "M-b", "C-i", "C-m", "C-["] {
            assert!(text.parse::<ControlKey>().is_err(), "{text}");
        }
    }
}
