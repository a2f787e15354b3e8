//! What only Linux has: where a descriptor is a path, and which boot this is.

use std::os::fd::{AsFd, AsRawFd};
use std::path::PathBuf;

use towline_protocol::holder::ResourceLimit;

/// A short path to `name` in the folder that is open as `folder`.
pub(crate) fn through_descriptor(folder: impl AsFd, name: &str) -> PathBuf {
    format!("/proc/self/fd/{}/{name}", folder.as_fd().as_raw_fd()).into()
}

/// An id that is another one after each start of the host. `TOWLINE_BOOT_ID_FILE` names another file to read,
/// so that tests can play a reboot.
pub(crate) fn boot_id() -> Option<Vec<u8>> {
    let path = std::env::var_os("TOWLINE_BOOT_ID_FILE")
        .unwrap_or_else(|| "/proc/sys/kernel/random/boot_id".into());
    std::fs::read(path).ok()
}

/// Names the process, so that a holder that ends a process tree can tell a server from what its user runs.
pub(crate) fn name_process() {
    let _ = rustix::thread::set_name(c"tow: server");
}

/// Gives back to the system what was freed. The allocator keeps it otherwise, and a model of ten thousand lines that
/// somebody looked at once would be paid for until the server ends.
pub(crate) fn give_memory_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim may be called at any time from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Lets the server have as many descriptors as the system allows it: a few for each pane and client. Returns the limit
/// that was meant for programs, for those that are started without a caller's.
pub(crate) fn raise_open_files() -> ResourceLimit {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let before = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: before.maximum, maximum: before.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!("the limit of open files stays as it is: {error}");
    }
    let none = libc::RLIM_INFINITY;
    ResourceLimit {
        resource: libc::RLIMIT_NOFILE,
        soft: before.current.unwrap_or(none),
        hard: before.maximum.unwrap_or(none),
    }
}
