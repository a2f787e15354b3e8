//! One row of a grid.

use crate::cell::{Attrs, Cell, Style};

/// A row. Cells past the stored ones are blank: an empty row takes no memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    cells: Vec<Cell>,
    /// The text goes on in the next row.
    pub(crate) wrapped: bool,
    /// The generation in which it changed last.
    pub(crate) changed: u64,
}

impl Row {
    /// The stored cells.
    pub(crate) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The cell at a column.
    pub(crate) fn get(&self, col: usize) -> Cell {
        self.cells.get(col).copied().unwrap_or(Cell::BLANK)
    }

    pub(crate) fn from_cells(cells: Vec<Cell>, wrapped: bool, changed: u64) -> Self {
        Row { cells, wrapped, changed }
    }

    /// The length without cells at the end that are as they were when the row was new.
    pub(super) fn used_len(&self) -> usize {
        self.cells.iter().rposition(|cell| *cell != Cell::BLANK).map_or(0, |last| last + 1)
    }

    /// Whether nothing can be seen of it.
    pub(crate) fn is_blank(&self) -> bool {
        self.cells.iter().all(Cell::is_blank)
    }

    /// The length without blank cells at the end.
    pub(crate) fn visible_len(&self) -> usize {
        self.cells.iter().rposition(|c| !c.is_blank()).map_or(0, |i| i + 1)
    }

    /// Makes it blank, keeping its memory.
    pub(super) fn reset(&mut self, blank: Cell, cols: usize, now: u64) {
        self.cells.clear();
        if blank != Cell::BLANK {
            self.cells.resize(cols, blank);
        }
        self.wrapped = false;
        self.changed = now;
    }

    fn grow(&mut self, len: usize, cols: usize) {
        if self.cells.len() < len {
            if self.cells.capacity() < len {
                // A row that is written is mostly written to its end.
                self.cells.reserve_exact(len.max(cols.min(len * 2)) - self.cells.len());
            }
            self.cells.resize(len, Cell::BLANK);
        }
    }

    /// Blanks the other half of a wide character whose half lies on the far side of a boundary
    /// at `col`, so that the boundary may be cut.
    pub(super) fn cut(&mut self, col: usize) {
        if col == 0 || col >= self.cells.len() || !self.cells[col].has(Attrs::SPACER) {
            return;
        }
        for cell in &mut self.cells[col - 1..=col] {
            *cell = Cell::new(' ', cell.style.erased());
        }
    }

    /// Writes printable ASCII. The run must fit into the row.
    pub(super) fn write_ascii(&mut self, col: usize, text: &[u8], blank: Cell, cols: usize) {
        let end = col + text.len();
        let cell = |&b: &u8| Cell { c: char::from(b), ..blank };
        if col == self.cells.len() {
            if self.cells.capacity() < end {
                self.cells.reserve_exact(end.max(cols.min(end * 2)) - col);
            }
            self.cells.extend(text.iter().map(cell));
        } else {
            self.grow(end, cols);
            self.cut(col);
            self.cut(end);
            for (to, byte) in self.cells[col..end].iter_mut().zip(text) {
                *to = cell(byte);
            }
        }
        if end == cols {
            self.wrapped = false;
        }
    }

