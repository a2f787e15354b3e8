//! Where a rig's repository comes from, and the clones of it.

use std::path::Path;

use crate::git::Git;
use crate::worktree::{SHARED, head_of};
use crate::{DispatchError, files};

/// What git is to be given for what a person typed: addresses as they are, paths whole.
pub(super) fn url(from: &str, here: &Path) -> Result<String, DispatchError> {
    if from.trim().is_empty() || from.starts_with('-') {
        return Err(
            DispatchError::usage(format!("{from:?} is no repository")).hint("a URL or a path")
        );
    }
    let path = here.join(from);
    if is_address(from) && !path.exists() {
        return Ok(from.to_owned());
    }
    let whole =
        std::fs::canonicalize(&path).map_err(|error| DispatchError::io("find", &path, &error))?;
    whole
        .to_str()
        .map(str::to_owned)
        .ok_or_else(|| DispatchError::usage(format!("the path {} is not UTF-8", whole.display())))
}

/// Whether this is an address of git's rather than a path: `scheme://…`, or `host:path` with the colon before any slash.
fn is_address(from: &str) -> bool {
    from.contains("://") || from.split('/').next().is_some_and(|first| first.contains(':'))
}

/// Makes the repository that the rig's worktrees share, and returns the branch that work goes to.
pub(super) fn clone_shared(
    folder: &Path,
    url: &str,
    branch: Option<&str>,
) -> Result<String, DispatchError> {
    files::folder(folder)?;
    let git = Git::at(folder);
    git.run(&["init", "-q", "--bare"])?;
    git.run(&["remote", "add", "--", "origin", url])?;
    git.run(&["-c", "maintenance.auto=false", "-c", "gc.auto=0", "fetch", "-q", "origin"])
        .map_err(|error| DispatchError::refused(format!("cannot get {url}: {}", error.why)))?;
    // Without a HEAD there, the usual names are tried.
    let _ = git.run(&["remote", "set-head", "origin", "--auto"]);
    if git.run(&["for-each-ref", "--count=1", "refs/remotes/origin"])?.is_empty() {
        let message = format!("{url} has no commits yet");
        return Err(DispatchError::refused(message)
            .hint("git commit --allow-empty -m Begin    there, and try again"));
    }
    let branch = match branch {
        Some(branch) => branch.to_owned(),
        None => head_of(&git)?,
    };
    if !git.succeeds(&[
        "show-ref",
        "--verify",
        "--quiet",
        &format!("refs/remotes/origin/{branch}"),
    ])? {
        let all =
            git.run(&["for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes/origin"])?;
        let all: Vec<&str> = all.lines().filter(|branch| *branch != "HEAD").take(10).collect();
        let error = DispatchError::refused(format!("{url} has no branch {branch}"));
        return Err(error.hint(format!("it has {}", all.join(", "))));
    }
    git.run(&["branch", "-q", "--track", &branch, &format!("origin/{branch}")])?;
    git.run(&["symbolic-ref", "HEAD", &format!("refs/heads/{branch}")])?;
    Ok(branch)
}

/// Makes the mayor's own clone, from what was got already.
pub(super) fn clone_for_mayor(rig: &Path, url: &str, branch: &str) -> Result<(), DispatchError> {
    let mayor = rig.join("mayor");
    files::folder(&mayor)?;
    let shared = rig.join(SHARED);
    Git::at(&mayor).run(&[
        "clone".as_ref(),
        "-q".as_ref(),
        "--branch".as_ref(),
        branch.as_ref(),
        "--".as_ref(),
        shared.as_os_str(),
        "rig".as_ref(),
    ])?;
    let git = Git::at(mayor.join("rig"));
    git.run(&["remote", "set-url", "--", "origin", url])?;
    git.run(&["fetch", "-q", "--prune", "origin"])?;
    let _ = git.run(&["remote", "set-head", "origin", "--auto"]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_paths() {
        for (text, expected) in [
            ("https://example.com/a.git", true),
            ("ssh://git@host/a", true),
            ("git@host:a/b.git", true),
            ("file:///a", true),
            ("/a/b", false),
            ("../a", false),
            ("a", false),
            ("a/b:c", false),
        ] {
            assert_eq!(is_address(text), expected, "{text}");
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a:b")).unwrap();
        assert!(url("a:b", folder.path()).unwrap().ends_with("/a:b"));
        assert!(url("none", folder.path()).is_err());
        assert!(url("-x", folder.path()).is_err());
    }
}
