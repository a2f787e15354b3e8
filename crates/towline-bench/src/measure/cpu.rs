//! Processor time of servers and holders: of panes that do nothing, and of agents that spin.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::Outcome;
use crate::field::{Field, Samples};
use crate::interrupt;
use crate::process::{Process, Role, total_cpu};
use crate::report::{Failure, Goal, Row, Unit};
use crate::rig::{Bench, Contender, Multiplexer, quiet};

pub(super) const NAME: &str = "cpu";
/// The goal is 0, and this prints as 0 with one decimal.
const NOTHING: f64 = 0.05;
/// How long panes run before the first window, so that no start-up is counted.
const WARM_UP: Duration = Duration::from_secs(2);

/// Percent of a core.
pub(super) struct Cpu {
    pub(super) server: f64,
    pub(super) holders: f64,
}

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let mut failures = Vec::new();
    let mut rows = Vec::new();

    let panes = bench.scale.quiet_panes;
    let quiet = measure(bench, NAME, panes, &quiet(), &mut failures)?;
    let all = quiet.values(|cpu| cpu.server + cpu.holders);
    let what = format!("processor, {panes} quiet panes");
    rows.push(Row::new(NAME, what, Unit::PercentOfCore, all).goal(Goal::Within(NOTHING)));

    let panes = bench.scale.spinner_panes;
    let spinner = [bench.own.clone().into_os_string(), "spinner".into()];
    let busy = measure(bench, NAME, panes, &spinner, &mut failures)?;
    let all = busy.values(|cpu| cpu.server + cpu.holders);
    let what = format!("processor, {panes} panes with a 10 Hz spinner and title");
    rows.push(
        Row::new(NAME, what, Unit::PercentOfCore, all).goal(Goal::NoMoreThan(1.5, Contender::Tmux)),
    );
    let server = busy.values(|cpu| cpu.server);
    rows.push(Row::new(NAME, "  of that the server", Unit::PercentOfCore, server));
    Ok(Outcome { rows, failures })
}

/// Measures what panes with this program cost. `name` is the measurement's.
pub(super) fn measure(
    bench: &Bench,
    name: &'static str,
    panes: usize,
    argv: &[OsString],
    failures: &mut Vec<Failure>,
) -> Result<Samples<Cpu>> {
    let mut field = Field::start(name, &Contender::MULTIPLEXERS, |contender| {
        let mut rig = bench.multiplexer(contender)?;
        for pane in 0..panes {
            rig.spawn(&format!("pane-{pane}"), argv)?;
        }
        let processes = rig.processes()?;
        interrupt::pause(WARM_UP)?;
        let running = rig.count()?;
        if running != panes {
            bail!("{running} of {panes} panes run");
        }
        // The list has woken the server.
        rig.settle()?;
        Ok((rig, processes))
    })?;
    let known = failures.clone();
    let window = bench.scale.cpu_window;
    let samples = field.rounds(bench.scale.rounds, |_, (_rig, processes): &mut Prepared| {
        let servers = |process: &&Process| process.role == Role::Server;
        let server: Vec<Process> = processes.iter().filter(servers).copied().collect();
        let start = Instant::now();
        let before = (total_cpu(&server)?, total_cpu(processes)?);
        interrupt::pause(window)?;
        let after = (total_cpu(&server)?, total_cpu(processes)?);
        let percent = |seconds: f64| seconds / start.elapsed().as_secs_f64() * 100.0;
        let (server, all) = (after.0 - before.0, after.1 - before.1);
        Ok(Cpu { server: percent(server), holders: percent(all - server) })
    })?;
    // A contender that cannot start at all fails in the same words both times.
    failures.extend(field.failures.into_iter().filter(|failure| !known.contains(failure)));
    Ok(samples)
}

/// A rig with its panes running, and its processes: asking for them later would wake the server.
type Prepared = (Box<dyn Multiplexer>, Vec<Process>);
