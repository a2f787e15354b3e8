//! Appending to a journal.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::Error;
use crate::format::{Encoded, Entry, HEADER, Header, Micros, RECORD_HEAD, RECORD_MAX, Record, now};
use crate::reserve::{self, RESERVE, ROOM, Reserve};
use crate::segments::{Listing, UNFINISHED, plain_path, remove, remove_file};
use crate::source::Found;
use crate::summary::{Scan, scan_segment};

/// How long the writer waits after a failure before it tries the disk again. Often enough that little
/// is lost after room was made, seldom enough that a full disk costs no time.
const RETRY: Duration = Duration::from_secs(1);

/// The smallest `keep_bytes` that is obeyed: below this, reserve and headers would be all there is.
const KEEP_MIN: u64 = 64 * 1024;

/// The smallest `segment_bytes` that is obeyed; what the reserve holds fits into it with ease.
const SEGMENT_MIN: u64 = 8 * 1024;

/// How a journal is kept.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The most bytes that all its files take together; the oldest segments go to stay within. At least
    /// 64 KiB are used.
    pub keep_bytes: u64,
    /// The most bytes of a segment. At most half of what is kept, at least 8 KiB.
    pub segment_bytes: u64,
    /// The terminal's size in columns and rows, for a journal that is new.
    pub size: (u16, u16),
}

/// Appends to a journal. There must be only one per folder.
///
/// A full or broken disk is no error: the writer is then [`degraded`](Self::degraded), counts what is
/// appended, and puts a gap in its place once the disk can be written again.
pub struct Writer {
    dir: PathBuf,
    keep: u64,
    segment_max: u64,
    /// Where to append; none until a first segment could be made.
    current: Option<Current>,
    /// The offset of the next byte.
    head: u64,
    /// The offset up to which the segments tell what happened. Behind `head` only when degraded.
    written: u64,
    /// The terminal's size at `head`.
    size: (u16, u16),
    reserve: Option<Reserve>,
    trouble: Option<Trouble>,
}

struct Current {
    file: File,
    base: u64,
    /// Where the next record goes; what lies behind is the rest of a failed write.
    length: u64,
}

/// What is to be written when the disk works again.
struct Trouble {
    /// Records that wait in the reserve, encoded.
    waiting: Vec<u8>,
    /// The offset after them; what was lost since begins here.
    gap_from: u64,
    /// A size or start that could not be recorded.
    unsaid: Option<Record<'static>>,
    tried: Instant,
    cause: io::Error,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("dir", &self.dir)
            .field("head", &self.head)
            .field("degraded", &self.degraded())
            .finish_non_exhaustive()
    }
}

