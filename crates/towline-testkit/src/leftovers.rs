//! Processes that a test must not leave behind.

use std::fs;
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

/// Whether a process is there and is no zombie.
pub(crate) fn is_alive(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    state.is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

fn find(folder: &Path) -> Vec<Process> {
    let own = std::process::id();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let others = pids.filter(|pid| u32::try_from(*pid) != Ok(own));
    others.filter_map(|pid| process(pid, folder)).collect()
}

fn process(pid: i32, folder: &Path) -> Option<Process> {
    let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let folder = folder.as_os_str().as_bytes();
    let holds = |text: &[u8]| text.windows(folder.len()).any(|window| window == folder);
    ((holds(&command) || holds(&environment)) && is_alive(pid))
        .then(|| Process { pid, command: String::from_utf8_lossy(&command).replace('\0', " ") })
}
