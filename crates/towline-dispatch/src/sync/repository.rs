//! The git repository that a ledger lies in, as far as ledgers that travel need it. Nothing here touches a file of the working tree
//! except where it is said, and the index only for the ledger's own files.

use std::path::{Path, PathBuf};

use towline_ledger::Ledger;

use crate::DispatchError;
use crate::git::{Git, GitError};

/// How often the index is asked for again, where another git holds it.
const INDEX_TRIES: u32 = 40;

/// The pause between two tries.
const INDEX_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// A repository with a ledger in its working tree.
#[derive(Debug, Clone)]
pub struct Repository {
    git: Git,
    /// The path of the ledger's folder from the root, with a slash at its end: `.beads/`.
    folder: String,
    /// The path of its file.
    pub(super) file: String,
}

impl Repository {
    /// The repository of a ledger; `None` where it lies in none.
    ///
    /// # Errors
    /// Where git can't be run.
    pub fn of(ledger: &Ledger) -> Result<Option<Self>, GitError> {
        let there = Git::at(ledger.folder());
        let asked = there.output(
            &["rev-parse", "--is-inside-work-tree", "--show-toplevel", "--show-prefix"],
            None,
        )?;
        let said = String::from_utf8_lossy(&asked.stdout);
        let mut lines = said.lines();
        let (Some("true"), Some(root), Some(folder)) = (lines.next(), lines.next(), lines.next())
        else {
            return Ok(None);
        };
        let name = ledger.file();
        let name = name.file_name().unwrap_or_default().to_string_lossy();
        let git = Git::at(PathBuf::from(root));
        Ok(Some(Self { git, folder: folder.to_owned(), file: format!("{folder}{name}") }))
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        self.git.folder()
    }

    /// Git in its root.
    pub fn git(&self) -> &Git {
        &self.git
    }

    /// The path of a file of the ledger's folder, from the root.
    pub(super) fn in_ledger(&self, name: &str) -> String {
        format!("{}{name}", self.folder)
    }

    /// The path of a file that stands beside the ledger's folder, from the root.
    pub(super) fn beside_ledger(&self, name: &str) -> String {
        let above = self.folder.trim_end_matches('/').rsplit_once('/');
        above.map_or_else(|| name.to_owned(), |(above, _)| format!("{above}/{name}"))
    }

    /// The path of a file of git's own.
    pub(super) fn git_path(&self, name: &str) -> Result<PathBuf, GitError> {
        Ok(self.root().join(self.git.run(&["rev-parse", "--git-path", name])?))
    }

    /// The branch; `None` where none is checked out.
    pub(super) fn branch(&self) -> Result<Option<String>, GitError> {
        let asked = self.git.output(&["symbolic-ref", "-q", "--short", "HEAD"], None)?;
        let name = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
        Ok((asked.status.success() && !name.is_empty()).then_some(name))
    }

    /// What a name stands for, where it is a commit's.
    pub(super) fn commit(&self, name: &str) -> Result<Option<String>, GitError> {
        let name = format!("{name}^{{commit}}");
        let asked = self.git.output(&["rev-parse", "-q", "--verify", name.as_str()], None)?;
        let id = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
        Ok((asked.status.success() && !id.is_empty()).then_some(id))
    }

