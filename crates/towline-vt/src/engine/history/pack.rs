//! A row as bytes.
//!
//! The first byte holds [`WRAPPED`] and [`PLAIN`]. A plain row, ASCII without any style, is its text. Any other is a sequence
//! of runs: a number that holds the style's number and the [`Kind`] of its cells, how many characters it has, and these in UTF-8.
//! Numbers are little-endian in groups of seven bits.

use super::super::Row;
use crate::cell::{Attrs, Cell, Style};

const WRAPPED: u8 = 1;
const PLAIN: u8 = 2;

/// What the characters of a run are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A cell each, as it is.
    Cells = 0,
    /// Two cells each: the left half, and the right one that goes with it.
    Wide = 1,
}

/// Appends a row.
pub(super) fn row(row: &Row, styles: &mut Styles, out: &mut Vec<u8>) {
    let cells = &row.cells()[..row.used_len()];
    let wrapped = if row.wrapped { WRAPPED } else { 0 };
    if cells.iter().all(is_plain) {
        out.push(wrapped | PLAIN);
        out.extend(cells.iter().map(|cell| cell.c as u8));
        return;
    }
    out.push(wrapped);
    let mut rest = cells;
    while let Some(first) = rest.first() {
        let kind = kind(rest);
        let step = if kind == Kind::Wide { 2 } else { 1 };
        // Of a wide character's halves the left one stands for both.
        let count = rest
            .chunks(step)
            .take_while(|next| next[0].style == first.style && (step == 1 || is_wide(next)))
            .count();
        let (run, after) = rest.split_at(count * step);
        rest = after;
        let style = match kind {
            Kind::Cells => first.style,
            Kind::Wide => bare(first.style),
        };
        number(styles.number(style) << 1 | kind as usize, out);
        number(count, out);
        let mut utf8 = [0; 4];
        for cell in run.iter().step_by(step) {
            if cell.c.is_ascii() {
                out.push(cell.c as u8);
            } else {
                out.extend_from_slice(cell.c.encode_utf8(&mut utf8).as_bytes());
            }
        }
    }
}

/// The styles of a block, by their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Styles {
    all: Vec<Style>,
    /// The number that a style had which was asked for last, by a part of its hash: programs use few, again and again.
    last: Vec<u32>,
}

impl Styles {
    const SLOTS: usize = 128;

    /// All that have a number.
    pub(super) fn all(&self) -> &[Style] {
        &self.all
    }

    /// The number of a style, which is added where it is not found at once.
    fn number(&mut self, style: Style) -> usize {
        if self.last.is_empty() {
            self.last = vec![u32::MAX; Self::SLOTS];
        }
        let (one, other) = Cell::new(' ', style).words();
        // Multiplicative hashing (Knuth): the upper bits are the best mixed.
        let hash = (one ^ other.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let slot = &mut self.last[(hash >> 57) as usize];
        if self.all.get(*slot as usize) != Some(&style) {
            *slot = self.all.len() as u32;
            self.all.push(style);
        }
        *slot as usize
    }

    /// No more will be added.
    pub(super) fn close(&mut self) {
        self.last = Vec::new();
        self.all.shrink_to_fit();
    }

    /// Bytes that it takes.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.all.capacity() * size_of::<Style>() + self.last.capacity() * 4
    }
}

fn is_plain(cell: &Cell) -> bool {
    cell.c.is_ascii() && cell.style == Style::DEFAULT
}

/// What the characters at the beginning are.
fn kind(cells: &[Cell]) -> Kind {
    match cells[0].has(Attrs::WIDE) && is_wide(cells) {
        true => Kind::Wide,
        false => Kind::Cells,
    }
}

/// Whether the second cell is what comes with the first, the left half of a wide character. What combining characters were added
/// to differs from its right half.
fn is_wide(cells: &[Cell]) -> bool {
    let style = bare(cells[0].style);
    let right = Style { attrs: style.attrs.with(Attrs::SPACER), ..style };
    cells.get(1) == Some(&Cell::new(' ', right))
}

fn bare(style: Style) -> Style {
    Style { attrs: style.attrs.without(Attrs::WIDE), ..style }
}

/// The row that was packed.
pub(super) fn unpacked(bytes: &[u8], styles: &[Style]) -> Row {
    let Some((&flags, mut rest)) = bytes.split_first() else { return Row::default() };
    let wrapped = flags & WRAPPED != 0;
    if flags & PLAIN != 0 {
        let cell = |byte: &u8| Cell::new(char::from(*byte), Style::DEFAULT);
        return Row::from_cells(rest.iter().map(cell).collect(), wrapped, 0);
    }
    let mut cells = Vec::new();
    while !rest.is_empty() {
        let style = take_number(&mut rest);
        let count = take_number(&mut rest);
        let (text, after) = rest.split_at(length(rest, count));
        rest = after;
        let text = std::str::from_utf8(text).unwrap_or_default();
        let (wide, style) = (style & 1 == Kind::Wide as usize, styles.get(style >> 1));
        let style = style.copied().unwrap_or(Style::DEFAULT);
        for c in text.chars() {
            if wide {
                let half = |bit| Style { attrs: style.attrs.with(bit), ..style };
                cells.push(Cell::new(c, half(Attrs::WIDE)));
                cells.push(Cell::new(' ', half(Attrs::SPACER)));
            } else {
                cells.push(Cell::new(c, style));
            }
        }
    }
    Row::from_cells(cells, wrapped, 0)
}

/// Bytes that so many characters at the beginning take.
fn length(text: &[u8], count: usize) -> usize {
    let mut at = 0;
    for _ in 0..count {
        at += match text.get(at) {
            Some(0..0x80) => 1,
            Some(0x80..0xe0) => 2,
            Some(0xe0..0xf0) => 3,
            Some(0xf0..) => 4,
            None => break,
        };
    }
    at.min(text.len())
}

/// Whether the text goes on in the next row, in a packed row's first byte.
pub(super) fn set_wrapped(flags: &mut u8, wrapped: bool) {
    *flags = *flags & !WRAPPED | if wrapped { WRAPPED } else { 0 };
}

fn number(mut number: usize, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_number(rest: &mut &[u8]) -> usize {
    let mut number = 0;
    for shift in (0..usize::BITS).step_by(7) {
        let Some((&byte, after)) = rest.split_first() else { break };
        *rest = after;
        number |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    number
}
