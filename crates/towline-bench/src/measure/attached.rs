//! Text printed in a pane while a client shows it on a terminal that is read at once.

use std::time::Instant;

use anyhow::Result;

use super::Outcome;
use super::flood::{DEADLINE, size, speed};
use crate::drain::Drain;
use crate::field::Field;
use crate::report::{Goal, Row, Unit};
use crate::rig::{Bench, Contender};
use crate::script::{END, Script};

pub(super) const NAME: &str = "attached";

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let text = bench.flood_text()?;
    let size = size(&text)?;
    let mut field = Field::start(NAME, &Contender::ALL, |contender| bench.rig(contender))?;
    let speeds = field.rounds(bench.scale.rounds, |_, rig| {
        let mut script = Script::flood(bench.folder(), NAME, &text, 1)?;
        let deadline = Instant::now() + DEADLINE;
        let client = Drain::start(rig.spawn_attached(NAME, &script.argv)?, END)?;
        script.ready(deadline)?;
        script.go()?;
        let (start, end) = script.flooded(deadline)?;
        let shown = client.marker(deadline)?;
        drop(client);
        rig.remove(NAME)?;
        rig.settle()?;
        Ok((speed(size, start, end), speed(size, start, shown)))
    })?;
    let what = format!("{:.0} MB printed, one client attached", size / 1e6);
    let printed = Row::new(NAME, what, Unit::MegabytesPerSecond, speeds.values(|speed| speed.0))
        .goal(Goal::NoLessThan(0.85, Contender::Bare));
    // Not a goal, but a server that takes everything and shows it much later would hide there.
    let what = "  until its end shows at the client";
    let shown = Row::new(NAME, what, Unit::MegabytesPerSecond, speeds.values(|speed| speed.1));
    Ok(Outcome { rows: vec![printed, shown], failures: field.failures })
}
