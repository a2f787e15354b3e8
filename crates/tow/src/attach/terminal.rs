//! The person's terminal: raw mode, the alternate screen, and the way back to how it was.
//!
//! The terminal is opened again rather than used through standard input: the descriptor is this client's
//! own, so making it non-blocking changes nothing for the shell that shares the standard streams.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::termios::{OptionalActions, SpecialCodeIndex, Termios};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use towline_client::socket::watch;

use super::overlay::Size;

/// What a terminal without a size is taken to have (a serial line).
const UNKNOWN_SIZE: Size = Size { cols: 80, rows: 24 };

/// How long a terminal that takes nothing is waited for when it is left.
const LEAVE_PATIENCE: Duration = Duration::from_secs(2);

/// How long after a detach the key's release is waited for, where the terminal tells of releases: it would be
/// typed into the shell otherwise. A finger is off a key within a tenth of a second.
const RELEASE_PATIENCE: Duration = Duration::from_millis(150);

/// Ends whatever sequence the terminal is in the middle of; nothing where it is in none.
pub(super) const CUT: &[u8] = b"\x1b\\";

/// Puts the window's title aside, and whether the wheel sends cursor keys: of the modes that painting sets, that is
/// the one terminals don't agree on how to start with. Who can't keep a mode passes over it.
const KEEP: &[u8] = b"\x1b[22;0t\x1b[?1007s";

/// Goes to the alternate screen.
const ENTER: &[u8] = b"\x1b[?1049h";

/// The way back. The screen is cleared first: where a terminal has no alternate one, the shell goes on at the top
/// of a clear screen rather than in the middle of the pane's text.
const BACK: &[u8] = b"\x1b[H\x1b[2J\x1b[?1049l\x1b[?1007r\x1b[23;0t";

/// What is needed to put the terminal back, also from a panic in any thread.
struct Before {
    tty: OwnedFd,
    termios: Termios,
    /// The descriptor is shared with others, who expect it to block.
    shared: bool,
}

static BEFORE: Mutex<Option<Before>> = Mutex::new(None);

/// The terminal. It is put back as it was by [`Terminal::leave`], when this is dropped, and by a panic.
pub(super) struct Terminal {
    tty: AsyncFd<OwnedFd>,
    shared: bool,
}

impl Terminal {
    /// Opens the terminal that standard input and output are.
    pub(super) fn open() -> io::Result<Self> {
        let stdin = rustix::stdio::stdin();
        let (tty, shared) = match reopen(stdin) {
            Some(tty) => (tty, false),
            // Another user's terminal (after su): there is only the descriptor that was inherited.
            None => {
                let tty = rustix::io::fcntl_dupfd_cloexec(stdin, 3)?;
                rustix::fs::fcntl_setfl(&tty, rustix::fs::fcntl_getfl(&tty)? | OFlags::NONBLOCK)?;
                (tty, true)
            }
        };
        // Asked about reading alone: the kernel would wake this process also whenever the terminal has shown
        // something.
        let tty = watch(tty, Interest::READABLE)?;
        Ok(Self { tty, shared })
    }

