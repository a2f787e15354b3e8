//! Journals written, damaged, followed and read back.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;
use towline_journal::{
    Entry, Error, ExitStatus, Options, Reader, Record, Summary, Writer, compress_closed, summary,
    sync,
};

const SIZE: (u16, u16) = (80, 24);

fn options(keep_bytes: u64, segment_bytes: u64) -> Options {
    Options { keep_bytes, segment_bytes, size: SIZE }
}

fn journal() -> (TempDir, Writer) {
    let dir = tempfile::tempdir().unwrap();
    let writer = Writer::open(dir.path(), options(16 << 20, 1 << 20)).unwrap();
    (dir, writer)
}

/// Bytes that are told by their number only when a test fails.
#[derive(Clone, PartialEq, Eq)]
struct Bytes(Vec<u8>);

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match std::str::from_utf8(&self.0) {
            Ok(text) if text.len() < 20 => write!(f, "{text:?}"),
            _ => write!(f, "{} bytes", self.0.len()),
        }
    }
}

/// An entry that owns its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Output(u64, Bytes),
    Gap(u64, u64),
    Resize(u64, u16, u16),
    Start(u64, u16, u16),
    Exit(u64, ExitStatus),
}

fn own(entry: Entry<'_>) -> Seen {
    let at = entry.offset;
    match entry.record {
        Record::Output(bytes) => Seen::Output(at, Bytes(bytes.to_vec())),
        Record::Gap { to } => Seen::Gap(at, to),
        Record::Resize { cols, rows } => Seen::Resize(at, cols, rows),
        Record::Start { cols, rows } => Seen::Start(at, cols, rows),
        Record::Exit(status) => Seen::Exit(at, status),
    }
}

fn drain(reader: &mut Reader) -> Vec<Seen> {
    let mut seen = Vec::new();
    while let Some(entry) = reader.next().unwrap() {
        seen.push(own(entry));
        assert!(seen.len() < 100_000, "the reader loops");
    }
    seen
}

fn read_all(dir: &Path) -> Vec<Seen> {
    drain(&mut Reader::open(dir).unwrap())
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().contains(".seg"))
        .collect();
    paths.sort();
    paths
}

