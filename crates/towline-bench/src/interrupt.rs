//! Ctrl-C as an ordinary error, so that every rig is taken down by its `Drop`.
//!
//! The signal handler only writes to a pipe. Whatever waits here waits for that pipe too; it is
//! never read, so every later wait ends at once as well.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, IntoRawFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};

/// The read end, once [`install`] has run.
static PIPE: OnceLock<OwnedFd> = OnceLock::new();
/// The write end, as the bare number that a signal handler may use.
static WRITE_END: AtomicI32 = AtomicI32::new(-1);

/// Turns SIGINT, SIGTERM and SIGHUP into errors of the waits below. The second of a kind kills.
pub(crate) fn install() -> Result<()> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)
        .context("making a pipe for the signal handler")?;
    WRITE_END.store(write.into_raw_fd(), Ordering::Relaxed);
    if PIPE.set(read).is_err() {
        bail!("the signal handler was installed twice");
    }
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: an all-zero sigaction is valid; the handler calls only write(2), which is
        // async-signal-safe, on a descriptor that stays open for the life of the process.
        let done = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_signal as extern "C" fn(libc::c_int) as libc::sighandler_t;
            action.sa_flags = libc::SA_RESETHAND | libc::SA_RESTART;
            libc::sigaction(signal, &action, std::ptr::null_mut())
        };
        if done != 0 {
            return Err(io::Error::last_os_error()).context("setting a signal handler");
        }
    }
    Ok(())
}

extern "C" fn on_signal(_signal: libc::c_int) {
    let fd = WRITE_END.load(Ordering::Relaxed);
    // SAFETY: one byte of a live constant; write(2) is async-signal-safe.
    unsafe { libc::write(fd, b"!".as_ptr().cast(), 1) };
}

/// An error if a signal asked this process to stop.
pub(crate) fn check() -> Result<()> {
    pause(Duration::ZERO)
}

/// Lets time pass: for pacing and for windows of measurement, not for synchronisation.
pub(crate) fn pause(time: Duration) -> Result<()> {
    wait(&[], Instant::now() + time).map(drop)
}

/// Waits until `fd` can be read or has been hung up; an error at the deadline.
pub(crate) fn wait_readable(fd: BorrowedFd<'_>, deadline: Instant, what: &str) -> Result<()> {
    if wait(&[fd], deadline)? { Ok(()) } else { bail!("timed out waiting for {what}") }
}

/// Waits until one of `fds` can be read; `false` at the deadline.
pub(crate) fn wait(fds: &[BorrowedFd<'_>], deadline: Instant) -> Result<bool> {
    loop {
        let mut polled: Vec<PollFd<'_>> = PIPE
            .get()
            .map(AsFd::as_fd)
            .into_iter()
            .chain(fds.iter().copied())
            .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
            .collect();
        let signalled = usize::from(PIPE.get().is_some());
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        match poll(&mut polled, Some(&left)) {
            Ok(0) => return Ok(false),
            Ok(_) if polled[..signalled].iter().any(|fd| !fd.revents().is_empty()) => {
                bail!("interrupted")
            }
            Ok(_) => return Ok(true),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error).context("waiting with poll"),
        }
    }
}
