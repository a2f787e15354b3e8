//! Merging two versions of a ledger's file that come from a third: issue by issue, and field by field.
//!
//! Pure, and the same whichever side is ours. What is decided, and where:
//!
//! - **Lines** ([`lines`]): what only one side changed is taken from it, to the byte. A line that one side took out goes where the
//!   other left it as it was, and stays where the other changed it. Lines of other kinds than issues go by their key, or whole.
//! - **Fields** ([`fields`]): changed on one side, that one's; on both, that of the later `updated_at`; where these are the same, the
//!   greater text. Closed wins, an unexpired tombstone beats a change. Labels, dependencies and comments are sets ([`sets`]).
//! - **Two issues with one id** ([`same`]): both stay. The older one keeps the id; the other gets one that is made of what it is
//!   (old id, time and maker), so that every replica gives it the same, and those of its own side that hang on it follow.
//! - **Broken lines** stay, at the end of the file, and are reported: such a merge is a conflict. So is an input with the marks
//!   of an unfinished merge, whose sides are merged by the same rules ([`marks`]).
//!
//! The output is sorted by id, in lines that end with a line feed.

mod fields;
mod lines;
mod lists;
mod marks;
mod rename;
mod same;
mod sets;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::issue::Issue;
use crate::issues::Wrong;
use lines::{Line, Text, Version};

pub(crate) use fields::has_expired;
pub use lists::as_lines;
pub(crate) use marks::resolved;

/// How long a tombstone keeps what it stands for from coming back, as beads has it.
pub const TOMBSTONE_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What came of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The file.
    pub text: Vec<u8>,
    /// What was done.
    pub report: Report,
}

/// What was done in a merge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What is other than on our side: it came from theirs.
    pub came: Delta,
    /// What is other than on their side: it goes there.
    pub went: Delta,
    /// The issues that both sides had changed.
    pub both: Vec<String>,
    /// Issues that had the id of another.
    pub renamed: Vec<Renamed>,
    /// What a person has to look at: the merge is a conflict if there is any.
    pub conflicts: Vec<Conflict>,
}

/// The issues in which two versions differ, by id, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delta {
    /// Not there before.
    pub added: Vec<String>,
    /// Other than before; deleted ones that left a tombstone too.
    pub changed: Vec<String>,
    /// No longer there.
    pub removed: Vec<String>,
}

impl Delta {
    /// How many issues differ.
    pub fn count(&self) -> usize {
        self.added.len() + self.changed.len() + self.removed.len()
    }
}

/// An issue that got another id, because an older one has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Renamed {
    /// The id that it had.
    pub old: String,
    /// The id that it has now.
    pub new: String,
    /// Its title.
    pub title: String,
}

/// One of the three versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// What both come from.
    Base,
    /// Ours.
    Ours,
    /// Theirs.
    Theirs,
}

/// A line that could not be merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Where it stands.
    pub side: Side,
    /// Its number there, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: Wrong,
}

/// Merges two versions that come from `base`, which is empty where they have nothing in common. `now` decides which tombstones
/// have expired.
pub fn merge(base: &[u8], ours: &[u8], theirs: &[u8], now: Timestamp) -> Merged {
    let mut report = Report::default();
    let texts = [base, ours, theirs].map(|text| resolved(text, None, now));
    for (side, text) in [Side::Ours, Side::Theirs].into_iter().zip(&texts[1..]) {
        if let Some(line) = text.marks {
            report.conflicts.push(Conflict { side, line, what: Wrong::Conflict("<<<<<<<") });
        }
    }
    let mut versions = [0, 1, 2].map(|at: usize| lines::read(&texts[at].text));
    let before = [1, 2].map(|at: usize| versions[at].issues.clone());
    report.renamed = rename::apart(&mut versions, now);

    let [base, ours, theirs] = &versions;
    let mut text = Vec::with_capacity(texts[1].text.len().max(texts[2].text.len()) + 64);
    let mut issues: BTreeMap<&str, Text<'_>> = BTreeMap::new();
    for (id, base, one, other) in three(&base.issues, &ours.issues, &theirs.issues) {
        let (base, one, other) = fold(base, one, other, now);
        if let (Some(one), Some(other)) = (&one, &other)
            && one != other
            && base.as_ref().is_none_or(|base| base != one && base != other)
        {
            report.both.push(id.to_owned());
        }
        if let Some(line) = decide(base, one, other, now) {
            push(&mut text, line.as_bytes());
            issues.insert(id, line);
        }
    }
    for (_, base, one, other) in three(&base.others, &ours.others, &theirs.others) {
        let (base, one, other) = fold(base, one, other, now);
        if let Some(line) = decide(base, one, other, now) {
            push(&mut text, line.as_bytes());
        }
    }
    broken(&versions, &mut text, &mut report);
    report.came = delta(&before[0], &issues);
    report.went = delta(&before[1], &issues);
    report.conflicts.sort_by_key(|conflict| (conflict.side, conflict.line));
    Merged { text, report }
}

