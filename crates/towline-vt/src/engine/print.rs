//! Writing characters.

use super::{Charset, Screen};
use crate::cell::{Attrs, Cell};
use crate::extras::MAX_COMBINING;
use unicode_width::UnicodeWidthChar;

/// How many cells a character takes; `None` for a control.
#[inline]
fn width(c: char) -> Option<usize> {
    match c {
        // What most text that isn't ASCII is made of: kana, Chinese characters, Korean syllables; box drawing and blocks.
        '\u{3041}'..='\u{3096}' | '\u{30a0}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' => Some(2),
        '\u{ac00}'..='\u{d7a3}' => Some(2),
        '\u{2500}'..='\u{259f}' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{2ff}' => Some(1),
        c => c.width(),
    }
}

impl Screen {
    /// Writes printable ASCII.
    pub(super) fn print_ascii(&mut self, mut text: &[u8]) {
        let Some(&last) = text.last() else { return };
        self.joins = true;
        if self.shift.is_some() {
            return self.print_shifted(text);
        }
        let charset = self.pen.charsets[self.pen.active];
        if charset != Charset::Ascii || self.modes.insert {
            for &byte in text {
                self.put(charset.map(byte), 1);
            }
            self.last = Some(charset.map(last));
            return;
        }
        self.last = Some(char::from(last));
        let blank = Cell::new(' ', self.pen.style);
        while !text.is_empty() {
            self.wrap_if_pending();
            let (col, cols, edge) = (self.col, self.cols, self.edge());
            let (now, rest) = text.split_at(text.len().min(edge - col));
            self.cursor_row().write_ascii(col, now, blank, cols);
            self.advance_to(col + now.len(), edge);
            text = rest;
            if !self.modes.autowrap && !text.is_empty() {
                // All that is left goes to the last column, each over the one before.
                text = &text[text.len() - 1..];
            }
        }
    }

    /// Writes printable ASCII, the first of it from the set that a single shift asked for.
    #[cold]
    fn print_shifted(&mut self, text: &[u8]) {
        let (Some(set), Some((&first, rest))) = (self.shift.take(), text.split_first()) else {
            return;
        };
        let c = self.pen.charsets[usize::from(set)].map(first);
        self.put(c, 1);
        self.last = Some(c);
        self.print_ascii(rest);
    }

    /// Writes characters that aren't ASCII.
    pub(super) fn print_text(&mut self, mut text: &str) {
        while let Some(c) = text.chars().next() {
            let cells = match self.takes_runs() && width(c).is_some_and(|width| width > 0) {
                true => self.print_run(&mut text),
                // It may belong to the character in the last column.
                false => 0,
            };
            if cells == 0 {
                self.print(c);
                text = &text[c.len_utf8()..];
            }
        }
    }

    /// Whether each character is a matter of its own, and goes where the one before ends.
    fn takes_runs(&self) -> bool {
        !self.modes.insert
            && !self.flags.clusters
            && self.shift.is_none()
            && self.edge() == self.cols
    }

    /// Writes as many characters as the row takes at its end; how many cells they took.
    fn print_run(&mut self, text: &mut &str) -> usize {
        self.wrap_if_pending();
        let (col, cols, style) = (self.col, self.cols, self.pen.style);
        let (cells, rest) = self.cursor_row().append(col, text, style, cols, width);
        if cells > 0 {
            self.last = text[..text.len() - rest.len()].chars().next_back();
            self.joins = true;
            self.advance_to(col + cells, cols);
            *text = rest;
        }
        cells
    }

    /// Writes a character that is not ASCII.
    fn print(&mut self, c: char) {
        self.shift = None;
        if self.flags.clusters && self.join(c) {
            return;
        }
        match width(c) {
            // C1 controls.
            None => {}
            Some(0) => self.combine(c),
            Some(width) => {
                self.put(c, width.min(2));
                self.last = Some(c);
                self.joins = true;
            }
        }
    }

    /// Writes the last character again.
    pub(super) fn repeat(&mut self, count: usize) {
        let Some(c) = self.last else { return };
        // More than a screenful differs from a screenful only in the history. The bound keeps a
        // hostile stream from buying much work with few bytes.
        for _ in 0..count.min(self.cols * self.lines) {
            self.put(c, c.width().unwrap_or(1).clamp(1, 2));
        }
    }

    pub(super) fn put(&mut self, c: char, width: usize) {
        self.wrap_if_pending();
        let (cols, mut edge) = (self.cols, self.edge());
        if self.col + width > edge {
            if !self.modes.autowrap || width > self.right - self.left {
                // Nowhere to go: it is lost.
                return;
            }
            // No room for both halves: leave a blank that a reflow can tell from a space.
            let col = self.col;
            let mut lead = Cell::BLANK;
            if edge == cols {
                lead.style.attrs = lead.style.attrs.with(Attrs::LEAD);
            }
            self.cursor_row().write(col, lead, 1, cols);
            self.wrap();
            edge = self.edge();
        }
        let (col, blank) = (self.col, self.blank());
        let cell = Cell::new(c, self.pen.style);
        let insert = self.modes.insert;
        let row = self.cursor_row();
        if insert {
            row.insert_within((col, edge), width, blank, cols);
        }
        row.write(col, cell, width, cols);
        self.advance_to(col + width, edge);
    }

    /// The column of the character before the cursor.
    pub(super) fn column_before(&self) -> Option<usize> {
        let col = if self.pending { self.col } else { self.col.checked_sub(1)? };
        Some(if self.grid().row(self.row).get(col).has(Attrs::SPACER) { col - 1 } else { col })
    }

    /// Adds a combining character to the last written cell.
    fn combine(&mut self, c: char) {
        let Some(col) = self.column_before() else { return };
        let row = self.grid().row(self.row);
        let mut extra = self.extras.get(row.get(col).style.extra).clone();
        if extra.combining.chars().count() >= MAX_COMBINING {
            return;
        }
        extra.combining.push(c);
        let number = self.extras.number(extra);
        if number != 0 {
            let cols = self.cols;
            self.cursor_row().set_extra(col, number, cols);
        }
    }

    /// Goes to a column, or waits at the edge to wrap.
    pub(super) fn advance_to(&mut self, col: usize, edge: usize) {
        self.col = col;
        if col >= edge {
            self.col = edge - 1;
            self.pending = true;
        }
    }

    fn wrap_if_pending(&mut self) {
        if self.pending {
            self.pending = false;
            if self.modes.autowrap {
                self.wrap();
            }
        }
    }

    /// Goes on in the next row, marking this one.
    pub(super) fn wrap(&mut self) {
        self.pending = false;
        let (from, scrolled) = (self.row, self.grid().scrolled());
        self.line_feed();
        self.col = self.left;
        if (self.left, self.right) != (0, self.cols) {
            // Part of a row doesn't go on as rows do.
            return;
        }
        let on_main = self.alt.is_none();
        let now = self.generation;
        if self.row > from {
            self.grid_mut().row_mut(from).wrapped = true;
        } else if self.row + 1 == self.bottom && self.row > self.top {
            // Scrolled within the margins.
            let row = self.grid_mut().row_mut(from - 1);
            row.wrapped = true;
            row.changed = now;
        } else if on_main && self.grid().scrolled() > scrolled && from == 0 {
            // A single row that scrolls right into the history.
            self.main.history.set_last_wrapped(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_table() {
        for c in (0..=0x10ffff).filter_map(char::from_u32) {
            assert_eq!(width(c), c.width(), "{:x}", u32::from(c));
        }
    }
}