fn disk_bytes(dir: &Path) -> u64 {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

/// The byte that is printed at an offset in these tests, so that a wrong one shows.
fn byte_at(offset: u64) -> u8 {
    (offset.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
}

fn output(offset: u64, length: usize) -> Vec<u8> {
    (offset..offset + length as u64).map(byte_at).collect()
}

/// Checks that entries follow each other and no byte is wrong; returns where they end.
fn check(from: u64, seen: &[Seen]) -> u64 {
    let mut at = from;
    for entry in seen {
        match entry {
            Seen::Output(offset, Bytes(bytes)) => {
                assert_eq!(*offset, at);
                assert!(!bytes.is_empty());
                assert_eq!(*bytes, output(at, bytes.len()));
                at += bytes.len() as u64;
            }
            Seen::Gap(offset, to) => {
                assert_eq!(*offset, at);
                assert!(to > offset);
                at = *to;
            }
            Seen::Resize(offset, ..) | Seen::Start(offset, ..) | Seen::Exit(offset, _) => {
                assert_eq!(*offset, at);
            }
        }
    }
    at
}

fn append_output(writer: &mut Writer, length: usize) {
    let bytes = output(writer.head(), length);
    writer.append(1, Record::Output(&bytes)).unwrap();
}

#[test]
fn what_is_written_is_read() {
    let (dir, mut writer) = journal();
    writer.append(1, Record::Start { cols: 100, rows: 30 }).unwrap();
    writer.append(2, Record::Output(b"hello")).unwrap();
    writer.append(3, Record::Resize { cols: 90, rows: 20 }).unwrap();
    writer.append(4, Record::Gap { to: 10 }).unwrap();
    writer.append(5, Record::Output(b"bye")).unwrap();
    writer.append(6, Record::Exit(ExitStatus::Code(3))).unwrap();
    assert_eq!(writer.head(), 13);
    let expected = [
        Seen::Start(0, 100, 30),
        Seen::Output(0, Bytes(b"hello".to_vec())),
        Seen::Resize(5, 90, 20),
        Seen::Gap(5, 10),
        Seen::Output(10, Bytes(b"bye".to_vec())),
        Seen::Exit(13, ExitStatus::Code(3)),
    ];
    assert_eq!(read_all(dir.path()), expected);
    let told = summary(dir.path()).unwrap();
    assert_eq!(
        told,
        Summary {
            first_offset: 0,
            head: 13,
            last_time: 6,
            exit: Some((ExitStatus::Code(3), 6)),
            size: (90, 20),
            disk_bytes: disk_bytes(dir.path()),
        }
    );
    assert!(matches!(
        writer.append(7, Record::Gap { to: 13 }),
        Err(Error::GapBehindHead { to: 13, head: 13 })
    ));
    writer.append(8, Record::Start { cols: 1, rows: 2 }).unwrap();
    assert_eq!(summary(dir.path()).unwrap().exit, None);
    sync(dir.path()).unwrap();
}

#[test]
fn an_empty_folder_is_an_empty_journal_until_something_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut reader = Reader::open(dir.path()).unwrap();
    assert_eq!(reader.next().unwrap(), None);
    assert_eq!(summary(dir.path()).unwrap(), Summary::default());
    let mut writer = Writer::open(dir.path(), options(1 << 20, 1 << 16)).unwrap();
    assert_eq!(reader.next().unwrap(), None);
    assert_eq!(reader.size_at_start(), SIZE);
    writer.append(1, Record::Output(b"x")).unwrap();
    assert_eq!(drain(&mut reader), [Seen::Output(0, Bytes(b"x".to_vec()))]);
    assert!(matches!(Reader::open(&dir.path().join("none")), Err(Error::Io { .. })));
}

#[test]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let journal = dir.path().join("journal");
    let _writer = Writer::open(&journal, options(1 << 20, 1 << 16)).unwrap();
    assert_eq!(fs::metadata(&journal).unwrap().permissions().mode() & 0o777, 0o700);
    for entry in fs::read_dir(&journal).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn seeking_cuts_output_and_keeps_what_has_no_bytes() {
    let (dir, mut writer) = journal();
    writer.append(1, Record::Output(b"abcdef")).unwrap();
    writer.append(2, Record::Resize { cols: 5, rows: 5 }).unwrap();
    writer.append(3, Record::Output(b"ghi")).unwrap();
    writer.append(4, Record::Resize { cols: 6, rows: 6 }).unwrap();
    let mut reader = Reader::open(dir.path()).unwrap();
    reader.seek(4).unwrap();
    assert_eq!(
        drain(&mut reader),
        [
            Seen::Output(4, Bytes(b"ef".to_vec())),
            Seen::Resize(6, 5, 5),
            Seen::Output(6, Bytes(b"ghi".to_vec())),
            Seen::Resize(9, 6, 6)
        ]
    );
    reader.seek(6).unwrap();
    assert_eq!(reader.size(), SIZE);
    assert_eq!(reader.next().unwrap().map(own), Some(Seen::Resize(6, 5, 5)));
    assert_eq!(reader.size(), (5, 5));
    reader.seek(7).unwrap();
    assert_eq!(reader.size(), (5, 5));
    assert_eq!(reader.next().unwrap().map(own), Some(Seen::Output(7, Bytes(b"hi".to_vec()))));
    reader.seek(9).unwrap();
    assert_eq!(drain(&mut reader), [Seen::Resize(9, 6, 6)]);
    reader.seek(12).unwrap();
    assert_eq!(drain(&mut reader), []);
    writer.append(5, Record::Output(b"jklmno")).unwrap();
    assert_eq!(drain(&mut reader), [Seen::Output(12, Bytes(b"mno".to_vec()))]);
}

#[test]
fn a_resize_at_the_seam_of_two_segments_is_found_by_seeking() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(dir.path(), options(1 << 20, 8192)).unwrap();
    let mut seam = 0;
    while segments(dir.path()).len() < 3 {
        seam = writer.head();
        writer.append(1, Record::Resize { cols: seam as u16, rows: 9 }).unwrap();
        append_output(&mut writer, 1000);
    }
    let mut reader = Reader::open(dir.path()).unwrap();
    reader.seek(seam).unwrap();
    assert_eq!(reader.next().unwrap().map(own), Some(Seen::Resize(seam, seam as u16, 9)));
}

