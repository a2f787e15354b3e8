//! Device control strings: questions about settings and capabilities.

use super::Sink;
use crate::style;

impl Sink<'_> {
    /// `DCS …`.
    pub(super) fn device_string(&mut self, string: &[u8]) {
        if let Some(what) = string.strip_prefix(b"$q") {
            self.report_setting(what);
        } else if string.starts_with(b"+q") {
            // XTGETTCAP: programs ask for what terminfo already tells them.
            self.reply("\x1bP0+r\x1b\\");
        }
    }

    /// DECRQSS.
    fn report_setting(&mut self, what: &[u8]) {
        let screen = &self.screen;
        let value = match what {
            b"m" => {
                let sgr = style::parameters(screen.pen.style, &screen.extras);
                String::from_utf8_lossy(&sgr).into_owned()
            }
            b"r" => format!("{};{}r", screen.top + 1, screen.bottom),
            b" q" => format!("{} q", screen.modes.cursor_style()),
            _ => return self.reply("\x1bP0$r\x1b\\"),
        };
        self.reply(format!("\x1bP1$r{value}\x1b\\"));
    }
}
