//! What a terminal shows, made ready to be looked at by many rules.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::one_line;

/// Rows of text, from top to bottom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The rows without trailing blanks, each ended by a line feed.
    rows: String,
    /// Where each row begins in `rows`, and where it does in `flat`.
    starts: Vec<(usize, usize)>,
    /// All rows as one, see [`Region::flat`].
    flat: String,
}

/// A part of what is shown, from some row to the end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Region<'a> {
    /// Row by row, as shown, trailing blanks cut.
    pub(super) rows: &'a str,
    /// The rows as one: frames and runs of blanks are one blank. Text that wrapped is whole in it.
    pub(super) flat: &'a str,
}

impl Shown {
    /// What these rows show.
    pub fn new<R: AsRef<str>>(rows: impl IntoIterator<Item = R>) -> Self {
        let mut shown = Self::default();
        for row in rows {
            shown.push(row.as_ref());
        }
        // Blank rows at the bottom are no rows: `bottom` counts from the last with text.
        let end = shown.rows.trim_end().len();
        let kept = shown.starts.iter().take_while(|(start, _)| *start < end).count();
        shown.starts.truncate(kept);
        shown.rows.truncate(end);
        shown.flat.truncate(shown.flat.trim_end().len());
        shown
    }

    /// One line of text: a title.
    pub(super) fn line(text: &str) -> Self {
        Self::new([text])
    }

    /// What a program says that it does by OSC 7501: pairs `KEY=VALUE` joined by colons, of which `msg` and `title` are
    /// base64 (Program Status Protocol, revision 0.3). A row for each pair.
    pub fn status(text: &str) -> Self {
        let pair = |pair: &str| match pair.split_once('=') {
            Some((key @ ("msg" | "title"), value)) => {
                let value = STANDARD_NO_PAD.decode(value.trim_end_matches('='));
                format!("{key}={}", one_line(&String::from_utf8_lossy(&value.unwrap_or_default())))
            }
            _ => pair.to_owned(),
        };
        Self::new(text.split(':').map(pair))
    }

    fn push(&mut self, row: &str) {
        self.starts.push((self.rows.len(), self.flat.len()));
        self.rows.push_str(row.trim_end());
        self.rows.push('\n');
        for character in row.chars() {
            let character = if is_frame(character) { ' ' } else { character };
            if !(character.is_whitespace() && (self.flat.is_empty() || self.flat.ends_with(' '))) {
                self.flat.push(if character.is_whitespace() { ' ' } else { character });
            }
        }
        if !self.flat.is_empty() && !self.flat.ends_with(' ') {
            self.flat.push(' ');
        }
    }

    /// The last `bottom` rows that are not blank, or all.
    pub(super) fn region(&self, bottom: Option<usize>) -> Region<'_> {
        let whole = Region { rows: &self.rows, flat: &self.flat };
        let Some(bottom) = bottom else { return whole };
        let mut left = bottom;
        for (index, (row, flat)) in self.starts.iter().enumerate().rev() {
            let end = self.starts.get(index + 1).map_or(self.rows.len(), |(next, _)| *next);
            if self.rows[*row..end].trim().is_empty() {
                continue;
            }
            if left <= 1 {
                // The flat text may be cut where a run of blanks crosses the border.
                let flat = self.flat.get(*flat..).unwrap_or("");
                return Region { rows: &self.rows[*row..], flat };
            }
            left -= 1;
        }
        whole
    }

    /// The rows, for people.
    pub fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.rows)
    }

    /// Nothing is shown.
    pub fn is_blank(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Lines, corners and blocks that programs draw boxes with (Unicode "Box Drawing" and "Block Elements").
pub(crate) fn is_frame(character: char) -> bool {
    matches!(character, '\u{2500}'..='\u{259f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_text_in_a_frame_is_whole_when_flat() {
        let shown = Shown::new(["╭────────╮", "│ Do you │", "│ want   │", "╰────────╯", "", ""]);
        assert_eq!(shown.region(None).flat, "Do you want");
        assert_eq!(shown.region(None).rows, "╭────────╮\n│ Do you │\n│ want   │\n╰────────╯");
    }

    #[test]
    fn a_status_is_a_row_for_each_pair() {
        let shown = Shown::status(
            "state=blocked:app=claude-code:kind=permission:msg=YXBwcm92ZSB4Cg==:msg=?",
        );
        assert_eq!(
            shown.region(None).rows,
            "state=blocked\napp=claude-code\nkind=permission\nmsg=approve x\nmsg="
        );
    }

    #[test]
    fn the_bottom_counts_rows_with_text() {
        let shown = Shown::new(["one", "", "two", "   ", "three", ""]);
        for (bottom, rows, flat) in [
            (Some(1), "three", "three"),
            (Some(2), "two\n\nthree", "two three"),
            (Some(3), "one\n\ntwo\n\nthree", "one two three"),
            (Some(9), "one\n\ntwo\n\nthree", "one two three"),
            (None, "one\n\ntwo\n\nthree", "one two three"),
        ] {
            let region = shown.region(bottom);
            assert_eq!((region.rows, region.flat), (rows, flat), "{bottom:?}");
        }
        assert!(Shown::new(["", "  "]).is_blank());
        assert_eq!(Shown::new(["", ""]).region(Some(3)).rows, "");
    }
}