#[test]
fn the_cap_is_kept_and_a_reader_that_is_overtaken_gets_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let keep = 256 * 1024;
    let mut writer = Writer::open(dir.path(), options(keep, 32 * 1024)).unwrap();
    let mut reader = Reader::open(dir.path()).unwrap();
    append_output(&mut writer, 100);
    assert_eq!(check(0, &drain(&mut reader)), 100);
    for round in 0..300 {
        append_output(&mut writer, 5000);
        if round == 200 {
            writer.append(1, Record::Resize { cols: 44, rows: 55 }).unwrap();
        }
        assert!(disk_bytes(dir.path()) <= keep);
    }
    let seen = drain(&mut reader);
    assert_eq!(check(100, &seen), writer.head());
    // The open file is read to its end though it is gone, then comes one gap.
    assert_eq!(seen.iter().filter(|entry| matches!(entry, Seen::Gap(..))).count(), 1);
    let at = seen.iter().position(|entry| matches!(entry, Seen::Gap(..))).unwrap();
    assert!(matches!(seen[at + 1], Seen::Resize(_, 44, 55)));
    assert_eq!(reader.size(), (44, 55));
    assert!(reader.first_offset() > 1_000_000);
    // At least half of what may be kept is used.
    assert!(writer.head() - reader.first_offset() > keep / 2);
    reader.seek(0).unwrap();
    assert_eq!(reader.next().unwrap().map(own), Some(Seen::Gap(0, reader.first_offset())));
}

#[test]
fn many_sizes_without_output_do_not_grow_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let keep = 64 * 1024;
    let mut writer = Writer::open(dir.path(), options(keep, 8192)).unwrap();
    append_output(&mut writer, 10);
    let mut reader = Reader::open(dir.path()).unwrap();
    let mut last = None;
    for n in 0..20_000u16 {
        writer.append(1, Record::Resize { cols: n, rows: 1 }).unwrap();
        if n % 1000 == 0 {
            assert!(disk_bytes(dir.path()) <= keep);
        }
        if n % 7 == 0 {
            last = drain(&mut reader).pop().or(last);
        }
    }
    let last = drain(&mut reader).pop().or(last);
    assert_eq!(last, Some(Seen::Resize(10, 19_999, 1)));
}

#[test]
fn a_huge_output_is_split() {
    let (dir, mut writer) = journal();
    append_output(&mut writer, 1_000_000);
    let seen = read_all(dir.path());
    assert_eq!(seen.len(), 16);
    assert_eq!(check(0, &seen), 1_000_000);
}

#[test]
fn compressed_segments_are_read_like_others() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(dir.path(), options(8 << 20, 64 * 1024)).unwrap();
    let mut tail = Reader::open(dir.path()).unwrap();
    for _ in 0..100 {
        let text = format!("line {}\r\n", writer.head()).repeat(300);
        writer.append(1, Record::Output(text.as_bytes())).unwrap();
        writer.append(1, Record::Resize { cols: 3, rows: 4 }).unwrap();
    }
    tail.next().unwrap();
    let before = read_all(dir.path());
    assert_eq!(compress_closed(dir.path(), Duration::from_secs(3600)).unwrap(), 0);
    let count = compress_closed(dir.path(), Duration::ZERO).unwrap();
    assert_eq!(count, segments(dir.path()).len() - 1);
    assert_eq!(compress_closed(dir.path(), Duration::ZERO).unwrap(), 0);
    assert!(disk_bytes(dir.path()) < 200 * 1024);
    assert_eq!(read_all(dir.path()), before);
    assert_eq!(drain(&mut tail), before[1..]);
    tail.seek(100_000).unwrap();
    assert!(matches!(tail.next().unwrap(), Some(Entry { offset: 100_000, .. })));
    // A journal whose newest segment is compressed goes on in a new one.
    let newest = segments(dir.path()).pop().unwrap();
    let packed = zstd::encode_all(fs::File::open(&newest).unwrap(), 3).unwrap();
    fs::write(format!("{}.zst", newest.display()), packed).unwrap();
    fs::remove_file(newest).unwrap();
    let head = writer.head();
    let mut writer = Writer::open(dir.path(), options(8 << 20, 64 * 1024)).unwrap();
    assert_eq!(writer.head(), head);
    writer.append(1, Record::Output(b"more")).unwrap();
    assert_eq!(read_all(dir.path()).last(), Some(&Seen::Output(head, Bytes(b"more".to_vec()))));
}

#[test]
fn a_damaged_compressed_segment_is_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(dir.path(), options(8 << 20, 16 * 1024)).unwrap();
    for _ in 0..40 {
        // Zeroes compress; their offsets still follow each other.
        writer.append(1, Record::Output(&[0; 1000])).unwrap();
    }
    compress_closed(dir.path(), Duration::ZERO).unwrap();
    let path = &segments(dir.path())[1];
    assert!(path.to_str().unwrap().ends_with(".seg.zst"));
    let whole = fs::read(path).unwrap();
    for at in 0..whole.len() {
        let mut bad = whole.clone();
        bad[at] ^= 0x10;
        fs::write(path, &bad).unwrap();
        let mut end = 0;
        for entry in read_all(dir.path()) {
            match entry {
                Seen::Output(offset, Bytes(bytes)) => {
                    assert_eq!(offset, end);
                    assert!(bytes.iter().all(|&byte| byte == 0));
                    end += bytes.len() as u64;
                }
                Seen::Gap(offset, to) => {
                    assert_eq!(offset, end);
                    end = to;
                }
                _ => {}
            }
        }
        assert_eq!(end, 40_000);
    }
}

