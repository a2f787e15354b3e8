//! A Towline of its own for each test: real processes, in a folder of their own, that leave nothing behind.
//!
//! [`Tow`] is one Towline. [`Fleet`] is a client with hosts: each a real `sshd` ([`Sshd`]) with a home and programs of its
//! own ([`Setup`]), behind a link ([`Relay`]) that a test can make slow, thin or dead, or in a network namespace
//! ([`netns`]) whose cable it can pull. [`Outer`] is the terminal of a person who attaches.
//!
//! Tests wait for events with a deadline, never for time: [`wait_until`] and [`Running::line`] fail after
//! [`DEADLINE`], which is far longer than anything takes.

mod demo;
mod fleet;
mod host;
mod leftovers;
pub mod model;
pub mod netns;
pub mod ordeal;
mod outcome;
mod outer;
mod port;
pub mod process;
mod programs;
mod random;
pub mod real;
mod relay;
mod running;
mod ssh_client;
mod sshd;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::netns::Side;

pub use demo::Demo;
pub use fleet::Fleet;
pub use host::{Host, Setup};
pub use outcome::Outcome;
pub use outer::{Outer, Seen};
pub use port::Port;
pub use random::Random;
pub use relay::{Cut, Relay};
pub use running::Running;
pub use ssh_client::{SshCall, SshClient};
pub use sshd::{Login, Sshd, gives_terminals};

/// How long anything may take. A loaded machine is slow; a hang is for ever.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A Towline with a folder of its own. Dropping it ends its server and panes, and fails the test where a process
/// of it is left.
#[derive(Debug)]
pub struct Tow {
    program: PathBuf,
    folder: TempDir,
    /// Set for all its commands, beyond what each gets.
    environment: Vec<(OsString, OsString)>,
    /// The network that all its commands run in, where it isn't the machine's.
    inside: Option<Side>,
}

