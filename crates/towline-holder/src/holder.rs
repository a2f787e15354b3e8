//! The holder at work: one loop that waits for whatever comes next.

mod ending;
mod output;
mod server;

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use towline_journal::{Micros, Writer};

use crate::connection::Connection;
use crate::input::{Done, Inputs};
use crate::kill::Kill;
use crate::lag::Lag;
use crate::linux::ChildSignals;
use crate::place;
use crate::pty::Pty;
use crate::wire::FromHolder;

use ending::Ending;
use output::HungUp;

/// How much is read at once from the terminal or the server: the longest record of a journal.
const BUFFER: usize = towline_journal::RECORD_MAX;

/// How often a journal that can't be written is tried again while the program is quiet.
const JOURNAL_RETRY: Duration = Duration::from_secs(2);

/// What a holder begins with.
pub(crate) struct Parts {
    pub(crate) dir: PathBuf,
    /// Held for life.
    pub(crate) lock: File,
    pub(crate) pane_id: u64,
    pub(crate) child: i32,
    pub(crate) started_at: Micros,
    /// Columns and rows.
    pub(crate) size: (u16, u16),
    pub(crate) journal: Writer,
    pub(crate) listener: UnixListener,
    pub(crate) signals: ChildSignals,
    pub(crate) pty: Pty,
}

/// A holder whose program was started.
pub(crate) struct Holder {
    dir: PathBuf,
    _lock: File,
    pane_id: u64,
    child: i32,
    started_at: Micros,
    size: (u16, u16),
    journal: Writer,
    /// From where on the journal has lost output, if it does so now.
    lost_from: Option<u64>,
    listener: UnixListener,
    signals: ChildSignals,
    /// `None` once the program's end is recorded.
    pty: Option<Pty>,
    /// Nobody has the terminal open, though the program lives.
    hung_up: Option<HungUp>,
    ending: Ending,
    server: Option<Connection>,
    inputs: Inputs,
    lag: Lag,
    kill: Option<Kill>,
    /// When the size goes back to what it is, after it was changed to make the program paint.
    nudge_back: Option<Instant>,
    buffer: Vec<u8>,
}

/// What there is to do after waiting.
#[derive(Default)]
struct Ready {
    children: bool,
    newcomer: bool,
    server: bool,
    terminal: bool,
}

impl Holder {
    pub(crate) fn new(parts: Parts) -> Self {
        let lost_from = parts.journal.degraded().then(|| parts.journal.head());
        Self {
            dir: parts.dir,
            _lock: parts.lock,
            pane_id: parts.pane_id,
            child: parts.child,
            started_at: parts.started_at,
            size: parts.size,
            journal: parts.journal,
            lost_from,
            listener: parts.listener,
            signals: parts.signals,
            pty: Some(parts.pty),
            hung_up: None,
            ending: Ending::Running,
            server: None,
            inputs: Inputs::default(),
            lag: Lag::default(),
            kill: None,
            nudge_back: None,
            buffer: Vec::new(),
        }
    }

    /// Holds the pane until it is over.
    pub(crate) fn run(&mut self) {
        loop {
            let now = Instant::now();
            self.do_what_is_due(now);
            self.write_input(now);
            if let Some(server) = &mut self.server
                && server.outbox.patience().is_none_or(|until| now >= until)
                && !server.flush(self.journal.head())
            {
                self.lose_server(now);
            }
            if self.is_over(now) {
                break;
            }
            let ready = self.wait(now);
            if ready.server {
                self.hear_server();
            }
            if ready.newcomer
                && let Some(newcomer) = Connection::accept(&self.listener)
            {
                // The one before is closed: a server that was started anew, or lost its connection.
                self.server = Some(newcomer);
                self.lag = Lag::default();
            }
            if ready.terminal {
                self.read_terminal();
            }
            if ready.children {
                self.reap();
            }
        }
        place::remove_socket(&self.dir);
    }

