//! What is measured: a bare pseudo-terminal, a private tmux, a private Towline.

mod bare;
mod remote;
mod tmux;
mod towline;

pub(crate) use remote::{Remote, Way, guarded};
pub(crate) use towline::Towline;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::args::Scale;
use crate::process::{self, Process};
use crate::terminal::Terminal;
use crate::text;

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Contender {
    /// A pseudo-terminal that this process reads itself: as fast as it can be.
    Bare,
    /// A private tmux.
    Tmux,
    /// `grep -c` over a ledger's file: as fast as it can be looked through.
    Scan,
    /// Python's `json.loads` of each line of a ledger's file.
    Load,
    /// A private Towline.
    Towline,
}

impl Contender {
    /// All that run programs in terminals, in the order of the table.
    pub(crate) const ALL: [Contender; 3] = [Contender::Bare, Contender::Tmux, Contender::Towline];
    /// All that are compared with Towline, in the order of the table.
    pub(crate) const OTHERS: [Contender; 4] =
        [Contender::Bare, Contender::Tmux, Contender::Scan, Contender::Load];
    /// Those with a server.
    pub(crate) const MULTIPLEXERS: [Contender; 2] = [Contender::Tmux, Contender::Towline];

    /// The name for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Contender::Bare => "bare PTY",
            Contender::Tmux => "tmux",
            Contender::Scan => "grep -c",
            Contender::Load => "json.loads",
            Contender::Towline => "Towline",
        }
    }
}

/// Something that runs programs in terminals. Taken down when dropped.
pub(crate) trait Rig {
    /// Starts a program with nobody attached.
    fn spawn(&mut self, name: &str, argv: &[OsString]) -> Result<()>;

    /// Starts a program and a client that shows it, on a terminal of this process.
    fn spawn_attached(&mut self, name: &str, argv: &[OsString]) -> Result<Terminal>;

    /// Ends a program and removes its pane.
    fn remove(&mut self, name: &str) -> Result<()>;

    /// The server and the holders, where there are any.
    fn processes(&self) -> Result<Vec<Process>> {
        Ok(Vec::new())
    }

    /// The folder that holds the journals, where there are any.
    fn journals(&self) -> Option<PathBuf> {
        None
    }

    /// Waits until the server and the holders have finished what they do in the background, so
    /// that it disturbs nothing that is measured next.
    fn settle(&self) -> Result<()> {
        process::settle(&self.processes()?)
    }
}

/// A rig with a server.
pub(crate) trait Multiplexer: Rig {
    /// The command that lists all panes.
    fn list(&self) -> Command;

    /// How many panes that list has, besides those that belong to the rig itself.
    fn count(&self) -> Result<usize>;

    /// Asks for the whole scrollback of a pane and returns it.
    fn scrollback(&self, name: &str) -> Result<String>;
}

/// What every measurement needs.
pub(crate) struct Bench {
    /// How much is measured.
    pub(crate) scale: Scale,
    /// The `tow` under measurement, or why there is none.
    pub(crate) tow: Result<PathBuf, String>,
    /// This program, which also plays the programs in panes.
    pub(crate) own: PathBuf,
    folder: tempfile::TempDir,
}

impl Bench {
    /// A bench with a new temporary folder.
    pub(crate) fn new(scale: Scale, tow: Result<PathBuf, String>) -> Result<Self> {
        // Short, since sockets lie below it and their paths are limited to 107 bytes.
        let folder = tempfile::Builder::new()
            .prefix("tow-bench-")
            .tempdir()
            .context("making a temporary folder")?;
        let own = std::env::current_exe().context("finding this program")?;
        Ok(Self { scale, tow, own, folder })
    }

    /// The temporary folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The text of the floods, written when it is first asked for.
    pub(crate) fn flood_text(&self) -> Result<PathBuf> {
        let path = self.folder().join("flood.txt");
        if !path.exists() {
            text::write_bytes(&path, self.scale.flood_bytes)?;
        }
        Ok(path)
    }

    /// A new folder for one rig.
    fn rig_folder(&self, prefix: &str) -> Result<tempfile::TempDir> {
        tempfile::Builder::new()
            .prefix(prefix)
            .tempdir_in(self.folder())
            .context("making a rig's folder")
    }

    /// Starts a rig.
    pub(crate) fn rig(&self, contender: Contender) -> Result<Box<dyn Rig>> {
        Ok(match contender {
            Contender::Scan | Contender::Load => bail!("{} runs no terminals", contender.name()),
            Contender::Bare => Box::new(bare::Bare::default()),
            Contender::Tmux => Box::new(tmux::Tmux::start(self)?),
            Contender::Towline => Box::new(Towline::start(self)?),
        })
    }

    /// Starts a rig that has a server.
    pub(crate) fn multiplexer(&self, contender: Contender) -> Result<Box<dyn Multiplexer>> {
        Ok(match contender {
            Contender::Bare | Contender::Scan | Contender::Load => {
                bail!("{} has no server", contender.name())
            }
            Contender::Tmux => Box::new(tmux::Tmux::start(self)?),
            Contender::Towline => Box::new(Towline::start(self)?),
        })
    }
}

/// The command without the multiplexers' variables of the terminal that the bench runs in.
fn clean(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (key, _) in std::env::vars_os() {
        if key.to_str().is_some_and(|key| key.starts_with("TOWLINE_") || key.starts_with("TMUX")) {
            command.env_remove(&key);
        }
    }
    command
}

/// A program that waits for input for ever and does nothing. Two words, so that tmux runs it
/// without a shell around it.
pub(crate) fn quiet() -> Vec<OsString> {
    vec!["cat".into(), "-".into()]
}
