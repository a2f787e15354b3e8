//! What the files were like before, so that they can be restored to the byte. It is a backup as well: text, in a JSON file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use towline_agents::integrate::{Edit, Files};
use towline_client::Paths;
use towline_client::transport::write_private;

/// What was done for a kind of agent.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    /// The files, by their paths.
    files: BTreeMap<PathBuf, Change>,
    /// Folders that were made, the outermost first.
    pub(super) folders: Vec<PathBuf>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Change {
    /// What was in it; `None`: it wasn't there.
    before: Option<String>,
    /// What was put into it.
    after: String,
}

impl Record {
    /// What a file is to be restored to, where it is as it was left: its text, or `None` where it was made.
    pub(super) fn before(&self, path: &Path, text: &str) -> Option<Option<&str>> {
        let change = self.files.get(path).filter(|change| change.after == text)?;
        Some(change.before.as_deref())
    }

    /// The record of these changes: what the files were like without ours is `clean`.
    pub(super) fn after(mut self, edits: &[Edit], clean: &Files, made: Vec<PathBuf>) -> Self {
        for edit in edits {
            let Some(after) = edit.after.clone() else { continue };
            let before = clean.get(&edit.path).cloned();
            self.files.insert(edit.path.clone(), Change { before, after });
        }
        self.folders.extend(made);
        self
    }
}

/// Where it is kept.
pub(super) fn path(paths: &Paths, kind: &str) -> PathBuf {
    paths.state_dir.join("integrated").join(format!("{kind}.json"))
}

/// What was done; nothing, where that isn't known.
pub(super) fn read(path: &Path) -> Record {
    let text = fs::read_to_string(path).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Writes it down.
///
/// # Errors
/// The system's.
pub(super) fn write(path: &Path, record: Record) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let text = serde_json::to_string_pretty(&record).map_err(io::Error::other)?;
    write_private(path, text.as_bytes())
}

/// Forgets it.
///
/// # Errors
/// The system's, but for a file that isn't there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
