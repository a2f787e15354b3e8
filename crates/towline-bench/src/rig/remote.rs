//! Other hosts: a real sshd each, behind a link that can be made slow and thin, with Towline on it or tmux.
//!
//! A fleet's hosts have one of the two only, so that each has a link of its own whose bytes can be counted.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use rustix::process::Pid;
use serde_json::Value;
use towline_testkit::{Fleet, Host, Setup};

use super::{Bench, Contender};
use crate::terminal::{COLUMNS, ROWS, Terminal};
use crate::{exec, interrupt};

/// The only host of most fleets.
const ALIAS: &str = "thor";
/// How long a host may take until it is connected with.
const CONNECT_DEADLINE: Duration = Duration::from_secs(30);
/// The pause between two looks whether it is.
const LOOK: Duration = Duration::from_millis(20);

/// Some hosts and a client of theirs.
pub(crate) struct Remote {
    contender: Contender,
    /// `None` only while being dropped.
    fleet: Option<Fleet>,
    /// For socket names of ssh's masters.
    control: PathBuf,
}

/// How ssh reaches a host for tmux.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Through a master connection that stays.
    Warm,
    /// By a connection of its own.
    Cold,
}

impl Remote {
    /// One host, its link as fast as the machine, and the client connected with it.
    pub(crate) fn start(bench: &Bench, contender: Contender) -> Result<Self> {
        let remote = Self::with_hosts(bench, contender, &[ALIAS.to_owned()])?;
        remote.connect()?;
        Ok(remote)
    }

    /// Some hosts, whose multiplexers run, and nothing connected.
    pub(crate) fn with_hosts(
        bench: &Bench,
        contender: Contender,
        aliases: &[String],
    ) -> Result<Self> {
        let tow = bench.tow.clone().map_err(|why| anyhow!("there is no `tow`: {why}"))?;
        let setup = match contender {
            Contender::Bare | Contender::Scan | Contender::Load => {
                bail!("{} has no hosts", contender.name())
            }
            Contender::Tmux => Setup::tmux(),
            Contender::Towline => Setup::towline(),
        };
        let mut fleet = guarded(|| Fleet::new(tow))?;
        for alias in aliases {
            interrupt::check()?;
            fleet = guarded(|| fleet.host(alias, setup.clone()))?;
        }
        let control = fleet.tow.folder().join("cm-%C");
        let remote = Self { contender, fleet: Some(fleet), control };
        for host in &remote.fleet()?.hosts {
            remote.start_multiplexer(host)?;
        }
        Ok(remote)
    }

    /// Has ssh agree on keys in a way that costs little processor time: by default it takes more than a slow link's round
    /// trips, and here all hosts are on one machine.
    pub(crate) fn agree_cheaply(&self) -> Result<()> {
        let config = self.fleet()?.ssh.config();
        let mut text = std::fs::read_to_string(&config).context("reading ssh's configuration")?;
        text.push_str("Host *\n  KexAlgorithms curve25519-sha256\n");
        std::fs::write(&config, text).context("writing ssh's configuration")
    }

    /// The fleet itself.
    pub(crate) fn fleet(&self) -> Result<&Fleet> {
        self.fleet.as_ref().context("the fleet is gone")
    }

    /// The only host, or the first.
    pub(crate) fn host(&self) -> Result<&Host> {
        self.fleet()?.hosts.first().context("the fleet has no host")
    }

    fn start_multiplexer(&self, host: &Host) -> Result<()> {
        let (columns, rows) = (COLUMNS.to_string(), ROWS.to_string());
        let mut start = match self.contender {
            Contender::Tmux => host.command("tmux", &["-f", "/dev/null"]),
            _ => host.there().command(&["server", "start"]),
        };
        if self.contender == Contender::Tmux {
            start.args(["start-server", ";", "set-option", "-g", "status", "off", ";"]);
            start.args(["new-session", "-d", "-s", "base", "-x", &columns, "-y", &rows]);
            start.args(["cat", "-"]);
        }
        exec::output(&mut start).map(drop)
    }

    /// Makes the connection that the commands use, and waits until it is there.
    fn connect(&self) -> Result<()> {
        match self.contender {
            Contender::Towline => {
                exec::output(&mut self.fleet()?.tow.command(&["server", "start"]))?;
                self.wait_online(Instant::now() + CONNECT_DEADLINE)
            }
            _ => exec::output(&mut self.ssh(Way::Warm, ALIAS, &["true"])?).map(drop),
        }
    }

    /// Waits until all hosts are connected with.
    pub(crate) fn wait_online(&self, deadline: Instant) -> Result<()> {
        let hosts = self.fleet()?.hosts.len();
        loop {
            if self.online()? >= hosts {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "not all hosts are online");
            interrupt::pause(LOOK)?;
        }
    }

    /// How many hosts are online, as `tow list --json` has it.
    pub(crate) fn online(&self) -> Result<usize> {
        let text = exec::output(&mut self.fleet()?.tow.command(&["list", "--json"]))?;
        let list: Value = serde_json::from_str(&text).context("reading `tow list --json`")?;
        let hosts = list["hosts"].as_array().context("`tow list --json` has no hosts")?;
        let there = |host: &&Value| host["host"] != "local" && host["status"] == "online";
        Ok(hosts.iter().filter(there).count())
    }