    /// What is under way in the repository, that a person has to finish first.
    pub(super) fn under_way(&self) -> Result<Option<&'static str>, GitError> {
        for (name, what) in [
            ("MERGE_HEAD", "a merge"),
            ("rebase-merge", "a rebase"),
            ("rebase-apply", "a rebase"),
            ("CHERRY_PICK_HEAD", "a cherry-pick"),
            ("REVERT_HEAD", "a revert"),
        ] {
            if self.git_path(name)?.exists() {
                return Ok(Some(what));
            }
        }
        Ok(None)
    }

    /// Whether git is told not to look at a path.
    pub(super) fn ignores(&self, path: &str) -> Result<bool, GitError> {
        self.git.succeeds(&["check-ignore", "-q", "--", path])
    }

    /// A file of a commit's; `None` where it has none of this path.
    pub(super) fn file_at(
        &self,
        commit: Option<&str>,
        path: &str,
    ) -> Result<Option<Vec<u8>>, GitError> {
        let Some(commit) = commit else { return Ok(None) };
        let name = format!("{commit}:{path}");
        if self.git.output(&["rev-parse", "-q", "--verify", &name], None)?.status.success() {
            return self.git.bytes(&["cat-file", "blob", &name], None).map(Some);
        }
        Ok(None)
    }

    /// The version of the ledger that both sides of an unfinished merge come from; `None` where none is under way.
    ///
    /// # Errors
    /// Where git can't be run.
    pub fn unmerged_base(&self) -> Result<Option<Vec<u8>>, GitError> {
        self.file_at(Some(":1"), &self.file)
    }

    pub(super) fn is_ancestor(&self, one: &str, other: &str) -> Result<bool, GitError> {
        self.git.succeeds(&["merge-base", "--is-ancestor", one, other])
    }

    pub(super) fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, GitError> {
        let asked = self.git.output(&["merge-base", one, other], None)?;
        let id = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
        Ok((!id.is_empty()).then_some(id))
    }

    /// Makes a commit whose files are those of another with some in other versions. Neither a branch nor the index is touched.
    pub(super) fn commit_with(
        &self,
        on: Option<&str>,
        files: &[(String, Vec<u8>)],
        message: &str,
    ) -> Result<String, GitError> {
        let index = self.git_path(&format!("towline-index.{}", std::process::id()))?;
        let git = self.git.clone().with_env("GIT_INDEX_FILE", &index);
        let made = self.tree_with(&git, on, files);
        let _ = std::fs::remove_file(&index);
        let parents: Vec<&str> = on.into_iter().collect();
        self.commit_tree(&made?, &parents, message)
    }

    fn tree_with(
        &self,
        git: &Git,
        on: Option<&str>,
        files: &[(String, Vec<u8>)],
    ) -> Result<String, GitError> {
        match on {
            Some(commit) => git.run(&["read-tree", commit])?,
            None => git.run(&["read-tree", "--empty"])?,
        };
        put(git, files)?;
        git.run(&["write-tree"])
    }

    /// Makes a commit of a tree.
    pub(super) fn commit_tree(
        &self,
        tree: &str,
        parents: &[&str],
        message: &str,
    ) -> Result<String, GitError> {
        let mut arguments = vec!["commit-tree", tree, "-m", message];
        parents.iter().for_each(|parent| arguments.extend(["-p", parent]));
        self.signing().run(&arguments)
    }

    /// Git with somebody who makes commits: the one who is configured, else the user.
    fn signing(&self) -> Git {
        if self.git.succeeds(&["var", "GIT_COMMITTER_IDENT"]).unwrap_or(false)
            && self.git.succeeds(&["var", "GIT_AUTHOR_IDENT"]).unwrap_or(false)
        {
            return self.git.clone();
        }
        let name = std::env::var("USER").ok().filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| "tow".to_owned());
        let mail = format!("{name}@localhost");
        let git = self.git.clone();
        let git = git.with_env("GIT_AUTHOR_NAME", &name).with_env("GIT_AUTHOR_EMAIL", &mail);
        git.with_env("GIT_COMMITTER_NAME", &name).with_env("GIT_COMMITTER_EMAIL", &mail)
    }

    /// Moves a branch from one commit to another; whether it still was there.
    pub(super) fn move_branch(
        &self,
        branch: &str,
        from: Option<&str>,
        to: &str,
    ) -> Result<bool, GitError> {
        let name = format!("refs/heads/{branch}");
        let nothing = "0".repeat(to.len());
        self.git.succeeds(&[
            "update-ref",
            "-m",
            "tow ledger sync",
            &name,
            to,
            from.unwrap_or(&nothing),
        ])
    }

    /// Puts versions of files into the index, whatever is staged beside them.
    pub(super) fn stage(&self, files: &[(String, Vec<u8>)]) -> Result<(), GitError> {
        self.patiently(|| put(&self.git, files))
    }

    /// Whether what is staged of a path is what a commit has.
    pub(super) fn is_staged_as(&self, commit: Option<&str>, path: &str) -> Result<bool, GitError> {
        let staged =
            self.git.output(&["rev-parse", "-q", "--verify", &format!(":{path}")], None)?.stdout;
        let there = match commit {
            Some(commit) => {
                self.git
                    .output(&["rev-parse", "-q", "--verify", &format!("{commit}:{path}")], None)?
                    .stdout
            }
            None => Vec::new(),
        };
        Ok(staged == there)
    }

    /// Takes working tree and index from one commit to another, as `git checkout` does: what is not the same in both is changed, unless
    /// that would touch something that was changed by hand. Whether it was done; if not, nothing was.
    pub(super) fn go(&self, from: &str, to: &str, dry: bool) -> Result<bool, GitError> {
        // What has only another time is not changed.
        let _ = self.git.output(&["update-index", "-q", "--refresh"], None)?;
        let mut arguments = vec!["read-tree", "-m", "-u"];
        if dry {
            arguments.insert(1, "-n");
        }
        arguments.extend([from, to]);
        match self.patiently(|| self.git.run(&arguments)) {
            Ok(_) => Ok(true),
            Err(error) if error.status.is_some() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Tries again as long as another git holds the index.
    fn patiently<T>(&self, mut ask: impl FnMut() -> Result<T, GitError>) -> Result<T, GitError> {
        for _ in 1..INDEX_TRIES {
            match ask() {
                Err(error) if error.why.contains("index.lock") => std::thread::sleep(INDEX_PAUSE),
                done => return done,
            }
        }
        ask()
    }

    /// Keeps another sync of this repository out, for as long as what is returned lives.
    pub(super) fn lock(
        &self,
        patience: std::time::Duration,
    ) -> Result<std::fs::File, DispatchError> {
        let path = self.git_path("towline-sync.lock")?;
        let failed = |error: &std::io::Error| {
            let why = towline_client::io_error_in_words(error);
            DispatchError::refused(format!("cannot write {}: {why}", path.display()))
        };
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
        let file = file.map_err(|error| failed(&error))?;
        let end = std::time::Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(std::fs::TryLockError::WouldBlock) if std::time::Instant::now() < end => {
                    std::thread::sleep(INDEX_PAUSE);
                }
                Err(std::fs::TryLockError::WouldBlock) => {
                    return Err(DispatchError::refused(
                        "another sync of this repository doesn't come to its end",
                    ));
                }
                Err(std::fs::TryLockError::Error(error)) => return Err(failed(&error)),
            }
        }
    }
}

/// Puts versions of files into the index that a git uses.
fn put(git: &Git, files: &[(String, Vec<u8>)]) -> Result<(), GitError> {
    for (path, text) in files {
        let id = git.bytes(&["hash-object", "-w", "--stdin"], Some(text))?;
        let entry = format!("100644,{},{path}", String::from_utf8_lossy(&id).trim());
        git.run(&["update-index", "--add", "--cacheinfo", &entry])?;
    }
    Ok(())
}
