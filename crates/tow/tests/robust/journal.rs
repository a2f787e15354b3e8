//! Journals that were torn or damaged: what is whole is shown, the gap is marked, and the pane goes on.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use towline_testkit::Tow;

use crate::tow;

/// Numbered lines that a program prints at a time: some segments of a small journal.
const LINES: usize = 12_000;

/// What the line begins with that says what is missing.
const MARK: &str = "[towline: ";

/// A Towline with journals of some small segments.
fn with_small_segments() -> Tow {
    let tow = tow();
    fs::create_dir_all(tow.home().join("config")).unwrap();
    fs::write(
        tow.home().join("config/config.toml"),
        "journal_bytes = \"512 KiB\"\nscrollback = 100000\n",
    )
    .unwrap();
    tow
}

fn journal(tow: &Tow, name: &str) -> PathBuf {
    PathBuf::from(tow.pane(name)["folder"].as_str().unwrap()).join("journal")
}

/// The segments of a journal by their names, oldest first.
fn segments(journal: &PathBuf) -> Vec<PathBuf> {
    let files = fs::read_dir(journal).unwrap().map(|file| file.unwrap().path());
    let mut found: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|end| end == "seg")).collect();
    found.sort();
    found
}

/// All of a journal's files.
fn contents(journal: &PathBuf) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(journal).unwrap().map(|file| file.unwrap().path());
    files.map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

fn restore(journal: &PathBuf, contents: &BTreeMap<PathBuf, Vec<u8>>) {
    fs::remove_dir_all(journal).unwrap();
    fs::create_dir(journal).unwrap();
    contents.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
}

/// The number of a line that a program printed.
fn number(line: &str) -> Option<usize> {
    let number = line.strip_prefix("row ")?.strip_suffix(" of many, whole")?;
    number.parse().ok()
}

/// What a look at a pane shows.
struct Shown {
    /// The numbers of whole lines.
    rows: Vec<usize>,
    /// Lines that say that output is gone.
    marks: usize,
    /// Halves of lines.
    others: usize,
    /// As JSON tells it.
    gap: bool,
}

#[track_caller]
fn look(tow: &Tow, what: &str) -> Shown {
    let told: Value = tow.json(&["peek", "x", "-n", "100000", "--json"]);
    let lines = told["lines"].as_array().unwrap();
    let lines: Vec<&str> = lines.iter().map(|line| line.as_str().unwrap()).collect();
    let rows: Vec<usize> = lines.iter().filter_map(|line| number(line)).collect();
    assert!(rows.is_sorted_by(|a, b| a < b), "{what}: in order, and each once");
    let marks = lines.iter().filter(|line| line.starts_with(MARK)).count();
    let others = lines.len() - rows.len() - marks;
    assert!(others <= marks + 2, "{what}: {others} others: {lines:?}");
    // Bytes as they were printed, as far as they are whole.
    let raw = tow.command(&["peek", "x", "--raw"]).output().unwrap();
    assert!(raw.status.success(), "{what}: {raw:?}");
    Shown { rows, marks, others, gap: told["gap"].as_bool().unwrap() }
}

/// A pane that has printed numbered lines and ended.
fn ended() -> (Tow, PathBuf) {
    let tow = with_small_segments();
    tow.spawn("x", &format!("seq -f 'row %.0f of many, whole' 0 {}; exit 5", LINES - 1));
    tow.ok(&["wait", "x", "--exit"]);
    let journal = journal(&tow, "x");
    assert!(segments(&journal).len() > 2, "{:?}", segments(&journal));
    let whole = look(&tow, "whole");
    assert_eq!((whole.rows.len(), whole.marks, whole.others, whole.gap), (LINES, 0, 0, false));
    (tow, journal)
}

