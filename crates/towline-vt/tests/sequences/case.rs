//! Examples: what is printed, and what must come of it.

use crate::support::describe;
use towline_vt::{Event, Size, Terminal};

/// Sequences that belong together.
pub(crate) struct Group {
    pub(crate) title: &'static str,
    pub(crate) entries: &'static [Entry],
}

/// A sequence.
pub(crate) struct Entry {
    /// As xterm's documentation writes it.
    pub(crate) form: &'static str,
    /// Its usual name; empty where it has none.
    pub(crate) name: &'static str,
    /// What it does, for people.
    pub(crate) does: &'static str,
    pub(crate) cases: &'static [Case],
}

/// An example, on a screen of 10 columns and 4 rows.
pub(crate) struct Case {
    input: &'static str,
    want: Want,
}

enum Want {
    Lines(&'static [&'static str]),
    Place(u16, u16),
    Replies(&'static str),
    Told(&'static str),
    Ansi(&'static str),
    Is(fn(&Terminal) -> bool),
}

pub(crate) const fn entry(
    form: &'static str,
    name: &'static str,
    does: &'static str,
    cases: &'static [Case],
) -> Entry {
    Entry { form, name, does, cases }
}

/// The text of all lines, up to the last that is used or has the cursor.
pub(crate) const fn lines(input: &'static str, lines: &'static [&'static str]) -> Case {
    Case { input, want: Want::Lines(lines) }
}

/// Where the cursor is, counted from 1.
pub(crate) const fn at(input: &'static str, row: u16, col: u16) -> Case {
    Case { input, want: Want::Place(row, col) }
}

/// All answers, one after the other.
pub(crate) const fn replies(input: &'static str, replies: &'static str) -> Case {
    Case { input, want: Want::Replies(replies) }
}

/// The events, as Rust writes them.
pub(crate) const fn told(input: &'static str, events: &'static str) -> Case {
    Case { input, want: Want::Told(events) }
}

/// The first line with its styles.
pub(crate) const fn ansi(input: &'static str, line: &'static str) -> Case {
    Case { input, want: Want::Ansi(line) }
}

/// Something that holds afterwards.
pub(crate) const fn is(input: &'static str, holds: fn(&Terminal) -> bool) -> Case {
    Case { input, want: Want::Is(holds) }
}

const SIZE: Size = Size { cols: 10, rows: 4 };
const SCROLLBACK: usize = 50;

impl Case {
    pub(crate) fn check(&self) -> Result<(), String> {
        let bytes = self.input.as_bytes();
        let mut events = Vec::new();
        let mut terminal = Terminal::new(SIZE, SCROLLBACK);
        terminal.feed(bytes, &mut events);
        let whole = (describe(&terminal), events);

        // Long ones are cut at a few places only.
        let step = if bytes.len() > 1000 { bytes.len() / 40 } else { 1 };
        let (mut pieces, mut told) = (Terminal::new(SIZE, SCROLLBACK), Vec::new());
        bytes.chunks(step).for_each(|piece| pieces.feed(piece, &mut told));
        if (describe(&pieces), told) != whole {
            return Err(format!("{:?} in pieces comes to something else", self.input));
        }
        for cut in (0..bytes.len()).step_by(step) {
            let (mut first, mut told) = (Terminal::new(SIZE, SCROLLBACK), Vec::new());
            first.feed(&bytes[..cut], &mut told);
            let mut second =
                Terminal::load(&first.save(), SCROLLBACK).map_err(|e| e.to_string())?;
            second.feed(&bytes[cut..], &mut told);
            if (describe(&second), told) != whole {
                return Err(format!("{:?} saved at {cut} comes to something else", self.input));
            }
        }
        self.compare(&terminal, &whole.1)
    }

    fn compare(&self, terminal: &Terminal, events: &[Event]) -> Result<(), String> {
        let (is, should) = match self.want {
            Want::Lines(lines) => {
                let all = terminal.first_line()..terminal.end_line();
                let texts = all.filter_map(|n| terminal.line(n)).map(|line| line.text());
                (format!("{:?}", texts.collect::<Vec<_>>()), format!("{lines:?}"))
            }
            Want::Place(row, col) => {
                let cursor = terminal.cursor();
                (format!("{:?}", (cursor.row + 1, cursor.col + 1)), format!("{:?}", (row, col)))
            }
            Want::Replies(replies) => {
                let all = events.iter().filter_map(|event| match event {
                    Event::Reply(bytes) => Some(String::from_utf8_lossy(bytes)),
                    _ => None,
                });
                (format!("{:?}", all.collect::<String>()), format!("{replies:?}"))
            }
            Want::Told(told) => {
                let all: Vec<String> = events.iter().map(|event| format!("{event:?}")).collect();
                (all.join(" "), told.to_owned())
            }
            Want::Ansi(line) => {
                let first = terminal.line(terminal.screen_start()).map(|line| line.ansi());
                (format!("{:?}", first.unwrap_or_default()), format!("{line:?}"))
            }
            Want::Is(holds) => (holds(terminal).to_string(), true.to_string()),
        };
        let input: String = self.input.chars().take(80).collect();
        if is == should { Ok(()) } else { Err(format!("{input:?}\n    is {is}\nshould {should}")) }
    }
}
