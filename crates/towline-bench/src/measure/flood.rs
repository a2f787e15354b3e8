//! Text printed in a pane that nobody looks at.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::Outcome;
use crate::field::Field;
use crate::report::{Goal, Row, Unit};
use crate::rig::{Bench, Contender};
use crate::script::Script;

pub(super) const NAME: &str = "flood";
/// Ten times slower than the slowest multiplexer seen (26 MB/s) is still within it.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let text = bench.flood_text()?;
    let size = size(&text)?;
    let mut field = Field::start(NAME, &Contender::ALL, |contender| bench.rig(contender))?;
    let speeds = field.rounds(bench.scale.rounds, |_, rig| {
        let mut script = Script::flood(bench.folder(), NAME, &text, 1)?;
        let deadline = Instant::now() + DEADLINE;
        rig.spawn(NAME, &script.argv)?;
        script.ready(deadline)?;
        script.go()?;
        let (start, end) = script.flooded(deadline)?;
        rig.remove(NAME)?;
        rig.settle()?;
        Ok(speed(size, start, end))
    })?;
    let what = format!("{:.0} MB printed, nobody attached", size / 1e6);
    let row = Row::new(NAME, what, Unit::MegabytesPerSecond, speeds.values(|speed| *speed))
        .goal(Goal::NoLessThan(0.9, Contender::Bare));
    Ok(Outcome { rows: vec![row], failures: field.failures })
}

/// A file's size in bytes.
pub(super) fn size(text: &Path) -> Result<f64> {
    let metadata = text.metadata().with_context(|| format!("looking at {}", text.display()))?;
    Ok(metadata.len() as f64)
}

/// MB/s from bytes and nanoseconds.
pub(super) fn speed(bytes: f64, start: u64, end: u64) -> f64 {
    bytes / 1e6 / (end.saturating_sub(start) as f64 / 1e9)
}
