//! The commands on a pane of a host that is connected with: the whole process, from its start to its end.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{DELAYS, each_way, milliseconds, timed};
use crate::exec;
use crate::field::Field;
use crate::measure::Outcome;
use crate::report::{Goal, Row, Unit};
use crate::rig::{Bench, Contender, Remote};
use crate::script::READY;

pub(super) const NAME: &str = "verbs";
/// The pane that is looked at and typed into.
const PANE: &str = "shell";
/// Panes beside it.
const OTHERS: usize = 9;
/// What a command may take beside the round trips it needs.
const OWN: f64 = 5.0;

/// Milliseconds.
struct Times {
    list: f64,
    peek: f64,
    send: f64,
}

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let mut field = Field::start(NAME, &Contender::MULTIPLEXERS, |contender| {
        let remote = Remote::start(bench, contender)?;
        for other in 0..OTHERS {
            remote.spawn(&format!("quiet-{other}"), &crate::rig::quiet())?;
        }
        remote.spawn(PANE, &shell())?;
        prove(&remote)?;
        Ok(remote)
    })?;
    let mut rows = Vec::new();
    for delay in DELAYS {
        let runs = bench.scale.rounds * bench.scale.verb_runs;
        let times = field.rounds(runs, |_, remote| {
            remote.set_delay(delay)?;
            Ok(Times {
                list: timed(remote.list()?)?,
                peek: timed(remote.peek(PANE)?)?,
                send: timed(remote.send(PANE, "x")?)?,
            })
        })?;
        let row = |what: &str, trips: u32, value: fn(&Times) -> f64| {
            let most = milliseconds(delay * 2 * trips) + OWN;
            let what = format!("{what}, {}", each_way(delay));
            Row::new(NAME, what, Unit::Milliseconds, times.values(value)).goal(Goal::Within(most))
        };
        rows.push(row("list", 0, |times| times.list));
        rows.push(row("peek", 1, |times| times.peek));
        rows.push(row("send", 1, |times| times.send));
    }
    Ok(Outcome { rows, failures: field.failures })
}

/// Shows a line, and what is typed.
fn shell() -> Vec<std::ffi::OsString> {
    ["sh", "-c", "seq 100; echo '#@@##@@#'; exec cat"].map(Into::into).into()
}

/// That each command does what it is measured for.
fn prove(remote: &Remote) -> Result<()> {
    let listed = exec::output(&mut remote.list()?)?.lines().count();
    ensure!(listed > OTHERS, "the list has only {listed} lines");
    let deadline = std::time::Instant::now() + exec::COMMAND_DEADLINE;
    let shows = |text: &str| -> Result<()> {
        while !exec::output(&mut remote.peek(PANE)?)?.contains(text) {
            ensure!(std::time::Instant::now() < deadline, "the pane does not show {text}");
            crate::interrupt::pause(Duration::from_millis(20))?;
        }
        Ok(())
    };
    shows(READY)?;
    exec::output(&mut remote.send(PANE, "typed-here")?)?;
    shows("typed-here")
}
