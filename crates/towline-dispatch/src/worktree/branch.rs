//! The branches that work is done on, and where they begin.

use crate::DispatchError;
use crate::git::Git;

/// Gets what the origin has new. Without it one goes on from what is here.
pub(crate) fn fetch(git: &Git, say: &mut dyn FnMut(String)) {
    // A tidying up that goes on by itself would hold up the next.
    let arguments =
        ["-c", "maintenance.auto=false", "-c", "gc.auto=0", "fetch", "-q", "--prune", "origin"];
    if let Err(error) = git.run(&arguments) {
        say(format!("warning: {error}; going on with what is here"));
    }
}

/// The branch that the origin's HEAD is, as far as it was fetched.
pub(crate) fn head_of(git: &Git) -> Result<String, DispatchError> {
    if let Ok(head) = git.run(&["symbolic-ref", "--short", "refs/remotes/origin/HEAD"])
        && let Some(branch) = head.strip_prefix("origin/")
    {
        return Ok(branch.to_owned());
    }
    for branch in ["main", "master"] {
        if exists(git, &format!("refs/remotes/origin/{branch}"))? {
            return Ok(branch.to_owned());
        }
    }
    let message = format!("which branch work goes to in {} isn't known", git.folder().display());
    Err(DispatchError::refused(message).hint("git remote set-head origin --auto"))
}

/// The branch for a polecat's next piece of work: `polecat/NAME`, or with a number behind it where that has commits that `start`
/// hasn't got. `own` is the branch that its worktree is on, which can be begun anew.
pub(crate) fn free(
    git: &Git,
    name: &str,
    start: &str,
    own: Option<&str>,
) -> Result<String, DispatchError> {
    let taken = taken(git)?;
    let candidates = std::iter::once(format!("polecat/{name}"))
        .chain((2..).map(|n| format!("polecat/{name}-{n}")));
    for branch in candidates {
        if own != Some(branch.as_str()) && taken.contains(&branch) {
            continue;
        }
        let mut merged = true;
        for reference in [format!("refs/heads/{branch}"), format!("refs/remotes/origin/{branch}")] {
            merged &= !exists(git, &reference)?
                || git.succeeds(&["merge-base", "--is-ancestor", &reference, start])?;
        }
        if merged {
            return Ok(branch);
        }
    }
    // The numbers have no end.
    Ok(format!("polecat/{name}"))
}

/// The branches that are checked out in worktrees.
fn taken(git: &Git) -> Result<Vec<String>, DispatchError> {
    let list = git.run(&["worktree", "list", "--porcelain"])?;
    let branch = |line: &str| line.strip_prefix("branch refs/heads/").map(str::to_owned);
    Ok(list.lines().filter_map(branch).collect())
}

/// Whether there is a reference of this whole name.
pub(crate) fn exists(git: &Git, reference: &str) -> Result<bool, DispatchError> {
    Ok(git.succeeds(&["show-ref", "--verify", "--quiet", reference])?)
}
