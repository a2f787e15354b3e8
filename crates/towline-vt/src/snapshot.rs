//! A terminal as the bytes that make it.

#[cfg(test)]
mod tests;

use crate::cell::{Attrs, Cell, Color, Style};
use crate::engine::{Charset, Grid, Pen, Row, Saved, Screen};
use crate::extras::Extras;
use crate::modes::Modes;
use crate::style::{self, number};

/// The bytes that make a blank terminal of the same size equal to this one.
pub(crate) fn take(screen: &Screen) -> Vec<u8> {
    let mut out = Writer { out: Vec::new(), extras: &screen.extras };
    for title in &screen.titles {
        out.title(title);
        out.bytes(b"\x1b[22;2t");
    }
    out.title(&screen.title);
    if !screen.status.is_empty() {
        out.bytes(b"\x1b]7501;");
        out.bytes(screen.status.as_bytes());
        out.bytes(b"\x1b\\");
    }
    screen.palette.sequences().for_each(|s| out.bytes(s.as_bytes()));
    if let Some(stops) = screen.tabs.custom(screen.cols) {
        out.bytes(b"\x1b[3g");
        for stop in stops {
            number(&mut out.out, format_args!("\x1b[{}G\x1bH", stop + 1));
        }
        out.bytes(b"\r");
    }
    let main = &screen.main;
    out.rows(main, main.history() + screen.lines);
    out.keyboard(screen, 0);
    out.save(&screen.saved[0]);
    if let Some(alt) = &screen.alt {
        out.bytes(b"\x1b[?6l\x1b[m\x1b]8;;\x1b\\\x1b[?1047h\x1b[H");
        out.rows(alt, screen.lines);
        out.keyboard(screen, 1);
        out.save(&screen.saved[1]);
    } else if screen.saved[1] != Saved::default() {
        // What was saved on the alternate screen outlives it.
        out.bytes(b"\x1b[?1047h");
        out.save(&screen.saved[1]);
        out.bytes(b"\x1b[?1047l");
    }
    if let Some((id, title, body)) = &screen.notice {
        out.notice(id, "title", title);
        out.notice(id, "body", body);
    }
    out.rest(screen);
    out.out
}

/// Characters of an unfinished notification in one sequence: few enough that with the longest id
/// it fits into what the parser keeps of a string.
const NOTICE_PIECE: usize = 256;

/// A character two cells wide.
const WIDE: &str = "\u{3000}";

struct Writer<'a> {
    out: Vec<u8>,
    extras: &'a Extras,
}

