//! Clusters: characters that are drawn as one, and take the cells of one (mode 2027).
//!
//! Flags of two letters, emoji of several joined ones, skin tones, and emoji or text by a selector. Where the
//! mode is off each character has its own cells, as terminals have always counted. So it has after a sequence that may
//! have moved the cursor: whoever places each character by itself, as painters do, knows where it will be.

use super::Screen;
use crate::cell::{Attrs, Cell, Style};
use crate::extras::MAX_COMBINING;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

impl Screen {
    /// Joins a character with the one before the cursor, where they make a cluster; tells whether it did.
    pub(super) fn join(&mut self, c: char) -> bool {
        if !self.joins {
            return false;
        }
        let Some(col) = self.column_before() else { return false };
        let cell = self.grid().row(self.row).get(col);
        let extra = self.extras.get(cell.style.extra);
        if extra.combining.is_empty() && stands_alone(cell.c) && stands_alone(c) {
            return false;
        }
        let mut extra = extra.clone();
        let mut cluster = String::from(cell.c);
        cluster.push_str(&extra.combining);
        cluster.push(c);
        if cluster.graphemes(true).nth(1).is_some() {
            return false;
        }
        if extra.combining.chars().count() >= MAX_COMBINING {
            return true;
        }
        let (was_wide, wide) = (cell.has(Attrs::WIDE), cluster.width() > 1);
        let no_room = self.pending && (!self.modes.autowrap || self.right - self.left < 2);
        if wide && !was_wide && no_room {
            // Nowhere to go: it is lost.
            return true;
        }
        extra.combining.push(c);
        let number = self.extras.number(extra);
        if number == 0 {
            return true;
        }
        let cols = self.cols;
        self.cursor_row().set_extra(col, number, cols);
        match (was_wide, wide) {
            (false, true) => self.widen(col),
            (true, false) => self.narrow(col),
            _ => {}
        }
        true
    }

    /// The character at a column, after which the cursor is, has come to take two cells.
    fn widen(&mut self, col: usize) {
        let cols = self.cols;
        let cell = self.grid().row(self.row).get(col);
        if !self.pending {
            let edge = self.edge();
            self.cursor_row().write(col, cell, 2, cols);
            self.advance_to(self.col + 1, edge);
            return;
        }
        // No room: it moves to the next row, as it would have if it had come at once.
        let mut lead = Cell::BLANK;
        if self.edge() == cols {
            lead.style.attrs = lead.style.attrs.with(Attrs::LEAD);
        }
        self.cursor_row().write(col, lead, 1, cols);
        self.wrap();
        let col = self.col;
        self.cursor_row().write(col, cell, 2, cols);
        self.advance_to(col + 2, self.right);
    }

    /// The character at a column, after which the cursor is, has come to take one cell.
    fn narrow(&mut self, col: usize) {
        let cols = self.cols;
        let mut cell = self.grid().row(self.row).get(col);
        cell.style.attrs = cell.style.attrs.without(Attrs::WIDE);
        let blank = Cell::new(' ', Style::erased(cell.style));
        let row = self.cursor_row();
        row.write(col, cell, 1, cols);
        row.write(col + 1, blank, 1, cols);
        self.col = col + 1;
        self.pending = false;
    }
}

/// Whether two such characters never make a cluster: most of what is written, found without the tables. Latin; arrows, frames
/// and symbols; kana; Chinese characters; Korean syllables.
fn stands_alone(c: char) -> bool {
    matches!(c,
        '\0'..='\u{2ff}'
        | '\u{2190}'..='\u{2bff}'
        | '\u{3041}'..='\u{3096}'
        | '\u{30a1}'..='\u{30fe}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_alone_makes_no_clusters() {
        let all = ('\0'..='\u{ffff}').filter(|&c| stands_alone(c) && !c.is_control());
        for c in all {
            for other in ['a', '\u{a9}', '─', '漢', '각', '가', 'か', '☺'] {
                let pairs = [format!("{other}{c}"), format!("{c}{other}")];
                assert!(pairs.iter().all(|pair| pair.graphemes(true).count() == 2), "{pairs:?}");
            }
        }
    }
}
