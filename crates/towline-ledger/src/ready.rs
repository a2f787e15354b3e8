//! What can be worked on now, and what waits for what.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::issue::Status;
use crate::issues::{Brief, Issues, LinkKind};

/// Types that are no work of anybody's: mail, merges, and what other work is made of.
const NO_WORK: [&str; 10] = [
    "message",
    "merge-request",
    "gate",
    "molecule",
    "agent",
    "role",
    "convoy",
    "event",
    "rig",
    "slot",
];

/// The types that newer Gas Towns write as a label of a task.
const TYPE_LABEL: &str = "gt:";

/// How deep an issue may lie below its ancestors: more is a circle.
const DEEPEST: usize = 50;

/// Who depends on whom among a ledger's issues.
pub struct Graph<'a> {
    by_id: HashMap<&'a str, Brief<'a>>,
    children: HashMap<&'a str, Vec<Brief<'a>>>,
}

impl<'a> Graph<'a> {
    /// The graph of a ledger.
    pub fn of(issues: &'a Issues) -> Self {
        let mut children: HashMap<&str, Vec<Brief<'_>>> = HashMap::new();
        for brief in issues.iter().filter(|brief| !brief.is_tombstone()) {
            for link in brief.links().filter(|link| link.kind == LinkKind::ParentChild) {
                children.entry(link.target).or_default().push(brief);
            }
        }
        Self { by_id: issues.by_id(), children }
    }

    /// An issue of it.
    pub fn get(&self, id: &str) -> Option<Brief<'a>> {
        self.by_id.get(id).copied()
    }

    /// The children of an issue, in the file's order.
    pub fn children(&self, id: &str) -> &[Brief<'a>] {
        self.children.get(id).map_or(&[], Vec::as_slice)
    }

    /// The issues that an issue itself waits for, in its own order. One that isn't in this ledger holds nobody up.
    pub fn blockers(&self, brief: &Brief<'a>) -> Vec<Brief<'a>> {
        let mut found: Vec<Brief<'a>> = Vec::new();
        for link in brief.links() {
            let Some(target) = self.get(link.target) else { continue };
            match link.kind {
                LinkKind::Blocks if is_open(&target) => found.push(target),
                LinkKind::ConditionalBlocks if !has_failed(&target) => found.push(target),
                LinkKind::WaitsFor => {
                    found.extend(self.children(link.target).iter().filter(|child| is_open(child)));
                }
                _ => {}
            }
        }
        found
    }

    /// Whether an open issue holds this one up, or one of its ancestors.
    pub fn is_held_up(&self, brief: &Brief<'a>) -> bool {
        let mut known = HashMap::new();
        self.held_up(brief, &mut known, 0)
    }

    fn held_up(&self, brief: &Brief<'a>, known: &mut HashMap<&'a str, bool>, depth: usize) -> bool {
        if let Some(known) = known.get(brief.id()) {
            return *known;
        }
        let parents =
            brief.links().filter(|link| link.kind == LinkKind::ParentChild).map(|link| link.target);
        let held = self.has_blocker(brief)
            || depth < DEEPEST
                && parents
                    .filter_map(|parent| self.get(parent))
                    .any(|parent| self.held_up(&parent, known, depth + 1));
        known.insert(brief.id(), held);
        held
    }

    fn has_blocker(&self, brief: &Brief<'a>) -> bool {
        brief.links().any(|link| link.kind.holds_up()) && !self.blockers(brief).is_empty()
    }

    /// The path by which one issue depends on another, over dependencies of any kind, both ends included.
    pub fn path(&self, from: &str, to: &str) -> Option<Vec<String>> {
        let mut seen = HashSet::new();
        let mut stack = vec![vec![from.to_owned()]];
        while let Some(path) = stack.pop() {
            let last = path.last().map_or("", String::as_str);
            if last == to {
                return Some(path);
            }
            if !seen.insert(last.to_owned()) {
                continue;
            }
            let Some(brief) = self.get(last) else { continue };
            stack.extend(brief.links().map(|link| {
                let mut longer = path.clone();
                longer.push(link.target.to_owned());
                longer
            }));
        }
        None
    }

    /// The issues that can be worked on at a time: the most urgent first, then the oldest.
    pub fn ready(&self, issues: &'a Issues, now: Timestamp) -> Vec<Brief<'a>> {
        self.ready_of(issues, now, &[])
    }

    /// The same of these types alone, which may then be such as are no work by themselves; of none: all work.
    pub fn ready_of(&self, issues: &'a Issues, now: Timestamp, types: &[String]) -> Vec<Brief<'a>> {
        let mut known = HashMap::new();
        let of_type = |brief: &Brief<'a>| match types {
            [] => is_work(brief),
            types => types.iter().any(|kind| kind == brief.issue_type()),
        };
        let fits = |brief: &Brief<'a>| {
            matches!(brief.status(), Status::Open | Status::InProgress)
                && !brief.is_pinned()
                && !brief.is_wisp()
                && !brief.is_template()
                && of_type(brief)
        };
        let mut ready: Vec<Brief<'a>> = issues.iter().filter(fits).collect();
        ready.retain(|brief| !self.held_up(brief, &mut known, 0));
        ready.retain(|brief| !is_put_off(brief, now));
        ready.sort_by_cached_key(Brief::urgency);
        ready
    }

    /// The issues that wait for others, with those that they wait for: the most urgent first, then the oldest.
    pub fn blocked(&self, issues: &'a Issues) -> Vec<(Brief<'a>, Vec<Brief<'a>>)> {
        let mut blocked: Vec<_> = issues
            .iter()
            .filter(|brief| !brief.status().is_over() && !brief.is_pinned() && is_work(brief))
            .map(|brief| (brief, self.blockers(&brief)))
            .filter(|(brief, blockers)| !blockers.is_empty() || brief.status() == Status::Blocked)
            .collect();
        blocked.sort_by_cached_key(|(brief, _)| brief.urgency());
        blocked
    }
}

/// It is still to be done. What is pinned is kept for good, and holds nobody up.
fn is_open(brief: &Brief<'_>) -> bool {
    !brief.status().is_over() && brief.status() != Status::Pinned
}

/// It was closed without success, which conditional work waits for: beads' words for that in the reason.
fn has_failed(brief: &Brief<'_>) -> bool {
    const WORDS: [&str; 11] = [
        "failed",
        "rejected",
        "wontfix",
        "won't fix",
        "canceled",
        "cancelled",
        "abandoned",
        "blocked",
        "error",
        "timeout",
        "aborted",
    ];
    if !brief.status().is_over() {
        return false;
    }
    let reason = brief.issue().text("close_reason").to_lowercase();
    WORDS.iter().any(|word| reason.contains(word))
}

/// It is somebody's work, rather than mail or a part of other work.
pub fn is_work(brief: &Brief<'_>) -> bool {
    if NO_WORK.contains(&brief.issue_type()) {
        return false;
    }
    let labels = brief.labels();
    !labels.iter().any(|label| {
        label == "template"
            || label.strip_prefix(TYPE_LABEL).is_some_and(|kind| NO_WORK.contains(&kind))
    })
}

fn is_put_off(brief: &Brief<'_>, now: Timestamp) -> bool {
    // Few lines say anything of the kind: those are taken apart.
    memchr::memmem::find(brief.line().as_bytes(), b"\"defer_until\"").is_some()
        && brief.issue().time("defer_until").is_some_and(|until| until > now)
}

#[cfg(test)]
mod tests;
