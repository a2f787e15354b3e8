//! Moving the cursor.

use super::mode::Flags;
use super::{Saved, Screen};

impl Screen {
    /// Moves down one row, scrolling at the bottom margin. Beside the side margins nothing scrolls.
    pub(super) fn line_feed(&mut self) {
        if self.row + 1 == self.bottom {
            if (self.left..self.right).contains(&self.col) {
                self.scroll_up(1);
            }
        } else if self.row + 1 < self.lines {
            self.row += 1;
        }
    }

    /// LF, with a carriage return where LNM asks for one.
    pub(super) fn newline(&mut self) {
        self.line_feed();
        self.pending = false;
        if self.modes.newline {
            self.carriage_return();
        }
    }

    pub(super) fn reverse_line_feed(&mut self) {
        self.pending = false;
        if self.row == self.top {
            if (self.left..self.right).contains(&self.col) {
                self.scroll_down(1);
            }
        } else {
            self.row = self.row.saturating_sub(1);
        }
    }

    /// CR: to the left margin, or to the first column from beyond it.
    pub(super) fn carriage_return(&mut self) {
        self.col = if self.col >= self.left || self.modes.origin { self.left } else { 0 };
        self.pending = false;
    }

    /// The column that writing and moving right stop before.
    pub(super) fn edge(&self) -> usize {
        if self.col < self.right { self.right } else { self.cols }
    }

    pub(super) fn tab(&mut self, count: usize) {
        let edge = self.edge();
        for _ in 0..count.min(self.cols) {
            self.col = self.tabs.next(self.col, edge);
        }
    }

    pub(super) fn back_tab(&mut self, count: usize) {
        self.pending = false;
        for _ in 0..count.min(self.cols) {
            self.col = self.tabs.previous(self.col);
        }
    }

    /// Goes to a place on the screen, from 0; with DECOM it counts from the margins.
    pub(super) fn go_to(&mut self, row: usize, col: usize) {
        let (rows, cols) = match self.modes.origin {
            true => ((self.top, self.bottom), (self.left, self.right)),
            false => ((0, self.lines), (0, self.cols)),
        };
        self.row = (rows.0 + row).min(rows.1 - 1);
        self.col = (cols.0 + col).min(cols.1 - 1);
        self.pending = false;
    }

    /// VPA.
    pub(super) fn go_to_row(&mut self, row: usize) {
        let (_, col) = self.place();
        self.go_to(row, col);
    }

    /// CHA.
    pub(super) fn go_to_col(&mut self, col: usize) {
        let (row, _) = self.place();
        self.go_to(row, col);
    }

    /// Where the cursor is, from 0, as a program counts: with DECOM from the margins.
    pub(super) fn place(&self) -> (usize, usize) {
        match self.modes.origin {
            true => (self.row.saturating_sub(self.top), self.col.saturating_sub(self.left)),
            false => (self.row, self.col),
        }
    }

    /// CUF: not beyond the right margin when starting before it.
    pub(super) fn forward(&mut self, count: usize) {
        self.col = (self.col + count).min(self.edge() - 1);
        self.pending = false;
    }

    /// HPR, VPR: further on, whatever the margins are; with DECOM within them.
    pub(super) fn go_on(&mut self, rows: usize, cols: usize) {
        let (row, col) = self.place();
        self.go_to(row + rows, col + cols);
    }

    /// CUB and BS: not beyond the left margin when starting after it, but into the row above where a mode of
    /// reverse wrapping says so.
    pub(super) fn back(&mut self, count: usize) {
        let Flags { reverse_wrap, reverse_wrap_always: always, .. } = self.flags;
        let mut first = if self.col >= self.left { self.left } else { 0 };
        if !self.modes.autowrap || !(reverse_wrap || always) {
            self.col = self.col.saturating_sub(count).max(first);
            self.pending = false;
            return;
        }
        // More than a screenful goes round and round.
        let mut left = count.min(2 * self.cols * self.lines);
        if std::mem::take(&mut self.pending) {
            // The cursor stands behind the last column, one step from it.
            left -= 1;
        }
        loop {
            let steps = left.min(self.col.saturating_sub(first));
            self.col -= steps;
            left -= steps;
            if left == 0 {
                return;
            }
            let above = match self.row {
                row if row == self.top || row == 0 => {
                    if !always {
                        return;
                    }
                    self.bottom - 1
                }
                row => row - 1,
            };
            if !always && !self.grid().row(above).wrapped {
                return;
            }
            self.row = above;
            self.col = self.right - 1;
            first = self.left;
            left -= 1;
        }
    }

    /// Up, not beyond the top margin when starting below it.
    pub(super) fn up(&mut self, count: usize) {
        let first = if self.row >= self.top { self.top } else { 0 };
        self.row = self.row.saturating_sub(count).max(first);
        self.pending = false;
    }

    /// Down, not beyond the bottom margin when starting above it.
    pub(super) fn down(&mut self, count: usize) {
        let last = if self.row < self.bottom { self.bottom - 1 } else { self.lines - 1 };
        self.row = (self.row + count).min(last);
        self.pending = false;
    }

    /// DECBI: left, or all to the right at the left margin.
    pub(super) fn back_index(&mut self) {
        self.pending = false;
        if self.col == self.left {
            self.edit_columns(1, true);
        } else {
            self.col = self.col.saturating_sub(1);
        }
    }

    /// DECFI: right, or all to the left at the right margin.
    pub(super) fn forward_index(&mut self) {
        self.pending = false;
        if self.col + 1 != self.right {
            self.col = (self.col + 1).min(self.cols - 1);
        } else if self.within_margins() {
            self.move_columns(self.left, 1, false);
        }
    }

    pub(super) fn save_cursor(&mut self) {
        let saved = Saved {
            row: self.row,
            col: self.col,
            pending: self.pending,
            origin: self.modes.origin,
            pen: self.pen.clone(),
            shift: self.shift,
        };
        let which = self.which();
        self.saved[which] = saved;
    }

    pub(super) fn restore_cursor(&mut self) {
        let saved = self.saved[self.which()].clone();
        self.row = saved.row.min(self.lines - 1);
        self.col = saved.col.min(self.cols - 1);
        if saved.origin {
            self.row = self.row.clamp(self.top, self.bottom - 1);
            self.col = self.col.clamp(self.left, self.right - 1);
        }
        // The margins may have moved since.
        self.pending = saved.pending && self.col + 1 == self.edge();
        self.modes.origin = saved.origin;
        self.pen = saved.pen;
        self.shift = saved.shift;
    }
}
