//! A terminal as a record that can be kept: with a version and a checksum.
//!
//! Little-endian: `TVTS`, the version (1 byte), columns and rows (2 each), the first line's number (8), the character that REP
//! repeats (4; `u32::MAX`: none), then the length (4) and the bytes of [`Terminal::snapshot`], and a CRC-32 of all that (4).

use crate::size::Size;
use crate::terminal::Terminal;

const MAGIC: &[u8; 4] = b"TVTS";
const VERSION: u8 = 1;

/// Bytes before the snapshot.
const HEAD: usize = 4 + 1 + 2 + 2 + 8 + 4 + 4;

/// Why a record makes no terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// It is no such record, or not whole.
    Malformed,
    /// It is of a version that this one does not know.
    Version(u8),
    /// Its checksum is another.
    Checksum,
}

impl std::fmt::Display for RecordError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed => f.write_str("it is no whole record of a terminal"),
            Self::Version(version) => write!(f, "it is a record of version {version}"),
            Self::Checksum => f.write_str("its checksum is wrong"),
        }
    }
}

impl std::error::Error for RecordError {}

impl Terminal {
    /// The terminal as a record for [`load`](Self::load); `None` in the middle of a sequence or a character, of which the
    /// beginning would be lost.
    pub fn save(&self) -> Option<Vec<u8>> {
        if !self.is_between() {
            return None;
        }
        let snapshot = self.snapshot();
        let Size { cols, rows } = self.size();
        let mut record = Vec::with_capacity(HEAD + snapshot.len() + 4);
        record.extend_from_slice(MAGIC);
        record.push(VERSION);
        record.extend_from_slice(&cols.to_le_bytes());
        record.extend_from_slice(&rows.to_le_bytes());
        record.extend_from_slice(&self.first_line().to_le_bytes());
        let repeated = self.screen().last.map_or(u32::MAX, u32::from);
        record.extend_from_slice(&repeated.to_le_bytes());
        record.extend_from_slice(&u32::try_from(snapshot.len()).ok()?.to_le_bytes());
        record.extend_from_slice(&snapshot);
        let checksum = crc32fast::hash(&record);
        record.extend_from_slice(&checksum.to_le_bytes());
        Some(record)
    }

    /// The terminal that a record was made of, with room for `scrollback` lines.
    ///
    /// # Errors
    /// A record that is none, is damaged, or was made by another version.
    pub fn load(record: &[u8], scrollback: usize) -> Result<Self, RecordError> {
        let (head, rest) = record.split_at_checked(HEAD).ok_or(RecordError::Malformed)?;
        if &head[..4] != MAGIC {
            return Err(RecordError::Malformed);
        }
        if head[4] != VERSION {
            return Err(RecordError::Version(head[4]));
        }
        let short = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        let word =
            |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let first_line = u64::from(word(9)) | u64::from(word(13)) << 32;
        let length = usize::try_from(word(21)).map_err(|_| RecordError::Malformed)?;
        let (snapshot, checksum) = rest.split_at_checked(length).ok_or(RecordError::Malformed)?;
        let checksum: [u8; 4] = checksum.try_into().map_err(|_| RecordError::Malformed)?;
        if u32::from_le_bytes(checksum) != crc32fast::hash(&record[..HEAD + length]) {
            return Err(RecordError::Checksum);
        }
        let size = Size { cols: short(5), rows: short(7) };
        let mut terminal = Self::starting_at(size, scrollback, first_line);
        terminal.feed(snapshot, &mut Vec::new());
        terminal.repeat_with(char::from_u32(word(17)));
        Ok(terminal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { cols: 20, rows: 4 };

    fn terminal(text: &str) -> Terminal {
        let mut terminal = Terminal::new(SIZE, 100);
        terminal.feed(text.as_bytes(), &mut Vec::new());
        terminal
    }

    fn lines(terminal: &Terminal) -> Vec<String> {
        let all = terminal.first_line()..terminal.end_line();
        all.filter_map(|number| terminal.line(number)).map(|line| line.text()).collect()
    }

    #[test]
    fn a_terminal_comes_back_and_goes_on_alike() {
        let mut before = terminal("one\r\ntwo\r\nthree\r\nfour\r\n\x1b[1mfive\x1b]2;name\x07x");
        let mut after = Terminal::load(&before.save().unwrap(), 100).unwrap();
        for one in [&mut before, &mut after] {
            one.feed(b"\x1b[3b\r\nsix", &mut Vec::new());
        }
        assert_eq!(lines(&before), lines(&after));
        assert_eq!(lines(&after)[4], "fivexxxx");
        assert_eq!((after.title(), after.screen_start()), ("name", before.screen_start()));
    }

    #[test]
    fn nothing_is_saved_in_the_middle() {
        for text in ["\x1b", "\x1b[3", "\x1b]2;na", "\x1bPq", "a\u{0301}\x1b]8;;x"] {
            assert_eq!(terminal(text).save(), None, "{text:?}");
        }
        let mut half = terminal("");
        half.feed(&"漢".as_bytes()[..2], &mut Vec::new());
        assert_eq!(half.save(), None);
        assert!(terminal("a\u{0301}漢").save().is_some());
    }

    #[test]
    fn damage_is_found() {
        let whole = terminal("some text").save().unwrap();
        let error = |record: &[u8]| Terminal::load(record, 10).err();
        assert_eq!(error(&whole), None);
        for length in 0..whole.len() {
            assert_eq!(error(&whole[..length]), Some(RecordError::Malformed), "{length}");
        }
        for at in 5..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            assert!(error(&damaged).is_some(), "{at}");
        }
        let mut newer = whole.clone();
        newer[4] = 2;
        assert_eq!(error(&newer), Some(RecordError::Version(2)));
        assert_eq!(error(&[&whole[..], b"x"].concat()), Some(RecordError::Malformed));
    }
}
