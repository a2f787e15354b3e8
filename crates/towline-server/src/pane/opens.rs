//! Whether the holder can have forgotten an input that it doesn't know.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::ClientId;

/// Fewer inputs than a holder remembers (256), since some may have been opened before anybody counted.
const REMEMBERED: usize = 200;

/// How long a request may have been on its way, beside the time that its client knows of: it may have waited for a link.
const ON_ITS_WAY: Duration = Duration::from_secs(15);

/// When the last inputs of a pane were opened.
#[derive(Debug)]
pub(super) struct Opens {
    /// Inputs from before were not counted; `None` where there were none.
    since: Option<Instant>,
    /// At most [`REMEMBERED`], oldest first.
    last: VecDeque<Instant>,
    /// Inputs that the holder was asked for and that may never have come before: how long ago their clients first tried.
    doubted: HashMap<ClientId, Duration>,
}

impl Opens {
    /// Counts from now on. `first`: nobody has opened one before.
    pub(super) fn new(first: bool, now: Instant) -> Self {
        Self { since: (!first).then_some(now), last: VecDeque::new(), doubted: HashMap::new() }
    }

    /// An input is opened for the first time.
    pub(super) fn note(&mut self, now: Instant) {
        if self.last.len() == REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back(now);
    }

    /// The holder is asked for an input whose client first tried to open it so long ago, and had no word of it.
    pub(super) fn doubt(&mut self, client: ClientId, tried: Duration) {
        self.doubted.insert(client, tried);
    }

    /// The holder has answered, with `unknown` or not. Whether the input may be begun after all.
    pub(super) fn answered(&mut self, client: &ClientId, unknown: bool, now: Instant) -> bool {
        let tried = self.doubted.remove(client);
        unknown && tried.is_some_and(|tried| self.never_came(tried, now))
    }

    /// Whether an input that the holder doesn't know, and that its client first tried to open so long ago, has never
    /// come: since then the holder has forgotten none.
    fn never_came(&self, tried: Duration, now: Instant) -> bool {
        let Some(begun) = now.checked_sub(tried + ON_ITS_WAY) else { return false };
        let counted = self.since.is_none_or(|since| since <= begun);
        let full =
            self.last.len() == REMEMBERED && self.last.front().is_some_and(|at| *at >= begun);
        counted && !full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_was_not_counted_may_have_been_forgotten() {
        let start = Instant::now();
        let now = start + 60 * SECOND;
        for (first, tried, expected) in [
            (true, SECOND, true),
            (false, SECOND, true),
            (false, 50 * SECOND, false),
            (true, 50 * SECOND, true),
        ] {
            assert_eq!(
                Opens::new(first, start).never_came(tried, now),
                expected,
                "{first} {tried:?}"
            );
        }
    }

    #[test]
    fn after_many_others_nobody_knows() {
        let start = Instant::now();
        let now = start + 60 * SECOND;
        let opens = |count: usize, at: Duration| {
            let mut opens = Opens::new(true, start);
            (0..count).for_each(|_| opens.note(start + at));
            opens
        };
        assert!(opens(REMEMBERED - 1, 59 * SECOND).never_came(SECOND, now));
        assert!(!opens(REMEMBERED, 59 * SECOND).never_came(SECOND, now));
        assert!(opens(REMEMBERED, 10 * SECOND).never_came(SECOND, now), "they were before");
    }
}
