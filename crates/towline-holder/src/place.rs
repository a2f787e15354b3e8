//! The holder's files in a pane's folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, socket_with};

/// Locked by the holder for as long as it lives; holds its process id.
const LOCK: &str = "lock";
/// Where the holder listens.
const SOCKET: &str = "sock";
/// The socket before it is ready.
const SOCKET_NEW: &str = "sock.new";
/// The folder of the journal.
const JOURNAL: &str = "journal";

/// How often, and after what pause, a holder that starts tries to take the lock.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// The longest path that fits into a Unix socket's address with its closing zero, in bytes (`sun_path` in
/// unix(7)).
const SOCKET_PATH_MAX: usize = 107;

/// Whether the pane with the folder `dir` has a holder: whether its lock is held.
///
/// A folder without a lock file has none. If the lock can't be tried, for want of a descriptor, say, nothing is
/// proved: then it counts as held.
pub fn is_alive(dir: &Path) -> bool {
    match File::open(dir.join(LOCK)) {
        // Shared, so that two who ask at once don't take each other for the holder.
        Ok(file) => flock(&file, FlockOperation::NonBlockingLockShared).is_err(),
        Err(error) => {
            !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        }
    }
}

/// Connects to the holder of the pane with the folder `dir`, however long that path is.
///
/// The holder talks to its newest connection only, so this is not for asking whether it lives.
///
/// # Errors
/// `NotFound` or `ConnectionRefused` if none listens there, `WouldBlock` if a holder that stands still has left too
/// many waiting; others, as where no descriptor is left, tell nothing of the holder. None proves it gone: that is
/// [`is_alive`]'s to say.
pub fn connect(dir: &Path) -> io::Result<UnixStream> {
    at_short_path(dir, SOCKET, |path| {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        // A blocking one would wait for ever for a holder that takes nobody in.
        rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)?;
        let stream = UnixStream::from(socket);
        stream.set_nonblocking(false)?;
        Ok(stream)
    })
}

/// The process id of the holder of the pane with the folder `dir`, if it has one.
pub(crate) fn holder_pid(dir: &Path) -> Option<i32> {
    let text = fs::read_to_string(dir.join(LOCK)).ok()?;
    // Whoever has the lock now wrote it.
    text.trim_end().parse().ok().filter(|_| is_alive(dir))
}

/// Takes the lock for as long as the file stays open.
///
/// # Errors
/// `WouldBlock` if another holder has it.
pub(crate) fn lock(dir: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(dir.join(LOCK))?;
    let mut tries = 0;
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {
                // Only a help for who would end it: what counts is the lock.
                let _ = file.set_len(0);
                let _ = (&file).write_all(format!("{}\n", std::process::id()).as_bytes());
                return Ok(file);
            }
            // Who asks whether there is a holder has the lock for a moment.
            Err(Errno::AGAIN) if tries < LOCK_TRIES => {
                tries += 1;
                std::thread::sleep(LOCK_PAUSE);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Listens in the pane's folder. Whoever finds the socket can connect to it.
pub(crate) fn listen(dir: &Path) -> io::Result<UnixListener> {
    let new = dir.join(SOCKET_NEW);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = at_short_path(dir, SOCKET_NEW, |path| UnixListener::bind(path))?;
    listener.set_nonblocking(true)?;
    fs::rename(new, dir.join(SOCKET))?;
    Ok(listener)
}

/// Stops being found. The lock file stays: it is the lock that counts.
pub(crate) fn remove_socket(dir: &Path) {
    // If it stays, connecting to it is refused, which says the same.
    let _ = fs::remove_file(dir.join(SOCKET));
}

pub(crate) fn journal(dir: &Path) -> PathBuf {
    dir.join(JOURNAL)
}

/// Calls `use_path` with a path to `name` in `dir` that fits into a socket's address.
fn at_short_path<T>(
    dir: &Path,
    name: &str,
    use_path: impl FnOnce(&Path) -> io::Result<T>,
) -> io::Result<T> {
    let path = dir.join(name);
    if path.as_os_str().len() <= SOCKET_PATH_MAX {
        return use_path(&path);
    }
    let folder = File::open(dir)?;
    use_path(Path::new(&format!("/proc/self/fd/{}/{name}", folder.as_raw_fd())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_held_lock_is_a_holder() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_alive(dir.path()));
        let held = lock(dir.path()).unwrap();
        assert!(is_alive(dir.path()));
        assert_eq!(holder_pid(dir.path()), i32::try_from(std::process::id()).ok());
        assert_eq!(lock(dir.path()).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(held);
        assert!(!is_alive(dir.path()));
        assert_eq!(holder_pid(dir.path()), None);
    }

    #[test]
    fn a_lock_that_cannot_be_tried_proves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(LOCK, dir.path().join(LOCK)).unwrap();
        assert!(is_alive(dir.path()), "it leads to itself");
        assert_eq!(holder_pid(dir.path()), None);
        assert!(!is_alive(&dir.path().join("none")));
        fs::write(dir.path().join("file"), b"").unwrap();
        assert!(!is_alive(&dir.path().join("file")));
    }

    #[test]
    fn a_holder_that_takes_nobody_in_keeps_nobody_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let _listener = listen(dir.path()).unwrap();
        let mut waiting = Vec::new();
        let error = loop {
            match connect(dir.path()) {
                Ok(stream) => waiting.push(stream),
                Err(error) => break error,
            }
            assert!(waiting.len() < 10_000);
        };
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn long_paths_are_reached() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("d".repeat(120)).join("e".repeat(120));
        fs::create_dir_all(&deep).unwrap();
        assert_eq!(connect(&deep).unwrap_err().kind(), io::ErrorKind::NotFound);
        let listener = listen(&deep).unwrap();
        connect(&deep).unwrap();
        listener.accept().unwrap();
        remove_socket(&deep);
        assert!(connect(&deep).is_err());
    }
}
