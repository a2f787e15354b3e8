//! Workers of a rig who can take work: which of them is free, and getting their worktree ready for it.

use towline_ledger::hook::hooked;
use towline_ledger::merge_request::MergeRequest;
use towline_ledger::{Identity, Issues};

use crate::git::Git;
use crate::worktree::{State, Worktree, Worktrees};
use crate::{DispatchError, names};

/// The type of an issue that asks for a branch to be merged.
pub const MERGE_REQUEST: &str = "merge-request";

/// A polecat for a piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Its name.
    pub name: String,
    /// It isn't there yet.
    pub new: bool,
}

/// Picks a polecat that has nothing to do, else a name for a new one. `issues` are the ledgers that its work may be in, `passed_over`
/// those that are not to be taken. One that is to work on another host must not have a worktree here.
pub fn choose(
    worktrees: &Worktrees<'_>,
    issues: &[&Issues],
    passed_over: &[String],
    elsewhere: bool,
) -> Chosen {
    let rig = &worktrees.rig.name;
    let there = worktrees.town.polecats(rig);
    let is_free = |name: &&String| {
        let Ok(identity) = Identity::polecat(rig, name) else { return false };
        !passed_over.contains(name)
            && !has_work(issues, &identity)
            && is_idle(worktrees, &identity, issues)
    };
    if !elsewhere && let Some(free) = there.iter().find(is_free) {
        return Chosen { name: free.clone(), new: false };
    }
    let mut taken = there;
    taken.extend(worktrees.town.crew(rig));
    taken.extend_from_slice(passed_over);
    taken.extend(assigned(issues, rig));
    Chosen { name: names::free(&taken), new: true }
}

/// Whether somebody has something on the hook.
fn has_work(issues: &[&Issues], identity: &Identity) -> bool {
    issues.iter().any(|issues| !hooked(issues, identity).is_empty())
}

/// The names of the rig's polecats that have open issues.
fn assigned(issues: &[&Issues], rig: &str) -> Vec<String> {
    let open =
        issues.iter().flat_map(|issues| issues.iter()).filter(|brief| !brief.status().is_over());
    let assignees = open.filter(|brief| brief.is_assigned()).map(|brief| brief.assignee());
    let identities = assignees.filter_map(|assignee| Identity::parse(&assignee).ok());
    let ours = identities.filter(|identity| identity.rig() == Some(rig));
    ours.filter_map(|identity| identity.name().map(str::to_owned)).collect()
}

/// Whether nothing is unfinished in a worktree: no files, no commits that the origin hasn't got or nobody is to merge.
fn is_idle(worktrees: &Worktrees<'_>, identity: &Identity, issues: &[&Issues]) -> bool {
    let folder = worktrees.folder(identity);
    let Ok(state) = State::of(&folder) else { return false };
    state.is_clean() && handed_in(worktrees, &state, &Git::at(folder), issues, "").unwrap_or(false)
}

/// Whether what is in a worktree has gone its way: it is merged, or there is a merge request for its branch that isn't about the issue
/// that is to be worked on.
fn handed_in(
    worktrees: &Worktrees<'_>,
    state: &State,
    git: &Git,
    issues: &[&Issues],
    issue: &str,
) -> Result<bool, DispatchError> {
    let target = format!("origin/{}", worktrees.target()?);
    if git.succeeds(&["merge-base", "--is-ancestor", "HEAD", &target])? {
        return Ok(true);
    }
    let requests = issues.iter().flat_map(|issues| issues.iter()).filter(|brief| {
        !brief.is_tombstone()
            && (brief.issue_type() == MERGE_REQUEST || brief.has_label("gt:merge-request"))
    });
    Ok(requests.map(|brief| MergeRequest::read(&brief.issue().description())).any(|request| {
        request.branch == state.branch && (issue.is_empty() || request.source_issue != issue)
    }))
}

/// Gets a polecat's worktree ready to work on an issue: makes it, or begins anew in one where nothing is unfinished. One with
/// unfinished work stays as it is.
///
/// # Errors
/// Where git refuses.
pub fn prepare(
    worktrees: &Worktrees<'_>,
    name: &str,
    issues: &[&Issues],
    issue: &str,
    say: &mut dyn FnMut(String),
) -> Result<Worktree, DispatchError> {
    let mut worktree = worktrees.make(name, say)?;
    if worktree.made {
        say(format!("✓ Polecat {name} created: {}", worktree.folder.display()));
        return Ok(worktree);
    }
    if has_work(issues, &worktree.identity) {
        return Ok(worktree);
    }
    let state = State::of(&worktree.folder)?;
    let git = Git::at(&worktree.folder);
    if state.is_clean() && handed_in(worktrees, &state, &git, issues, issue)? {
        worktree.branch = worktrees.begin_anew(name, say)?;
    } else {
        let what = if state.is_clean() {
            "commits that aren't merged yet".into()
        } else {
            state.in_words()
        };
        say(format!("○ {name} goes on where it was, on {}: {what}", state.branch));
    }
    Ok(worktree)
}
