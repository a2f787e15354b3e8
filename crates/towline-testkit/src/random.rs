//! Random moments, which can be had again: each test says its seed where it fails.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Random numbers (xorshift64*). `TOWLINE_SEED` gives those of an earlier run.
#[derive(Debug)]
pub struct Random(u64);

impl Default for Random {
    fn default() -> Self {
        Self::new()
    }
}

impl Random {
    /// Says its seed; what a test says is shown where it fails.
    #[allow(clippy::print_stderr, reason = "what a test says is shown where it fails")]
    pub fn new() -> Self {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |now| now.as_nanos());
        let given = std::env::var("TOWLINE_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| u64::try_from(now() % (1 << 60)).unwrap_or(1)) | 1;
        eprintln!("TOWLINE_SEED={seed}");
        Self(seed)
    }

    /// Those of a seed, for one of several that a test begins from one.
    pub fn seeded(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % end
    }

    /// Lets some time pass, less than so many milliseconds.
    pub fn moment(&mut self, below_ms: u64) {
        std::thread::sleep(Duration::from_micros(self.below(below_ms * 1000)));
    }
}