    /// Writes characters behind all others, as many as the row has room for: up to the first that takes no cell, or is too wide.
    /// Returns how many cells were written, and the text that is left. Where there are others behind `col`, nothing is done.
    pub(super) fn append<'a>(
        &mut self,
        col: usize,
        text: &'a str,
        style: Style,
        cols: usize,
        width: impl Fn(char) -> Option<usize>,
    ) -> (usize, &'a str) {
        if col != self.cells.len() {
            return (0, text);
        }
        self.cells.reserve_exact(cols - col);
        let mut rest = text.chars();
        let mut left = text;
        while let Some(c) = rest.next() {
            let room = cols - self.cells.len();
            match width(c) {
                Some(1) if room >= 1 => self.cells.push(Cell::new(c, style)),
                Some(2) if room >= 2 => self.cells.extend(halves(Cell::new(c, style))),
                _ => break,
            }
            left = rest.as_str();
        }
        if self.cells.len() == cols && cols > col {
            self.wrapped = false;
        }
        (self.cells.len() - col, left)
    }

    /// Writes one character of a width of 1 or 2. It must fit into the row.
    pub(super) fn write(&mut self, col: usize, cell: Cell, width: usize, cols: usize) {
        let end = col + width;
        if end == cols {
            self.wrapped = false;
        }
        if col == self.cells.len() {
            // Behind all others there is nothing to be cut.
            if self.cells.capacity() < end {
                self.cells.reserve_exact(end.max(cols.min(end * 2)) - col);
            }
            if width == 2 {
                let [left, right] = halves(cell);
                self.cells.extend([left, right]);
            } else {
                self.cells.push(cell);
            }
            return;
        }
        self.grow(end, cols);
        self.cut(col);
        self.cut(end);
        if width == 2 {
            self.cells[col..end].copy_from_slice(&halves(cell));
        } else {
            self.cells[col] = cell;
        }
    }

    /// Gives a cell another extra.
    pub(super) fn set_extra(&mut self, col: usize, extra: u16, cols: usize) {
        self.grow(col + 1, cols);
        self.cells[col].style.extra = extra;
    }

    /// Blanks the columns `from..to`.
    pub(super) fn erase(&mut self, from: usize, to: usize, blank: Cell, cols: usize) {
        self.cut(from);
        self.cut(to);
        if to >= cols {
            self.wrapped = false;
        }
        if blank == Cell::BLANK {
            if to >= self.cells.len() {
                self.cells.truncate(from);
            } else {
                self.cells[from..to].fill(blank);
            }
        } else {
            self.grow(to, cols);
            self.cells[from..to].fill(blank);
        }
    }

    /// Blanks those of the columns `from..to` that are not protected.
    pub(super) fn erase_selectively(&mut self, from: usize, to: usize, blank: Cell, cols: usize) {
        self.grow(to, cols);
        for col in from..to {
            let cell = self.cells[col];
            if !cell.has(Attrs::PROTECTED) {
                self.cut(col);
                self.cut(col + 1);
                self.cells[col] = blank;
                self.wrapped &= col + 1 < cols;
            }
        }
    }

    /// Writes cells over others, both cut at the edges.
    pub(super) fn overwrite(&mut self, col: usize, cells: &[Cell], cols: usize) {
        let end = col + cells.len();
        self.grow(end, cols);
        self.cells[col..end].copy_from_slice(cells);
    }

    /// As [`insert`](Self::insert), where the row ends at `right`.
    pub(super) fn insert_within(
        &mut self,
        (col, right): (usize, usize),
        count: usize,
        blank: Cell,
        cols: usize,
    ) {
        if right == cols {
            return self.insert(col, count, blank, cols);
        }
        let count = count.min(right - col);
        self.grow(right, cols);
        self.cut(col);
        self.cut(right - count);
        self.cut(right);
        self.cells[col..right].rotate_right(count);
        self.cells[col..col + count].fill(blank);
    }

    /// As [`delete`](Self::delete), where the row ends at `right`.
    pub(super) fn delete_within(
        &mut self,
        (col, right): (usize, usize),
        count: usize,
        blank: Cell,
        cols: usize,
    ) {
        if right == cols {
            return self.delete(col, count, blank, cols);
        }
        let count = count.min(right - col);
        self.grow(right, cols);
        self.cut(col);
        self.cut(col + count);
        self.cut(right);
        self.cells[col..right].rotate_left(count);
        self.cells[right - count..right].fill(blank);
    }

    /// Moves the cells from `col` on by `count` to the right; what leaves the row is gone.
    pub(super) fn insert(&mut self, col: usize, count: usize, blank: Cell, cols: usize) {
        let count = count.min(cols - col);
        self.wrapped = false;
        self.cut(col);
        if col < self.cells.len() {
            self.cut(cols - count);
            self.cells.truncate(cols - count);
        }
        if col >= self.cells.len() {
            self.erase(col, col + count, blank, cols);
            return;
        }
        self.cells.splice(col..col, std::iter::repeat_n(blank, count));
    }

    /// Removes `count` cells at `col`; blank ones come in at the right.
    pub(super) fn delete(&mut self, col: usize, count: usize, blank: Cell, cols: usize) {
        let count = count.min(cols - col);
        self.wrapped = false;
        self.cut(col);
        self.cut(col + count);
        if blank != Cell::BLANK {
            self.grow(cols, cols);
        }
        let end = (col + count).min(self.cells.len());
        if col < end {
            self.cells.drain(col..end);
        }
        if blank != Cell::BLANK {
            self.cells.resize(cols, blank);
        }
        // A blank left for a wide character that had no room does not belong inside a row.
        if let Some(cell) = self.cells.iter_mut().rev().find(|c| c.has(Attrs::LEAD)) {
            cell.style.attrs = cell.style.attrs.without(Attrs::LEAD);
        }
    }
}

/// The two cells of a wide character.
#[inline]
fn halves(cell: Cell) -> [Cell; 2] {
    let half = |c, bit| {
        let mut half = Cell { c, ..cell };
        half.style.attrs = cell.style.attrs.with(bit);
        half
    };
    [half(cell.c, Attrs::WIDE), half(' ', Attrs::SPACER)]
}

impl Row {
    /// Cuts it to another width of the screen. What was to the right is gone.
    pub(super) fn fit(&mut self, cols: usize) {
        self.cut(cols);
        self.cells.truncate(cols);
        self.wrapped = false;
    }
}
