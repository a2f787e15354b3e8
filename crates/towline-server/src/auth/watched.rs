//! What a file says, read again when it has changed.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What tells one state of a file from another: a file that was replaced has another inode.
type Stamp = Option<(u64, u64, i64, i64, u64)>;

/// What a file says.
pub(super) struct Watched<T> {
    path: PathBuf,
    read: fn(&Path) -> T,
    stamp: Stamp,
    value: T,
}

impl<T> Watched<T> {
    /// What the file says now.
    pub(super) fn new(path: PathBuf, read: fn(&Path) -> T) -> Self {
        // The stamp comes first: a change in between is then seen the next time.
        let stamp = stamp(&path);
        let value = read(&path);
        Self { path, read, stamp, value }
    }

    /// What the file says now.
    pub(super) fn get(&mut self) -> &T {
        let now = stamp(&self.path);
        if now != self.stamp {
            self.stamp = now;
            self.value = (self.read)(&self.path);
        }
        &self.value
    }
}

fn stamp(path: &Path) -> Stamp {
    let found = std::fs::metadata(path).ok()?;
    Some((found.dev(), found.ino(), found.mtime(), found.mtime_nsec(), found.len()))
}

#[cfg(test)]
mod tests {
    use towline_client::transport::write_private;

    use super::*;

    #[test]
    fn a_change_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let mut watched =
            Watched::new(path.clone(), |path| std::fs::read_to_string(path).unwrap_or_default());
        assert_eq!(watched.get(), "");
        for text in ["one", "two", "three"] {
            write_private(&path, text.as_bytes()).unwrap();
            assert_eq!(watched.get(), text);
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(watched.get(), "");
    }
}
