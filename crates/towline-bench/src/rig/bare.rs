//! A pseudo-terminal and a reader of it, and nothing in between.

use std::collections::HashMap;
use std::ffi::OsString;
use std::time::Instant;

use anyhow::{Context, Result};

use super::{Rig, clean};
use crate::drain::Drain;
use crate::exec;
use crate::script::{END, READY};
use crate::terminal::Terminal;

/// Programs on terminals of this process; a thread reads each and forgets what it reads.
#[derive(Default)]
pub(crate) struct Bare {
    panes: HashMap<String, Drain>,
}

impl Rig for Bare {
    fn spawn(&mut self, name: &str, argv: &[OsString]) -> Result<()> {
        let terminal = start(argv)?;
        self.panes.insert(name.to_owned(), Drain::start(terminal, END)?);
        Ok(())
    }

    fn spawn_attached(&mut self, _name: &str, argv: &[OsString]) -> Result<Terminal> {
        let terminal = start(argv)?;
        terminal.read_until(READY, Instant::now() + exec::COMMAND_DEADLINE)?;
        Ok(terminal)
    }

    fn remove(&mut self, name: &str) -> Result<()> {
        self.panes.remove(name);
        Ok(())
    }
}

/// The program on a terminal.
fn start(argv: &[OsString]) -> Result<Terminal> {
    let (program, arguments) = argv.split_first().context("no program to start")?;
    Terminal::spawn(clean(program).args(arguments))
}
