//! From the end of an agent on a host, in a shell that lives on, to the word of it in a watched list here.

use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{DELAYS, each_way, milliseconds};
use crate::field::Field;
use crate::interrupt;
use crate::lines::Lines;
use crate::measure::Outcome;
use crate::report::{Goal, Row, Unit};
use crate::rig::{Bench, Contender, Remote, Way};
use crate::script::Script;

pub(super) const NAME: &str = "state";
/// What the word may take beside its way.
const OWN: f64 = 100.0;
/// A word that hasn't come by then never will.
const DEADLINE: Duration = Duration::from_secs(20);
/// The pause before each end: `tow list --watch` shows at most ten lists a second.
const PAUSE: Duration = Duration::from_millis(400);
/// The name by which a program is known as an agent.
const AGENT: &str = "claude";

/// A host, and a list here that is kept up to date.
struct Watched {
    watcher: Lines,
    remote: Remote,
}

/// Towline alone: nothing of tmux tells that a program in a shell has ended.
pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let agent = bench.folder().join(AGENT);
    symlink("/bin/sh", &agent).context("making a program with an agent's name")?;
    let mut field = Field::start(NAME, &[Contender::Towline], |contender| {
        let remote = Remote::start(bench, contender)?;
        let watcher = Lines::start(&mut remote.watch(Way::Warm)?)?;
        watcher.wait(Instant::now() + DEADLINE, "its first line", |_| true)?;
        Ok(Watched { watcher, remote })
    })?;
    let mut rows = Vec::new();
    for delay in DELAYS {
        let runs = bench.scale.rounds * u32::try_from(bench.scale.pushes)?;
        let mut pane = 0;
        let times = field.rounds(runs, |_, watched| {
            watched.remote.set_delay(delay)?;
            pane += 1;
            let name = format!("{NAME}-{}-{pane}", delay.as_millis());
            let mut script = Script::within_shell(bench.folder(), &name, &agent)?;
            watched.remote.spawn(&name, &script.argv)?;
            script.ready(Instant::now() + DEADLINE)?;
            let (watcher, deadline) = (&watched.watcher, Instant::now() + DEADLINE);
            watcher.wait(deadline, "the new agent", |line| state(line, &name).is_some())?;
            interrupt::pause(PAUSE + delay)?;
            watcher.skip();
            let begun = Instant::now();
            script.go()?;
            let gone = |line: &str| state(line, &name).as_deref() == Some("exited");
            let told = watcher.wait(deadline, "the agent's end", gone)?;
            watched.remote.remove(&name)?;
            Ok(milliseconds(told - begun))
        })?;
        let what = format!("an agent's exit is told here, {}", each_way(delay));
        let most = milliseconds(delay) + OWN;
        let values = times.values(|time| *time);
        rows.push(Row::new(NAME, what, Unit::Milliseconds, values).goal(Goal::Within(most)));
    }
    Ok(Outcome { rows, failures: field.failures })
}

/// What a list says of the agent in the pane of this name.
fn state(list: &str, name: &str) -> Option<String> {
    let list: Value = serde_json::from_str(list).ok()?;
    let pane = list["panes"].as_array()?.iter().find(|pane| pane["name"] == name)?;
    Some(pane["agent"]["state"].as_str()?.to_owned())
}
