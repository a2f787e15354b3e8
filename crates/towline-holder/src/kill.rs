//! Ending the program and everything it started.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::process_tree::{Process, descendants, signal};

/// How often the processes are looked through again: some may have been forked meanwhile.
const INTERVAL: Duration = Duration::from_millis(50);

/// How long after SIGKILL a process may stay before the holder gives up on it: it is in
/// uninterruptible sleep, or not ours to end.
const GIVE_UP: Duration = Duration::from_secs(5);

/// An order to end all.
#[derive(Debug)]
pub(crate) struct Kill {
    /// Whose descendants are to end.
    root: i32,
    /// From when on they are ended by SIGKILL.
    force_at: Instant,
    next: Instant,
    /// Those who were asked to end. Once is enough: some save their work then.
    asked: HashSet<Process>,
}

impl Kill {
    /// All below the process `root`; that itself stays.
    pub(crate) fn new(root: i32, now: Instant, grace: Duration) -> Self {
        Self { root, force_at: now + grace, next: now, asked: HashSet::new() }
    }

    /// Another order came: the shorter grace counts.
    pub(crate) fn hasten(&mut self, now: Instant, grace: Duration) {
        self.force_at = self.force_at.min(now + grace);
        self.next = now;
    }

    /// When [`tick`](Self::tick) is due.
    pub(crate) fn deadline(&self) -> Instant {
        self.next
    }

    /// A child has ended: see at once whether that was the last.
    pub(crate) fn look_now(&mut self, now: Instant) {
        self.next = self.next.min(now);
    }

    /// Whether it is no use to wait any longer.
    pub(crate) fn gives_up(&self, now: Instant) -> bool {
        now >= self.force_at + GIVE_UP
    }

    /// Signals whoever is there. The number of those left, once there are none or it gives up.
    pub(crate) fn tick(&mut self, now: Instant) -> Option<u32> {
        self.next = now + INTERVAL;
        let processes = descendants(self.root);
        if processes.is_empty() || self.gives_up(now) {
            return Some(u32::try_from(processes.len()).unwrap_or(u32::MAX));
        }
        let force = now >= self.force_at;
        if !force {
            self.next = self.next.min(self.force_at);
        }
        for process in processes {
            if force {
                signal(process, &[Signal::KILL]);
            } else if self.asked.insert(process) {
                // SIGCONT, as one that is stopped can't act on the others.
                signal(process, &[Signal::HUP, Signal::TERM, Signal::CONT]);
            }
        }
        None
    }
}
