//! The bytes of a segment: one header, then records.
//!
//! All numbers are little-endian.
//!
//! ```text
//! header   magic "TOWJRNL\n" | version u32 | cols u16 | rows u16 | base u64 | time u64 | crc u32
//! record   crc u32 | length u32 | kind u8 | time u64 | offset u64 | payload (length bytes)
//! ```
//!
//! Each crc is the CRC-32 of everything else in its header or record. A reader never looks for a
//! record inside damaged bytes: a program may have printed bytes that look like one.

use std::time::{SystemTime, UNIX_EPOCH};

/// Microseconds since 1970-01-01 00:00 UTC.
pub type Micros = u64;

/// The time now, by the system's clock. 0 if that is set before 1970.
pub fn now() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// How a pane's program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitStatus {
    /// It exited with this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
    /// Nobody saw how: its holder was killed, or the host went down.
    Lost,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record<'a> {
    /// The program printed these bytes.
    Output(&'a [u8]),
    /// The terminal got a new size.
    Resize {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// The bytes from the entry's offset up to `to` were printed but not kept.
    Gap {
        /// The offset of the next byte that is kept.
        to: u64,
    },
    /// A program begins, the first or another in the same pane.
    Start {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// The program ended.
    Exit(ExitStatus),
}

impl Record<'_> {
    /// The terminal's size after this record, if it tells one, as (columns, rows).
    pub(crate) fn size(&self) -> Option<(u16, u16)> {
        match *self {
            Record::Resize { cols, rows } | Record::Start { cols, rows } => Some((cols, rows)),
            Record::Output(_) | Record::Gap { .. } | Record::Exit(_) => None,
        }
    }
}

/// A record with its place and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The number of its first byte, or of the next one if it has none.
    pub offset: u64,
    /// When it was recorded.
    pub time: Micros,
    /// What happened.
    pub record: Record<'a>,
}

impl Entry<'_> {
    /// The offset after this entry.
    pub fn end(&self) -> u64 {
        match self.record {
            Record::Output(bytes) => self.offset.saturating_add(bytes.len() as u64),
            Record::Gap { to } => to,
            Record::Resize { .. } | Record::Start { .. } | Record::Exit(_) => self.offset,
        }
    }
}

/// The most payload bytes of one record; a reader takes a longer one for damage. Large enough that
/// the 25 bytes in front don't matter, small enough that a reader's buffer stays small.
pub const RECORD_MAX: usize = 64 * 1024;

/// Bytes in front of each payload.
pub(crate) const RECORD_HEAD: usize = 25;
/// Bytes of a segment's header.
pub(crate) const HEADER: usize = 36;

const MAGIC: [u8; 8] = *b"TOWJRNL\n";
const VERSION: u32 = 1;

const OUTPUT: u8 = 1;
const RESIZE: u8 = 2;
const GAP: u8 = 3;
const START: u8 = 4;
const EXIT: u8 = 5;

/// What a segment begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) base: u64,
    pub(crate) time: Micros,
    pub(crate) cols: u16,
    pub(crate) rows: u16,
}

/// Why bytes are no header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum HeaderError {
    Damaged,
    Version(u32),
}

