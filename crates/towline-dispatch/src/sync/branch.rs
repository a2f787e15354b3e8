//! The branch: how it stands to the remote's, the commit that both are to have, and how it gets there.

use jiff::Timestamp;
use towline_ledger::merge::{self, Merged};
use towline_ledger::{Ledger, LedgerError};

use super::own::{self, Own};
use super::{Repository, SUBJECT, Synced, driver};
use crate::DispatchError;

/// How a branch stands to the remote's.
#[derive(Debug, Clone)]
pub(super) struct Place {
    branch: String,
    /// The remote branch's commit.
    pub(super) theirs: String,
    /// The commit that both ledgers come from.
    pub(super) base: Option<String>,
    /// The branch has commits of a person's that the remote lacks.
    own_commits: usize,
}

impl Place {
    pub(super) fn of(
        repository: &Repository,
        branch: &str,
        own: &Own,
        theirs: &str,
    ) -> Result<Self, DispatchError> {
        let Some(head) = &own.head else {
            return Ok(Self {
                branch: branch.into(),
                theirs: theirs.into(),
                base: None,
                own_commits: 0,
            });
        };
        let git_base = repository.merge_base(head, theirs)?;
        let base = match synced_to(repository, branch, head, theirs)? {
            Some(later) if later_than(repository, &later, git_base.as_deref())? => Some(later),
            _ => git_base,
        };
        let own_commits = peoples(repository, head, theirs)?;
        Ok(Self { branch: branch.into(), theirs: theirs.into(), base, own_commits })
    }

    /// The commit that the remote is to have: its own, where it has all; ours, where that has nothing of a person's; else a new one on
    /// top of its own.
    pub(super) fn target(
        &self,
        repository: &Repository,
        own: &Own,
        merged: &Merged,
        synced: &Synced,
    ) -> Result<String, DispatchError> {
        let files = self.files(repository, own, merged)?;
        if files.is_empty() {
            return Ok(self.theirs.clone());
        }
        if let Some(head) = &own.head
            && self.own_commits == 0
            && merged.text == own.text
            && repository.is_ancestor(&self.theirs, head)?
        {
            return Ok(head.clone());
        }
        let changes =
            if merged.report.went.count() > 0 { &merged.report.went } else { &synced.committed };
        Ok(repository.commit_with(Some(&self.theirs), &files, &own::message(changes))?)
    }

    /// The files of the ledger in which the remote's commit is to be other.
    fn files(
        &self,
        repository: &Repository,
        own: &Own,
        merged: &Merged,
    ) -> Result<Vec<(String, Vec<u8>)>, DispatchError> {
        let mut files = Vec::new();
        let at = |commit: Option<&str>, path: &str| repository.file_at(commit, path);
        let (ours, theirs) = (own.head.as_deref(), Some(self.theirs.as_str()));
        let there = at(theirs, &repository.file)?;
        if there.as_ref() != Some(&merged.text) && !(there.is_none() && merged.text.is_empty()) {
            files.push((repository.file.clone(), merged.text.clone()));
        }
        let attributes = repository.beside_ledger(driver::ATTRIBUTES);
        let there = at(theirs, &attributes)?.unwrap_or_default();
        if let Some(line) =
            at(ours, &attributes)?.and_then(|text| driver::line_in(&text, repository))
            && driver::line_in(&there, repository).is_none()
        {
            files.push((attributes, driver::with_line(&there, &line)));
        }
        for name in [driver::IGNORES, "config.yaml"] {
            let path = repository.in_ledger(name);
            let (here, there) = (at(ours, &path)?, at(theirs, &path)?);
            if let Some(text) = here.filter(|here| there.as_ref() != Some(here))
                && at(self.base.as_deref(), &path)? == there
            {
                files.push((path, text));
            }
        }
        Ok(files)
    }

    /// Brings the merged ledger into the working tree, and the branch as far as it can go without touching anything of a person's. `false`
    /// where somebody has committed meanwhile.
    pub(super) fn settle(
        &self,
        repository: &Repository,
        ledger: &Ledger,
        own: &Own,
        merged: &Merged,
        target: &str,
        synced: &mut Synced,
    ) -> Result<bool, DispatchError> {
        write(ledger, own, merged)?;
        if own.head.as_deref() == Some(target) {
            synced.together = true;
            return Ok(true);
        }
        if self.own_commits == 0 && self.goes(repository, own, merged, target, synced)? {
            return Ok(synced.together);
        }
        self.stays(repository, own, merged, target, synced)
    }

