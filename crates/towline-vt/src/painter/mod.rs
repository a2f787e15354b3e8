//! Keeps the terminal of an attached client equal to a model.
//!
//! The painter remembers what the client's terminal shows, compares it with the model and writes
//! what differs. It assumes that nobody else writes there; who does calls
//! [`Painter::invalidate`].

mod diff;
mod modes;
mod scroll;
#[cfg(test)]
mod tests;
mod view;

use crate::cell::{Cell, Style};
use crate::engine::Screen;
use crate::size::Size;
use crate::style::{self, number};
use crate::terminal::Terminal;
use modes::Mirrored;
use view::View;

/// Keeps one client's terminal equal to a model.
///
/// The client's terminal shows its alternate screen; the client enters and leaves that.
#[derive(Debug)]
pub struct Painter {
    size: Size,
    /// What the client's terminal shows, row by row, in canonical cells.
    shown: Vec<Cell>,
    /// Where the client's cursor is; unknown after a write to the last column.
    at: Option<(usize, usize)>,
    /// The style the client's terminal writes with.
    pen: Style,
    modes: Mirrored,
    title: String,
    view: View,
    /// Lines that had scrolled off the model's main screen at the last paint.
    scrolled: u64,
    /// The model's generation and the epoch of its extras at the last paint; nothing before the
    /// first one.
    painted: Option<(u64, u64)>,
    /// Rows written in this paint.
    rows: usize,
}

/// Rows that may be written before a frame is worth the bytes that hold it together.
const FRAME_ROWS: usize = 1;

const BEGIN_FRAME: &[u8] = b"\x1b[?2026h\x1b[?25l";
const END_FRAME: &[u8] = b"\x1b[?2026l";

impl Painter {
    /// A painter for a client's terminal of this size, of which nothing is known.
    pub fn new(view: Size) -> Self {
        Painter {
            size: view.clamped(),
            shown: Vec::new(),
            at: None,
            pen: Style::DEFAULT,
            modes: Mirrored::default(),
            title: String::new(),
            view: View::default(),
            scrolled: 0,
            painted: None,
            rows: 0,
        }
    }

    /// Forgets what the client's terminal shows: the next paint writes all.
    pub fn invalidate(&mut self) {
        self.painted = None;
    }

    /// The client's terminal has another size.
    pub fn resize(&mut self, view: Size) {
        self.size = view.clamped();
        self.invalidate();
    }

    /// Appends what makes the client's terminal show the model as it is now. Nothing when nothing
    /// changed.
    ///
    /// A painter belongs to one model; for another one call [`invalidate`](Self::invalidate).
    pub fn paint(&mut self, terminal: &Terminal, out: &mut Vec<u8>) {
        let screen = terminal.screen();
        let now = (screen.generation, screen.extras.epoch());
        if self.painted == Some(now) {
            return;
        }
        let start = out.len();
        out.extend_from_slice(BEGIN_FRAME);
        let body = out.len();
        self.rows = 0;

        let since = self.painted.filter(|&(_, epoch)| epoch == now.1).map(|(since, _)| since);
        if since.is_none() {
            self.start_over(out);
        }
        self.paint_rows(screen, since, out);
        if !screen.extras.get(self.pen.extra).is_plain() {
            // A link must not stay open: the connection may end here.
            self.set_pen(out, Style::DEFAULT, screen);
        }
        self.paint_title(screen, out);
        let frame = self.rows > FRAME_ROWS;
        if frame {
            self.modes.hide_cursor();
        }
        let wanted = Mirrored::of(&screen.current_modes());
        let place = self.view.place(screen, self.size);
        self.move_to(out, place);
        self.modes.change(out, wanted);
        self.modes = wanted;
        self.painted = Some(now);

        if frame {
            out.extend_from_slice(END_FRAME);
        } else {
            out.drain(start..body);
        }
    }

    /// Appends what puts every mode a painter may have set back to a terminal's default.
    pub fn leave(out: &mut Vec<u8>) {
        modes::leave(out);
    }

    /// Puts the client's terminal into a known state.
    fn start_over(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(
            b"\x1b]8;;\x1b\\\x1b[m\x0f\x1b(B\x1b[r\x1b[?6l\x1b[4l\x1b[20l\x1b[?7h",
        );
        out.extend_from_slice(b"\x1b[H\x1b[2J");
        let cells = usize::from(self.size.cols) * usize::from(self.size.rows);
        self.shown.clear();
        self.shown.resize(cells, Cell::BLANK);
        self.shown.shrink_to_fit();
        self.at = Some((0, 0));
        self.pen = Style::DEFAULT;
        self.title.clear();
        Mirrored::establish(out);
        self.modes = Mirrored::default();
        // Whatever the epoch was: the frame is written whole.
        self.rows = FRAME_ROWS + 1;
    }

    fn paint_title(&mut self, screen: &Screen, out: &mut Vec<u8>) {
        if self.title != screen.title {
            self.title.clone_from(&screen.title);
            out.extend_from_slice(b"\x1b]2;");
            out.extend_from_slice(self.title.as_bytes());
            out.extend_from_slice(b"\x1b\\");
        }
    }

    fn set_pen(&mut self, out: &mut Vec<u8>, style: Style, screen: &Screen) {
        style::change(out, Some(self.pen), style, &screen.extras);
        self.pen = style;
    }

    /// Moves the client's cursor the cheapest way.
    fn move_to(&mut self, out: &mut Vec<u8>, to: (usize, usize)) {
        let (row, col) = to;
        match self.at {
            Some(at) if at == to => return,
            Some((at_row, at_col)) if at_row == row => match col {
                0 => out.push(b'\r'),
                _ if col + 1 == at_col => out.push(0x08),
                _ if col == at_col + 1 => out.extend_from_slice(b"\x1b[C"),
                _ if col > at_col => number(out, format_args!("\x1b[{}C", col - at_col)),
                _ => number(out, format_args!("\x1b[{}G", col + 1)),
            },
            Some((at_row, _)) if at_row + 1 == row && col == 0 => out.extend_from_slice(b"\r\n"),
            _ if to == (0, 0) => out.extend_from_slice(b"\x1b[H"),
            _ => number(out, format_args!("\x1b[{};{}H", row + 1, col + 1)),
        }
        self.at = Some(to);
    }
}
