//! Records of version 1: columns and rows (2 bytes each), the first line's number (8), the character that REP repeats
//! (4; `u32::MAX`: none), the length (4) of the bytes that make a blank terminal of that size equal to the one
//! that was kept, and these. All little-endian.

use super::RecordError;
use crate::size::Size;
use crate::terminal::Terminal;

/// Reads what lies between a record's version and its checksum.
pub(super) fn read(state: &[u8], scrollback: usize) -> Result<Terminal, RecordError> {
    const HEAD: usize = 2 + 2 + 8 + 4 + 4;
    let (head, bytes) = state.split_first_chunk::<HEAD>().ok_or(RecordError::Malformed)?;
    let number = |at: usize, len: usize| {
        head[at..at + len].iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
    };
    if number(16, 4) != bytes.len() as u64 {
        return Err(RecordError::Malformed);
    }
    let size = Size { cols: number(0, 2) as u16, rows: number(2, 2) as u16 };
    let mut terminal = Terminal::starting_at(size, scrollback, number(4, 8));
    terminal.feed(bytes, &mut Vec::new());
    terminal.repeat_with(char::from_u32(number(12, 4) as u32));
    Ok(terminal)
}
