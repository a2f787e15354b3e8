//! A text in an agent's input box, found again on a later screen.

use std::collections::HashMap;

use super::{rows, squeezed};
use crate::rules::Shown;

/// What a screen tells of a text that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// It stands in the input box.
    Stands,
    /// It doesn't: the box is empty, or gone.
    Left,
    /// It never was to be seen.
    Unseen,
}

/// So much of a text is looked for, in characters without blanks: enough to know it by, and less than the first row of a
/// box in a narrow pane.
const NEEDLE: usize = 24;

/// A row that shows less than so much of a longer text may as well show something else.
const LEAST: usize = 6;

/// The mark before the box is no longer than this.
const MARK: usize = 3;

/// A text as it stands in an input box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    place: Place,
}

/// How it is known again.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// Its beginning stands behind a mark (`❯`, `>`): the last row with that mark is the box, as long as about so many rows
    /// with text are beneath it. What takes the place of the box, beneath a copy in the transcript, has more.
    Marked { mark: String, head: String, below: usize },
    /// Something of it stands so many rows above the last one that holds something. A copy in the transcript stands higher,
    /// as the box is beneath it.
    Above { needle: String, rows: usize },
    /// Nothing is known of it.
    Unseen,
}

impl Typed {
    /// Finds the text on the screen `typed`, where it was typed just now and not entered yet; `before`: the screen before
    /// that, if somebody looked.
    pub fn find(text: &str, before: Option<&Shown>, typed: &Shown) -> Self {
        let head = head(text);
        let shown = rows(typed);
        let fresh = fresh(&shown, before);
        let fresh_rows = || (0..shown.len()).rev().filter(|row| fresh[*row]);
        let behind_mark = |head: &str| {
            let (row, mark) = fresh_rows().find_map(|row| Some((row, mark(&shown[row], head)?)))?;
            let below = below(&shown, row);
            Some(Place::Marked { mark, head: head.to_owned(), below })
        };
        // A long paste is shown as "[Pasted text #1 +20 lines]".
        let paste = fresh_rows().find_map(|row| {
            let at = shown[row].find("[Pasted")?;
            Some(shown[row][at..].to_owned())
        });
        let place = behind_mark(&head).or_else(|| behind_mark(paste.as_deref()?)).or_else(|| {
            let tail = tail(text);
            let row = last_row_with(&shown, &tail).filter(|row| fresh[*row]);
            let row = row.map(|row| (row, tail)).or_else(|| {
                before?;
                let long = |row: &usize| shown[*row].chars().count() >= LEAST;
                let row = fresh_rows().find(long)?;
                Some((row, shown[row].clone()))
            });
            let (row, needle) = row?;
            Some(Place::Above { needle, rows: height(&shown) - row })
        });
        Self { place: place.unwrap_or(Place::Unseen) }
    }

    /// Whether it was to be seen.
    pub fn is_seen(&self) -> bool {
        self.place != Place::Unseen
    }

    /// What a later screen tells of it.
    pub fn look(&self, after: &Shown) -> Look {
        let shown = rows(after);
        let stands = match &self.place {
            Place::Unseen => return Look::Unseen,
            Place::Marked { mark, head, below: before } => {
                let last = shown.iter().rposition(|row| row.starts_with(mark.as_str()));
                last.is_some_and(|row| {
                    begins(&shown[row][mark.len()..], head) && below(&shown, row) <= before + 1
                })
            }
            Place::Above { needle, rows } => {
                last_row_with(&shown, needle).is_some_and(|row| height(&shown) - row <= *rows)
            }
        };
        if stands { Look::Stands } else { Look::Left }
    }
}

/// The rows that were not there before: of equal ones the lowest.
fn fresh(shown: &[String], before: Option<&Shown>) -> Vec<bool> {
    let mut old: HashMap<String, usize> = HashMap::new();
    for row in before.map(rows).unwrap_or_default() {
        *old.entry(row).or_default() += 1;
    }
    let is_fresh = |row: &String| match old.get_mut(row) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => !row.is_empty(),
    };
    shown.iter().map(is_fresh).collect()
}

/// The beginning of a text as it is looked for.
pub(super) fn head(text: &str) -> String {
    let line = text.lines().map(squeezed).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().take(NEEDLE).collect()
}

/// The end of a text as it is looked for.
fn tail(text: &str) -> String {
    let all: Vec<char> = squeezed(text).chars().collect();
    all[all.len().saturating_sub(NEEDLE)..].iter().collect()
}

/// Whether a row shows the beginning of the text, as far as it has room.
fn begins(rest: &str, head: &str) -> bool {
    let least = LEAST.min(head.chars().count());
    !head.is_empty()
        && rest.chars().count() >= least
        && (rest.starts_with(head) || head.starts_with(rest))
}

/// The mark before the text in a row that shows its beginning.
pub(super) fn mark(row: &str, head: &str) -> Option<String> {
    let ends = row.char_indices().map(|(at, _)| at).skip(1).take(MARK);
    ends.map(|end| row.split_at(end))
        .find(|(mark, rest)| !mark.chars().any(char::is_alphanumeric) && begins(rest, head))
        .map(|(mark, _)| mark.to_owned())
}

/// The row in which the last copy of some text ends, which may begin in a row before.
fn last_row_with(shown: &[String], needle: &str) -> Option<usize> {
    if needle.is_empty() {
        return None;
    }
    let all = shown.concat();
    let end = all.rfind(needle)? + needle.len();
    let mut length = 0;
    shown.iter().position(|row| {
        length += row.len();
        length >= end
    })
}

/// How many rows with text are beneath a row.
fn below(shown: &[String], row: usize) -> usize {
    shown[row + 1..].iter().filter(|row| !row.is_empty()).count()
}

/// The number of rows down to the last that holds something.
fn height(shown: &[String]) -> usize {
    shown.iter().rposition(|row| !row.is_empty()).map_or(0, |row| row + 1)
}
