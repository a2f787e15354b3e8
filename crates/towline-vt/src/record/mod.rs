//! A terminal as a record that can be kept: with a version and a checksum.
//!
//! `TVTS`, the version (1 byte), the state, and a CRC-32 of all that (4 bytes, little-endian). The state is exact: what
//! goes on from it can't be told from what was never stopped, also in the middle of a sequence or a character.
//! First comes what a viewer needs: size, modes, the screens; the history follows, the newest line first.
//!
//! Version 1 was a list of escape sequences. It is still read.

mod codec;
mod old;
mod rows;
mod state;
#[cfg(test)]
mod tests;

use crate::cell::Attrs;
use crate::engine::{Grid, History, Parser, Pen, Row, Screen};
use crate::extras::Extras;
use crate::size::Size;
use crate::terminal::Terminal;
use codec::{Codec, Source};
use rows::{RowReader, RowWriter};
use std::collections::VecDeque;

const MAGIC: &[u8; 4] = b"TVTS";
const VERSION: u8 = 2;

/// Bytes before the state.
const HEAD: usize = 4 + 1;

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
    /// The terminal as a record for [`load`](Self::load), wherever it stands.
    pub fn save(&self) -> Vec<u8> {
        let mut record = Vec::new();
        record.extend_from_slice(MAGIC);
        record.push(VERSION);
        write(self.screen(), self.parser(), &mut record);
        let checksum = crc32fast::hash(&record);
        record.extend_from_slice(&checksum.to_le_bytes());
        record
    }

    /// The terminal that a record was made of, with room for `scrollback` lines.
    ///
    /// # Errors
    /// A record that is none, is damaged, or was made by a later version.
    pub fn load(record: &[u8], scrollback: usize) -> Result<Self, RecordError> {
        let (rest, checksum) = record.split_last_chunk().ok_or(RecordError::Malformed)?;
        let (head, state) = rest.split_at_checked(HEAD).ok_or(RecordError::Malformed)?;
        if &head[..4] != MAGIC {
            return Err(RecordError::Malformed);
        }
        let version = head[4];
        if !(1..=VERSION).contains(&version) {
            return Err(RecordError::Version(version));
        }
        if u32::from_le_bytes(*checksum) != crc32fast::hash(rest) {
            return Err(RecordError::Checksum);
        }
        if version == 1 {
            return old::read(state, scrollback);
        }
        let mut from = Source::new(state);
        let (screen, parser) = read(&mut from, scrollback)?;
        if !from.is_empty() {
            return Err(RecordError::Malformed);
        }
        Ok(Terminal::of(screen, parser))
    }
}

fn write(screen: &Screen, parser: &Parser, to: &mut Vec<u8>) {
    // Taken apart, so that a new field is not forgotten.
    let Screen {
        main,
        alt,
        cols,
        lines,
        row,
        col,
        pending,
        pen,
        shift,
        joins,
        saved: [saved, saved_alt],
        top,
        bottom,
        left,
        right,
        tabs,
        modes,
        flags,
        kept_modes,
        keyboards: [keyboard, keyboard_alt],
        title,
        titles,
        status,
        begun,
        palette,
        extras,
        synchronized,
        last,
        notice,
        image,
        generation,
    } = screen;
    for number in [cols, lines, row, col, top, bottom, left, right] {
        number.write(to);
    }
    extras.used(&screen.exactly_used_extras()).write(to);
    (*pending, *joins).write(to);
    (*shift, *last).write(to);
    saved.write(to);
    saved_alt.write(to);
    pen.write(to);
    modes.write(to);
    flags.write(to);
    kept_modes.write(to);
    keyboard.write(to);
    keyboard_alt.write(to);
    tabs.write(to);
    palette.write(to);
    title.write(to);
    titles.write(to);
    status.write(to);
    notice.write(to);
    image.write(to);
    synchronized.write(to);
    begun.write(to);
    generation.write(to);
    parser.write(to);

    let mut rows = RowWriter::default();
    alt.is_some().write(to);
    if let Some(alt) = alt {
        alt.scrolled().write(to);
        (0..*lines).for_each(|line| rows.row(alt.row(line), to));
    }
    main.scrolled().write(to);
    (0..*lines).for_each(|line| rows.row(main.row(line), to));
    main.history().write(to);
    for row in (0..main.history()).rev().filter_map(|index| main.kept(index)) {
        rows.row(&row, to);
    }
}

