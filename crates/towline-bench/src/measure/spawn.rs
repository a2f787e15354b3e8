//! Many panes started in a row, each by a command of its own.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::Outcome;
use crate::field::Field;
use crate::report::{Goal, Row, Unit};
use crate::rig::{Bench, Contender, quiet};

pub(super) const NAME: &str = "spawn";
/// The goal, in seconds for one pane: 5 s for 100.
const SECONDS_PER_PANE: f64 = 0.05;

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let panes = bench.scale.spawn_panes;
    let mut field = Field::start(NAME, &Contender::MULTIPLEXERS, |_| Ok(()))?;
    let times = field.rounds(bench.scale.rounds, |contender, ()| {
        let mut rig = bench.multiplexer(contender)?;
        let start = Instant::now();
        for pane in 0..panes {
            rig.spawn(&format!("quiet-{pane}"), &quiet())?;
        }
        let time = start.elapsed().as_secs_f64();
        let listed = rig.count()?;
        ensure!(listed == panes, "{listed} of {panes} panes are listed");
        Ok(time)
    })?;
    let what = format!("{panes} panes spawned");
    let row = Row::new(NAME, what, Unit::Seconds, times.values(|time| *time))
        .goal(Goal::Within(SECONDS_PER_PANE * panes as f64));
    Ok(Outcome { rows: vec![row], failures: field.failures })
}