impl Writer {
    /// Opens the journal in `dir`, or makes one. What a crash left half-written at its end is cut off,
    /// and so is everything behind the first damage in the newest segment.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder can't be made or looked into, or the newest segment can't be read;
    /// [`Error::Version`] if a newer Towline wrote that. A full disk is no error: the writer is degraded then.
    pub fn open(dir: &Path, options: Options) -> Result<Self, Error> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(|error| Error::io("make", dir, error))?;
        let listing = Listing::read(dir)?;
        for path in &listing.unfinished {
            remove_file(path)?;
        }
        let keep = options.keep_bytes.max(KEEP_MIN);
        let segment_max = options.segment_bytes.min((keep - RESERVE as u64) / 2).max(SEGMENT_MIN);
        let mut writer = Self {
            dir: dir.to_owned(),
            keep,
            segment_max,
            current: None,
            head: 0,
            written: 0,
            size: options.size,
            reserve: None,
            trouble: None,
        };
        writer.recover(&listing)?;
        writer.start();
        Ok(writer)
    }

    /// Appends what happened. Output longer than [`RECORD_MAX`] becomes several records.
    ///
    /// # Errors
    /// [`Error::GapBehindHead`] for a gap that does not end after the head. A disk that can't be
    /// written is no error, see [`degraded`](Self::degraded).
    pub fn append(&mut self, time: Micros, record: Record<'_>) -> Result<(), Error> {
        match record {
            Record::Output(bytes) => {
                let most = (self.segment_max as usize - HEADER - RECORD_HEAD).min(RECORD_MAX);
                for piece in bytes.chunks(most) {
                    self.put(&Entry { offset: self.head, time, record: Record::Output(piece) });
                }
                Ok(())
            }
            Record::Gap { to } if to <= self.head => {
                Err(Error::GapBehindHead { to, head: self.head })
            }
            record => {
                self.put(&Entry { offset: self.head, time, record });
                Ok(())
            }
        }
    }

    /// The offset of the next byte.
    pub fn head(&self) -> u64 {
        self.head
    }

    /// Whether what is appended is lost just now, as the disk can't be written. The writer tries again
    /// when something is appended, at most once a second.
    pub fn degraded(&self) -> bool {
        self.trouble.is_some()
    }

    /// Tries the disk again if the writer is degraded, for a program that is quiet just now.
    pub fn retry(&mut self, time: Micros) {
        let _ = self.resume(time);
    }

    /// How long ago the disk was tried last, if the writer is degraded.
    pub fn trouble_age(&self) -> Option<Duration> {
        self.trouble.as_ref().map(|trouble| trouble.tried.elapsed())
    }

    /// Why the writer is degraded.
    pub fn trouble(&self) -> Option<&io::Error> {
        self.trouble.as_ref().map(|trouble| &trouble.cause)
    }

    /// The terminal's size in columns and rows, by the last record that told it.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// Finds the end of what is there and cuts off what is damaged.
    fn recover(&mut self, listing: &Listing) -> Result<(), Error> {
        let Some(newest) = listing.segments.last() else { return Ok(()) };
        // Even if it can't be read: the name tells what was printed before.
        self.head = newest.base;
        self.written = newest.base;
        let Scan::Whole(scan) = scan_segment(&self.dir, newest.base)? else {
            return Ok(());
        };
        self.head = scan.end;
        self.written = scan.end;
        self.size = scan.size;
        if !newest.plain {
            return Ok(());
        }
        let path = plain_path(&self.dir, newest.base);
        let file = OpenOptions::new()
            .write(true)
            .open(&path)
            .map_err(|error| Error::io("open", &path, error))?;
        file.set_len(scan.length).map_err(|error| Error::io("shorten", &path, error))?;
        self.current = Some(Current { file, base: newest.base, length: scan.length });
        Ok(())
    }

    /// Opens the reserve, moves what is in it to where it belongs, and makes a first segment.
    fn start(&mut self) {
        // Without it the journal still works, it only can't say as much about a full disk.
        self.reserve = Reserve::open(&self.dir).ok();
        let waiting = self.reserve.as_ref().map(Reserve::records).unwrap_or_default();
        for found in reserve::entries(&waiting) {
            self.head = self.head.max(found.end());
        }
        if waiting.is_empty() {
            let begun = match &self.current {
                Some(current) => self.trim(self.segment_max.saturating_sub(current.length), 1),
                None => self.rotate(now()).map(drop),
            };
            if let Err(cause) = begun {
                self.enter_trouble(cause);
            }
        } else {
            // What waits is no trouble if it can be written now.
            self.trouble = Some(Trouble {
                waiting,
                gap_from: self.head,
                unsaid: None,
                tried: Instant::now(),
                cause: io::Error::other("records wait in the reserve"),
            });
            self.resume(now());
        }
    }

    fn put(&mut self, entry: &Entry<'_>) {
        let due = self.trouble.as_ref().is_none_or(|trouble| trouble.tried.elapsed() >= RETRY);
        if due && self.resume(entry.time) {
            match self.write(entry) {
                Ok(()) => {
                    self.head = entry.end();
                    self.written = self.head;
                    self.size = entry.record.size().unwrap_or(self.size);
                    return;
                }
                Err(error) => self.enter_trouble(error),
            }
        }
        self.lose(entry, due);
    }

    /// Counts what can't be written. What must not be lost goes to the reserve.
    fn lose(&mut self, entry: &Entry<'_>, refresh: bool) {
        self.size = entry.record.size().unwrap_or(self.size);
        let Some(trouble) = &mut self.trouble else { return };
        self.head = entry.end();
        let mut keep = refresh;
        match entry.record {
            Record::Exit(status) => {
                trouble.settle(self.head, entry.time);
                let exit = Entry { record: Record::Exit(status), ..*entry };
                trouble.push(&exit);
                // A start that waits would come after the exit, as if the program ran. With all it printed lost,
                // it told nothing but the size.
                if let Some(Record::Start { cols, rows }) = trouble.unsaid {
                    trouble.unsaid = Some(Record::Resize { cols, rows });
                }
                keep = true;
            }
            Record::Start { cols, rows } => trouble.unsaid = Some(Record::Start { cols, rows }),
            Record::Resize { cols, rows } => {
                // A start that waits takes the newer size.
                trouble.unsaid = Some(match trouble.unsaid {
                    Some(Record::Start { .. }) => Record::Start { cols, rows },
                    _ => Record::Resize { cols, rows },
                });
            }
            Record::Output(_) | Record::Gap { .. } => {}
        }
        if keep {
            let (open, gap) = (trouble.gap_from, self.head);
            let mut records = trouble.waiting.clone();
            if gap > open {
                records.extend_from_slice(encode_gap(open, gap, entry.time).as_bytes());
            }
            if let Some(reserve) = &self.reserve {
                // If even this fails, there is nowhere left to say so.
                let _ = reserve.write(&records);
            }
        }
    }

    fn enter_trouble(&mut self, cause: io::Error) {
        self.trouble = Some(Trouble {
            waiting: Vec::new(),
            gap_from: self.head,
            unsaid: None,
            tried: Instant::now(),
            cause,
        });
    }

    /// Writes what could not be written before. `true`: all is written, the journal goes on.
    fn resume(&mut self, time: Micros) -> bool {
        let Some(trouble) = &self.trouble else { return true };
        let mut records = trouble.waiting.clone();
        if self.head > trouble.gap_from {
            let gap = encode_gap(trouble.gap_from, self.head, time);
            records.extend_from_slice(gap.as_bytes());
        }
        if let Some(record) = trouble.unsaid {
            let entry = Entry { offset: self.head, time, record };
            records.extend_from_slice(Encoded::new(&entry).as_bytes());
        }
        if self.reserve.is_none() {
            self.reserve = Reserve::open(&self.dir).ok();
        }
        match self.write_bytes(&records, &[], time) {
            Ok(()) => {
                self.trouble = None;
                self.written = self.head;
                if let Some(reserve) = &self.reserve {
                    // What stays in it is known to readers by its place and time.
                    let _ = reserve.write(&[]);
                }
                true
            }
            Err(cause) => {
                if let Some(trouble) = &mut self.trouble {
                    trouble.tried = Instant::now();
                    trouble.cause = cause;
                }
                false
            }
        }
    }

    fn write(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        let encoded = Encoded::new(entry);
        let output = if let Record::Output(bytes) = entry.record { bytes } else { &[] };
        self.write_bytes(encoded.as_bytes(), output, entry.time)
    }

    /// Writes whole records, `first` and then `second`, in one write.
    fn write_bytes(&mut self, first: &[u8], second: &[u8], time: Micros) -> io::Result<()> {
        let more = (first.len() + second.len()) as u64;
        let current = match &mut self.current {
            Some(current) if current.length + more <= self.segment_max => current,
            _ => self.rotate(time)?,
        };
        match current.write(first, second) {
            // A limit on the length of files: a new one may begin.
            Err(error) if too_large(&error) && current.base < self.written => {
                self.rotate(time)?.write(first, second)
            }
            done => done,
        }
    }

    /// Begins a new segment, after making room for it.
    fn rotate(&mut self, time: Micros) -> io::Result<&mut Current> {
        let base = self.written;
        self.trim(self.segment_max, 0)?;
        let (cols, rows) = self.size;
        let header = Header { base, time, cols, rows }.encode();
        let path = plain_path(&self.dir, base);
        let new = self.dir.join(format!("{base:016x}.seg{UNFINISHED}"));
        let make = || -> io::Result<File> {
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&new)?;
            file.write_all_at(&header, 0)?;
            // Takes the place of one with the same base, which holds no output.
            fs::rename(&new, &path)?;
            Ok(file)
        };
        match make() {
            Ok(file) => Ok(self.current.insert(Current { file, base, length: HEADER as u64 })),
            Err(error) => {
                // A half-made file would only take up room; that it can't be removed changes nothing.
                let _ = fs::remove_file(&new);
                Err(error)
            }
        }
    }

    /// Removes the oldest segments, but not the `spared` newest, until `more` bytes fit in.
    fn trim(&self, more: u64, spared: usize) -> io::Result<()> {
        let listing = Listing::read(&self.dir).map_err(as_io)?;
        let reserve = if self.reserve.is_some() { 0 } else { RESERVE as u64 };
        let mut bytes = listing.bytes + reserve + more;
        let count = listing.segments.len().saturating_sub(spared);
        for segment in &listing.segments[..count] {
            if bytes <= self.keep {
                break;
            }
            remove(&self.dir, segment).map_err(as_io)?;
            bytes -= segment.bytes;
        }
        Ok(())
    }
}

