//! How fast records of 4 KiB are appended and read, against plain writes and reads of the same bytes.
#![allow(clippy::print_stdout)]

use std::fs::File;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use towline_journal::{Options, Reader, Record, Writer};

/// Bytes per run: enough to take some tenths of a second, and to stay in the page cache.
const TOTAL: u64 = 256 << 20;
/// What a program's output comes in, mostly.
const PIECE: usize = 4096;
/// The best of so many runs counts.
const RUNS: usize = 3;

fn best(mut run: impl FnMut()) -> f64 {
    let time = (0..RUNS)
        .map(|_| {
            let begin = Instant::now();
            run();
            begin.elapsed()
        })
        .min()
        .unwrap_or(Duration::MAX);
    TOTAL as f64 / 1e6 / time.as_secs_f64()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let piece = [b'x'; PIECE];
    let pieces = TOTAL / PIECE as u64;
    let options = Options { keep_bytes: 2 * TOTAL, segment_bytes: 1 << 20, size: (80, 24) };
    let journal = dir.path().join("journal");
    let append = best(|| {
        let _ = std::fs::remove_dir_all(&journal);
        let mut writer = Writer::open(&journal, options).expect("the folder can be made");
        for time in 0..pieces {
            writer.append(time, Record::Output(&piece)).expect("output is always taken");
        }
        assert!(!writer.degraded());
    });
    let plain = dir.path().join("plain");
    let write = best(|| {
        let mut file = File::create(&plain).expect("the file can be made");
        for _ in 0..pieces {
            file.write_all(&piece).expect("there is room");
        }
    });
    let next = best(|| {
        let mut reader = Reader::open(&journal).expect("the journal is there");
        let mut bytes = 0;
        while let Some(entry) = reader.next().expect("the journal can be read") {
            if let Record::Output(output) = entry.record {
                bytes += output.len() as u64;
            }
        }
        assert_eq!(bytes, TOTAL);
    });
    let read = best(|| {
        let mut file = File::open(&plain).expect("the file is there");
        let mut buffer = vec![0; 64 * 1024];
        while file.read(&mut buffer).expect("the file can be read") > 0 {}
    });
    println!("append {append:6.0} MB/s, {:.2} of plain writes ({write:.0} MB/s)", append / write);
    println!("read   {next:6.0} MB/s, {:.2} of plain reads ({read:.0} MB/s)", next / read);
    Ok(())
}