impl Tow {
    /// A Towline that runs this program: `Tow::new(env!("CARGO_BIN_EXE_tow"))`.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let folder = tempfile::Builder::new().prefix("tow-").tempdir().expect("a temporary folder");
        for part in ["home", "towline", "tmux", "work"] {
            std::fs::create_dir(folder.path().join(part)).expect("a folder in it");
        }
        Self { program: program.into(), folder, environment: Vec::new(), inside: None }
    }

    /// Sets a variable for all commands from now on.
    pub fn set_env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) {
        let pair = (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.environment.push(pair);
    }

    /// Has all commands from now on run in a network of the test's.
    pub fn set_inside(&mut self, side: &Side) {
        self.inside = Some(side.clone());
    }

    /// The folder that all of it is in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where a tmux that is started by its commands has its socket: nobody else's tmux is seen.
    pub fn tmux_folder(&self) -> PathBuf {
        self.folder.path().join("tmux")
    }

    /// What `TOWLINE_HOME` is.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("towline")
    }

    /// The state folder.
    pub fn state(&self) -> PathBuf {
        self.home().join("state")
    }

    /// The folder that commands run in.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// A command that is not run yet, with this Towline's environment and nothing of the test's own terminal.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            let foreign = ["TOWLINE_", "TMUX", "SSH_", "XDG_"];
            let foreign = foreign.iter().chain(&real::FOREIGN);
            if foreign.into_iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.work())
            .env("TOWLINE_HOME", self.home())
            .env("HOME", self.folder.path().join("home"))
            .env("PWD", self.work())
            .env("TMUX_TMPDIR", self.tmux_folder())
            .env("SHELL", "/bin/sh")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("NO_COLOR")
            .env_remove("ENV")
            // It makes agents believe that nobody is there.
            .env_remove("CI")
            .env_remove("GITHUB_ACTIONS")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        if let Some(side) = &self.inside {
            side.enter(&mut command);
        }
        command
    }

    /// Runs a command to its end.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Outcome {
        outcome::run(self.command(arguments), b"")
    }

    /// Runs a command to its end, with this standard input.
    pub fn run_with_input<S: AsRef<OsStr>>(&self, arguments: &[S], input: &[u8]) -> Outcome {
        outcome::run(self.command(arguments), input)
    }

    /// Runs a command to its end in another folder.
    pub fn run_in<S: AsRef<OsStr>>(&self, folder: &Path, arguments: &[S]) -> Outcome {
        let mut command = self.command(arguments);
        command.current_dir(folder).env("PWD", folder);
        outcome::run(command, b"")
    }

    /// Runs a command that must succeed, and returns its standard output.
    #[track_caller]
    pub fn ok<S: AsRef<OsStr>>(&self, arguments: &[S]) -> String {
        self.run(arguments).expect_status(0).stdout
    }

    /// Runs a command that must succeed, and returns the JSON document it prints.
    #[track_caller]
    pub fn json<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Value {
        let text = self.ok(arguments);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("no JSON: {error}: {text}"))
    }

    /// Starts a command that goes on.
    pub fn start<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Running {
        Running::start(self.command(arguments))
    }

    /// Starts a pane that runs a shell's command line, and returns its target.
    #[track_caller]
    pub fn spawn(&self, name: &str, command_line: &str) -> String {
        let arguments = ["spawn", "--detach", "--name", name, "--", "sh", "-c", command_line];
        self.ok(&arguments).trim_end().to_owned()
    }

    /// The panes as `tow list --json` has them; ended ones too.
    #[track_caller]
    pub fn panes(&self) -> Vec<Value> {
        let list = self.json(&["list", "--ended", "--json"]);
        list["panes"].as_array().cloned().expect("a list of panes")
    }

    /// One pane, as `tow info --json` has it.
    #[track_caller]
    pub fn pane(&self, target: &str) -> Value {
        self.json(&["info", "--json", target])
    }

    /// Waits until a line of the pane matches, and returns it.
    #[track_caller]
    pub fn wait_output(&self, target: &str, regex: &str) -> String {
        let timeout = format!("{}s", DEADLINE.as_secs());
        self.ok(&["wait", target, "--output", regex, "--timeout", &timeout])
    }

    /// The process id of the server that runs, if one does.
    pub fn server_pid(&self) -> Option<i32> {
        let outcome = self.run(&["server", "status", "--json"]);
        let status: Value = serde_json::from_str(&outcome.stdout).ok()?;
        i32::try_from(status["pid"].as_i64()?).ok()
    }

    /// Ends the server as nothing orderly would, and waits until it is gone. One that is just being started
    /// again by a client is waited for.
    #[track_caller]
    pub fn kill_server(&self) {
        let pid = wait_until("a server runs", || self.server_pid());
        leftovers::kill(pid);
        wait_until("the server is gone", || (!leftovers::is_alive(pid)).then_some(()));
    }

    /// The processes of this Towline: server and holders.
    pub fn processes(&self) -> Vec<i32> {
        leftovers::processes_with(self.folder.path())
    }
}

impl Drop for Tow {
    fn drop(&mut self) {
        if !self.state().exists() {
            return;
        }
        let outcome = self.run(&["server", "stop", "--kill"]);
        let left = leftovers::wait_for_none(self.folder.path());
        left.iter().for_each(|process| leftovers::kill(process.pid));
        if !std::thread::panicking() {
            assert!(left.is_empty(), "processes are left: {left:?}; the stop said {outcome:?}");
        }
    }
}

/// Waits until `look` finds something, and returns it.
///
/// # Panics
/// Where it doesn't within [`DEADLINE`]; `what` is told.
#[track_caller]
pub fn wait_until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    /// Short against anything that is waited for, long against a look.
    const PAUSE: Duration = Duration::from_millis(5);
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited too long until {what}");
        std::thread::sleep(PAUSE);
    }
}

/// Whether a file is there, for [`wait_until`].
pub fn exists(path: &Path) -> Option<()> {
    path.exists().then_some(())
}
