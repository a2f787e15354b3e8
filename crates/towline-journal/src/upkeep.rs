//! What the server does for a journal, so that the holder needn't.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::Error;
use crate::segments::{Listing, UNFINISHED, compressed_path, plain_path, remove_file};

/// zstd's own default level: a terminal's output shrinks to about a tenth at several hundred MB/s.
const LEVEL: i32 = 3;

/// A segment that was not written for so long is on the disk already: by an earlier sync, even one that a busy
/// disk held up.
const SYNCED: Duration = Duration::from_secs(10);

/// A closed segment younger than this waits for the next sync. While a program floods, segments are gone before they
/// are so old, and writing each through would slow the program to the disk's speed.
const FLOODED: Duration = Duration::from_millis(500);

/// Writes the journal in `dir` through to the disk (`fdatasync`): its newest segment, and those that were closed
/// lately. Nothing to do if there is none.
///
/// # Errors
/// [`Error::Io`] if the folder can't be listed, or a file opened or written.
pub fn sync(dir: &Path) -> Result<(), Error> {
    for (path, file) in unsynced(dir)? {
        file.sync_data().map_err(|error| Error::io("sync", &path, error))?;
    }
    Ok(())
}

/// The segments that may not be on the disk, newest first.
fn unsynced(dir: &Path) -> Result<Vec<(PathBuf, File)>, Error> {
    let listing = Listing::read(dir)?;
    let mut found = Vec::new();
    for segment in listing.segments.iter().rev().filter(|segment| segment.plain) {
        let path = plain_path(dir, segment.base);
        let file = match File::open(&path) {
            Ok(file) => file,
            // Removed or compressed meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::io("open", &path, error)),
        };
        let modified = file.metadata().and_then(|data| data.modified());
        let modified = modified.map_err(|error| Error::io("look at", &path, error))?;
        let age = age(modified);
        if found.is_empty() || (FLOODED..SYNCED).contains(&age) {
            found.push((path, file));
        }
    }
    Ok(found)
}

/// How long ago that was. A time in the future is now.
fn age(modified: SystemTime) -> Duration {
    SystemTime::now().duration_since(modified).unwrap_or_default()
}

/// Compresses the segments of the journal in `dir` that are not the newest and were not written for
/// `older_than`. Returns how many.
///
/// The compressed file takes the old one's place only when it is on the disk, and is dropped if it is
/// no smaller. A writer and readers may be at work meanwhile. Only one process may compress a journal.
///
/// # Errors
/// [`Error::Io`]; what was done before stays done.
pub fn compress_closed(dir: &Path, older_than: Duration) -> Result<usize, Error> {
    let listing = Listing::read(dir)?;
    let Some((_, closed)) = listing.segments.split_last() else { return Ok(0) };
    let mut count = 0;
    for segment in closed.iter().filter(|segment| segment.plain) {
        if compress(dir, segment.base, older_than)? {
            count += 1;
        }
    }
    Ok(count)
}

/// Compresses one segment, unless it is too young, gone, or would not shrink.
fn compress(dir: &Path, base: u64, older_than: Duration) -> Result<bool, Error> {
    let path = plain_path(dir, base);
    let mut bytes = Vec::new();
    match File::open(&path) {
        Ok(mut file) => {
            let modified = file.metadata().and_then(|data| data.modified());
            let modified = modified.map_err(|error| Error::io("look at", &path, error))?;
            if age(modified) < older_than {
                return Ok(false);
            }
            file.read_to_end(&mut bytes).map_err(|error| Error::io("read", &path, error))?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::io("open", &path, error)),
    }
    let packed = zstd::encode_all(bytes.as_slice(), LEVEL)
        .map_err(|error| Error::io("compress", &path, error))?;
    if packed.len() >= bytes.len() {
        return Ok(false);
    }
    let target = compressed_path(dir, base);
    let mut new = target.clone().into_os_string();
    new.push(UNFINISHED);
    let new = Path::new(&new);
    let make = || -> io::Result<()> {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(new)?;
        file.write_all(&packed)?;
        file.sync_data()?;
        fs::rename(new, &target)
    };
    if let Err(error) = make() {
        remove_file(new)?;
        // A writer that was opened meanwhile has removed what it took for a leftover.
        if error.kind() == io::ErrorKind::NotFound {
            return Ok(false);
        }
        return Err(Error::io("write", &target, error));
    }
    match fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // The writer has removed the segment meanwhile: it must not come back.
            remove_file(&target)?;
            Ok(false)
        }
        Err(error) => Err(Error::io("remove", &path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_that_were_closed_since_the_last_sync_are_synced_but_not_those_of_a_flood() {
        let dir = tempfile::tempdir().unwrap();
        let ago = |seconds| SystemTime::now() - Duration::from_secs(seconds);
        let segments = [(0, ago(3600)), (10, ago(2)), (20, ago(1)), (25, ago(0)), (30, ago(3600))];
        for (base, modified) in segments {
            let file = File::create(plain_path(dir.path(), base)).unwrap();
            file.set_modified(modified).unwrap();
        }
        File::create(compressed_path(dir.path(), 5)).unwrap();
        let found = unsynced(dir.path()).unwrap().into_iter().map(|(path, _)| path);
        let expected = [30, 20, 10].map(|base| plain_path(dir.path(), base));
        assert_eq!(found.collect::<Vec<_>>(), expected);
        sync(dir.path()).unwrap();
    }
}
