//! What the server asks for.

use std::time::{Duration, Instant};

use towline_journal::now;

use super::{BUFFER, Holder};
use crate::wire::{FromHolder, ToHolder, VERSION, Welcome};

/// How long the terminal has another size when the program is to paint itself again. At once would not do:
/// a program that looks at the size only when it gets to it would see no change.
const NUDGE: Duration = Duration::from_millis(50);

/// The highest signal number of Linux (`_NSIG` in signal(7)).
const SIGNAL_MAX: i32 = 64;

impl Holder {
    /// Reads what the server has sent, and does it.
    pub(super) fn hear_server(&mut self) {
        let Some(server) = &mut self.server else { return };
        if self.buffer.is_empty() {
            self.buffer = vec![0; BUFFER];
        }
        let mut alive = server.read(&mut self.buffer);
        // Taken out, as messages borrow from it.
        let mut decoder = std::mem::take(&mut server.decoder);
        loop {
            match decoder.next() {
                Ok(Some(message)) => self.handle(message),
                Ok(None) => break,
                // It doesn't speak this protocol.
                Err(_) => {
                    alive = false;
                    break;
                }
            }
        }
        if let Some(server) = &mut self.server {
            server.decoder = decoder;
        }
        if !alive {
            self.lose_server(Instant::now());
        }
    }

    fn handle(&mut self, message: ToHolder<'_>) {
        if !matches!(message, ToHolder::Hello { .. })
            && !self.server.as_ref().is_some_and(|server| server.greeted)
        {
            return;
        }
        match message {
            ToHolder::Hello { live_from } => self.welcome(live_from),
            ToHolder::Live { offset } => self.go_live(offset),
            ToHolder::Open { client, again } => {
                let last = self.inputs.open(client, again);
                let unknown = last.is_none();
                self.tell(&FromHolder::Opened { client, last: last.unwrap_or(0), unknown });
            }
            ToHolder::Input { client, seq, more, data } => {
                let status = self.inputs.take(client, seq, more, data);
                if let Some(status) = status {
                    self.tell(&FromHolder::Ack { client, seq, status });
                }
                if self.pty.is_none() {
                    // What was written before the end stays a duplicate; the rest never will be.
                    let done = self.inputs.end();
                    self.acknowledge(&done);
                }
            }
            ToHolder::Resize { cols, rows } => self.resize(cols.max(1), rows.max(1)),
            ToHolder::Consumed { offset } => self.lag.consumed(offset.min(self.journal.head())),
            ToHolder::Kill { grace_ms } => {
                self.order_kill(Duration::from_millis(grace_ms.into()));
            }
            ToHolder::Signal { signal } => {
                if let Some(pty) = &self.pty
                    && (1..=SIGNAL_MAX).contains(&signal)
                {
                    pty.signal(self.child, signal);
                }
            }
            ToHolder::Release => self.release(),
            ToHolder::Nudge => self.nudge(),
        }
    }

    fn welcome(&mut self, live_from: Option<u64>) {
        let welcome = Welcome {
            version: VERSION,
            pane_id: self.pane_id,
            holder_pid: std::process::id(),
            child_pid: self.child.cast_unsigned(),
            head: self.journal.head(),
            cols: self.size.0,
            rows: self.size.1,
            degraded: self.journal.degraded(),
            exit: self.exited(),
            started_at: self.started_at,
        };
        if let Some(server) = &mut self.server {
            server.greeted = true;
        }
        self.tell(&FromHolder::Welcome(welcome));
        if let Some(offset) = live_from {
            self.go_live(offset);
        }
    }

    fn go_live(&mut self, mut offset: u64) {
        let head = self.journal.head();
        if self.lost_from.is_some_and(|lost| (lost..head).contains(&offset)) {
            // The journal can't give what is missing, so that reading it would lead here for ever.
            let time = now();
            let (cols, rows) = self.journal.size();
            self.tell(&FromHolder::Gap { offset, time, to: head });
            // A change of it may be lost as well.
            self.tell(&FromHolder::Resized { offset: head, time, cols, rows });
            offset = head;
        }
        // Who asks for what comes after an offset has taken in what is before it.
        self.lag.consumed(offset.min(head));
        if let Some(server) = &mut self.server {
            server.outbox.go_live(offset, head);
        }
    }

    fn resize(&mut self, cols: u16, rows: u16) {
        self.nudge_back = None;
        self.size = (cols, rows);
        self.set_size((cols, rows));
    }

    fn nudge(&mut self) {
        let (cols, rows) = self.size;
        if self.pty.is_none() || self.nudge_back.is_some() {
            return;
        }
        let other = if rows > 1 { rows - 1 } else { rows + 1 };
        self.set_size((cols, other));
        self.nudge_back = Some(Instant::now() + NUDGE);
    }
}
