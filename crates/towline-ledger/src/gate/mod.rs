//! Gates: issues that keep others waiting until somebody, or something, lets them through.
//!
//! A gate is an issue of type `gate`; `await_type` says what it waits for (`human`, or of beads `timer`, `gh:run`, …), and what
//! comes after it depends on it. Closing it lets them through. Nothing here watches clocks or other services: a gate of
//! whatever type is opened by a person's word.

#[cfg(test)]
mod tests;

use crate::identity::Identity;
use crate::issue::{Issue, LONGEST_TITLE, Status};
use crate::issues::{Brief, Issues, LinkKind};
use crate::ledger::{Change, LedgerError};
use crate::mail::{self, Message, Urgency};
use crate::molecule::{close_finished, holders, root_of};
use crate::ready::Graph;

/// The issue type of gates.
pub const TYPE: &str = "gate";

/// What a gate waits for that says nothing.
const HUMAN: &str = "human";

/// A gate, and who waits before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What has become of it.
    pub status: Status,
    /// What it waits for: `human`, `timer`, `gh:run`, …
    pub await_type: String,
    /// Which one of these; mostly empty.
    pub await_id: String,
    /// The open issues that must be closed before anyone stands before it.
    pub waits_for: Vec<String>,
    /// The open issues behind it.
    pub blocks: Vec<String>,
    /// The root of the molecule that it is a step of; empty outside of one.
    pub molecule: String,
    /// Who waits: as the gate, the issues behind it and those that carry its molecule name them. Each once.
    pub waiters: Vec<String>,
}

impl Gate {
    /// The gate that an issue is; `None` of another.
    pub fn of(graph: &Graph<'_>, issues: &Issues, brief: &Brief<'_>) -> Option<Self> {
        if brief.issue_type() != TYPE && !brief.has_label("gt:gate") {
            return None;
        }
        let issue = brief.issue();
        let behind: Vec<Brief<'_>> = issues
            .iter()
            .filter(|other| !other.status().is_over())
            .filter(|other| {
                other.links().any(|link| link.kind == LinkKind::Blocks && link.target == brief.id())
            })
            .collect();
        let root = root_of(graph, brief.id());
        let mut waiters = Waiters::default();
        named(&issue).iter().for_each(|who| waiters.add(who));
        behind.iter().for_each(|other| waiters.add(&other.assignee()));
        if let Some(root) = &root {
            waiters.add(&root.assignee());
            for holder in holders(issues, root.id()).iter().filter_map(|id| issues.find(id)) {
                waiters.add(&holder.assignee());
            }
        }
        let text = |key: &str| issue.text(key).into_owned();
        Some(Self {
            id: brief.id().to_owned(),
            title: issue.title().into_owned(),
            status: brief.status(),
            await_type: Some(text("await_type"))
                .filter(|kind| !kind.is_empty())
                .unwrap_or(HUMAN.into()),
            await_id: text("await_id"),
            waits_for: graph.blockers(brief).iter().map(|other| other.id().to_owned()).collect(),
            blocks: behind.iter().map(|other| other.id().to_owned()).collect(),
            molecule: root.map(|root| root.id().to_owned()).unwrap_or_default(),
            waiters: waiters.0,
        })
    }

    /// Nothing but somebody's word keeps it shut.
    pub fn is_reached(&self) -> bool {
        !self.status.is_over() && self.waits_for.is_empty()
    }
}

/// Those who wait, each once however they are written.
#[derive(Default)]
struct Waiters(Vec<String>);

impl Waiters {
    fn add(&mut self, who: &str) {
        let who = who.trim();
        let same = |known: &String| {
            known == who || Identity::parse(known).is_ok_and(|known| known.same_as(who))
        };
        if !who.is_empty() && !self.0.iter().any(same) {
            self.0.push(who.to_owned());
        }
    }
}

/// The waiters that a gate itself names.
fn named(gate: &Issue) -> Vec<String> {
    gate.array("waiters").iter().filter_map(|raw| serde_json::from_str(raw).ok()).collect()
}

