//! A journal whose segments and reserve hold anything: the reader, the summary and a writer that recovers
//! it neither panic nor loop, and entries follow each other.
#![no_main]

use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use towline_journal::{ExitStatus, Options, Reader, Record, Writer, summary};

const OPTIONS: Options = Options { keep_bytes: 1 << 20, segment_bytes: 1 << 16, size: (80, 24) };

fuzz_target!(|input: (u8, &[u8])| {
    let (how, bytes) = input;
    let Ok(dir) = tempfile::tempdir() else { return };
    let dir = dir.path();
    let segment = dir.join("0000000000000000.seg");
    // Each bit lets the bytes get further in.
    let mut content = Vec::new();
    if how & 1 == 0 {
        drop(Writer::open(dir, OPTIONS).expect("the folder is there"));
        content = fs::read(&segment).expect("it was just made");
    }
    if how & 2 == 0 {
        content.extend(with_checksums(bytes));
    } else {
        content.extend_from_slice(bytes);
    }
    fs::write(&segment, &content).expect("there is room");
    if how & 4 != 0 {
        let reserve = [b"TOWRSRV\n", with_checksums(bytes).as_slice()].concat();
        let mut reserve: Vec<u8> = reserve.into_iter().take(4096).collect();
        reserve.resize(4096, 0);
        fs::write(dir.join("reserve"), reserve).expect("there is room");
    }
    if how & 8 != 0 {
        fs::write(dir.join("0000000000000100.seg.zst"), bytes).expect("there is room");
    }
    let head = read(dir, 0);
    read(dir, head / 2);
    let _ = summary(dir);
    // What it makes of it is a journal that can be read and goes on.
    let Ok(mut writer) = Writer::open(dir, OPTIONS) else { return };
    let Some(end) = writer.head().checked_add(100) else { return };
    if writer.append(1, Record::Output(&[b'x'; 100])).is_ok() {
        let _ = writer.append(2, Record::Exit(ExitStatus::Code(0)));
        assert!(read(dir, 0) >= end);
    }
});

/// Reads all from an offset, and returns where it ends.
fn read(dir: &Path, from: u64) -> u64 {
    let Ok(mut reader) = Reader::open(dir) else { return from };
    if reader.seek(from).is_err() {
        return from;
    }
    let mut at = from;
    let mut count = 0;
    while let Ok(Some(entry)) = reader.next() {
        assert_eq!(entry.offset, at, "entries follow each other");
        at = entry.end();
        count += 1;
        assert!(count < 1_000_000, "the reader loops");
    }
    at
}

/// Takes the bytes for records without checksums, and gives them right ones.
fn with_checksums(mut bytes: &[u8]) -> Vec<u8> {
    const HEAD: usize = 21;
    let mut out = Vec::new();
    while let Some(length) = bytes.first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let Some(record) = bytes.get(..HEAD.saturating_add(length)) else { break };
        out.extend_from_slice(&crc32fast::hash(record).to_le_bytes());
        out.extend_from_slice(record);
        bytes = &bytes[record.len()..];
    }
    out.extend_from_slice(bytes);
    out
}
