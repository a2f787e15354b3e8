//! Margins, and moving what is within them: scrolling, inserting, deleting.

use super::Screen;

impl Screen {
    /// DECSTBM.
    pub(super) fn set_margins(&mut self, top: usize, bottom: usize) {
        let bottom = if bottom == 0 { self.lines } else { bottom.min(self.lines) };
        let top = top.saturating_sub(1);
        if top + 1 < bottom || (top == 0 && bottom == self.lines) {
            (self.top, self.bottom) = (top, bottom);
            self.go_to(0, 0);
        }
    }

    /// DECSLRM.
    pub(super) fn set_side_margins(&mut self, left: usize, right: usize) {
        let right = if right == 0 { self.cols } else { right.min(self.cols) };
        let left = left.saturating_sub(1);
        if left + 1 < right || (left == 0 && right == self.cols) {
            (self.left, self.right) = (left, right);
            self.go_to(0, 0);
        }
    }

    pub(super) fn no_margins(&mut self) {
        (self.top, self.bottom) = (0, self.lines);
        (self.left, self.right) = (0, self.cols);
    }

    pub(super) fn scroll_up(&mut self, count: usize) {
        self.scroll(self.top, count, true);
    }

    pub(super) fn scroll_down(&mut self, count: usize) {
        self.scroll(self.top, count, false);
    }

    /// Scrolls what is within the margins from a row on.
    fn scroll(&mut self, top: usize, count: usize, up: bool) {
        let (bottom, blank, now) = (self.bottom, self.blank(), self.generation);
        let columns = (self.left, self.right);
        let all = columns == (0, self.cols);
        let grid = self.grid_mut();
        match (all, up) {
            (true, true) => grid.scroll_up(top, bottom, count, blank, now),
            (true, false) => grid.scroll_down(top, bottom, count, blank, now),
            _ => grid.scroll_part((top, bottom), columns, (count, up), blank, now),
        }
    }

    /// Whether the cursor is within all four margins.
    pub(super) fn within_margins(&self) -> bool {
        (self.top..self.bottom).contains(&self.row) && (self.left..self.right).contains(&self.col)
    }

    /// IL, DL.
    pub(super) fn move_lines(&mut self, count: usize, up: bool) {
        if self.within_margins() {
            self.scroll(self.row, count, up);
            self.carriage_return();
        }
    }

    /// ICH.
    pub(super) fn insert_chars(&mut self, count: usize) {
        self.pending = false;
        if (self.left..self.right).contains(&self.col) {
            let (col, right, cols, blank) = (self.col, self.right, self.cols, self.blank());
            self.cursor_row().insert_within((col, right), count, blank, cols);
        }
    }

    /// DCH.
    pub(super) fn delete_chars(&mut self, count: usize) {
        self.pending = false;
        if (self.left..self.right).contains(&self.col) {
            let (col, right, cols, blank) = (self.col, self.right, self.cols, self.blank());
            self.cursor_row().delete_within((col, right), count, blank, cols);
        }
    }

    /// Inserts or deletes columns at `col` within the margins.
    pub(super) fn move_columns(&mut self, col: usize, count: usize, insert: bool) {
        let (cols, blank, now) = (self.cols, self.blank(), self.generation);
        let part = (col, self.right);
        for line in self.top..self.bottom {
            let row = self.grid_mut().row_mut(line);
            match insert {
                true => row.insert_within(part, count, blank, cols),
                false => row.delete_within(part, count, blank, cols),
            }
            (row.wrapped, row.changed) = (false, now);
        }
    }

    /// DECIC, DECDC.
    pub(super) fn edit_columns(&mut self, count: usize, insert: bool) {
        if self.within_margins() {
            self.pending = false;
            self.move_columns(self.col, count, insert);
        }
    }

    /// SL, SR.
    pub(super) fn scroll_sideways(&mut self, count: usize, right: bool) {
        self.pending = false;
        self.move_columns(self.left, count, right);
    }
}
