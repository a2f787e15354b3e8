//! Claude Code. Tried with 2.1.329.

mod settings;
mod words;

use std::path::{Path, PathBuf};

pub(crate) use settings::hooks;
use words::{Word, own, words};

use super::{Seed, Start, Wanted, is_conversation};

/// The variable that moves its configuration folder, with the file beside it.
const CONFIG: &str = "CLAUDE_CONFIG_DIR";

/// What it keeps beside the folder, or in it where the folder was moved: that the person was welcomed, which folders are trusted.
/// Without it a new folder begins with the welcome, which needs the network. It is written anew with each start, so each
/// folder has its own.
const STATE: &str = ".claude.json";

/// The user's own things in that folder. The histories of conversations are not among them.
const LINKED: [&str; 12] = [
    "settings.json",
    ".credentials.json",
    "CLAUDE.md",
    "agents",
    "commands",
    "hooks",
    "keybindings.json",
    "output-styles",
    "plugins",
    "rules",
    "skills",
    "themes",
];

/// `arguments` is where the agent's own arguments begin in the command.
pub(super) fn prepare(mut start: Start, arguments: usize, wanted: &Wanted) -> Start {
    let given = start.command.split_off(arguments);
    let words = words(&given);
    if own(&words) {
        start.command.extend(given);
        return start;
    }
    if let Some(folder) = &wanted.isolated {
        isolate(&mut start, folder, wanted);
    }
    let has = |names: &[&str]| words.iter().any(|word| word.is(names));
    let once = has(&["--print", "-p"]);
    let resume = wanted.resume.as_deref().filter(|_| !once);
    let mut first: Vec<String> = Vec::new();
    if !wanted.model.is_empty() && !has(&["--model"]) {
        first.extend(["--model".into(), wanted.model.clone()]);
    }
    match resume {
        Some(id) => {
            first.extend(["--resume".into(), id.to_owned()]);
            start.conversation = Some(id.to_owned());
        }
        // What it prints once is in no conversation that people would come back to.
        None if once => {}
        None if has(&WHICH) => start.conversation = named(&words),
        None if is_conversation(&wanted.fresh) => {
            first.extend(["--session-id".into(), wanted.fresh.clone()]);
            start.conversation = Some(wanted.fresh.clone());
        }
        None => {}
    }
    let mut last: Vec<String> = Vec::new();
    let hooks = if wanted.no_hooks { None } else { super::hook_command(wanted, "claude") };
    // Of several settings it takes the last alone.
    let own_settings = words.iter().rposition(|word| word.is(&["--settings"]));
    for (index, word) in words.iter().enumerate() {
        if resume.is_some() && (word.name.is_none() || word.is(&WHICH)) {
            continue;
        }
        match &hooks {
            Some(hooks) if own_settings == Some(index) => {
                match word
                    .value()
                    .ok_or("without a value")
                    .and_then(|own| settings::with(own, hooks))
                {
                    Ok(both) => {
                        start.hooked = true;
                        last.extend(["--settings".into(), both]);
                    }
                    Err(why) => {
                        start.notes.push(format!("it gets no hooks: its own --settings are {why}"));
                        last.extend(word.text());
                    }
                }
            }
            _ => last.extend(word.text()),
        }
    }
    if let (Some(hooks), None) = (&hooks, own_settings) {
        start.hooked = true;
        first.extend(["--settings".into(), settings::of(hooks)]);
    }
    start.command.append(&mut first);
    start.command.append(&mut last);
    start
}

/// Options that say which conversation it is to be.
const WHICH: [&str; 9] = [
    "--resume",
    "-r",
    "--continue",
    "-c",
    "--session-id",
    "--fork-session",
    "--from-pr",
    "--resume-session-at",
    "--teleport",
];

/// The conversation that the user's own options name; `None` where it will be another, or isn't known.
fn named(words: &[Word<'_>]) -> Option<String> {
    /// `8-4-4-4-12` hexadecimal digits.
    fn is_uuid(text: &str) -> bool {
        let groups: Vec<&str> = text.split('-').collect();
        let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
        let digits = |group: &&str| group.chars().all(|c| c.is_ascii_hexdigit());
        lengths == [8, 4, 4, 4, 12] && groups.iter().all(digits)
    }
    let value = |names: &[&str]| words.iter().rev().find(|word| word.is(names))?.value();
    let forks = words.iter().any(|word| word.is(&["--fork-session"]));
    let id = match value(&["--session-id"]) {
        Some(id) => Some(id),
        None if forks => None,
        None => value(&["--resume", "-r"]),
    };
    // It may be a conversation's name, or words to look for.
    id.filter(|id| is_uuid(id)).map(str::to_owned)
}

fn isolate(start: &mut Start, folder: &Path, wanted: &Wanted) {
    let moved = wanted.variable(CONFIG).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let (users, state) = match moved {
        Some(moved) => (moved.clone(), moved.join(STATE)),
        None => (wanted.home.join(".claude"), wanted.home.join(STATE)),
    };
    if users == folder {
        return;
    }
    start.environment.push((CONFIG.into(), folder.to_string_lossy().into_owned()));
    start.seeds.push(Seed { from: state, to: folder.join(STATE), link: false });
    start.seeds.extend(LINKED.map(|name| Seed {
        from: users.join(name),
        to: folder.join(name),
        link: true,
    }));
}

#[cfg(test)]
mod tests;
