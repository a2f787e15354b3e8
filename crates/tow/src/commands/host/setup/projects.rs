//! Cloning projects on a host by their git remotes.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use towline_client::transport::ssh_words;

use super::super::remote::{self, Script};
use super::{Outcome, Setup, Step};
use crate::error::CommandError;
use crate::quote::shell_quoted;

const STEP: &str = "project";

const CLONE: &str = include_str!("clone.sh");

/// How long one clone may take.
const CLONE_DEADLINE: Duration = Duration::from_secs(3600);

/// A project here.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Project {
    name: String,
    remote: Remote,
    /// What another machine would not get, in words.
    unpushed: Option<String>,
}

/// Where a project can be cloned from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Remote {
    /// From here.
    Url(String),
    /// Only from this machine: a path.
    Path(String),
    /// It has no remote.
    None,
    /// It is no git repository.
    NoGit,
}

/// Clones the projects that were named, or all that are in the folder of projects here.
///
/// # Errors
/// Where one that was named is no folder.
pub(super) async fn run(setup: &mut Setup<'_>, named: &[PathBuf]) -> Result<(), CommandError> {
    let here = super::super::hosts(setup.context)?.local.projects;
    let folders = folders(named, here.as_deref().map(expanded).as_deref())?;
    if folders.is_empty() {
        let step = Step::new(STEP, Outcome::Skipped, "none was named");
        let hint = format!("tow host setup {} FOLDER…", setup.host.alias);
        setup.came_to(step.hint(hint));
        return Ok(());
    }
    let Some(there) = setup.host.projects.clone() else {
        let message = format!("the list says no folder of projects for {}", setup.host.alias);
        let hint = format!("tow host setup {} --projects '~/src'", setup.host.alias);
        setup.came_to(Step::new(STEP, Outcome::Skipped, message).hint(hint));
        return Ok(());
    };
    for folder in folders {
        let project = look(&folder).await;
        let step = clone(setup, &there, &project).await;
        setup.came_to(step);
    }
    Ok(())
}

/// The folders that are meant: those named, as paths or by their name in the folder of projects; else all in there.
fn folders(named: &[PathBuf], here: Option<&Path>) -> Result<Vec<PathBuf>, CommandError> {
    if named.is_empty() {
        let Some(here) = here else { return Ok(Vec::new()) };
        let entries = std::fs::read_dir(here).map_err(|error| {
            CommandError::io(format_args!("cannot read {}", here.display()), &error)
        })?;
        let hidden = |path: &PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
        };
        let paths = entries.flatten().map(|entry| entry.path());
        let mut folders: Vec<_> = paths.filter(|path| path.is_dir() && !hidden(path)).collect();
        folders.sort();
        return Ok(folders);
    }
    let find = |name: &PathBuf| {
        let mut places =
            [Some(name.clone()), here.map(|here| here.join(name))].into_iter().flatten();
        places
            .find(|path| path.is_dir())
            .ok_or_else(|| CommandError::usage(format!("no folder {} here", name.display())))
    };
    named.iter().map(find).collect()
}

fn expanded(path: &str) -> PathBuf {
    match (Path::new(path).strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

/// Finds out where a project here comes from.
async fn look(folder: &Path) -> Project {
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let git = async |arguments: &[&str]| git(&folder, arguments).await;
    let Some(remotes) = git(&["remote"]).await else {
        return Project { name, remote: Remote::NoGit, unpushed: None };
    };
    let names: Vec<&str> = remotes.lines().collect();
    let first = names.iter().find(|name| **name == "origin").or_else(|| names.first());
    let url = match first {
        Some(first) => git(&["remote", "get-url", first]).await,
        None => None,
    };
    let changed = git(&["status", "--porcelain"]).await.unwrap_or_default();
    let ahead = git(&["log", "--branches", "--not", "--remotes", "--format=%h"]).await;
    let unpushed = unpushed(changed.lines().count(), ahead.unwrap_or_default().lines().count());
    let remote = url.map_or(Remote::None, |url| remote_of(url.trim()));
    Project { name, remote, unpushed }
}

/// What git prints in a folder; `None` where it fails.
async fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments).stdin(Stdio::null());
    let output = command.kill_on_drop(true).output().await.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether another machine can clone from there. Git takes for a path what has neither a scheme nor a colon before its
/// first slash.
fn remote_of(url: &str) -> Remote {
    let host = url.split('/').next().unwrap_or(url);
    match url.starts_with("file://") || !(url.contains("://") || host.contains(':')) {
        true => Remote::Path(url.to_owned()),
        false => Remote::Url(url.to_owned()),
    }
}

fn unpushed(changed: usize, ahead: usize) -> Option<String> {
    let count = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{count} {what}s")),
    };
    let parts = [count(changed, "uncommitted change"), count(ahead, "unpushed commit")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("{} only here", parts.join(" and ")))
}

