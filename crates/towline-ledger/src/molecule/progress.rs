//! How far a molecule is.

use std::collections::HashSet;

use serde::Serialize;

use crate::id::parent_of;
use crate::issue::Status;
use crate::issues::{Brief, LinkKind};
use crate::ready::Graph;

/// How deep steps may lie within steps: more is a circle.
const DEEPEST: usize = 50;

/// How far a molecule is. As JSON it is what Gas Town prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The root's id.
    pub root_id: String,
    /// The root's title.
    pub root_title: String,
    /// How many steps there are. One that only holds others together isn't counted.
    pub total_steps: usize,
    /// How many are closed.
    pub done_steps: usize,
    /// How many are being worked on.
    pub in_progress_steps: usize,
    /// The steps that can be begun, in the molecule's order.
    pub ready_steps: Vec<String>,
    /// The steps that wait: for other steps or, gates, for somebody.
    pub blocked_steps: Vec<String>,
    /// The part that is done, in percent, rounded down.
    pub percent_complete: usize,
    /// Nothing is left to do.
    pub complete: bool,
    /// The step to work on: the first that is being worked on, else the first that can be begun.
    #[serde(skip)]
    pub current: Option<String>,
    /// The gates that nothing but somebody's word keeps shut.
    #[serde(skip)]
    pub gates: Vec<String>,
}

impl Progress {
    /// How far the molecule with this root is; `None` where there is no such issue, or it has no children.
    pub fn of(graph: &Graph<'_>, root: &str) -> Option<Self> {
        let brief = graph.get(root).filter(|brief| !brief.is_tombstone())?;
        let steps = steps(graph, root);
        if steps.is_empty() {
            return None;
        }
        let mut progress = Self {
            root_id: root.to_owned(),
            root_title: brief.issue().title().into_owned(),
            total_steps: steps.len(),
            done_steps: 0,
            in_progress_steps: 0,
            ready_steps: Vec::new(),
            blocked_steps: Vec::new(),
            percent_complete: 0,
            complete: false,
            current: None,
            gates: Vec::new(),
        };
        for step in steps {
            let id = step.id().to_owned();
            match state(graph, &step) {
                State::Done => progress.done_steps += 1,
                State::InProgress => {
                    progress.in_progress_steps += 1;
                    progress.current.get_or_insert(id);
                }
                State::Ready => progress.ready_steps.push(id),
                State::Gate => {
                    progress.gates.push(id.clone());
                    progress.blocked_steps.push(id);
                }
                State::Blocked => progress.blocked_steps.push(id),
            }
        }
        progress.percent_complete = progress.done_steps * 100 / progress.total_steps;
        progress.complete = progress.done_steps == progress.total_steps;
        if progress.current.is_none() {
            progress.current = progress.ready_steps.first().cloned();
        }
        Some(progress)
    }
}

/// How far a step is.
enum State {
    Done,
    InProgress,
    Ready,
    /// A gate that waits for nothing but somebody's word.
    Gate,
    Blocked,
}

fn state(graph: &Graph<'_>, step: &Brief<'_>) -> State {
    let status = step.status();
    if status.is_over() {
        return State::Done;
    }
    // Nobody works on a gate, whatever its status.
    if step.issue_type() == "gate" {
        return if waits(graph, step) { State::Blocked } else { State::Gate };
    }
    match status {
        // Gas Town pins the step that comes next.
        Status::InProgress | Status::Hooked | Status::Pinned => State::InProgress,
        Status::Open if !waits(graph, step) => State::Ready,
        _ => State::Blocked,
    }
}

/// Whether a step waits for others. What is pinned holds nobody up elsewhere, but here it is a step in hand.
fn waits(graph: &Graph<'_>, step: &Brief<'_>) -> bool {
    let pinned = |id: &str| graph.get(id).is_some_and(|other| other.status() == Status::Pinned);
    graph.is_held_up(step)
        || step.links().any(|link| link.kind == LinkKind::Blocks && pinned(link.target))
}

/// The steps of a molecule in its order; of those that have steps within, these.
pub(super) fn steps<'a>(graph: &Graph<'a>, root: &str) -> Vec<Brief<'a>> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    collect(graph, root, 0, &mut seen, &mut found);
    found
}

fn collect<'a>(
    graph: &Graph<'a>,
    above: &str,
    depth: usize,
    seen: &mut HashSet<&'a str>,
    found: &mut Vec<Brief<'a>>,
) {
    for child in in_order(graph, above) {
        if !seen.insert(child.id()) {
            continue;
        }
        if depth < DEEPEST && !graph.children(child.id()).is_empty() {
            collect(graph, child.id(), depth + 1, seen, found);
        } else {
            found.push(child);
        }
    }
}

/// The children of an issue in the order they were poured in: by their numbers, those that have none after them by their age.
fn in_order<'a>(graph: &Graph<'a>, above: &str) -> Vec<Brief<'a>> {
    let mut children = graph.children(above).to_vec();
    let number = |id: &str| match parent_of(id) {
        Some((parent, number)) if parent == above => number,
        _ => u64::MAX,
    };
    children.sort_by_cached_key(|child| (number(child.id()), child.created_at(), child.id()));
    children
}
