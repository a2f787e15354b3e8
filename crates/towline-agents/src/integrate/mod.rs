//! Towline's hooks in the user's own settings of an agent, so that agents tell what they do which were started elsewhere (typed
//! into a shell of a pane's): what is to be changed in which file, and what it is like without.
//!
//! Nothing here reads or writes a file. What isn't Towline's stays as it is, byte for byte; ours is known by the command that it
//! runs, wherever `tow` lay when it was put there.

mod claude;
mod codex;
mod gemini;
mod json;
mod opencode;
mod text;
mod work;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use work::{work_settings, work_settings_in};

/// Where a user keeps settings.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The home folder.
    pub home: PathBuf,
    /// The environment: agents have variables that move their folders.
    pub environment: Vec<(String, String)>,
}

impl Place {
    /// The folder that a variable names, where it does.
    fn moved(&self, variable: &str) -> Option<PathBuf> {
        let value = self.environment.iter().find(|(name, _)| name == variable)?;
        Some(&value.1).filter(|value| !value.is_empty()).map(PathBuf::from)
    }
}

/// Files that are there, and what is in them.
pub type Files = BTreeMap<PathBuf, String>;

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The file.
    pub path: PathBuf,
    /// What is in it; `None`: it isn't there.
    pub before: Option<String>,
    /// What is to be in it; `None`: it is to be removed.
    pub after: Option<String>,
}

/// Why a file can't be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {message}", path.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct Refused {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: Option<usize>,
    /// What is wrong with it.
    pub message: String,
}

/// The kinds of agents whose settings can be changed.
pub const KINDS: [&str; 4] = ["claude", "codex", "gemini", "opencode"];

/// The files that are changed for a kind of agent; none for a kind that has no hooks.
pub fn files(kind: &str, place: &Place) -> Vec<PathBuf> {
    match kind {
        "claude" => vec![claude::file(place)],
        "codex" => codex::files(place).into(),
        "gemini" => gemini::files(place).into(),
        "opencode" => vec![opencode::file(place)],
        _ => Vec::new(),
    }
}

/// What the hooks are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The agent learns of its work, too (`tow prime`, `tow mail check`), where Towline knows how to tell it: Claude Code.
    pub work: bool,
}

/// What puts Towline's hooks into the files of a kind; nothing, where they are there already. `tow` is the program that they
/// call.
///
/// # Errors
/// A file that can't be understood: nothing is to be changed then.
pub fn put(
    kind: &str,
    place: &Place,
    files: &Files,
    tow: &Path,
    wanted: Wanted,
) -> Result<Vec<Edit>, Refused> {
    edits(kind, place, files, |kind, path, text| {
        let cleaned = without(kind, path, text)?;
        let with = with(kind, place, files, path, cleaned, tow)?;
        match kind {
            "claude" if wanted.work => claude::with_work(path, with.as_deref(), tow).map(Some),
            _ => Ok(with),
        }
    })
}

/// What takes Towline's hooks out of the files of a kind again; nothing, where there are none.
///
/// # Errors
/// As [`put`].
pub fn take(kind: &str, place: &Place, files: &Files) -> Result<Vec<Edit>, Refused> {
    edits(kind, place, files, without)
}

/// Whether there are hooks of Towline's in the files of a kind.
///
/// # Errors
/// As [`put`].
pub fn is_there(kind: &str, place: &Place, files: &Files) -> Result<bool, Refused> {
    take(kind, place, files).map(|edits| !edits.is_empty())
}

fn edits(
    kind: &str,
    place: &Place,
    known: &Files,
    change: impl Fn(&str, &Path, Option<&str>) -> Result<Option<String>, Refused>,
) -> Result<Vec<Edit>, Refused> {
    let mut edits = Vec::new();
    for path in files(kind, place) {
        let before = known.get(&path).cloned();
        let after = change(kind, &path, before.as_deref())?;
        if before != after {
            edits.push(Edit { path, before, after });
        }
    }
    Ok(edits)
}

/// A file with our hooks, which are not in `text`.
fn with(
    kind: &str,
    place: &Place,
    files: &Files,
    path: &Path,
    text: Option<String>,
    tow: &Path,
) -> Result<Option<String>, Refused> {
    let command = &command(kind, tow);
    match kind {
        "claude" => claude::with(path, text.as_deref(), command).map(Some),
        "codex" => codex::with(place, files, path, text.as_deref(), command).map(Some),
        "gemini" => Ok(Some(gemini::text(place, path, command))),
        "opencode" => Ok(Some(opencode::text(tow))),
        _ => Ok(text),
    }
}

/// A file without our hooks; `None`: it isn't needed any longer.
fn without(kind: &str, path: &Path, text: Option<&str>) -> Result<Option<String>, Refused> {
    let Some(text) = text else { return Ok(None) };
    match kind {
        "claude" => claude::without(path, text).map(Some),
        "codex" => codex::without(path, text),
        "gemini" => Ok(gemini::without(path, text)),
        "opencode" => Ok(opencode::without(text)),
        _ => Ok(Some(text.to_owned())),
    }
}

/// The shell command that a hook runs: outside a pane it does nothing, and it never fails the agent.
fn command(kind: &str, tow: &Path) -> String {
    let tow = tow.to_string_lossy().replace('\'', r"'\''");
    format!("[ -z \"$TOWLINE_PANE\" ] || '{tow}' agent-event {kind} >/dev/null 2>&1 || :")
}

/// Whether a hook's command is one of ours.
fn is_ours(kind: &str, command: &str) -> bool {
    command.contains("TOWLINE_PANE") && command.contains(&format!(" agent-event {kind} "))
}

#[cfg(test)]
mod tests;