/// A small journal of three segments with all kinds of records, and its entries.
fn small() -> (TempDir, Vec<Seen>) {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(dir.path(), options(64 * 1024, 8192)).unwrap();
    writer.append(1, Record::Start { cols: 80, rows: 24 }).unwrap();
    for n in 0..9 {
        append_output(&mut writer, 2300);
        writer.append(1, Record::Resize { cols: 80, rows: 24 }).unwrap();
        append_output(&mut writer, 1 + n);
    }
    writer.append(1, Record::Exit(ExitStatus::Signal(9))).unwrap();
    assert_eq!(segments(dir.path()).len(), 3);
    let seen = read_all(dir.path());
    (dir, seen)
}

#[test]
fn a_cut_or_flip_anywhere_loses_bytes_but_never_gives_wrong_ones() {
    let (dir, whole) = small();
    let head = check(0, &whole);
    let paths = segments(dir.path());
    for (index, path) in paths.iter().enumerate() {
        let last = index == paths.len() - 1;
        let good = fs::read(path).unwrap();
        // Each byte near records' heads, and some in between.
        for at in
            (0..good.len()).filter(|at| at % 13 == 0 || at % 2300 < 80 || good.len() - at < 99)
        {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            for bytes in [&bad, &good[..at].to_vec()] {
                fs::write(path, bytes).unwrap();
                let seen = read_all(dir.path());
                let end = check(0, &seen);
                if last {
                    assert!(end <= head);
                } else {
                    assert_eq!(end, head);
                    assert_eq!(seen.last(), whole.last());
                }
                summary(dir.path()).unwrap();
                let mut reader = Reader::open(dir.path()).unwrap();
                reader.seek(9000).unwrap();
                check(9000, &drain(&mut reader));
            }
        }
        fs::write(path, &good).unwrap();
    }
}

#[test]
fn a_writer_goes_on_after_its_last_record_was_torn_anywhere() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(dir.path(), options(1 << 20, 1 << 16)).unwrap();
    append_output(&mut writer, 50);
    let path = segments(dir.path()).remove(0);
    let before = fs::read(&path).unwrap().len();
    append_output(&mut writer, 40);
    drop(writer);
    let whole = fs::read(&path).unwrap();
    for length in before..=whole.len() {
        for flip in [false, true] {
            let mut bytes = whole[..length].to_vec();
            if flip {
                bytes[before.min(length - 1)] ^= 4;
            }
            fs::write(&path, &bytes).unwrap();
            let damaged = length < whole.len() || flip;
            // A reader that has seen the torn record must see what takes its place.
            let mut reader = Reader::open(dir.path()).unwrap();
            let mut seen = drain(&mut reader);
            let mut writer = Writer::open(dir.path(), options(1 << 20, 1 << 16)).unwrap();
            if flip && length == before {
                // The flip hit the first record.
                assert_eq!(writer.head(), 0);
            } else {
                assert_eq!(writer.head(), if damaged { 50 } else { 90 });
            }
            assert!(!writer.degraded());
            append_output(&mut writer, 30);
            seen.extend(drain(&mut reader));
            assert_eq!(check(0, &seen), writer.head());
            assert_eq!(check(0, &read_all(dir.path())), writer.head());
        }
    }
}

#[test]
fn a_writer_goes_on_after_the_header_of_its_newest_segment_was_damaged() {
    let (dir, whole) = small();
    let path = segments(dir.path()).pop().unwrap();
    let mut reader = Reader::open(dir.path()).unwrap();
    let good = fs::read(&path).unwrap();
    for length in 0..36 {
        fs::write(&path, &good[..length]).unwrap();
        reader.seek(0).unwrap();
        drain(&mut reader);
        let mut writer = Writer::open(dir.path(), options(64 * 1024, 8192)).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let base = u64::from_str_radix(&name[..16], 16).unwrap();
        assert_eq!(writer.head(), base);
        append_output(&mut writer, 10);
        check(base, &drain(&mut reader));
        assert_eq!(check(0, &read_all(dir.path())), base + 10);
    }
    assert!(check(0, &whole) > 0);
}

