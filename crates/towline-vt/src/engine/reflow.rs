//! Changing the size of a screen.
//!
//! On the main screen lines are wrapped anew, with the history. What may then happen to line
//! numbers: the screen's first number never goes down, and the oldest kept line keeps its number
//! unless lines became fewer; then the kept lines' numbers move up by what was saved. A change of
//! rows alone never renumbers: a higher screen gets blank rows below and takes no lines back out of
//! the history. A lower one first gives up blank rows below the cursor, then lets rows go into the
//! history.

use super::{Grid, Row, Screen};
use crate::cell::{Attrs, Cell};
use crate::size::Size;
use std::collections::VecDeque;

/// A place in a grid: the row counted from the oldest kept one, and the column.
type Place = (usize, usize);

impl Screen {
    /// Takes another size.
    pub(crate) fn resize(&mut self, size: Size) {
        let size = size.clamped();
        let (cols, lines) = (usize::from(size.cols), usize::from(size.rows));
        if (cols, lines) == (self.cols, self.lines) {
            return;
        }
        let now = self.generation;
        self.joins = false;
        if let Some(alt) = &mut self.alt {
            // The main screen's cursor is what leaving the alternate screen restores.
            let saved = &mut self.saved[0];
            let at = (saved.row.min(self.lines - 1), saved.col + usize::from(saved.pending));
            (saved.row, saved.col) = resize_main(&mut self.main, cols, lines, at, now);
            saved.pending = saved.pending && saved.col == cols;
            self.saved[1].pending &= self.cols == cols;
            self.row = resize_plain(alt, cols, lines, self.row, now);
            self.pending = self.pending && self.cols == cols;
        } else {
            let past = usize::from(self.pending);
            let at = (self.row, self.col + past);
            (self.row, self.col) = resize_main(&mut self.main, cols, lines, at, now);
            self.pending = self.pending && self.col == cols;
            for saved in &mut self.saved {
                saved.pending &= self.cols == cols;
            }
        }
        if self.cols != cols {
            self.begun = 0;
        }
        self.col = self.col.min(cols - 1);
        self.tabs.fit(cols);
        (self.cols, self.lines) = (cols, lines);
        (self.top, self.bottom) = (0, lines);
        (self.left, self.right) = (0, cols);
        // A saved cursor stays on the screen, and doesn't come back when the screen grows again.
        for saved in &mut self.saved {
            saved.row = saved.row.min(lines - 1);
            saved.col = saved.col.min(cols - 1);
        }
    }
}

/// Cuts or pads a screen without a history; returns where the cursor's row has gone.
fn resize_plain(grid: &mut Grid, cols: usize, lines: usize, row: usize, now: u64) -> usize {
    let gone = (row + 1).saturating_sub(lines);
    grid.rows.drain(..gone);
    grid.rows.resize_with(lines, Row::default);
    for row in &mut grid.rows {
        if grid.cols != cols {
            row.fit(cols);
        }
        row.changed = now;
    }
    if let Some(last) = grid.rows.back_mut() {
        last.wrapped = false;
    }
    (grid.cols, grid.lines, grid.moved) = (cols, lines, now);
    row - gone
}

/// Wraps a grid anew; returns where the cursor has gone on the new screen. A column equal to the
/// width stands for a cursor that waits to wrap.
fn resize_main(grid: &mut Grid, cols: usize, lines: usize, cursor: Place, now: u64) -> Place {
    let history = grid.history();
    // The rows at hand: those of the screen, with the history where that is wrapped anew; and how many of the history are not among them.
    let mut rows = std::mem::take(&mut grid.rows);
    let (mut top, mut cursor, mut packed) = (0, cursor, history);
    if cols != grid.cols {
        let mut all: VecDeque<Row> =
            (0..history).filter_map(|index| grid.history.get(index)).collect();
        all.append(&mut rows);
        grid.history.clear();
        packed = 0;
        let mut marks = [(history, 0), (history + cursor.0, cursor.1)];
        rows = rewrap(all, grid.cols, cols, &mut marks, now);
        [(top, _), cursor] = marks;
    }
    while rows.len() > (top + lines).max(cursor.0 + 1) && rows.back().is_some_and(Row::is_blank) {
        rows.pop_back();
    }
    let excess = rows.len().saturating_sub(top + lines);
    top += excess.min(cursor.0 - top);
    rows.resize_with(top + lines, Row::default);
    if let Some(last) = rows.back_mut() {
        last.wrapped = false;
    }
    for row in rows.range_mut(top..) {
        row.changed = now;
    }
    let kept = (packed + top) as u64;
    grid.scrolled = grid.scrolled.max(grid.scrolled - history as u64 + kept);
    let place = (cursor.0 - top, cursor.1);
    let beyond = top.saturating_sub(grid.limit);
    for row in rows.drain(..top).skip(beyond) {
        grid.history.push(&row);
    }
    grid.history.keep(grid.limit);
    grid.rows = rows;
    (grid.cols, grid.lines, grid.moved) = (cols, lines, now);
    place
}

