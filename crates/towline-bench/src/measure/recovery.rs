//! The server killed, until the list is whole again.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::Outcome;
use crate::field::Field;
use crate::interrupt;
use crate::report::{Goal, Row, Unit};
use crate::rig::{Bench, Contender, Rig, Towline, quiet};

pub(super) const NAME: &str = "recovery";
const DEADLINE: Duration = Duration::from_secs(30);
/// Between two questions, where the first answer was not whole: a person is slower.
const RETRY: Duration = Duration::from_millis(5);

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let panes = bench.scale.recovery_panes;
    let mut field = Field::start(NAME, &[Contender::Towline], |_| {
        let mut towline = Towline::start(bench)?;
        for pane in 0..panes {
            towline.spawn(&format!("quiet-{pane}"), &quiet())?;
        }
        Ok(towline)
    })?;
    let times = field.rounds(bench.scale.rounds, |_, towline| round(towline, panes))?;
    let what = format!("kill -9 with {panes} panes, until the list is whole");
    let row =
        Row::new(NAME, what, Unit::Seconds, times.values(|time| *time)).goal(Goal::Within(1.0));
    Ok(Outcome { rows: vec![row], failures: field.failures })
}

fn round(towline: &Towline, panes: usize) -> Result<f64> {
    let before = towline.running()?;
    ensure!(before.len() == panes, "{} of {panes} panes run before the kill", before.len());
    let server = towline.server()?;
    towline.settle()?;
    let start = Instant::now();
    towline.crash(server)?;
    loop {
        // Right after the kill an error is an answer too: not yet.
        let listed = towline.running();
        if let Ok(after) = &listed
            && after.len() == panes
        {
            let time = start.elapsed().as_secs_f64();
            ensure!(*after == before, "other programs run than before the kill");
            return Ok(time);
        }
        ensure!(start.elapsed() < DEADLINE, "after {DEADLINE:?} still: {listed:?}");
        interrupt::pause(RETRY)?;
    }
}
