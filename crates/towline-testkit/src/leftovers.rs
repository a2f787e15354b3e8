//! Processes that a test must not leave behind.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long the processes of a Towline that was stopped may take to go.
const PATIENCE: Duration = Duration::from_secs(10);

/// A process that is still there.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    /// Told where the test fails.
    #[allow(dead_code, reason = "read by the message of a failure only")]
    command: String,
}

/// The processes with this folder in their arguments or their environment: server, holders, programs.
pub(crate) fn processes_with(folder: &Path) -> Vec<i32> {
    find(folder).iter().map(|process| process.pid).collect()
}

/// Waits until no process of the folder is left, and returns those that stay.
pub(crate) fn wait_for_none(folder: &Path) -> Vec<Process> {
    let end = Instant::now() + PATIENCE;
    loop {
        let left = find(folder);
        if left.is_empty() || Instant::now() > end {
            return left;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Ends a process at once.
pub(crate) fn kill(pid: i32) {
    let _ = Pid::from_raw(pid).map(|pid| kill_process(pid, Signal::KILL));
}

/// What a process calls itself; nothing where it is gone.
pub(crate) fn name(pid: i32) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim_end().to_owned()
}

/// Stops a process where it is, until it is ended.
pub(crate) fn pause(pid: i32) {
    let _ = Pid::from_raw(pid).map(|pid| kill_process(pid, Signal::STOP));
}

/// Ends all processes of the folder.
pub(crate) fn end_all(folder: &Path) {
    let end = Instant::now() + PATIENCE;
    // Again, as one that was not looked at yet may have made another.
    loop {
        let left = processes_with(folder);
        if left.is_empty() || Instant::now() > end {
            return;
        }
        left.into_iter().for_each(kill);
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The children of a process, their children, and so on.
pub(crate) fn descendants(pid: i32) -> Vec<i32> {
    let parents: Vec<(i32, i32)> = pids().filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(_, its)| *its == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found.split_off(1)
}

/// The processes, but for this one, with a TCP connection to this address.
pub(crate) fn connected_to(address: SocketAddr) -> Vec<i32> {
    let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let remote = format!(":{:04X}", address.port());
    // The fields of a row: number, local address, remote address, state, …, the socket's inode as the tenth.
    let sockets = table.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields
            .get(2)?
            .ends_with(&remote)
            .then(|| format!("socket:[{}]", fields.get(9).unwrap_or(&"")))
    });
    let sockets: Vec<String> = sockets.collect();
    let own = i32::try_from(std::process::id()).unwrap_or_default();
    let has = |pid: &i32| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        let mut links = files.filter_map(|file| fs::read_link(file.path()).ok());
        links.any(|link| sockets.iter().any(|socket| link.as_os_str() == socket.as_str()))
    };
    if sockets.is_empty() {
        return Vec::new();
    }
    pids().filter(|pid| *pid != own).filter(has).collect()
}

/// Whether a process is there and is no zombie.
pub(crate) fn is_alive(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    state.is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

fn find(folder: &Path) -> Vec<Process> {
    let own = std::process::id();
    let others = pids().filter(|pid| u32::try_from(*pid) != Ok(own));
    others.filter_map(|pid| process(pid, folder)).collect()
}

pub(crate) fn pids() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn parent(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

fn process(pid: i32, folder: &Path) -> Option<Process> {
    let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let folder = folder.as_os_str().as_bytes();
    let holds = |text: &[u8]| text.windows(folder.len()).any(|window| window == folder);
    ((holds(&command) || holds(&environment)) && is_alive(pid))
        .then(|| Process { pid, command: String::from_utf8_lossy(&command).replace('\0', " ") })
}
