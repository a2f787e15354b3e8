//! Gemini CLI. Tried with 0.61.0.
//!
//! It takes hooks from settings and from extensions alone, both in its configuration folder. So one that uses the user's own folder gets
//! none unless `tow integrate gemini` has put them there, and one with a folder of its own gets them with it. A folder that
//! only looks like the user's own, made of links, was decided against: it replaces some of its files when it writes them, and what was
//! said in such a folder (who is trusted, which project has which history) would be lost to the user's.

mod extension;
mod words;

use std::path::{Path, PathBuf};

pub(crate) use extension::extension;
use words::{Word, own, words};

use super::{Seed, Start, Wanted, is_conversation};

/// The variable that takes the place of the home folder in which its configuration folder is.
const HOME: &str = "GEMINI_CLI_HOME";

/// The configuration folder in it.
const CONFIG: &str = ".gemini";

/// The variable that says where it is noted which folders are trusted.
const TRUSTED: &str = "GEMINI_CLI_TRUSTED_FOLDERS_PATH";

/// The user's own things in that folder. It writes them in place, so a link to them stays one. The conversations (`tmp`), what was
/// saved before changes (`history`) and the list of projects are not among them.
const LINKED: [&str; 15] = [
    "settings.json",
    "oauth_creds.json",
    "google_accounts.json",
    "gemini-credentials.json",
    "mcp-oauth-tokens.json",
    "mcp-oauth-tokens-v2.json",
    ".env",
    "installation_id",
    "GEMINI.md",
    "keybindings.json",
    "agents",
    "commands",
    "policies",
    "skills",
    "themes",
];

/// Where conversations are in it: `PROJECT/chats/session-TIME-ID.jsonl`.
const RECORDS: &str = "tmp";

/// Options that say which conversation it is to be.
const WHICH: [&str; 3] = ["resume", "session-id", "session-file"];

/// `arguments` is where the agent's own arguments begin in the command.
pub(super) fn prepare(mut start: Start, arguments: usize, wanted: &Wanted) -> Start {
    let given = start.command.split_off(arguments);
    let words = words(&given);
    if own(&words) {
        start.command.extend(given);
        return start;
    }
    let moved = wanted.variable(HOME).filter(|home| !home.is_empty()).map(PathBuf::from);
    let home = moved.unwrap_or_else(|| wanted.home.clone());
    if let Some(folder) = wanted.isolated.as_ref().filter(|folder| **folder != home) {
        isolate(&mut start, folder, &home, wanted);
    }
    let home = wanted.isolated.as_ref().unwrap_or(&home);
    start.records = Some(home.join(CONFIG).join(RECORDS));
    let has = |names: &[&str]| words.iter().any(|word| word.is(names));
    if !wanted.model.is_empty() && !has(&["model"]) {
        start.command.extend(["--model".into(), wanted.model.clone()]);
    }
    match &wanted.resume {
        Some(id) => {
            start.command.extend(["--resume".into(), id.clone()]);
            start.conversation = Some(id.clone());
        }
        None if has(&WHICH) => start.conversation = named(&words),
        // It deletes conversations by the first eight characters of their ids, so these must be random.
        None if is_conversation(&wanted.fresh) => {
            start.command.extend(["--session-id".into(), wanted.fresh.clone()]);
            start.conversation = Some(wanted.fresh.clone());
        }
        None => {}
    }
    for word in &words {
        let first_prompt = word.name.is_none() || word.is(&["prompt-interactive"]);
        if wanted.resume.is_none() || !(first_prompt || word.is(&WHICH)) {
            start.command.extend_from_slice(word.words);
        }
    }
    start
}

/// The conversation that the user's own options name; `None` where it will be another, or isn't known.
fn named(words: &[Word<'_>]) -> Option<String> {
    let value = |name: &str| words.iter().rev().find(|word| word.is(&[name]))?.value();
    let id = match value("session-id") {
        Some(id) => id,
        // `latest`, or a number in its list, is told by a hook alone.
        None => value("resume").filter(|id| id.contains('-'))?,
    };
    is_conversation(id).then(|| id.to_owned())
}

fn isolate(start: &mut Start, folder: &Path, home: &Path, wanted: &Wanted) {
    let (users, own) = (home.join(CONFIG), folder.join(CONFIG));
    start.environment.push((HOME.into(), folder.to_string_lossy().into_owned()));
    if wanted.variable(TRUSTED).is_none() {
        // It is written by renaming, which would put a file in a link's place.
        let trusted = users.join("trustedFolders.json").to_string_lossy().into_owned();
        start.environment.push((TRUSTED.into(), trusted));
    }
    let linked = |from: PathBuf, to: PathBuf| Seed { from, to, link: true };
    start.seeds.extend(LINKED.map(|name| linked(users.join(name), own.join(name))));
    // Skills that several agents share.
    start.seeds.push(linked(home.join(".agents"), folder.join(".agents")));
    let extensions = own.join("extensions");
    start.entries.push((users.join("extensions"), extensions.clone()));
    let hooks = if wanted.no_hooks { None } else { super::hook_command(wanted, "gemini") };
    if let Some(command) = hooks {
        let files = extension(&command).map(|(name, text)| (extensions.join(name), text));
        start.files.extend(files);
        start.hooked = true;
    }
}

#[cfg(test)]
mod tests;
