//! Journals on a disk that takes no more.
//!
//! A limit on the length of files counts for the whole process, so these tests have a program of their
//! own and run one after the other.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use towline_journal::{ExitStatus, Options, Reader, Record, Writer, summary};

const OPTIONS: Options = Options { keep_bytes: 16 << 20, segment_bytes: 1 << 20, size: (80, 24) };

fn one_at_a_time() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Limits the length of files until it is dropped.
struct Limit(Rlimit);

impl Limit {
    fn new(bytes: u64) -> Self {
        // SAFETY: ignoring a signal installs no handler.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
        let before = getrlimit(Resource::Fsize);
        setrlimit(Resource::Fsize, Rlimit { current: Some(bytes), ..before }).unwrap();
        Self(before)
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        setrlimit(Resource::Fsize, self.0).unwrap();
    }
}

/// What a journal tells, one word per entry; outputs that follow each other are one.
fn told(reader: &mut Reader) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut run: Option<(u64, u64)> = None;
    loop {
        let entry = reader.next().unwrap();
        if let Some(entry) = &entry
            && let Record::Output(bytes) = entry.record
        {
            assert!(bytes.iter().all(|&byte| byte == b'x'));
            run = Some((run.map_or(entry.offset, |(from, _)| from), entry.end()));
            continue;
        }
        if let Some((from, to)) = run.take() {
            words.push(format!("output {from}..{to}"));
        }
        let Some(entry) = entry else { return words };
        words.push(match entry.record {
            Record::Gap { to } => format!("gap {}..{to}", entry.offset),
            Record::Exit(ExitStatus::Code(code)) => format!("exit {code} at {}", entry.offset),
            Record::Start { cols, rows } => format!("start {cols}x{rows} at {}", entry.offset),
            Record::Resize { cols, rows } => format!("resize {cols}x{rows} at {}", entry.offset),
            other => format!("{other:?}"),
        });
    }
}

fn whole(dir: &Path) -> Vec<String> {
    told(&mut Reader::open(dir).unwrap())
}

fn append(writer: &mut Writer, length: usize) {
    writer.append(1, Record::Output(&vec![b'x'; length])).unwrap();
}

