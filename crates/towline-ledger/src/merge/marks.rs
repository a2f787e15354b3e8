//! The marks that an unfinished merge leaves in a file, and what stands between them.

use std::borrow::Cow;

use jiff::Timestamp;

/// The beginnings of the lines that git puts around the sides of a conflict.
const MARKS: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];

/// The mark that a line is.
pub(super) fn mark(line: &str) -> Option<&'static str> {
    MARKS.into_iter().find(|mark| line.starts_with(mark))
}

/// A file without marks.
pub(crate) struct Resolved<'a> {
    /// The file: with both sides merged where it had marks.
    pub(crate) text: Cow<'a, [u8]>,
    /// The line of the first mark, counted from 1.
    pub(crate) marks: Option<usize>,
}

/// Merges the sides between the marks, which come from `base` where that is known and not in the file itself. What has no marks, or
/// marks that belong to nothing, is left as it is.
pub(crate) fn resolved<'a>(text: &'a [u8], base: Option<&[u8]>, now: Timestamp) -> Resolved<'a> {
    let untouched = Resolved { text: Cow::Borrowed(text), marks: None };
    if memchr::memmem::find(text, MARKS[0].as_bytes()).is_none() {
        return untouched;
    }
    match split(text) {
        Some(Sides { first, sides: [ours, outside, theirs], has_base }) => {
            let base = base.filter(|_| !has_base).unwrap_or(&outside);
            let merged = super::merge(base, &ours, &theirs, now);
            Resolved { text: Cow::Owned(merged.text), marks: Some(first) }
        }
        None => untouched,
    }
}

/// What stands between marks.
struct Sides {
    /// The line of the first mark.
    first: usize,
    /// Our side, the base and their side, each with what stands outside of marks.
    sides: [Vec<u8>; 3],
    /// Whether the file says what the base was: git's `merge.conflictStyle` decides.
    has_base: bool,
}

/// The sides of a file with marks; `None` where these don't fit together.
fn split(text: &[u8]) -> Option<Sides> {
    let mut sides: [Vec<u8>; 3] = Default::default();
    let mut inside: Option<usize> = None;
    let mut first = None;
    let mut has_base = false;
    for (at, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let found = MARKS.iter().position(|mark| line.starts_with(mark.as_bytes()));
        inside = match (found, inside) {
            (None, _) => {
                for (side, text) in sides.iter_mut().enumerate() {
                    if inside.is_none_or(|inside| inside == side) {
                        text.extend_from_slice(line);
                    }
                }
                inside
            }
            (Some(0), None) => {
                first = first.or(Some(at + 1));
                Some(0)
            }
            (Some(1), Some(0)) => {
                has_base = true;
                Some(1)
            }
            (Some(2), Some(0 | 1)) => Some(2),
            (Some(3), Some(2)) => None,
            _ => return None,
        };
    }
    // An end that is missing is one of the marks that don't fit.
    if inside.is_some() { None } else { first.map(|first| Sides { first, sides, has_base }) }
}
