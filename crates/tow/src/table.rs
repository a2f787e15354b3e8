//! Aligned columns that fit a terminal.

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::quote::controls_escaped;

/// What stands between two columns.
const GAP: &str = "  ";

/// The narrowest that a column is made so that the others fit.
const NARROWEST: usize = 8;

/// What is left of a column that gives way before another column is left out: a folder's last parts.
const READABLE: usize = 16;

/// One field of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A field in the terminal's usual colours. What would move the cursor is shown escaped.
    pub(crate) fn plain(text: impl AsRef<str>) -> Self {
        Self::styled(text, Style::new())
    }

    /// A field in a style.
    pub(crate) fn styled(text: impl AsRef<str>, style: Style) -> Self {
        Self { text: controls_escaped(text.as_ref()), style }
    }
}

/// On which side a column's fields are flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// Texts.
    Left,
    /// Numbers.
    Right,
}

/// A table: a header, and rows of as many fields.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    columns: &'a [(&'a str, Align)],
    dispensable: &'a [&'a str],
    rows: Vec<Vec<Cell>>,
}

impl<'a> Table<'a> {
    /// A table with these columns.
    pub(crate) fn new(columns: &'a [(&'a str, Align)]) -> Self {
        Self { columns, dispensable: &[], rows: Vec::new() }
    }

    /// The same, which leaves these columns out where it has little room: the first of them first.
    pub(crate) fn dispensable(self, titles: &'a [&'a str]) -> Self {
        Self { dispensable: titles, ..self }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The lines, each at most `width` columns wide. The last column gives way first, then those that can be
    /// left out, then the first.
    pub(crate) fn lines(&self, width: Option<usize>, colors: bool) -> Vec<String> {
        let widths = self.widths(width);
        let bold = Style::new().bold();
        let header = self.columns.iter().map(|(title, _)| Cell::styled(title, bold)).collect();
        let rows = std::iter::once(&header).chain(&self.rows);
        rows.map(|row: &Vec<Cell>| self.line(row, &widths, colors)).collect()
    }

    /// How wide its lines are where nothing is cut.
    pub(crate) fn natural_width(&self) -> usize {
        total(&self.widths(None))
    }

    /// The width of each column; 0 for one that is left out.
    fn widths(&self, limit: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|(title, _)| title.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.width());
            }
        }
        let Some(limit) = limit else { return widths };
        let last = widths.len().saturating_sub(1);
        for title in self.dispensable {
            let spared = widths.get(last).map_or(0, |width| width.saturating_sub(READABLE));
            let column = self.columns.iter().position(|(name, _)| name == title);
            if let Some(column) = column.filter(|_| total(&widths) - spared > limit) {
                widths[column] = 0;
            }
        }
        for column in [last, 0] {
            let excess = total(&widths).saturating_sub(limit);
            if let Some(width) = widths.get_mut(column) {
                *width = width.saturating_sub(excess).max(NARROWEST.min(*width));
            }
        }
        // So narrow a terminal that everything gives way: the widest first, at last whole columns.
        while total(&widths) > limit {
            let Some(widest) = widths.iter_mut().rev().max_by_key(|width| **width) else { break };
            match *widest {
                0 => break,
                1 => match widths.iter().rposition(|width| *width > 0) {
                    Some(column) => widths[column] = 0,
                    None => break,
                },
                _ => *widest -= 1,
            }
        }
        widths
    }

    fn line(&self, row: &[Cell], widths: &[usize], colors: bool) -> String {
        let mut line = String::new();
        let mut owed = 0;
        let shown = row.iter().zip(widths).zip(self.columns).filter(|((_, width), _)| **width > 0);
        for ((cell, width), (_, align)) in shown {
            let text = shortened(&cell.text, *width);
            if text.is_empty() {
                owed += width + GAP.len();
                continue;
            }
            let blanks = width.saturating_sub(text.width());
            let (before, after) = match align {
                Align::Left => (0, blanks),
                Align::Right => (blanks, 0),
            };
            // No blanks at the end of a line: those after a field come with the next.
            line.extend(std::iter::repeat_n(' ', owed + before));
            if colors {
                line.push_str(&format!("{}{text}{:#}", cell.style, cell.style));
            } else {
                line.push_str(&text);
            }
            owed = after + GAP.len();
        }
        line
    }
}

/// How wide a line of columns of these widths is; those of width 0 are left out.
fn total(widths: &[usize]) -> usize {
    let shown = widths.iter().filter(|width| **width > 0).count();
    widths.iter().sum::<usize>() + GAP.len() * shown.saturating_sub(1)
}