#[test]
fn an_ended_panes_journal_cut_anywhere() {
    let (tow, journal) = ended();
    let whole = contents(&journal);
    let newest = segments(&journal).pop().unwrap();
    let length = whole[&newest].len();
    let mut last = LINES;
    for cut in (0..40).map(|at| length - length * at / 39).chain([35, 36, 37, 1]) {
        if cut <= 1 {
            tow.ok(&["server", "stop"]);
        }
        fs::write(&newest, &whole[&newest][..cut]).unwrap();
        let shown = look(&tow, &format!("cut at {cut}"));
        assert!(shown.rows.len() <= last || cut > 1, "{cut}");
        assert_eq!(shown.rows, (0..shown.rows.len()).collect::<Vec<_>>(), "all before {cut}");
        assert!(shown.rows.len() > LINES / 3, "{cut}");
        last = shown.rows.len();
        assert_eq!(tow.pane("x")["exit"]["status"], 5, "{cut}");
    }
    restore(&journal, &whole);
    assert_eq!(look(&tow, "whole again").rows.len(), LINES);
}

#[test]
fn an_ended_panes_journal_damaged_in_many_places() {
    let (tow, journal) = ended();
    let whole = contents(&journal);
    let all = segments(&journal);
    let (first, middle) = (&all[0], &all[1]);
    for (segment, name) in [(first, "first"), (middle, "middle")] {
        let length = whole[segment].len();
        for at in (0..8).map(|part| length * part / 8).chain([0, 8, 36, 40, length - 1]) {
            let what = format!("byte {at} of the {name} segment");
            let mut bytes = whole[segment].clone();
            bytes[at] ^= 0x10;
            fs::write(segment, bytes).unwrap();
            let shown = look(&tow, &what);
            assert!(shown.gap && shown.marks > 0, "{what}");
            assert_eq!(shown.rows.last(), Some(&(LINES - 1)), "{what}: what follows is there");
        }
        restore(&journal, &whole);
    }
}

#[test]
fn segments_that_are_gone_or_empty_or_garbage() {
    let (tow, journal) = ended();
    let whole = contents(&journal);
    let all = segments(&journal);
    let faults: [(&str, bool, &dyn Fn()); 7] = [
        ("the oldest is gone", true, &|| fs::remove_file(&all[0]).unwrap()),
        ("one in the middle is gone", true, &|| fs::remove_file(&all[1]).unwrap()),
        ("one in the middle is empty", true, &|| fs::write(&all[1], "").unwrap()),
        ("one in the middle is garbage", true, &|| {
            fs::write(&all[1], "garbage".repeat(5000)).unwrap()
        }),
        ("one in the middle is a folder", true, &|| {
            fs::remove_file(&all[1]).unwrap();
            fs::create_dir(&all[1]).unwrap();
        }),
        ("others lie there", false, &|| {
            for name in
                ["garbage", "x.seg", "00.seg", "core.1234", "0000000000000000.seg.zst.new", "ü"]
            {
                fs::write(journal.join(name), "garbage".repeat(100)).unwrap();
            }
            fs::create_dir(journal.join("folder")).unwrap();
        }),
        ("the reserve is garbage", false, &|| {
            fs::write(journal.join("reserve"), [0xff; 5000]).unwrap()
        }),
    ];
    for (what, gap, fault) in faults {
        fault();
        for again in [false, true] {
            if again {
                tow.ok(&["server", "restart"]);
            }
            let shown = look(&tow, what);
            assert_eq!((shown.gap, shown.marks > 0), (gap, gap), "{what}");
            assert_eq!(shown.rows.last(), Some(&(LINES - 1)), "{what}");
            assert_eq!(shown.rows.len() < LINES, gap, "{what}");
        }
        restore(&journal, &whole);
    }
    for path in contents(&journal).keys() {
        fs::remove_file(path).unwrap();
    }
    // Nothing is left of it.
    assert_eq!(look(&tow, "all gone").rows.len(), 0);
    fs::remove_dir(&journal).unwrap();
    let told = tow.run(&["peek", "x"]);
    assert!(told.status == 0 || told.clone().expect_error(1, "journal").status == 1, "{told:?}");
    assert_eq!(tow.pane("x")["exit"]["status"], 5);
    tow.ok(&["kill", "x"]);
}

