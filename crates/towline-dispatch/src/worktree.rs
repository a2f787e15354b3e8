//! Worktrees of a rig's workers: made, looked at, begun anew, removed. All of a rig's share one repository.

mod branch;
mod furnish;
mod state;

use std::path::{Path, PathBuf};

use towline_ledger::Identity;
use towline_ledger::place::{Rig, Town, check_worker_name};

use crate::git::Git;
use crate::lock::Lock;
use crate::{DispatchError, files};

pub(crate) use branch::head_of;
pub use furnish::{furnish, ledger_of};
pub use state::State;

/// The repository that a rig's worktrees share, below the rig's folder.
pub const SHARED: &str = ".repo.git";

/// A polecat's worktree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worktree {
    /// Whose it is.
    pub identity: Identity,
    /// Its folder.
    pub folder: PathBuf,
    /// Its branch.
    pub branch: String,
    /// It wasn't there before.
    pub made: bool,
}

/// The worktrees of one rig.
#[derive(Debug, Clone)]
pub struct Worktrees<'a> {
    /// The town.
    pub town: &'a Town,
    /// The rig.
    pub rig: Rig,
    /// The text of `.claude/settings.local.json` in each.
    pub settings: &'a str,
}

impl<'a> Worktrees<'a> {
    /// Those of a rig.
    ///
    /// # Errors
    /// Where the town has no such rig.
    pub fn of(town: &'a Town, rig: &str, settings: &'a str) -> Result<Self, DispatchError> {
        Ok(Self { town, rig: town.rig(rig)?, settings })
    }

    /// The repository that they share: in rigs of older versions of Gas Town the mayor's clone.
    pub fn repository(&self) -> Git {
        let shared = self.rig.folder.join(SHARED);
        Git::at(if shared.is_dir() { shared } else { self.rig.folder.join("mayor/rig") })
    }

    /// The branch that work goes to, without the remote's name.
    ///
    /// # Errors
    /// Where git can't say.
    pub fn target(&self) -> Result<String, DispatchError> {
        match &self.rig.default_branch {
            Some(branch) => Ok(branch.clone()),
            None => branch::head_of(&self.repository()),
        }
    }

    /// Makes a polecat's worktree, on a new branch from the newest that the origin has. One that is there stays as it is.
    ///
    /// # Errors
    /// Where the name can't be one, or git refuses. Then nothing is left of it.
    pub fn make(&self, name: &str, say: &mut dyn FnMut(String)) -> Result<Worktree, DispatchError> {
        check_worker_name(name)?;
        let identity = Identity::polecat(&self.rig.name, name)?;
        let _lock = self.lock(say)?;
        let folder = self.folder(&identity);
        let half = self.rig.folder.join("polecats").join(format!(".{name}.making"));
        if folder.join(".git").exists() && !half.exists() {
            furnish(self, &folder, say)?;
            let branch = State::branch_of(&folder)?;
            return Ok(Worktree { identity, folder, branch, made: false });
        }
        let repository = self.repository();
        if half.exists() {
            // Somebody was stopped while making it.
            let _ = repository.run(&[
                "worktree".as_ref(),
                "remove".as_ref(),
                "--force".as_ref(),
                folder.as_os_str(),
            ]);
            files::remove(&folder)?;
        }
        if std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
            let message = format!("{} is there, and is no worktree", folder.display());
            return Err(DispatchError::refused(message)
                .hint(format!("tow polecat add {} ANOTHER-NAME", self.rig.name)));
        }
        files::replace(&half, "")?;
        let made = self.check_out(&repository, &folder, name, say).and_then(|branch| {
            furnish(self, &folder, say)?;
            Ok(Worktree { identity, folder: folder.clone(), branch, made: true })
        });
        if made.is_err() {
            let _ = repository.run(&[
                "worktree".as_ref(),
                "remove".as_ref(),
                "--force".as_ref(),
                folder.as_os_str(),
            ]);
            files::remove(&folder)?;
        }
        files::remove(&half)?;
        made
    }

    fn check_out(
        &self,
        repository: &Git,
        folder: &Path,
        name: &str,
        say: &mut dyn FnMut(String),
    ) -> Result<String, DispatchError> {
        // Worktrees that somebody removed by hand.
        repository.run(&["worktree", "prune"])?;
        branch::fetch(repository, say);
        let start = format!("origin/{}", self.target()?);
        let branch = branch::free(repository, name, &start, None)?;
        let arguments = ["worktree", "add", "-q", "--no-track", "-B", &branch]
            .map(AsRef::<std::ffi::OsStr>::as_ref);
        repository.run(&[&arguments[..], &[folder.as_os_str(), start.as_ref()]].concat())?;
        Ok(branch)
    }

    /// Gets a worktree in which nothing is unfinished ready for the next piece of work: the newest that the origin has, on a branch
    /// that isn't waiting to be merged. Returns the branch.
    ///
    /// # Errors
    /// Where git refuses.
    pub fn begin_anew(
        &self,
        name: &str,
        say: &mut dyn FnMut(String),
    ) -> Result<String, DispatchError> {
        let identity = Identity::polecat(&self.rig.name, name)?;
        let _lock = self.lock(say)?;
        let git = Git::at(self.folder(&identity));
        branch::fetch(&git, say);
        let start = format!("origin/{}", self.target()?);
        let own = State::branch_of(git.folder())?;
        let branch = branch::free(&git, name, &start, Some(&own))?;
        git.run(&["checkout", "-q", "--no-track", "-B", &branch, &start])?;
        Ok(branch)
    }

    /// Removes a polecat's worktree. Its branch goes with it where the origin has all of it. Returns the branch, where it is kept.
    ///
    /// # Errors
    /// Where there is none, or git refuses. Whether something in it would be lost is the caller's to ask: [`State::of`].
    pub fn remove(&self, name: &str) -> Result<Option<String>, DispatchError> {
        let identity = Identity::polecat(&self.rig.name, name)?;
        let _lock = self.lock(&mut |_| {})?;
        let folder = self.folder(&identity);
        let repository = self.repository();
        let state = State::of(&folder).ok();
        let _ = repository.run(&[
            "worktree".as_ref(),
            "remove".as_ref(),
            "--force".as_ref(),
            folder.as_os_str(),
        ]);
        // What git doesn't know, or left.
        if let Some(whole) = self.town.folder_of(&identity) {
            files::remove(&whole)?;
        }
        repository.run(&["worktree", "prune"])?;
        let Some(state) = state.filter(|state| !state.branch.is_empty()) else { return Ok(None) };
        if state.unpushed.is_empty() {
            let _ = repository.run(&["branch", "-q", "-D", &state.branch]);
            return Ok(None);
        }
        Ok(Some(state.branch))
    }

    /// Where a polecat's files are.
    pub fn folder(&self, identity: &Identity) -> PathBuf {
        // Only persons have none.
        self.town.worktree_of(identity).unwrap_or_else(|| self.rig.folder.clone())
    }

    /// The right to make and remove worktrees of the rig, until it is dropped.
    fn lock(&self, say: &mut dyn FnMut(String)) -> Result<Lock, DispatchError> {
        Lock::take(&self.rig.folder.join("polecats").join(".lock"), say)
    }
}