/// One text under a heading of `indent` columns, folded into lines of at most `width` columns: between words
/// where that can be.
pub(crate) fn folded(heading: &str, text: &str, width: Option<usize>) -> String {
    let indent = heading.width();
    // So narrow that the heading fills it.
    let room = width.unwrap_or(usize::MAX).saturating_sub(indent);
    let Some(width) = width.filter(|_| text.width() > room) else {
        return format!("{heading}{text}");
    };
    if room < NARROWEST {
        return shortened(&format!("{heading}{text}"), width);
    }
    let mut lines = Vec::new();
    let mut rest = text;
    while rest.width() > room {
        let mut used = 0;
        let fits = rest.char_indices().find(|(_, c)| {
            used += c.width().unwrap_or(0);
            used > room
        });
        let fits = fits.map_or(rest.len(), |(at, _)| at);
        // The blank itself may stand beyond the margin.
        let beyond = if rest[fits..].starts_with(' ') { fits + 1 } else { fits };
        let end = rest[..beyond].rfind(' ').filter(|at| *at > 0).unwrap_or(fits);
        lines.push(rest[..end].trim_end());
        rest = rest[end..].trim_start();
    }
    lines.push(rest);
    format!("{heading}{}", lines.join(&format!("\n{:indent$}", "")))
}

/// The text, or its beginning and `…` where it is wider than `width` columns.
pub(crate) fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        short.push(c);
    }
    if width > 0 {
        short.push('…');
    }
    short
}

/// How many columns the terminal at standard output has; none where it is no terminal.
pub(crate) fn terminal_width() -> Option<usize> {
    terminal_size().map(|(cols, _)| cols)
}

/// Columns and rows of the terminal at standard output; none where it is no terminal.
pub(crate) fn terminal_size() -> Option<(usize, usize)> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    // A serial line has no size: as wide as it likes.
    (size.ws_col > 0 && size.ws_row > 0).then(|| (size.ws_col.into(), size.ws_row.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[(&str, Align)] =
        &[("TARGET", Align::Left), ("AGE", Align::Right), ("CWD", Align::Left)];

    fn table(rows: &[[&str; 3]]) -> Table<'static> {
        let mut table = Table::new(COLUMNS);
        for row in rows {
            table.row(row.iter().map(Cell::plain).collect());
        }
        table
    }

    #[test]
    fn columns_are_aligned_by_what_is_shown() {
        let table = table(&[["app", "5s", "/src/app"], ["名前", "12m", "/x"]]);
        assert_eq!(
            table.lines(None, false),
            ["TARGET  AGE  CWD", "app      5s  /src/app", "名前    12m  /x"]
        );
    }

    #[test]
    fn the_last_column_gives_way_then_the_first() {
        let table = table(&[["a-rather-long-name", "5s", "/a/rather/long/folder"]]);
        for (width, expected) in [
            (60, "a-rather-long-name   5s  /a/rather/long/folder"),
            (40, "a-rather-long-name   5s  /a/rather/long…"),
            (27, "a-rather-l…   5s  /a/rathe…"),
            (10, "…  …  …"),
            (5, "…  …"),
            (1, "…"),
        ] {
            let line = table.lines(Some(width), false).remove(1);
            assert!(line.width() <= width, "{line:?}");
            if width != 27 && width != 10 {
                assert_eq!(line, expected);
            }
        }
    }

    #[test]
    fn columns_that_can_be_spared_are_left_out() {
        let table = table(&[["name", "5s", "/a/rather/long/folder"]]).dispensable(&["AGE"]);
        for (width, expected) in [
            (29, "name     5s  /a/rather/long/…"),
            (24, "name    /a/rather/long/…"),
            (20, "name    /a/rather/l…"),
        ] {
            assert_eq!(table.lines(Some(width), false)[1], expected);
        }
    }

    #[test]
    fn a_text_is_folded_between_words() {
        for (text, width, expected) in [
            ("one two three", None, "name  one two three"),
            ("one two three", Some(19), "name  one two three"),
            ("one two three", Some(18), "name  one two\n      three"),
            ("one two three", Some(14), "name  one two\n      three"),
            ("/a/long/folder", Some(14), "name  /a/long/\n      folder"),
            ("名前名前名", Some(15), "name  名前名前\n      名"),
            ("one two three", Some(10), "name  one…"),
        ] {
            assert_eq!(folded("name  ", text, width), expected);
        }
    }

    #[test]
    fn wide_characters_are_never_cut_in_half() {
        assert_eq!(shortened("名前名前", 4), "名…");
        assert_eq!(shortened("名前", 4), "名前");
        assert_eq!(shortened("abc", 0), "");
    }

    #[test]
    fn what_a_name_holds_moves_no_cursor() {
        let mut table = Table::new(&[("NAME", Align::Left)]);
        table.row(vec![Cell::plain("a\x1b[2Jb\nc")]);
        assert_eq!(table.lines(None, false)[1], r"a\u{1b}[2Jb\nc");
    }
}
