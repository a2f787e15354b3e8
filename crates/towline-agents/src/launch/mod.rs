//! How agents are started: with hooks that tell Towline what they do, in a configuration folder of their own where that is
//! wanted, and with the conversation they had.
//!
//! Nothing here touches the user's own files: hooks are passed by arguments, by variables of the environment, and by
//! files in a folder that Towline owns.

mod claude;
mod codex;
mod gemini;
mod opencode;

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
    let start = Start { command: command.to_vec(), ..Start::default() };
    match kind {
        "claude" => Some(claude::prepare(start, arguments, wanted)),
        "codex" => Some(codex::prepare(start, arguments, wanted)),
        "gemini" => Some(gemini::prepare(start, arguments, wanted)),
        "opencode" => Some(opencode::prepare(start, arguments, wanted)),
        _ => None,
    }
}

/// Whether a conversation of this kind of agent can be continued by its id.
pub fn resumes(kind: &str) -> bool {
    matches!(kind, "claude" | "codex" | "gemini" | "opencode")
}