/// The gates of a ledger that aren't open yet to go through, those first that nothing but somebody's word keeps shut.
pub fn shut(issues: &Issues) -> Vec<Gate> {
    let graph = Graph::of(issues);
    let mut gates: Vec<Gate> = issues
        .iter()
        .filter(|brief| !brief.status().is_over() && !brief.is_template())
        .filter_map(|brief| Gate::of(&graph, issues, &brief))
        .collect();
    gates.sort_by_key(|gate| !gate.is_reached());
    gates
}

/// A gate that was let open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// The gate, as it was before.
    pub gate: Gate,
    /// What was said, with who said it: the reason that it is closed for.
    pub reason: String,
    /// The issues behind it that can be begun now.
    pub ready: Vec<String>,
    /// All issues that were closed with it: its own, and what it was the last step of.
    pub closed: Vec<String>,
}

/// Opens a gate, and writes down who did, and what they said.
///
/// # Errors
/// Where it is no gate, is open already, or others must be closed first (which `force` passes over).
pub fn approve(
    change: &mut Change<'_>,
    id: &str,
    note: &str,
    force: bool,
) -> Result<Approved, LedgerError> {
    let issue = change.get(id)?;
    let before = change.issues();
    let graph = Graph::of(before);
    let gate = graph.get(id).and_then(|brief| Gate::of(&graph, before, &brief));
    let Some(gate) = gate else {
        return Err(LedgerError::invalid(format!("{id} is no gate, but a {}", issue.issue_type()))
            .hint("tow gate list"));
    };
    if gate.status.is_over() {
        let reason = issue.text("close_reason").into_owned();
        let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        return Err(LedgerError::refused(format!("{id} is open already{why}")));
    }
    if !gate.is_reached() && !force {
        let first = gate.waits_for.join(" ");
        return Err(LedgerError::refused(format!(
            "{id} is not reached yet: first comes [{first}]"
        ))
        .hint("--force opens it ahead"));
    }
    let note = note.trim();
    let said = if note.is_empty() { String::new() } else { format!(": {note}") };
    let reason = format!("Approved by {}{said}", change.actor());
    change.update(id, |issue, now| {
        issue.set_status(&Status::Closed, now);
        issue.set_text("close_reason", &reason);
        Ok::<_, LedgerError>(())
    })?;
    let mut closed = vec![id.to_owned()];
    closed.extend(close_finished(change, id)?);
    let after = change.as_changed();
    let graph = Graph::of(&after);
    let is_ready = |id: &&String| {
        graph
            .get(id)
            .is_some_and(|brief| brief.status() == Status::Open && !graph.is_held_up(&brief))
    };
    let ready = gate.blocks.iter().filter(is_ready).cloned().collect();
    Ok(Approved { gate, reason, ready, closed })
}

/// Tells those who waited, by mail, but whoever opened it: in the town's ledger. Returns who was told.
///
/// # Errors
/// Where it can't be written.
pub fn tell(change: &mut Change<'_>, approved: &Approved) -> Result<Vec<String>, LedgerError> {
    let Approved { gate, reason, ready, .. } = approved;
    let by = change.actor().to_owned();
    let mut body = format!("{} ({}) is open.\n\n{reason}", gate.title, gate.id);
    if !ready.is_empty() {
        body.push_str(&format!("\n\nReady now: {}", ready.join(", ")));
    }
    body.push_str("\n\nRun `tow prime` to go on.");
    let is_self = |who: &str| who == by || Identity::parse(&by).is_ok_and(|by| by.same_as(who));
    let mut told = Vec::new();
    for who in gate.waiters.iter().filter(|who| !is_self(who)) {
        let subject = format!("🚦 GATE CLEARED: {}", gate.id);
        let message = Message {
            to: who.clone(),
            subject: subject.chars().take(LONGEST_TITLE).collect(),
            body: body.clone(),
            urgency: Urgency::High,
            ..Message::default()
        };
        mail::send(change, &message)?;
        told.push(who.clone());
    }
    Ok(told)
}
