//! What is measured, one file each.

mod agents;
mod attached;
mod cpu;
mod echo;
mod flood;
mod ledger;
mod list;
mod long;
mod memory;
mod recovery;
mod remote;
mod spawn;

use anyhow::Result;

use crate::report::{Failure, Row};
use crate::rig::Bench;

pub(crate) use remote::REMOTE;

/// One measurement.
pub(crate) struct Measure {
    /// What `--only` calls it.
    pub(crate) name: &'static str,
    /// Whether it takes minutes and so runs only when asked for.
    pub(crate) long: bool,
    /// Takes it.
    pub(crate) run: fn(&Bench) -> Result<Outcome>,
}

/// What a measurement found.
pub(crate) struct Outcome {
    pub(crate) rows: Vec<Row>,
    pub(crate) failures: Vec<Failure>,
}

/// All measurements of this host, in the order in which they are taken.
pub(crate) const ALL: &[Measure] = &[
    Measure { name: flood::NAME, long: false, run: flood::run },
    Measure { name: attached::NAME, long: false, run: attached::run },
    Measure { name: echo::NAME, long: false, run: echo::run },
    Measure { name: list::NAME, long: false, run: list::run },
    Measure { name: memory::NAME, long: false, run: memory::run },
    Measure { name: cpu::NAME, long: false, run: cpu::run },
    Measure { name: agents::NAME, long: false, run: agents::run },
    Measure { name: spawn::NAME, long: false, run: spawn::run },
    Measure { name: recovery::NAME, long: false, run: recovery::run },
    Measure { name: ledger::NAME, long: false, run: ledger::run },
    Measure { name: long::NAME, long: true, run: long::run },
];
