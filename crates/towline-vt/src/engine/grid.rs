//! The rows of a screen and the lines that have scrolled off it.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::Row;
use super::history::History;
use crate::cell::Cell;

/// A screen of rows with a history above it.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    /// The screen.
    pub(crate) rows: VecDeque<Row>,
    /// What has left it at its top.
    pub(crate) history: History,
    pub(crate) cols: usize,
    pub(crate) lines: usize,
    /// Lines the history may hold.
    pub(crate) limit: usize,
    /// Lines that have ever left the screen at its top.
    pub(crate) scrolled: u64,
    /// The generation in which rows moved last.
    pub(crate) moved: u64,
}

impl Grid {
    pub(super) fn new(cols: usize, lines: usize, limit: usize) -> Self {
        let rows = std::iter::repeat_with(Row::default).take(lines).collect();
        Grid { rows, history: History::default(), cols, lines, limit, scrolled: 0, moved: 0 }
    }

    /// Gives the first line another number than 0.
    pub(crate) fn start_at(&mut self, first: u64) {
        self.scrolled = first;
    }

    /// Lines in the history.
    pub(crate) fn history(&self) -> usize {
        self.history.len()
    }

    /// Lines that have ever left the screen at its top.
    pub(crate) fn scrolled(&self) -> u64 {
        self.scrolled
    }

    /// The generation in which rows moved last.
    pub(crate) fn moved(&self) -> u64 {
        self.moved
    }

    /// A row by its place from the oldest kept one.
    pub(crate) fn kept(&self, index: usize) -> Option<Cow<'_, Row>> {
        match index.checked_sub(self.history.len()) {
            Some(line) => self.rows.get(line).map(Cow::Borrowed),
            None => self.history.get(index).map(Cow::Owned),
        }
    }

    /// A row of the screen.
    pub(crate) fn row(&self, line: usize) -> &Row {
        &self.rows[line]
    }

    pub(super) fn row_mut(&mut self, line: usize) -> &mut Row {
        &mut self.rows[line]
    }

    /// Moves the rows `top..bottom` up by `count`; blank ones come in below. From the top of the
    /// screen they go into the history.
    pub(super) fn scroll_up(
        &mut self,
        top: usize,
        bottom: usize,
        count: usize,
        blank: Cell,
        now: u64,
    ) {
        let count = count.min(bottom - top);
        if count == 0 {
            return;
        }
        self.moved = now;
        if top > 0 {
            self.row_mut(top - 1).wrapped = false;
            for line in top..bottom - count {
                self.rows.swap(line, line + count);
            }
            for line in bottom - count..bottom {
                self.blank_row(line, blank, now);
            }
            self.break_above(bottom - count);
            return;
        }
        for _ in 0..count {
            let mut fresh = self.push_history();
            fresh.reset(blank, self.cols, now);
            if bottom == self.lines {
                self.rows.push_back(fresh);
            } else {
                self.rows.insert(bottom - 1, fresh);
            }
        }
        self.break_above(bottom - count);
    }

    /// Counts the screen's first row to the history; returns a row to use anew.
    fn push_history(&mut self) -> Row {
        self.scrolled += 1;
        let row = self.rows.pop_front().unwrap_or_default();
        if self.limit > 0 {
            self.history.push(&row);
            self.history.keep(self.limit);
        }
        row
    }

    /// The row above `line` no longer goes on in it.
    fn break_above(&mut self, line: usize) {
        match line.checked_sub(1) {
            Some(above) => self.rows[above].wrapped = false,
            None => self.history.set_last_wrapped(false),
        }
    }

    /// Moves the rows `top..bottom` down by `count`; blank ones come in above.
    pub(super) fn scroll_down(
        &mut self,
        top: usize,
        bottom: usize,
        count: usize,
        blank: Cell,
        now: u64,
    ) {
        let count = count.min(bottom - top);
        if count == 0 {
            return;
        }
        self.moved = now;
        for line in (top + count..bottom).rev() {
            self.rows.swap(line, line - count);
        }
        for line in top..top + count {
            self.blank_row(line, blank, now);
        }
        self.break_above(top);
        self.row_mut(bottom - 1).wrapped = false;
    }

    /// Moves what is in the columns `left..right` of the rows `top..bottom` up by `count`, or down;
    /// blanks come in. No row goes on in another afterwards: only a part of it would.
    pub(super) fn scroll_part(
        &mut self,
        (top, bottom): (usize, usize),
        (left, right): (usize, usize),
        (count, up): (usize, bool),
        blank: Cell,
        now: u64,
    ) {
        let count = count.min(bottom - top);
        if count == 0 {
            return;
        }
        self.moved = now;
        let cols = self.cols;
        self.break_above(top);
        for line in top..bottom {
            let row = self.row_mut(line);
            (row.wrapped, row.changed) = (false, now);
            row.cut(left);
            row.cut(right);
        }
        let stay = bottom - top - count;
        let pairs = (0..stay).map(|n| match up {
            true => (top + n, top + n + count),
            false => (bottom - 1 - n, bottom - 1 - n - count),
        });
        for (to, from) in pairs {
            let cells: Vec<Cell> = (left..right).map(|col| self.row(from).get(col)).collect();
            self.row_mut(to).overwrite(left, &cells, cols);
        }
        let fresh = if up { bottom - count..bottom } else { top..top + count };
        for line in fresh {
            self.row_mut(line).erase(left, right, blank, cols);
        }
    }

    pub(super) fn blank_row(&mut self, line: usize, blank: Cell, now: u64) {
        let cols = self.cols;
        self.row_mut(line).reset(blank, cols, now);
    }

    /// Takes less room for the history.
    pub(crate) fn compress(&mut self) {
        self.history.compress();
    }

    /// Forgets the history. Line numbers stay.
    pub(super) fn clear_history(&mut self) {
        self.history.clear();
    }

    /// Rows of the screen up to and with the last that shows something.
    pub(crate) fn used_lines(&self) -> usize {
        (0..self.lines).rev().find(|&line| !self.row(line).is_blank()).map_or(0, |line| line + 1)
    }
}
