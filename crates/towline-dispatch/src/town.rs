//! Making a town: the folder that holds the mayor, the deacon and the rigs.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use towline_ledger::place::{Town, check_town_name, rigs_json, town_json};
use towline_ledger::routes::{BEADS, routes_with};
use towline_ledger::{Ledger, time};

use crate::git::Git;
use crate::{DispatchError, files};

/// The prefix of a town's own issues, as Gas Town has it.
pub const PREFIX: &str = "hq";

/// The file below a folder that gives an agent there its hooks.
pub(crate) const SETTINGS: &str = ".claude/settings.local.json";

/// What git is to leave alone in a town: clones and worktrees, which have repositories of their own, and what belongs to this machine.
const IGNORED: [&str; 9] = [
    "/*/.repo.git/",
    "/*/mayor/rig/",
    "/*/refinery/rig/",
    "/*/polecats/",
    "/*/crew/",
    "**/.claude/settings.local.json",
    "**/.beads/.*.lock",
    "/mayor/.rigs.lock",
    "*.tmp.*",
];

/// What a new town is to be.
#[derive(Debug, Clone)]
pub struct NewTown<'a> {
    /// Its folder, an absolute path. It need not be there.
    pub folder: &'a Path,
    /// Its name; its folder's where nobody says another.
    pub name: Option<&'a str>,
    /// It is to be a repository of git's.
    pub git: bool,
    /// The text of `.claude/settings.local.json` for its agents.
    pub settings: &'a str,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The town.
    pub town: Town,
    /// What wasn't there yet, as paths below its folder, in the order that it was made.
    pub made: Vec<&'static str>,
    /// It was a town before.
    pub was_town: bool,
}

/// Makes a town, or what an existing one lacks.
///
/// # Errors
/// Where the folder lies in another town, the name can't be one, or something can't be written. What is made already stays, and
/// making it again goes on from there.
pub fn init(new: &NewTown<'_>) -> Result<Made, DispatchError> {
    let root = new.folder;
    let was_town = root.join("mayor/town.json").is_file();
    if !was_town && let Some(outer) = root.parent().and_then(Town::root_of) {
        let message = format!("{} lies in the town {}", root.display(), outer.display());
        return Err(
            DispatchError::refused(message).hint("a project of it is a rig: tow rig add NAME URL")
        );
    }
    let name = match new.name {
        Some(name) => {
            check_town_name(name)?;
            name.to_owned()
        }
        None => root
            .file_name()
            .map_or_else(|| "town".to_owned(), |name| name.to_string_lossy().into_owned()),
    };
    let mut made = Vec::new();
    let mut note = |new: bool, what: &'static str| {
        if new {
            made.push(what);
        }
    };
    note(files::folder(&root.join("mayor"))?, "mayor/");
    note(files::folder(&root.join("deacon"))?, "deacon/");
    let now = time::write(Timestamp::now());
    note(
        files::put(&root.join("mayor/town.json"), &town_json(&name, &owner(root), &now))?,
        "mayor/town.json",
    );
    note(files::put(&root.join("mayor/rigs.json"), &rigs_json())?, "mayor/rigs.json");
    let beads = root.join(BEADS);
    let ledger = Ledger::at(&beads);
    if !ledger.file().exists() {
        Ledger::init(&beads, PREFIX)?;
        note(true, ".beads/");
    }
    let routes = beads.join("routes.jsonl");
    let before = files::read(&routes)?;
    if !before.contains(&format!("\"{PREFIX}-\"")) {
        files::replace(&routes, &routes_with(&before, PREFIX, "."))?;
        note(true, ".beads/routes.jsonl");
    }
    note(files::folder(&beads.join("formulas"))?, ".beads/formulas/");
    note(
        files::put(&root.join("mayor").join(SETTINGS), new.settings)?,
        "mayor/.claude/settings.local.json",
    );
    note(
        files::put(&root.join("deacon").join(SETTINGS), new.settings)?,
        "deacon/.claude/settings.local.json",
    );
    if new.git && !root.join(".git").exists() {
        Git::at(root).run(&["init", "-q"])?;
        files::add_lines(&root.join(".gitignore"), &IGNORED)?;
        note(true, ".git");
    }
    let town = Town::read(root)?;
    Ok(Made { town, made, was_town })
}

/// The address that git knows the user by; empty where it knows none, or isn't there.
fn owner(root: &Path) -> String {
    let folder: PathBuf =
        root.ancestors().find(|folder| folder.is_dir()).unwrap_or(root).to_owned();
    Git::at(folder).run(&["config", "user.email"]).unwrap_or_default()
}
