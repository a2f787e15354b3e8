//! Watching a tmux: when it is listed, and when agents' screens are looked at.
//!
//! tmux tells when something changes. While an agent's screen does, it is looked at some times a second; when all are quiet,
//! nothing is.

use std::time::Duration;

use tokio::time::Instant;
use towline_client::tmux::{Change, Driver, TmuxError};

use super::agents::Agents;
use crate::agent::Rulebook;

/// A tmux is listed at least so often: nothing tells what its panes use.
const LIST: Duration = Duration::from_secs(15);

/// And at most so often: what changes comes in bursts.
const LIST_PAUSE: Duration = Duration::from_millis(100);

/// While a screen changes it is looked at so often.
const LOOK: Duration = Duration::from_millis(350);

/// A screen that has not changed for so long is quiet. tmux tells in whole seconds when a pane was drawn to: what comes
/// later is told.
const QUIET: Duration = Duration::from_millis(2500);

/// So much of a link is used for looks: many agents on a host are looked at less often, bytes a second.
const SHARE: usize = 64 * 1024;

/// Why it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fleet) struct Told {
    /// How long a list took, where there was one.
    pub(in crate::fleet) listed: Option<Duration>,
    /// An agent does something else.
    pub(in crate::fleet) changed: bool,
}

/// Watches until it can't any longer, or `told` says false; says why. `told` is called after each list and whenever an
/// agent does something else.
pub(in crate::fleet) async fn watch(
    driver: &Driver,
    agents: &Agents,
    rulebook: &Rulebook,
    mut told: impl FnMut(Told) -> bool,
) -> Result<(), TmuxError> {
    let mut changes = driver.changes();
    let mut news = agents.changes();
    let mut pace = Pace::new(Instant::now());
    loop {
        let mut listed = None;
        if pace.list_at <= Instant::now() {
            let begun = Instant::now();
            driver.recognise(rulebook.own_programs());
            agents.listed(rulebook, driver.list().await?);
            listed = Some(begun.elapsed());
            pace.listed(Instant::now(), agents.unseen());
        }
        if pace.look_at.is_some_and(|at| at <= Instant::now()) {
            let living = agents.living();
            changes.watch_drawing(living.iter().map(|(pane, _)| *pane).collect());
            let screens = match living.is_empty() {
                true => Default::default(),
                false => driver.look(&living).await?,
            };
            let rows = screens.screens.iter().flat_map(|screen| &screen.rows);
            let bytes = rows.map(String::len).sum();
            let seen = agents.looked(rulebook, screens);
            pace.looked(Instant::now(), seen.drawn, bytes);
            if seen.list {
                pace.list_soon(Instant::now());
            }
        }
        agents.tick(rulebook);
        let changed = news.has_changed().unwrap_or(false);
        news.mark_unchanged();
        if (listed.is_some() || changed) && !told(Told { listed, changed }) {
            return Ok(());
        }
        let due = agents.due().map(|after| Instant::now() + after);
        tokio::select! {
            change = changes.next() => match change {
                Ok(Change::Panes) => pace.list_soon(Instant::now()),
                Ok(Change::Drawn) => pace.drawn(Instant::now()),
                // That nobody tells of changes is no reason not to look.
                Err(_) => {}
            },
            () = agents.stirred() => pace.drawn(Instant::now()),
            // Whoever has asked for something may have found out.
            _ = news.changed() => news.mark_changed(),
            () = tokio::time::sleep_until(pace.next(due)) => {}
        }
    }
}

/// When what is due.
#[derive(Debug)]
struct Pace {
    listed: Option<Instant>,
    list_at: Instant,
    /// When a look may come next.
    free_at: Instant,
    look_at: Option<Instant>,
    quiet_at: Instant,
}

impl Pace {
    fn new(now: Instant) -> Self {
        Self { listed: None, list_at: now, free_at: now, look_at: None, quiet_at: now }
    }

    fn listed(&mut self, now: Instant, unseen: bool) {
        self.listed = Some(now);
        self.list_at = now + LIST;
        // Each list is a reason to look: an old tmux tells nothing.
        self.look_at = match unseen {
            true => Some(now),
            false => Some(self.look_at.unwrap_or(self.free_at.max(now))),
        };
    }

    fn list_soon(&mut self, now: Instant) {
        let earliest = self.listed.map_or(now, |listed| (listed + LIST_PAUSE).max(now));
        self.list_at = self.list_at.min(earliest);
    }

    fn drawn(&mut self, now: Instant) {
        self.quiet_at = now + QUIET;
        let soon = self.free_at.max(now);
        self.look_at = Some(self.look_at.map_or(soon, |at| at.min(soon)));
    }

    fn looked(&mut self, now: Instant, drawn: bool, bytes: usize) {
        let share = Duration::from_millis((bytes * 1000 / SHARE) as u64);
        self.free_at = now + LOOK.max(share);
        if drawn {
            self.quiet_at = now + QUIET;
        }
        self.look_at = (now < self.quiet_at).then_some(self.free_at);
    }

    fn next(&self, due: Option<Instant>) -> Instant {
        [self.look_at, due].into_iter().flatten().fold(self.list_at, Instant::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_follow_one_another_while_something_changes() {
        let begin = Instant::now();
        let at = |ms: u64| begin + Duration::from_millis(ms);
        let mut pace = Pace::new(begin);
        assert_eq!((pace.list_at, pace.look_at), (begin, None));
        pace.listed(at(10), true);
        assert_eq!((pace.list_at, pace.look_at), (at(15_010), Some(at(10))));
        pace.looked(at(20), true, 100);
        assert_eq!(pace.look_at, Some(at(370)));
        // Nothing has changed for long enough: quiet.
        pace.looked(at(370), false, 0);
        assert_eq!(pace.look_at, Some(at(720)));
        pace.looked(at(2600), false, 0);
        assert_eq!((pace.look_at, pace.next(None)), (None, at(15_010)));
        pace.drawn(at(2700));
        assert_eq!(pace.look_at, Some(at(2950)), "not before its time");
        pace.looked(at(2950), true, SHARE * 2);
        assert_eq!(pace.look_at, Some(at(4950)), "much to carry");
        assert_eq!(pace.next(Some(at(3000))), at(3000));
    }

    #[test]
    fn lists_come_soon_but_not_at_once_again() {
        let begin = Instant::now();
        let at = |ms: u64| begin + Duration::from_millis(ms);
        let mut pace = Pace::new(begin);
        pace.listed(at(0), false);
        pace.list_soon(at(30));
        assert_eq!(pace.list_at, at(100));
        pace.listed(at(110), false);
        pace.list_soon(at(500));
        assert_eq!(pace.list_at, at(500));
    }
}