type Lines<'m, 'a, K> = &'m BTreeMap<K, Vec<Line<'a>>>;
type Found<'m, 'a, K> = (&'m K, &'m [Line<'a>], &'m [Line<'a>], &'m [Line<'a>]);

/// What three versions have under each key, in the keys' order.
fn three<'m, 'a, K: Ord>(
    base: Lines<'m, 'a, K>,
    one: Lines<'m, 'a, K>,
    other: Lines<'m, 'a, K>,
) -> impl Iterator<Item = Found<'m, 'a, K>> {
    let keys: BTreeSet<&K> = one.keys().chain(other.keys()).collect();
    keys.into_iter().map(move |key| {
        let of = |lines: Lines<'m, 'a, K>| lines.get(key).map_or(&[][..], Vec::as_slice);
        (key, of(base), of(one), of(other))
    })
}

/// Makes one line of each version's, where it has several of one issue.
fn fold<'a>(
    base: &[Line<'a>],
    one: &[Line<'a>],
    other: &[Line<'a>],
    now: Timestamp,
) -> (Option<Text<'a>>, Option<Text<'a>>, Option<Text<'a>>) {
    let whole = lines_as_one(None, base, now);
    let side = |lines: &[Line<'a>]| match texts(lines) == texts(base) {
        true => whole.clone(),
        false => lines_as_one(whole.as_deref(), lines, now),
    };
    let (one, other) = (side(one), side(other));
    (whole, one, other)
}

/// One line of several of one issue, as if each were a side of a merge.
fn lines_as_one<'a>(base: Option<&str>, lines: &[Line<'a>], now: Timestamp) -> Option<Text<'a>> {
    if let [only] = lines {
        return Some(only.text.clone());
    }
    let mut texts = texts(lines).into_iter();
    let first = texts.next()?.clone();
    Some(texts.fold(first, |one, other| of_both(base, &one, other, now)))
}

fn texts<'m, 'a>(lines: &'m [Line<'a>]) -> BTreeSet<&'m Text<'a>> {
    lines.iter().map(|line| &line.text).collect()
}

/// The line that an issue gets: none where it goes.
fn decide<'a>(
    base: Option<Text<'a>>,
    one: Option<Text<'a>>,
    other: Option<Text<'a>>,
    now: Timestamp,
) -> Option<Text<'a>> {
    match (base, one, other) {
        (_, None, None) => None,
        (None, one, None) => one,
        (None, None, other) => other,
        (Some(base), Some(left), None) | (Some(base), None, Some(left)) => {
            (!fields::unchanged(&base, &left)).then_some(left)
        }
        (base, Some(one), Some(other)) => Some(of_both(base.as_deref(), &one, &other, now)),
    }
}

/// The line of what both sides have.
fn of_both<'a>(base: Option<&str>, one: &Text<'a>, other: &Text<'a>, now: Timestamp) -> Text<'a> {
    if one == other || base == Some(other) {
        return one.clone();
    }
    if base == Some(one) {
        return other.clone();
    }
    let base = base.and_then(|base| Issue::parse(base).ok());
    match (Issue::parse(one.as_ref()), Issue::parse(other.as_ref())) {
        (Ok(first), Ok(second)) => {
            let merged = fields::merge(base.as_ref(), &first, &second, now);
            // So that what is the same in all fields stays as one of them has it.
            if merged.line() == &**one { one.clone() } else { merged.line().to_owned().into() }
        }
        // They were read as objects before.
        _ => one.max(other).clone(),
    }
}

/// Lines that can't be read: those that a side added or both have.
fn broken(versions: &[Version<'_>; 3], text: &mut Vec<u8>, report: &mut Report) {
    let [base, ours, theirs] = versions.each_ref().map(|version| &version.broken);
    let has =
        |version: &[lines::Broken<'_>], bytes: &[u8]| version.iter().any(|one| one.bytes == bytes);
    let mut kept: BTreeSet<&[u8]> = BTreeSet::new();
    for (side, version, other) in [(Side::Ours, ours, theirs), (Side::Theirs, theirs, ours)] {
        for line in version {
            if has(other, line.bytes) || !has(base, line.bytes) {
                kept.insert(line.bytes);
                let what = line.what.clone();
                report.conflicts.push(Conflict { side, line: line.number, what });
            }
        }
    }
    for line in kept {
        push(text, line);
    }
}

fn push(text: &mut Vec<u8>, line: &[u8]) {
    text.extend_from_slice(line);
    text.push(b'\n');
}

fn delta(before: &BTreeMap<String, Vec<Line<'_>>>, after: &BTreeMap<&str, Text<'_>>) -> Delta {
    let mut delta = Delta::default();
    for (id, line) in after {
        match before.get(*id) {
            None => delta.added.push((*id).to_owned()),
            Some(lines) if lines.iter().all(|one| one.text != *line) => {
                delta.changed.push((*id).to_owned());
            }
            Some(_) => {}
        }
    }
    let gone = before.keys().filter(|id| !after.contains_key(id.as_str()));
    delta.removed = gone.cloned().collect();
    delta
}
