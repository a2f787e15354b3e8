//! Answers to a program's questions.

use super::Sink;
use super::mode::ModeState;

/// The size of a cell in pixels that is told where a program asks: nobody knows the true one, as
/// there may be many clients or none. The usual proportion of 1 to 2.
pub(super) const CELL: (usize, usize) = (8, 16);

impl Sink<'_> {
    /// DA1: a VT220 with colours and a clipboard to write to.
    pub(super) fn device_attributes(&mut self, what: u16) {
        if what == 0 {
            self.reply("\x1b[?62;22;52c");
        }
    }

    /// DSR.
    pub(super) fn device_status(&mut self, what: u16) {
        match what {
            5 => self.reply("\x1b[0n"),
            6 => {
                let (row, col) = self.position();
                self.reply(format!("\x1b[{row};{col}R"));
            }
            _ => {}
        }
    }

    /// DSR with a question mark.
    pub(super) fn private_status(&mut self, what: u16) {
        match what {
            6 => {
                let (row, col) = self.position();
                self.reply(format!("\x1b[?{row};{col};1R"));
            }
            // No printer, no user-defined keys to lock, a keyboard of North America, no locator, no trouble with
            // data, one session: what a VT420 says that has none of it.
            15 => self.reply("\x1b[?13n"),
            25 => self.reply("\x1b[?21n"),
            26 => self.reply("\x1b[?27;1;0;0n"),
            53 | 55 => self.reply("\x1b[?50n"),
            75 => self.reply("\x1b[?70n"),
            85 => self.reply("\x1b[?83n"),
            // The colour scheme: dark, as the colours told are.
            996 => self.reply("\x1b[?997;1n"),
            _ => {}
        }
    }

    fn position(&self) -> (usize, usize) {
        let (row, col) = self.screen.place();
        (row + 1, col + 1)
    }

    /// DECREPTPARM: a line of 38,400 bits a second, eight at a time.
    pub(super) fn terminal_parameters(&mut self, what: u16) {
        if what < 2 {
            self.reply(format!("\x1b[{};1;1;128;128;1;0x", what + 2));
        }
    }

    /// DECRPM.
    pub(super) fn report_mode(&mut self, marker: &str, mode: u16, state: ModeState) {
        let state = state as u8;
        self.reply(format!("\x1b[{marker}{mode};{state}$y"));
    }

    /// Sizes, and a title that is never told: it could be made to hold a command line.
    pub(super) fn window_report(&mut self, what: u16) {
        let (cols, lines) = (self.screen.cols, self.screen.lines);
        let (width, height) = CELL;
        match what {
            11 => self.reply("\x1b[1t"),
            13 => self.reply("\x1b[3;0;0t"),
            14 => self.reply(format!("\x1b[4;{};{}t", lines * height, cols * width)),
            15 => self.reply(format!("\x1b[5;{};{}t", lines * height, cols * width)),
            16 => self.reply(format!("\x1b[6;{height};{width}t")),
            18 => self.reply(format!("\x1b[8;{lines};{cols}t")),
            19 => self.reply(format!("\x1b[9;{lines};{cols}t")),
            20 => self.reply("\x1b]L\x1b\\"),
            21 => self.reply("\x1b]l\x1b\\"),
            _ => {}
        }
    }
}
