//! Finishing a step.

use super::progress::Progress;
use super::root::{is_root, parent, root_of};
use crate::issue::Status;
use crate::issues::Issues;
use crate::ledger::{Change, LedgerError};
use crate::ready::Graph;

/// Why a root is closed of which all steps are.
const ALL_DONE: &str = "All steps completed";

/// What comes of finishing a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The step.
    pub step_id: String,
    /// Its title.
    pub step_title: String,
    /// The molecule's root.
    pub molecule_id: String,
    /// It was closed before.
    pub already: bool,
    /// The step to go on with.
    pub next: Option<Next>,
    /// All steps are closed.
    pub complete: bool,
    /// The gates that keep the rest shut.
    pub gates: Vec<String>,
    /// All issues that were closed: the step, those that only hold steps together, the root.
    pub closed: Vec<String>,
}

/// The step to go on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// Closes a step, what it was the last step within, and the root where it was the last of all and the root isn't on somebody's
/// hook: that one is theirs to finish. A step that is closed already stays as it is.
///
/// # Errors
/// Where it is no step, a gate, or waits for other steps (which `force` passes over).
pub fn step_done(
    change: &mut Change<'_>,
    step: &str,
    reason: &str,
    force: bool,
) -> Result<Done, LedgerError> {
    let issue = change.get(step)?;
    let root = may_close(change.issues(), step, force)?;
    let already = issue.status().is_over();
    let mut closed = Vec::new();
    if !already {
        close(change, step, if reason.is_empty() { "Closed" } else { reason })?;
        closed.push(step.to_owned());
    }
    closed.extend(close_finished(change, step)?);

    let after = change.as_changed();
    let graph = Graph::of(&after);
    let progress = Progress::of(&graph, &root);
    let next = progress.as_ref().and_then(|progress| progress.current.clone());
    let next = next
        .and_then(|id| graph.get(&id))
        .map(|brief| Next { id: brief.id().to_owned(), title: brief.issue().title().into_owned() });
    Ok(Done {
        step_id: step.to_owned(),
        step_title: issue.title().into_owned(),
        molecule_id: root,
        already,
        next,
        complete: progress.as_ref().is_some_and(|progress| progress.complete),
        gates: progress.map(|progress| progress.gates).unwrap_or_default(),
        closed,
    })
}

/// The root of the molecule, if the step may be closed.
fn may_close(issues: &Issues, step: &str, force: bool) -> Result<String, LedgerError> {
    let graph = Graph::of(issues);
    let no_step = || {
        LedgerError::invalid(format!("{step} is no step of a molecule"))
            .hint(format!("tow issue close {step}"))
    };
    let (Some(brief), Some(root)) = (graph.get(step), root_of(&graph, step)) else {
        return Err(no_step());
    };
    let root = root.id().to_owned();
    if brief.status().is_over() {
        return Ok(root);
    }
    if brief.issue_type() == "gate" {
        return Err(LedgerError::refused(format!("{step} is a gate, which somebody has to open"))
            .hint(format!("tow gate approve {step}")));
    }
    let within = graph.children(step).iter().filter(|child| !child.status().is_over());
    let within: Vec<&str> = within.map(|child| child.id()).collect();
    let blockers = blockers(&graph, step);
    if !within.is_empty() && !force {
        return Err(LedgerError::refused(format!(
            "{step} has steps within it that are open: {}",
            within.join(", ")
        ))
        .hint("finish these; it is closed with the last of them"));
    }
    if !blockers.is_empty() && !force {
        return Err(LedgerError::refused(format!(
            "cannot close {step}: blocked by open issues [{}]",
            blockers.join(" ")
        ))
        .hint("use --force to override"));
    }
    Ok(root)
}

/// What a step waits for, or those that it is within do.
fn blockers(graph: &Graph<'_>, step: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut above = graph.get(step);
    // An issue is at most as deep as there are issues; a circle has no more.
    for _ in 0..50 {
        let Some(one) = above else { break };
        found.extend(graph.blockers(&one).iter().map(|brief| brief.id().to_owned()));
        above = if is_root(&one) { None } else { parent(graph, one.id()) };
    }
    found.dedup();
    found
}

/// Closes what is finished now that a step of the file is closed: what it was the last one within, and the root. Returns their
/// ids.
///
/// A root that is on somebody's hook is theirs to finish, and what is no molecule's root is nobody's business here.
pub(crate) fn close_finished(
    change: &mut Change<'_>,
    step: &str,
) -> Result<Vec<String>, LedgerError> {
    // Closing changes nothing of who is whose child: the file's own graph does, with what is closed by now.
    let graph = Graph::of(change.issues());
    let mut closed = Vec::new();
    let mut below = step.to_owned();
    while let Some(above) = parent(&graph, &below) {
        let status = |id: &str| change.find(id).map(|issue| issue.status());
        let is_over = |id: &str| status(id).is_none_or(|status| status.is_over());
        let theirs = !matches!(status(above.id()), Some(Status::Open | Status::InProgress));
        let in_molecule =
            is_root(&above) || root_of(&graph, above.id()).is_some_and(|root| is_root(&root));
        let children = graph.children(above.id());
        if !in_molecule || theirs || !children.iter().all(|child| is_over(child.id())) {
            break;
        }
        let id = above.id().to_owned();
        close(change, &id, ALL_DONE)?;
        closed.push(id.clone());
        if is_root(&above) {
            break;
        }
        below = id;
    }
    Ok(closed)
}

pub(super) fn close(change: &mut Change<'_>, id: &str, reason: &str) -> Result<(), LedgerError> {
    change.update(id, |issue, now| {
        if !issue.status().is_over() {
            issue.set_status(&Status::Closed, now);
            issue.set_text("close_reason", reason);
        }
        Ok::<_, LedgerError>(())
    })?;
    Ok(())
}