    /// The size of the terminal now.
    pub(super) fn size(&self) -> Size {
        match rustix::termios::tcgetwinsize(&self.tty) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
                Size { cols: size.ws_col, rows: size.ws_row }
            }
            _ => UNKNOWN_SIZE,
        }
    }

    /// Takes the terminal over. May be called again, where something else has changed its modes.
    pub(super) fn enter(&self) -> io::Result<()> {
        put_back_on_panic();
        let now = rustix::termios::tcgetattr(&self.tty)?;
        let mut raw = now.clone();
        raw.make_raw();
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        let first = {
            let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
            let first = before.is_none();
            if first {
                let tty = rustix::io::fcntl_dupfd_cloexec(&self.tty, 3)?;
                *before = Some(Before { tty, termios: now, shared: self.shared });
            }
            first
        };
        rustix::termios::tcsetattr(&self.tty, OptionalActions::Now, &raw)?;
        // A title that is put aside twice would come back only once, and a mode as it is now.
        let keep = if first { KEEP } else { b"" };
        write_all(self.tty.as_fd(), &[keep, ENTER, &modes_off()].concat(), LEAVE_PATIENCE)
    }

    /// Puts the terminal back as it was.
    pub(super) fn leave(&self) {
        put_back();
    }

    /// Waits a moment for the release of the key that detached, and drops it.
    pub(super) async fn drop_release(&self) {
        let mut bytes = [0; 256];
        let _ = tokio::time::timeout(RELEASE_PATIENCE, self.read(&mut bytes)).await;
    }

    /// Reads what was typed; 0 bytes where the terminal is gone. Dropping the future loses nothing.
    pub(super) async fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut guard = self.tty.readable().await?;
            match rustix::io::read(&self.tty, &mut *bytes) {
                Ok(count) => {
                    // Less than there was room for: a further look would only find it dry.
                    if count > 0 && count < bytes.len() {
                        guard.clear_ready();
                    }
                    return Ok(count);
                }
                Err(rustix::io::Errno::AGAIN) => guard.clear_ready(),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Writes as much as the terminal takes, once it takes something. Dropping the future loses nothing.
    pub(super) async fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match rustix::io::write(&self.tty, bytes) {
            Err(rustix::io::Errno::AGAIN) => {}
            outcome => return Ok(outcome?),
        }
        // The terminal takes nothing just now: only so long is the kernel asked about writing.
        let own = rustix::io::fcntl_dupfd_cloexec(&self.tty, 3)?;
        let waiting = watch(own, Interest::WRITABLE)?;
        waiting.async_io(Interest::WRITABLE, |tty| Ok(rustix::io::write(tty, bytes)?)).await
    }

    /// Writes as much as the terminal takes now, which may be nothing.
    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match rustix::io::write(&self.tty, bytes) {
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(0),
            outcome => Ok(outcome?),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        put_back();
        if self.shared {
            let _ = make_blocking(self.tty.as_fd());
        }
    }
}

/// What sets every mode that painting may have set back to what a terminal starts with.
fn modes_off() -> Vec<u8> {
    let mut bytes = Vec::new();
    towline_vt::Painter::leave(&mut bytes);
    bytes
}

/// A descriptor of one's own for the terminal at `fd`.
fn reopen(fd: BorrowedFd<'_>) -> Option<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let open = |path: &std::ffi::CStr| rustix::fs::open(path, flags, Mode::empty()).ok();
    // By name it may be another one: a container sees the host's terminals under other names.
    if cfg!(target_os = "linux") {
        return open(c"/proc/self/fd/0");
    }
    open(&rustix::termios::ttyname(fd, Vec::new()).ok()?)
}

/// Makes a panic put the terminal back before it is told.
fn put_back_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            put_back();
            tell(info);
        }));
    });
}

fn put_back() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(before) = before else { return };
    // The terminal may be gone, or stuck: then there is nobody to tell.
    let _ = write_all(before.tty.as_fd(), &[CUT, &modes_off(), BACK].concat(), LEAVE_PATIENCE);
    let _ = rustix::termios::tcsetattr(&before.tty, OptionalActions::Now, &before.termios);
    if before.shared {
        let _ = make_blocking(before.tty.as_fd());
    }
}

fn make_blocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    Ok(rustix::fs::fcntl_setfl(fd, rustix::fs::fcntl_getfl(fd)? - OFlags::NONBLOCK)?)
}

/// Writes to a descriptor that does not block, for at most so long.
fn write_all(fd: BorrowedFd<'_>, mut bytes: &[u8], patience: Duration) -> io::Result<()> {
    let end = Instant::now() + patience;
    while !bytes.is_empty() {
        match rustix::io::write(fd, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(rustix::io::Errno::AGAIN) => {
                let left = end.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                let left = Timespec::try_from(left).map_err(io::Error::other)?;
                let _ = poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::OUT)], Some(&left));
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
