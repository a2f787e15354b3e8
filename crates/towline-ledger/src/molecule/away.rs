//! Doing away with a molecule: squashed into one line, or burnt.

use std::collections::HashSet;

use super::done::close;
use super::progress::Progress;
use super::root::is_wisp;
use crate::issue::Status;
use crate::issues::Issues;
use crate::ledger::{Change, LedgerError, New};
use crate::ready::Graph;
use crate::time;

/// A molecule that was done away with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// The root's id.
    pub root: String,
    /// The root's title.
    pub title: String,
    /// The issue that tells of it, where it was squashed.
    pub digest: Option<String>,
    /// How many of its issues below the root were closed or, of a wisp, removed.
    pub children_closed: usize,
    /// It was a wisp: its lines are gone.
    pub wisp: bool,
    /// The issues that were open and no longer are, the root's among them.
    pub closed: Vec<String>,
}

/// Closes what is open of a molecule; of a wisp, takes its lines out of the file.
///
/// # Errors
/// Where there is no such issue.
pub fn burn(change: &mut Change<'_>, root: &str, reason: &str) -> Result<Gone, LedgerError> {
    let issues = change.as_changed();
    away(change, &issues, root, if reason.is_empty() { "Burned" } else { reason })
}

/// The same, but leaves a closed issue that says what it was and how far it came, and what `summary` says.
///
/// # Errors
/// Where there is no such issue.
pub fn squash(
    change: &mut Change<'_>,
    root: &str,
    agent: &str,
    summary: &str,
) -> Result<Gone, LedgerError> {
    let issues = change.as_changed();
    let progress = Progress::of(&Graph::of(&issues), root);
    let (done, total) =
        progress.map_or((0, 0), |progress| (progress.done_steps, progress.total_steps));
    let title = change.get(root)?.title().into_owned();
    let status = if done == total { "complete" } else { "partial" };
    let mut description = format!(
        "Squashed molecule execution.\n\nmolecule: {root}\nagent: {agent}\nsquashed_at: {}\n\n## Execution Summary\n\
         - Steps: {done}/{total} completed\n- Status: {status}\n",
        seconds(change)
    );
    if !summary.trim().is_empty() {
        description.push_str(&format!("\n{}\n", summary.trim()));
    }
    let digest = change.create(&New {
        title: format!("Digest: {title}").chars().take(crate::LONGEST_TITLE).collect(),
        description,
        priority: Some(crate::LOWEST_PRIORITY),
        labels: vec!["digest".to_owned()],
        fields: vec![("close_reason", format!("Squashed {root}"))],
        status: Some(Status::Closed),
        ..New::default()
    })?;
    let gone = away(change, &issues, root, &format!("Squashed into {}", digest.id()))?;
    Ok(Gone { digest: Some(digest.id().into_owned()), ..gone })
}

fn away(
    change: &mut Change<'_>,
    issues: &Issues,
    root: &str,
    reason: &str,
) -> Result<Gone, LedgerError> {
    let issue = change.get(root)?;
    let wisp = is_wisp(&issue);
    let below = below(issues, root);
    let open = |id: &&String| issues.find(id).is_some_and(|brief| !brief.status().is_over());
    let closed: Vec<String> =
        below.iter().chain([&root.to_owned()]).filter(open).cloned().collect();
    let children_closed = match wisp {
        true => below.len(),
        false => closed.iter().filter(|id| *id != root).count(),
    };
    for id in below.iter().map(String::as_str).chain([root]) {
        match wisp {
            true => change.remove(id),
            false => close(change, id, reason)?,
        }
    }
    Ok(Gone {
        root: root.to_owned(),
        title: issue.title().into_owned(),
        digest: None,
        children_closed,
        wisp,
        closed,
    })
}

/// The ids of all issues below one, the deepest first. Tombstones aren't among them.
fn below(issues: &Issues, root: &str) -> Vec<String> {
    let graph = Graph::of(issues);
    let mut found: Vec<String> = Vec::new();
    let mut seen = HashSet::from([root.to_owned()]);
    let mut ahead = vec![root.to_owned()];
    while let Some(id) = ahead.pop() {
        for child in graph.children(&id) {
            if seen.insert(child.id().to_owned()) {
                found.push(child.id().to_owned());
                ahead.push(child.id().to_owned());
            }
        }
    }
    found.reverse();
    found
}

/// Now, in whole seconds, as Gas Town writes such times.
pub(super) fn seconds(change: &Change<'_>) -> String {
    let now = change.now();
    time::write(jiff::Timestamp::from_second(now.as_second()).unwrap_or(now))
}
