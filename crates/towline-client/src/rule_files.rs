//! The user's own files of rules for agents, `agents/*.toml` in the configuration folder.

use std::path::{Path, PathBuf};

use towline_agents::rules::Rules;

use crate::io_error_in_words;

/// A file of rules is not longer than this.
const LONGEST: u64 = 1 << 20;

/// Reads a file of rules.
///
/// # Errors
/// What is wrong, in one line that begins with the file: `FILE:LINE: what`.
pub fn read(path: &Path) -> Result<Rules, String> {
    let shown = path.display();
    let text = std::fs::metadata(path).and_then(|metadata| {
        if metadata.len() > LONGEST { Ok(None) } else { std::fs::read_to_string(path).map(Some) }
    });
    let text = text
        .map_err(|error| format!("{shown} can't be read: {}", io_error_in_words(&error)))?
        .ok_or_else(|| format!("{shown}: too long for a file of rules"))?;
    Rules::parse(&text).map_err(|error| format!("{shown}:{}: {}", error.line, error.message))
}

/// The files in a folder, by name.
pub fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    files
}

/// All files in a folder, read.
pub fn all(folder: &Path) -> Vec<(PathBuf, Result<Rules, String>)> {
    list(folder).into_iter().map(|path| (path.clone(), read(&path))).collect()
}

/// What is wrong with the files in a folder, a line each.
pub fn troubles(folder: &Path) -> Vec<String> {
    all(folder).into_iter().filter_map(|(_, read)| read.err()).collect()
}
