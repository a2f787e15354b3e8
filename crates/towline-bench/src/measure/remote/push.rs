//! From the end of a program on a host to the news of it here.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{DELAYS, each_way, milliseconds};
use crate::field::Field;
use crate::interrupt;
use crate::lines::Lines;
use crate::measure::Outcome;
use crate::report::{Goal, Row, Unit};
use crate::rig::{Bench, Contender, Remote, Way};
use crate::script::Script;

pub(super) const NAME: &str = "push";
/// What the news may take beside their way.
const OWN: f64 = 20.0;
/// News that haven't come by then never will.
const DEADLINE: Duration = Duration::from_secs(20);
/// The pause before each change: changes that come in quick succession are told together, and `tow list --watch` shows
/// at most ten lists a second.
const PAUSE: Duration = Duration::from_millis(400);

/// A host, and a command here that tells of what happens there.
struct Watched {
    watcher: Lines,
    remote: Remote,
}

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let mut field = Field::start(NAME, &Contender::MULTIPLEXERS, |contender| {
        let remote = Remote::start(bench, contender)?;
        let watcher = Lines::start(&mut remote.watch(Way::Warm)?)?;
        watcher.wait(Instant::now() + DEADLINE, "its first line", |_| true)?;
        Ok(Watched { watcher, remote })
    })?;
    let mut rows = Vec::new();
    for delay in DELAYS {
        let runs = bench.scale.rounds * u32::try_from(bench.scale.pushes)?;
        let mut pane = 0;
        let times = field.rounds(runs, |contender, watched| {
            watched.remote.set_delay(delay)?;
            pane += 1;
            let name = format!("{NAME}-{}-{pane}", delay.as_millis());
            let mut script = Script::held(bench.folder(), &name)?;
            watched.remote.spawn(&name, &script.argv)?;
            script.ready(Instant::now() + DEADLINE)?;
            let (watcher, deadline) = (&watched.watcher, Instant::now() + DEADLINE);
            if contender == Contender::Towline {
                watcher.wait(deadline, "the new pane", |line| line.contains(&name))?;
            }
            interrupt::pause(PAUSE + delay)?;
            watcher.skip();
            let begun = Instant::now();
            script.go()?;
            let told = watcher.wait(deadline, "the pane's end", |line| match contender {
                Contender::Towline => !line.contains(&name),
                _ => line.contains("window-close"),
            })?;
            Ok(milliseconds(told - begun))
        })?;
        let what = format!("a pane's end is told here, {}", each_way(delay));
        let most = milliseconds(delay) + OWN;
        let values = times.values(|time| *time);
        rows.push(Row::new(NAME, what, Unit::Milliseconds, values).goal(Goal::Within(most)));
    }
    Ok(Outcome { rows, failures: field.failures })
}
