//! What the program prints: recorded, then passed on.

use std::time::{Duration, Instant};

use towline_journal::{Micros, Record, now};

use super::{BUFFER, Holder};
use crate::pty::ReadEnd;
use crate::wire::FromHolder;

/// How soon a terminal that nobody has open is looked at again; twice as long each time, up to
/// [`RECHECK_MAX`].
const RECHECK_MIN: Duration = Duration::from_millis(10);

/// A program that opens its terminal again is heard after this at the latest.
const RECHECK_MAX: Duration = Duration::from_secs(1);

/// When a terminal that nobody has open is looked at again.
pub(super) struct HungUp {
    pub(super) next: Instant,
    interval: Duration,
}

impl Holder {
    /// Reads one batch of output, records it and passes it on.
    pub(super) fn read_terminal(&mut self) {
        let Some(pty) = &self.pty else { return };
        // Taken while it is in use, and made when it is first needed.
        let mut buffer = std::mem::take(&mut self.buffer);
        if buffer.is_empty() {
            buffer = vec![0; BUFFER];
        }
        let (length, end) = pty.read(&mut buffer);
        if length > 0 {
            self.record_output(&buffer[..length]);
        }
        self.buffer = buffer;
        let now = Instant::now();
        self.ending.heard(now, length > 0, end);
        self.hung_up = match (end, self.hung_up.take()) {
            (ReadEnd::HungUp, Some(before)) if length == 0 => {
                let interval = (before.interval * 2).min(RECHECK_MAX);
                Some(HungUp { next: now + interval, interval })
            }
            (ReadEnd::HungUp, _) => Some(HungUp { next: now + RECHECK_MIN, interval: RECHECK_MIN }),
            (ReadEnd::Full | ReadEnd::Dry, _) => None,
        };
    }

    fn record_output(&mut self, data: &[u8]) {
        let time = now();
        let offset = self.journal.head();
        self.record(time, Record::Output(data));
        if let Some(server) = &mut self.server
            && server.outbox.is_live()
        {
            server.outbox.push_output(&FromHolder::Output { offset, time, data });
            if !server.flush(self.journal.head()) {
                self.lose_server(Instant::now());
            }
        }
    }

    /// Appends to the journal, and tells the server when that begins or ceases to lose output.
    pub(super) fn record(&mut self, time: Micros, record: Record<'_>) {
        let before = self.journal.head();
        // Only a gap can be refused, and a holder appends none.
        let _ = self.journal.append(time, record);
        if self.journal.degraded() && self.lost_from.is_none() {
            self.lost_from = Some(before);
            self.tell(&FromHolder::Degraded { on: true });
        } else if !self.journal.degraded() && self.lost_from.is_some() {
            self.found_again(time, before);
        }
    }

    /// Sees whether the journal goes on.
    pub(super) fn note_journal(&mut self) {
        if !self.journal.degraded() && self.lost_from.is_some() {
            self.found_again(now(), self.journal.head());
        }
    }

    /// The journal goes on, and has all from `to` on.
    fn found_again(&mut self, time: Micros, to: u64) {
        let Some(offset) = self.lost_from.take() else { return };
        if to > offset {
            self.tell(&FromHolder::Gap { offset, time, to });
        }
        self.tell(&FromHolder::Degraded { on: false });
    }

    /// Gives the terminal a size and records it, unless the program is over.
    pub(super) fn set_size(&mut self, (cols, rows): (u16, u16)) {
        // What was printed before belongs before it.
        self.read_terminal();
        let Some(pty) = &self.pty else { return };
        if pty.set_size((cols, rows)).is_err() {
            return;
        }
        let time = now();
        let offset = self.journal.head();
        self.record(time, Record::Resize { cols, rows });
        self.tell(&FromHolder::Resized { offset, time, cols, rows });
    }
}
