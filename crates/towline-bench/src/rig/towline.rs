//! A private Towline: its own `TOWLINE_HOME`, driven through the binary only.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{Bench, Multiplexer, Rig, clean};
use crate::process::{self, Process, Role};
use crate::script::READY;
use crate::terminal::{COLUMNS, ROWS, Terminal};
use crate::{exec, interrupt};

/// How long a client may take until it shows the pane.
const ATTACH_DEADLINE: Duration = Duration::from_secs(10);
/// How long the rig waits for what still runs after an orderly stop.
const STOP_DEADLINE: Duration = Duration::from_secs(10);

/// A Towline server without panes at first.
pub(crate) struct Towline {
    tow: PathBuf,
    home: tempfile::TempDir,
}

impl Towline {
    /// Starts the server.
    pub(crate) fn start(bench: &Bench) -> Result<Self> {
        let tow = bench.tow.clone().map_err(|why| anyhow!("there is no `tow`: {why}"))?;
        let towline = Self { tow, home: bench.rig_folder("tow-")? };
        exec::output(towline.command().args(["server", "start"]))?;
        towline.server().context("after `tow server start`")?;
        Ok(towline)
    }

    fn command(&self) -> Command {
        let mut command = clean(&self.tow);
        command.env("TOWLINE_HOME", self.home.path());
        command
    }

    /// The answer of a command with `--json`.
    fn json(&self, arguments: &[&str]) -> Result<Value> {
        let text = exec::output(self.command().args(arguments).arg("--json"))?;
        serde_json::from_str(&text)
            .with_context(|| format!("`tow {}`: no JSON in {text:?}", arguments.join(" ")))
    }

    /// The server's process.
    pub(crate) fn server(&self) -> Result<Pid> {
        let status = self.json(&["server", "status"])?;
        pid(&status["pid"]).with_context(|| format!("no pid in {status}"))
    }

    /// Kills the server as a crash would and waits until it is gone.
    pub(crate) fn crash(&self, server: Pid) -> Result<()> {
        let pidfd = rustix::process::pidfd_open(server, rustix::process::PidfdFlags::empty())
            .context("opening a pidfd of the server")?;
        kill_process(server, Signal::KILL).context("killing the server")?;
        let deadline = Instant::now() + STOP_DEADLINE;
        interrupt::wait_readable(std::os::fd::AsFd::as_fd(&pidfd), deadline, "the server's end")
    }

    /// The pids of the programs in all panes that have not ended, as `tow list` has them, in
    /// rising order.
    pub(crate) fn running(&self) -> Result<Vec<Pid>> {
        let mut running: Vec<Pid> = panes(&self.json(&["list"])?)?
            .iter()
            .filter(|pane| pane["exit"].is_null())
            .filter_map(|pane| pid(&pane["pid"]))
            .collect();
        running.sort_by_key(|pid| pid.as_raw_nonzero());
        Ok(running)
    }
}

/// The panes of `tow list --json`.
fn panes(list: &Value) -> Result<&Vec<Value>> {
    list["panes"].as_array().context("`tow list --json` has no panes")
}

/// A pid in JSON.
fn pid(value: &Value) -> Option<Pid> {
    Pid::from_raw(i32::try_from(value.as_i64()?).ok()?)
}

impl Rig for Towline {
    fn spawn(&mut self, name: &str, argv: &[OsString]) -> Result<()> {
        let mut spawn = self.command();
        spawn.args(["spawn", "--detach", "--name", name]);
        spawn.args(["--cols", &COLUMNS.to_string(), "--rows", &ROWS.to_string(), "--"]).args(argv);
        exec::output(&mut spawn).map(drop)
    }

    fn spawn_attached(&mut self, name: &str, argv: &[OsString]) -> Result<Terminal> {
        self.spawn(name, argv)?;
        let client = Terminal::spawn(self.command().args(["attach", name]))?;
        client.read_until(READY, Instant::now() + ATTACH_DEADLINE)?;
        Ok(client)
    }

    fn remove(&mut self, name: &str) -> Result<()> {
        exec::output(self.command().args(["kill", name])).map(drop)
    }

    fn processes(&self) -> Result<Vec<Process>> {
        let mut processes = vec![Process { role: Role::Server, pid: self.server()? }];
        for pane in panes(&self.json(&["list"])?)?.iter().filter(|pane| pane["exit"].is_null()) {
            // A holder is the parent of its pane's program, where the list doesn't name it.
            let holder = match pid(&pane["holder_pid"]) {
                Some(holder) => holder,
                None => process::parent(pid(&pane["pid"]).context("a pane without a pid")?)?,
            };
            processes.push(Process { role: Role::Holder, pid: holder });
        }
        Ok(processes)
    }

    fn journals(&self) -> Option<PathBuf> {
        find_folder(self.home.path(), "panes")
    }
}

impl Multiplexer for Towline {
    fn list(&self) -> Command {
        let mut list = self.command();
        list.arg("list");
        list
    }

    fn count(&self) -> Result<usize> {
        Ok(self.running()?.len())
    }

    fn scrollback(&self, name: &str) -> Result<String> {
        exec::output(self.command().args(["peek", name, "-n", "10000"]))
    }
}

impl Drop for Towline {
    fn drop(&mut self) {
        exec::take_down(self.command().args(["server", "stop", "--kill"]));
        process::sweep(self.home.path());
    }
}

/// The folder of that name somewhere below `folder`.
fn find_folder(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut below = vec![folder.to_owned()];
    while let Some(folder) = below.pop() {
        for entry in std::fs::read_dir(folder).ok()?.flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if entry.file_name() == name {
                    return Some(entry.path());
                }
                below.push(entry.path());
            }
        }
    }
    None
}
