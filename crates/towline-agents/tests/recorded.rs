//! The rules, the hooks and the verdict on recordings of real agents: no agent, no network, a clock that is the recording's.
//!
//! A recording is `recorded/KIND/*.cast.zst` (asciicast v2, packed by zstd). Its markers tell what was so from then on (`is working`; `is idle / done`;
//! `may be …` where it isn't known when it came to be) and what a hook told (`hook {…}`). They are made anew by the tests with real
//! agents, see crates/tow/tests/live.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use towline_agents::rules::{Rules, Shown};
use towline_agents::{ProcessState, Reason, Shows, State, Tracker, hook, shipped};
use towline_vt::{Size, Terminal};

/// Microseconds in a millisecond.
const MS: u64 = 1000;

/// How long after a marker its state may take to be told.
const SOON: u64 = 500 * MS;

/// How long something else may be told later on.
const LONG: u64 = 1000 * MS;

/// How long both may take in a recording of a busy machine, where the agent itself was late.
const LATE: u64 = 2500 * MS;

/// How long it may take where title and screen alone tell: Codex draws no question within a second of a key.
const DRAWN: u64 = 1500 * MS;

/// As the server does it: so long after output the screen is looked at, and so often at most.
const LOOK_AFTER: u64 = 30 * MS;
const LOOK_EVERY: u64 = 200 * MS;

/// What a recording has at a time.
enum Happened {
    Printed(String),
    /// It is one of these from now on; with a time at which that is known to be so.
    Is(Vec<Is>, bool),
    Hook(Value),
}

struct Recording {
    kind: String,
    size: Size,
    busy: bool,
    events: Vec<(u64, Happened)>,
}

impl Recording {
    fn read(path: &Path) -> Self {
        let packed = fs::read(path).expect("the recording is there");
        let text = zstd::decode_all(&packed[..]).expect("it can be unpacked");
        let text = String::from_utf8(text).expect("it is text");
        let mut lines = text.lines();
        let head: Value = json(lines.next().expect("a recording has a head"));
        let side = |name: &str| {
            head[name].as_u64().and_then(|side| u16::try_from(side).ok()).expect("a size")
        };
        let size = Size { cols: side("width"), rows: side("height") };
        let folder = path.parent().and_then(Path::file_name).expect("a folder for each kind");
        let kind = folder.to_str().expect("a plain name").to_owned();
        let events = lines.map(|line| event(&json(line))).collect();
        Self { kind, size, busy: head["busy"] == true, events }
    }
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

fn event(line: &Value) -> (u64, Happened) {
    let at = (line[0].as_f64().expect("a time") * 1e6) as u64;
    let data = line[2].as_str().expect("a text");
    if line[1] == "o" {
        return (at, Happened::Printed(data.to_owned()));
    }
    let (word, rest) = data.split_once(' ').expect("a marker says something");
    let happened = match word {
        "hook" => Happened::Hook(json(rest)),
        "is" => Happened::Is(states(rest), true),
        "may" => Happened::Is(states(rest.trim_start_matches("be ")), false),
        _ => panic!("no marker: {data}"),
    };
    (at, happened)
}

fn states(text: &str) -> Vec<Is> {
    let one = |text: &str| {
        let mut words = text.split(' ');
        let state =
            words.next().and_then(State::from_name).unwrap_or_else(|| panic!("no state: {text}"));
        (state, words.next().map(|word| Reason::from_name(word).expect("a reason")))
    };
    text.split(" / ").map(one).collect()
}

/// A state, and what is waited for in it.
type Is = (State, Option<Reason>);

/// What was so, and what was told: from each time on.
#[derive(Default)]
struct Told {
    truths: Vec<(u64, Vec<Is>, bool)>,
    said: Vec<(u64, Is, String)>,
    end: u64,
}

/// What is known of an agent beside its screen and its title.
#[derive(Debug, Clone, Copy)]
enum With {
    HooksAndStatus,
    Status,
    /// As in a tmux.
    Nothing,
}

/// Replays a recording, with or without what hooks and the agent itself told.
fn replay(recording: &Recording, rules: &Rules, with: With) -> Told {
    let mut replay = Replay {
        rules,
        status: !matches!(with, With::Nothing),
        terminal: Terminal::new(recording.size, 1000),
        tracker: Tracker::new(0),
        look_at: None,
        looked: 0,
        told: Told::default(),
    };
    for (at, happened) in &recording.events {
        replay.until(*at);
        match happened {
            Happened::Printed(text) => {
                replay.terminal.feed(text.as_bytes(), &mut Vec::new());
                let soon = (*at + LOOK_AFTER).max(replay.looked + LOOK_EVERY);
                replay.look_at.get_or_insert(soon);
            }
            Happened::Is(states, timed) => {
                replay.told.truths.push((*at, states.clone(), *timed));
                if states.iter().any(|(state, _)| *state == State::Exited) {
                    replay.tracker.process(*at, ProcessState::Gone);
                }
            }
            Happened::Hook(event) if matches!(with, With::HooksAndStatus) => {
                replay.tracker.hook(*at, &hook::read(&recording.kind, event));
            }
            Happened::Hook(_) => {}
        }
        replay.note(*at);
    }
    let end = recording.events.last().map_or(0, |(at, _)| *at) + 2 * LONG;
    replay.until(end);
    replay.told.end = end;
    replay.told
}

struct Replay<'a> {
    rules: &'a Rules,
    status: bool,
    terminal: Terminal,
    tracker: Tracker,
    look_at: Option<u64>,
    looked: u64,
    told: Told,
}

