//! Which folder holds the ledger: the nearest `.beads`, the redirects that lead on from it, and the routes of a town, which say
//! where the issues with a prefix are.
//!
//! Files are read here, nothing is written.

mod table;

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::words::io_error;

pub use table::{Route, Routes, routes_with, routes_without};

/// The folder that holds a ledger.
pub const BEADS: &str = ".beads";

/// The file in it that says that the ledger is elsewhere.
const REDIRECT: &str = "redirect";

/// How often a ledger may be said to be elsewhere. More is a mistake.
const MOST_HOPS: usize = 3;

/// Why the folder of a ledger can't be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// A file that can't be read.
    #[error("cannot read {}: {problem}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it, in words.
        problem: String,
    },
    /// A redirect to a folder that isn't there.
    #[error("{} leads to {}, which is no folder", file.display(), target.display())]
    BrokenRedirect {
        /// The redirect.
        file: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A redirect to where one has been before.
    #[error("{} leads back to {}: remove one of the redirects", file.display(), target.display())]
    Loop {
        /// The redirect.
        file: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// More redirects in a row than are followed.
    #[error(
        "{} is the redirect after {MOST_HOPS} others: let the first one lead to the ledger itself",
        file.display()
    )]
    TooManyHops {
        /// The redirect that isn't followed.
        file: PathBuf,
    },
    /// A line that is no route.
    #[error("{}, line {line}: {problem}", file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it, in words.
        problem: String,
    },
    /// A route to a folder that isn't in the town.
    #[error("{}, line {line}: the route for {prefix} leads out of the town: {path}", file.display())]
    Outside {
        /// The file with the route.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// The prefix.
        prefix: String,
        /// The path as it stands there.
        path: String,
    },
    /// A route to a folder without a ledger.
    #[error("{}, line {line}: the route for {prefix} leads to {}, which isn't there", file.display(), target.display())]
    Missing {
        /// The file with the route.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// The prefix.
        prefix: String,
        /// The ledger's folder it leads to.
        target: PathBuf,
    },
}

/// The nearest `.beads` folder, from `folder` (an absolute path) upwards. Redirects are not followed yet.
///
/// Not beyond the root of a git repository, except in a town, where clones lie below the rig that has the ledger, and not beyond
/// the town. A worktree has the ledger of the repository it belongs to, and a clone of a rig's worker that of the rig, so that all
/// of them see the same, unless a redirect of its own says otherwise: what git put there is a copy of some other time. A folder without anything of a ledger counts where there is no better one; the one in a person's home
/// doesn't then, since it may hold formulas alone.
pub fn find_beads(folder: &Path, town: Option<&Path>, home: Option<&Path>) -> Option<PathBuf> {
    let mut without_ledger = None;
    for ancestor in folder.ancestors() {
        let own = ancestor.join(BEADS);
        let git = ancestor.join(".git");
        if git.exists() && !own.join(REDIRECT).is_file() {
            let of_rig = town.map(|town| of_rig(town, ancestor)).unwrap_or_default();
            let of_main = main_repository(&git).map(|main| main.join(BEADS));
            let shared = of_rig.into_iter().chain(of_main).find(|beads| holds_ledger(beads));
            if shared.is_some() {
                return shared;
            }
        }
        if own.is_dir() {
            if holds_ledger(&own) {
                return Some(own);
            }
            if home != Some(ancestor) {
                without_ledger.get_or_insert(own);
            }
        }
        let end = match town {
            Some(town) => ancestor == town,
            None => git.exists(),
        };
        if end {
            break;
        }
    }
    without_ledger
}

/// Where a rig may have its ledger, if a folder is where one of its workers has a worktree or clone of it.
fn of_rig(town: &Path, folder: &Path) -> Vec<PathBuf> {
    let below = folder.strip_prefix(town).unwrap_or(Path::new(""));
    let parts: Vec<&str> =
        below.components().filter_map(|part| part.as_os_str().to_str()).collect();
    match parts.as_slice() {
        [rig, "polecats" | "crew", _] | [rig, "polecats", _, _] | [rig, "refinery", "rig"] => {
            let rig = town.join(rig);
            vec![rig.join(BEADS), rig.join("mayor").join("rig").join(BEADS)]
        }
        _ => Vec::new(),
    }
}

/// The repository that a worktree belongs to, by its `.git` file.
fn main_repository(git: &Path) -> Option<PathBuf> {
    if !git.is_file() {
        return None;
    }
    let text = fs::read_to_string(git).ok()?;
    let folder = text.lines().next()?.strip_prefix("gitdir:")?.trim();
    // `REPOSITORY/.git/worktrees/NAME`
    let folder = without_dots(&git.parent()?.join(folder));
    let worktrees = folder.parent()?;
    let common = worktrees.parent()?;
    let is_worktree = worktrees.file_name()? == "worktrees" && common.file_name()? == ".git";
    common.parent().filter(|_| is_worktree).map(Path::to_owned)
}

/// Whether a folder has anything in it that makes it a ledger's: issues, a database, settings or a redirect.
fn holds_ledger(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        matches!(&*name, REDIRECT | "metadata.json" | "config.yaml")
            || name.ends_with(".jsonl")
            || (name.ends_with(".db") && !name.contains(".backup") && name != "vc.db")
    })
}

/// The ledger's folder that a `.beads` folder stands for: itself, or where its redirect leads, at most three times over.
///
/// The path in a redirect is seen from the folder that holds `.beads`; from `.beads` itself where that leads nowhere, as some
/// versions of beads see it.
///
/// # Errors
///
/// Where a redirect can't be read, leads to no folder, or leads in a circle; each names the file.
pub fn follow(beads: &Path) -> Result<PathBuf, RouteError> {
    let mut here = without_dots(beads);
    let mut been = Vec::new();
    while let Some((file, path)) = redirect(&here)? {
        if been.len() == MOST_HOPS {
            return Err(RouteError::TooManyHops { file });
        }
        let from_project = without_dots(&here.parent().unwrap_or(&here).join(&path));
        let from_beads = without_dots(&here.join(&path));
        let target = match (from_project.is_dir(), from_beads.is_dir()) {
            (true, _) => from_project,
            (false, true) => from_beads,
            (false, false) => {
                return Err(RouteError::BrokenRedirect { file, target: from_project });
            }
        };
        been.push(here);
        if been.contains(&target) {
            return Err(RouteError::Loop { file, target });
        }
        here = target;
    }
    Ok(here)
}

/// The redirect in a `.beads` folder and the path it holds: the first line that isn't empty or a comment.
fn redirect(beads: &Path) -> Result<Option<(PathBuf, String)>, RouteError> {
    let file = beads.join(REDIRECT);
    match fs::read_to_string(&file) {
        Ok(text) => {
            let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
            let path = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
            Ok(path.map(|path| (file, path.to_owned())))
        }
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(RouteError::File { file, problem: io_error(&error) }),
    }
}

/// The text of a redirect from a folder of a town to a ledger's folder: the path from the one to the other.
pub fn redirect_text(from: &Path, ledger: &Path) -> String {
    let (from, to) = (without_dots(from), without_dots(ledger));
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(to.components().skip(shared)).collect();
    format!("{}\n", path.display())
}

/// A path without `.` and `..`, told by its text alone: what is a link stays one.
pub(crate) fn without_dots(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match out.components().next_back() {
                Some(Component::Normal(_)) => {
                    out.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                _ => out.push(".."),
            },
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests;
