//! The end of the program, of what it started, and of the holder.

use std::time::{Duration, Instant};

use rustix::process::{WaitOptions, WaitStatus, wait};
use towline_journal::{ExitStatus, Record, now};

use super::Holder;
use crate::kill::Kill;
use crate::pty::ReadEnd;
use crate::wire::{Exited, FromHolder};

/// After the program's end its last output is there when nothing came for so long.
const QUIET: Duration = Duration::from_millis(50);

/// How long output after the program's end is taken at most: a process that it left behind may print
/// for ever.
const DRAIN_MAX: Duration = Duration::from_millis(500);

/// How long a holder stays after the program's end without a server: long enough for one that is just
/// being started, which otherwise reads of the end in the journal.
const ALONE: Duration = Duration::from_secs(3);

/// How far the end has come.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    /// The program lives.
    Running,
    /// It has ended; its last output is being read.
    Draining { status: ExitStatus, quiet_at: Instant, latest: Instant },
    /// Its end is recorded.
    Ended {
        exited: Exited,
        /// The server has noted it.
        released: bool,
        /// Since when there is no server.
        alone_since: Instant,
    },
}

impl Ending {
    /// Something was read from the terminal.
    pub(super) fn heard(&mut self, now: Instant, output: bool, end: ReadEnd) {
        if let Self::Draining { quiet_at, .. } = self {
            if end == ReadEnd::HungUp {
                *quiet_at = now;
            } else if output {
                *quiet_at = now + QUIET;
            }
        }
    }

    /// The server is gone.
    pub(super) fn left_alone(&mut self, now: Instant) {
        if let Self::Ended { alone_since, .. } = self {
            *alone_since = now;
        }
    }

    pub(super) fn deadline(&self, has_server: bool) -> Option<Instant> {
        match *self {
            Self::Running => None,
            Self::Draining { quiet_at, latest, .. } => Some(quiet_at.min(latest)),
            Self::Ended { .. } if has_server => None,
            Self::Ended { alone_since, .. } => Some(alone_since + ALONE),
        }
    }
}

impl Holder {
    /// Takes note of all children that have ended.
    pub(super) fn reap(&mut self) {
        self.signals.clear();
        let at = Instant::now();
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            if pid.as_raw_nonzero().get() == self.child && matches!(self.ending, Ending::Running) {
                self.ending = Ending::Draining {
                    status: exit_status(status),
                    quiet_at: at + QUIET,
                    latest: at + DRAIN_MAX,
                };
                // Nobody may have it open: then this is the end of it.
                self.read_terminal();
            }
        }
        if let Some(kill) = &mut self.kill {
            kill.look_now(at);
        }
    }

    /// Records the program's end once its last output is read.
    pub(super) fn end_if_drained(&mut self, at: Instant) {
        let Ending::Draining { status, quiet_at, latest } = self.ending else { return };
        if at < quiet_at.min(latest) {
            return;
        }
        let time = now();
        let exited = Exited { offset: self.journal.head(), time, status };
        self.record(time, Record::Exit(status));
        self.ending = Ending::Ended { exited, released: false, alone_since: at };
        // Hangs up on what the program left behind, as a terminal does that is closed.
        self.pty = None;
        self.hung_up = None;
        self.nudge_back = None;
        let done = self.inputs.end();
        self.acknowledge(&done);
        self.tell(&FromHolder::Exited(exited));
    }

    /// Begins to end the program and all it started.
    pub(super) fn order_kill(&mut self, grace: Duration) {
        let now = Instant::now();
        match &mut self.kill {
            Some(kill) => kill.hasten(now, grace),
            None => {
                let own = std::process::id().cast_signed();
                self.kill = Some(Kill::new(own, now, grace));
            }
        }
    }

    /// When [`tick_kill`](Self::tick_kill) is due. The program's own end is told first.
    pub(super) fn kill_deadline(&self) -> Option<Instant> {
        let waits = matches!(self.ending, Ending::Draining { .. });
        self.kill.as_ref().filter(|_| !waits).map(Kill::deadline)
    }

    pub(super) fn tick_kill(&mut self, now: Instant) {
        if self.kill_deadline().is_none_or(|at| now < at) {
            return;
        }
        let Some(kill) = &mut self.kill else { return };
        if let Some(remaining) = kill.tick(now) {
            let running = matches!(self.ending, Ending::Running);
            // None left, but the program not reaped yet: its signal is on the way. Or it is spared itself, and
            // stays.
            if remaining == 0 && running && !kill.gives_up(now) {
                return;
            }
            self.kill = None;
            self.tell(&FromHolder::KillDone { remaining: remaining.max(running.into()) });
        }
    }

    pub(super) fn release(&mut self) {
        if let Ending::Ended { released, .. } = &mut self.ending {
            *released = true;
        }
    }

    /// Whether there is nothing left to hold.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        let Ending::Ended { released, alone_since, .. } = self.ending else { return false };
        self.kill.is_none()
            && match &self.server {
                Some(server) => released && server.outbox.is_empty(),
                None => released || now >= alone_since + ALONE,
            }
    }

    /// How the program ended, once that is recorded.
    pub(super) fn exited(&self) -> Option<Exited> {
        match self.ending {
            Ending::Ended { exited, .. } => Some(exited),
            Ending::Running | Ending::Draining { .. } => None,
        }
    }
}

fn exit_status(status: WaitStatus) -> ExitStatus {
    if let Some(code) = status.exit_status() {
        ExitStatus::Code(code)
    } else if let Some(signal) = status.terminating_signal() {
        ExitStatus::Signal(signal)
    } else {
        ExitStatus::Lost
    }
}
