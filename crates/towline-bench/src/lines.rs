//! A command that goes on, and the lines it prints, each with the time at which it came.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::interrupt;

/// How often a wait looks whether this process shall stop. A line is noticed at once.
const STOP_INTERVAL: Duration = Duration::from_millis(100);

/// A running command; it is ended when this is dropped.
pub(crate) struct Lines {
    child: Child,
    lines: Receiver<(Instant, String)>,
    thread: Option<JoinHandle<()>>,
}

impl Lines {
    /// Starts it. Its standard input is a pipe that stays open.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command
            .spawn()
            .with_context(|| format!("starting {}", command.get_program().display()))?;
        let stdout = child.stdout.take().context("standard output was not piped")?;
        let (sender, lines) = channel();
        let read = move || {
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                if sender.send((Instant::now(), line)).is_err() {
                    break;
                }
            }
        };
        let thread = std::thread::Builder::new().name("lines".to_owned()).spawn(read);
        Ok(Self { child, lines, thread: Some(thread.context("starting a thread")?) })
    }

    /// Drops what has come already.
    pub(crate) fn skip(&self) {
        self.lines.try_iter().for_each(drop);
    }

    /// When the next line came that is `right`; those before it are dropped.
    pub(crate) fn wait(
        &self,
        deadline: Instant,
        what: &str,
        right: impl Fn(&str) -> bool,
    ) -> Result<Instant> {
        loop {
            match self.lines.recv_timeout(STOP_INTERVAL) {
                Ok((time, line)) if right(&line) => return Ok(time),
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => bail!("the command ended before {what}"),
                Err(RecvTimeoutError::Timeout) if Instant::now() > deadline => {
                    bail!("timed out waiting for {what}")
                }
                Err(RecvTimeoutError::Timeout) => interrupt::check()?,
            }
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
