//! A coding agent for tests that needs no package, no model and no account: a script that draws an input box, works, asks and
//! answers, and the rules that tell what it does.
//!
//! To Towline it is an agent like any other: it is known by a rule file of the user's (`agents/demo.toml`).

use std::fs;
use std::path::{Path, PathBuf};

use crate::sshd::write_script;
use crate::{Tow, programs};

/// What it does, see the head of the script.
const SCRIPT: &str = include_str!("demo-agent.sh");

/// The rules for it.
const RULES: &str = include_str!("demo.toml");

/// The demo agent, installed for one Towline.
#[derive(Debug, Clone)]
pub struct Demo {
    program: PathBuf,
    work: PathBuf,
}

impl Demo {
    /// Installs the agent and its rules for a Towline; for a host of a fleet that is [`Host::there`](crate::Host::there).
    ///
    /// # Panics
    /// Where its folder can't be written, or there is no bash.
    pub fn install(tow: &Tow) -> Self {
        let rules = tow.home().join("config/agents");
        fs::create_dir_all(&rules).expect("a folder of the test's own");
        fs::write(rules.join("demo.toml"), RULES).expect("a file of the test's own");
        Self { program: Self::program_in(&tow.folder().join("demo")), work: tow.work() }
    }

    /// Writes the program alone into a folder.
    ///
    /// # Panics
    /// As [`install`](Self::install).
    pub fn program_in(folder: &Path) -> PathBuf {
        fs::create_dir_all(folder).expect("a folder of the test's own");
        let program = folder.join("demo-agent");
        let bash = programs::find("bash");
        write_script(&program, &format!("#!{}\n{SCRIPT}", bash.display()));
        program
    }

    /// The program: its name is what it is known by.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Starts it in a pane with some of its options, waits until its box or its first question is shown, and returns the
    /// pane's target.
    #[track_caller]
    pub fn spawn(&self, tow: &Tow, name: &str, options: &[&str]) -> String {
        let target = self.begin(tow, name, options);
        tow.wait_output(&target, "^> ready|\\(y/n\\)");
        target
    }

    /// The same without waiting.
    #[track_caller]
    pub fn begin(&self, tow: &Tow, name: &str, options: &[&str]) -> String {
        let program = self.program.to_str().expect("a temporary folder has a plain name");
        let words = ["spawn", "--detach", "--name", name, "--", program];
        tow.ok(&[&words, options].concat()).trim_end().to_owned()
    }

    /// The prompts that agents in the Towline's folder have taken, in order; line ends in them are `\n` in two characters.
    pub fn taken(&self) -> Vec<String> {
        lines(&self.work.join("taken"))
    }

    /// The answers to their questions: `yes` or `no`.
    pub fn answered(&self) -> Vec<String> {
        lines(&self.work.join("answered"))
    }
}

fn lines(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