    /// Does what was put off until now.
    fn do_what_is_due(&mut self, now: Instant) {
        if self.nudge_back.is_some_and(|at| now >= at) {
            self.nudge_back = None;
            let size = self.size;
            self.set_size(size);
        }
        if self.hung_up.as_ref().is_some_and(|hung_up| now >= hung_up.next) {
            self.read_terminal();
        }
        self.tick_kill(now);
        self.end_if_drained(now);
        if self.lost_from.is_some() && self.journal.trouble_age() >= Some(JOURNAL_RETRY) {
            self.journal.retry(towline_journal::now());
            self.note_journal();
        }
    }

    /// When [`do_what_is_due`](Self::do_what_is_due) has something to do.
    fn deadline(&mut self, now: Instant) -> Option<Instant> {
        let retry = self.journal.trouble_age().map(|age| now + JOURNAL_RETRY.saturating_sub(age));
        [
            self.nudge_back,
            self.hung_up.as_ref().map(|hung_up| hung_up.next),
            self.kill_deadline(),
            self.ending.deadline(self.server.is_some()),
            self.inputs.deadline(),
            self.lag_deadline(now),
            self.server.as_ref().and_then(|server| server.outbox.patience()),
            retry,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Until when the terminal is left unread for the server's sake.
    fn lag_deadline(&mut self, now: Instant) -> Option<Instant> {
        if self.server.is_none() || !matches!(self.ending, Ending::Running) {
            return None;
        }
        self.lag.pause_until(self.journal.head(), now)
    }

    /// Waits until something comes or is due.
    fn wait(&mut self, now: Instant) -> Ready {
        let timeout = self.deadline(now).map(|at| {
            let left = at.saturating_duration_since(now);
            // Rounded up, or it would wake a little too early and spin.
            let left = left + Duration::from_micros(100);
            Timespec {
                tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            }
        });
        let paused = self.lag_deadline(now).is_some();
        let mut terminal_wants = PollFlags::empty();
        if !paused {
            terminal_wants |= PollFlags::IN;
        }
        if self.inputs.wants_to_write(now) {
            terminal_wants |= PollFlags::OUT;
        }
        let mut fds = vec![
            PollFd::from_borrowed_fd(self.signals.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.listener.as_fd(), PollFlags::IN),
        ];
        let mut server_at = None;
        if let Some(server) = &self.server {
            let mut wants = PollFlags::empty();
            if !self.inputs.is_full() && !server.outbox.is_full() {
                wants |= PollFlags::IN;
            }
            if !server.outbox.is_empty() && server.outbox.patience().is_none() {
                wants |= PollFlags::OUT;
            }
            server_at = Some(fds.len());
            fds.push(PollFd::from_borrowed_fd(server.as_fd(), wants));
        }
        let mut terminal_at = None;
        if let Some(pty) = &self.pty
            // A terminal that nobody has open would wake at once, for ever.
            && self.hung_up.is_none()
            && !terminal_wants.is_empty()
        {
            terminal_at = Some(fds.len());
            fds.push(PollFd::from_borrowed_fd(pty.as_fd(), terminal_wants));
        }
        // EINTR can't be, as no signal has a handler; other errors show in what is read.
        let _ = poll(&mut fds, timeout.as_ref());
        let readable = PollFlags::IN | PollFlags::HUP | PollFlags::ERR;
        let is_ready = |at: usize| fds[at].revents().intersects(readable);
        Ready {
            children: is_ready(0),
            newcomer: is_ready(1),
            server: server_at.is_some_and(is_ready),
            terminal: terminal_at.is_some_and(is_ready),
        }
    }

    fn write_input(&mut self, now: Instant) {
        let Some(pty) = &mut self.pty else { return };
        for Done { client, seq, status } in self.inputs.write_to(pty, now) {
            if let Some(server) = self.server.as_mut().filter(|server| server.greeted) {
                server.outbox.push_patiently(&FromHolder::Ack { client, seq, status }, now);
            }
        }
    }

    fn acknowledge(&mut self, done: &[Done]) {
        for &Done { client, seq, status } in done {
            self.tell(&FromHolder::Ack { client, seq, status });
        }
    }

    /// Tells the server something that must not be dropped, if there is one.
    fn tell(&mut self, message: &FromHolder<'_>) {
        if let Some(server) = self.server.as_mut().filter(|server| server.greeted) {
            server.outbox.push(message);
        }
    }

    fn lose_server(&mut self, now: Instant) {
        self.server = None;
        self.ending.left_alone(now);
    }
}
