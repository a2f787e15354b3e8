//! Merging what two sides say of one issue, which both have changed.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{TOMBSTONE_LIFE, sets};
use crate::issue::{Issue, Status};
use crate::json::decode;
use crate::time;

/// What goes with the status: from one side, all of it.
const STATE: [&str; 4] = ["status", "closed_at", "close_reason", "closed_by_session"];

/// What newer beads counts anew each time it writes a line: no change of the issue's.
const COUNTS: [&str; 3] = ["dependency_count", "dependent_count", "comment_count"];

/// Whether a side says of an issue what the base says, in whatever way it is written.
pub(super) fn unchanged(base: &str, side: &str) -> bool {
    if base == side {
        return true;
    }
    let (Ok(base), Ok(side)) = (Issue::parse(base), Issue::parse(side)) else { return false };
    let keys: BTreeSet<&str> = base.keys().chain(side.keys()).collect();
    keys.into_iter()
        .filter(|key| !COUNTS.contains(key))
        .all(|key| same(key, base.raw(key), side.raw(key)))
}

/// Merges two lines that differ from the base and from each other.
pub(super) fn merge(base: Option<&Issue>, one: &Issue, other: &Issue, now: Timestamp) -> Issue {
    match (one.status() == Status::Tombstone, other.status() == Status::Tombstone) {
        (true, true) => return later_tombstone(one, other).clone(),
        (true, false) => return if has_expired(one, now) { other } else { one }.clone(),
        (false, true) => return if has_expired(other, now) { one } else { other }.clone(),
        (false, false) => {}
    }
    let age = one.time("updated_at").cmp(&other.time("updated_at"));
    let (newer, older) = match age.then_with(|| one.line().cmp(other.line())) {
        Ordering::Less => (other, one),
        _ => (one, other),
    };
    let sides = Sides { base, newer, older, tie: age == Ordering::Equal };
    let mut merged = newer.clone();
    let keys: Vec<&str> =
        newer.keys().chain(older.keys().filter(|key| newer.raw(key).is_none())).collect();
    for key in keys {
        match key {
            "updated_at" => merged.set_raw(key, sides.later(key)),
            "created_at" => merged.set_raw(key, sides.earlier(key)),
            "labels" | "dependencies" | "comments" => {
                let value = sets::merge(
                    key,
                    sides.base.and_then(|base| base.raw(key)),
                    newer.raw(key),
                    older.raw(key),
                );
                match value {
                    Some(value) => merged.set_raw(key, value.as_deref()),
                    // It is no list on one of them.
                    None => merged.set_raw(key, sides.pick(key)),
                }
            }
            key if STATE.contains(&key) => {}
            key => merged.set_raw(key, sides.pick(key)),
        }
    }
    state(&sides, &mut merged);
    // What is the same to the last field stays as one of them has it; of two that differ in their order alone, the greater.
    let equals = |side: &&Issue| fields(side) == fields(&merged);
    let as_it_was = [one, other].into_iter().filter(equals).max_by_key(|side| side.line());
    as_it_was.cloned().unwrap_or(merged)
}

/// Whether a tombstone has been kept long enough. One that doesn't say since when is kept for good.
pub(crate) fn has_expired(tombstone: &Issue, now: Timestamp) -> bool {
    let end = tombstone.deleted_at().and_then(|at| at.checked_add(TOMBSTONE_LIFE).ok());
    end.is_some_and(|end| now > end)
}

fn later_tombstone<'a>(one: &'a Issue, other: &'a Issue) -> &'a Issue {
    let key = |issue: &'a Issue| (issue.deleted_at(), issue.line());
    if key(one) >= key(other) { one } else { other }
}

fn fields(issue: &Issue) -> BTreeSet<(&str, Option<&str>)> {
    issue.keys().map(|key| (key, issue.raw(key))).collect()
}

struct Sides<'a> {
    base: Option<&'a Issue>,
    newer: &'a Issue,
    older: &'a Issue,
    /// Both were changed at the same time.
    tie: bool,
}

