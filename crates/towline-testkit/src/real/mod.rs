//! Real agents for tests: installed from their packages at fixed versions, each set up so that it talks to a [`Model`] of the
//! test's and waits for nothing else.
//!
//! The versions are in `package.json` beside this file. An agent is one file here: an [`Agent`], listed in [`AGENTS`].
//!
//! [`Model`]: crate::model::Model

mod claude;
mod codex;
mod gemini;
mod install;
mod opencode;

use std::path::{Path, PathBuf};

pub use install::{Installed, install, version};

/// The agents that tests are run with.
pub const AGENTS: &[&dyn Agent] =
    &[&claude::Claude, &codex::Codex, &gemini::Gemini, &opencode::OpenCode];

/// A kind of agent: how it is set up, and what is peculiar to it.
pub trait Agent: Sync {
    /// As Towline calls it.
    fn kind(&self) -> &'static str;

    /// Its package in `package.json`.
    fn package(&self) -> &'static str;

    /// Its program, in the folder of packages. Its name must be one that the kind is known by.
    fn program(&self) -> &'static str;

    /// Writes what its home folder must have, and says how it is started. `None` where it has no such beginning.
    fn set_up(&self, place: &Place, beginning: Beginning) -> Option<Setup>;

    /// What of it differs from the others.
    fn habits(&self) -> Habits {
        Habits::default()
    }
}

/// With what an agent begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// With its input box.
    Ready,
    /// With the question whether the folder is to be trusted.
    Untrusted,
    /// With its way to log in.
    LoggedOut,
}

/// Where an agent runs.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its home folder, which is empty at first.
    pub home: PathBuf,
    /// The folder that it works in.
    pub work: PathBuf,
    /// The model's URL, without a slash at the end.
    pub model: String,
    /// The file whose writing it must ask for.
    pub edit: PathBuf,
}

/// How it is started.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Variables on top of the environment. `HOME` is set already.
    pub environment: Vec<(String, String)>,
}

/// What differs from agent to agent.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// It goes on with its turn when it was denied something; else the turn is over.
    pub goes_on_when_denied: bool,
    /// How its person ends it: a prompt, or keys where it begins with `key:` (`key:C-c`).
    pub quits: &'static [&'static str],
    /// It has a tool to ask a person something.
    pub asks: bool,
    /// The key that takes the first choice of a question.
    pub chooses: &'static str,
    /// What its rules say when the model refuses for a limit: it is blocked. Else it ends the turn as after any error.
    pub tells_limits: bool,
    /// The keys that answer its dialog about a limit, where it has one.
    pub limit_keys: &'static [&'static str],
    /// It tells that it takes input before a session exists, as codex does.
    pub trust_key: &'static [&'static str],
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            goes_on_when_denied: false,
            quits: &["/quit"],
            asks: true,
            chooses: "Enter",
            tells_limits: true,
            limit_keys: &[],
            trust_key: &["Enter"],
        }
    }
}

impl Place {
    /// A place below a folder: a home and a folder to work in.
    ///
    /// # Panics
    /// Where they can't be made.
    pub fn below(folder: &Path, model: &str) -> Self {
        let (home, work) = (folder.join("home"), folder.join("app"));
        for folder in [&home, &work] {
            std::fs::create_dir_all(folder).expect("a folder of the test's own");
        }
        let edit = work.join("note.txt");
        Self { home, work, model: model.to_owned(), edit }
    }

    /// Writes a file of the home folder, or of any other.
    ///
    /// # Panics
    /// Where it can't be written.
    pub fn write(&self, path: &Path, text: &str) {
        let path = self.home.join(path);
        let parent = path.parent().expect("a file is in a folder");
        std::fs::create_dir_all(parent).expect("a folder of the test's own");
        std::fs::write(&path, text).expect("a file of the test's own");
    }
}

/// What begins the names of variables that would reach an agent from the developer's own environment.
pub const FOREIGN: [&str; 12] = [
    "ANTHROPIC_",
    "CLAUDE",
    "CODEX_",
    "OPENAI_",
    "GEMINI_",
    "GOOGLE_",
    "OPENCODE",
    "AWS_",
    "AZURE_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
];
