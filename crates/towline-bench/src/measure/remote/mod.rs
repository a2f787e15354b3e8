//! What is measured of other hosts, one file each.

mod attach;
mod connect;
mod idle;
mod push;
mod state;
mod thin;
mod verbs;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::Measure;

/// All measurements of other hosts, in the order in which they are taken.
pub(crate) const REMOTE: &[Measure] = &[
    Measure { name: verbs::NAME, long: false, run: verbs::run },
    Measure { name: attach::NAME, long: false, run: attach::run },
    Measure { name: push::NAME, long: false, run: push::run },
    Measure { name: state::NAME, long: false, run: state::run },
    Measure { name: connect::NAME, long: false, run: connect::run },
    Measure { name: thin::NAME, long: false, run: thin::run },
    Measure { name: idle::NAME, long: false, run: idle::run },
];

/// How long a byte is under way, each way: on this desk, on this continent, across an ocean.
const DELAYS: [Duration; 3] =
    [Duration::ZERO, Duration::from_millis(50), Duration::from_millis(100)];

/// The delay, as the table has it.
fn each_way(delay: Duration) -> String {
    format!("{} ms each way", delay.as_millis())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// How long a command takes from its start to its end, in milliseconds.
fn timed(mut command: Command) -> Result<f64> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let program = command.get_program().display().to_string();
    let start = Instant::now();
    let status = command.status().with_context(|| format!("running {program}"))?;
    let time = start.elapsed();
    ensure!(status.success(), "{program} ended with {status}");
    Ok(milliseconds(time))
}
