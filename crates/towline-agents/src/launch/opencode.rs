//! OpenCode. Tried with 1.18.34.

mod words;

use std::path::Path;

use serde_json::{Value, json};
use words::{Word, own, value, words};

use super::{Start, Wanted, is_conversation};

/// The variable that holds settings, which are added to those of the user's files. Lists of plugins are joined, so the
/// user's own plugins run as well.
const CONFIG: &str = "OPENCODE_CONFIG_CONTENT";

/// The variable that moves its history, and nothing else. (Its folders are moved by the XDG variables, but those would
/// reach all programs that the agent runs, too.)
const HISTORY: &str = "OPENCODE_DB";

/// The variable that keeps plugins out, as `--pure` does.
const PURE: &str = "OPENCODE_PURE";

/// The plugin, with a plain `tow` in it.
const PLUGIN: &str = include_str!("opencode/plugin.js");

/// What the plugin's file is called.
pub const PLUGIN_FILE: &str = "towline.js";

/// The text of the plugin by which OpenCode tells Towline, calling this program. It does nothing outside Towline's panes,
/// and may be loaded more than once.
pub fn plugin(tow: &str) -> String {
    let tow = Value::from(tow).to_string();
    PLUGIN.replacen("const TOW = \"tow\"", &format!("const TOW = {tow}"), 1)
}

/// `arguments` is where the agent's own arguments begin in the command.
pub(super) fn prepare(mut start: Start, arguments: usize, wanted: &Wanted) -> Start {
    let given = start.command.split_off(arguments);
    let words = words(&given);
    if own(&words) {
        start.command.extend(given);
        return start;
    }
    let has = |name: &str| words.iter().any(|word| word.is(&[name]));
    if let Some(folder) = &wanted.isolated {
        isolate(&mut start, folder);
    }
    if !wanted.no_hooks {
        let pure = has("pure") || wanted.variable(PURE).is_some_and(is_on);
        match if pure { Err("it runs without plugins") } else { hook(&mut start, wanted) } {
            Ok(()) => start.hooked = true,
            Err(why) => start.notes.push(format!("it gets no hooks: {why}")),
        }
    }
    if !wanted.model.is_empty() && !has("model") {
        start.command.extend(["--model".into(), wanted.model.clone()]);
    }
    match &wanted.resume {
        Some(id) => {
            start.command.extend(["--session".into(), id.clone()]);
            start.conversation = Some(id.clone());
        }
        None if has("fork") => {}
        None => start.conversation = named(&words),
    }
    // A word that is no option is the folder it works in: that stays.
    let past = |word: &&Word<'_>| {
        wanted.resume.is_none() || !word.is(&["session", "continue", "fork", "prompt"])
    };
    start.command.extend(words.iter().filter(past).flat_map(|word| word.words.iter().cloned()));
    start
}

/// The conversation that the user's own options name.
fn named(words: &[Word<'_>]) -> Option<String> {
    let id = value(words.iter().rev().find(|word| word.is(&["session"]))?)?;
    is_conversation(id).then(|| id.to_owned())
}

/// Has the plugin loaded.
///
/// # Errors
/// Why it can't be.
fn hook(start: &mut Start, wanted: &Wanted) -> Result<(), &'static str> {
    let tow = wanted.tow.to_str().filter(|path| !path.is_empty());
    let file = wanted.folder.join(PLUGIN_FILE);
    let (Some(tow), Some(url)) = (tow, file.to_str().and_then(file_url)) else {
        return Err("the path of its plugin is no text");
    };
    let settings = with_plugin(wanted.variable(CONFIG).unwrap_or_default(), &url)?;
    start.environment.push((CONFIG.into(), settings));
    start.files.push((file, plugin(tow)));
    Ok(())
}

/// Settings with one plugin more.
///
/// # Errors
/// Why that can't be.
fn with_plugin(own: &str, url: &str) -> Result<String, &'static str> {
    if own.trim().is_empty() {
        return Ok(json!({ "plugin": [url] }).to_string());
    }
    let mut settings: Value = serde_json::from_str(own)
        .map_err(|_| "its own OPENCODE_CONFIG_CONTENT is no plain JSON")?;
    let object = settings.as_object_mut().ok_or("its own OPENCODE_CONFIG_CONTENT is no object")?;
    let plugins = object.entry("plugin").or_insert_with(|| json!([]));
    let plugins =
        plugins.as_array_mut().ok_or("its own OPENCODE_CONFIG_CONTENT lists no plugins")?;
    plugins.push(url.into());
    Ok(settings.to_string())
}

/// The URL of a file (RFC 8089), of which everything is escaped that could mean something else.
fn file_url(path: &str) -> Option<String> {
    if !path.starts_with('/') {
        return None;
    }
    let mut url = String::from("file://");
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                url.push(char::from(byte));
            }
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    Some(url)
}

/// As OpenCode reads a switch.
fn is_on(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "1" | "true")
}

/// Its settings, its logins and what it has learned of models stay the user's: only the conversations are its own.
fn isolate(start: &mut Start, folder: &Path) {
    let history = folder.join("opencode.db");
    start.environment.push((HISTORY.into(), history.to_string_lossy().into_owned()));
}

#[cfg(test)]
mod tests;