/// A pane that prints as many numbered lines as it is asked for, counting on.
fn living() -> (Tow, PathBuf) {
    let tow = with_small_segments();
    tow.spawn("x", "stty -echo; i=0; echo ready; while read n; do n=$((i+n)); seq -f 'row %.0f of many, whole' $i $((n-1)); i=$n; done");
    tow.wait_output("x", "ready");
    let journal = journal(&tow, "x");
    ask(&tow, LINES, LINES);
    (tow, journal)
}

/// Asks for more lines and waits until the last one is there.
#[track_caller]
fn ask(tow: &Tow, count: usize, total: usize) {
    tow.ok(&["send", "x", &count.to_string()]);
    tow.wait_output("x", &format!("row {} of many", total - 1));
}

/// Some lines printed now are seen, and the program has noticed nothing.
#[track_caller]
fn check_goes_on(tow: &Tow, what: &str, total: usize) {
    assert_eq!(tow.pane("x")["status"], "running", "{what}");
    ask(tow, 10, total);
    let text = tow.ok(&["peek", "x", "-n", "10"]);
    let rows: Vec<usize> = text.lines().filter_map(number).collect();
    assert_eq!(rows, (total - 10..total).collect::<Vec<_>>(), "{what}: {text}");
}

#[test]
fn a_living_panes_journal_damaged_while_no_server_runs() {
    let (tow, journal) = living();
    let mut total = LINES;
    type Fault = fn(&[PathBuf]);
    let faults: [(&str, Fault); 7] = [
        ("a flipped byte in the middle", |all| flip(&all[1], 20_000)),
        ("a flipped byte in the newest header", |all| flip(all.last().unwrap(), 9)),
        ("a flipped byte in the newest", |all| flip(all.last().unwrap(), 100)),
        ("the newest cut", |all| cut(all.last().unwrap(), 2)),
        ("the newest emptied", |all| fs::write(all.last().unwrap(), "").unwrap()),
        ("one in the middle gone", |all| fs::remove_file(&all[1]).unwrap()),
        ("the newest gone", |all| fs::remove_file(all.last().unwrap()).unwrap()),
    ];
    for (what, fault) in faults {
        tow.ok(&["server", "stop"]);
        fault(&segments(&journal));
        total += 10;
        check_goes_on(&tow, what, total);
        look(&tow, what);
        // Enough for a new segment: what comes from there on is whole again.
        total += LINES / 2;
        ask(&tow, LINES / 2, total);
        tow.ok(&["server", "stop"]);
        let shown = look(&tow, what);
        assert!(shown.gap && shown.marks > 0, "{what}");
        assert_eq!(shown.rows.last(), Some(&(total - 1)), "{what}");
    }
    // Its end comes through too.
    tow.ok(&["send", "x", "--key", "C-d"]);
    tow.ok(&["wait", "x", "--exit"]);
    assert_eq!(tow.pane("x")["exit"]["status"], 0);
    assert_eq!(look(&tow, "the end").rows.last(), Some(&(total - 1)));
}

fn flip(path: &PathBuf, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    let at = at.min(bytes.len() - 1);
    bytes[at] ^= 0x40;
    // In place: the holder has it open.
    let file = fs::File::options().write(true).open(path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &bytes[at..=at], at as u64).unwrap();
}

fn cut(path: &PathBuf, part: u64) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() / part).unwrap();
}

#[test]
fn damage_while_somebody_follows_ends_nothing() {
    let (tow, journal) = living();
    let follow = tow.start(&["peek", "x", "--follow", "-n", "1"]);
    assert_eq!(number(&follow.line()), Some(LINES - 1));
    for segment in segments(&journal) {
        flip(&segment, 50);
        fs::write(journal.join("garbage"), "garbage").unwrap();
    }
    let mut total = LINES;
    for _ in 0..3 {
        total += LINES / 2;
        ask(&tow, LINES / 2, total);
    }
    while number(&follow.line()) != Some(total - 1) {}
    check_goes_on(&tow, "after the flips", total + 10);
}
