//! System calls that only Linux has and `rustix` doesn't offer.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};

/// Tells when a child has ended.
pub(crate) struct ChildSignals(File);

impl ChildSignals {
    /// Blocks SIGCHLD for this thread and receives it as something to poll for.
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: an all-zero sigset_t is valid memory for sigemptyset to fill; the calls get pointers to
        // live locals, and the descriptor is checked before it is owned.
        unsafe {
            let mut set: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&mut set);
            libc::sigaddset(&mut set, libc::SIGCHLD);
            if libc::sigprocmask(libc::SIG_BLOCK, &set, std::ptr::null_mut()) != 0 {
                return Err(io::Error::last_os_error());
            }
            let fd = libc::signalfd(-1, &set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK);
            if fd < 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(Self(File::from(OwnedFd::from_raw_fd(fd))))
        }
    }

    /// Takes what has come, so that polling waits for the next.
    pub(crate) fn clear(&mut self) {
        let mut info = [0; size_of::<libc::signalfd_siginfo>()];
        while self.0.read(&mut info).is_ok_and(|read| read > 0) {}
    }
}

impl AsFd for ChildSignals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Ignores the signals by which a shell, a terminal or a service manager ends or stops processes: only
/// the end of the program, or SIGKILL, ends a holder.
pub(crate) fn ignore_signals() {
    for signal in [
        libc::SIGHUP,
        libc::SIGINT,
        libc::SIGQUIT,
        libc::SIGTERM,
        libc::SIGPIPE,
        libc::SIGALRM,
        libc::SIGUSR1,
        libc::SIGUSR2,
        libc::SIGTSTP,
        libc::SIGTTIN,
        libc::SIGTTOU,
        // A limit on the length of files is to be an error of the write.
        libc::SIGXFSZ,
    ] {
        // SAFETY: SIG_IGN installs no handler.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// Gives each signal its default disposition and unblocks all. Safe between fork and exec.
pub(crate) fn default_signals() {
    // The kernel's own structure: handler, flags, restorer and mask, all none. The C library would refuse
    // the two signals that it keeps for itself, which may have been ignored by whoever started us.
    let default = [0u64; 4];
    for signal in 1..=64 {
        // SAFETY: the structure is no longer than what is passed, outlives the call, and installs no
        // handler; for SIGKILL and SIGSTOP the call fails and does nothing.
        unsafe {
            let none = std::ptr::null_mut::<u64>();
            libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), none, 8)
        };
    }
    // SAFETY: an all-zero sigset_t is valid memory for sigemptyset to fill, and lives through the call.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        libc::sigprocmask(libc::SIG_SETMASK, &set, std::ptr::null_mut());
    }
}

/// Closes all descriptors from `first` on. Safe between fork and exec.
///
/// The caller must own none of them: what does would close another's later.
pub(crate) fn close_from(first: i32) {
    // SAFETY: close_range takes numbers only. A kernel older than 5.9 doesn't know it.
    let done = unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) };
    if done != 0 {
        // SAFETY: asks for a number.
        let most = unsafe { libc::sysconf(libc::_SC_OPEN_MAX) };
        for fd in first..i32::try_from(most).unwrap_or(1024).clamp(1024, 65_536) {
            // SAFETY: by this function's contract nobody owns the descriptor.
            unsafe { libc::close(fd) };
        }
    }
}

/// Sends a signal by its number to a process group.
pub(crate) fn signal_group(group: i32, signal: i32) -> io::Result<()> {
    // SAFETY: takes numbers only. `group` is above 1 here, so this is no "everybody".
    if group > 1 && unsafe { libc::kill(-group, signal) } == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Gives memory that was freed back to the system, as far as the allocator can.
pub(crate) fn trim_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: takes a number, and may be called at any time.
    unsafe {
        libc::malloc_trim(0)
    };
}
