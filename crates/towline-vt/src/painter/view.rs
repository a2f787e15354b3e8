//! Which part of a model a client's terminal shows.

use crate::cell::{Attrs, Cell};
use crate::engine::Screen;
use crate::size::Size;
use unicode_width::UnicodeWidthChar;

/// The first row and column shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct View {
    pub(super) row: usize,
    pub(super) col: usize,
}

impl View {
    /// The part to show: the left one at the bottom of what is used, moved so that a visible cursor is in it.
    pub(super) fn of(screen: &Screen, size: Size) -> Self {
        let (cols, rows) = (usize::from(size.cols), usize::from(size.rows));
        let used = match screen.lines.saturating_sub(rows) {
            0 => 0,
            _ => screen.grid().used_lines().max(screen.row + 1),
        };
        let bottom = used.saturating_sub(rows);
        if !screen.modes.cursor_visible {
            return View { row: bottom, col: 0 };
        }
        View { row: bottom.min(screen.row), col: (screen.col + 1).saturating_sub(cols) }
    }

    /// Where the model's cursor is on the client's terminal.
    pub(super) fn place(&self, screen: &Screen, size: Size) -> (usize, usize) {
        let (cols, rows) = (usize::from(size.cols), usize::from(size.rows));
        let row = screen.row.saturating_sub(self.row).min(rows - 1);
        let col = screen.col.saturating_sub(self.col).min(cols - 1);
        (row, col)
    }

    /// Appends a row of the client's terminal as it should be, in canonical cells.
    pub(super) fn add_row(&self, screen: &Screen, row: usize, size: Size, to: &mut Vec<Cell>) {
        let cols = usize::from(size.cols);
        let start = to.len();
        if self.row + row < screen.lines {
            let cells = screen.grid().row(self.row + row).cells();
            let shown = cells.get(self.col..).unwrap_or_default();
            to.extend(shown.iter().take(cols).map(Cell::canonical));
            // Half a wide character cannot be shown.
            if let Some(first) = to.get_mut(start).filter(|c| c.has(Attrs::SPACER)) {
                *first = Cell::new(' ', first.style.erased());
            }
            // Nor one that a selector has made narrow: for a moment it is wide.
            let wide = |c: &Cell| c.has(Attrs::WIDE) || !c.c.is_ascii() && c.c.width() == Some(2);
            let last = to.get_mut(start + cols - 1).filter(|c| !c.has(Attrs::SPACER) && wide(c));
            if let Some(last) = last {
                *last = Cell::new(' ', last.style.erased());
            }
        }
        to.resize(start + cols, Cell::BLANK);
    }
}
