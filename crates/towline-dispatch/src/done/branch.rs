//! The branch that work was done on.

use std::path::PathBuf;

use towline_ledger::Ledgers;

use crate::DispatchError;
use crate::git::Git;
use crate::worktree::{State, head_of};

/// A branch with somebody's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Its name; empty where none is checked out.
    pub name: String,
    /// The branch that it is to be merged into, without the remote's name; empty where there is no remote.
    pub target: String,
    /// The worktree's folder.
    pub folder: PathBuf,
    /// There is a remote `origin`.
    pub has_remote: bool,
}

impl Branch {
    /// The branch of the folder that somebody works in; `None` where that is no repository.
    ///
    /// # Errors
    /// Where git can't say.
    pub(super) fn of(ledgers: &Ledgers) -> Result<Option<Self>, DispatchError> {
        let place = &ledgers.place;
        let own = place.town.as_ref().and_then(|town| town.worktree_of(&place.identity));
        let folder = own.filter(|folder| folder.exists()).unwrap_or_else(|| place.folder.clone());
        let git = Git::at(&folder);
        let Ok(top) = git.run(&["rev-parse", "--show-toplevel"]) else { return Ok(None) };
        let has_remote = git.succeeds(&["remote", "get-url", "origin"])?;
        let rig = place.rig.as_deref().and_then(|rig| place.town.as_ref()?.rig(rig).ok());
        let target = match rig.and_then(|rig| rig.default_branch) {
            Some(branch) => branch,
            None if has_remote => head_of(&git).unwrap_or_default(),
            None => String::new(),
        };
        let name = State::branch_of(&folder)?;
        Ok(Some(Self { name, target, folder: top.into(), has_remote }))
    }

    /// It is the branch that others are merged into.
    pub(super) fn is_target(&self) -> bool {
        self.name == self.target || matches!(self.name.as_str(), "main" | "master")
    }

    /// Whether it can be handed in as done.
    pub(super) fn check(&self, state: &State, merged: bool) -> Result<(), DispatchError> {
        if !state.uncommitted.is_empty() {
            let files = State { unpushed: Vec::new(), ..state.clone() };
            return Err(DispatchError::refused(format!(
                "cannot complete with {}",
                files.in_words()
            ))
            .hint("git add -A && git commit")
            .hint("tow done --exit DEFERRED    leaves them for the next"));
        }
        if !merged || !self.has_remote {
            return Ok(());
        }
        if self.name.is_empty() {
            return Err(
                DispatchError::refused("no branch is checked out").hint("git switch -c BRANCH")
            );
        }
        if self.is_target() {
            return Err(DispatchError::refused(format!(
                "cannot submit {} branch to merge queue",
                self.name
            ))
            .hint("git switch -c BRANCH    and commit there"));
        }
        let git = Git::at(&self.folder);
        let range = format!("origin/{}..HEAD", self.target);
        if git.run(&["rev-list", "--count", &range])? == "0" {
            let Self { name, target, .. } = self;
            let message =
                format!("branch '{name}' has 0 commits ahead of {target}; nothing to merge");
            return Err(DispatchError::refused(message)
                .hint("tow done --exit DEFERRED    gives the work back")
                .hint("tow issue close ISSUE && tow unhook    where there was nothing to do"));
        }
        Ok(())
    }

    /// Gets it to the origin.
    pub(super) fn push(&self) -> Result<(), DispatchError> {
        let refspec = format!("HEAD:refs/heads/{}", self.name);
        Git::at(&self.folder).run(&["push", "-q", "origin", &refspec]).map_err(|error| {
            DispatchError::refused(format!("cannot push {}: {}", self.name, error.why))
                .hint("tow done    goes on from here once that is mended")
        })?;
        Ok(())
    }

    /// The issue that the branch is named after: `polecat/WORKER/ISSUE`, where `@` and what follows is no part of it.
    pub(super) fn issue_in_name(&self) -> Option<String> {
        let mut parts = self.name.strip_prefix("polecat/")?.split('/');
        let issue = parts.nth(1)?;
        Some(issue.split('@').next().unwrap_or(issue).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_may_be_named_after_its_issue() {
        for (name, issue) in [
            ("polecat/Toast", None),
            ("polecat/Toast-2", None),
            ("polecat/nux/gt-abc", Some("gt-abc")),
            ("polecat/nux/gt-abc.1@mk2abcd1", Some("gt-abc.1")),
            ("main", None),
        ] {
            let branch = Branch {
                name: name.into(),
                target: "main".into(),
                folder: "/".into(),
                has_remote: true,
            };
            assert_eq!(branch.issue_in_name().as_deref(), issue, "{name}");
        }
    }
}
