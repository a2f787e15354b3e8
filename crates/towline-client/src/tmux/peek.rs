//! The last rows of a pane.

use super::rows::{self, Row};
use super::setup::Found;

/// The last rows of a pane.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peeked {
    /// The rows.
    pub lines: Vec<String>,
    /// Number of the first, counted from the oldest row that tmux keeps.
    pub first_line: u64,
}

/// Rows as they were captured, and where they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Captured {
    pub(super) rows: Vec<Row>,
    /// Number of the first row, counted from the oldest that is kept.
    pub(super) first: u64,
    /// Number of the row at the top of the screen: so many have scrolled off and are kept.
    pub(super) screen: u64,
    /// Number of the row that the cursor is in.
    pub(super) cursor: u64,
    /// How many rows are kept, at most.
    pub(super) limit: u64,
    /// How many rows the screen has.
    pub(super) height: u64,
    /// The program has ended.
    pub(super) dead: bool,
}

/// More rows than any history holds by default, few enough for a reply.
const ROWS_MAX: u32 = 200_000;

/// The words of tmux that capture the screen and so many rows above it. They come behind `tmux`.
pub(super) fn words(pane: u64, above: &str) -> String {
    format!(
        "display-message -p -t '%{pane}' '#{{pane_id}} #{{pane_dead}} #{{history_size}} #{{history_limit}} \
         #{{pane_height}} #{{cursor_y}}' \\; capture-pane -p -e -t '%{pane}' {above} 2>&1"
    )
}

/// The script of a peek at the last `lines` rows; 0: the screen.
pub(super) fn script(found: &Found, pane: u64, lines: u32) -> Vec<u8> {
    let above = match lines {
        0 => String::new(),
        lines => format!("-S -{}", lines.min(ROWS_MAX)),
    };
    let mut script = super::script::Script::about(found, pane);
    script.line(format!("{} {}", found.tmux(), words(pane, &above)));
    script.finish()
}

/// Reads what was captured; `above` rows of those that had scrolled off were asked for. `None` where the pane isn't
/// there.
pub(super) fn captured(output: &[u8], pane: u64, above: u64) -> Option<Captured> {
    let text = String::from_utf8_lossy(output);
    let (head, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let words: Vec<&str> = head.split(' ').collect();
    let [id, dead, history, limit, height, cursor] = words[..] else { return None };
    if id != format!("%{pane}") {
        return None;
    }
    let screen: u64 = history.parse().ok()?;
    Some(Captured {
        rows: rows::rows(rest),
        first: screen.saturating_sub(above),
        screen,
        cursor: screen + cursor.parse::<u64>().ok()?,
        limit: limit.parse().unwrap_or(0),
        height: height.parse().unwrap_or(0),
        dead: dead == "1",
    })
}

/// The last `lines` of what was captured; 0: the screen, whatever is on it.
pub(super) fn peeked(captured: Captured, lines: u32, ansi: bool) -> Peeked {
    let (rows, before) = match lines {
        0 => (captured.rows, 0),
        lines => rows::last(captured.rows, lines as usize),
    };
    Peeked {
        lines: rows.into_iter().map(|row| row.into_line(ansi)).collect(),
        first_line: captured.first + before as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrollback_and_screen_are_one() {
        let output = b"%7 0 100 2000 5 1\nold\n\x1b[31mred\x1b[0m\n$\n\n\n";
        let captured = captured(output, 7, 1).unwrap();
        assert_eq!((captured.first, captured.screen, captured.cursor), (99, 100, 101));
        assert_eq!(
            peeked(captured.clone(), 2, false),
            Peeked { lines: vec!["red".into(), "$".into()], first_line: 100 }
        );
        assert_eq!(peeked(captured.clone(), 9, true).lines[1], "\x1b[31mred\x1b[0m");
        assert_eq!(peeked(captured, 0, false).lines.len(), 5);
    }

    #[test]
    fn a_pane_that_is_gone_is_told() {
        assert_eq!(captured(b"can't find pane: %7\n", 7, 0), None);
        assert_eq!(captured(b"    \n", 7, 0), None);
        assert_eq!(captured(b"%8 0 0 0 0 0\n", 7, 0), None);
    }
}
