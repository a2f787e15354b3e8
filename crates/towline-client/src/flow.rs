//! How much of a long stream may be under way: about what the link carries in a round trip. With less a long link is not
//! used; with more the rest waits in front of a thin one, and the echo of a key behind it.

use std::time::{Duration, Instant};

use towline_protocol::STREAM_CHUNK;

/// The window that a stream begins with, and the least it has, in bytes: four of the largest frames.
const LEAST: u64 = 64 * 1024;

/// The most, in bytes: 100 Mbit/s over 80 ms.
const MOST: u64 = 1024 * 1024;

/// Credit is given back in parts of the window of this size, so that it doesn't cost a frame for each that comes.
const PART: u64 = 16;

/// What a round trip may take longer for other reasons than a queue: the sender, or this machine, was busy.
const JITTER: Duration = Duration::from_millis(10);

/// The window of one stream, as its reader keeps it. A byte that can't be sent before a certain credit has arrived shows
/// how long a round trip takes, with all that waits on the way; the window grows while that stays what it was at best.
#[derive(Debug)]
pub struct Flow {
    window: u64,
    /// All credit so far, and all bytes that have come.
    granted: u64,
    received: u64,
    /// Bytes that show, when they come, that a credit had arrived that was given then.
    probe: Option<(u64, Instant)>,
    /// The shortest round trip.
    best: Option<Duration>,
}

impl Default for Flow {
    fn default() -> Self {
        Self { window: LEAST, granted: LEAST, received: 0, probe: None, best: None }
    }
}

impl Flow {
    /// The credit to open the stream with.
    pub fn first(&self) -> u64 {
        self.granted
    }

    /// So many bytes have come, and were used. Returns the credit to give; 0 while it isn't worth a frame.
    pub fn received(&mut self, bytes: usize, now: Instant) -> u64 {
        self.received += bytes as u64;
        if let Some((_, since)) = self.probe.take_if(|(limit, _)| self.received > *limit) {
            self.measured(now.saturating_duration_since(since));
        }
        let credit = (self.received + self.window).saturating_sub(self.granted);
        if credit < self.window / PART {
            return 0;
        }
        // The sender may overdraw by the frame that it is at.
        self.probe.get_or_insert((self.granted + STREAM_CHUNK as u64, now));
        self.granted += credit;
        credit
    }

    /// A round trip has taken so long. A stream that had nothing to send makes it look long, and begins small again.
    fn measured(&mut self, time: Duration) {
        let best = self.best.map_or(time, |best| best.min(time));
        self.best = Some(best);
        let step = self.window / 4;
        if time <= best * 9 / 8 + JITTER {
            self.window = (self.window + step).min(MOST);
        } else if time > best * 3 / 2 + JITTER {
            self.window = (self.window - step).max(LEAST);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// The window that a stream comes to that always has something to send, over a link of so many bytes a second and
    /// so long a way there and back.
    fn window(rate: u64, round_trip: Duration) -> u64 {
        let frame = Duration::from_secs_f64(STREAM_CHUNK as f64 / rate as f64);
        let (start, mut flow) = (Instant::now(), Flow::default());
        let mut credits = VecDeque::from([(start, flow.first())]);
        let (mut free, mut sent, mut allowed) = (start, 0, 0);
        while free < start + Duration::from_secs(30) {
            // The next frame leaves when the link is free and there is credit.
            while allowed <= sent {
                let (at, credit) = credits.pop_front().unwrap();
                allowed += credit;
                free = free.max(at);
            }
            free += frame;
            sent += STREAM_CHUNK as u64;
            let here = free + round_trip / 2;
            let credit = flow.received(STREAM_CHUNK, here);
            if credit > 0 {
                credits.push_back((here + round_trip / 2, credit));
            }
        }
        flow.window
    }

    #[test]
    fn a_window_is_what_the_link_carries_in_a_round_trip() {
        let (ms, mega) = (Duration::from_millis, 1_000_000);
        for (rate, round_trip, from, to) in [
            // Whatever is less than the least is that.
            (mega / 10, ms(20), 64, 110),
            (mega, ms(100), 90, 170),
            (5 * mega, ms(100), 450, 760),
            (100 * mega, ms(100), 1024, 1024),
            (1000 * mega, Duration::from_micros(100), 1024, 1024),
        ] {
            let window = window(rate, round_trip) / 1024;
            assert!((from..=to).contains(&window), "{rate} over {round_trip:?}: {window} KiB");
        }
    }
}
