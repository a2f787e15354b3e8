//! 5 GB printed: is it as fast as 60 MB, does memory stay flat, does the journal keep its cap?

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::Outcome;
use super::flood::{size, speed};
use crate::field::Field;
use crate::process::memory;
use crate::report::{Goal, Row, Unit};
use crate::rig::{Bench, Contender, Rig};
use crate::script::Script;

pub(super) const NAME: &str = "long";
/// 5 GB at 3 MB/s.
const DEADLINE: Duration = Duration::from_secs(30 * 60);
/// How often memory and the journal are looked at.
const SAMPLING: Duration = Duration::from_millis(500);
/// The samples of this fraction at the start tell what memory has to stay at; before that,
/// scrollback and buffers fill.
const FILLING: f64 = 0.1;
/// What may come on top of that: a tenth, and a segment's worth of buffers.
const FLAT_TIMES: f64 = 1.1;
const FLAT_PLUS: f64 = 1.0;
/// The cap of what is kept per pane unless set otherwise: 16 MiB, in MB.
const JOURNAL_CAP: f64 = 16.0 * 1.048_576;

/// One flood.
struct Long {
    speed: f64,
    /// PSS of server and holder over time, in MB.
    memory: Vec<f64>,
    /// The journal's size over time, in MB.
    journal: Vec<f64>,
}

impl Long {
    fn filling(&self) -> usize {
        (self.memory.len() as f64 * FILLING).ceil() as usize
    }

    fn filled(&self) -> Option<f64> {
        greatest(&self.memory[..self.filling()])
    }

    fn later(&self) -> Option<f64> {
        greatest(&self.memory[self.filling()..])
    }
}

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let text = bench.flood_text()?;
    let bytes = size(&text)? * bench.scale.long_repeats as f64;
    let mut field = Field::start(NAME, &Contender::ALL, |contender| bench.rig(contender))?;
    // One round: it is long enough to be its own median.
    let floods = field.rounds(1, |_, rig| flood(bench, &mut **rig, &text, bytes))?;

    let what = format!("{:.1} GB printed, nobody attached", bytes / 1e9);
    let speeds = floods.values(|flood| flood.speed);
    let speed = Row::new(NAME, what, Unit::MegabytesPerSecond, speeds)
        .goal(Goal::NoLessThan(0.9, Contender::Bare));
    let filled = floods.some_values(Long::filled);
    let flat = filled.iter().find(|(contender, _)| *contender == Contender::Towline);
    let what = "  memory (PSS) in the first tenth";
    let mut rows = vec![speed, Row::new(NAME, what, Unit::Megabytes, filled.clone())];
    let what = "  memory (PSS) at most later";
    let later = Row::new(NAME, what, Unit::Megabytes, floods.some_values(Long::later));
    rows.push(match flat {
        Some((_, filled)) => later.goal(Goal::Within(filled * FLAT_TIMES + FLAT_PLUS)),
        None => later,
    });
    let what = "  the journal at most";
    let journal = floods.some_values(|flood| greatest(&flood.journal));
    rows.push(Row::new(NAME, what, Unit::Megabytes, journal).goal(Goal::Within(JOURNAL_CAP)));
    Ok(Outcome { rows, failures: field.failures })
}

fn flood(bench: &Bench, rig: &mut dyn Rig, text: &Path, bytes: f64) -> Result<Long> {
    let mut script = Script::flood(bench.folder(), NAME, text, bench.scale.long_repeats)?;
    let deadline = Instant::now() + DEADLINE;
    rig.spawn(NAME, &script.argv)?;
    script.ready(deadline)?;
    let processes = rig.processes()?;
    let journals = rig.journals();
    let (mut memories, mut journal) = (Vec::new(), Vec::new());
    script.go()?;
    while !script.speaks(Instant::now() + SAMPLING)? {
        let pss: f64 =
            processes.iter().map(|process| Ok(memory(process.pid)?.pss)).sum::<Result<f64>>()?;
        if !processes.is_empty() {
            memories.push(pss / 1e6);
        }
        if let Some(folder) = &journals {
            journal.push(folder_size(folder)? / 1e6);
        }
        anyhow::ensure!(Instant::now() < deadline, "timed out printing");
    }
    let (start, end) = script.flooded(deadline)?;
    rig.remove(NAME)?;
    Ok(Long { speed: speed(bytes, start, end), memory: memories, journal })
}

fn greatest(samples: &[f64]) -> Option<f64> {
    samples.iter().copied().reduce(f64::max)
}

/// The bytes of all files below a folder. Segments come and go meanwhile.
fn folder_size(folder: &Path) -> Result<f64> {
    let mut size = 0.0;
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries.flatten() {
        let Ok(metadata) = entry.metadata() else { continue };
        size += if metadata.is_dir() { folder_size(&entry.path())? } else { metadata.len() as f64 };
    }
    Ok(size)
}
