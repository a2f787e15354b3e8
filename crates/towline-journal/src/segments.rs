//! The files of a journal: their names, and which there are.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::Error;

/// Ends the name of a segment.
const PLAIN: &str = ".seg";
/// Ends the name of a segment that was compressed after it was closed.
const COMPRESSED: &str = ".seg.zst";
/// Ends the name of a file that is not whole yet.
pub(crate) const UNFINISHED: &str = ".new";

/// A segment, by the files there are of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    /// The offset of its first byte.
    pub(crate) base: u64,
    /// Its file is there as it was written.
    pub(crate) plain: bool,
    /// Its file is there compressed. Both are there for a moment while it is compressed.
    pub(crate) compressed: bool,
    /// Length of its file or files in bytes.
    pub(crate) bytes: u64,
}

/// What is in a journal's folder.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The segments, oldest first.
    pub(crate) segments: Vec<Segment>,
    /// Length of all files in bytes, whatever they are.
    pub(crate) bytes: u64,
    /// Files that were being made when their maker died, or are being made just now.
    pub(crate) unfinished: Vec<PathBuf>,
}

impl Listing {
    /// Looks into `dir`. Files that vanish meanwhile are left out.
    pub(crate) fn read(dir: &Path) -> Result<Self, Error> {
        let mut listing = Self::default();
        let mut files = Vec::new();
        for entry in fs::read_dir(dir).map_err(|error| Error::io("list", dir, error))? {
            let entry = entry.map_err(|error| Error::io("list", dir, error))?;
            let bytes = match entry.metadata() {
                Ok(data) => data.len(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Error::io("look at", &entry.path(), error)),
            };
            listing.bytes += bytes;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.ends_with(UNFINISHED) {
                listing.unfinished.push(entry.path());
            } else if let Some(base) = name.strip_suffix(COMPRESSED).and_then(parse_base) {
                files.push(Segment { base, plain: false, compressed: true, bytes });
            } else if let Some(base) = name.strip_suffix(PLAIN).and_then(parse_base) {
                files.push(Segment { base, plain: true, compressed: false, bytes });
            }
        }
        files.sort_unstable_by_key(|file| file.base);
        for file in files {
            match listing.segments.last_mut() {
                Some(last) if last.base == file.base => {
                    last.plain |= file.plain;
                    last.compressed |= file.compressed;
                    last.bytes += file.bytes;
                }
                _ => listing.segments.push(file),
            }
        }
        Ok(listing)
    }

    /// The oldest segment that begins after `base`.
    pub(crate) fn after(&self, base: u64) -> Option<Segment> {
        let at = self.segments.partition_point(|segment| segment.base <= base);
        self.segments.get(at).copied()
    }
}

/// The file of the segment that begins at `base`.
pub(crate) fn plain_path(dir: &Path, base: u64) -> PathBuf {
    dir.join(format!("{base:016x}{PLAIN}"))
}

/// The compressed file of the segment that begins at `base`.
pub(crate) fn compressed_path(dir: &Path, base: u64) -> PathBuf {
    dir.join(format!("{base:016x}{COMPRESSED}"))
}

/// Removes the files of a segment; that there is none is fine.
pub(crate) fn remove(dir: &Path, segment: &Segment) -> Result<(), Error> {
    for (there, path) in [
        (segment.plain, plain_path(dir, segment.base)),
        (segment.compressed, compressed_path(dir, segment.base)),
    ] {
        if there {
            remove_file(&path)?;
        }
    }
    Ok(())
}

/// Removes a file; that there is none is fine.
pub(crate) fn remove_file(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io("remove", path, error))
        }
        _ => Ok(()),
    }
}

fn parse_base(name: &str) -> Option<u64> {
    let fixed =
        name.len() == 16 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if fixed { u64::from_str_radix(name, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_and_strangers_are_left_out() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "0000000000000010.seg",
            "0000000000000002.seg.zst",
            "0000000000000010.seg.zst",
            "000000000000000A.seg",
            "+000000000000003.seg",
            "0000000000000020.seg.new",
            "reserve",
        ] {
            fs::write(dir.path().join(name), b"xy").unwrap();
        }
        let listing = Listing::read(dir.path()).unwrap();
        let two = Segment { base: 2, plain: false, compressed: true, bytes: 2 };
        let sixteen = Segment { base: 16, plain: true, compressed: true, bytes: 4 };
        assert_eq!(listing.segments, [two, sixteen]);
        assert_eq!(listing.bytes, 14);
        assert_eq!(listing.unfinished.len(), 1);
        assert_eq!(listing.after(2), Some(sixteen));
        assert_eq!(listing.after(16), None);
    }
}
