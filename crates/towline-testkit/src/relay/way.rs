//! One direction of a connection: what was read and is not due yet.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What one read takes at most, in bytes.
const CHUNK: usize = 16 * 1024;

/// How much time's worth of a limited rate one read takes: small against what a person notices.
const SLICE: Duration = Duration::from_millis(2);

/// How much may be under way, in bytes: 100 MB/s over a link of 160 ms.
const CAPACITY: usize = 16 * 1024 * 1024;

/// How late a relay may come back to a limited link and still make up for it: a busy machine makes it late, which is
/// not to lower the rate.
const LATENESS: Duration = Duration::from_millis(20);

/// How a direction of a link is. The default is as fast as the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Line {
    /// How long each byte is under way.
    pub(crate) delay: Duration,
    /// Bytes a second, where it is limited.
    pub(crate) rate: Option<u64>,
}

impl Line {
    /// How long it takes until this many bytes are on the line.
    fn time_for(&self, bytes: usize) -> Duration {
        match self.rate {
            None => Duration::ZERO,
            Some(rate) => Duration::from_secs_f64(bytes as f64 / rate as f64),
        }
    }
}

/// The bytes of one direction that are under way.
#[derive(Debug, Default)]
pub(crate) struct Way {
    queue: VecDeque<(Instant, Vec<u8>)>,
    /// Bytes in the queue.
    queued: usize,
    /// When the line is free for more.
    free: Option<Instant>,
    /// When the end of the stream arrives, once it has been read.
    end: Option<Instant>,
}

impl Way {
    /// How many bytes may be put on the line now; none where it is busy or full.
    pub(crate) fn room(&self, line: Line, now: Instant) -> usize {
        if self.end.is_some() || self.queued >= CAPACITY || self.free.is_some_and(|free| free > now)
        {
            return 0;
        }
        match line.rate {
            None => CHUNK,
            Some(rate) => ((rate as f64 * SLICE.as_secs_f64()) as usize).clamp(1, CHUNK),
        }
    }

    /// Puts bytes on the line; none are the stream's end.
    pub(crate) fn push(&mut self, line: Line, now: Instant, bytes: &[u8]) {
        let earliest = now.checked_sub(LATENESS).unwrap_or(now);
        let start = self.free.map_or(now, |free| free.max(earliest));
        let sent = start + line.time_for(bytes.len());
        self.free = line.rate.map(|_| sent);
        // Never before what was sent earlier, also where the delay was made shorter.
        let last = self.queue.back().map(|(due, _)| *due);
        let due = (sent.max(now) + line.delay).max(last.unwrap_or(now));
        if bytes.is_empty() {
            self.end = Some(due);
        } else {
            self.queued += bytes.len();
            self.queue.push_back((due, bytes.to_vec()));
        }
    }

    /// The bytes that have arrived first and were not taken yet.
    pub(crate) fn arrived(&self, now: Instant) -> Option<&[u8]> {
        let (due, bytes) = self.queue.front()?;
        (*due <= now).then_some(bytes)
    }

    /// Takes this many of the bytes that have arrived.
    pub(crate) fn take(&mut self, count: usize) {
        if let Some((_, bytes)) = self.queue.front_mut() {
            self.queued -= count;
            bytes.drain(..count);
            if bytes.is_empty() {
                self.queue.pop_front();
            }
        }
    }

    /// Whether the stream's end has arrived.
    pub(crate) fn ended(&self, now: Instant) -> bool {
        self.queue.is_empty() && self.end.is_some_and(|end| end <= now)
    }

    /// When there is something to do at the earliest: bytes arrive, or the line gets free.
    pub(crate) fn next(&self, now: Instant) -> Option<Instant> {
        let due = self.queue.front().map(|(due, _)| *due).or(self.end);
        let times = [due, self.free];
        times.into_iter().flatten().filter(|time| *time > now).min()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test tells by a panic what is wrong")]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn bytes_arrive_after_the_delay_and_not_before() {
        let line = Line { delay: 20 * MS, rate: None };
        let (start, mut way) = (Instant::now(), Way::default());
        way.push(line, start, b"ab");
        way.push(line, start + MS, b"c");
        assert_eq!(way.arrived(start + 19 * MS), None);
        assert_eq!(way.next(start), Some(start + 20 * MS));
        assert_eq!(way.arrived(start + 20 * MS), Some(&b"ab"[..]));
        way.take(1);
        assert_eq!(way.arrived(start + 20 * MS), Some(&b"b"[..]));
        way.take(1);
        assert_eq!(way.arrived(start + 20 * MS), None);
        assert_eq!(way.arrived(start + 21 * MS), Some(&b"c"[..]));
    }

    #[test]
    fn a_shorter_delay_lets_nothing_overtake() {
        let (start, mut way) = (Instant::now(), Way::default());
        way.push(Line { delay: 20 * MS, rate: None }, start, b"a");
        way.push(Line::default(), start + MS, b"b");
        assert_eq!(way.arrived(start + 19 * MS), None);
        way.take(0);
        assert_eq!(way.arrived(start + 20 * MS), Some(&b"a"[..]));
        way.take(1);
        assert_eq!(way.arrived(start + 20 * MS), Some(&b"b"[..]));
    }

    #[test]
    fn a_rate_makes_bytes_wait_for_one_another() {
        let line = Line { delay: 5 * MS, rate: Some(1000) };
        let (start, mut way) = (Instant::now(), Way::default());
        assert_eq!(way.room(line, start), 2, "two milliseconds' worth");
        way.push(line, start, b"ab");
        assert_eq!(way.room(line, start + MS), 0, "the line is busy");
        assert_eq!(way.next(start), Some(start + 2 * MS));
        assert_eq!(way.room(line, start + 2 * MS), 2);
        way.push(line, start + 2 * MS, b"cd");
        assert_eq!(way.arrived(start + 6 * MS), None);
        assert_eq!(way.arrived(start + 7 * MS), Some(&b"ab"[..]));
        way.take(2);
        assert_eq!(way.arrived(start + 8 * MS), None);
        assert_eq!(way.arrived(start + 9 * MS), Some(&b"cd"[..]));
    }

    #[test]
    fn a_line_that_was_idle_saves_nothing_up() {
        let line = Line { delay: Duration::ZERO, rate: Some(1000) };
        let (start, mut way) = (Instant::now(), Way::default());
        way.push(line, start, b"ab");
        way.take(2);
        let later = start + 1000 * MS;
        for _ in 0..20 {
            if way.room(line, later) > 0 {
                way.push(line, later, b"ab");
            }
        }
        assert!(way.queued <= 24, "{} bytes at once", way.queued);
    }

    #[test]
    fn the_end_comes_after_all_bytes() {
        let line = Line { delay: 5 * MS, rate: None };
        let (start, mut way) = (Instant::now(), Way::default());
        way.push(line, start, b"a");
        way.push(line, start + MS, b"");
        assert_eq!(way.room(line, start + MS), 0);
        assert!(!way.ended(start + 6 * MS), "bytes are left");
        way.take(1);
        assert!(!way.ended(start + 5 * MS));
        assert!(way.ended(start + 6 * MS));
    }

    #[test]
    fn what_is_under_way_is_bounded() {
        let line = Line { delay: 1000 * MS, rate: None };
        let (start, mut way) = (Instant::now(), Way::default());
        while way.room(line, start) > 0 {
            way.push(line, start, &[0; CHUNK]);
        }
        assert_eq!(way.queued, CAPACITY);
    }
}
