//! ssh: the system's own, which has the user's keys, agent and configuration.
//!
//! Each host has one master connection; sessions share it, so that only the first pays for the handshake. ssh closes
//! what descriptors it inherits beside the standard streams.

mod argv;
mod control;
mod master;
mod script;
mod verb;
mod words;

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::{DialError, DialOptions, Dialed, Way, Words};
use crate::hosts::{Address, Host};
use script::Found;

pub(crate) use words::{LastLines, classify as why_ssh_ended};

pub use argv::{ssh_argv, ssh_words};
pub use master::{connect_master, disconnect_master};
pub use script::FIND_PROGRAM;
pub use verb::run_there;

/// How long a session on a master that is up already may take to say something, at most. After that the master's own
/// link is taken for dead (the machine slept, the network changed), and a new one is tried with the time that is left.
const SHARED_PATIENCE: Duration = Duration::from_secs(4);

/// How long an ssh that has closed its output may take to say why.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A running ssh.
#[derive(Debug)]
pub struct Ssh {
    /// Ends with this: it is killed.
    _child: Child,
    lines: LastLines,
    /// Dropped by its reader at the end of standard error.
    said_all: watch::Receiver<()>,
    destination: String,
}

impl Ssh {
    /// Waits, shortly, until it has said all that it has to say.
    pub(super) async fn said_all(&self) {
        let mut said_all = self.said_all.clone();
        let _ = timeout(LAST_WORDS, said_all.changed()).await;
    }

    /// Whether it was a `tow` over there that said why it failed, and not ssh.
    fn is_of_tow(&self) -> bool {
        words::of_tow(&self.destination, &self.lines.get()).is_some()
    }

    /// What a `tow` over there said of its failure, else ssh's own last line.
    pub(super) fn said(&self) -> Option<Words> {
        let lines = self.lines.get();
        let tow = words::of_tow(&self.destination, &lines);
        tow.or_else(|| lines.last().map(|line| Words { message: line.clone(), hints: Vec::new() }))
    }
}

/// Opens a stream to the `tow proxy` of a host.
pub(super) async fn dial(host: &Host, options: &DialOptions) -> Result<Dialed, DialError> {
    dial_verb(host, options, script::PROXY).await
}

/// Opens a stream to a verb of a host's `tow`.
async fn dial_verb(
    host: &Host,
    options: &DialOptions,
    verb: &'static str,
) -> Result<Dialed, DialError> {
    if !matches!(host.address, Address::Ssh { .. }) {
        return Err(DialError::Unreachable(format!("{} is no address of ssh", host.address)));
    }
    let end = Instant::now() + options.patience();
    if options.anew {
        master::retire(host, options).await;
    } else if master::is_up(host, options).await {
        let soon = (Instant::now() + SHARED_PATIENCE).min(end - options.patience() / 2);
        match session(host, options, verb, soon).await {
            Err(Failure::Silent) => master::retire(host, options).await,
            outcome => return outcome.map_err(|failure| failure.into_error(host)),
        }
    }
    session(host, options, verb, end).await.map_err(|failure| failure.into_error(host))
}

/// Why a session came to nothing.
enum Failure {
    /// It said nothing in time.
    Silent,
    /// ssh ended; its last lines.
    Ended(Vec<String>),
    /// What is known for certain.
    Error(DialError),
}

impl Failure {
    fn into_error(self, host: &Host) -> DialError {
        match self {
            Self::Silent => DialError::Unreachable("Connection timed out".into()),
            Self::Ended(lines) => {
                words::classify(&host.alias, &argv::ssh_words(&host.address), &lines)
            }
            Self::Error(error) => error,
        }
    }
}

async fn session(
    host: &Host,
    options: &DialOptions,
    verb: &'static str,
    end: Instant,
) -> Result<Dialed, Failure> {
    let argv = ssh_argv(host, options, &[], Some(script::COMMAND));
    let mut command = master::command(&argv, options);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let no_ssh = |error| Failure::Error(master::cannot_run(&error));
    let mut child = command.spawn().map_err(no_ssh)?;
    let (Some(mut stdin), Some(mut stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(no_ssh(std::io::ErrorKind::BrokenPipe.into()));
    };
    let lines = LastLines::default();
    let reading = lines.clone();
    let (reader_lives, mut said_all) = watch::channel(());
    tokio::spawn(async move {
        reading.read(stderr).await;
        drop(reader_lives);
    });
    let found = timeout_at(end, look(host, verb, &mut stdin, &mut stdout)).await;
    match found {
        Err(_) => Err(Failure::Silent),
        Ok(Some(Found::Tow(first))) => {
            let destination = ssh_words(&host.address);
            let ssh = Ssh { _child: child, lines, said_all, destination };
            Ok(Dialed {
                reader: Box::new(std::io::Cursor::new(first).chain(stdout)),
                writer: Box::new(stdin),
                way: Way::Ssh(Box::new(ssh)),
            })
        }
        Ok(Some(Found::None(tmux))) => Err(Failure::Error(DialError::NoTowline { tmux })),
        Ok(Some(Found::Nothing) | None) => {
            drop((stdin, stdout));
            let _ = timeout(LAST_WORDS, said_all.changed()).await;
            Err(Failure::Ended(lines.get()))
        }
    }
}

/// Gives the script to the shell and reads what it finds; `None` where the stream broke.
async fn look(
    host: &Host,
    verb: &'static str,
    stdin: &mut ChildStdin,
    stdout: &mut ChildStdout,
) -> Option<Found> {
    let input = script::standard_input(verb, host.tow.as_deref(), host.tmux.as_deref());
    stdin.write_all(&input).await.ok()?;
    stdin.flush().await.ok()?;
    script::find(stdout).await.ok()
}
