//! What can be wrong beside the ledger's file: what is left of writers that died, routes that lead nowhere, and git.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::process::{Pid, test_kill_process};
use towline_dispatch::sync::{Repository, driver};
use towline_ledger::check::Finding;
use towline_ledger::place::Town;
use towline_ledger::routes::{BEADS, Routes, follow};
use towline_ledger::{Ledger, Ledgers};

use crate::commands::ledger::{driver_trouble, program};
use crate::error::CommandError;

/// A new file that is so old is nobody's any longer, whoever has its number now.
const OLD: Duration = Duration::from_secs(60 * 60);

const LEFT: &str = "left";
const DRIVER: &str = "driver";

/// What is wrong.
pub(super) fn look(ledgers: &Ledgers, ledger: &Ledger) -> Vec<Finding> {
    let finding = |kind, what, fix| Finding { line: None, id: None, kind, what, fix };
    let mut found = Vec::new();
    for path in left(ledger) {
        let what = format!("{} is left of a writer that died", path.display());
        found.push(finding(LEFT, what, Some("removes it")));
    }
    if let Some(town) = &ledgers.place.town {
        match Routes::read(&town.root) {
            Ok(routes) => {
                found.extend(
                    routes
                        .problems()
                        .iter()
                        .map(|problem| finding("route", problem.to_string(), None)),
                );
                let lead = routes.all().iter().filter_map(|route| routes.ledger_at(route).err());
                found.extend(lead.map(|error| finding("route", error.to_string(), None)));
            }
            Err(error) => found.push(finding("route", error.to_string(), None)),
        }
        let nowhere = redirects(town).into_iter().filter_map(|folder| follow(&folder).err());
        found.extend(nowhere.map(|error| finding("redirect", error.to_string(), None)));
    }
    // Without git, or without a line that asks for a driver, nothing is wrong.
    let state =
        repository(ledger).and_then(|repository| driver::state(&repository, &program().ok()?).ok());
    if let Some(state @ driver::State::Other { .. }) = state
        && let Some(trouble) = driver_trouble(&state)
    {
        found.push(finding(DRIVER, trouble, Some("writes the driver into git's configuration")));
    }
    found
}

/// The folders of a town that may say that their ledger is elsewhere.
fn redirects(town: &Town) -> Vec<PathBuf> {
    let mut folders = vec![town.root.join("mayor"), town.root.join("deacon"), town.root.clone()];
    for rig in town.rigs().rigs {
        let of = |name: String, kind: &str| rig.folder.join(kind).join(name);
        folders
            .extend(["", "mayor/rig", "refinery/rig", "witness"].map(|part| rig.folder.join(part)));
        folders.extend(town.polecats(&rig.name).into_iter().map(|name| of(name, "polecats")));
        folders.extend(town.crew(&rig.name).into_iter().map(|name| of(name, "crew")));
    }
    folders.into_iter().map(|folder| folder.join(BEADS)).filter(|folder| folder.is_dir()).collect()
}

/// Mends it.
pub(super) fn fix(ledger: &Ledger, found: &[Finding]) -> Result<(), CommandError> {
    for path in left(ledger) {
        std::fs::remove_file(&path).map_err(|error| {
            CommandError::io(format_args!("cannot remove {}", path.display()), &error)
        })?;
    }
    if found.iter().any(|finding| finding.kind == DRIVER)
        && let Some(repository) = repository(ledger)
    {
        driver::install(&repository, &program()?)?;
    }
    Ok(())
}

/// What both sides of git's unfinished merge come from.
pub(super) fn merge_base(ledger: &Ledger) -> Option<Vec<u8>> {
    repository(ledger)?.unmerged_base().ok().flatten()
}

fn repository(ledger: &Ledger) -> Option<Repository> {
    Repository::of(ledger).ok().flatten()
}

/// New files that were never put in the old one's place.
fn left(ledger: &Ledger) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(ledger.folder()) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut left: Vec<PathBuf> = paths.filter(|path| is_left(path)).collect();
    left.sort();
    left
}

fn is_left(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let Some((_, writer)) = name.split_once(".jsonl.tmp") else { return false };
    let writer = writer.trim_start_matches('.').parse().ok().and_then(Pid::from_raw);
    let lives =
        writer.is_some_and(|pid| !matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH)));
    let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    let age = modified.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
    let is_old = age.is_some_and(|age| age > OLD);
    // One without a number is a writer's that doesn't say who it is.
    is_old || (writer.is_some() && !lives)
}
