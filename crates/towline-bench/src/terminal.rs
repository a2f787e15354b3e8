//! A program on a pseudo-terminal of this process: the bare PTY, and what clients run on.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use memchr::memmem;
use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, kill_process_group};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::{exec, interrupt};

/// The size of every terminal here.
pub(crate) const COLUMNS: u16 = 200;
/// See [`COLUMNS`].
pub(crate) const ROWS: u16 = 50;
/// Bytes asked for by one read: more than the kernel ever gives at once.
pub(crate) const READ_SIZE: usize = 64 << 10;
/// How long a client gets to leave by itself once it is hung up on.
const LEAVE_DEADLINE: Duration = Duration::from_secs(2);

/// A running program and the master of its pseudo-terminal. Ends the program when dropped.
pub(crate) struct Terminal {
    /// The program; always there until dropped.
    child: Child,
    /// `None` only while being dropped.
    master: Option<File>,
}

impl Terminal {
    /// Starts a command in a session of its own with a new pseudo-terminal for its streams.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let (master, slave) = pair().context("opening a pseudo-terminal")?;
        let stdio = || slave.try_clone().map(Stdio::from).context("copying a descriptor");
        command
            .stdin(stdio()?)
            .stdout(stdio()?)
            .stderr(stdio()?)
            .env("TERM", "xterm-256color")
            .env_remove("TMUX");
        // SAFETY: both calls are plain system calls, which may be made between fork and exec.
        unsafe {
            command.pre_exec(|| {
                rustix::process::setsid()?;
                rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
                Ok(())
            });
        }
        let child = command
            .spawn()
            .with_context(|| format!("starting {:?} on a terminal", command.get_program()))?;
        Ok(Self { child, master: Some(File::from(master)) })
    }

    fn master(&self) -> Result<&File> {
        self.master.as_ref().context("the terminal is closed")
    }

    /// A second handle of the master, for a thread that reads.
    pub(crate) fn reader(&self) -> Result<File> {
        self.master()?.try_clone().context("copying a terminal's descriptor")
    }

    /// Types bytes.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<()> {
        self.master()?.write_all(bytes).context("typing on a terminal")
    }

    /// Reads until `needle` has come; it may be spread over several reads.
    pub(crate) fn read_until(&self, needle: &str, deadline: Instant) -> Result<()> {
        let mut master = self.master()?;
        let mut seen = Vec::new();
        let mut chunk = vec![0; READ_SIZE];
        loop {
            interrupt::wait_readable(master.as_fd(), deadline, &format!("{needle:?} on a screen"))
                .with_context(|| format!("after {:?}", tail(&seen)))?;
            match master.read(&mut chunk) {
                Ok(0) => bail!("the client ended after {:?}", tail(&seen)),
                Ok(n) => seen.extend_from_slice(&chunk[..n]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("reading after {:?}", tail(&seen)));
                }
            }
            if memmem::find(&seen, needle.as_bytes()).is_some() {
                return Ok(());
            }
        }
    }

    /// Reads for so long, or until a byte has come; when that was.
    pub(crate) fn read_for(&self, time: Duration, until: Option<u8>) -> Result<Option<Instant>> {
        let deadline = Instant::now() + time;
        let mut master = self.master()?;
        let mut chunk = vec![0; READ_SIZE];
        while interrupt::wait(&[master.as_fd()], deadline)? && Instant::now() < deadline {
            let count = match master.read(&mut chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                read => read.context("reading a terminal")?,
            };
            if count == 0 {
                bail!("the client ended");
            }
            if until.is_some_and(|byte| memchr::memchr(byte, &chunk[..count]).is_some()) {
                return Ok(Some(Instant::now()));
            }
        }
        Ok(None)
    }

    /// Drops what has come already, without waiting for more.
    pub(crate) fn skip(&self) -> Result<()> {
        let mut master = self.master()?;
        let mut chunk = vec![0; READ_SIZE];
        while interrupt::wait(&[master.as_fd()], Instant::now())? {
            if master.read(&mut chunk).context("reading a terminal")? == 0 {
                break;
            }
        }
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Hung up on, a client leaves by itself and takes its server's note of it along. A thread
        // may hold the master too, so the signal is sent here rather than left to the kernel.
        let group = Pid::from_child(&self.child);
        let _ = kill_process_group(group, Signal::HUP);
        self.master = None;
        if exec::wait_exit(&self.child, Instant::now() + LEAVE_DEADLINE).is_err() {
            let _ = self.child.kill();
        }
        // The group may outlive its leader; it cannot have been taken over before the reaping.
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
    }
}

/// The end of what was read, for a message.
fn tail(seen: &[u8]) -> String {
    String::from_utf8_lossy(&seen[seen.len().saturating_sub(200)..]).into_owned()
}

/// A master and its slave of [`COLUMNS`] × [`ROWS`].
fn pair() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    let slave = open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    let size = Winsize { ws_row: ROWS, ws_col: COLUMNS, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&slave, size)?;
    Ok((master, slave))
}
