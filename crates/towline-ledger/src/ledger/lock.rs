//! The locks that writers take: those of beads, so that `bd` and `tow` don't write at once.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::{LedgerError, Problem};

/// Held by `bd sync` from its pull to its push. Writers share it, so that they are kept out then, and don't keep each other out.
const SYNC: &str = ".sync.lock";

/// Held by whoever writes the file.
const WRITE: &str = ".jsonl.lock";

/// The pause between two tries.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));

/// The right to write, for as long as it lives. The kernel takes it back from a process that dies.
#[derive(Debug)]
pub(crate) struct Lock {
    _sync: File,
    _write: File,
}

impl Lock {
    /// Waits for the right to write into a `.beads` folder.
    pub(crate) fn take(folder: &Path, patience: Duration) -> Result<Self, LedgerError> {
        let end = Instant::now() + patience;
        let busy = || {
            LedgerError::new(Problem::Busy {
                folder: folder.to_owned(),
                seconds: patience.as_secs(),
            })
        };
        let take = |name: &str, operation| {
            let path = folder.join(name);
            let mut options = OpenOptions::new();
            // Not truncated: whoever holds it may have written who they are.
            let file = options.read(true).write(true).create(true).truncate(false).mode(0o644);
            let file = file.open(&path).map_err(|error| LedgerError::io("write", &path, error))?;
            let mut pause = PAUSES.0;
            loop {
                match flock(&file, operation) {
                    Ok(()) => return Ok(file),
                    Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < end => {
                        std::thread::sleep(pause);
                        pause = (pause * 2).min(PAUSES.1);
                    }
                    Err(rustix::io::Errno::WOULDBLOCK) => return Err(busy()),
                    Err(rustix::io::Errno::INTR) => {}
                    Err(error) => return Err(LedgerError::io("lock", &path, error.into())),
                }
            }
        };
        let sync = take(SYNC, FlockOperation::NonBlockingLockShared)?;
        let write = take(WRITE, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Self { _sync: sync, _write: write })
    }
}
