//! Codex. Tried with 0.169.0.

pub(crate) mod hooks;
mod words;

use std::path::Path;

use words::{Word, own, value, words};

use super::{Seed, Start, Wanted, is_conversation};

/// The variable that moves its configuration folder.
const CONFIG: &str = "CODEX_HOME";

/// The user's own things in that folder, without the histories of conversations and what is made anew.
const LINKED: [&str; 8] = [
    "auth.json",
    "config.toml",
    "hooks.json",
    ".credentials.json",
    "AGENTS.md",
    "prompts",
    "rules",
    "skills",
];

/// Left to itself it hands the conversation to a server that all terminals share, which would go on with the environment of
/// the first: its hooks would tell of another pane, and it would not end with this one. (Any `-c` has this effect too.)
const NO_SHARED_SERVER: &str = "features.daemon_auto_start=false";

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
    let mut settings = vec![NO_SHARED_SERVER.to_owned()];
    let hooks = if wanted.no_hooks { None } else { super::hook_command(wanted, "codex") };
    start.hooked = hooks.is_some();
    settings.extend(hooks.iter().flat_map(|hooks| hooks::settings(hooks)));
    for setting in settings {
        start.command.extend(["-c".into(), setting]);
    }
    let has_model = words.iter().any(|word| {
        let setting = word.is(&["-c", "--config"]).then(|| value(word)).flatten();
        word.is(&["-m", "--model"]) || setting.is_some_and(|setting| setting.starts_with("model="))
    });
    if !wanted.model.is_empty() && !has_model {
        start.command.extend(["--model".into(), wanted.model.clone()]);
    }
    match &wanted.resume {
        Some(id) => {
            let kept = words.iter().filter(|word| word.name.is_some() && !word.is(&OF_ONE_START));
            start.command.extend(kept.flat_map(Word::text));
            start.command.extend(["resume".into(), id.clone()]);
            start.conversation = Some(id.clone());
        }
        None => {
            start.conversation = named(&words);
            start.command.extend(given);
        }
    }
    start
}

/// Options of one start: which conversation it is to be, and what goes with the first prompt.
const OF_ONE_START: [&str; 6] =
    ["--last", "--all", "--include-non-interactive", "-i", "--image", "--worktree"];

/// The conversation that the user's own arguments continue, where they name it by its id.
fn named(words: &[Word<'_>]) -> Option<String> {
    let mut plain = words.iter().filter(|word| word.name.is_none()).flat_map(Word::text);
    let verb = plain.next()?;
    let id = plain.next().filter(|_| verb == "resume")?;
    // It may be a name that the user gave it, or a prompt after `--last`.
    let is_id = id.len() == 36 && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    (is_id && is_conversation(&id)).then_some(id)
}

fn isolate(start: &mut Start, folder: &Path, wanted: &Wanted) {
    let own = wanted.variable(CONFIG).filter(|value| !value.is_empty());
    let own = own.map_or_else(|| wanted.home.join(".codex"), Into::into);
    let seed = |name: &&str| Seed { from: own.join(name), to: folder.join(name), link: true };
    start.seeds.extend(LINKED.iter().map(seed));
    start.environment.push((CONFIG.into(), folder.display().to_string()));
}

#[cfg(test)]
mod tests;
