//! Making a rig: a project's folder in a town, with clones, worktrees and a ledger.

mod prefix;
mod source;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use towline_ledger::place::{
    NewRig, Rig, Town, check_rig_name, rig_json, rigs_json, rigs_json_with, rigs_json_without,
};
use towline_ledger::routes::{BEADS, routes_with, routes_without};
use towline_ledger::{Ledger, time};

use crate::git::Git;
use crate::lock::Lock;
use crate::town::SETTINGS;
use crate::worktree::{SHARED, State, Worktrees, furnish};
use crate::{DispatchError, files};

/// A rig's own file, and its name once the rig is no longer the town's.
const CONFIG: &str = "config.json";
const REMOVED: &str = "config.removed.json";

/// Stands in a rig's folder while it is made.
const MAKING: &str = ".making";

/// Held by whoever changes the town's list of rigs, below the town's folder.
const LOCK: &str = "mayor/.rigs.lock";

/// What a new rig is to be.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where its repository comes from: what git takes, or a path.
    pub from: &'a str,
    /// The folder that a path is seen from.
    pub here: &'a Path,
    /// The prefix of its issues; derived from the name where nobody says one.
    pub prefix: Option<&'a str>,
    /// The branch that work goes to; the one that the repository's HEAD is where nobody says one.
    pub branch: Option<&'a str>,
    /// The text of `.claude/settings.local.json` for its agents.
    pub settings: &'a str,
}

/// A rig that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The rig.
    pub rig: Rig,
    /// The prefix of its issues.
    pub prefix: String,
    /// The prefix is that of issues that the repository had.
    pub detected: bool,
    /// Its ledger's folder.
    pub ledger: PathBuf,
}

/// Makes a rig. One that was removed from the town's list only comes back.
///
/// # Errors
/// Where the name or prefix can't be one or is taken, or the repository can't be had. Then nothing is left of it; what a killed
/// process left is made anew.
pub fn add(
    town: &Town,
    asked: &Asked<'_>,
    say: &mut dyn FnMut(String),
) -> Result<Added, DispatchError> {
    check_rig_name(asked.name)?;
    let url = source::url(asked.from, asked.here)?;
    let folder = town.root.join(asked.name);
    let _lock = Lock::take(&town.root.join(LOCK), say)?;
    if folder.exists() && !is_half_made(&folder) {
        return bring_back(town, asked, &url, &folder);
    }
    files::remove(&folder)?;
    prefix::check_asked(town, asked)?;
    files::replace(&folder.join(MAKING), "")?;
    let made = make(town, asked, &url, &folder, say);
    if made.is_err() {
        // What was wrong is what is told, not what goes wrong in clearing up.
        let _ = unregister(town, asked.name);
        files::remove(&folder)?;
    }
    made
}

/// Whether a folder is what somebody who was killed left of a rig: all of it, or just its beginning.
fn is_half_made(folder: &Path) -> bool {
    let begun = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with(MAKING);
    folder.join(MAKING).exists()
        || std::fs::read_dir(folder).is_ok_and(|entries| entries.flatten().all(begun))
}

