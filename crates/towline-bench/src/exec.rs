//! Running a command to its end, with a deadline.

use std::fmt::Write as _;
use std::io::Read;
use std::os::fd::AsFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::interrupt;

/// How long a command of a multiplexer may take before it counts as hung. Far above anything
/// that is measured, so that a slow answer is a figure and not a failure.
pub(crate) const COMMAND_DEADLINE: Duration = Duration::from_secs(30);

/// What a command printed on standard output. A failure, a hang, or an end by a signal is an
/// error that quotes the command and its standard error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = spelled(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("running `{line}`"))?;
    match collect(&mut child) {
        Ok((status, stdout, _)) if status.success() => Ok(stdout),
        Ok((status, _, stderr)) => {
            bail!("`{line}`: {}", format!("{status}: {stderr}").trim_end_matches([':', ' ', '\n']))
        }
        Err(error) => {
            // The wait reaps; both fail only if the child is gone already.
            let _ = child.kill();
            let _ = child.wait();
            Err(error).with_context(|| format!("running `{line}`"))
        }
    }
}

/// Runs a command that takes a rig down: also after a signal, when every other wait gives up, and
/// whatever comes of it, since there is nothing left to be done about it.
pub(crate) fn take_down(command: &mut Command) {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return };
    if let Ok(pidfd) = pidfd_open(Pid::from_child(&child), PidfdFlags::empty()) {
        let mut polled = [PollFd::new(&pidfd, PollFlags::IN)];
        let deadline = Timespec { tv_sec: COMMAND_DEADLINE.as_secs().cast_signed(), tv_nsec: 0 };
        let _ = poll(&mut polled, Some(&deadline));
    }
    let _ = child.kill(); // does nothing to one that has ended
    let _ = child.wait();
}

/// Reads both streams to their ends and reaps the child.
fn collect(child: &mut Child) -> Result<(ExitStatus, String, String)> {
    let deadline = Instant::now() + COMMAND_DEADLINE;
    let mut stdout = child.stdout.take().context("standard output was not piped")?;
    let mut stderr = child.stderr.take().context("standard error was not piped")?;
    // Errors are short enough for the pipe's own buffer, so they can be read after the output.
    let mut printed = Vec::new();
    let mut chunk = vec![0; 64 << 10];
    loop {
        interrupt::wait_readable(stdout.as_fd(), deadline, "its output to end")?;
        match stdout.read(&mut chunk).context("reading its output")? {
            0 => break,
            n => printed.extend_from_slice(&chunk[..n]),
        }
    }
    wait_exit(child, deadline)?;
    let status = child.wait().context("waiting for its end")?;
    let mut complaint = String::new();
    if interrupt::wait(&[stderr.as_fd()], deadline)? {
        // One read: a daemon that kept the stream open must not hold this up.
        let n = stderr.read(&mut chunk).context("reading its errors")?;
        complaint = String::from_utf8_lossy(&chunk[..n]).into_owned();
    }
    Ok((status, String::from_utf8_lossy(&printed).into_owned(), complaint))
}

/// Waits for a child's end without reaping it.
pub(crate) fn wait_exit(child: &Child, deadline: Instant) -> Result<()> {
    let pid = Pid::from_child(child);
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).context("opening a pidfd")?;
    interrupt::wait_readable(pidfd.as_fd(), deadline, "its end")
}

/// The command as a person would type it, for messages.
fn spelled(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        // Scripts are long; their beginning tells which it was.
        let text: String = argument.to_string_lossy().chars().take(40).collect();
        let _ = write!(line, " {}", text.escape_debug());
    }
    line
}
