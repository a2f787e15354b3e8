//! OpenCode: a plugin of its own in the folder of plugins, which loads all that is there. Tried with 1.18.34.

use std::path::{Path, PathBuf};

use super::Place;
use crate::launch::opencode::plugin;

pub(super) fn file(place: &Place) -> PathBuf {
    let folder = place.moved("XDG_CONFIG_HOME").unwrap_or_else(|| place.home.join(".config"));
    folder.join("opencode/plugins/towline.js")
}

pub(super) fn text(tow: &Path) -> String {
    plugin(&tow.to_string_lossy())
}

/// The whole file is ours, where it is ours at all.
pub(super) fn without(text: &str) -> Option<String> {
    let begins = |text: &str| text.lines().next().map(str::to_owned);
    (begins(text) != begins(&plugin(""))).then(|| text.to_owned())
}
