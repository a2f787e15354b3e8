//! Writes the cells that differ.

use super::view::View;
use super::{Painter, scroll};
use crate::cell::{Attrs, Cell, Style};
use crate::engine::Screen;
use crate::style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Equal cells in a row that are cheaper written again than jumped over.
const MAX_REWRITE: usize = 4;

/// Blanks at the end of a row that are cheaper written than erased.
const MAX_BLANKS: usize = 3;

impl Painter {
    /// Writes the rows that have changed since a generation; all when it is not known.
    pub(super) fn paint_rows(&mut self, screen: &Screen, since: Option<u64>, out: &mut Vec<u8>) {
        let view = View::of(screen, self.size);
        let moved = since.is_none_or(|since| screen.grid().moved() > since) || view != self.view;
        let before = std::mem::replace(&mut self.scrolled, screen.main.scrolled());
        self.view = view;
        let (cols, rows) = (usize::from(self.size.cols), usize::from(self.size.rows));
        let mut wanted = Vec::with_capacity(if moved { rows * cols } else { cols });
        if moved {
            (0..rows).for_each(|row| view.add_row(screen, row, self.size, &mut wanted));
            if since.is_some() {
                let hint = self.scrolled.checked_sub(before).and_then(|n| usize::try_from(n).ok());
                if let Some(count) = scroll::detect(&self.shown, &wanted, cols, hint) {
                    self.scroll(screen, count, out);
                }
            }
            for (row, wanted) in wanted.chunks_exact(cols).enumerate() {
                self.paint_row(screen, row, wanted, out);
            }
            return;
        }
        for row in 0..rows.min(screen.lines - view.row) {
            if since.is_none_or(|since| screen.grid().row(view.row + row).changed > since) {
                wanted.clear();
                view.add_row(screen, row, self.size, &mut wanted);
                self.paint_row(screen, row, &wanted, out);
            }
        }
    }

    /// Scrolls the client's terminal.
    fn scroll(&mut self, screen: &Screen, count: usize, out: &mut Vec<u8>) {
        // Rows may come in with the background of the pen.
        self.set_pen(out, Style::DEFAULT, screen);
        style::number(out, format_args!("\x1b[{count}S"));
        let cols = usize::from(self.size.cols);
        self.shown.copy_within(count * cols.., 0);
        let kept = self.shown.len() - count * cols;
        self.shown[kept..].fill(Cell::BLANK);
        self.rows += 1;
    }

    /// Writes what differs in one row.
    fn paint_row(&mut self, screen: &Screen, row: usize, wanted: &[Cell], out: &mut Vec<u8>) {
        let cols = wanted.len();
        let shown = row * cols..(row + 1) * cols;
        let Some(first) = first_difference(&self.shown[shown.clone()], wanted) else { return };
        self.rows += 1;
        // The last column of each that shows something.
        let len = |cells: &[Cell]| {
            cells.iter().rposition(|c| *c != Cell::BLANK).map_or(0, |last| last + 1)
        };
        let old_len = len(&self.shown[shown.clone()]);
        let mut end = len(wanted);
        let erase = old_len > end + MAX_BLANKS;
        if !erase {
            end = end.max(old_len);
        }
        let mut col = first;
        if wanted[col].has(Attrs::SPACER) {
            col -= 1;
        }
        // How far a terminal that knows no clusters may have drawn over what follows one.
        let mut spoilt = 0;
        while col < end {
            // What follows may be right already.
            let old = &self.shown[shown.start + col..shown.start + end];
            let same = old.iter().zip(&wanted[col..end]).take_while(|(a, b)| a == b).count();
            if same == end - col && col >= spoilt {
                break;
            }
            if same > MAX_REWRITE && col >= spoilt {
                col += same;
                if wanted[col].has(Attrs::SPACER) {
                    col -= 1;
                }
            }
            let cell = wanted[col];
            self.move_to(out, (row, col));
            if !self.pen.suits(&cell) {
                self.set_pen(out, cell.style, screen);
            }
            let clusters = needs_clusters(&cell, screen);
            if let Some(on) = clusters {
                // The user's terminal may have the mode on or off by itself: it is left as it was.
                let set: &[u8] =
                    if on { b"\x1b[?2027s\x1b[?2027h" } else { b"\x1b[?2027s\x1b[?2027l" };
                out.extend_from_slice(set);
            }
            style::text(out, &cell, &screen.extras);
            if let Some(on) = clusters {
                out.extend_from_slice(b"\x1b[?2027r");
                if on {
                    spoilt = spoilt.max((col + width_apart(&cell, screen).max(2)).min(cols));
                    end = end.max(spoilt);
                }
            }
            let width = if cell.has(Attrs::WIDE) { 2 } else { 1 };
            col += width;
            self.at = (col < cols && steps_surely(&cell, screen)).then_some((row, col));
        }
        if erase {
            self.move_to(out, (row, end));
            self.set_pen(out, Style::DEFAULT, screen);
            out.extend_from_slice(b"\x1b[K");
        }
        self.shown[shown].copy_from_slice(wanted);
    }
}

fn first_difference(a: &[Cell], b: &[Cell]) -> Option<usize> {
    if a == b {
        return None;
    }
    a.iter().zip(b).position(|(a, b)| a != b)
}

/// Whether a cell must be written with mode 2027 on (it holds a cluster) or off (it would become one); nothing where it looks
/// the same either way.
fn needs_clusters(cell: &Cell, screen: &Screen) -> Option<bool> {
    if cell.style.extra == 0 || screen.extras.get(cell.style.extra).combining.is_empty() {
        return None;
    }
    let cells = if cell.has(Attrs::WIDE) { 2 } else { 1 };
    let own = cell.c.width().unwrap_or(0).max(1);
    if own != cells || width_apart(cell, screen) > own {
        return Some(true);
    }
    // On its way to the whole it may not become one either: what comes after it would be written over.
    let mut text = String::from(cell.c);
    let changes = screen.extras.get(cell.style.extra).combining.chars().any(|c| {
        text.push(c);
        text.width().clamp(1, 2) != cells
    });
    changes.then_some(false)
}

/// The cells that the characters of a cell take where each has its own.
fn width_apart(cell: &Cell, screen: &Screen) -> usize {
    let width = |c: char| c.width().unwrap_or(0);
    let combining = &screen.extras.get(cell.style.extra).combining;
    width(cell.c).max(1) + combining.chars().map(width).sum::<usize>()
}

/// Whether all terminals agree on how far the cursor moves. Where they may not (emoji, combined
/// characters, scripts that are drawn joined) the cursor is placed again after the cell, so that
/// one misjudged character doesn't shift the row.
fn steps_surely(cell: &Cell, screen: &Screen) -> bool {
    // Latin, Greek, Cyrillic, and the box drawing and blocks that frames are made of.
    const SURE: [std::ops::Range<char>; 3] =
        ['\0'..'\u{530}', '\u{2500}'..'\u{25a0}', '\u{2800}'..'\u{2900}'];
    let c = cell.c;
    c.is_ascii() && cell.style.extra == 0
        || SURE.iter().any(|range| range.contains(&c))
            && screen.extras.get(cell.style.extra).combining.is_empty()
}