fn read(from: &mut Source<'_>, scrollback: usize) -> Result<(Screen, Parser), RecordError> {
    let size = Size { cols: Codec::read(from)?, rows: Codec::read(from)? };
    if size != size.clamped() {
        return Err(RecordError::Malformed);
    }
    let mut screen = Screen::new(size, scrollback);
    let (cols, lines) = (screen.cols, screen.lines);
    (screen.row, screen.col) = Codec::read(from)?;
    (screen.top, screen.bottom) = Codec::read(from)?;
    (screen.left, screen.right) = Codec::read(from)?;
    screen.extras = Extras::of(Codec::read(from)?).ok_or(RecordError::Malformed)?;
    let extras = screen.extras.len();
    (screen.pending, screen.joins) = Codec::read(from)?;
    (screen.shift, screen.last) = Codec::read(from)?;
    screen.saved = [Codec::read(from)?, Codec::read(from)?];
    screen.pen = Codec::read(from)?;
    screen.modes = Codec::read(from)?;
    screen.flags = Codec::read(from)?;
    screen.kept_modes = Codec::read(from)?;
    screen.keyboards = [Codec::read(from)?, Codec::read(from)?];
    screen.tabs = Codec::read(from)?;
    screen.palette = Codec::read(from)?;
    screen.title = Codec::read(from)?;
    screen.titles = Codec::read(from)?;
    screen.status = Codec::read(from)?;
    screen.notice = Codec::read(from)?;
    screen.image = Codec::read(from)?;
    screen.synchronized = Codec::read(from)?;
    screen.begun = Codec::read(from)?;
    screen.generation = Codec::read(from)?;
    let parser = Parser::read(from)?;

    let now = screen.generation;
    let mut rows = RowReader::default();
    let mut grid = |from: &mut Source<'_>, limit: usize, has_history: bool| {
        let scrolled = u64::read(from)?;
        let kept = (0..lines)
            .map(|_| rows.row(from, cols, extras, now))
            .collect::<Result<VecDeque<Row>, _>>()?;
        let history = if has_history { usize::read(from)? } else { 0 };
        if history as u64 > scrolled {
            return Err(RecordError::Malformed);
        }
        // The newest comes first.
        let mut newest = Vec::with_capacity(history.min(limit));
        for line in 0..history {
            let row = rows.row(from, cols, extras, now)?;
            if line < limit {
                newest.push(row);
            }
        }
        if !kept.iter().chain(&newest).all(has_whole_characters) {
            return Err(RecordError::Malformed);
        }
        let mut history = History::default();
        newest.iter().rev().for_each(|row| history.push(row));
        Ok(Grid { rows: kept, history, cols, lines, limit, scrolled, moved: now })
    };
    if bool::read(from)? {
        screen.alt = Some(grid(from, 0, false)?);
    }
    screen.main = grid(from, scrollback, true)?;
    let sound = is_sound(&screen) && parser.is_sound();
    if sound { Ok((screen, parser)) } else { Err(RecordError::Malformed) }
}

/// Whether all numbers are where the engine takes them to be.
fn is_sound(screen: &Screen) -> bool {
    let (cols, lines, extras) = (screen.cols, screen.lines, screen.extras.len());
    let pen = |pen: &Pen| pen.active < 4 && usize::from(pen.style.extra) < extras;
    screen.row < lines
        && screen.col < cols
        && screen.top < screen.bottom
        && screen.bottom <= lines
        && screen.left < screen.right
        && screen.right <= cols
        && pen(&screen.pen)
        && screen.saved.iter().all(|saved| pen(&saved.pen) && saved.row < lines && saved.col < cols)
        && screen
            .shift
            .into_iter()
            .chain(screen.saved.iter().filter_map(|s| s.shift))
            .all(|s| s < 4)
        && screen.keyboards.iter().all(|keyboard| keyboard.is_sound())
}

/// Whether the right half of each wide character has a left one before it, and that has a right one.
fn has_whole_characters(row: &Row) -> bool {
    let cells = row.cells();
    (0..=cells.len()).all(|col| {
        let left = col.checked_sub(1).is_some_and(|col| cells[col].has(Attrs::WIDE));
        left == cells.get(col).is_some_and(|cell| cell.has(Attrs::SPACER))
    })
}
