//! Device control strings: questions about settings and capabilities.

use super::Sink;
use crate::cell::Attrs;
use crate::style;
use std::fmt::Write;

/// Names that XTGETTCAP may ask for in one go.
const MAX_NAMES: usize = 32;

/// Capabilities by their names in terminfo, and what is told of them; nothing for those that are or are not. What
/// programs ask for: how many colours there are, and what the entry of `xterm-256color` leaves out.
const CAPABILITIES: [(&str, &str); 15] = [
    ("TN", "xterm-256color"),
    ("Co", "256"),
    ("colors", "256"),
    ("RGB", "8"),
    ("Tc", ""),
    ("Su", ""),
    ("Smulx", "\\E[4:%p1%dm"),
    ("Setulc", "\\E[58:2::%p1%{65536}%/%d:%p1%{256}%/%{255}%&%d:%p1%{255}%&%d%;m"),
    ("Ss", "\\E[%p1%d q"),
    ("Se", "\\E[2 q"),
    ("Ms", "\\E]52;%p1%s;%p2%s\\007"),
    ("Sync", "\\E[?2026%?%p1%{1}%-%tl%eh%;"),
    ("setrgbf", "\\E[38:2:%p1%d:%p2%d:%p3%dm"),
    ("setrgbb", "\\E[48:2:%p1%d:%p2%d:%p3%dm"),
    ("indn", "\\E[%p1%dS"),
];

impl Sink<'_> {
    /// `DCS …`.
    pub(super) fn device_string(&mut self, string: &[u8]) {
        match string {
            [b'$', b'q', what @ ..] => self.report_setting(what),
            [b'+', b'q', names @ ..] => self.report_capabilities(names),
            // The older way to hold a frame together.
            b"=1s" => self.screen.synchronized = true,
            b"=2s" => self.screen.synchronized = false,
            _ => {}
        }
    }

    /// DECRQSS. Only what is made here is told, nothing of what was asked.
    fn report_setting(&mut self, what: &[u8]) {
        let screen = &self.screen;
        let value = match what {
            b"m" => {
                let sgr = style::parameters(screen.pen.style, &screen.extras);
                String::from_utf8_lossy(&sgr).into_owned()
            }
            b"r" => format!("{};{}r", screen.top + 1, screen.bottom),
            b"s" => format!("{};{}s", screen.left + 1, screen.right),
            b"t" => format!("{}t", screen.lines),
            b"$|" => format!("{}$|", screen.cols),
            b"*|" => format!("{}*|", screen.lines),
            b" q" => format!("{} q", screen.modes.cursor_style()),
            b"\"q" => format!("{}\"q", u8::from(screen.pen.style.attrs.has(Attrs::PROTECTED))),
            b"\"p" => "62;1\"p".to_owned(),
            _ => return self.reply("\x1bP0$r\x1b\\"),
        };
        self.reply(format!("\x1bP1$r{value}\x1b\\"));
    }

    /// XTGETTCAP: names in hexadecimal, joined by semicolons. Told are those before the first unknown one.
    fn report_capabilities(&mut self, names: &[u8]) {
        let mut told = String::new();
        for name in names.split(|&b| b == b';').take(MAX_NAMES) {
            let known = CAPABILITIES
                .iter()
                .find(|(known, _)| hex(known).as_bytes().eq_ignore_ascii_case(name));
            let Some((name, value)) = known else { break };
            if !told.is_empty() {
                told.push(';');
            }
            told.push_str(&hex(name));
            if !value.is_empty() {
                told.push('=');
                told.push_str(&hex(value));
            }
        }
        let known = u8::from(!told.is_empty());
        self.reply(format!("\x1bP{known}+r{told}\x1b\\"));
    }
}

/// Each byte as two digits.
fn hex(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len() * 2), |mut out, byte| {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02X}");
        out
    })
}
