//! One at a time: a file's lock, which the kernel takes back from a process that dies.

use std::fs::{File, TryLockError};
use std::path::Path;

use rustix::io::{FdFlags, fcntl_setfd};

use crate::{DispatchError, files};

/// The right to change what a lock is for, until it is dropped. Programs that are started meanwhile have it too: where this process
/// is killed, a git that it started is waited for.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for it; `say` is told where that is necessary.
    pub(crate) fn take(path: &Path, say: &mut dyn FnMut(String)) -> Result<Self, DispatchError> {
        if let Some(parent) = path.parent() {
            files::folder(parent)?;
        }
        let failed = |error: &std::io::Error| DispatchError::io("lock", path, error);
        let file = File::create(path).map_err(|error| failed(&error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                say("waiting for another tow that works there".to_owned());
                file.lock().map_err(|error| failed(&error))?;
            }
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
        }
        fcntl_setfd(&file, FdFlags::empty()).map_err(|error| failed(&error.into()))?;
        Ok(Self { _file: file })
    }
}
