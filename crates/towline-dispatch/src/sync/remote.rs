//! The remote: which one, fetching from it, and pushing to it.

use std::time::Duration;

use super::Repository;
use crate::DispatchError;
use crate::git::GitError;

/// Where a branch's commits come from and go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Upstream {
    pub(super) remote: String,
    pub(super) branch: String,
}

/// What came of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pushed {
    Taken,
    /// Somebody else has pushed in between.
    Raced,
    Refused(String),
}

/// The remote and its branch, or one line why there is none: that of the branch, else the only remote, else `origin`, with a branch of the
/// same name.
pub(super) fn upstream(
    repository: &Repository,
    branch: &str,
    named: Option<&str>,
) -> Result<Result<Upstream, String>, DispatchError> {
    let git = repository.git();
    let config = |key: &str| -> Result<Option<String>, GitError> {
        let asked = git.output(&["config", "--get", &format!("branch.{branch}.{key}")], None)?;
        let value = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
        Ok((!value.is_empty()).then_some(value))
    };
    let remotes = git.run(&["remote"])?;
    let remotes: Vec<&str> = remotes.lines().collect();
    if let Some(named) = named.filter(|named| !remotes.contains(named)) {
        let known =
            if remotes.is_empty() { "there is none".to_owned() } else { remotes.join(", ") };
        return Err(DispatchError::NotFound {
            message: format!("no remote is called {named:?}"),
            hints: vec![format!("git remote    {known}")],
        });
    }
    let theirs =
        config("merge")?.and_then(|name| name.strip_prefix("refs/heads/").map(str::to_owned));
    let own = config("remote")?.filter(|remote| remotes.contains(&remote.as_str()));
    let remote = match (named, &own, &remotes[..]) {
        (Some(named), ..) => named.to_owned(),
        (None, Some(own), _) => own.clone(),
        (None, None, []) => {
            return Ok(Err("there is no remote: what was committed stays here".to_owned()));
        }
        (None, None, [only]) => (*only).to_owned(),
        (None, None, several) if several.contains(&"origin") => "origin".to_owned(),
        (None, None, several) => {
            let message = format!("{branch} could go to {}", several.join(", "));
            let hints = vec![format!("tow ledger sync --remote {}", several[0])];
            return Err(DispatchError::Usage { message, hints });
        }
    };
    // What it is called there counts for its own remote only.
    let theirs = theirs.filter(|_| own.as_deref() == Some(&remote));
    Ok(Ok(Upstream { branch: theirs.unwrap_or_else(|| branch.to_owned()), remote }))
}

/// Fetches, and tells the remote branch's commit; `None` where it has no such branch.
pub(super) fn fetch(
    repository: &Repository,
    upstream: &Upstream,
    deadline: Duration,
) -> Result<Option<String>, GitError> {
    let Upstream { remote, branch } = upstream;
    let tracking = format!("refs/remotes/{remote}/{branch}");
    let what = format!("+refs/heads/{branch}:{tracking}");
    let git = repository.git().clone().with_deadline(deadline);
    match git.run(&[
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        remote,
        &what,
    ]) {
        Ok(_) => repository.commit(&tracking),
        Err(error) if error.why.contains("couldn't find remote ref") => Ok(None),
        Err(error) => Err(error),
    }
}

/// Pushes one commit to the remote's branch. Hooks of this repository are for what people push.
pub(super) fn push(
    repository: &Repository,
    upstream: &Upstream,
    commit: &str,
    deadline: Duration,
) -> Result<Pushed, DispatchError> {
    let Upstream { remote, branch } = upstream;
    let what = format!("{commit}:refs/heads/{branch}");
    let git = repository.git().clone().with_deadline(deadline);
    let pushed = match git.output(&["push", "--porcelain", "--no-verify", remote, &what], None) {
        Ok(pushed) => pushed,
        // Too late: it may have come through.
        Err(error) => return Ok(Pushed::Refused(error.why)),
    };
    if pushed.status.success() {
        return Ok(Pushed::Taken);
    }
    let [out, said] = [&pushed.stdout, &pushed.stderr].map(|text| String::from_utf8_lossy(text));
    Ok(refusal(&out, &said))
}

/// What git says of a push that failed.
fn refusal(out: &str, said: &str) -> Pushed {
    let line = out.lines().find(|line| line.starts_with('!'));
    let Some(line) = line else {
        let fatal =
            said.lines().find(|line| line.starts_with("fatal:") || line.starts_with("error:"));
        let why =
            fatal.or(said.lines().rfind(|line| !line.trim().is_empty())).unwrap_or("it failed");
        return Pushed::Refused(
            why.trim_start_matches("fatal: ").trim_start_matches("error: ").to_owned(),
        );
    };
    let reason = line.split('\t').nth(2).unwrap_or(line).trim();
    // Two that are taken in at once stand in each other's way.
    let locked = [
        "cannot lock ref",
        "failed to update ref",
        "incorrect old value",
        "fetch first",
        "non-fast-forward",
        "reference already exists",
    ];
    if reason.starts_with("[rejected]")
        || locked.iter().any(|one| reason.contains(one) || said.contains(one))
    {
        return Pushed::Raced;
    }
    // What a hook of theirs says is more than that it said no.
    let told = said
        .lines()
        .find_map(|line| line.strip_prefix("remote: "))
        .map(str::trim)
        .filter(|told| !told.is_empty());
    let reason = reason.trim_start_matches("[remote rejected] ");
    Pushed::Refused(told.map_or_else(|| reason.to_owned(), |told| format!("{reason}: {told}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_race_is_told_from_a_refusal() {
        let raced = |reason: &str| format!("To /x\n!\tabc:refs/heads/main\t{reason}\nDone\n");
        for (reason, said, expected) in [
            ("[rejected] (fetch first)", "", Pushed::Raced),
            ("[rejected] (non-fast-forward)", "", Pushed::Raced),
            (
                "[remote rejected] (cannot lock ref 'refs/heads/main': is at 1 but expected 2)",
                "",
                Pushed::Raced,
            ),
            ("[remote rejected] (failed to update ref)", "", Pushed::Raced),
            (
                "[remote rejected] (pre-receive hook declined)",
                "remote: main is protected\nerror: failed to push some refs to '/x'\n",
                Pushed::Refused("(pre-receive hook declined): main is protected".into()),
            ),
        ] {
            assert_eq!(refusal(&raced(reason), said), expected, "{reason}");
        }
        let away = "fatal: Could not read from remote repository.\n\nPlease make sure\n";
        assert_eq!(
            refusal("", away),
            Pushed::Refused("Could not read from remote repository.".into())
        );
    }
}
