//! Networks of a test's own, joined by cables that can be pulled: Linux network namespaces.

use std::fs::File;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::{leftovers, programs};

/// Where `ip netns` puts the namespaces it makes.
const FOLDER: &str = "/run/netns";

/// The addresses of the two sides of a cable, the first or the second of its side. Nobody else sees them, so all tests
/// have the same.
const fn addresses(cable: u8) -> [Ipv4Addr; 2] {
    [Ipv4Addr::new(10, 99, cable, 1), Ipv4Addr::new(10, 99, cable, 2)]
}

/// Why namespaces can't be had here, or nothing where they can. A test that needs them prints it and passes:
/// `if let Err(reason) = netns::available() { eprintln!("skipped: {reason}"); return; }`.
///
/// # Errors
/// The reason, for people.
pub fn available() -> Result<(), String> {
    if !rustix::process::geteuid().is_root() {
        return Err("network namespaces need root".to_owned());
    }
    if programs::find_maybe("ip").is_none() {
        return Err("there is no `ip` (iproute2) here".to_owned());
    }
    let probe = Namespace::new()?;
    drop(probe);
    Ok(())
}

/// A namespace that is removed when it is no longer used.
#[derive(Debug)]
struct Namespace {
    name: String,
}

impl Namespace {
    fn new() -> Result<Self, String> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("tow{}-{number}", std::process::id());
        ip(&["netns", "add", &name])?;
        Ok(Self { name })
    }

    fn ip(&self, arguments: &[&str]) {
        ip(&[&["-n", &self.name], arguments].concat()).expect("a namespace of the test's own");
    }

    fn pids(&self) -> Vec<i32> {
        let told = ip(&["netns", "pids", &self.name]).unwrap_or_default();
        told.lines().filter_map(|line| line.trim().parse().ok()).collect()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // An `ssh` in the background would wait for minutes for an answer over a cable that is gone.
        self.pids().into_iter().for_each(leftovers::kill);
        let _ = ip(&["netns", "delete", &self.name]);
    }
}

/// One of the two networks.
#[derive(Debug, Clone)]
pub struct Side {
    namespace: Arc<Namespace>,
    /// The name of its end of the cable.
    end: &'static str,
    address: Ipv4Addr,
}

impl Side {
    /// Its address, which the other side reaches.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// The processes in this network.
    pub fn pids(&self) -> Vec<i32> {
        self.namespace.pids()
    }

    /// Has a command run in this network once it is started.
    ///
    /// # Panics
    /// Where the namespace is gone.
    pub fn enter(&self, command: &mut Command) {
        let path = format!("{FOLDER}/{}", self.namespace.name);
        let namespace = File::open(path).expect("the namespace is there");
        let enter = move || {
            let kind = Some(LinkNameSpaceType::Network);
            move_into_link_name_space(namespace.as_fd(), kind)?;
            Ok(())
        };
        // SAFETY: it is one system call, which may be made between fork and exec.
        unsafe { command.pre_exec(enter) };
    }
}

/// Two networks and the cable between them. The namespaces are removed when it and all copies of its sides are
/// dropped, and whatever still runs in them is ended.
#[derive(Debug)]
pub struct Cable {
    /// One side.
    pub here: Side,
    /// The other side.
    pub there: Side,
}

impl Cable {
    /// Makes them, where they are [`available`].
    ///
    /// # Panics
    /// Where they aren't.
    pub fn new() -> Self {
        let here = Namespace::new().expect("namespaces are available");
        Self::between(Arc::new(here), "here", addresses(0))
    }

    /// A second cable from `here`, to a third network.
    pub fn second(&self) -> Self {
        Self::between(Arc::clone(&self.here.namespace), "here2", addresses(1))
    }

    fn between(here: Arc<Namespace>, end: &'static str, addresses: [Ipv4Addr; 2]) -> Self {
        let there = Namespace::new().expect("namespaces are available");
        let here = Side { namespace: here, end, address: addresses[0] };
        let there = Side { namespace: Arc::new(there), end: "there", address: addresses[1] };
        let peer = ["peer", "name", there.end, "netns", &there.namespace.name];
        here.namespace.ip(&[&["link", "add", here.end, "type", "veth"], &peer[..]].concat());
        for side in [&here, &there] {
            side.namespace.ip(&[
                "address",
                "add",
                &format!("{}/24", side.address),
                "dev",
                side.end,
            ]);
            side.namespace.ip(&["link", "set", "lo", "up"]);
            side.namespace.ip(&["link", "set", side.end, "up"]);
        }
        Self { here, there }
    }

    /// Pulls the cable: packets are lost, and nobody is told. `here` sees that its network is down, as on a laptop.
    pub fn cut(&self) {
        self.here.namespace.ip(&["link", "set", self.here.end, "down"]);
    }

    /// Puts it back.
    pub fn restore(&self) {
        self.here.namespace.ip(&["link", "set", self.here.end, "up"]);
    }

    /// `here` gets another address, as in another network: what was connected from the old one hangs. Returns it.
    pub fn move_here(&self, last_byte: u8) -> Ipv4Addr {
        let [a, b, c, _] = self.here.address.octets();
        let address = Ipv4Addr::new(a, b, c, last_byte);
        self.here.namespace.ip(&["address", "flush", "dev", self.here.end]);
        let with_prefix = format!("{address}/24");
        self.here.namespace.ip(&["address", "add", &with_prefix, "dev", self.here.end]);
        address
    }
}

impl Default for Cable {
    fn default() -> Self {
        Self::new()
    }
}

fn ip(arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(programs::find("ip"));
    let output = command.args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("`ip` does not start: {error}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    let failed = || format!("`ip {}`: {}", arguments.join(" "), told.trim());
    let printed = || String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(printed).ok_or_else(failed)
}
