//! Room for the records that must not be lost to a full disk.
//!
//! The file `reserve` is written with zeroes when the journal is made, so that overwriting it in place
//! needs no new blocks. It begins with a mark; what comes after it, up to the first bytes that are no
//! record, are records that belong behind the last segment. When segments can be written again, the
//! writer moves them there and clears the file.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use crate::Error;
use crate::format::{Parsed, Record, parse};
use crate::segments::UNFINISHED;
use crate::source::Found;

/// The file's name in a journal's folder.
const NAME: &str = "reserve";
/// The file's length: one block of most file systems, and a hundred records.
pub(crate) const RESERVE: usize = 4096;
const MARK: [u8; 8] = *b"TOWRSRV\n";
/// The most bytes of records that fit.
pub(crate) const ROOM: usize = RESERVE - MARK.len();

/// The writer's side of the file.
#[derive(Debug)]
pub(crate) struct Reserve {
    file: File,
}

impl Reserve {
    /// Opens the file or makes one.
    pub(crate) fn open(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(NAME);
        if let Ok(file) = OpenOptions::new().read(true).write(true).open(&path)
            && file.metadata().is_ok_and(|data| data.len() == RESERVE as u64)
        {
            return Ok(Self { file });
        }
        let new = dir.join(format!("{NAME}{UNFINISHED}"));
        let make = || -> io::Result<File> {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&new)?;
            file.write_all_at(&block(&[]), 0)?;
            fs::rename(&new, &path)?;
            Ok(file)
        };
        match make() {
            Ok(file) => Ok(Self { file }),
            Err(error) => {
                // A half-made file would only take up room; that it can't be removed changes nothing.
                let _ = fs::remove_file(&new);
                Err(Error::io("make", &path, error))
            }
        }
    }

    /// Makes `records` what the file holds. More than [`ROOM`] bytes are cut.
    pub(crate) fn write(&self, records: &[u8]) -> io::Result<()> {
        self.file.write_all_at(&block(records), 0)
    }

    /// The bytes of the whole records in the file.
    pub(crate) fn records(&self) -> Vec<u8> {
        read_from(&self.file).unwrap_or_default()
    }
}

/// The gaps and exits in the file of `dir`, in their order; none if there is no such file.
pub(crate) fn read(dir: &Path) -> Vec<Found> {
    let bytes = File::open(dir.join(NAME)).and_then(|file| read_from(&file)).unwrap_or_default();
    entries(&bytes)
}

/// The gaps and exits in `bytes`.
pub(crate) fn entries(mut bytes: &[u8]) -> Vec<Found> {
    let mut found = Vec::new();
    while let Parsed::Entry(entry, length) = parse(bytes) {
        // Nothing else is ever put there; of what is, each has a place of its own.
        if let Record::Gap { .. } | Record::Exit(_) = entry.record {
            found.extend(Found::other(&entry));
        }
        bytes = &bytes[length..];
    }
    found
}

fn block(records: &[u8]) -> [u8; RESERVE] {
    let mut block = [0; RESERVE];
    let length = records.len().min(ROOM);
    block[..MARK.len()].copy_from_slice(&MARK);
    block[MARK.len()..MARK.len() + length].copy_from_slice(&records[..length]);
    block
}

fn read_from(file: &File) -> io::Result<Vec<u8>> {
    let mut block = [0; RESERVE];
    file.read_exact_at(&mut block, 0)?;
    let Some(rest) = block.strip_prefix(&MARK) else {
        return Ok(Vec::new());
    };
    let mut length = 0;
    while let Parsed::Entry(_, more) = parse(&rest[length..]) {
        length += more;
    }
    Ok(rest[..length].to_vec())
}
