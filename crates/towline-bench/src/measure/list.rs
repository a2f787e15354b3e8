//! The list of all panes: the whole process, from its start to its end.

use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::Outcome;
use crate::field::Field;
use crate::report::{Goal, Row, Unit};
use crate::rig::{Bench, Contender, quiet};

pub(super) const NAME: &str = "list";

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let panes = bench.scale.list_panes;
    let mut field = Field::start(NAME, &Contender::MULTIPLEXERS, |contender| {
        let mut rig = bench.multiplexer(contender)?;
        for pane in 0..panes {
            rig.spawn(&format!("quiet-{pane}"), &quiet())?;
        }
        let listed = rig.count()?;
        ensure!(listed == panes, "{listed} of {panes} panes are listed");
        rig.settle()?;
        Ok(rig)
    })?;
    let runs = bench.scale.rounds * u32::try_from(bench.scale.list_runs)?;
    let times = field.rounds(runs, |_, rig| {
        let mut list = rig.list();
        list.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let status = list.status().context("listing the panes")?;
        let time = start.elapsed();
        ensure!(status.success(), "the list ended with {status}");
        Ok(time.as_secs_f64() * 1e3)
    })?;
    let what = format!("list of {panes} panes, whole process");
    let row = Row::new(NAME, what, Unit::Milliseconds, times.values(|time| *time))
        .goal(Goal::NoMoreThan(1.5, Contender::Tmux));
    Ok(Outcome { rows: vec![row], failures: field.failures })
}
