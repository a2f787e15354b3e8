//! Which processes a holder has below it, by /proc.
//!
//! As the holder is a "child subreaper" (prctl(2)), a process whose parent dies becomes the holder's own child: all
//! that the program ever started is below the holder, whatever sessions or groups it has made.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// What the name of a Towline process that must not be ended is (`comm` in proc(5)).
const TOWLINE: [&str; 2] = ["tow: server", HOLDER];
const HOLDER: &str = "tow: holder";

/// A process that lives. Its start makes it another one than a later process with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    /// When it started, in clock ticks since the host did.
    start: u64,
}

/// What /proc tells of a process in one line.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    comm: String,
    state: u8,
    parent: i32,
    threads: u32,
    start: u64,
}

/// Those below a process, but for other Towline servers and holders and what is below those.
/// Zombies are not counted.
pub(crate) fn descendants(of: i32) -> Vec<Process> {
    let mut below: HashMap<i32, Vec<(i32, Stat)>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok());
        if let Some(pid) = pid
            && let Some(stat) = read_stat(pid)
        {
            below.entry(stat.parent).or_default().push((pid, stat));
        }
    }
    let own = own_exe();
    let mut found = Vec::new();
    let mut parents = vec![of];
    while let Some(parent) = parents.pop() {
        for (pid, stat) in below.remove(&parent).unwrap_or_default() {
            if is_towline(pid, &stat, own.as_ref()) {
                continue;
            }
            parents.push(pid);
            // A process whose first thread has ended looks like a zombie, but has others.
            if !matches!(stat.state, b'Z' | b'X') || stat.threads > 1 {
                found.push(Process { pid, start: stat.start });
            }
        }
    }
    found
}

/// A holder that lives under this id.
pub(crate) fn holder(pid: i32) -> Option<Process> {
    let stat = read_stat(pid)?;
    let is_holder = stat.comm == HOLDER && is_towline(pid, &stat, own_exe().as_ref());
    is_holder.then_some(Process { pid, start: stat.start })
}

/// Sends signals to a process, unless it is gone and another has its id.
pub(crate) fn signal(process: Process, signals: &[Signal]) {
    let Some(pid) = Pid::from_raw(process.pid) else { return };
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(fd) => {
            // The descriptor stands for whoever has the id now; only then is it known to be the same.
            if is_same(process) {
                for signal in signals {
                    let _ = pidfd_send_signal(&fd, *signal);
                }
            }
        }
        // A kernel older than 5.3, or none that lets us: the id may be reused between these two lines.
        Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) if is_same(process) => {
            for signal in signals {
                let _ = rustix::process::kill_process(pid, *signal);
            }
        }
        Err(_) => {}
    }
}

fn is_same(process: Process) -> bool {
    read_stat(process.pid).is_some_and(|stat| stat.start == process.start)
}

fn read_stat(pid: i32) -> Option<Stat> {
    parse_stat(&fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// Parses /proc/PID/stat (proc(5)). The name is in parentheses, and may hold some itself.
fn parse_stat(line: &[u8]) -> Option<Stat> {
    let open = line.iter().position(|&byte| byte == b'(')?;
    let close = line.iter().rposition(|&byte| byte == b')')?;
    let comm = String::from_utf8_lossy(line.get(open + 1..close)?).into_owned();
    let rest = std::str::from_utf8(line.get(close + 1..)?).ok()?;
    // The fields from the third on: state, ppid, …, as the 20th the threads and as the 22nd the start.
    let mut fields = rest.split_ascii_whitespace();
    let state = *fields.next()?.as_bytes().first()?;
    let parent = fields.next()?.parse().ok()?;
    let threads = fields.nth(15)?.parse().ok()?;
    let start = fields.nth(1)?.parse().ok()?;
    Some(Stat { comm, state, parent, threads, start })
}

/// Whether this is a server or holder of our own, which was started inside and outlives this pane.
fn is_towline(pid: i32, stat: &Stat, own: Option<&OsString>) -> bool {
    TOWLINE.contains(&stat.comm.as_str())
        && own.is_some()
        && fs::read_link(format!("/proc/{pid}/exe")).ok().and_then(file_name).as_ref() == own
}

fn own_exe() -> Option<OsString> {
    fs::read_link("/proc/self/exe").ok().and_then(file_name)
}

/// The last part of what an `exe` link shows, also of a program that was replaced by an upgrade.
fn file_name(path: PathBuf) -> Option<OsString> {
    let name = path.file_name()?;
    match name.to_str().and_then(|name| name.strip_suffix(" (deleted)")) {
        Some(name) => Some(name.into()),
        None => Some(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let line = b"42 (a) R 7 (b) S 17 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 9876 10 11";
        let stat = parse_stat(line).unwrap();
        assert_eq!(
            stat,
            Stat { comm: "a) R 7 (b".into(), state: b'S', parent: 17, threads: 1, start: 9876 }
        );
        for length in 0..line.len() - 10 {
            assert_eq!(parse_stat(&line[..length]), None);
        }
    }

    #[test]
    fn a_replaced_program_keeps_its_name() {
        assert_eq!(file_name("/usr/bin/tow (deleted)".into()), Some("tow".into()));
        assert_eq!(file_name("/usr/bin/tow".into()), Some("tow".into()));
    }

    #[test]
    fn children_are_found_and_signalled() {
        let mut child = std::process::Command::new("sleep").arg("100").spawn().unwrap();
        let pid = child.id().cast_signed();
        let own = std::process::id().cast_signed();
        let found = descendants(own).into_iter().find(|process| process.pid == pid).unwrap();
        signal(Process { start: found.start + 1, ..found }, &[Signal::KILL]);
        assert!(is_same(found));
        signal(found, &[Signal::KILL]);
        child.wait().unwrap();
        assert!(!descendants(own).contains(&found));
    }
}
