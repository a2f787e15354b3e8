//! Hooks by which Claude Code learns of its work: who it is and what it is to do at the start of a session and after its context was
//! compacted, and its mail with each prompt.
//!
//! They run wherever it is started, in a pane or not, and say nothing where there is neither a ledger nor mail.

use std::path::Path;

use serde_json::{Value, json};

use super::{Refused, json as file};

/// What is behind the commands, by which they are known as ours: a comment to the shell.
const MARK: &str = " # towline work";

/// The events, and what `tow` is asked at each.
const EVENTS: [(&str, &str); 3] = [
    ("SessionStart", "prime --hook"),
    ("PreCompact", "prime --hook"),
    ("UserPromptSubmit", "mail check --inject"),
];

/// How long the agent may wait for one, in seconds. They take some milliseconds; a network drive may not answer.
const TIMEOUT: u32 = 10;

/// The hooks, each with its event, for a program that is called by this path.
pub(super) fn groups(tow: &Path) -> Vec<(&'static str, Value)> {
    let tow = tow.to_string_lossy().replace('\'', r"'\''");
    let group = |(event, verb): (&'static str, &str)| {
        let command = format!("'{tow}' {verb} 2>/dev/null || :{MARK}");
        (event, json!({ "hooks": [{ "type": "command", "command": command, "timeout": TIMEOUT }] }))
    };
    EVENTS.map(group).into()
}

/// Whether a hook's command is one of these.
pub(super) fn is_ours(command: &str) -> bool {
    command.ends_with(MARK)
}

/// The text of a worktree's `.claude/settings.local.json`: with these hooks, an agent that is started there by hand knows its work.
/// `program` is the path of `tow`.
pub fn work_settings(program: &Path) -> String {
    let path = Path::new(".claude/settings.local.json");
    // Nothing is in the way where nothing is.
    work_settings_in(path, None, program).unwrap_or_default()
}

/// The same for a file that is there already, whose other settings stay as they are, byte for byte. Older hooks of these are
/// replaced.
///
/// # Errors
/// A file that can't be understood.
pub fn work_settings_in(
    path: &Path,
    text: Option<&str>,
    program: &Path,
) -> Result<String, Refused> {
    let clean = file::without(path, text.unwrap_or_default(), &is_ours)?;
    file::with(path, Some(&clean), &groups(program))
}
