//! When an exchange may begin: pure.

use std::time::Duration;

use tokio::time::Instant;

/// After an exchange the next one of the same files waits for so long: many changes in a row make few exchanges.
const REST: Duration = Duration::from_millis(300);

/// The shortest and the longest pause after one that failed.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// The pace of one exchange.
#[derive(Debug, Default)]
pub(super) struct Pace {
    running: bool,
    failures: u32,
    not_before: Option<Instant>,
}

impl Pace {
    /// Whether it may begin now.
    pub(super) fn may_begin(&self, now: Instant) -> bool {
        !self.running && self.not_before.is_none_or(|at| at <= now)
    }

    /// When to look again, where only the time is missing.
    pub(super) fn next(&self) -> Option<Instant> {
        self.not_before.filter(|_| !self.running)
    }

    /// It begins.
    pub(super) fn begin(&mut self) {
        self.running = true;
    }

    /// It is over.
    pub(super) fn end(&mut self, now: Instant, worked: bool) {
        self.running = false;
        let pause = match worked {
            true => {
                self.failures = 0;
                REST
            }
            false => {
                let pause = PAUSES.0.saturating_mul(1 << self.failures.min(16)).min(PAUSES.1);
                self.failures += 1;
                pause
            }
        };
        self.not_before = Some(now + pause);
    }

    /// What stood in the way may be gone: it is not waited for any longer.
    pub(super) fn hope(&mut self) {
        self.failures = 0;
        self.not_before = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_tried_again_ever_more_slowly() {
        let mut pace = Pace::default();
        let now = Instant::now();
        assert!(pace.may_begin(now));
        let mut pauses = Vec::new();
        for _ in 0..11 {
            pace.begin();
            assert!(!pace.may_begin(now) && pace.next().is_none());
            pace.end(now, false);
            pauses.push((pace.next().unwrap() - now).as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        pace.hope();
        assert!(pace.may_begin(now));
        pace.begin();
        pace.end(now, true);
        assert!(!pace.may_begin(now) && pace.may_begin(now + REST));
    }
}
