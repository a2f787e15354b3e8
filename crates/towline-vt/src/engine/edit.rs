//! Moving the cursor, erasing, inserting, deleting, scrolling.

use super::{Grid, Pen, Saved, Screen};
use crate::cell::Cell;
use crate::modes::{CursorShape, Modes};

impl Screen {
    /// Moves down one row, scrolling at the bottom margin.
    pub(super) fn line_feed(&mut self) {
        if self.row + 1 == self.bottom {
            self.scroll_up(1);
        } else if self.row + 1 < self.lines {
            self.row += 1;
        }
    }

    /// LF, with a carriage return where LNM asks for one.
    pub(super) fn newline(&mut self) {
        self.line_feed();
        self.pending = false;
        if self.modes.newline {
            self.col = 0;
        }
    }

    pub(super) fn reverse_line_feed(&mut self) {
        self.pending = false;
        if self.row == self.top {
            self.scroll_down(1);
        } else {
            self.row = self.row.saturating_sub(1);
        }
    }

    pub(super) fn carriage_return(&mut self) {
        self.col = 0;
        self.pending = false;
    }

    pub(super) fn backspace(&mut self) {
        self.col = self.col.saturating_sub(1);
        self.pending = false;
    }

    pub(super) fn tab(&mut self, count: usize) {
        for _ in 0..count.min(self.cols) {
            self.col = self.tabs.next(self.col, self.cols);
        }
    }

    pub(super) fn back_tab(&mut self, count: usize) {
        self.pending = false;
        for _ in 0..count.min(self.cols) {
            self.col = self.tabs.previous(self.col);
        }
    }

    /// Goes to a place on the screen, from 0; with DECOM rows count from the top margin.
    pub(super) fn go_to(&mut self, row: usize, col: usize) {
        let (first, last) =
            if self.modes.origin { (self.top, self.bottom - 1) } else { (0, self.lines - 1) };
        self.row = (first + row).min(last);
        self.col = col.min(self.cols - 1);
        self.pending = false;
    }

    pub(super) fn go_to_row(&mut self, row: usize) {
        self.go_to(row, self.col);
    }

