//! Erasing.

use super::Screen;
use crate::cell::Cell;

impl Screen {
    /// Blanks columns of the cursor's row.
    pub(super) fn erase_in_row(&mut self, from: usize, to: usize) {
        let (cols, blank) = (self.cols, self.blank());
        self.pending = false;
        self.cursor_row().erase(from, to.min(cols), blank, cols);
    }

    /// EL.
    pub(super) fn erase_line(&mut self, what: u16) {
        match what {
            0 => self.erase_in_row(self.col, self.cols),
            1 => self.erase_in_row(0, self.col + 1),
            2 => self.erase_in_row(0, self.cols),
            _ => {}
        }
    }

    /// DECSED, DECSEL: what is protected stays.
    pub(super) fn erase_selectively(&mut self, what: u16, whole_screen: bool) {
        let (row, col, cols) = (self.row, self.col, self.cols);
        let (columns, rows) = match what {
            0 => (col..cols, row + 1..self.lines),
            1 => (0..col + 1, 0..row),
            2 => (0..cols, 0..self.lines),
            _ => return,
        };
        self.pending = false;
        let (blank, now) = (self.blank(), self.generation);
        let mut erase = |line: usize, from: usize, to: usize| {
            let row = self.grid_mut().row_mut(line);
            row.changed = now;
            row.erase_selectively(from, to, blank, cols);
        };
        erase(row, columns.start, columns.end);
        if whole_screen {
            rows.for_each(|line| erase(line, 0, cols));
        }
    }

    /// ED. Clearing the screen leaves nothing in the history: programs that repaint by clearing
    /// would fill it with their frames.
    pub(super) fn erase_screen(&mut self, what: u16) {
        self.note_place();
        if what >= 2 {
            self.begun = 0;
        }
        match what {
            0 => {
                self.erase_in_row(self.col, self.cols);
                self.blank_rows(self.row + 1, self.lines);
            }
            1 => {
                self.blank_rows(0, self.row);
                self.erase_in_row(0, self.col + 1);
            }
            2 => {
                self.blank_rows(0, self.lines);
                self.pending = false;
            }
            3 if self.alt.is_none() => self.main.clear_history(),
            _ => {}
        }
    }

    pub(super) fn blank_rows(&mut self, from: usize, to: usize) {
        let (blank, now) = (self.blank(), self.generation);
        for line in from..to {
            self.grid_mut().blank_row(line, blank, now);
        }
    }

    /// DECALN: fills the screen with E.
    pub(super) fn align(&mut self) {
        self.no_margins();
        self.modes.origin = false;
        let (cols, now) = (self.cols, self.generation);
        for line in 0..self.lines {
            self.grid_mut().blank_row(line, Cell::new('E', Default::default()), now);
            debug_assert_eq!(self.grid().row(line).cells().len(), cols);
        }
        self.go_to(0, 0);
    }
}
