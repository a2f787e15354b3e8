//! How long somebody who failed to prove itself is kept waiting, and how often that is logged.
//!
//! The wait is the same for all: behind a tunnel the owner comes from the same address as everybody else. So it is short,
//! and whoever proves itself never waits.

use std::time::{Duration, Instant};

/// The first wait.
const FIRST: Duration = Duration::from_millis(20);

/// The longest.
const LONGEST: Duration = Duration::from_secs(1);

/// The log gets a line at most so often.
const LOG: Duration = Duration::from_secs(1);

/// What failed lately.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// In a row.
    count: u32,
    logged: Option<Instant>,
    /// Since the log's last line.
    unlogged: u32,
}

impl Failures {
    /// One more: how long it waits, and where a line of the log is due, how many it stands for.
    pub(super) fn failed(&mut self, now: Instant) -> (Duration, Option<u32>) {
        let wait = FIRST.saturating_mul(1 << self.count.min(16)).min(LONGEST);
        self.count = self.count.saturating_add(1);
        self.unlogged += 1;
        let due = self.logged.is_none_or(|last| now.duration_since(last) >= LOG);
        let log = due.then(|| std::mem::take(&mut self.unlogged));
        if due {
            self.logged = Some(now);
        }
        (wait, log)
    }

    /// Somebody has proved itself.
    pub(super) fn succeeded(&mut self) {
        self.count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_second_and_the_log_does_not() {
        let mut failures = Failures::default();
        let start = Instant::now();
        let waits: Vec<_> = (0..8).map(|_| failures.failed(start)).collect();
        let milliseconds: Vec<_> = waits.iter().map(|(wait, _)| wait.as_millis()).collect();
        assert_eq!(milliseconds, [20, 40, 80, 160, 320, 640, 1000, 1000]);
        assert_eq!(waits.iter().filter_map(|(_, log)| *log).collect::<Vec<_>>(), [1]);
        failures.succeeded();
        assert_eq!(failures.failed(start + LOG), (FIRST, Some(8)));
    }
}