    /// An ssh that runs something on a host: words that the shell there reads.
    pub(crate) fn ssh(&self, way: Way, alias: &str, words: &[&str]) -> Result<Command> {
        let fleet = self.fleet()?;
        // Not the testkit's own `ssh`, which is a script: its shell's time is not to count.
        let mut ssh = Command::new("ssh");
        ssh.arg("-F").arg(fleet.ssh.config());
        let control = match way {
            Way::Warm => self.control.clone().into_os_string(),
            Way::Cold => "none".into(),
        };
        let mut path = OsString::from("ControlPath=");
        path.push(control);
        ssh.arg("-o").arg(path).args(["-o", "ControlMaster=auto", "-o", "ControlPersist=600"]);
        ssh.env_remove("TMUX");
        let words = match words {
            // A terminal there, which ssh has to be told before the host.
            ["-t", words @ ..] => {
                ssh.arg("-t");
                words
            }
            words => words,
        };
        ssh.args(["--", alias]).args(words);
        Ok(ssh)
    }

    /// Starts a program there, not through the link. With tmux each pane has a session of its own, so that clients
    /// can look at different ones.
    pub(crate) fn spawn(&self, name: &str, argv: &[OsString]) -> Result<()> {
        let host = self.host()?;
        let (columns, rows) = (COLUMNS.to_string(), ROWS.to_string());
        let mut spawn = match self.contender {
            Contender::Tmux => {
                let words = ["new-session", "-d", "-s", name, "-x", &columns, "-y", &rows];
                host.command("tmux", &words)
            }
            _ => {
                let words =
                    ["spawn", "--detach", "--name", name, "--cols", &columns, "--rows", &rows];
                let mut spawn = host.there().command(&words);
                spawn.arg("--");
                spawn
            }
        };
        exec::output(spawn.args(argv)).map(drop)
    }

    /// Ends a pane there, not through the link.
    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        let host = self.host()?;
        let mut kill = match self.contender {
            Contender::Tmux => host.command("tmux", &["kill-session", "-t", &format!("={name}")]),
            _ => host.there().command(&["kill", name]),
        };
        exec::output(&mut kill).map(drop)
    }

    /// The command that lists the panes.
    pub(crate) fn list(&self) -> Result<Command> {
        match self.contender {
            Contender::Tmux => self.ssh(Way::Warm, ALIAS, &["tmux", "list-panes", "-a"]),
            _ => self.tow(&["list"]),
        }
    }

    /// The command that prints what a pane shows.
    pub(crate) fn peek(&self, name: &str) -> Result<Command> {
        let target = self.target(name);
        match self.contender {
            Contender::Tmux => {
                self.ssh(Way::Warm, ALIAS, &["tmux", "capture-pane", "-p", "-t", &target])
            }
            _ => self.tow(&["peek", &target]),
        }
    }

    /// The command that types a word into a pane, without Enter: `tow` waits a moment before that, for the program
    /// to have read the text.
    pub(crate) fn send(&self, name: &str, text: &str) -> Result<Command> {
        let target = self.target(name);
        match self.contender {
            Contender::Tmux => {
                self.ssh(Way::Warm, ALIAS, &["tmux", "send-keys", "-t", &target, "-l", text])
            }
            _ => self.tow(&["send", &target, "--no-enter", text]),
        }
    }

    /// The command that attaches to a pane.
    pub(crate) fn attach(&self, name: &str, way: Way) -> Result<Command> {
        let target = self.target(name);
        match self.contender {
            Contender::Tmux => self.ssh(way, ALIAS, &["-t", "tmux", "attach", "-t", &target]),
            _ => self.tow(&["attach", &target]),
        }
    }

    /// The command that prints a line when something happens to a pane: the list, and tmux's control mode.
    pub(crate) fn watch(&self, way: Way) -> Result<Command> {
        match self.contender {
            Contender::Tmux => self.ssh(way, ALIAS, &["tmux", "-C", "attach", "-t", "=base:"]),
            _ => self.tow(&["list", "--watch", "--json"]),
        }
    }

    /// A client of a pane, once the pane shows there.
    pub(crate) fn attached(&self, name: &str, shows: &str) -> Result<Terminal> {
        let client = Terminal::spawn(&mut self.attach(name, Way::Warm)?)?;
        client.read_until(shows, Instant::now() + CONNECT_DEADLINE)?;
        Ok(client)
    }

    fn tow(&self, arguments: &[&str]) -> Result<Command> {
        Ok(self.fleet()?.tow.command(arguments))
    }

    /// How the client names a pane. For tmux, quoted for the shell there.
    fn target(&self, name: &str) -> String {
        match self.contender {
            Contender::Tmux => format!("'={name}:'"),
            _ => format!("{ALIAS}:{name}"),
        }
    }

    /// Makes each byte take so long to any host and from it.
    pub(crate) fn set_delay(&self, one_way: Duration) -> Result<()> {
        guarded(|| {
            self.fleet().map(|fleet| {
                fleet.hosts.iter().for_each(|host| host.relay.set_delay(one_way));
            })
        })?
    }

    /// Every process that has to do with it, on both sides, but for this one and with those in the panes.
    pub(crate) fn processes(&self) -> Result<Vec<Pid>> {
        let fleet = self.fleet()?;
        let mut pids = fleet.tow.processes();
        for host in &fleet.hosts {
            pids.extend(host.there().processes());
            pids.extend(host.session_pids());
            pids.extend(host.ssh_pids());
        }
        pids.sort_unstable();
        pids.dedup();
        Ok(pids.into_iter().filter_map(Pid::from_raw).collect())
    }

    /// Bytes over all links so far, both ways.
    pub(crate) fn bytes(&self) -> Result<u64> {
        let passed = |host: &Host| host.relay.bytes_to_target() + host.relay.bytes_back();
        Ok(self.fleet()?.hosts.iter().map(passed).sum())
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // A process that is left is reported, and ends nothing here.
        if let Some(fleet) = self.fleet.take() {
            let _ = catch_unwind(AssertUnwindSafe(|| drop(fleet)));
        }
    }
}

/// The testkit fails by panics, which are an error here: the panic's own message has been printed.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        anyhow!("{}", text.unwrap_or("the hosts could not be made"))
    })
}
