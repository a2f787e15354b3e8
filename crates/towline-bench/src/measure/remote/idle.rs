//! What attached clients of remote panes cost while nothing happens.

use std::time::Instant;

use anyhow::Result;
use rustix::process::Pid;

use crate::drain::Drain;
use crate::field::Field;
use crate::interrupt;
use crate::measure::Outcome;
use crate::process::{cpu_seconds, settle_pids};
use crate::report::{Row, Unit};
use crate::rig::{Bench, Contender, Remote};
use crate::script::{END, READY};

pub(super) const NAME: &str = "idle";

/// The clients go before their hosts.
struct Attached {
    _clients: Vec<Drain>,
    remote: Remote,
    processes: Vec<Pid>,
}

/// In a minute.
struct Cost {
    kilobytes: f64,
    milliseconds: f64,
}

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let panes = bench.scale.idle_clients;
    let mut field = Field::start(NAME, &Contender::MULTIPLEXERS, |contender| {
        let remote = Remote::start(bench, contender)?;
        let mut clients = Vec::new();
        for pane in 0..panes {
            let name = format!("{NAME}-{pane}");
            remote.spawn(&name, &quiet())?;
            clients.push(Drain::start(remote.attached(&name, READY)?, END)?);
        }
        let processes = remote.processes()?;
        settle_pids(&processes)?;
        Ok(Attached { _clients: clients, remote, processes })
    })?;
    let window = bench.scale.idle_window;
    let costs = field.rounds(bench.scale.rounds, |_, attached: &mut Attached| {
        let start = Instant::now();
        // One that ends meanwhile, or is gone already, is left out.
        let cpu = || -> Vec<Option<f64>> {
            attached.processes.iter().map(|pid| cpu_seconds(*pid).ok()).collect()
        };
        let before = (attached.remote.bytes()?, cpu());
        interrupt::pause(window)?;
        let after = (attached.remote.bytes()?, cpu());
        let minutes = start.elapsed().as_secs_f64() / 60.0;
        let seconds: f64 = before
            .1
            .iter()
            .zip(after.1)
            .filter_map(|(before, after)| Some(after? - (*before)?))
            .sum();
        Ok(Cost {
            kilobytes: (after.0 - before.0) as f64 / 1e3 / minutes,
            milliseconds: seconds * 1e3 / minutes,
        })
    })?;
    let bytes = costs.values(|cost| cost.kilobytes);
    let cpu = costs.values(|cost| cost.milliseconds);
    let rows = vec![
        Row::new(
            NAME,
            format!("{panes} idle attached panes, bytes both ways"),
            Unit::KilobytesPerMinute,
            bytes,
        ),
        Row::new(
            NAME,
            format!("{panes} idle attached panes, processor of both sides"),
            Unit::MillisecondsPerMinute,
            cpu,
        ),
    ];
    Ok(Outcome { rows, failures: field.failures })
}

/// A program that says that it runs, and then nothing.
fn quiet() -> Vec<std::ffi::OsString> {
    ["sh", "-c", "printf '\\n\\n\\n#@@##@@#\\n'; exec cat"].map(Into::into).into()
}
