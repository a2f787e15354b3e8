//! Lines at the bottom of the terminal that are drawn again in place.

/// No line wraps while lines are drawn: one that is too long is cut at the margin.
const NO_WRAP: &str = "\x1b[?7l";
const WRAP: &str = "\x1b[?7h";
/// Erases what is left of a line, and of the screen.
const ERASE_LINE: &str = "\x1b[K";
const ERASE_BELOW: &str = "\x1b[J";
/// The colours of one line don't run into the next.
const PLAIN: &str = "\x1b[m";

/// What was drawn last.
#[derive(Debug, Default)]
pub(crate) struct Redraw {
    rows: usize,
}

impl Redraw {
    /// Bytes that put `lines` in the place of what was drawn last. At most `height` rows are used, the last
    /// lines winning, so that nothing scrolls away that is to be drawn over.
    pub(crate) fn frame(&mut self, lines: &[String], height: usize) -> String {
        let shown = &lines[lines.len().saturating_sub(height.saturating_sub(1).max(1))..];
        let mut frame = String::from(NO_WRAP);
        if self.rows > 0 {
            frame.push_str(&format!("\x1b[{}A", self.rows));
        }
        frame.push('\r');
        for line in shown {
            frame.push_str(line);
            frame.push_str(PLAIN);
            frame.push_str(ERASE_LINE);
            frame.push_str("\r\n");
        }
        frame.push_str(ERASE_BELOW);
        frame.push_str(WRAP);
        self.rows = shown.len();
        frame
    }

    /// Bytes that take away what was drawn last; none where nothing was.
    pub(crate) fn erase(&mut self) -> String {
        match std::mem::take(&mut self.rows) {
            0 => String::new(),
            rows => format!("\x1b[{rows}A\r{ERASE_BELOW}"),
        }
    }

    /// Something else was written below: the next frame begins there.
    pub(crate) fn forget(&mut self) {
        self.rows = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_takes_the_place_of_the_one_before() {
        let mut redraw = Redraw::default();
        let lines = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
        assert!(!redraw.frame(&lines(2), 10).contains('A'));
        assert!(redraw.frame(&lines(3), 10).contains("\x1b[2A"));
        // A screen of four rows holds three and the cursor's.
        let frame = redraw.frame(&lines(9), 4);
        assert!(frame.contains("\x1b[3A") && frame.contains('8') && !frame.contains('5'));
        assert!(redraw.frame(&lines(1), 4).contains("\x1b[3A"));
        assert_eq!(redraw.erase(), "\x1b[1A\r\x1b[J");
        assert_eq!(redraw.erase(), "");
        redraw.forget();
        assert!(!redraw.frame(&lines(1), 4).contains('A'));
    }
}