async fn clone(setup: &Setup<'_>, there: &str, project: &Project) -> Step {
    let Project { name, remote, unpushed } = project;
    let alias = &setup.host.alias;
    let url = match remote {
        Remote::Url(url) => url,
        Remote::Path(path) => {
            let message = format!("{name}: its remote is a path of this machine: {path}");
            return Step::new(STEP, Outcome::Skipped, message);
        }
        Remote::None => {
            let message = format!("{name} has no git remote: {alias} can't clone it");
            return Step::new(STEP, Outcome::Skipped, message);
        }
        Remote::NoGit => {
            return Step::new(STEP, Outcome::Skipped, format!("{name} is no git repository"));
        }
    };
    setup.context.say(format_args!("  cloning {name} on {alias}…"));
    let script = Script::new(CLONE, CLONE_DEADLINE).arguments([there, name, url]);
    let script = Script { forward_agent: setup.forward_agent, ..script };
    let ran = remote::run(&setup.host, &setup.options, &script, |_| {}).await;
    let output = ran.and_then(|ran| ran.succeeded(&format!("{name}: cannot clone {url}")));
    let noted = |message: String| match unpushed {
        Some(unpushed) => format!("{message}; {unpushed}"),
        None => message,
    };
    match output {
        Ok(output) if output.trim() == "there" => {
            Step::new(STEP, Outcome::Already, noted(format!("{name} is there")))
        }
        Ok(_) => Step::new(STEP, Outcome::Done, noted(format!("{name}: cloned into {there}"))),
        Err(error) => {
            // By hand git can ask.
            let path = format!("{}/{}", shell_quoted(there), shell_quoted(name));
            let path = path.replacen("'~/", "~/'", 1).replacen("'~'", "~", 1);
            let clone = format!("git clone {} {path}", shell_quoted(url));
            let by_hand =
                format!("ssh -t {} {}", ssh_words(&setup.host.address), shell_quoted(&clone));
            Step::failed(STEP, error).hint(by_hand)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_this_machine_is_no_remote_for_another() {
        for (url, expected) in [
            ("https://example.org/a.git", true),
            ("ssh://git@example.org/a", true),
            ("git@example.org:me/a.git", true),
            ("thor:src/a", true),
            ("/srv/git/a.git", false),
            ("../a", false),
            ("./a:b", false),
            ("~/a", false),
            ("file:///srv/a", false),
        ] {
            assert_eq!(matches!(remote_of(url), Remote::Url(_)), expected, "{url}");
        }
    }

    #[test]
    fn what_is_only_here_is_told() {
        for (changed, ahead, expected) in [
            (0, 0, None),
            (1, 0, Some("1 uncommitted change only here")),
            (2, 1, Some("2 uncommitted changes and 1 unpushed commit only here")),
            (0, 3, Some("3 unpushed commits only here")),
        ] {
            assert_eq!(unpushed(changed, ahead).as_deref(), expected);
        }
    }

    #[test]
    fn projects_are_named_by_path_or_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b", "a", ".hidden"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("file"), "").unwrap();
        let here = Some(folder.path());
        let join = |name: &str| folder.path().join(name);
        assert_eq!(folders(&[], None).unwrap(), Vec::<PathBuf>::new());
        assert_eq!(folders(&[], here).unwrap(), [join("a"), join("b")]);
        assert_eq!(folders(&["a".into(), join("b")], here).unwrap(), [join("a"), join("b")]);
        assert!(folders(&["nowhere".into()], here).is_err());
    }
}
