//! What only Linux has: where a descriptor is a path, and which boot this is.

use std::os::fd::{AsFd, AsRawFd};
use std::path::PathBuf;

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
