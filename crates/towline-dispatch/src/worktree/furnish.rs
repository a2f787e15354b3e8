//! What a worktree needs beside its files: the way to the rig's ledger, and hooks by which an agent finds its work.

use std::path::{Path, PathBuf};

use towline_ledger::place::Rig;
use towline_ledger::routes::{BEADS, follow, redirect_text};

use super::Worktrees;
use crate::git::Git;
use crate::town::SETTINGS;
use crate::{DispatchError, files};

/// What git is to leave alone in a rig's clones and worktrees: files of this machine.
const EXCLUDED: [&str; 5] = [
    "/.beads/redirect",
    "/.beads/.*.lock",
    "/.beads/*.tmp.*",
    "/.claude/settings.local.json",
    "/.runtime/",
];

/// The folder of a rig's ledger: the one that its repository tracks, else the rig's own.
///
/// # Errors
/// Where there is none, or a redirect leads nowhere.
pub fn ledger_of(rig: &Rig) -> Result<PathBuf, DispatchError> {
    let folders = [rig.folder.join("mayor/rig").join(BEADS), rig.folder.join(BEADS)];
    match folders.into_iter().find(|folder| folder.is_dir()) {
        Some(folder) => Ok(follow(&folder)?),
        None => {
            let message = format!("the rig {} has no ledger", rig.name);
            Err(DispatchError::refused(message)
                .hint(format!("cd {} && tow ledger init", rig.folder.display())))
        }
    }
}

/// Gives a clone or worktree what it needs, and has git leave that alone. What the project has itself stays.
///
/// # Errors
/// Where files can't be written.
pub fn furnish(
    rig: &Worktrees<'_>,
    folder: &Path,
    say: &mut dyn FnMut(String),
) -> Result<(), DispatchError> {
    exclude(folder)?;
    let ledger = ledger_of(&rig.rig)?;
    let own = folder.join(BEADS);
    if ledger != own && is_own(&own, say) {
        files::replace(&own.join("redirect"), &redirect_text(folder, &ledger))?;
    }
    let settings = folder.join(SETTINGS);
    if is_own(&folder.join(".claude"), say) && !files::put(&settings, rig.settings)? {
        let text = files::read(&settings)?;
        if !text.contains("prime") {
            say(format!(
                "warning: {} is there, without a hook that runs tow prime",
                settings.display()
            ));
        }
    }
    Ok(())
}

/// Has git leave alone what belongs to this machine.
pub(crate) fn exclude(folder: &Path) -> Result<(), DispatchError> {
    let path = Git::at(folder).run(&["rev-parse", "--git-path", "info/exclude"])?;
    files::add_lines(&folder.join(path), &EXCLUDED)
}

/// Whether a folder can be written into: one that the project has made a link leads elsewhere.
fn is_own(folder: &Path, say: &mut dyn FnMut(String)) -> bool {
    let link = folder.is_symlink();
    if link {
        say(format!("warning: {} is a link, and nothing is written there", folder.display()));
    }
    !link
}
