//! The list as it is shown and moved through: pure.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use towline_protocol::v1;
use unicode_width::UnicodeWidthStr;

use super::super::overlay::{Size, fit};

/// A key, as far as the list knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Press {
    Up,
    Down,
    First,
    Last,
    Enter,
    Erase,
    Leave,
    Interrupt,
    Digit(u32),
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// There is nothing chosen yet.
    Stay,
    /// The row with this index, from 0.
    Chosen(usize),
    /// Nothing is wanted.
    Leave,
    /// Nothing is wanted, and whatever runs this command is to end too.
    Interrupted,
}

/// The list.
#[derive(Debug)]
pub(super) struct List {
    rows: Vec<String>,
    cursor: usize,
    /// The number that is being typed; 0 for none.
    number: usize,
    /// The first row that is shown.
    top: usize,
}

impl List {
    pub(super) fn new(panes: &[v1::Pane], targets: &[String]) -> Self {
        Self { rows: listing(panes, targets), cursor: 0, number: 0, top: 0 }
    }

    pub(super) fn press(&mut self, press: Press) -> Outcome {
        let last = self.rows.len().saturating_sub(1);
        if !matches!(press, Press::Digit(_) | Press::Erase) {
            self.number = 0;
        }
        match press {
            Press::Up => self.cursor = self.cursor.saturating_sub(1),
            Press::Down => self.cursor = (self.cursor + 1).min(last),
            Press::First => self.cursor = 0,
            Press::Last => self.cursor = last,
            Press::Enter => return Outcome::Chosen(self.cursor),
            Press::Leave => return Outcome::Leave,
            Press::Interrupt => return Outcome::Interrupted,
            Press::Erase => {
                self.number /= 10;
                self.cursor = self.number.saturating_sub(1);
            }
            Press::Digit(digit) => return self.digit(digit as usize),
        }
        Outcome::Stay
    }

    /// A number is taken at once where no further digit could make it another row's.
    fn digit(&mut self, digit: usize) -> Outcome {
        let number = self.number * 10 + digit;
        if number == 0 || number > self.rows.len() {
            return Outcome::Stay;
        }
        self.number = number;
        self.cursor = number - 1;
        if number * 10 > self.rows.len() { Outcome::Chosen(self.cursor) } else { Outcome::Stay }
    }

    /// The whole screen.
    pub(super) fn paint(&mut self, size: Size) -> Vec<u8> {
        let width = usize::from(size.cols.saturating_sub(1));
        let room = usize::from(size.rows).saturating_sub(2).max(1);
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(room));
        let mut out = format!("\x1b[?25l\x1b[H\x1b[2J{}", fit("attach to", width));
        for (row, text) in self.rows.iter().enumerate().skip(self.top).take(room) {
            let style = if row == self.cursor { "\x1b[7m" } else { "" };
            out.push_str(&format!("\r\n{style}{}\x1b[0m", fit(text, width)));
        }
        if size.rows > 2 {
            let help = fit("number, or ↑ ↓ Enter · q leaves", width);
            out.push_str(&format!("\x1b[{};1H{help}", size.rows));
        }
        out.into_bytes()
    }
}

/// One line for each pane: number, target, command and folder.
fn listing(panes: &[v1::Pane], targets: &[String]) -> Vec<String> {
    let widest = targets.iter().map(|name| name.width()).max().unwrap_or(0);
    let digits = panes.len().to_string().len();
    let line = |(index, (pane, name)): (usize, (&v1::Pane, &String))| {
        let program = pane.command.first().map(|program| last_part(program)).unwrap_or_default();
        let folder = last_part(&pane.cwd);
        let padding = widest - name.width();
        let line = format!("{:>digits$} {name}{:padding$}  {program:<8}  {folder}", index + 1, "");
        line.trim_end().to_owned()
    };
    panes.iter().zip(targets).enumerate().map(line).collect()
}

fn last_part(path: &[u8]) -> String {
    let path = Path::new(OsStr::from_bytes(path));
    let part = path.file_name().unwrap_or(path.as_os_str());
    part.to_string_lossy().chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panes(count: u64) -> Vec<v1::Pane> {
        let pane = |id| v1::Pane {
            id,
            name: format!("p{id}"),
            session: "agents".to_owned(),
            window: u32::try_from(id).unwrap(),
            command: vec![b"/usr/bin/claude".to_vec(), b"-c".to_vec()],
            cwd: b"/home/me/src/app".to_vec(),
            ..Default::default()
        };
        (1..=count).map(pane).collect()
    }

    fn names(count: u64) -> Vec<String> {
        panes(count).into_iter().map(|pane| pane.name).collect()
    }

    fn press(count: u64, presses: &[Press]) -> Outcome {
        let mut list = List::new(&panes(count), &names(count));
        let outcomes = presses.iter().map(|press| list.press(*press));
        outcomes.last().unwrap_or(Outcome::Stay)
    }

    #[test]
    fn lines_tell_number_name_program_and_folder() {
        assert_eq!(listing(&panes(1), &names(1)), ["1 p1  claude    app"]);
        let ten = listing(&panes(10), &names(10));
        assert_eq!(
            (ten[0].as_str(), ten[9].as_str()),
            (" 1 p1   claude    app", "10 p10  claude    app")
        );
        assert!(ten.iter().all(|line| line.width() <= 40));
    }

    #[test]
    fn a_row_is_chosen_by_number_or_by_moving() {
        use Press::{Digit, Down, Enter, Erase, Last, Leave, Up};
        for (count, presses, expected) in [
            (3, vec![Enter], Outcome::Chosen(0)),
            (3, vec![Down, Enter], Outcome::Chosen(1)),
            (3, vec![Down, Down, Down, Enter], Outcome::Chosen(2)),
            (3, vec![Up, Enter], Outcome::Chosen(0)),
            (3, vec![Last, Enter], Outcome::Chosen(2)),
            (3, vec![Digit(2)], Outcome::Chosen(1)),
            (3, vec![Digit(4)], Outcome::Stay),
            (3, vec![Digit(0)], Outcome::Stay),
            (25, vec![Digit(2)], Outcome::Stay),
            (25, vec![Digit(2), Enter], Outcome::Chosen(1)),
            (25, vec![Digit(2), Digit(5)], Outcome::Chosen(24)),
            (25, vec![Digit(2), Digit(6)], Outcome::Stay),
            (25, vec![Digit(2), Erase, Digit(1), Digit(3)], Outcome::Chosen(12)),
            (25, vec![Digit(3)], Outcome::Chosen(2)),
            (25, vec![Digit(1), Down, Digit(3)], Outcome::Chosen(2)),
            (3, vec![Leave], Outcome::Leave),
        ] {
            assert_eq!(press(count, &presses), expected, "{count} {presses:?}");
        }
    }

    #[test]
    fn the_row_under_the_cursor_is_always_shown() {
        let mut list = List::new(&panes(30), &names(30));
        let size = Size { cols: 40, rows: 7 };
        let shown = |list: &mut List| String::from_utf8(list.paint(size)).unwrap();
        assert!(shown(&mut list).contains("\x1b[7m 1 p1 "));
        list.press(Press::Last);
        let text = shown(&mut list);
        assert!(text.contains("\x1b[7m30 p30"), "{text:?}");
        assert_eq!(text.matches("\r\n").count(), 5);
        for rows in 0..4 {
            list.paint(Size { cols: rows, rows });
        }
    }
}
