//! What the kernel knows of other processes: memory, processor time, parents.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

use crate::interrupt;

/// The unit of the times in `/proc/PID/stat`: USER_HZ, which is 100 wherever Towline runs.
const TICKS_PER_SECOND: f64 = 100.0;

/// Idle is: less than a hundredth of a core for longer than the second at which deferred work
/// (a sync, a change of a title) starts.
const SETTLE_WINDOW: Duration = Duration::from_millis(1200);
/// See [`SETTLE_WINDOW`].
const SETTLED_CPU: f64 = 0.012;
/// A server that is never idle is measured as it is.
const SETTLE_DEADLINE: Duration = Duration::from_secs(10);

/// What a process is to a multiplexer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The server.
    Server,
    /// The holder of one pane.
    Holder,
}

/// A process of a multiplexer, not of a program in a pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) role: Role,
    pub(crate) pid: Pid,
}

/// Memory in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// Proportional set size: shared pages divided among their users.
    pub(crate) pss: f64,
    /// Pages that nobody else has.
    pub(crate) private: f64,
}

/// The memory of a process, from `smaps_rollup`.
pub(crate) fn memory(pid: Pid) -> Result<Memory> {
    let text = read(pid, "smaps_rollup")?;
    let bytes = |key: &str| -> Result<f64> {
        text.lines()
            .filter_map(|line| line.strip_prefix(key)?.trim().strip_suffix(" kB"))
            .find_map(|kib| kib.trim().parse::<f64>().ok())
            .map(|kib| kib * 1024.0)
            .with_context(|| format!("no {key} for process {}", number(pid)))
    };
    Ok(Memory { pss: bytes("Pss:")?, private: bytes("Private_Clean:")? + bytes("Private_Dirty:")? })
}

/// The processor time of a process so far, in seconds.
///
/// From `schedstat`, because the ticks of `stat` are 10 ms: more than a quiet holder uses in an
/// hour. A thread that ended takes its time along, so where the ticks say more, they count.
pub(crate) fn cpu_seconds(pid: Pid) -> Result<f64> {
    let tasks = format!("/proc/{}/task", number(pid));
    let mut nanoseconds = 0.0;
    for task in fs::read_dir(&tasks).with_context(|| format!("reading {tasks}"))? {
        let path = task.with_context(|| format!("reading {tasks}"))?.path().join("schedstat");
        // A thread may end between the listing and the reading.
        if let Ok(text) = fs::read_to_string(path) {
            let on_cpu = text.split_whitespace().next().and_then(|n| n.parse::<f64>().ok());
            nanoseconds += on_cpu.unwrap_or(0.0);
        }
    }
    let ticks = ticks(&read(pid, "stat")?).context("parsing a process's stat")?;
    Ok(f64::max(nanoseconds / 1e9, ticks / TICKS_PER_SECOND))
}

/// The processor time of several processes so far, in seconds.
pub(crate) fn total_cpu(processes: &[Process]) -> Result<f64> {
    processes.iter().map(|process| cpu_seconds(process.pid)).sum()
}

/// Waits until the processes are idle: there is no event for that, so their processor time is
/// looked at until it stands still. Gives up waiting after [`SETTLE_DEADLINE`].
pub(crate) fn settle(processes: &[Process]) -> Result<()> {
    settle_pids(&processes.iter().map(|process| process.pid).collect::<Vec<_>>())
}

/// The same of any processes; one that has ended uses nothing.
pub(crate) fn settle_pids(pids: &[Pid]) -> Result<()> {
    if pids.is_empty() {
        return Ok(());
    }
    let total = || -> f64 { pids.iter().map(|pid| cpu_seconds(*pid).unwrap_or(0.0)).sum() };
    let deadline = Instant::now() + SETTLE_DEADLINE;
    let mut before = total();
    while Instant::now() < deadline {
        interrupt::pause(SETTLE_WINDOW)?;
        let now = total();
        if now - before < SETTLED_CPU {
            break;
        }
        before = now;
    }
    Ok(())
}

/// User and system ticks (fields 14 and 15) of `/proc/PID/stat`.
fn ticks(stat: &str) -> Option<f64> {
    // The name, in brackets, may hold anything; what follows the last bracket is field 3.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// The parent of a process.
pub(crate) fn parent(pid: Pid) -> Result<Pid> {
    let stat = read(pid, "stat")?;
    stat.rsplit_once(") ")
        .and_then(|(_, fields)| fields.split(' ').nth(1)?.parse().ok())
        .and_then(Pid::from_raw)
        .with_context(|| format!("no parent of process {}", number(pid)))
}

/// Kills what still runs with `folder` in its environment: what a rig of this run started,
/// since the folder is a new one, and did not end in an orderly way.
pub(crate) fn sweep(folder: &Path) {
    let needle = folder.as_os_str().as_encoded_bytes();
    let Ok(entries) = fs::read_dir("/proc") else { return };
    for entry in entries.flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(pid) = pid.and_then(Pid::from_raw) else { continue };
        // Unreadable is another user's, so not started here.
        let Ok(environment) = fs::read(entry.path().join("environ")) else { continue };
        if memchr::memmem::find(&environment, needle).is_some() {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

fn read(pid: Pid, file: &str) -> Result<String> {
    let path = format!("/proc/{}/{file}", number(pid));
    fs::read_to_string(&path).with_context(|| format!("reading {path}"))
}

fn number(pid: Pid) -> i32 {
    pid.as_raw_nonzero().get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_a_process_with_a_hostile_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 0 0 0 0 12 30 0 0 20 0 1 0 0";
        assert_eq!(ticks(stat), Some(42.0));
    }

    #[test]
    fn this_process_has_memory_and_a_parent() {
        let pid = rustix::process::getpid();
        let memory = memory(pid).unwrap();
        assert!(memory.pss > 0.0 && memory.private > 0.0);
        assert_eq!(Some(parent(pid).unwrap()), rustix::process::getppid());
        assert!(cpu_seconds(pid).unwrap() >= 0.0);
    }
}