impl Header {
    pub(crate) fn encode(&self) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        out[0..8].copy_from_slice(&MAGIC);
        out[8..12].copy_from_slice(&VERSION.to_le_bytes());
        out[12..14].copy_from_slice(&self.cols.to_le_bytes());
        out[14..16].copy_from_slice(&self.rows.to_le_bytes());
        out[16..24].copy_from_slice(&self.base.to_le_bytes());
        out[24..32].copy_from_slice(&self.time.to_le_bytes());
        let crc = crc32fast::hash(&out[..32]);
        out[32..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// Reads a header of a segment that is to begin at `base`.
    pub(crate) fn decode(bytes: &[u8; HEADER], base: u64) -> Result<Self, HeaderError> {
        let crc = u32_at(bytes, 32);
        if bytes[..8] != MAGIC || crc != crc32fast::hash(&bytes[..32]) {
            return Err(HeaderError::Damaged);
        }
        let version = u32_at(bytes, 8);
        if version != VERSION {
            return Err(HeaderError::Version(version));
        }
        let header = Self {
            base: u64_at(bytes, 16),
            time: u64_at(bytes, 24),
            cols: u16_at(bytes, 12),
            rows: u16_at(bytes, 14),
        };
        if header.base == base { Ok(header) } else { Err(HeaderError::Damaged) }
    }
}

/// The head of a record and, for all but output, its payload: what is written in front of the bytes.
pub(crate) struct Encoded {
    bytes: [u8; RECORD_HEAD + 8],
    length: usize,
}

impl Encoded {
    /// Encodes all of `entry` but an output's bytes, which follow in the same write.
    ///
    /// Output must not be longer than [`RECORD_MAX`].
    pub(crate) fn new(entry: &Entry<'_>) -> Self {
        let mut payload = [0; 8];
        let (kind, length, output): (u8, usize, &[u8]) = match entry.record {
            Record::Output(bytes) => (OUTPUT, bytes.len(), bytes),
            Record::Resize { cols, rows } => (RESIZE, put_size(&mut payload, cols, rows), &[]),
            Record::Start { cols, rows } => (START, put_size(&mut payload, cols, rows), &[]),
            Record::Gap { to } => {
                payload = to.to_le_bytes();
                (GAP, 8, &[])
            }
            Record::Exit(status) => (EXIT, put_status(&mut payload, status), &[]),
        };
        let inline = if kind == OUTPUT { 0 } else { length };
        let mut bytes = [0; RECORD_HEAD + 8];
        // Output is split to RECORD_MAX before it comes here.
        bytes[4..8].copy_from_slice(&(length as u32).to_le_bytes());
        bytes[8] = kind;
        bytes[9..17].copy_from_slice(&entry.time.to_le_bytes());
        bytes[17..25].copy_from_slice(&entry.offset.to_le_bytes());
        bytes[RECORD_HEAD..].copy_from_slice(&payload);
        let mut crc = crc32fast::Hasher::new();
        crc.update(&bytes[4..RECORD_HEAD + inline]);
        crc.update(output);
        bytes[..4].copy_from_slice(&crc.finalize().to_le_bytes());
        Self { bytes, length: RECORD_HEAD + inline }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// What stands at the front of some bytes of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed<'a> {
    /// A whole record and the bytes it takes.
    Entry(Entry<'a>, usize),
    /// The beginning of one; so many bytes are needed to go on.
    Incomplete(usize),
    /// Not a record.
    Damaged,
}

/// Reads the record at the front of `bytes`.
pub(crate) fn parse(bytes: &[u8]) -> Parsed<'_> {
    let Some(head) = bytes.first_chunk::<RECORD_HEAD>() else {
        return Parsed::Incomplete(RECORD_HEAD);
    };
    let length = u32_at(head, 4) as usize;
    if length > RECORD_MAX {
        return Parsed::Damaged;
    }
    let whole = RECORD_HEAD + length;
    let Some(record) = bytes.get(..whole) else {
        return Parsed::Incomplete(whole);
    };
    if crc32fast::hash(&record[4..]) != u32_at(head, 0) {
        return Parsed::Damaged;
    }
    let payload = &record[RECORD_HEAD..];
    let offset = u64_at(head, 17);
    let record = match (head[8], payload) {
        (OUTPUT, bytes) if offset.checked_add(length as u64).is_some() => Record::Output(bytes),
        (RESIZE, &[a, b, c, d]) => {
            Record::Resize { cols: u16::from_le_bytes([a, b]), rows: u16::from_le_bytes([c, d]) }
        }
        (START, &[a, b, c, d]) => {
            Record::Start { cols: u16::from_le_bytes([a, b]), rows: u16::from_le_bytes([c, d]) }
        }
        (GAP, bytes) if bytes.len() == 8 && u64_at(bytes, 0) > offset => {
            Record::Gap { to: u64_at(bytes, 0) }
        }
        (EXIT, &[0, a, b, c, d]) => {
            Record::Exit(ExitStatus::Code(i32::from_le_bytes([a, b, c, d])))
        }
        (EXIT, &[1, a, b, c, d]) => {
            Record::Exit(ExitStatus::Signal(i32::from_le_bytes([a, b, c, d])))
        }
        (EXIT, &[2, ..]) => Record::Exit(ExitStatus::Lost),
        _ => return Parsed::Damaged,
    };
    Parsed::Entry(Entry { offset, time: u64_at(head, 9), record }, whole)
}

fn put_size(payload: &mut [u8; 8], cols: u16, rows: u16) -> usize {
    payload[..2].copy_from_slice(&cols.to_le_bytes());
    payload[2..4].copy_from_slice(&rows.to_le_bytes());
    4
}

fn put_status(payload: &mut [u8; 8], status: ExitStatus) -> usize {
    let (kind, number) = match status {
        ExitStatus::Code(code) => (0, code),
        ExitStatus::Signal(signal) => (1, signal),
        ExitStatus::Lost => (2, 0),
    };
    payload[0] = kind;
    payload[1..5].copy_from_slice(&number.to_le_bytes());
    5
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]);
    out
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array_at(bytes, at))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_record_survives_the_way_there_and_back() {
        let records = [
            Record::Output(b"hello"),
            Record::Output(b""),
            Record::Resize { cols: 80, rows: 24 },
            Record::Start { cols: 132, rows: 50 },
            Record::Gap { to: 99 },
            Record::Exit(ExitStatus::Code(-3)),
            Record::Exit(ExitStatus::Signal(9)),
            Record::Exit(ExitStatus::Lost),
        ];
        for record in records {
            let entry = Entry { offset: 7, time: 1_700_000_000_000_000, record };
            let mut bytes = Encoded::new(&entry).as_bytes().to_vec();
            if let Record::Output(output) = record {
                bytes.extend_from_slice(output);
            }
            assert_eq!(parse(&bytes), Parsed::Entry(entry, bytes.len()));
            for flipped in 0..bytes.len() * 8 {
                let mut bad = bytes.clone();
                bad[flipped / 8] ^= 1 << (flipped % 8);
                assert!(!matches!(parse(&bad), Parsed::Entry(..)), "bit {flipped} of {record:?}");
            }
        }
    }

    #[test]
    fn zeroes_are_no_record() {
        assert_eq!(parse(&[0; 4096]), Parsed::Damaged);
    }

    #[test]
    fn a_header_of_another_base_or_version_is_refused() {
        let header = Header { base: 5, time: 6, cols: 7, rows: 8 };
        let mut bytes = header.encode();
        assert_eq!(Header::decode(&bytes, 5), Ok(header));
        assert_eq!(Header::decode(&bytes, 4), Err(HeaderError::Damaged));
        bytes[8] = 2;
        let crc = crc32fast::hash(&bytes[..32]);
        bytes[32..].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(Header::decode(&bytes, 5), Err(HeaderError::Version(2)));
    }
}
