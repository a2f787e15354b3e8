//! Processes looked at and signalled from outside.

use std::os::unix::ffi::OsStrExt;

use rustix::process::{Pid, Signal, kill_process};

use crate::{Tow, leftovers, wait_until};

/// The process of a Towline's server, also while it is still starting: no answer of it is needed.
pub fn server(tow: &Tow) -> Option<i32> {
    let state = tow.state();
    leftovers::pids().find(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0);
        words.next() == Some(b"tow: server")
            && words.any(|word| word == state.as_os_str().as_bytes())
    })
}

/// Sends a signal to a process.
pub fn signal(pid: i32, signal: Signal) {
    let _ = Pid::from_raw(pid).map(|pid| kill_process(pid, signal));
}

/// Ends a process as nothing orderly would, and waits until it is gone.
#[track_caller]
pub fn kill(pid: i32) {
    signal(pid, Signal::KILL);
    wait_until("the process is gone", || (!is_alive(pid)).then_some(()));
}

/// Whether a process is there and no zombie.
pub fn is_alive(pid: i32) -> bool {
    leftovers::is_alive(pid)
}

/// The state of a process, as in proc(5).
pub fn state(pid: i32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}
