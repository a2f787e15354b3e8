//! A client and the hosts it knows.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use crate::leftovers;
use crate::netns::Side;
use crate::ssh_client::SshClient;
use crate::{Host, Port, Setup, Tow, wait_until};

/// A fleet of a test's own: a Towline that knows some hosts. Dropping it ends the hosts, then the client.
///
/// ```no_run
/// use towline_testkit::{Fleet, Setup};
/// let fleet = Fleet::new("target/debug/tow")
///     .towline("thor")
///     .host("loki", Setup::tmux().shell("bash").noise("welcome to loki"))
///     .refusing("deadhost");
/// fleet.host_named("thor").spawn("x", "cat");
/// fleet.tow.ok(&["list"]);
/// ```
#[derive(Debug)]
pub struct Fleet {
    /// The hosts, in the order in which they were added.
    pub hosts: Vec<Host>,
    /// The client's side.
    pub tow: Tow,
    /// The client's `ssh`.
    pub ssh: SshClient,
    entries: String,
    program: PathBuf,
    /// Ports of hosts that refuse.
    closed: Vec<Port>,
    /// Ports of hosts that are silent: connections are made by the kernel, and nobody speaks.
    silent: Vec<TcpListener>,
    inside: Option<Side>,
}

impl Fleet {
    /// A client without hosts, and this program on both sides: `Fleet::new(env!("CARGO_BIN_EXE_tow"))`.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let program = program.into();
        let mut tow = Tow::new(&program);
        let ssh = SshClient::new(tow.folder().join("ssh"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(ssh.bin()).chain(std::env::split_paths(&path));
        let path = std::env::join_paths(folders).expect("folders without colons");
        tow.set_env("PATH", path);
        let (hosts, closed, silent, inside) = Default::default();
        Self { hosts, tow, ssh, entries: String::new(), program, closed, silent, inside }
    }

    /// The client is in this network, with all it starts; hosts at the other side are [`Setup::at`] it.
    pub fn inside(mut self, side: &Side) -> Self {
        self.tow.set_inside(side);
        self.inside = Some(side.clone());
        self
    }

    /// Adds a host with Towline and no tmux.
    pub fn towline(self, alias: &str) -> Self {
        self.host(alias, Setup::towline())
    }

    /// Adds a host with tmux only.
    pub fn tmux(self, alias: &str) -> Self {
        self.host(alias, Setup::tmux())
    }

    /// Adds a host.
    pub fn host(mut self, alias: &str, setup: Setup) -> Self {
        let host = Host::new(alias, &setup, &self.program, &self.ssh);
        let projects = format!("projects = \"{}\"", host.projects().display());
        self.hosts.push(host);
        self.list(alias, &[&[projects], setup.entry_lines()].concat());
        self
    }

    /// Adds a host on which nobody listens.
    pub fn refusing(mut self, alias: &str) -> Self {
        let port = Port::new();
        self.ssh.add(alias, port.address(), None);
        self.closed.push(port);
        self.list(alias, &[]);
        self
    }

    /// Adds a host that takes connections and never says a word.
    pub fn silent(mut self, alias: &str) -> Self {
        let listener = Port::new().listen();
        let address: SocketAddr = listener.local_addr().expect("it listens");
        self.ssh.add(alias, address, None);
        self.silent.push(listener);
        self.list(alias, &[]);
        self
    }

    /// The host of this alias.
    ///
    /// # Panics
    /// Where there is none, or one that only refuses or is silent.
    #[track_caller]
    pub fn host_named(&self, alias: &str) -> &Host {
        let found = self.hosts.iter().find(|host| host.alias() == alias);
        found.unwrap_or_else(|| panic!("there is no host {alias}"))
    }

    /// The same, to be changed.
    ///
    /// # Panics
    /// As [`host_named`](Self::host_named).
    #[track_caller]
    pub fn host_mut(&mut self, alias: &str) -> &mut Host {
        let found = self.hosts.iter_mut().find(|host| host.alias() == alias);
        found.unwrap_or_else(|| panic!("there is no host {alias}"))
    }

    /// The client's list of hosts.
    pub fn hosts_file(&self) -> PathBuf {
        self.tow.home().join("config/hosts.toml")
    }

    /// Writes an entry.
    fn list(&mut self, alias: &str, lines: &[String]) {
        let entry = format!("[host.{alias}]\naddress = \"ssh://{alias}\"\n");
        self.entries.push_str(&(entry + &lines.join("\n") + "\n\n"));
        let file = self.hosts_file();
        fs::create_dir_all(file.parent().unwrap_or(Path::new("/")))
            .expect("the client's own folder");
        fs::write(file, &self.entries).expect("the client's own file");
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        let connected: Vec<i32> = self.hosts.iter().flat_map(Host::ssh_pids).collect();
        // A master in the background stays for minutes, and says nothing of where it comes from: it ends with its
        // connection.
        self.hosts.clear();
        self.silent.clear();
        // It hears of that only where there is still a cable.
        for pid in self.inside.iter().flat_map(Side::pids) {
            if leftovers::name(pid) == "ssh" {
                leftovers::kill(pid);
            }
        }
        if !std::thread::panicking() {
            wait_until("the client's ssh processes end with their hosts", || {
                connected.iter().all(|pid| !leftovers::is_alive(*pid)).then_some(())
            });
        }
    }
}
