//! How agents are started: with hooks that tell Towline what they do, in a configuration folder of their own where that is
//! wanted, and with the conversation they had.
//!
//! Nothing here touches the user's own files: hooks are passed by arguments, by variables of the environment, and by
//! files in a folder that Towline owns.

pub(crate) mod claude;
pub(crate) mod codex;
pub(crate) mod gemini;
pub mod opencode;
mod words;

use std::path::PathBuf;

use crate::kind::program;

/// What is asked of a start.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The program that hooks call (`tow`), with its path.
    pub tow: PathBuf,
    /// A folder of the pane's own, in which [`Start::files`] are put.
    pub folder: PathBuf,
    /// The user's home folder on the pane's host.
    pub home: PathBuf,
    /// The conversation to be continued.
    pub resume: Option<String>,
    /// An id for a new conversation (a UUID), for agents that take one.
    pub fresh: String,
    /// The agent is to have a configuration folder of its own: this one.
    pub isolated: Option<PathBuf>,
    /// The environment that it gets otherwise.
    pub environment: Vec<(String, String)>,
    /// The model to be used; empty: the agent's own choice.
    pub model: String,
    /// It gets no hooks: only what else is asked for here.
    pub no_hooks: bool,
}

/// How an agent is to be started.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Start {
    /// The argument vector.
    pub command: Vec<String>,
    /// Variables to be set on top of the environment.
    pub environment: Vec<(String, String)>,
    /// Files to be written before, with their contents; readable by the user alone.
    pub files: Vec<(PathBuf, String)>,
    /// What an isolated configuration folder begins with.
    pub seeds: Vec<Seed>,
    /// The conversation that it will have, where that is known beforehand.
    pub conversation: Option<String>,
    /// What was asked for and can't be had, a line each, for people.
    pub notes: Vec<String>,
    /// Its hooks will tell what it does.
    pub hooked: bool,
    /// Folders each entry of which is linked into another at every start: from, to. What is there already stays.
    pub entries: Vec<(PathBuf, PathBuf)>,
    /// The folder below which it keeps a record of each conversation, of which it may delete some that are still wanted.
    pub records: Option<PathBuf>,
}

/// Something of the user's that an isolated configuration folder gets when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// The user's own file or folder. One that isn't there is passed over.
    pub from: PathBuf,
    /// Where it comes.
    pub to: PathBuf,
    /// A link rather than a copy: credentials that are renewed must stay the same ones.
    pub link: bool,
}

impl Wanted {
    /// The value of a variable of the environment.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// How the agent of this command is to be started; `None` where the command starts none that Towline can do more for
/// than to run it.
pub fn prepare(command: &[String], wanted: &Wanted) -> Option<Start> {
    let (kind, arguments) = program(command)?;
    with(kind, arguments, command, wanted)
}

/// As [`prepare`], for a command that doesn't show what it starts (a wrapper): an agent of this kind. What is added comes
/// after it.
pub fn prepare_as(kind: &str, command: &[String], wanted: &Wanted) -> Option<Start> {
    match program(command) {
        Some((seen, arguments)) if seen == kind => with(kind, arguments, command, wanted),
        _ => with(kind, command.len(), command, wanted),
    }
}

// For those who prepare: what the user's own arguments say stays in force and isn't said twice (a model, a session id, an id
// to be resumed, which is then the conversation). With `Wanted::resume` it is another matter: that start continues what
// was, so whatever they say of which conversation, and a first prompt among them, is left out: it was sent long ago.
fn with(kind: &str, arguments: usize, command: &[String], wanted: &Wanted) -> Option<Start> {
    let start = Start { command: command.to_vec(), ..Start::default() };
    match kind {
        "claude" => Some(claude::prepare(start, arguments, wanted)),
        "codex" => Some(codex::prepare(start, arguments, wanted)),
        "gemini" => Some(gemini::prepare(start, arguments, wanted)),
        "opencode" => Some(opencode::prepare(start, arguments, wanted)),
        _ => None,
    }
}

/// Whether this can be the id of a conversation: it is passed on as an argument, so nothing that could be an option.
pub fn is_conversation(id: &str) -> bool {
    /// The longest that is taken; agents' own have 30 to 40 characters.
    const LONGEST: usize = 200;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    !id.is_empty() && id.len() <= LONGEST && !id.starts_with('-') && id.chars().all(plain)
}

/// Whether a conversation of this kind of agent can be continued by its id.
pub fn resumes(kind: &str) -> bool {
    matches!(kind, "claude" | "codex" | "gemini" | "opencode")
}

/// The shell command by which an agent's hook tells Towline: it says nothing and never fails, whatever becomes of `tow`. `None`
/// where the program's path is no text.
fn hook_command(wanted: &Wanted, kind: &str) -> Option<String> {
    let tow = wanted.tow.to_str().filter(|path| !path.is_empty())?;
    let quoted = format!("'{}'", tow.replace('\'', "'\\''"));
    Some(format!("{quoted} agent-event {kind} >/dev/null 2>&1 || :"))
}