/// Wraps rows of the width `old` to the width `cols`, and moves the marked places along.
fn rewrap(
    rows: VecDeque<Row>,
    old: usize,
    cols: usize,
    marks: &mut [Place],
    now: u64,
) -> VecDeque<Row> {
    let mut out = VecDeque::with_capacity(rows.len());
    let mut line = Vec::new();
    // The marks in the line at hand: which one, and how far from the line's beginning.
    let mut held: Vec<(usize, usize)> = Vec::new();
    let mut resolved = marks.to_vec();
    let mut rows = rows.into_iter().enumerate().peekable();
    while let Some((index, row)) = rows.next() {
        held.extend(
            (0..marks.len()).filter(|&m| marks[m].0 == index).map(|m| (m, line.len() + marks[m].1)),
        );
        let goes_on = row.wrapped && rows.peek().is_some();
        if line.is_empty() && !goes_on && row.visible_len() <= cols {
            for (mark, offset) in held.drain(..) {
                resolved[mark] = (out.len(), offset.min(cols));
            }
            let mut row = row;
            row.fit(cols);
            out.push_back(row);
            continue;
        }
        line.extend_from_slice(row.cells());
        if goes_on {
            let missing = old.saturating_sub(row.cells().len());
            line.extend(std::iter::repeat_n(Cell::BLANK, missing));
            if line.last().is_some_and(|c| c.has(Attrs::LEAD)) {
                let wide = rows.peek().is_some_and(|(_, next)| next.get(0).has(Attrs::WIDE));
                if wide {
                    line.pop();
                }
            }
        } else {
            let first = out.len();
            let starts = split(&line, cols, &mut out, now);
            for (mark, offset) in held.drain(..) {
                let row = starts.partition_point(|&start| start <= offset).saturating_sub(1);
                let col = offset - starts.get(row).copied().unwrap_or(0);
                resolved[mark] = (first + row, col.min(cols));
            }
            line.clear();
        }
    }
    marks.copy_from_slice(&resolved);
    out
}

/// Splits a line into rows; returns where in the line each begins.
fn split(line: &[Cell], cols: usize, out: &mut VecDeque<Row>, now: u64) -> Vec<usize> {
    let text = line.iter().rposition(|c| c.c != ' ' || c.has(Attrs::SPACER)).map_or(0, |i| i + 1);
    let mut starts = vec![0];
    let mut row = Vec::new();
    for (at, cell) in line.iter().enumerate() {
        let mut cell = *cell;
        cell.style.attrs = cell.style.attrs.without(Attrs::LEAD);
        let width = if cell.has(Attrs::WIDE) { 2 } else { 1 };
        if cols == 1 && (width == 2 || cell.has(Attrs::SPACER)) {
            cell = Cell::new(' ', cell.style.erased());
        } else if row.len() + width > cols && width == 2 && row.len() < cols {
            let mut lead = Cell::BLANK;
            lead.style.attrs = lead.style.attrs.with(Attrs::LEAD);
            row.push(lead);
        }
        if row.len() == cols {
            // Spaces at the end make no rows of their own.
            if at >= text {
                break;
            }
            out.push_back(Row::from_cells(std::mem::take(&mut row), true, now));
            starts.push(at);
        }
        row.push(cell);
    }
    out.push_back(Row::from_cells(row, false, now));
    starts
}