    pub(super) fn go_to_col(&mut self, col: usize) {
        self.col = col.min(self.cols - 1);
        self.pending = false;
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

    pub(super) fn set_margins(&mut self, top: usize, bottom: usize) {
        let bottom = if bottom == 0 { self.lines } else { bottom.min(self.lines) };
        let top = top.saturating_sub(1);
        if top + 1 < bottom || (top == 0 && bottom == self.lines) {
            (self.top, self.bottom) = (top, bottom);
            self.go_to(0, 0);
        }
    }

    pub(super) fn scroll_up(&mut self, count: usize) {
        let (top, bottom) = (self.top, self.bottom);
        self.scroll_rows_up(top, bottom, count);
    }

    fn scroll_rows_up(&mut self, top: usize, bottom: usize, count: usize) {
        let (blank, now) = (self.blank(), self.generation);
        self.grid_mut().scroll_up(top, bottom, count, blank, now);
    }

    pub(super) fn scroll_down(&mut self, count: usize) {
        let (top, bottom) = (self.top, self.bottom);
        let (blank, now) = (self.blank(), self.generation);
        self.grid_mut().scroll_down(top, bottom, count, blank, now);
    }

    pub(super) fn insert_lines(&mut self, count: usize) {
        if (self.top..self.bottom).contains(&self.row) {
            let (row, bottom) = (self.row, self.bottom);
            let (blank, now) = (self.blank(), self.generation);
            self.grid_mut().scroll_down(row, bottom, count, blank, now);
            self.carriage_return();
        }
    }

    pub(super) fn delete_lines(&mut self, count: usize) {
        if (self.top..self.bottom).contains(&self.row) {
            let (row, bottom) = (self.row, self.bottom);
            self.scroll_rows_up(row, bottom, count);
            self.carriage_return();
        }
    }

    pub(super) fn insert_chars(&mut self, count: usize) {
        let (col, cols, blank) = (self.col, self.cols, self.blank());
        self.pending = false;
        self.cursor_row().insert(col, count, blank, cols);
    }

    pub(super) fn delete_chars(&mut self, count: usize) {
        let (col, cols, blank) = (self.col, self.cols, self.blank());
        self.pending = false;
        self.cursor_row().delete(col, count, blank, cols);
    }

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

    fn blank_rows(&mut self, from: usize, to: usize) {
        let (blank, now) = (self.blank(), self.generation);
        for line in from..to {
            self.grid_mut().blank_row(line, blank, now);
        }
    }

    /// DECALN: fills the screen with E.
    pub(super) fn align(&mut self) {
        (self.top, self.bottom) = (0, self.lines);
        self.modes.origin = false;
        let (cols, now) = (self.cols, self.generation);
        for line in 0..self.lines {
            self.grid_mut().blank_row(line, Cell::new('E', Default::default()), now);
            debug_assert_eq!(self.grid().row(line).cells().len(), cols);
        }
        self.go_to(0, 0);
    }

    pub(super) fn save_cursor(&mut self) {
        let saved = Saved {
            row: self.row,
            col: self.col,
            origin: self.modes.origin,
            pen: self.pen.clone(),
        };
        let which = self.which();
        self.saved[which] = saved;
    }

    pub(super) fn restore_cursor(&mut self) {
        let saved = self.saved[self.which()].clone();
        self.row = saved.row.min(self.lines - 1);
        if saved.origin {
            self.row = self.row.clamp(self.top, self.bottom - 1);
        }
        self.col = saved.col.min(self.cols - 1);
        self.pending = false;
        self.modes.origin = saved.origin;
        self.pen = saved.pen;
    }

    /// Shows the alternate screen, blank. What it showed before is not kept: no program relies on
    /// it, and most of the time most panes have no alternate screen.
    pub(super) fn enter_alt(&mut self) {
        if self.alt.is_none() {
            let mut grid = Grid::new(self.cols, self.lines, 0);
            let blank = self.blank();
            grid.moved = self.generation;
            if blank != Cell::BLANK {
                for line in 0..self.lines {
                    grid.blank_row(line, blank, self.generation);
                }
            }
            self.alt = Some(grid);
            self.pending = false;
        }
    }

    /// Shows the main screen.
    pub(super) fn leave_alt(&mut self) {
        if self.alt.take().is_some() {
            self.main.moved = self.generation;
            self.keyboards[1] = Default::default();
            self.pending = false;
        }
    }

    /// DECSTR: modes, margins, pen and saved cursor as at the start.
    pub(super) fn soft_reset(&mut self) {
        self.modes.cursor_visible = true;
        self.modes.autowrap = true;
        self.modes.origin = false;
        self.modes.insert = false;
        self.modes.app_cursor = false;
        self.modes.app_keypad = false;
        (self.top, self.bottom) = (0, self.lines);
        self.pen = Pen::default();
        self.pending = false;
        let which = self.which();
        self.saved[which] = Saved::default();
    }

    /// RIS: all but the history as at the start.
    pub(super) fn hard_reset(&mut self) {
        self.reset_program_state();
        self.title.clear();
        self.pen = Pen::default();
        self.blank_rows(0, self.lines);
        if self.main.history() > 0 {
            let last = self.main.history() - 1;
            self.main.rows[last].wrapped = false;
        }
        (self.row, self.col) = (0, 0);
    }

    /// What a program may have set, as at the start. Text, cursor position and title stay.
    pub(crate) fn reset_program_state(&mut self) {
        self.leave_alt();
        self.modes = Modes::default();
        self.modes.cursor_shape = CursorShape::Default;
        self.pen = Pen::default();
        self.saved = Default::default();
        (self.top, self.bottom) = (0, self.lines);
        self.tabs = Default::default();
        self.keyboards = Default::default();
        self.titles.clear();
        self.status.clear();
        self.palette = Default::default();
        self.synchronized = false;
        self.last = None;
        self.notice = None;
        self.pending = false;
    }

    /// Makes room for another program: its first line is blank and below all text.
    pub(crate) fn restart(&mut self) {
        if self.alt.is_some() {
            self.leave_alt();
            self.restore_cursor();
        }
        self.reset_program_state();
        self.col = 0;
        self.row = self.row.max(self.main.used_lines());
        if self.row == self.lines {
            self.row -= 1;
            self.scroll_up(1);
        }
        if let Some(above) = self.row.checked_sub(1) {
            self.main.row_mut(above).wrapped = false;
        }
        // The last program's title is no word of the next one's.
        self.title.clear();
        self.begun = self.main.scrolled() + self.row as u64;
    }

    /// Puts all text into the history; all else is as at the start.
    pub(crate) fn break_off(&mut self) {
        // On the alternate screen the cursor says nothing about the main one.
        let above = if self.alt.is_some() { 0 } else { self.row };
        self.leave_alt();
        let used = self.main.used_lines().max(above).min(self.lines);
        self.main.scroll_up(0, self.lines, used, Cell::BLANK, self.generation);
        self.hard_reset();
        self.main.moved = self.generation;
    }
}
