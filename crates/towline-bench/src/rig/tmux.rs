//! A private tmux: its own socket, no configuration.

use std::ffi::OsString;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::Pid;

use super::{Bench, Multiplexer, Rig, clean};
use crate::exec;
use crate::process::{self, Process, Role};
use crate::script::READY;
use crate::terminal::{COLUMNS, ROWS, Terminal};

/// The same lines of scrollback as Towline's terminal model keeps.
const HISTORY: &str = "10000";
/// How long a client may take until it shows the pane.
const ATTACH_DEADLINE: Duration = Duration::from_secs(10);
/// The session of all panes, and the window in it that keeps the server alive.
const SESSION: &str = "bench";
const BASE: &str = "base";

/// A tmux server with one quiet window.
pub(crate) struct Tmux {
    folder: tempfile::TempDir,
    server: Pid,
}

impl Tmux {
    /// Starts the server.
    pub(crate) fn start(bench: &Bench) -> Result<Self> {
        let folder = bench.rig_folder("tmux-")?;
        let (columns, rows) = (COLUMNS.to_string(), ROWS.to_string());
        let size = format!("{columns}x{rows}");
        let mut start = command(folder.path());
        start.args(["start-server", ";", "set-option", "-g", "history-limit", HISTORY, ";"]);
        // No status line: the pane then has the same 50 rows for its client as elsewhere.
        start.args(["set-option", "-g", "status", "off", ";"]);
        start.args(["set-option", "-g", "default-size", &size, ";"]);
        start.args(["new-session", "-d", "-s", SESSION, "-n", BASE, "-x", &columns, "-y", &rows]);
        start.args(["cat", "-", ";", "display-message", "-p", "#{pid}"]);
        let pid = exec::output(&mut start)?;
        let pid = pid.trim().parse().ok().and_then(Pid::from_raw);
        Ok(Self { folder, server: pid.context("tmux gave no pid of its server")? })
    }

    fn command(&self) -> Command {
        command(self.folder.path())
    }
}

/// A tmux command for the server whose socket lies in `folder`.
fn command(folder: &std::path::Path) -> Command {
    let mut command = clean("tmux");
    command.env("TMUX_TMPDIR", folder);
    command.arg("-L").arg(format!("bench-{}", std::process::id())).args(["-f", "/dev/null"]);
    command
}

/// A window as tmux wants it named.
fn target(name: &str) -> String {
    format!("{SESSION}:={name}")
}

impl Rig for Tmux {
    fn spawn(&mut self, name: &str, argv: &[OsString]) -> Result<()> {
        let mut spawn = self.command();
        spawn.args(["new-window", "-d", "-t", &format!("{SESSION}:"), "-n", name]).args(argv);
        exec::output(&mut spawn).map(drop)
    }

    fn spawn_attached(&mut self, name: &str, argv: &[OsString]) -> Result<Terminal> {
        self.spawn(name, argv)?;
        let mut attach = self.command();
        attach.args(["attach-session", "-t", &target(name)]);
        let client = Terminal::spawn(&mut attach)?;
        client.read_until(READY, Instant::now() + ATTACH_DEADLINE)?;
        Ok(client)
    }

    fn remove(&mut self, name: &str) -> Result<()> {
        exec::output(self.command().args(["kill-window", "-t", &target(name)])).map(drop)
    }

    fn processes(&self) -> Result<Vec<Process>> {
        Ok(vec![Process { role: Role::Server, pid: self.server }])
    }
}

impl Multiplexer for Tmux {
    fn list(&self) -> Command {
        let mut list = self.command();
        list.args(["list-panes", "-a"]);
        list
    }

    fn count(&self) -> Result<usize> {
        let panes = exec::output(&mut self.list())?.lines().count();
        Ok(panes - 1) // the base window
    }

    fn scrollback(&self, name: &str) -> Result<String> {
        exec::output(self.command().args(["capture-pane", "-p", "-S", "-", "-t", &target(name)]))
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        exec::take_down(self.command().arg("kill-server"));
        process::sweep(self.folder.path());
    }
}
