//! How many handshakes are begun a second. Each costs the thread that also carries keystrokes some tenths of a
//! millisecond, whoever asks for it; so a flood of them is spread out. Somebody who comes alone never waits.

use std::time::{Duration, Instant};

/// The time between two, once there were many.
const INTERVAL: Duration = Duration::from_millis(2);

/// So many may begin at once.
const BURST: u32 = 64;

/// When the next handshake may begin.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When the last one's time is used up.
    used_up: Option<Instant>,
}

impl Pace {
    /// When a handshake that is wanted now may begin.
    pub(super) fn turn(&mut self, now: Instant) -> Instant {
        let allowance = INTERVAL * BURST;
        let before = self.used_up.filter(|used_up| *used_up > now).unwrap_or(now);
        let used_up = before + INTERVAL;
        self.used_up = Some(used_up);
        used_up.checked_sub(allowance).filter(|turn| *turn > now).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_begin_at_once_and_many_one_after_the_other() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        for _ in 0..BURST {
            assert_eq!(pace.turn(now), now);
        }
        assert_eq!(pace.turn(now), now + INTERVAL);
        assert_eq!(pace.turn(now), now + INTERVAL * 2);
        let later = now + Duration::from_secs(1);
        assert_eq!(pace.turn(later), later, "what was not used is there again");
    }
}
