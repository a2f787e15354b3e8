//! Changing the screen that is shown, and putting back what a program has set.

use super::mode::Flags;
use super::{Grid, Pen, Saved, Screen};
use crate::cell::Cell;
use crate::modes::{CursorShape, Modes};

impl Screen {
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
        self.flags.side_margins = false;
        self.flags.reverse_wrap = false;
        self.flags.reverse_wrap_always = false;
        self.no_margins();
        self.pen = Pen::default();
        self.shift = None;
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
        self.main.history.set_last_wrapped(false);
        (self.row, self.col) = (0, 0);
    }

    /// What a program may have set, as at the start. Text, cursor position and title stay.
    pub(crate) fn reset_program_state(&mut self) {
        self.leave_alt();
        self.modes = Modes::default();
        self.modes.cursor_shape = CursorShape::Default;
        self.flags = Flags::default();
        self.kept_modes.clear();
        self.pen = Pen::default();
        self.shift = None;
        self.joins = false;
        self.saved = Default::default();
        self.no_margins();
        self.tabs = Default::default();
        self.keyboards = Default::default();
        self.titles.clear();
        self.status.clear();
        self.palette = Default::default();
        self.synchronized = false;
        self.last = None;
        self.notice = None;
        self.image = None;
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
