//! What the client draws over the pane: a line at the bottom, and the help.
//!
//! Each is a pure function to bytes. They leave the terminal's modes and the cursor as they are, because
//! the server paints by what it knows the terminal to show; the rows they cover are painted again by a
//! `Repaint`. No cell is written in the last column of the last row: that would scroll some terminals.

use towline_client::config::ControlKey;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The size of a terminal, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) cols: u16,
    pub(crate) rows: u16,
}

/// What a newcomer has to know.
pub(super) fn newcomer(prefix: ControlKey) -> String {
    let prefix = prefix.spoken();
    format!("{prefix} d detaches · {prefix} ? helps")
}

/// What is shown while the server is away.
pub(super) const RECONNECTING: &str = "reconnecting…";

/// A line over the bottom row.
pub(super) fn bottom_line(size: Size, text: &str) -> Vec<u8> {
    let width = usize::from(size.cols.saturating_sub(1));
    let text = fit(text, width);
    let padding = width - text.width();
    format!("\x1b7\x1b[{};1H\x1b[0;7m{text}{:padding$}\x1b[0m\x1b8", size.rows, "").into_bytes()
}

/// The help, over the whole screen.
pub(super) fn help(size: Size, prefix: ControlKey, target: &str, read_only: bool) -> Vec<u8> {
    let key = prefix.spoken();
    let typing =
        if read_only { "attached for reading only" } else { "what you type goes to the program" };
    let lines = [
        format!("attached to {target}"),
        typing.to_owned(),
        String::new(),
        format!("{key} d   detach: the program runs on"),
        format!("{key} ?   this help"),
        format!("{key} {key}   type {key} itself"),
        String::new(),
        "any key returns".to_owned(),
    ];
    let mut out = String::from("\x1b7\x1b[0m");
    let top = usize::from(size.rows).saturating_sub(lines.len()) / 2;
    let widest = lines.iter().map(|line| line.width()).max().unwrap_or(0);
    let left = usize::from(size.cols).saturating_sub(widest) / 2;
    let width = usize::from(size.cols.saturating_sub(1)).saturating_sub(left);
    for row in 0..usize::from(size.rows) {
        let line = row.checked_sub(top).and_then(|index| lines.get(index));
        let text = fit(line.map_or("", String::as_str), width);
        out.push_str(&format!("\x1b[{};1H\x1b[2K\x1b[{}C{text}", row + 1, left.max(1)));
    }
    out.push_str("\x1b8");
    out.into_bytes()
}

/// As much of a text as fits into so many cells, with `…` where something is left out.
pub(super) fn fit(text: &str, width: usize) -> String {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.chars().map(printable).collect();
    if text.width() <= width {
        return text;
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(c);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_to_cells() {
        for (text, width, expected) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("日本", 4, "日本"),
            ("日本語", 4, "日…"),
            ("a\nb\x1b", 9, "a b "),
            ("abc", 1, "…"),
            ("abc", 0, ""),
        ] {
            assert_eq!(fit(text, width), expected, "{text:?} in {width}");
        }
    }

    #[test]
    fn the_bottom_line_covers_its_row_but_the_last_cell() {
        let line = bottom_line(Size { cols: 10, rows: 4 }, "hi");
        assert_eq!(
            line.escape_ascii().to_string(),
            "\\x1b7\\x1b[4;1H\\x1b[0;7mhi       \\x1b[0m\\x1b8"
        );
        // The smallest terminals there are.
        for cols in 0..3 {
            bottom_line(Size { cols, rows: 1 }, "hello");
            help(Size { cols, rows: cols }, ControlKey::DEFAULT, "local:x", true);
        }
    }

    #[test]
    fn a_newcomer_is_told_the_prefix_that_is_set() {
        assert_eq!(newcomer(ControlKey::DEFAULT), "Ctrl-b d detaches · Ctrl-b ? helps");
        assert_eq!(newcomer("C-a".parse().unwrap()), "Ctrl-a d detaches · Ctrl-a ? helps");
    }

    #[test]
    fn help_fits_forty_columns() {
        let text = String::from_utf8(help(
            Size { cols: 40, rows: 12 },
            ControlKey::DEFAULT,
            "local:x",
            false,
        ))
        .unwrap();
        assert!(text.contains("Ctrl-b d   detach: the program runs on"), "{text:?}");
        assert!(!text.contains('…'), "{text:?}");
        assert_eq!(text.matches("\x1b[2K").count(), 12);
    }
}