impl Current {
    fn write(&mut self, first: &[u8], second: &[u8]) -> io::Result<()> {
        let whole = first.len() + second.len();
        let slices = [IoSlice::new(first), IoSlice::new(second)];
        let mut written = match rustix::io::pwritev(&self.file, &slices, self.length) {
            Ok(written) => written,
            Err(rustix::io::Errno::INTR) => 0,
            Err(error) => return Err(error.into()),
        };
        while written < whole {
            let rest = if written < first.len() {
                &first[written..]
            } else {
                &second[written - first.len()..]
            };
            match self.file.write_at(rest, self.length + written as u64) {
                Ok(0) => return self.cut(io::ErrorKind::WriteZero.into()),
                Ok(more) => written += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return self.cut(error),
            }
        }
        self.length += whole as u64;
        Ok(())
    }

    /// Takes back a part of a record. If that fails too, the next write goes over it.
    fn cut(&self, error: io::Error) -> io::Result<()> {
        let _ = self.file.set_len(self.length);
        Err(error)
    }
}

impl Trouble {
    /// Makes what was lost up to `head` a gap that is not extended any more.
    fn settle(&mut self, head: u64, time: Micros) {
        if head > self.gap_from {
            let gap = encode_gap(self.gap_from, head, time);
            self.waiting.extend_from_slice(gap.as_bytes());
            self.gap_from = head;
        }
    }

    /// Adds a record that must not be lost. When the reserve is full, the oldest make room: their bytes
    /// become part of the gap.
    fn push(&mut self, entry: &Entry<'_>) {
        self.waiting.extend_from_slice(Encoded::new(entry).as_bytes());
        let longest_gap = RECORD_HEAD + 8;
        if self.waiting.len() + longest_gap <= ROOM {
            return;
        }
        let first =
            reserve::entries(&self.waiting).first().map_or(entry.offset, |f: &Found| f.offset);
        self.waiting.clear();
        self.gap_from = first;
        self.settle(entry.offset, entry.time);
        self.waiting.extend_from_slice(Encoded::new(entry).as_bytes());
    }
}

fn encode_gap(from: u64, to: u64, time: Micros) -> Encoded {
    Encoded::new(&Entry { offset: from, time, record: Record::Gap { to } })
}

fn too_large(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::FBIG.raw_os_error())
}

fn as_io(error: Error) -> io::Error {
    match error {
        Error::Io { source, .. } => source,
        other => io::Error::other(other),
    }
}
