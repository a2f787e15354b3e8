//! Processor time of agents: of recorded ones at work, which Towline looks at all the time, and of such as are idle.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Outcome;
use super::cpu::{self, Cpu};
use crate::report::{Goal, Row, Unit};
use crate::rig::{Bench, Contender};

pub(super) const NAME: &str = "agents";

/// The goal for idle ones is that nothing wakes up, and this prints as 0 with one decimal.
const NOTHING: f64 = 0.05;

/// The recording that is played, and its markers: a turn of Claude Code's with a slow answer, from the prompt to its end.
const RECORDING: &str = "tests/recorded/claude/wide.cast.zst";
const WORKS: &str = "is working";
const RESTS: &str = "is idle";
/// The one before the first prompt: the agent is idle.
const BEFORE: &str = "may be working";

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let mut failures = Vec::new();
    let mut rows = Vec::new();
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("../towline-agents").join(RECORDING);
    let player = named_as_an_agent(bench)?;
    let play = |marks: &[&str]| -> Vec<OsString> {
        // By a shell, since Towline would start an agent proper with words of its own.
        let mut argv: Vec<OsString> = ["sh", "-c", "exec \"$@\"", "sh"].map(OsString::from).into();
        argv.extend([player.clone().into(), "play".into(), recording.clone().into()]);
        argv.extend(marks.iter().map(OsString::from));
        argv
    };
    let both = |cpu: &Cpu| cpu.server + cpu.holders;

    let panes = bench.scale.working_agents;
    let working = cpu::measure(bench, NAME, panes, &play(&[WORKS, RESTS]), &mut failures)?;
    let what = format!("processor, {panes} recorded agents at work");
    let goal = Goal::NoMoreThan(1.5, Contender::Tmux);
    rows.push(Row::new(NAME, what, Unit::PercentOfCore, working.values(both)).goal(goal));
    let server = working.values(|cpu| cpu.server);
    rows.push(Row::new(NAME, "  of that the server", Unit::PercentOfCore, server));

    let panes = bench.scale.idle_agents;
    let idle = cpu::measure(bench, NAME, panes, &play(&[BEFORE]), &mut failures)?;
    let what = format!("processor, {panes} recorded agents that do nothing");
    let goal = Goal::Within(NOTHING);
    rows.push(Row::new(NAME, what, Unit::PercentOfCore, idle.values(both)).goal(goal));
    Ok(Outcome { rows, failures })
}

/// This program under an agent's name, by which Towline knows it for one.
fn named_as_an_agent(bench: &Bench) -> Result<PathBuf> {
    let player = bench.folder().join("claude");
    if !player.exists() {
        std::os::unix::fs::symlink(&bench.own, &player).context("naming the player")?;
    }
    Ok(player)
}