impl<'a> Sides<'a> {
    /// A field's value.
    fn pick(&self, key: &str) -> Option<&'a str> {
        let (newer, older) = (self.newer.raw(key), self.older.raw(key));
        let base = self.base.and_then(|base| base.raw(key));
        if same(key, newer, older) {
            newer.max(older)
        } else if same(key, older, base) {
            newer
        } else if same(key, newer, base) {
            older
        } else if self.tie {
            newer.max(older)
        } else {
            newer
        }
    }

    /// The later of two times; one that can be read is later than one that can't.
    fn later(&self, key: &str) -> Option<&'a str> {
        let rank = |issue: &'a Issue| (issue.time(key), issue.raw(key));
        rank(self.newer).max(rank(self.older)).1
    }

    /// The earlier of two times: nobody makes an issue twice, but some write its time anew.
    fn earlier(&self, key: &str) -> Option<&'a str> {
        let (newer, older) = (self.newer, self.older);
        match (newer.time(key), older.time(key)) {
            (Some(one), Some(other)) if one < other => newer.raw(key),
            (Some(one), Some(other)) if other < one => older.raw(key),
            (Some(_), None) => newer.raw(key),
            (None, Some(_)) => older.raw(key),
            _ => newer.raw(key).max(older.raw(key)),
        }
    }
}

/// Merges the status, and what goes with it.
fn state(sides: &Sides<'_>, merged: &mut Issue) {
    let from = state_from(sides);
    for key in STATE {
        merged.set_raw(key, from.raw(key));
    }
    match from.status() {
        Status::Closed if merged.time("closed_at").is_none() => {
            let other = if std::ptr::eq(from, sides.newer) { sides.older } else { sides.newer };
            let at = other.raw("closed_at").filter(|_| other.time("closed_at").is_some());
            let at = at.or(merged.raw("updated_at")).map(str::to_owned);
            merged.set_raw("closed_at", at.as_deref());
        }
        Status::Closed | Status::Tombstone => {}
        _ => {
            merged.set_raw("closed_at", None);
            // Work on a hook is somebody's.
            if from.status() == Status::Hooked && merged.assignee().is_empty() {
                merged.set_raw("assignee", from.raw("assignee"));
            }
        }
    }
}

/// The side that the status comes from.
fn state_from<'a>(sides: &Sides<'a>) -> &'a Issue {
    let Sides { base, newer, older, tie } = *sides;
    let (status, other) = (newer.status(), older.status());
    if status != other {
        let before = base.map(Issue::status);
        return match () {
            () if before.as_ref() == Some(&other) => newer,
            () if before.as_ref() == Some(&status) => older,
            () if status == Status::Closed => newer,
            () if other == Status::Closed => older,
            () if tie && other.name() > status.name() => older,
            () => newer,
        };
    }
    let agree =
        |one: &Issue, two: &Issue| STATE.iter().all(|key| same(key, one.raw(key), two.raw(key)));
    match base {
        Some(base) if agree(base, older) => newer,
        Some(base) if agree(base, newer) => older,
        _ => {
            let rank =
                |issue: &'a Issue| (issue.time("closed_at"), STATE.map(|key| issue.raw(key)));
            if rank(newer) >= rank(older) { newer } else { older }
        }
    }
}

/// Whether two values say the same: texts in whatever way they are escaped, times in whatever zone, and nothing as what is empty.
fn same(key: &str, one: Option<&str>, other: Option<&str>) -> bool {
    if one == other {
        return true;
    }
    let (one, other) = (one.filter(|raw| !is_blank(raw)), other.filter(|raw| !is_blank(raw)));
    let (Some(one), Some(other)) = (one, other) else { return one.is_none() && other.is_none() };
    let text = |raw: &'_ str| {
        let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
        Some(decode(inner).into_owned())
    };
    let (Some(one), Some(other)) = (text(one), text(other)) else { return one == other };
    let at = |text: &str| time::read(text).filter(|_| key.ends_with("_at"));
    one == other || at(&one).is_some_and(|one| at(&other) == Some(one))
}

/// What beads leaves out when it writes.
fn is_blank(raw: &str) -> bool {
    matches!(raw, "\"\"" | "null" | "[]" | "{}" | "false")
}
