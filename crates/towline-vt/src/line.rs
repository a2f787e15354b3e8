//! Reading one line of a terminal.

use std::borrow::Cow;

use crate::cell::{Attrs, Cell, Style};
use crate::engine::Row;
use crate::extras::Extras;
use crate::style;

/// One line: of the screen, or of what has scrolled off it.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    row: Cow<'a, Row>,
    extras: &'a Extras,
}

impl<'a> Line<'a> {
    pub(crate) fn new(row: Cow<'a, Row>, extras: &'a Extras) -> Self {
        Line { row, extras }
    }

    /// The text, without blanks at the end.
    pub fn text(&self) -> String {
        let cells = self.row.cells();
        let mut text = String::with_capacity(cells.len());
        for cell in cells.iter().filter(|c| !c.has(Attrs::SPACER)) {
            text.push(cell.c);
            text.push_str(&self.extras.get(cell.style.extra).combining);
        }
        text.truncate(text.trim_end_matches(' ').len());
        text
    }

    /// The text with SGR sequences and links; all are reset at the end. Without blanks at the end
    /// that nothing can be seen of.
    pub fn ansi(&self) -> String {
        let mut out = Vec::new();
        let mut pen = Style::DEFAULT;
        for cell in self.row.cells()[..self.row.visible_len()].iter().map(Cell::canonical) {
            if cell.has(Attrs::SPACER) {
                continue;
            }
            if !pen.suits(&cell) {
                style::change(&mut out, Some(pen), cell.style, self.extras);
                pen = cell.style;
            }
            style::text(&mut out, &cell, self.extras);
        }
        style::change(&mut out, Some(pen), Style::DEFAULT, self.extras);
        String::from_utf8(out).unwrap_or_default()
    }

    /// Whether the text goes on in the next line.
    pub fn wrapped(&self) -> bool {
        self.row.wrapped
    }

    /// Whether nothing can be seen of it.
    pub fn is_blank(&self) -> bool {
        self.row.is_blank()
    }
}
