//! From the start of a client to the last row of a full screen.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{DELAYS, each_way, milliseconds};
use crate::field::{Field, Values};
use crate::interrupt;
use crate::measure::Outcome;
use crate::report::{Goal, Row, Unit};
use crate::rig::{Bench, Contender, Remote, Way};
use crate::script::{END, Script};
use crate::terminal::Terminal;
use crate::text;

pub(super) const NAME: &str = "attach";
/// What the first painting may take beside its round trip.
const OWN: f64 = 20.0;
/// A client that shows nothing by then never will.
const DEADLINE: Duration = Duration::from_secs(20);
/// Clients in one round.
const RUNS: u32 = 3;
/// Bytes of text: more than fills a screen.
const TEXT: u64 = 40_000;
/// The pause after a client has left.
const BETWEEN: Duration = Duration::from_millis(50);

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let page = bench.folder().join("page.txt");
    text::write_bytes(&page, TEXT)?;
    let mut field = Field::start(NAME, &Contender::MULTIPLEXERS, |contender| {
        let remote = Remote::start(bench, contender)?;
        let mut script = Script::page(bench.folder(), &format!("{NAME}-{contender:?}"), &page)?;
        remote.spawn(NAME, &script.argv)?;
        script.ready(Instant::now() + DEADLINE)?;
        Ok((remote, script))
    })?;
    let mut rows = Vec::new();
    for delay in DELAYS {
        let times = field.rounds(bench.scale.rounds * RUNS, |contender, (remote, _)| {
            remote.set_delay(delay)?;
            let warm = first_paint(remote, Way::Warm)?;
            let cold = match contender {
                Contender::Tmux => first_paint(remote, Way::Cold)?,
                // Its commands have no connection of their own.
                _ => warm,
            };
            Ok((warm, cold))
        })?;
        let row = |what: &str, values: Values| {
            let what = format!("{what}, {}", each_way(delay));
            Row::new(NAME, what, Unit::Milliseconds, values)
        };
        let most = milliseconds(delay * 2) + OWN;
        rows.push(row("first full paint", times.values(|times| times.0)).goal(Goal::Within(most)));
        rows.push(row("  against ssh without a master", times.values(|times| times.1)));
    }
    Ok(Outcome { rows, failures: field.failures })
}

/// Milliseconds until the last row of the pane has been painted.
fn first_paint(remote: &Remote, way: Way) -> Result<f64> {
    let mut attach = remote.attach(NAME, way)?;
    let start = Instant::now();
    let client = Terminal::spawn(&mut attach)?;
    client.read_until(END, start + DEADLINE)?;
    let time = start.elapsed();
    drop(client);
    interrupt::pause(BETWEEN)?;
    Ok(milliseconds(time))
}