/// Appends single bytes until the writer has found that the disk works again.
fn append_until_it_works(writer: &mut Writer) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while writer.degraded() {
        assert!(Instant::now() < deadline);
        append(writer, 1);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_limit_on_the_length_of_files_is_met_with_more_files() {
    let _guard = one_at_a_time();
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(dir.path(), OPTIONS).unwrap();
    let _limit = Limit::new(4096);
    for _ in 0..100 {
        append(&mut writer, 100);
        assert!(!writer.degraded());
    }
    assert_eq!(whole(dir.path()), ["output 0..10000"]);
    assert!(fs::read_dir(dir.path()).unwrap().count() > 3);
}

#[test]
fn what_a_full_disk_swallowed_is_a_gap_and_the_exit_is_kept() {
    let _guard = one_at_a_time();
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(dir.path(), OPTIONS).unwrap();
    let mut tail = Reader::open(dir.path()).unwrap();
    append(&mut writer, 3000);
    assert_eq!(told(&mut tail), ["output 0..3000"]);

    let limit = Limit::new(4096);
    // Part of it fits, and none of that may stay.
    append(&mut writer, 5000);
    assert!(writer.degraded());
    assert!(writer.trouble().is_some());
    assert_eq!(writer.head(), 8000);
    assert_eq!(told(&mut tail), ["gap 3000..8000"]);
    append(&mut writer, 7);
    writer.append(2, Record::Resize { cols: 10, rows: 20 }).unwrap();
    writer.append(3, Record::Exit(ExitStatus::Code(5))).unwrap();
    assert_eq!(told(&mut tail), ["gap 8000..8007", "exit 5 at 8007"]);
    assert_eq!(whole(dir.path()), ["output 0..3000", "gap 3000..8007", "exit 5 at 8007"]);
    let short = summary(dir.path()).unwrap();
    assert_eq!((short.head, short.exit), (8007, Some((ExitStatus::Code(5), 3))));

    drop(limit);
    writer.append(4, Record::Start { cols: 30, rows: 40 }).unwrap();
    append_until_it_works(&mut writer);
    let head = writer.head();
    append(&mut writer, 9);
    // The bytes that were appended too soon are lost, but for the last one.
    let lost = head - 1;
    let after = [format!("start 30x40 at {lost}"), format!("output {lost}..{}", head + 9)]
        .map(String::from);
    let mut expected = vec![format!("gap 8007..{lost}")];
    if lost == 8007 {
        expected.clear();
    }
    expected.extend(after.clone());
    assert_eq!(told(&mut tail), expected);
    let mut expected: Vec<String> =
        ["output 0..3000", "gap 3000..8007", "exit 5 at 8007"].map(String::from).into();
    if lost > 8007 {
        expected.push(format!("gap 8007..{lost}"));
    }
    expected.extend(after);
    assert_eq!(whole(dir.path()), expected);
    assert_eq!(summary(dir.path()).unwrap().exit, None);
}

#[test]
fn another_writer_finds_what_waits_in_the_reserve() {
    let _guard = one_at_a_time();
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(dir.path(), OPTIONS).unwrap();
    append(&mut writer, 4000);
    let limit = Limit::new(4096);
    append(&mut writer, 5000);
    writer.append(3, Record::Exit(ExitStatus::Code(1))).unwrap();
    drop(writer);
    // With a limit below a segment's header nothing but overwriting works.
    let tighter = Limit::new(8);
    let mut writer = Writer::open(dir.path(), OPTIONS).unwrap();
    assert_eq!(writer.head(), 9000);
    drop(tighter);
    writer.append(4, Record::Start { cols: 80, rows: 24 }).unwrap();
    writer.append(5, Record::Exit(ExitStatus::Code(2))).unwrap();
    drop(writer);
    drop(limit);
    let expected = ["output 0..4000", "gap 4000..9000", "exit 1 at 9000", "exit 2 at 9000"];
    let seen = whole(dir.path());
    let seen: Vec<_> = seen.iter().filter(|word| !word.starts_with("start")).collect();
    assert_eq!(seen, expected);
    let writer = Writer::open(dir.path(), OPTIONS).unwrap();
    assert!(!writer.degraded());
    assert_eq!(writer.head(), 9000);
    let seen = whole(dir.path());
    let seen: Vec<_> = seen.iter().filter(|word| !word.starts_with("start")).collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_start_that_waits_does_not_come_after_the_exit() {
    let _guard = one_at_a_time();
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(dir.path(), OPTIONS).unwrap();
    append(&mut writer, 4000);
    let limit = Limit::new(4096);
    append(&mut writer, 5000);
    writer.append(2, Record::Start { cols: 30, rows: 40 }).unwrap();
    writer.append(3, Record::Exit(ExitStatus::Code(6))).unwrap();
    drop(limit);
    writer.retry(4);
    assert!(!writer.degraded());
    assert_eq!(
        whole(dir.path()),
        ["output 0..4000", "gap 4000..9000", "exit 6 at 9000", "resize 30x40 at 9000"]
    );
    let short = summary(dir.path()).unwrap();
    assert_eq!((short.exit, short.size), (Some((ExitStatus::Code(6), 3)), (30, 40)));
    // One that comes after it does.
    let limit = Limit::new(8);
    append(&mut writer, 5000);
    writer.append(5, Record::Start { cols: 50, rows: 60 }).unwrap();
    drop(limit);
    writer.retry(6);
    assert_eq!(whole(dir.path())[4..], ["gap 9000..14000", "start 50x60 at 14000"]);
    assert_eq!(summary(dir.path()).unwrap().exit, None);
}

#[test]
fn a_hundred_exits_fit_into_the_reserve_or_become_gaps() {
    let _guard = one_at_a_time();
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(dir.path(), OPTIONS).unwrap();
    append(&mut writer, 4000);
    let _limit = Limit::new(4096);
    for n in 0..400 {
        append(&mut writer, 5000);
        writer.append(n, Record::Exit(ExitStatus::Code(3))).unwrap();
    }
    let seen = whole(dir.path());
    assert_eq!(seen.last().unwrap(), "exit 3 at 2004000");
    assert!(seen.len() > 10);
}

/// A small file system of its own, unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` without the right to mount.
    fn new() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"])
            .arg(dir.path())
            .output()
            .ok()?;
        mount.status.success().then_some(Self(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_file_system_takes_the_exit_and_later_the_gap() {
    let _guard = one_at_a_time();
    let Some(disk) = SmallDisk::new() else {
        println!("skipped: no right to mount a file system");
        return;
    };
    let dir = disk.0.path().join("journal");
    let mut writer = Writer::open(&dir, OPTIONS).unwrap();
    let ballast = disk.0.path().join("ballast");
    fs::write(&ballast, vec![0; 100_000]).unwrap();
    for _ in 0..40 {
        append(&mut writer, 8000);
    }
    assert!(writer.degraded());
    writer.append(3, Record::Exit(ExitStatus::Code(4))).unwrap();
    let seen = whole(&dir);
    assert_eq!(seen.len(), 3, "{seen:?}");
    assert!(seen[1].starts_with("gap ") && seen[1].ends_with("..320000"), "{seen:?}");
    assert_eq!(seen[2], "exit 4 at 320000");
    fs::remove_file(ballast).unwrap();
    append_until_it_works(&mut writer);
    assert_eq!(whole(&dir)[..3], seen[..]);
    // A journal that is begun on a full disk.
    fs::write(disk.0.path().join("more"), vec![0; 300_000]).unwrap_err();
    let other = disk.0.path().join("other");
    if let Ok(mut writer) = Writer::open(&other, OPTIONS) {
        append(&mut writer, 10);
        assert!(writer.degraded());
        assert_eq!(writer.head(), 10);
        fs::remove_file(disk.0.path().join("more")).unwrap();
        append_until_it_works(&mut writer);
        append(&mut writer, 10);
        let head = writer.head();
        assert_eq!(
            whole(&other),
            [format!("gap 0..{}", head - 11), format!("output {}..{head}", head - 11)]
        );
    }
}
