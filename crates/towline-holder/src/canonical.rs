//! Lines in canonical mode, and whether the kernel would cut one.
//!
//! A terminal in canonical mode holds a line until it is ended, and drops what goes beyond 4,095 bytes
//! without a word (termios(3); `N_TTY_BUF_SIZE` in the kernel's `n_tty.c`). So such input is refused. What
//! other processes put into the terminal isn't known here; only the holder should.

use rustix::termios::{InputModes, LocalModes, SpecialCodeIndex, Termios};

/// The most bytes of a line before the one that ends it.
pub(crate) const LINE_MAX: usize = 4095;

/// What of a terminal's settings decides about lines. Special characters that are off are 0, which
/// termios(3) takes for "none" as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineMode {
    strip: bool,
    ignore_cr: bool,
    cr_is_nl: bool,
    nl_is_cr: bool,
    flow: bool,
    signals: bool,
    signals_flush: bool,
    extended: bool,
    eof: u8,
    eol: u8,
    eol2: u8,
    erase: u8,
    kill: u8,
    interrupt: u8,
    quit: u8,
    suspend: u8,
    next: u8,
    start: u8,
    stop: u8,
}

impl LineMode {
    /// The settings, or `None` if the terminal isn't in canonical mode: then no line is too long.
    pub(crate) fn new(termios: &Termios) -> Option<Self> {
        if !termios.local_modes.contains(LocalModes::ICANON) {
            return None;
        }
        let input = |mode| termios.input_modes.contains(mode);
        let code = |index| termios.special_codes[index];
        Some(Self {
            strip: input(InputModes::ISTRIP),
            ignore_cr: input(InputModes::IGNCR),
            cr_is_nl: input(InputModes::ICRNL),
            nl_is_cr: input(InputModes::INLCR),
            flow: input(InputModes::IXON),
            signals: termios.local_modes.contains(LocalModes::ISIG),
            signals_flush: !termios.local_modes.contains(LocalModes::NOFLSH),
            extended: termios.local_modes.contains(LocalModes::IEXTEN),
            eof: code(SpecialCodeIndex::VEOF),
            eol: code(SpecialCodeIndex::VEOL),
            eol2: code(SpecialCodeIndex::VEOL2),
            erase: code(SpecialCodeIndex::VERASE),
            kill: code(SpecialCodeIndex::VKILL),
            interrupt: code(SpecialCodeIndex::VINTR),
            quit: code(SpecialCodeIndex::VQUIT),
            suspend: code(SpecialCodeIndex::VSUSP),
            next: code(SpecialCodeIndex::VLNEXT),
            start: code(SpecialCodeIndex::VSTART),
            stop: code(SpecialCodeIndex::VSTOP),
        })
    }
}

/// The line that is being entered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Line {
    length: usize,
    /// The next byte stands for itself.
    literal: bool,
}

impl Line {
    /// Whether no line becomes too long when `bytes` are written.
    pub(crate) fn fits(mut self, mode: &LineMode, bytes: &[u8]) -> bool {
        bytes.iter().all(|&byte| {
            self.add(mode, byte);
            self.length <= LINE_MAX
        })
    }

    /// Bytes were written. `None`: not in canonical mode, where there are no lines.
    pub(crate) fn wrote(&mut self, mode: Option<&LineMode>, bytes: &[u8]) {
        match mode {
            Some(mode) => bytes.iter().for_each(|&byte| self.add(mode, byte)),
            None => *self = Self::default(),
        }
    }

    /// Follows `n_tty_receive_buf_common` in the kernel. Where it can't know (how much a word erase
    /// takes away), it counts too much rather than too little.
    fn add(&mut self, mode: &LineMode, byte: u8) {
        let byte = if mode.strip { byte & 0x7f } else { byte };
        if std::mem::take(&mut self.literal) {
            self.length += 1;
            return;
        }
        let is = |code: u8| code != 0 && byte == code;
        if mode.flow && (is(mode.start) || is(mode.stop)) {
            return;
        }
        if mode.signals && (is(mode.interrupt) || is(mode.quit) || is(mode.suspend)) {
            if mode.signals_flush {
                self.length = 0;
            }
            return;
        }
        let byte = match byte {
            b'\r' if mode.ignore_cr => return,
            b'\r' if mode.cr_is_nl => b'\n',
            b'\n' if mode.nl_is_cr => b'\r',
            byte => byte,
        };
        let is = |code: u8| code != 0 && byte == code;
        if byte == b'\n' || is(mode.eof) || is(mode.eol) || (mode.extended && is(mode.eol2)) {
            self.length = 0;
        } else if is(mode.erase) {
            self.length = self.length.saturating_sub(1);
        } else if is(mode.kill) {
            self.length = 0;
        } else if mode.extended && is(mode.next) {
            self.literal = true;
        } else {
            self.length += 1;
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What `stty sane` sets.
    pub(crate) const SANE: LineMode = LineMode {
        strip: false,
        ignore_cr: false,
        cr_is_nl: true,
        nl_is_cr: false,
        flow: true,
        signals: true,
        signals_flush: true,
        extended: true,
        eof: 4,
        eol: 0,
        eol2: 0,
        erase: 0x7f,
        kill: 21,
        interrupt: 3,
        quit: 28,
        suspend: 26,
        next: 22,
        start: 17,
        stop: 19,
    };

    fn fits(line: Line, bytes: &[u8]) -> bool {
        line.fits(&SANE, bytes)
    }

    #[test]
    fn a_line_holds_4095_bytes_and_its_end() {
        let line = Line::default();
        let longest = vec![b'x'; LINE_MAX];
        for end in [&b"\n"[..], b"\r", b"\x04", b"\x15", b"\x7fy\n", b""] {
            assert!(fits(line, &[&longest, end].concat()), "{end:?}");
        }
        assert!(!fits(line, &[&longest, &b"y"[..]].concat()));
        assert!(!fits(line, &[&longest, &b"y\n"[..]].concat()));
        assert!(!fits(line, &[b"ok\n", &longest[..], b"\x16\n"].concat()));
        assert!(fits(line, &[&longest, &b"\n"[..], &longest, b"\n"].concat()));
    }

    #[test]
    fn what_was_written_before_counts() {
        let mut line = Line::default();
        line.wrote(Some(&SANE), &[b'x'; 4000]);
        assert!(fits(line, &[b'x'; 95]));
        assert!(!fits(line, &[b'x'; 96]));
        line.wrote(None, b"now raw");
        assert!(fits(line, &[b'x'; LINE_MAX]));
    }

    #[test]
    fn characters_that_are_off_are_characters() {
        let mode = LineMode { eof: 0, kill: 0, cr_is_nl: false, ..SANE };
        let mut line = Line::default();
        line.wrote(Some(&mode), b"\0\x04\x15\r");
        assert_eq!(line, Line { length: 4, literal: false });
    }
}
