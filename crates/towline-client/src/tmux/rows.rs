//! Rows of a pane as `capture-pane -e` prints them: with colours that go on from row to row.

use std::collections::BTreeMap;

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

/// What goes on from row to row.
#[derive(Default)]
struct Pen {
    /// The attributes that are set, by the parameter that sets each: colours by 38, 48 and 58.
    set: Attributes,
    graphics: bool,
}

type Attributes = BTreeMap<u16, String>;

impl Pen {
    fn row(&mut self, line: &str) -> Row {
        let mut row = Row::default();
        let mut drawn = Attributes::new();
        // Where text and colours end that are more than blanks.
        let (mut text_end, mut ansi_end) = (0, 0);
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '\x1b' => rest = self.escape(rest),
                '\x0e' => self.graphics = true,
                '\x0f' => self.graphics = false,
                c if c.is_control() && c != '\t' => {}
                c => {
                    let shown = if self.graphics { graphic(c) } else { c };
                    if drawn != self.set {
                        row.ansi.push_str(&change(&drawn, &self.set));
                        drawn = self.set.clone();
                    }
                    row.text.push(shown);
                    row.ansi.push(shown);
                    if shown != ' ' {
                        text_end = row.text.len();
                    }
                    if shown != ' ' || !drawn.is_empty() {
                        ansi_end = row.ansi.len();
                    }
                }
            }
        }
        let plain_end = row.ansi.get(ansi_end..).is_some_and(|end| end.starts_with('\x1b'));
        row.text.truncate(text_end);
        row.ansi.truncate(ansi_end);
        if plain_end || !drawn.is_empty() {
            row.ansi.push_str(RESET);
        }
        row
    }

    /// Takes a sequence, whose ESC has been read, from the beginning; returns what follows.
    fn escape<'a>(&mut self, rest: &'a str) -> &'a str {
        if let Some(body) = rest.strip_prefix('[') {
            let end = body.find(|c: char| ('@'..='~').contains(&c)).unwrap_or(body.len());
            let (params, after) = body.split_at(end);
            if let Some(after) = after.strip_prefix('m') {
                self.attributes(params);
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

    /// Takes the parameters of an SGR sequence.
    fn attributes(&mut self, params: &str) {
        let mut words = params.split(';').peekable();
        while let Some(word) = words.next() {
            let number: u16 = word.split(':').next().and_then(|n| n.parse().ok()).unwrap_or(0);
            match number {
                0 => self.set.clear(),
                38 | 48 | 58 => {
                    let mut text = word.to_owned();
                    // `38;5;N` or `38;2;R;G;B`, where it isn't one word with colons.
                    let more = match (text.contains(':'), words.peek()) {
                        (false, Some(&"5")) => 2,
                        (false, Some(&"2")) => 4,
                        _ => 0,
                    };
                    words.by_ref().take(more).for_each(|word| text.extend([";", word]));
                    self.set.insert(number, text);
                }
                39 | 49 | 59 => drop(self.set.remove(&(number - 1))),
                30..=37 | 90..=97 => drop(self.set.insert(38, word.to_owned())),
                40..=47 | 100..=107 => drop(self.set.insert(48, word.to_owned())),
                22 => self.set.retain(|known, _| !matches!(known, 1 | 2)),
                24 => self.set.retain(|known, _| !matches!(known, 4 | 21)),
                23 | 25 | 27..=29 => drop(self.set.remove(&(number - 20))),
                55 => drop(self.set.remove(&53)),
                number => drop(self.set.insert(number, word.to_owned())),
            }
        }
    }
}

const RESET: &str = "\x1b[0m";

/// The sequence that leads from some attributes to others.
fn change(from: &Attributes, to: &Attributes) -> String {
    let words: Vec<&str> = to.values().map(String::as_str).collect();
    match (from.is_empty(), words.is_empty()) {
        (_, true) => RESET.to_owned(),
        (true, false) => format!("\x1b[{}m", words.join(";")),
        (false, false) => format!("\x1b[0;{}m", words.join(";")),
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
        for (captured, expected) in [
            (
                "a\x1b[31mred  \nstill\x1b[0m no  \nplain",
                vec!["a\x1b[31mred  \x1b[0m", "\x1b[31mstill\x1b[0m no", "plain"],
            ),
            ("\x1b[32mx\n\x1b[33my\x1b[39m z", vec!["\x1b[32mx\x1b[0m", "\x1b[33my\x1b[0m z"]),
            ("\x1b[1m\x1b[0;4ml\x1b[38;5;208mine", vec!["\x1b[4ml\x1b[0;4;38;5;208mine\x1b[0m"]),
            ("\x1b[38;2;1;2;3;1mx\x1b[22m", vec!["\x1b[1;38;2;1;2;3mx\x1b[0m"]),
            ("\x1b[44m  \x1b[0m   ", vec!["\x1b[44m  \x1b[0m"]),
            ("\x1b[31m\n\x1b[0m", vec!["", ""]),
        ] {
            let rows: Vec<String> = rows(captured).into_iter().map(|row| row.ansi).collect();
            assert_eq!(rows, expected, "{captured:?}");
        }
        assert_eq!(rows("a\x1b[31mred  ")[0].text, "ared");
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
