//! What can be told of a journal without reading it all.

use std::path::Path;

use crate::Error;
use crate::format::{ExitStatus, Micros, Record};
use crate::reserve;
use crate::segments::Listing;
use crate::source::{Found, Next, Opened, Source, What};

/// A journal in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// The oldest offset that is kept.
    pub first_offset: u64,
    /// The offset of the next byte.
    pub head: u64,
    /// When the last record was written, 0 if there is none.
    pub last_time: Micros,
    /// How and when the program ended, unless one was started again since.
    pub exit: Option<(ExitStatus, Micros)>,
    /// The terminal's last size in columns and rows.
    pub size: (u16, u16),
    /// Bytes of all its files together.
    pub disk_bytes: u64,
}

/// Reads the newest segment of the journal in `dir`, and older ones only if that has no records.
///
/// # Errors
/// [`Error::Io`] if the folder can't be listed or a segment can't be opened, [`Error::Version`] if a newer
/// Towline wrote it.
pub fn summary(dir: &Path) -> Result<Summary, Error> {
    let listing = Listing::read(dir)?;
    let mut summary = Summary { disk_bytes: listing.bytes, ..Summary::default() };
    if let Some(oldest) = listing.segments.first() {
        summary.first_offset = oldest.base;
    }
    if let Some(newest) = listing.segments.last() {
        summary.head = newest.base;
    }
    let mut newest = true;
    for segment in listing.segments.iter().rev() {
        let Scan::Whole(scan) = scan_segment(dir, segment.base)? else { continue };
        if newest {
            summary.size = scan.size;
            newest = false;
        }
        summary.head = summary.head.max(scan.end);
        if let Some(time) = scan.last_time {
            summary.last_time = time;
            summary.exit = scan.exit;
            break;
        }
    }
    for found in reserve::read(dir) {
        let (time, end) = (found.time, found.end());
        // What the segments tell already may stay in the reserve for a moment.
        if end > summary.head || (end == summary.head && time >= summary.last_time) {
            summary.head = end;
            summary.last_time = time;
            note_exit(&mut summary.exit, &found);
        }
    }
    Ok(summary)
}

/// What reading a segment led to.
pub(crate) enum Scan {
    Whole(SegmentScan),
    /// It is gone, or its header is damaged.
    Unreadable,
}

/// What the records of a segment up to the first damage amount to.
pub(crate) struct SegmentScan {
    /// Bytes of the header and whole records.
    pub(crate) length: u64,
    /// The offset after them.
    pub(crate) end: u64,
    pub(crate) size: (u16, u16),
    pub(crate) last_time: Option<Micros>,
    pub(crate) exit: Option<(ExitStatus, Micros)>,
}

/// Reads the segment of `dir` that begins at `base`.
pub(crate) fn scan_segment(dir: &Path, base: u64) -> Result<Scan, Error> {
    let Opened::Ready(mut source) = Source::open(dir, base)? else {
        return Ok(Scan::Unreadable);
    };
    let header = *source.header();
    let mut scan = SegmentScan {
        length: 0,
        end: base,
        size: (header.cols, header.rows),
        last_time: None,
        exit: None,
    };
    while let Next::Found(found) = source.next() {
        scan.end = scan.end.max(found.end());
        scan.last_time = Some(found.time);
        if let What::Other(record) = &found.what {
            scan.size = record.size().unwrap_or(scan.size);
        }
        note_exit(&mut scan.exit, &found);
    }
    scan.length = source.position();
    Ok(Scan::Whole(scan))
}

fn note_exit(exit: &mut Option<(ExitStatus, Micros)>, found: &Found) {
    match found.what {
        What::Other(Record::Exit(status)) => *exit = Some((status, found.time)),
        What::Other(Record::Start { .. }) => *exit = None,
        _ => {}
    }
}