impl Replay<'_> {
    /// Time passes.
    fn until(&mut self, end: u64) {
        let mut now = self.told.said.last().map_or(0, |(at, ..)| *at);
        loop {
            let due = self.tracker.due(now);
            let Some(next) =
                [self.look_at, due].into_iter().flatten().min().filter(|at| *at <= end)
            else {
                break;
            };
            now = next.max(now);
            if self.look_at.is_some_and(|at| at <= now) {
                self.look(now);
            }
            self.tracker.tick(now);
            self.note(now);
        }
    }

    fn look(&mut self, now: u64) {
        self.look_at = None;
        self.looked = now;
        if self.terminal.synchronized() {
            self.look_at = Some(now + LOOK_EVERY);
            return;
        }
        let rows = self.terminal.screen_start()..self.terminal.end_line();
        let screen =
            Shown::new(rows.filter_map(|row| self.terminal.line(row)).map(|line| line.text()));
        let status = if self.status { self.terminal.status() } else { "" };
        let shows = Shows { title: self.terminal.title(), status, screen: &screen };
        self.tracker.shown(now, self.rules, shows);
    }

    /// Notes what is told now, where it is something else than before.
    fn note(&mut self, now: u64) {
        let verdict = self.tracker.verdict();
        let says = (verdict.claim.state, verdict.claim.reason);
        if self.told.said.last().is_none_or(|(_, last, _)| *last != says) {
            self.told.said.push((now, says, verdict.because.clone()));
        }
    }
}

/// What is wrong with what was told.
fn wrongs(told: &Told, with: With, busy: bool) -> String {
    let mut wrongs = String::new();
    for (index, (from, right, timed)) in told.truths.iter().enumerate() {
        let until = told.truths.get(index + 1).map_or(told.end, |(at, ..)| *at);
        let mut first = true;
        let mut since = None;
        for at in (*from..until).step_by(10 * MS as usize) {
            let said = told.said.iter().rev().find(|(since, ..)| *since <= at);
            let is_right = said.is_some_and(|(_, said, _)| right.contains(said));
            if is_right {
                (first, since) = (false, None);
                continue;
            }
            let began = *since.get_or_insert(at);
            let limit = match first && *timed {
                _ if busy => LATE,
                true if matches!(with, With::Nothing) => DRAWN,
                true => SOON,
                false => LONG,
            };
            if at - began == limit {
                let what = said.map(|(_, (state, reason), because)| (state, reason, because));
                let second = |at: u64| at as f64 / 1e6;
                let _ = writeln!(
                    wrongs,
                    "  {:.2}–: {right:?}, but for long {what:?} at {:.2}",
                    second(*from),
                    second(at)
                );
            }
        }
    }
    wrongs
}

fn recordings() -> Vec<PathBuf> {
    let below = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("the folder of recordings");
        entries.map(|entry| entry.expect("it can be read").path()).collect()
    };
    let kinds = below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded"));
    let kinds = kinds.iter().filter(|path| path.is_dir());
    let mut files: Vec<PathBuf> = kinds.flat_map(|kind| below(kind)).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "zst"));
    files.sort();
    files
}

#[test]
fn what_agents_do_is_told_soon_and_rightly() {
    let files = recordings();
    assert!(!files.is_empty());
    let mut all = String::new();
    for path in files {
        let recording = Recording::read(&path);
        let rules = shipped::rules(&recording.kind).expect("each kind has rules");
        for with in [With::HooksAndStatus, With::Status, With::Nothing] {
            let wrongs = wrongs(&replay(&recording, rules, with), with, recording.busy);
            if !wrongs.is_empty() {
                let _ = write!(all, "{} with {with:?}:\n{wrongs}", path.display());
            }
        }
    }
    assert!(all.is_empty(), "\n{all}");
}