fn make(
    town: &Town,
    asked: &Asked<'_>,
    url: &str,
    folder: &Path,
    say: &mut dyn FnMut(String),
) -> Result<Added, DispatchError> {
    let branch = source::clone_shared(&folder.join(SHARED), url, asked.branch)?;
    say(format!("   ✓ Created shared bare repo ({SHARED})"));
    source::clone_for_mayor(folder, url, &branch)?;
    say(format!("   ✓ Created mayor clone (mayor/rig, branch {branch})"));
    let shared = Git::at(folder.join(SHARED));
    let refinery = folder.join("refinery/rig");
    let arguments = ["worktree", "add", "-q"].map(AsRef::<std::ffi::OsStr>::as_ref);
    files::folder(&folder.join("refinery"))?;
    shared.run(&[&arguments[..], &[refinery.as_os_str(), branch.as_ref()]].concat())?;
    say("   ✓ Created refinery worktree (refinery/rig)".into());
    let (prefix, detected) = prefix::decide(town, asked, folder)?;
    let tracked = folder.join("mayor/rig").join(BEADS).is_dir();
    let ledger = make_ledger(folder, &prefix, tracked, detected)?;
    match (detected, tracked) {
        (true, _) => say(format!("   ✓ Uses the project's own ledger, with its prefix '{prefix}'")),
        (false, true) => {
            say(format!("   ✓ Uses the project's own ledger, with the prefix '{prefix}'"))
        }
        (false, false) => say(format!("   ✓ Created ledger (.beads, prefix {prefix})")),
    }
    for part in ["witness", "crew", "polecats"] {
        files::folder(&folder.join(part))?;
    }
    files::put(&folder.join("witness").join(SETTINGS), asked.settings)?;
    let now = time::write(Timestamp::now());
    let new = NewRig {
        name: asked.name,
        url,
        default_branch: &branch,
        prefix: &prefix,
        created_at: &now,
    };
    files::replace(&folder.join(CONFIG), &rig_json(&new))?;
    let worktrees = Worktrees::of(town, asked.name, asked.settings)?;
    for clone in [folder.join("mayor/rig"), refinery] {
        furnish(&worktrees, &clone, say)?;
    }
    register(town, &new, tracked)?;
    files::remove(&folder.join(MAKING))?;
    Ok(Added { rig: worktrees.rig, prefix, detected, ledger })
}

/// The rig's ledger: the one that its repository tracks, to which a redirect leads, else one of its own.
fn make_ledger(
    folder: &Path,
    prefix: &str,
    tracked: bool,
    detected: bool,
) -> Result<PathBuf, DispatchError> {
    let own = folder.join(BEADS);
    if !tracked {
        Ledger::init(&own, prefix)?;
        return Ok(own);
    }
    let theirs = folder.join("mayor/rig").join(BEADS);
    if !detected {
        Ledger::init(&theirs, prefix)?;
    }
    files::replace(&own.join("redirect"), "mayor/rig/.beads\n")?;
    Ok(theirs)
}

/// Puts a rig into the town's list and its routes.
fn register(town: &Town, new: &NewRig<'_>, tracked: bool) -> Result<(), DispatchError> {
    let routes = town.root.join(BEADS).join("routes.jsonl");
    let path = if tracked { format!("{}/mayor/rig", new.name) } else { new.name.to_owned() };
    files::replace(&routes, &routes_with(&files::read(&routes)?, new.prefix, &path))?;
    let list = town.root.join("mayor/rigs.json");
    let text =
        Some(files::read(&list)?).filter(|text| !text.trim().is_empty()).unwrap_or_else(rigs_json);
    files::replace(&list, &rigs_json_with(&text, new).map_err(|why| unreadable(&list, &why))?)
}

fn unregister(town: &Town, name: &str) -> Result<(), DispatchError> {
    let routes = town.root.join(BEADS).join("routes.jsonl");
    let text = files::read(&routes)?;
    let without = routes_without(&text, name);
    if without != text {
        files::replace(&routes, &without)?;
    }
    let list = town.root.join("mayor/rigs.json");
    let text = files::read(&list)?;
    if text.trim().is_empty() {
        return Ok(());
    }
    files::replace(&list, &rigs_json_without(&text, name).map_err(|why| unreadable(&list, &why))?)
}

fn unreadable(path: &Path, why: &str) -> DispatchError {
    DispatchError::refused(format!("{}: {why}", path.display()))
}

