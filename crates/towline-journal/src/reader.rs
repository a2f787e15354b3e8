//! Reading a journal from any offset, and following its writer.

use std::collections::VecDeque;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::format::{Entry, Micros, Record};
use crate::reserve;
use crate::segments::Listing;
use crate::source::{Found, Next, Opened, Source, What};

/// How often a segment may vanish between listing and opening it before the reader gives up until the
/// next call. The writer would have to rotate that often in the meantime.
const VANISHED_MAX: usize = 16;

/// Reads the entries of a journal in their order.
///
/// Each entry begins where the one before ended: what is missing between two of them, because it was
/// damaged, deleted or never written, is told as a [`Record::Gap`]. When a gap hides a new size of the
/// terminal, a [`Record::Resize`] follows it.
pub struct Reader {
    dir: PathBuf,
    /// The offset up to which entries were handed out or queued.
    position: u64,
    /// The base of the oldest segment at the last look.
    first: u64,
    current: Option<Source>,
    /// The base of the segment that was left last.
    left: Option<u64>,
    /// Found and not handed out yet; output in it lies in the buffer of `current`.
    queue: VecDeque<Found>,
    /// The terminal's size after what was handed out.
    size: Option<(u16, u16)>,
    size_at_start: (u16, u16),
    /// Place and time of the last exit that was handed out. While it is moved out of the reserve, it
    /// is in two places.
    last_exit: Option<(u64, Micros)>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("dir", &self.dir)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl Reader {
    /// Opens the journal in `dir` at the oldest entry that is kept.
    ///
    /// # Errors
    /// [`Error::Io`] if `dir` can't be listed, for instance because there is no such folder. One without
    /// segments is fine: a writer may make some later.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let mut reader = Self {
            dir: dir.to_owned(),
            position: 0,
            first: 0,
            current: None,
            left: None,
            queue: VecDeque::new(),
            size: None,
            size_at_start: (0, 0),
            last_exit: None,
        };
        reader.list()?;
        reader.seek(reader.first)?;
        Ok(reader)
    }

    /// The oldest offset that was kept when the reader last looked: at opening, seeking, and whenever
    /// it goes on to another segment.
    pub fn first_offset(&self) -> u64 {
        self.first
    }

    /// The size in columns and rows that the terminal had where the segment begins in which the reader
    /// stands. (0, 0) before there is any.
    pub fn size_at_start(&self) -> (u16, u16) {
        self.size_at_start
    }

    /// The size in columns and rows that the terminal has where the reader stands: before the entry
    /// that [`next`](Self::next) gives next. (0, 0) before there is any segment.
    pub fn size(&self) -> (u16, u16) {
        self.size.unwrap_or_default()
    }

    /// Goes to `offset`. The next entry begins there: one that contains it is cut, and those without
    /// bytes that lie at it come first. If what is there is not kept, the next entry is a gap.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn seek(&mut self, offset: u64) -> Result<(), Error> {
        self.position = offset;
        self.current = None;
        self.left = None;
        self.queue.clear();
        self.size = None;
        self.last_exit = None;
        // Looked for now and not with the next call, so that `size` is that at `offset`.
        if let Some(found) = self.find()? {
            self.queue.push_front(found);
        }
        Ok(())
    }

    /// The next entry. `None` is the end for now: call again when the writer may have appended.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder or a segment can't be opened, [`Error::Version`] if a newer Towline wrote
    /// it. Damage is not an error but a gap.
    #[expect(clippy::should_implement_trait, reason = "the entry borrows from the reader")]
    pub fn next(&mut self) -> Result<Option<Entry<'_>>, Error> {
        let Some(found) = self.find()? else { return Ok(None) };
        let record = match found.what {
            What::Output(range) => match &self.current {
                Some(source) => Record::Output(source.bytes(range)),
                None => Record::Output(&[]),
            },
            What::Other(record) => record,
        };
        if let Some(size) = record.size() {
            self.size = Some(size);
        }
        if let Record::Exit(_) = record {
            self.last_exit = Some((found.offset, found.time));
        }
        Ok(Some(Entry { offset: found.offset, time: found.time, record }))
    }

    /// The next record to hand out.
    fn find(&mut self) -> Result<Option<Found>, Error> {
        // Whether bytes that were read ahead have been read anew in this call.
        let mut refreshed = false;
        // Whether there is a newer segment than the current one, whose end was then read once more.
        let mut closing = false;
        let mut looked_again = false;
        loop {
            if let Some(found) = self.queue.pop_front() {
                return Ok(Some(found));
            }
            let Some(source) = &mut self.current else {
                refreshed = false;
                closing = false;
                if self.enter_next()? {
                    continue;
                }
                if self.take_from_reserve(&mut looked_again) {
                    continue;
                }
                return Ok(None);
            };
            let damaged = match source.next() {
                Next::Found(found) => {
                    self.place(found);
                    continue;
                }
                Next::Damaged => true,
                Next::End => false,
            };
            if damaged && !refreshed {
                source.refresh();
                refreshed = true;
                continue;
            }
            let base = source.header().base;
            if self.list()?.after(base).is_some() {
                // The writer may have appended to this one between our reading and our looking.
                if closing {
                    self.leave(Some(base));
                } else if let Some(source) = &mut self.current {
                    source.refresh();
                    closing = true;
                }
                continue;
            }
            let Some(source) = &mut self.current else { continue };
            if source.is_replaced() {
                self.leave(base.checked_sub(1));
                continue;
            }
            source.refresh();
            if self.take_from_reserve(&mut looked_again) {
                continue;
            }
            return Ok(None);
        }
    }

    fn leave(&mut self, base: Option<u64>) {
        self.left = base;
        self.current = None;
    }

    fn list(&mut self) -> Result<Listing, Error> {
        let listing = Listing::read(&self.dir)?;
        if let Some(oldest) = listing.segments.first() {
            self.first = oldest.base;
        }
        Ok(listing)
    }

    /// Opens the segment after the one that was left, or where the position is. `false`: there is none.
    fn enter_next(&mut self) -> Result<bool, Error> {
        let mut vanished = 0;
        while vanished < VANISHED_MAX {
            let listing = self.list()?;
            let next = match self.left {
                Some(base) => listing.after(base),
                None => {
                    // Entries without bytes at the position may be the last of an older segment.
                    let later = listing.segments.partition_point(|s| s.base < self.position);
                    listing.segments.get(later.saturating_sub(1)).copied()
                }
            };
            let Some(segment) = next else { return Ok(false) };
            match Source::open(&self.dir, segment.base)? {
                Opened::Ready(source) => {
                    self.enter(source);
                    return Ok(true);
                }
                Opened::Gone => vanished += 1,
                // The last one may be repaired yet; another one won't.
                Opened::Damaged if listing.after(segment.base).is_none() => return Ok(false),
                Opened::Damaged => self.left = Some(segment.base),
            }
        }
        Ok(false)
    }

    fn enter(&mut self, source: Source) {
        let header = *source.header();
        self.current = Some(source);
        if header.base > self.position {
            self.queue.push_back(self.gap(header.base, header.time));
            self.position = header.base;
        }
        let size = (header.cols, header.rows);
        self.size_at_start = size;
        match self.size {
            Some(known) if known != size => self.queue.push_back(Found {
                offset: self.position,
                time: header.time,
                what: What::Other(Record::Resize { cols: size.0, rows: size.1 }),
            }),
            Some(_) => {}
            None => self.size = Some(size),
        }
    }

    fn gap(&self, to: u64, time: Micros) -> Found {
        Found { offset: self.position, time, what: What::Other(Record::Gap { to }) }
    }

    /// Queues what of `found` was not handed out yet.
    fn place(&mut self, mut found: Found) {
        let end = found.end();
        if found.offset > self.position {
            self.queue.push_back(self.gap(found.offset, found.time));
            self.position = found.offset;
        }
        let known = self.position - found.offset;
        let exit_is_known = self
            .last_exit
            .is_some_and(|(offset, time)| offset == found.offset && found.time <= time);
        match &mut found.what {
            What::Output(range) if end > self.position => {
                // Shorter than the range, as its end lies behind the position.
                range.start += known as usize;
            }
            What::Other(Record::Gap { .. }) if end > self.position => {}
            What::Output(_) | What::Other(Record::Gap { .. }) => return,
            What::Other(Record::Exit(_)) if exit_is_known => return,
            What::Other(record) => {
                if known > 0 {
                    // Its place has passed. Where the reader began in the middle, its size still counts.
                    if self.queue.is_empty() {
                        self.size = record.size().or(self.size);
                    }
                    return;
                }
            }
        }
        found.offset = self.position;
        self.position = end;
        self.queue.push_back(found);
    }

    /// Queues the next record of the reserve. `true`: look again at the queue or the segments.
    fn take_from_reserve(&mut self, looked_again: &mut bool) -> bool {
        for found in reserve::read(&self.dir) {
            if found.offset > self.position && !*looked_again {
                // The writer has appended to a segment before it came to use the reserve.
                *looked_again = true;
                return true;
            }
            self.place(found);
            if !self.queue.is_empty() {
                return true;
            }
        }
        false
    }
}
