//! Claude Code: `settings.json` in its configuration folder. Tried with 2.1.329.

use std::path::{Path, PathBuf};

use super::{Place, Refused, is_ours, json, work};
use crate::launch::claude::hooks;

pub(super) fn file(place: &Place) -> PathBuf {
    let folder = place.moved("CLAUDE_CONFIG_DIR").unwrap_or_else(|| place.home.join(".claude"));
    folder.join("settings.json")
}

pub(super) fn with(path: &Path, text: Option<&str>, command: &str) -> Result<String, Refused> {
    json::with(path, text, &hooks(command))
}

pub(super) fn with_work(path: &Path, text: Option<&str>, tow: &Path) -> Result<String, Refused> {
    json::with(path, text, &work::groups(tow))
}

pub(super) fn without(path: &Path, text: &str) -> Result<String, Refused> {
    json::without(path, text, &|command| is_ours("claude", command) || work::is_ours(command))
}
