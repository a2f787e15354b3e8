//! The terminal model.

use crate::engine::{Parser, Screen, Sink};
use crate::events::Event;
use crate::line::Line;
use crate::modes::{Cursor, Modes};
use crate::size::Size;

/// A terminal: what its program has printed, and how it stands.
///
/// # Line numbers
///
/// Lines are numbered from 0, the first line the pane ever had. The kept lines are
/// [`first_line`](Self::first_line)`..screen_start + rows`; those from
/// [`screen_start`](Self::screen_start) on are the screen. Numbers never go down: neither when the
/// history is cleared nor on a reset. Other rows of the screen keep their numbers; other columns
/// wrap lines anew and so renumber them, but the screen's first number never goes down. While the
/// alternate screen is shown, its rows stand in for the main screen's.
#[derive(Debug)]
pub struct Terminal {
    screen: Screen,
    parser: Parser,
}

impl Terminal {
    /// A blank terminal that keeps `scrollback` lines above the screen.
    pub fn new(size: Size, scrollback: usize) -> Self {
        Terminal { screen: Screen::new(size, scrollback), parser: Parser::default() }
    }

    /// A terminal that goes on from this state.
    pub(crate) fn of(screen: Screen, parser: Parser) -> Self {
        Terminal { screen, parser }
    }

    /// A blank terminal whose first line has the number `first_line`.
    pub(crate) fn starting_at(size: Size, scrollback: usize, first_line: u64) -> Self {
        let mut terminal = Self::new(size, scrollback);
        terminal.screen.main.start_at(first_line);
        terminal
    }

    /// Reads what the program printed, and appends what it said beside.
    ///
    /// Takes any bytes, cut anywhere.
    pub fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        if bytes.is_empty() {
            return;
        }
        self.screen.generation += 1;
        self.parser.feed(&mut Sink { screen: &mut self.screen, events }, bytes);
        self.screen.settle();
    }

    /// Takes another size; 0 becomes 1. See the line numbers above for what moves.
    pub fn resize(&mut self, size: Size) {
        self.screen.generation += 1;
        self.screen.resize(size);
    }

    /// A new program begins: leaves the alternate screen, puts back what the last one may have
    /// set, and puts the cursor on a fresh line. The text stays.
    pub fn restart(&mut self) {
        self.screen.generation += 1;
        self.parser = Parser::default();
        self.screen.restart();
    }

    /// Bytes of the output are missing: what the screen shows now nobody knows. What it showed before
    /// goes into the history, everything is reset, and a visible line says so.
    pub fn mark_gap(&mut self, lost: u64) {
        self.screen.generation += 1;
        self.parser = Parser::default();
        self.screen.break_off();
        let marker = format!("\x1b[7m[towline: {} of output are gone]\x1b[m\r\n", bytes(lost));
        self.feed(marker.as_bytes(), &mut Vec::new());
    }

    /// The size.
    pub fn size(&self) -> Size {
        // They were made from 16-bit numbers.
        Size { cols: self.screen.cols as u16, rows: self.screen.lines as u16 }
    }

    /// The title; empty when none was set.
    pub fn title(&self) -> &str {
        &self.screen.title
    }

    /// What the program said last that it does (OSC 7501), as `KEY=VALUE` pairs joined by colons; empty when it said nothing.
    pub fn status(&self) -> &str {
        &self.screen.status
    }

    /// The modes in force.
    pub fn modes(&self) -> Modes {
        self.screen.current_modes()
    }

    /// Where the cursor is.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            col: self.screen.col as u16,
            row: self.screen.row as u16,
            pending_wrap: self.screen.pending,
        }
    }

    /// The number of the oldest kept line.
    pub fn first_line(&self) -> u64 {
        self.screen_start() - self.screen.main.history() as u64
    }

    /// The number of the screen's top line: how many lines have ever scrolled off. Never goes down.
    pub fn screen_start(&self) -> u64 {
        self.screen.main.scrolled()
    }

    /// The number of the screen's first line that the present program may have printed to: what an earlier one left there is
    /// above. After a change of columns it is the screen's first.
    pub fn program_start(&self) -> u64 {
        let start = self.screen_start();
        if self.screen.alt.is_some() { start } else { start.max(self.screen.begun) }
    }

    /// One past the last line that shows something or holds the cursor.
    pub fn end_line(&self) -> u64 {
        let used = self.screen.grid().used_lines().max(self.screen.row + 1);
        self.screen_start() + used as u64
    }

    /// A line by its number, if it is kept.
    pub fn line(&self, number: u64) -> Option<Line<'_>> {
        let index = usize::try_from(number.checked_sub(self.first_line())?).ok()?;
        let row = match (&self.screen.alt, index.checked_sub(self.screen.main.history())) {
            (Some(alt), Some(line)) => alt.kept(line)?,
            _ => self.screen.main.kept(index)?,
        };
        Some(Line::new(row, &self.screen.extras))
    }

    /// Takes less room for the lines that have scrolled off: for a quiet moment, since it takes about a millisecond for a
    /// thousand lines that are new since the last time. What it holds is the same.
    pub fn compress(&mut self) {
        self.screen.main.compress();
    }

    /// A number that changes whenever anything visible may have changed.
    pub fn generation(&self) -> u64 {
        self.screen.generation
    }

    /// The program is in the middle of a frame (mode 2026): who paints should wait for its end.
    /// The model sets no bound to the wait.
    pub fn synchronized(&self) -> bool {
        self.screen.synchronized
    }

    /// Takes `last` for the character that was written last, which REP would repeat.
    pub(crate) fn repeat_with(&mut self, last: Option<char>) {
        self.screen.last = last;
    }

    /// The state behind, for the painter and for records.
    pub(crate) fn screen(&self) -> &Screen {
        &self.screen
    }

    /// The parser, which may be in the middle of something.
    pub(crate) fn parser(&self) -> &Parser {
        &self.parser
    }
}

/// A number of bytes for people: three digits at most.
fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if count < 1000 {
        return format!("{count} bytes");
    }
    let mut value = count as f64;
    let mut unit = "";
    for next in UNITS {
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_for_people() {
        let cases = [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (12_345_678, "12.3 MB"),
            (999_999, "1.0 MB"),
            (u64::MAX, "18.4 EB"),
        ];
        for (count, text) in cases {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn a_terminal_can_move_to_another_thread() {
        fn is_send<T: Send>() {}
        is_send::<Terminal>();
        is_send::<crate::Painter>();
    }
}
