//! What would be lost with a worktree.

use std::path::Path;

use crate::DispatchError;
use crate::git::Git;

/// How many of each are named in a message.
const NAMED: usize = 5;

/// What a worktree is like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The branch; empty where none is checked out.
    pub branch: String,
    /// The files that aren't committed, as git shows them.
    pub uncommitted: Vec<String>,
    /// The commits that the origin hasn't got: a short hash and the title.
    pub unpushed: Vec<String>,
}

impl State {
    /// Looks at a worktree.
    ///
    /// # Errors
    /// Where git can't say.
    pub fn of(folder: &Path) -> Result<Self, DispatchError> {
        let git = Git::at(folder);
        let lines = |text: String| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let files = lines(git.run(&["status", "--porcelain", "--untracked-files=normal"])?);
        let file = |line: &String| line.get(3..).unwrap_or(line).to_owned();
        let unpushed = git.run(&["log", "--format=%h %s", "HEAD", "--not", "--remotes=origin"])?;
        Ok(Self {
            branch: Self::branch_of(folder)?,
            uncommitted: files.iter().map(file).collect(),
            unpushed: lines(unpushed),
        })
    }

    /// The branch that is checked out in a folder; empty where none is.
    ///
    /// # Errors
    /// Where git can't say.
    pub fn branch_of(folder: &Path) -> Result<String, DispatchError> {
        Ok(Git::at(folder).run(&["branch", "--show-current"])?)
    }

    /// Nothing would be lost.
    pub fn is_clean(&self) -> bool {
        self.uncommitted.is_empty() && self.unpushed.is_empty()
    }

    /// What would be lost, in words; empty where nothing would.
    pub fn in_words(&self) -> String {
        let some = |items: &[String], what: &str, whats: &str| {
            let named = items.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = match items.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let what = if items.len() == 1 { what } else { whats };
            (!items.is_empty()).then(|| format!("{} {what} ({named}{more})", items.len()))
        };
        let files = some(&self.uncommitted, "uncommitted file", "uncommitted files");
        let commits = some(&self.unpushed, "unpushed commit", "unpushed commits");
        files.into_iter().chain(commits).collect::<Vec<_>>().join(" and ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_lost_is_named() {
        let some = |count: usize| (1..=count).map(|n| format!("f{n}")).collect::<Vec<_>>();
        for (uncommitted, unpushed, words) in [
            (0, 0, ""),
            (1, 0, "1 uncommitted file (f1)"),
            (7, 0, "7 uncommitted files (f1, f2, f3, f4, f5 and 2 more)"),
            (2, 1, "2 uncommitted files (f1, f2) and 1 unpushed commit (f1)"),
        ] {
            let state = State {
                branch: "b".into(),
                uncommitted: some(uncommitted),
                unpushed: some(unpushed),
            };
            assert_eq!(state.in_words(), words);
            assert_eq!(state.is_clean(), words.is_empty());
        }
    }
}
