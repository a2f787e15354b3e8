//! Gemini CLI: an extension of its own in the folder of extensions. Tried with 0.61.0.
//!
//! No file of the user's is changed: the settings may hold comments, and hooks in settings don't run in folders that are not
//! trusted.

use std::path::{Path, PathBuf};

use super::{Place, is_ours};
use crate::launch::gemini::extension;

fn folder(place: &Place) -> PathBuf {
    let home = place.moved("GEMINI_CLI_HOME").unwrap_or_else(|| place.home.clone());
    home.join(".gemini/extensions")
}

pub(super) fn files(place: &Place) -> [PathBuf; 2] {
    extension("").map(|(path, _)| folder(place).join(path))
}

pub(super) fn text(place: &Place, path: &Path, command: &str) -> String {
    let folder = folder(place);
    let files = extension(command).into_iter();
    let file = files.into_iter().find(|(name, _)| folder.join(name) == path);
    file.map(|(_, text)| text).unwrap_or_default()
}

/// All of the folder is ours, where it is ours at all.
pub(super) fn without(path: &Path, text: &str) -> Option<String> {
    let about = path.ends_with("gemini-extension.json") && text.contains("\"towline\"");
    (!about && !is_ours("gemini", text)).then(|| text.to_owned())
}
