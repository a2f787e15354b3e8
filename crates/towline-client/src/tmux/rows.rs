//! Rows of a pane as `capture-pane -e` prints them: with colours that go on from row to row.

/// A row of a pane.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// Its text, without blanks at its end.
    pub(super) text: String,
    /// The same with the sequences for colours and attributes: complete in itself.
    pub(super) ansi: String,
}

impl Row {
    pub(super) fn into_line(self, ansi: bool) -> String {
        if ansi { self.ansi } else { self.text }
    }
}

/// What DEC's special graphics show for the characters from `_` on (`ESC ( 0`).
const GRAPHICS: &str = " ◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·";

/// Reads rows.
pub(super) fn rows(captured: &str) -> Vec<Row> {
    let mut pen = Pen::default();
    captured.lines().map(|line| pen.row(line)).collect()
}

/// The attributes that go on, as sequences since the last reset.
#[derive(Default)]
struct Pen {
    set: Vec<String>,
    graphics: bool,
}

impl Pen {
    fn row(&mut self, line: &str) -> Row {
        let mut row = Row { text: String::new(), ansi: self.set.concat() };
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '\x1b' => rest = self.escape(rest, &mut row.ansi),
                '\x0e' => self.graphics = true,
                '\x0f' => self.graphics = false,
                c if c.is_control() && c != '\t' => {}
                c => {
                    let shown = if self.graphics { graphic(c) } else { c };
                    row.text.push(shown);
                    row.ansi.push(shown);
                }
            }
        }
        row.text.truncate(row.text.trim_end().len());
        if !self.set.is_empty() {
            row.ansi.push_str("\x1b[0m");
        }
        row
    }

    /// Takes a sequence, whose ESC has been read, from the beginning; returns what follows.
    fn escape<'a>(&mut self, rest: &'a str, ansi: &mut String) -> &'a str {
        if let Some(body) = rest.strip_prefix('[') {
            let end = body.find(|c: char| ('@'..='~').contains(&c)).unwrap_or(body.len());
            let (params, after) = body.split_at(end);
            if let Some(after) = after.strip_prefix('m') {
                let sequence = format!("\x1b[{params}m");
                if params.is_empty() || params == "0" {
                    self.set.clear();
                } else {
                    if params.starts_with("0;") {
                        self.set.clear();
                    }
                    self.set.push(sequence.clone());
                }
                ansi.push_str(&sequence);
                return after;
            }
            return after.get(1..).unwrap_or("");
        }
        if rest.starts_with(']') {
            // A link's address: nothing that is shown.
            let st = rest.find("\x1b\\").map(|at| at + 2);
            let bel = rest.find('\x07').map(|at| at + 1);
            let end = st.into_iter().chain(bel).min();
            return end.map_or("", |end| &rest[end..]);
        }
        rest
    }
}

fn graphic(c: char) -> char {
    let at = u32::from(c).checked_sub(u32::from('_'));
    at.and_then(|at| GRAPHICS.chars().nth(at as usize)).unwrap_or(c)
}

/// The last `wanted` rows that end with one in which something is; also how many rows come before them.
pub(super) fn last(mut rows: Vec<Row>, wanted: usize) -> (Vec<Row>, usize) {
    let end = rows.iter().rposition(|row| !row.text.is_empty()).map_or(0, |at| at + 1);
    rows.truncate(end);
    let before = end.saturating_sub(wanted);
    (rows.split_off(before), before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_complete_in_itself() {
        let read = rows("a\x1b[31mred  \nstill\x1b[0m no\x1b[1m\x1b[0;4mline\nplain\x1b[39m\n\n");
        let both: Vec<(&str, &str)> =
            read.iter().map(|row| (row.text.as_str(), row.ansi.as_str())).collect();
        assert_eq!(
            both,
            [
                ("ared", "a\x1b[31mred  \x1b[0m"),
                ("still noline", "\x1b[31mstill\x1b[0m no\x1b[1m\x1b[0;4mline\x1b[0m"),
                ("plain", "\x1b[0;4mplain\x1b[39m\x1b[0m"),
                ("", "\x1b[0;4m\x1b[39m\x1b[0m"),
            ]
        );
    }

    #[test]
    fn what_is_no_text_is_left_out() {
        let read = rows("\x0elqk\x0f x\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\\x1b[?25l!\x1b[");
        assert_eq!(read[0].text, "┌─┐ xlink!");
        assert_eq!(read[0].ansi, read[0].text);
        assert_eq!(graphic('~'), '·');
        assert_eq!(graphic('a'), '▒');
    }

    #[test]
    fn blank_rows_at_the_end_do_not_count() {
        let numbered = |text: &str, wanted| {
            let (rows, before) = last(rows(text), wanted);
            (rows.into_iter().map(|row| row.text).collect::<Vec<_>>().join(","), before)
        };
        assert_eq!(numbered("a\nb\nc\n  \n\n", 2), ("b,c".into(), 1));
        assert_eq!(numbered("a\n\nc\n", 9), ("a,,c".into(), 0));
        assert_eq!(numbered("\n\n", 3), (String::new(), 0));
    }
}
