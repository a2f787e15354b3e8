//! Reading the records of one segment, as it was written or compressed.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::format::{
    Entry, HEADER, Header, HeaderError, Micros, Parsed, RECORD_HEAD, RECORD_MAX, Record, parse,
};
use crate::segments::{compressed_path, plain_path};

/// Bytes of a reader's buffer: a few of the longest records, so that moving the rest of one to the
/// front costs little. Pages that were never filled take no memory.
const BUFFER: usize = 4 * (RECORD_HEAD + RECORD_MAX);

/// The largest window a compressed segment may ask for, as a power of two: 16 MiB. Ours ask for less
/// than 4 MiB.
const WINDOW_LOG_MAX: u32 = 24;

/// A record as it was found, with output as a range of the source's buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) offset: u64,
    pub(crate) time: Micros,
    pub(crate) what: What,
}

/// See [`Found`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Output(Range<usize>),
    Other(Record<'static>),
}

impl Found {
    /// The offset after it.
    pub(crate) fn end(&self) -> u64 {
        match &self.what {
            What::Output(range) => self.offset + range.len() as u64,
            What::Other(Record::Gap { to }) => *to,
            What::Other(_) => self.offset,
        }
    }

    /// A found record that is not in a buffer.
    pub(crate) fn other(entry: &Entry<'_>) -> Option<Self> {
        let record = match entry.record {
            Record::Output(_) => return None,
            Record::Resize { cols, rows } => Record::Resize { cols, rows },
            Record::Start { cols, rows } => Record::Start { cols, rows },
            Record::Gap { to } => Record::Gap { to },
            Record::Exit(status) => Record::Exit(status),
        };
        Some(Self { offset: entry.offset, time: entry.time, what: What::Other(record) })
    }
}

/// What opening a segment led to.
pub(crate) enum Opened {
    /// It can be read.
    Ready(Source),
    /// Its header is damaged.
    Damaged,
    /// It is not there any more.
    Gone,
}

/// What comes next in a segment.
pub(crate) enum Next {
    Found(Found),
    /// Nothing, or the beginning of a record that is not whole (yet).
    End,
    /// Bytes that are no record.
    Damaged,
}

/// An open segment.
pub(crate) struct Source {
    header: Header,
    bytes: Bytes,
    /// Holds what was read of the segment in `start..end`; the next record begins at `start`.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Where in the (uncompressed) segment `buffer[end]` would lie.
    at: u64,
}

enum Bytes {
    Plain { file: File, path: PathBuf },
    Compressed(Box<zstd::Decoder<'static, BufReader<File>>>),
}

impl Source {
    /// Opens the segment of `dir` that begins at `base`, in whichever form it is there.
    pub(crate) fn open(dir: &Path, base: u64) -> Result<Opened, Error> {
        let path = plain_path(dir, base);
        if let Some(file) = open_if_there(&path)? {
            return Self::begin(Bytes::Plain { file, path: path.clone() }, &path, base);
        }
        let path = compressed_path(dir, base);
        let Some(file) = open_if_there(&path)? else {
            return Ok(Opened::Gone);
        };
        let decoder = zstd::Decoder::new(file).and_then(|mut decoder| {
            decoder.window_log_max(WINDOW_LOG_MAX)?;
            Ok(decoder)
        });
        match decoder {
            Ok(decoder) => Self::begin(Bytes::Compressed(Box::new(decoder)), &path, base),
            Err(error) => Err(Error::io("decompress", &path, error)),
        }
    }

    fn begin(bytes: Bytes, path: &Path, base: u64) -> Result<Opened, Error> {
        let header = Header { base, time: 0, cols: 0, rows: 0 };
        let mut source = Self { header, bytes, buffer: vec![0; BUFFER], start: 0, end: 0, at: 0 };
        while source.end < HEADER {
            if source.fill() == 0 {
                return Ok(Opened::Damaged);
            }
        }
        let Some(header) = source.buffer.first_chunk::<HEADER>() else {
            return Ok(Opened::Damaged);
        };
        match Header::decode(header, base) {
            Ok(header) => {
                source.header = header;
                source.start = HEADER;
                Ok(Opened::Ready(source))
            }
            Err(HeaderError::Damaged) => Ok(Opened::Damaged),
            Err(HeaderError::Version(version)) => {
                Err(Error::Version { path: path.to_owned(), version })
            }
        }
    }

    /// What the segment begins with.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// The bytes of an output that was found just before.
    pub(crate) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Where in the segment the next record begins.
    pub(crate) fn position(&self) -> u64 {
        self.at - (self.end - self.start) as u64
    }

    /// The next record. Ranges found before are void after this.
    pub(crate) fn next(&mut self) -> Next {
        loop {
            match parse(&self.buffer[self.start..self.end]) {
                Parsed::Entry(entry, length) => {
                    let from = self.start + RECORD_HEAD;
                    let found = Found::other(&entry).unwrap_or(Found {
                        offset: entry.offset,
                        time: entry.time,
                        what: What::Output(from..self.start + length),
                    });
                    self.start += length;
                    return Next::Found(found);
                }
                Parsed::Damaged => return Next::Damaged,
                Parsed::Incomplete(_) => {
                    if self.fill() == 0 {
                        return Next::End;
                    }
                }
            }
        }
    }

    /// Forgets what was read ahead: the writer may have cut it off and written something else since.
    pub(crate) fn refresh(&mut self) {
        if let Bytes::Plain { .. } = self.bytes {
            self.at = self.position();
            self.end = self.start;
        }
    }

    /// Whether another file has taken this one's name.
    pub(crate) fn is_replaced(&self) -> bool {
        let Bytes::Plain { file, path } = &self.bytes else { return false };
        match (file.metadata(), std::fs::metadata(path)) {
            (Ok(ours), Ok(theirs)) => (ours.dev(), ours.ino()) != (theirs.dev(), theirs.ino()),
            _ => false,
        }
    }

    /// Reads more behind what is there, and returns how much. A read error counts as the end: what
    /// can't be read is lost like what is damaged.
    fn fill(&mut self) -> usize {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let room = &mut self.buffer[self.end..];
        let read = loop {
            let read = match &mut self.bytes {
                Bytes::Plain { file, .. } => file.read_at(room, self.at),
                Bytes::Compressed(decoder) => decoder.read(room),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other.unwrap_or(0),
            }
        };
        self.end += read;
        self.at += read as u64;
        read
    }
}

fn open_if_there(path: &Path) -> Result<Option<File>, Error> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("open", path, error)),
    }
}