impl Writer<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn title(&mut self, title: &str) {
        self.bytes(b"\x1b]2;");
        self.bytes(title.as_bytes());
        self.bytes(b"\x1b\\");
    }

    /// A part of an unfinished OSC 99.
    fn notice(&mut self, id: &str, part: &str, text: &str) {
        let mut rest = text;
        loop {
            // In pieces: a whole one may be longer than a sequence may be.
            let cut = rest.char_indices().nth(NOTICE_PIECE).map_or(rest.len(), |(at, _)| at);
            let (piece, after) = rest.split_at(cut);
            number(&mut self.out, format_args!("\x1b]99;i={id}:d=0:p={part};{piece}\x1b\\"));
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
    }

    /// The first `count` rows of a grid, from wherever the cursor is at the beginning of a row.
    fn rows(&mut self, grid: &Grid, count: usize) {
        let cols = grid.cols();
        let mut pen = Style::DEFAULT;
        let mut wrapped = false;
        for index in 0..count {
            let Some(row) = grid.kept(index) else { break };
            if index > 0 && !wrapped {
                // Rows that come in by scrolling take the background of the pen.
                style::change(&mut self.out, Some(pen), Style::DEFAULT, self.extras);
                pen = Style::DEFAULT;
                self.bytes(b"\r\n");
            }
            // A row that goes on must be written to its last column, and one that is gone on to
            // must begin with something: writing that is what wraps.
            let goes_on = row.wrapped && index + 1 < count;
            let least = if goes_on { cols } else { usize::from(wrapped) };
            let next = goes_on.then(|| grid.kept(index + 1)).flatten();
            let len = self.row(row, least, &mut pen, next);
            if wrapped && len < cols && row.get(0).style.bg != Color::DEFAULT {
                // Wrapping at the bottom has filled the row with the background of the pen.
                style::change(&mut self.out, Some(pen), Style::DEFAULT, self.extras);
                pen = Style::DEFAULT;
                self.bytes(b"\x1b[K");
            }
            wrapped = goes_on;
        }
        style::change(&mut self.out, Some(pen), Style::DEFAULT, self.extras);
    }

    /// One row, `least` columns of it or all that is not blank; returns how many. Blanks that look
    /// like any other are kept with their style: a combining character makes it seen. `next` is
    /// the row in which this one goes on.
    fn row(&mut self, row: &Row, least: usize, pen: &mut Style, next: Option<&Row>) -> usize {
        let len = row.used_len().max(least);
        for col in 0..len {
            let cell = row.get(col);
            match next.filter(|_| cell.has(Attrs::LEAD) && col + 1 == len) {
                // Left by the wide character when it is written.
                Some(next) if next.get(0).has(Attrs::WIDE) => {}
                Some(_) => self.lead(pen),
                None if cell.has(Attrs::SPACER) => {}
                None => self.cell(&cell, pen),
            }
        }
        len
    }

    /// The blank that a wide character left in the last column, which has been written over since:
    /// leaves the cursor at the beginning of the next row.
    fn lead(&mut self, pen: &mut Style) {
        style::change(&mut self.out, Some(*pen), Style::DEFAULT, self.extras);
        *pen = Style::DEFAULT;
        self.bytes(WIDE.as_bytes());
        self.bytes(b"\r\x1b[2X");
    }

    fn cell(&mut self, cell: &Cell, pen: &mut Style) {
        style::change(&mut self.out, Some(*pen), cell.style, self.extras);
        *pen = cell.style;
        style::text(&mut self.out, cell, self.extras);
    }

    fn keyboard(&mut self, screen: &Screen, which: usize) {
        for (at, flags) in screen.keyboards[which].stack().enumerate() {
            let marker = if at == 0 { '=' } else { '>' };
            if at > 0 || flags != 0 {
                number(&mut self.out, format_args!("\x1b[{marker}{flags}u"));
            }
        }
    }

    fn pen(&mut self, pen: &Pen) {
        style::change(&mut self.out, None, pen.style, self.extras);
        for (slot, charset) in pen.charsets.iter().enumerate() {
            let name = if *charset == Charset::Drawing { b'0' } else { b'B' };
            self.bytes(&[0x1b, b"()*+"[slot], name]);
        }
        self.bytes([b"\x0f".as_slice(), b"\x0e", b"\x1bn", b"\x1bo"][pen.active]);
    }

    /// What DECSC saved.
    fn save(&mut self, saved: &Saved) {
        // With no margins yet, rows count from the top either way.
        self.bytes(if saved.origin { b"\x1b[?6h" } else { b"\x1b[?6l" });
        number(&mut self.out, format_args!("\x1b[{};{}H", saved.row + 1, saved.col + 1));
        self.pen(&saved.pen);
        self.bytes(b"\x1b7");
        // What follows is written without line drawing.
        self.pen(&Pen::default());
    }

    /// Margins, cursor, modes, pen.
    fn rest(&mut self, screen: &Screen) {
        let modes = &screen.modes;
        number(&mut self.out, format_args!("\x1b[?6l\x1b[{};{}r", screen.top + 1, screen.bottom));
        self.cursor(screen, 0);
        if modes.origin {
            // Setting it moves the cursor, so the cursor is placed again.
            self.bytes(b"\x1b[?6h");
            self.cursor(screen, screen.top);
        }
        self.modes(modes);
        if screen.synchronized {
            self.bytes(b"\x1b[?2026h");
        }
        self.pen(&screen.pen);
    }

    /// Places the cursor, with rows counted from `first`.
    fn cursor(&mut self, screen: &Screen, first: usize) {
        let row = screen.row + 1 - first;
        let place =
            |out: &mut Vec<u8>, col: usize| number(out, format_args!("\x1b[{row};{}H", col + 1));
        if !screen.pending {
            place(&mut self.out, screen.col);
            return;
        }
        // Writing the last cell again is what makes the cursor wait.
        let cells = screen.grid().row(screen.row);
        let mut col = screen.col;
        if cells.get(col).has(Attrs::SPACER) {
            col -= 1;
        }
        place(&mut self.out, col);
        let mut pen = Style::DEFAULT;
        self.cell(&cells.get(col), &mut pen);
        style::change(&mut self.out, Some(pen), Style::DEFAULT, self.extras);
    }

    fn modes(&mut self, modes: &Modes) {
        let default = Modes::default();
        let private = [
            (1, modes.app_cursor, default.app_cursor),
            (7, modes.autowrap, default.autowrap),
            (25, modes.cursor_visible, default.cursor_visible),
            (1004, modes.focus_events, default.focus_events),
            (1007, modes.alternate_scroll, default.alternate_scroll),
            (2004, modes.bracketed_paste, default.bracketed_paste),
        ];
        for (mode, on, usual) in private {
            if on != usual {
                number(&mut self.out, format_args!("\x1b[?{mode}{}", if on { 'h' } else { 'l' }));
            }
        }
        for mode in [modes.mouse.number(), modes.mouse_encoding.number()].into_iter().flatten() {
            number(&mut self.out, format_args!("\x1b[?{mode}h"));
        }
        for (mode, on) in [(4, modes.insert), (20, modes.newline)] {
            if on {
                number(&mut self.out, format_args!("\x1b[{mode}h"));
            }
        }
        if modes.app_keypad {
            self.bytes(b"\x1b=");
        }
        if modes.modify_other_keys != 0 {
            number(&mut self.out, format_args!("\x1b[>4;{}m", modes.modify_other_keys));
        }
        if modes.cursor_style() != 0 {
            number(&mut self.out, format_args!("\x1b[{} q", modes.cursor_style()));
        }
    }
}
