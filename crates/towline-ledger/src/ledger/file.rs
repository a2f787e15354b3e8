//! The file itself: read whole, and replaced whole.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{LedgerError, Problem};
use crate::issues::LARGEST;

/// By what a file is known to be the one that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

/// Reads a file; `None` where there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, LedgerError> {
    let failed = |error| LedgerError::io("read", path, error);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let length = file.metadata().map_err(failed)?.len();
    if length > LARGEST {
        return Err(LedgerError::new(Problem::TooLarge(path.to_owned())));
    }
    let mut text = Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 1);
    file.read_to_end(&mut text).map_err(failed)?;
    Ok(Some(text))
}

/// The file as it is now; `None` where there is none.
pub(super) fn stamp(path: &Path) -> Result<Option<Stamp>, LedgerError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(Stamp {
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LedgerError::io("read", path, error)),
    }
}

/// Puts a new text in a file's place, on the disk before it is seen: whoever reads, and whatever ends this process, there is the
/// old file or the new one. `false`, and nothing is done, where the file isn't as it was any longer.
pub(super) fn replace(
    path: &Path,
    text: &[u8],
    before: Option<Stamp>,
) -> Result<bool, LedgerError> {
    // A link stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or(Path::new("."));
    let temporary = temporary_for(&path);
    let failed = |error| LedgerError::io("write", &path, error);
    let written = write(&temporary, text, mode_of(&path)).map_err(failed);
    let outcome = written.and_then(|()| {
        if stamp(&path)? != before {
            return Ok(false);
        }
        fs::rename(&temporary, &path).map_err(failed)?;
        // That it has this name is on the disk only with its folder.
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(true)
    });
    if !matches!(outcome, Ok(true)) {
        let _ = fs::remove_file(&temporary);
    }
    outcome
}

/// The name of the new file until it takes the old one's place: one that beads' `.gitignore` may not know begins with a dot.
fn temporary_for(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.tmp.{}", std::process::id()))
}

fn write(path: &Path, text: &[u8], mode: u32) -> io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)?;
    file.write_all(text)?;
    // Not the mask's.
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).map_or(0o644, |metadata| metadata.mode() & 0o7777)
}

/// Makes an empty file where there is none.
pub(super) fn make(path: &Path) -> Result<(), LedgerError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o644).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(LedgerError::io("write", path, error)),
    }
}

/// Makes a folder, with those above it.
pub(super) fn make_folder(path: &Path) -> Result<(), LedgerError> {
    fs::create_dir_all(path).map_err(|error| LedgerError::io("make", path, error))
}