#[test]
fn a_newer_format_is_refused() {
    let (dir, _) = small();
    let path = segments(dir.path()).pop().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 9;
    let crc = crc32fast::hash(&bytes[..32]);
    bytes[32..36].copy_from_slice(&crc.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let opened = Writer::open(dir.path(), options(64 * 1024, 8192));
    assert!(matches!(opened, Err(Error::Version { version: 9, .. })));
    assert!(matches!(summary(dir.path()), Err(Error::Version { version: 9, .. })));
}

#[derive(Debug, Clone)]
enum Step {
    Output(usize),
    Resize(u16),
    Gap(u64),
    Start,
    Exit,
    Reopen,
    Compress,
    Read,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1usize..200_000).prop_map(|n| Step::Output(n / 7 + 1)),
        8 => (1usize..300).prop_map(Step::Output),
        2 => (1u16..300).prop_map(Step::Resize),
        1 => (1u64..100_000).prop_map(Step::Gap),
        1 => Just(Step::Start),
        1 => Just(Step::Exit),
        2 => Just(Step::Reopen),
        2 => Just(Step::Compress),
        6 => Just(Step::Read),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_follower_sees_all_in_order(
        steps in prop::collection::vec(step(), 1..120),
        keep in 64u64..600,
        segment in 4u64..300,
        seek in any::<prop::sample::Index>(),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let options = options(keep * 1024, segment * 1024);
        let mut writer = Writer::open(dir.path(), options).unwrap();
        let mut tail = Reader::open(dir.path()).unwrap();
        let mut at = 0;
        let mut exit = None;
        for step in steps {
            // Nothing but a start comes after an exit; a segment may end behind it.
            if matches!(step, Step::Output(_) | Step::Gap(_) | Step::Resize(_)) {
                exit = None;
            }
            match step {
                Step::Output(length) => append_output(&mut writer, length),
                Step::Resize(cols) => writer.append(1, Record::Resize { cols, rows: 2 }).unwrap(),
                Step::Gap(more) => {
                    let to = writer.head() + more;
                    writer.append(1, Record::Gap { to }).unwrap();
                }
                Step::Start => {
                    writer.append(1, Record::Start { cols: 9, rows: 9 }).unwrap();
                    exit = None;
                }
                Step::Exit => {
                    writer.append(7, Record::Exit(ExitStatus::Lost)).unwrap();
                    exit = Some((ExitStatus::Lost, 7));
                }
                Step::Reopen => {
                    let (head, size) = (writer.head(), writer.size());
                    writer = Writer::open(dir.path(), options).unwrap();
                    prop_assert_eq!(writer.head(), head);
                    prop_assert_eq!(writer.size(), size);
                }
                Step::Compress => {
                    compress_closed(dir.path(), Duration::ZERO).unwrap();
                }
                Step::Read => {
                    at = check(at, &drain(&mut tail));
                    prop_assert_eq!(at, writer.head());
                    prop_assert_eq!(tail.size(), writer.size());
                }
            }
            prop_assert!(disk_bytes(dir.path()) <= keep * 1024);
        }
        prop_assert_eq!(check(at, &drain(&mut tail)), writer.head());
        prop_assert_eq!(tail.size(), writer.size());
        let told = summary(dir.path()).unwrap();
        prop_assert_eq!(told.head, writer.head());
        prop_assert_eq!(told.size, writer.size());
        if exit.is_some() {
            prop_assert_eq!(told.exit, exit);
        }
        let offset = seek.index(writer.head() as usize + 1) as u64;
        tail.seek(offset).unwrap();
        prop_assert_eq!(check(offset, &drain(&mut tail)), writer.head());
        prop_assert_eq!(tail.size(), writer.size());
    }
}

/// Found by fuzzing: a size in the reserve was told for ever.
#[test]
fn a_reserve_that_holds_what_it_never_should_is_read_to_its_end() {
    let (dir, mut writer) = journal();
    for record in [Record::Start { cols: 1, rows: 1 }, Record::Resize { cols: 2, rows: 2 }] {
        writer.append(1, record).unwrap();
    }
    let segment = fs::read(&segments(dir.path())[0]).unwrap();
    let mut reserve = [b"TOWRSRV\n", &segment[36..]].concat();
    reserve.resize(4096, 0);
    fs::write(dir.path().join("reserve"), reserve).unwrap();
    assert_eq!(read_all(dir.path()), [Seen::Start(0, 1, 1), Seen::Resize(0, 2, 2)]);
}