    /// Takes the branch to the target, where nothing that was changed by hand is in the way.
    fn goes(
        &self,
        repository: &Repository,
        own: &Own,
        merged: &Merged,
        target: &str,
        synced: &mut Synced,
    ) -> Result<bool, DispatchError> {
        let head = own.head.as_deref();
        // The ledger's file is there already: git must not write it, which it would do in two steps.
        let ledger = [(repository.file.clone(), merged.text.clone())];
        if merged.text.is_empty() && repository.file_at(Some(target), &repository.file)?.is_none() {
            return Ok(false);
        }
        repository.stage(&ledger)?;
        // The tree of a branch without a commit is the empty one.
        let from = match head {
            Some(head) => head.to_owned(),
            None => repository.git().run(&["hash-object", "-t", "tree", "--stdin"])?,
        };
        if !repository.go(&from, target, true)? {
            repository.stage(&[(repository.file.clone(), own.text.clone())])?;
            synced.notes.push("files that were changed by hand are in the way of the remote's commits: git pull takes them in when you are ready".to_owned());
            return Ok(false);
        }
        if !repository.move_branch(&self.branch, head, target)? {
            return Ok(true);
        }
        synced.together = true;
        if !repository.go(&from, target, false)? {
            synced.notes.push("the working tree was changed meanwhile: git status".to_owned());
        }
        Ok(true)
    }

    /// Commits the merged ledger on the branch, which stays where it is, and notes what it has been merged with.
    fn stays(
        &self,
        repository: &Repository,
        own: &Own,
        merged: &Merged,
        target: &str,
        synced: &mut Synced,
    ) -> Result<bool, DispatchError> {
        let mut head = own.head.clone();
        if merged.text != own.text {
            let files = [(repository.file.clone(), merged.text.clone())];
            let commit = repository.commit_with(
                head.as_deref(),
                &files,
                &own::message(&merged.report.came),
            )?;
            if !repository.move_branch(&self.branch, head.as_deref(), &commit)? {
                return Ok(false);
            }
            repository.stage(&files)?;
            head = Some(commit);
        }
        let Some(head) = head else { return Ok(true) };
        let tree = format!("{target}^{{tree}}");
        let tree = repository.git().run(&["rev-parse", &tree])?;
        let record = repository.commit_tree(&tree, &[&head, target], "Synced")?;
        repository.git().run(&["update-ref", &reference(&self.branch), &record])?;
        if self.own_commits > 0 {
            let commits = if self.own_commits == 1 { "commit" } else { "commits" };
            synced.notes.push(format!(
                "{} has {} {commits} of yours that aren't pushed: they stay here, only the ledger was synced",
                self.branch, self.own_commits
            ));
        }
        Ok(true)
    }
}

/// Puts the merged ledger in the file's place, with what was changed there since.
fn write(ledger: &Ledger, own: &Own, merged: &Merged) -> Result<(), LedgerError> {
    ledger.rewrite(|issues| {
        let here = issues.bytes();
        Ok(Some(match here == own.text {
            true => merged.text.clone(),
            false => merge::merge(&own.text, here, &merged.text, Timestamp::now()).text,
        }))
    })
}

fn reference(branch: &str) -> String {
    format!("refs/towline/synced/{branch}")
}

/// The remote's commit that the branch's ledger was merged with last: a commit notes it whose parents are the branch and that commit
/// as they were then. It counts as long as both still come from these.
fn synced_to(
    repository: &Repository,
    branch: &str,
    head: &str,
    theirs: &str,
) -> Result<Option<String>, DispatchError> {
    let record = reference(branch);
    let [ours, other] = [format!("{record}^1"), format!("{record}^2")];
    let (Some(ours), Some(other)) = (repository.commit(&ours)?, repository.commit(&other)?) else {
        return Ok(None);
    };
    let counts = repository.is_ancestor(&ours, head)? && repository.is_ancestor(&other, theirs)?;
    Ok(counts.then_some(other))
}

fn later_than(
    repository: &Repository,
    one: &str,
    other: Option<&str>,
) -> Result<bool, DispatchError> {
    match other {
        Some(other) => Ok(repository.is_ancestor(other, one)?),
        None => Ok(true),
    }
}

/// How many commits a branch has beyond another that a person has made: others than those that a sync makes of the ledger's files.
fn peoples(repository: &Repository, head: &str, theirs: &str) -> Result<usize, DispatchError> {
    let range = format!("{theirs}..{head}");
    let git = repository.git();
    let all = git.run(&["log", "--format=%H %P%x09%s", &range])?;
    let own = [
        repository.file.clone(),
        repository.in_ledger(driver::IGNORES),
        repository.in_ledger("config.yaml"),
        repository.beside_ledger(driver::ATTRIBUTES),
    ];
    let excluded = own.iter().map(|path| format!(":(top,exclude,literal){path}"));
    let mut arguments = vec![
        "log".to_owned(),
        "--format=%H".to_owned(),
        range.clone(),
        "--".to_owned(),
        ":(top)".to_owned(),
    ];
    arguments.extend(excluded);
    let others = git.run(&arguments)?;
    let others: std::collections::HashSet<&str> = others.lines().collect();
    let is_peoples = |line: &&str| {
        let (ids, subject) = line.split_once('\t').unwrap_or((line, ""));
        let mut ids = ids.split(' ');
        let id = ids.next().unwrap_or_default();
        subject != SUBJECT || ids.filter(|id| !id.is_empty()).count() > 1 || others.contains(id)
    };
    Ok(all.lines().filter(is_peoples).count())
}
