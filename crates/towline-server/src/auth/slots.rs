//! Room for connections that have not proved themselves yet. There is little of it: when it is full, the one that has
//! been there longest goes. So a thousand that say nothing cost no more than sixty-four, and whoever proves itself, which
//! takes milliseconds, always gets in.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::task::AbortHandle;

/// How many there may be: some descriptors each, of a thousand that a process often has.
pub(super) const SLOTS: usize = 64;

/// The connections that have not proved themselves yet, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Slots(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    waiting: VecDeque<(u64, AbortHandle)>,
}

/// A connection's place among them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    slots: &'a Slots,
    id: u64,
}

impl Slots {
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id for the next connection.
    pub(crate) fn next(&self) -> u64 {
        let mut inner = self.inner();
        inner.last += 1;
        inner.last
    }

    /// Gives a connection its place; the oldest goes where there is none.
    pub(crate) fn insert(&self, id: u64, task: AbortHandle) {
        let mut inner = self.inner();
        inner.waiting.push_back((id, task));
        if inner.waiting.len() > SLOTS
            && let Some((_, oldest)) = inner.waiting.pop_front()
        {
            oldest.abort();
        }
    }

    /// The connection's own hold of its place.
    pub(crate) fn hold(&self, id: u64) -> Slot<'_> {
        Slot { slots: self, id }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.inner().waiting.len()
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.slots.inner().waiting.retain(|(id, _)| *id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn the_oldest_goes_when_there_is_no_room() {
        let slots = Slots::default();
        let tasks: Vec<_> = (0..SLOTS + 3)
            .map(|_| {
                let task = tokio::spawn(pending::<()>());
                slots.insert(slots.next(), task.abort_handle());
                task
            })
            .collect();
        assert_eq!(slots.len(), SLOTS);
        for (number, task) in tasks.into_iter().enumerate() {
            if number < 3 {
                assert!(task.await.unwrap_err().is_cancelled());
            } else {
                assert!(!task.is_finished());
                task.abort();
            }
        }
        drop(slots.hold(4));
        assert_eq!(slots.len(), SLOTS - 1);
    }
}