/// Takes a rig into the town's list again whose folder stayed when it was removed.
fn bring_back(
    town: &Town,
    asked: &Asked<'_>,
    url: &str,
    folder: &Path,
) -> Result<Added, DispatchError> {
    let (removed, config) = (folder.join(REMOVED), folder.join(CONFIG));
    if !removed.is_file() {
        let message = format!("directory already exists: {}", folder.display());
        return Err(match town.rig(asked.name) {
            Ok(_) => DispatchError::refused(format!("there is a rig {} already", asked.name))
                .hint("tow rig list"),
            Err(_) => DispatchError::refused(message).hint("give the rig another name"),
        });
    }
    let rename = |from: &Path, to: &Path| {
        std::fs::rename(from, to).map_err(|error| DispatchError::io("rename", from, &error))
    };
    rename(&removed, &config)?;
    let back = || {
        let rig = town.rig(asked.name)?;
        if rig.url.as_deref() != Some(url) {
            let theirs = rig.url.as_deref().unwrap_or("elsewhere");
            let message =
                format!("{} holds what was the rig {} from {theirs}", folder.display(), asked.name);
            return Err(DispatchError::refused(message)
                .hint("give the rig another name, or move that folder away"));
        }
        let prefix = rig.prefix.clone().unwrap_or_default();
        let branch = rig.default_branch.clone().unwrap_or_default();
        let now = time::write(Timestamp::now());
        let new = NewRig {
            name: asked.name,
            url,
            default_branch: &branch,
            prefix: &prefix,
            created_at: &now,
        };
        register(town, &new, folder.join("mayor/rig").join(BEADS).is_dir())?;
        let ledger = crate::worktree::ledger_of(&rig)?;
        Ok(Added { rig, prefix, detected: false, ledger })
    };
    back().inspect_err(|_| {
        // As it was found.
        let _ = rename(&config, &removed);
    })
}

/// What would be lost with a rig's folder, each a line: uncommitted files, unpushed commits, issues that only it has.
///
/// # Errors
/// Where the ledger can't be read.
pub fn would_be_lost(town: &Town, rig: &Rig) -> Result<Vec<String>, DispatchError> {
    let mut lines = Vec::new();
    let workers = town.polecats(&rig.name).into_iter().map(|name| format!("polecats/{name}"));
    let crew = town.crew(&rig.name).into_iter().map(|name| format!("crew/{name}"));
    let clones = ["mayor/rig".to_owned(), "refinery/rig".to_owned()];
    for part in clones.into_iter().chain(workers).chain(crew) {
        let outer = rig.folder.join(&part);
        let folder = if outer.join(".git").exists() { outer } else { outer.join(&rig.name) };
        match State::of(&folder) {
            Ok(state) if state.is_clean() => {}
            Ok(state) => lines.push(format!("{part} has {}", state.in_words())),
            Err(_) if !folder.exists() => {}
            Err(error) => lines.push(format!("{part}: {error}")),
        }
    }
    let own = rig.folder.join(BEADS);
    if own.is_dir() && !own.join("redirect").exists() {
        let issues = Ledger::at(own).read()?;
        let open = issues.iter().filter(|brief| !brief.is_tombstone()).count();
        if open > 0 {
            lines.push(format!("its ledger has {open} issues that are nowhere else"));
        }
    }
    Ok(lines)
}

/// Takes a rig out of the town's list; with `delete` its folder too.
///
/// # Errors
/// Where the town has no such rig, or files can't be written.
pub fn remove(town: &Town, name: &str, delete: bool) -> Result<PathBuf, DispatchError> {
    let folder = match town.rig(name) {
        Ok(rig) => rig.folder,
        // The list may have one whose folder is gone.
        Err(towline_ledger::place::TownError::NoFolder { folder, .. }) => folder,
        Err(error) => return Err(error.into()),
    };
    let _lock = Lock::take(&town.root.join(LOCK), &mut |_| {})?;
    unregister(town, name)?;
    if delete {
        files::remove(&folder)?;
    } else if folder.join(CONFIG).exists() {
        let (from, to) = (folder.join(CONFIG), folder.join(REMOVED));
        std::fs::rename(&from, &to).map_err(|error| DispatchError::io("rename", &from, &error))?;
    }
    Ok(folder)
}
