//! Processes of a Towline, looked at and signalled from outside.

use std::os::unix::ffi::OsStrExt;

use rustix::process::{Pid, Signal, kill_process};
use towline_testkit::{Tow, wait_until};

/// The server's process, also while it is still starting: no answer of it is needed.
pub(crate) fn server(tow: &Tow) -> Option<i32> {
    let state = tow.state();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let mut pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.find(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0);
        words.next() == Some(b"tow: server")
            && words.any(|word| word == state.as_os_str().as_bytes())
    })
}

/// Sends a signal to a process.
pub(crate) fn signal(pid: i32, signal: Signal) {
    let _ = Pid::from_raw(pid).map(|pid| kill_process(pid, signal));
}

/// Ends a process as nothing orderly would, and waits until it is gone.
#[track_caller]
pub(crate) fn kill(pid: i32) {
    signal(pid, Signal::KILL);
    wait_until("the process is gone", || (!is_alive(pid)).then_some(()));
}

/// Whether a process is there and no zombie.
pub(crate) fn is_alive(pid: i32) -> bool {
    !matches!(state(pid), None | Some('Z' | 'X'))
}

/// The state of a process, as in proc(5).
pub(crate) fn state(pid: i32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

/// The process id of a pane's holder.
#[track_caller]
pub(crate) fn holder(tow: &Tow, target: &str) -> i32 {
    number(tow, target, "holder_pid")
}

/// The process id of a pane's program.
#[track_caller]
pub(crate) fn program(tow: &Tow, target: &str) -> i32 {
    number(tow, target, "pid")
}

#[track_caller]
fn number(tow: &Tow, target: &str, field: &str) -> i32 {
    let pane = tow.pane(target);
    let number = pane[field].as_i64().unwrap_or_else(|| panic!("no {field}: {pane}"));
    i32::try_from(number).unwrap()
}
