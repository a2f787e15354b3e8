//! Memory of panes with a full scrollback.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::Outcome;
use crate::field::Field;
use crate::process::{Role, memory};
use crate::report::{Goal, Row, Unit};
use crate::rig::{Bench, Contender, Multiplexer};
use crate::script::Script;
use crate::stats::median;
use crate::text;

pub(super) const NAME: &str = "memory";
/// Lines printed in each pane. Not more: tmux drops a tenth of its scrollback once it is over its
/// limit, and would then be measured with fewer lines than Towline.
const LINES: u64 = 10_000;
const DEADLINE: Duration = Duration::from_secs(60);

/// What one round found, in bytes.
struct Memory {
    /// Of everything, per pane, after the lines were printed.
    printed: f64,
    /// The same after somebody read each pane's scrollback.
    read: f64,
    /// Pages of one holder that nobody shares.
    holder: Option<f64>,
}

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    // A server of its own for each round: what was freed before must not count for less.
    let mut field = Field::start(NAME, &Contender::MULTIPLEXERS, |_| Ok(()))?;
    let rounds = field.rounds(bench.scale.rounds, |contender, ()| round(bench, contender))?;
    let row = |what, values| Row::new(NAME, what, Unit::Megabytes, values);
    let rows = vec![
        row(
            "memory (PSS) per pane of 10,000 lines, once printed",
            rounds.values(|memory| memory.printed / 1e6),
        ),
        row("  once somebody has read them", rounds.values(|memory| memory.read / 1e6)),
        row("private memory of a holder", rounds.some_values(|memory| Some(memory.holder? / 1e6)))
            .goal(Goal::Within(0.5)),
    ];
    Ok(Outcome { rows, failures: field.failures })
}

fn round(bench: &Bench, contender: Contender) -> Result<Memory> {
    let text = bench.folder().join("scrollback.txt");
    if !text.exists() {
        text::write_lines(&text, LINES)?;
    }
    let mut rig = bench.multiplexer(contender)?;
    rig.settle()?;
    let base = pss(&*rig)?;

    let names: Vec<String> =
        (0..bench.scale.memory_panes).map(|pane| format!("full-{pane}")).collect();
    let deadline = Instant::now() + DEADLINE;
    let mut scripts = Vec::new();
    for name in &names {
        let mut script = Script::flood(bench.folder(), name, &text, 1)?;
        rig.spawn(name, &script.argv)?;
        script.ready(deadline)?;
        script.go()?;
        scripts.push(script);
    }
    for script in &mut scripts {
        script.flooded(deadline)?;
    }
    let panes = names.len() as f64;
    rig.settle()?;
    let printed = (pss(&*rig)? - base) / panes;
    let holder = holder(&*rig)?;

    for name in &names {
        let kept = rig.scrollback(name)?.lines().count() as u64;
        ensure!(kept >= LINES, "{name} kept only {kept} of {LINES} lines");
    }
    rig.settle()?;
    let read = (pss(&*rig)? - base) / panes;
    Ok(Memory { printed, read, holder })
}

/// The PSS of the server and all holders.
fn pss(rig: &dyn Multiplexer) -> Result<f64> {
    rig.processes()?.iter().map(|process| Ok(memory(process.pid)?.pss)).sum()
}

/// The private memory of the middle one of the holders, where there are any.
fn holder(rig: &dyn Multiplexer) -> Result<Option<f64>> {
    let private = rig
        .processes()?
        .iter()
        .filter(|process| process.role == Role::Holder)
        .map(|process| Ok(memory(process.pid)?.private))
        .collect::<Result<Vec<f64>>>()?;
    Ok(median(&private))
}
