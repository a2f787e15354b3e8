//! Aligned columns that fit a terminal.

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands between two columns.
const GAP: &str = "  ";

/// The narrowest that a column is made so that the others fit.
const NARROWEST: usize = 8;

/// One field of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A field in the terminal's usual colours. What would move the cursor is left out.
    pub(crate) fn plain(text: impl AsRef<str>) -> Self {
        Self::styled(text, Style::new())
    }

    /// A field in a style.
    pub(crate) fn styled(text: impl AsRef<str>, style: Style) -> Self {
        let text = text.as_ref().chars().filter(|c| !c.is_control()).collect();
        Self { text, style }
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
    rows: Vec<Vec<Cell>>,
}

impl<'a> Table<'a> {
    /// A table with these columns.
    pub(crate) fn new(columns: &'a [(&'a str, Align)]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The lines, each at most `width` columns wide. The last column gives way first, then the first.
    pub(crate) fn lines(&self, width: Option<usize>, colors: bool) -> Vec<String> {
        let widths = self.widths(width);
        let bold = Style::new().bold();
        let header = self.columns.iter().map(|(title, _)| Cell::styled(title, bold)).collect();
        let rows = std::iter::once(&header).chain(&self.rows);
        rows.map(|row: &Vec<Cell>| self.line(row, &widths, colors)).collect()
    }

    fn widths(&self, limit: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|(title, _)| title.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.width());
            }
        }
        let Some(limit) = limit else { return widths };
        let gaps = GAP.len() * widths.len().saturating_sub(1);
        for column in [widths.len().saturating_sub(1), 0] {
            let excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(limit);
            if let Some(width) = widths.get_mut(column) {
                *width = width.saturating_sub(excess).max(NARROWEST.min(*width));
            }
        }
        widths
    }

    fn line(&self, row: &[Cell], widths: &[usize], colors: bool) -> String {
        let mut line = String::new();
        for (at, ((cell, width), (_, align))) in
            row.iter().zip(widths).zip(self.columns).enumerate()
        {
            let text = shortened(&cell.text, *width);
            let blanks = width.saturating_sub(text.width());
            let (before, after) = match align {
                Align::Left => (0, blanks),
                Align::Right => (blanks, 0),
            };
            line.extend(std::iter::repeat_n(' ', before));
            if colors {
                line.push_str(&format!("{}{text}{:#}", cell.style, cell.style));
            } else {
                line.push_str(&text);
            }
            // No blanks at the end of a line.
            if at + 1 < widths.len() {
                line.extend(std::iter::repeat_n(' ', after));
                line.push_str(GAP);
            }
        }
        line
    }
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
            (5, "a-rathe…   5s  /a/rath…"),
        ] {
            let line = table.lines(Some(width), false).remove(1);
            assert!(line.width() <= width.max(23), "{line:?}");
            if width != 27 {
                assert_eq!(line, expected);
            }
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
        assert_eq!(table.lines(None, false)[1], "a[2Jbc");
    }
}
