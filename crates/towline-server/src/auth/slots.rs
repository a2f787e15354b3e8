//! Room for connections that have not proved themselves yet. There is little of it: when it is full, one that has failed
//! goes, else one that has said nothing, else the oldest. So a thousand that say nothing cost no more than sixty-four,
//! and whoever proves itself, which takes milliseconds, gets in; a client that had to go in a rush comes again.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::task::AbortHandle;

/// How many there may be: some descriptors each, of a thousand that a process often has.
const SLOTS: usize = 64;

/// The connections that have not proved themselves yet, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Slots(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    id: u64,
    task: AbortHandle,
    stage: Stage,
}

/// How far a connection is. Those of an earlier one go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// It has failed, and is only kept waiting.
    Refused,
    /// It has said nothing.
    Silent,
    /// It has said something.
    Speaks,
}

impl Inner {
    /// Whose place is given to another next.
    fn victim(&self) -> Option<usize> {
        let stages = self.waiting.iter().map(|waiting| waiting.stage).enumerate();
        // Of several the first, which is the oldest.
        stages.min_by_key(|(_, stage)| *stage).map(|(at, _)| at)
    }
}

/// A connection's place among them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    slots: &'a Slots,
    id: u64,
}

impl Slots {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id for the next connection.
    pub(crate) fn next(&self) -> u64 {
        let mut inner = self.inner();
        inner.last += 1;
        inner.last
    }

    /// Gives a connection its place; where there is none, another goes.
    pub(crate) fn insert(&self, id: u64, task: AbortHandle) {
        let mut inner = self.inner();
        if inner.waiting.len() >= SLOTS
            && let Some(victim) = inner.victim().and_then(|at| inner.waiting.remove(at))
        {
            victim.task.abort();
        }
        inner.waiting.push_back(Waiting { id, task, stage: Stage::Silent });
    }

    /// The connection's own hold of its place.
    pub(crate) fn hold(&self, id: u64) -> Slot<'_> {
        Slot { slots: self, id }
    }
}

impl Slot<'_> {
    /// The connection has come so far.
    pub(crate) fn reach(&self, stage: Stage) {
        let mut inner = self.slots.inner();
        if let Some(own) = inner.waiting.iter_mut().find(|waiting| waiting.id == self.id) {
            own.stage = stage;
        }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.slots.inner().waiting.retain(|waiting| waiting.id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::task::JoinHandle;

    use super::*;

    fn fill(slots: &Slots, count: usize) -> Vec<(u64, JoinHandle<()>)> {
        let one = |_| {
            let (id, task) = (slots.next(), tokio::spawn(pending()));
            slots.insert(id, task.abort_handle());
            (id, task)
        };
        (0..count).map(one).collect()
    }

    /// Which of the tasks have been ended.
    async fn ended(tasks: &[(u64, JoinHandle<()>)]) -> Vec<u64> {
        tokio::task::yield_now().await;
        tasks.iter().filter(|(_, task)| task.is_finished()).map(|(id, _)| *id).collect()
    }

    #[tokio::test]
    async fn who_is_refused_goes_first_then_who_is_silent_then_the_oldest() {
        let slots = Slots::default();
        let tasks = fill(&slots, SLOTS);
        for id in [1, 3] {
            let slot = slots.hold(id);
            slot.reach(Stage::Speaks);
            std::mem::forget(slot);
        }
        let slot = slots.hold(9);
        slot.reach(Stage::Refused);
        std::mem::forget(slot);
        fill(&slots, 1);
        assert_eq!(ended(&tasks).await, [9]);
        fill(&slots, 2);
        assert_eq!(ended(&tasks).await, [2, 4, 9]);
        // All the rest speak, too.
        slots.inner().waiting.iter_mut().for_each(|waiting| waiting.stage = Stage::Speaks);
        fill(&slots, 1);
        assert_eq!(ended(&tasks).await, [1, 2, 4, 9]);
        drop(slots.hold(3));
        assert_eq!(slots.inner().waiting.len(), SLOTS - 1);
    }
}
