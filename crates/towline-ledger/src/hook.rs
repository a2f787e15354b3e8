//! What lies on somebody's hook: the work that is theirs now.

use crate::attachment::Attachment;
use crate::identity::Identity;
use crate::issue::{Issue, Status};
use crate::issues::{Brief, Issues};
use crate::ledger::{Change, Ledger, LedgerError};
use crate::ledgers::Ledgers;
use crate::lookup::Lookup;
use crate::molecule::{Progress, is_root};
use crate::ready::{Graph, is_work};

/// Types of issues that stand for somebody or something, and can't be worked on.
const NOBODYS_WORK: [&str; 6] = ["agent", "role", "rig", "slot", "event", "convoy"];

/// The work on somebody's hook, the most urgent first, then the oldest.
///
/// Older ledgers say `pinned` of it. But beads pins also what is to be kept in sight: notes, and issues that stand for agents. Those are
/// no work, unless something is attached to them.
pub fn hooked<'a>(issues: &'a Issues, who: &Identity) -> Vec<Brief<'a>> {
    let mut found: Vec<Brief<'a>> = issues
        .iter()
        .filter(|brief| brief.is_assigned() && is_on_a_hook(brief))
        .filter(|brief| who.same_as(&brief.assignee()))
        .collect();
    in_order(&mut found);
    found
}

/// What somebody has begun to work on without having it on their hook, in the same order.
pub fn begun<'a>(issues: &'a Issues, who: &Identity) -> Vec<Brief<'a>> {
    let mut found: Vec<Brief<'a>> = issues
        .iter()
        .filter(|brief| brief.status() == Status::InProgress && brief.is_assigned())
        .filter(|brief| who.same_as(&brief.assignee()) && is_work(brief))
        .collect();
    in_order(&mut found);
    found
}

fn in_order(found: &mut [Brief<'_>]) {
    found.sort_by_cached_key(Brief::urgency);
}

/// Whether an issue is on its assignee's hook.
pub fn is_on_a_hook(brief: &Brief<'_>) -> bool {
    match brief.status() {
        Status::Hooked => !NOBODYS_WORK.contains(&brief.issue_type()),
        Status::Pinned => is_pinned_work(brief),
        _ => false,
    }
}

/// Whether what is pinned is work on a hook, as older ledgers have it.
fn is_pinned_work(brief: &Brief<'_>) -> bool {
    if NOBODYS_WORK.contains(&brief.issue_type()) {
        return false;
    }
    let issue = brief.issue();
    let attached = Attachment::read(&issue.description());
    if !attached.attached_molecule.is_empty() || !attached.attached_args.is_empty() {
        return true;
    }
    is_work(brief) && !issue.flag("pinned") && !issue.title().ends_with(crate::handoff::SUFFIX)
}

/// A piece of work on somebody's hook.
#[derive(Debug, Clone)]
pub struct Held {
    /// The ledger that it is in.
    pub ledger: Ledger,
    /// The issue.
    pub issue: Issue,
    /// What is attached to it.
    pub attachment: Attachment,
    /// How far its molecule is: the one that is attached to it, or the one that it is the root of.
    pub progress: Option<Progress>,
}

impl Held {
    /// The piece of work that an issue is. Its molecule is looked for in the same ledger, then in the others.
    ///
    /// # Errors
    /// Where the ledger can't be read.
    pub fn of(lookup: &mut Lookup<'_>, ledger: Ledger, issue: Issue) -> Result<Self, LedgerError> {
        let attachment = Attachment::read(&issue.description());
        let opened = lookup.open(ledger)?;
        let id = issue.id().into_owned();
        let root = match attachment.attached_molecule.as_str() {
            "" => opened.issues.find(&id).filter(is_root).map(|_| id),
            root => Some(root.to_owned()),
        };
        let progress = root.and_then(|root| match opened.issues.find(&root) {
            Some(_) => Progress::of(&Graph::of(&opened.issues), &root),
            // One that is nowhere is told by whoever shows it.
            None => {
                let (other, id) = lookup.locate(&root).ok()?;
                Progress::of(&Graph::of(&other.issues), &id)
            }
        });
        Ok(Self { ledger: opened.ledger, issue, attachment, progress })
    }

    /// Whether something is left to do. Work without a molecule is finished when it is closed.
    pub fn is_unfinished(&self) -> bool {
        self.progress.as_ref().is_none_or(|progress| !progress.complete)
    }
}

/// The work on somebody's hook in all ledgers that can be reached, in the order of [`hooked`]. A ledger that can't be read has none.
pub fn held(ledgers: &Ledgers, lookup: &mut Lookup<'_>, who: &Identity) -> Vec<Held> {
    let mut found: Vec<Held> = Vec::new();
    for ledger in ledgers.all() {
        let Ok(opened) = lookup.open(ledger) else { continue };
        for brief in hooked(&opened.issues, who) {
            if let Ok(one) = Held::of(lookup, opened.ledger.clone(), brief.issue()) {
                found.push(one);
            }
        }
    }
    found.sort_by_cached_key(|one| {
        (one.issue.priority(), one.issue.time("created_at"), one.issue.id().into_owned())
    });
    found
}

/// Puts an issue on somebody's hook: status `hooked`, and theirs. Returns it, and whether it was there already.
///
/// # Errors
/// Where there is none of this id, it is closed, stands for an agent, or, without `force`, is on somebody else's hook.
pub fn attach(
    change: &mut Change<'_>,
    id: &str,
    who: &Identity,
    force: bool,
) -> Result<(Issue, bool), LedgerError> {
    let issue = change.get(id)?;
    if issue.status().is_over() {
        return Err(LedgerError::refused(format!("{id} is closed: its work is done"))
            .hint(format!("tow issue reopen {id}")));
    }
    if NOBODYS_WORK.contains(&issue.issue_type().as_ref()) {
        return Err(LedgerError::refused(format!("{id} is no work, but a {}", issue.issue_type())));
    }
    let whose = issue.assignee().into_owned();
    let theirs = who.same_as(&whose);
    if issue.status() == Status::Hooked && theirs {
        return Ok((issue, true));
    }
    let taken = issue.status().is_hooked() || issue.status() == Status::InProgress;
    if taken && !whose.is_empty() && !theirs && !force {
        let how =
            if issue.status().is_hooked() { "is on the hook of" } else { "is being worked on by" };
        return Err(LedgerError::refused(format!("{id} {how} {whose}"))
            .hint(format!("tow hook {id} --force    takes it from them")));
    }
    let issue = change.update(id, |issue, now| {
        issue.set_status(&Status::Hooked, now);
        issue.set_text("assignee", &who.to_string());
        Ok::<_, LedgerError>(())
    })?;
    Ok((issue, false))
}

/// Takes an issue off the hook it is on: open, and nobody's. What is attached to it stays.
///
/// # Errors
/// Where there is none of this id.
pub fn release(change: &mut Change<'_>, id: &str) -> Result<Issue, LedgerError> {
    change.update(id, |issue, now| {
        if issue.status().is_hooked() {
            issue.set_status(&Status::Open, now);
            issue.set_text("assignee", "");
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests;
