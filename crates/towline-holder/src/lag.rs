//! When the holder stops reading the terminal, so that the server can catch up.

use std::time::{Duration, Instant};

/// How far the server may be behind before the program has to wait for it, in bytes. Half of what a journal
/// keeps, so that the server still finds in it what it needs.
const LAG_MAX: u64 = 8 * 1024 * 1024;

/// How long the program waits for a server that makes no progress.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far the connected server has come.
#[derive(Debug, Default)]
pub(crate) struct Lag {
    /// The offset up to which it has taken in the output; `None` if it never told.
    consumed: Option<u64>,
    /// Since when the program has been waiting without progress.
    waiting_since: Option<Instant>,
}

impl Lag {
    /// The server tells how far it is.
    pub(crate) fn consumed(&mut self, offset: u64) {
        if self.consumed.is_none_or(|before| offset > before) {
            self.consumed = Some(offset);
            self.waiting_since = None;
        }
    }

    /// Whether the terminal is to be left unread now, and if so until when at most.
    pub(crate) fn pause_until(&mut self, head: u64, now: Instant) -> Option<Instant> {
        let consumed = self.consumed?;
        if head.saturating_sub(consumed) <= LAG_MAX {
            self.waiting_since = None;
            return None;
        }
        let until = *self.waiting_since.get_or_insert(now) + PATIENCE;
        (now < until).then_some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_waits_a_second_per_progress_at_most() {
        let start = Instant::now();
        let later = |ms| start + Duration::from_millis(ms);
        let mut lag = Lag::default();
        assert_eq!(lag.pause_until(u64::MAX, start), None, "a server that tells nothing");
        lag.consumed(100);
        assert_eq!(lag.pause_until(100 + LAG_MAX, start), None);
        let head = 101 + LAG_MAX;
        assert_eq!(lag.pause_until(head, start), Some(later(1000)));
        assert_eq!(lag.pause_until(head, later(999)), Some(later(1000)));
        assert_eq!(lag.pause_until(head, later(1000)), None);
        assert_eq!(lag.pause_until(head + LAG_MAX, later(5000)), None, "it stays given up");
        lag.consumed(100);
        assert_eq!(lag.pause_until(head + LAG_MAX, later(5000)), None, "that was no progress");
        lag.consumed(102);
        assert_eq!(lag.pause_until(head + LAG_MAX, later(5000)), Some(later(6000)));
        lag.consumed(head + LAG_MAX);
        assert_eq!(lag.pause_until(head + LAG_MAX, later(5001)), None);
    }
}
