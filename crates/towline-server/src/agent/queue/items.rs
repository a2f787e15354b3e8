//! The prompts that wait, as they are in the store.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use towline_client::target::TMUX_ID;
use towline_protocol::v1;

use crate::clock;

/// A prompt that is through is remembered for so long (microseconds), so that whoever asks again, over a link that broke,
/// doesn't leave it a second time.
const REMEMBERED: u64 = 24 * 3600 * 1_000_000;

/// A prompt that waits, or is through.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    /// The key of the request that left it.
    pub(crate) key: Vec<u8>,
    /// The host that it is to be handed over to; empty: it is for a pane of this one.
    pub(crate) host: String,
    pub(crate) queued: v1::Queued,
}

impl Item {
    /// As a client is told.
    pub(crate) fn told(&self) -> v1::Queued {
        v1::Queued { begun: 0, over: 0, ..self.queued.clone() }
    }

    fn waits(&self) -> bool {
        self.queued.over == 0
    }

    fn is_of(&self, served: &Served) -> bool {
        match served {
            Served::Pane(pane) => self.host.is_empty() && self.queued.pane == *pane,
            Served::Host(host) => self.host == *host && !self.is_driven(),
            Served::Tmux(host, pane) => self.host == *host && self.queued.pane == *pane,
        }
    }

    /// It is for a pane of a tmux, which this server drives.
    pub(super) fn is_driven(&self) -> bool {
        !self.host.is_empty() && self.queued.pane >= TMUX_ID
    }
}

/// The prompts of a server.
#[derive(Debug)]
pub(crate) struct Queue(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    items: BTreeMap<u64, Item>,
    next: u64,
    /// Panes and hosts that have a task.
    served: HashSet<Served>,
}

/// What has a task of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Served {
    /// A pane of this server's.
    Pane(u64),
    /// Another host, to whose server they are handed over.
    Host(String),
    /// A pane of a host's tmux.
    Tmux(String, u64),
}

impl Queue {
    /// What the store held; ids below `next` have been used.
    pub(crate) fn new(items: Vec<Item>, next: u64) -> Self {
        let items = items.into_iter().map(|item| (item.queued.id, item)).collect();
        Self(Mutex::new(Inner { items, next, served: HashSet::new() }))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new one, under the next id; and the ids of those that are forgotten.
    pub(super) fn add(&self, key: &[u8], host: &str, queued: v1::Queued) -> (Item, Vec<u64>) {
        let mut inner = self.inner();
        let old = clock::now().saturating_sub(REMEMBERED);
        let is_old = |item: &Item| !item.waits() && item.queued.over <= old;
        let forgotten: Vec<u64> =
            inner.items.values().filter(|item| is_old(item)).map(|item| item.queued.id).collect();
        forgotten.iter().for_each(|id| drop(inner.items.remove(id)));
        let id = inner.next;
        inner.next += 1;
        let key = match key {
            [] => uuid::Uuid::new_v4().as_bytes().to_vec(),
            key => key.to_vec(),
        };
        let item = Item { key, host: host.to_owned(), queued: v1::Queued { id, ..queued } };
        inner.items.insert(id, item.clone());
        (item, forgotten)
    }

    /// As it is now. One that was taken back stays so.
    pub(super) fn put(&self, mut item: Item) {
        let mut inner = self.inner();
        let before = inner.items.get(&item.queued.id).map_or(0, |before| before.queued.over);
        if before > 0 {
            item.queued.over = before;
        }
        inner.items.insert(item.queued.id, item);
    }

    pub(super) fn forget(&self, id: u64) {
        self.inner().items.remove(&id);
    }

    /// The one that a request of this key left for a pane, or for a host, also where it is through.
    pub(super) fn of_key(&self, key: &[u8], served: &Served) -> Option<v1::Queued> {
        let inner = self.inner();
        let same = |item: &&Item| !key.is_empty() && item.key == key && item.is_of(served);
        inner.items.values().find(same).map(Item::told)
    }

    /// Those that wait, in the order in which they were left.
    pub(super) fn waiting(&self) -> Vec<Item> {
        self.inner().items.values().filter(|item| item.waits()).cloned().collect()
    }

    /// Those that wait for a pane of this host.
    pub(super) fn of_pane(&self, pane: u64) -> Vec<Item> {
        self.of(&Served::Pane(pane))
    }

    /// Those that wait for a pane of this host, or for another host.
    pub(super) fn of(&self, served: &Served) -> Vec<Item> {
        let mut items = self.waiting();
        items.retain(|item| item.is_of(served));
        items
    }

    /// Whether a task is to be begun: there is none yet.
    pub(super) fn begin(&self, served: Served) -> bool {
        self.inner().served.insert(served)
    }

    /// The next that a task has to do with. `None`: there is none, or the first is in trouble, and the task is at its end.
    pub(super) fn next(&self, served: &Served) -> Option<Item> {
        let mut inner = self.inner();
        // One that its host has refused says nothing of the next, which may be for another pane.
        let passed_over =
            |item: &Item| matches!(served, Served::Host(_)) && !item.queued.trouble.is_empty();
        let first = inner
            .items
            .values()
            .find(|item| item.waits() && item.is_of(served) && !passed_over(item));
        let first = first.filter(|item| item.queued.trouble.is_empty()).cloned();
        if first.is_none() {
            // Under the same lock, so that one that is left now begins another task.
            inner.served.remove(served);
        }
        first
    }

    /// Whether it still waits as it did.
    pub(super) fn has(&self, id: u64) -> bool {
        self.inner().items.get(&id).is_some_and(Item::waits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queued(pane: u64) -> v1::Queued {
        v1::Queued { pane, text: "x".into(), ..v1::Queued::default() }
    }

    #[test]
    fn a_key_leaves_one_prompt_also_when_that_is_through() {
        let queue = Queue::new(Vec::new(), 5);
        let (mut item, _) = queue.add(b"k", "", queued(1));
        assert_eq!(item.queued.id, 5);
        assert_eq!(queue.of_key(b"k", &Served::Pane(1)).map(|left| left.id), Some(5));
        assert_eq!(queue.of_key(b"", &Served::Pane(1)), None);
        item.queued.over = clock::now();
        queue.put(item);
        assert!(queue.waiting().is_empty());
        assert_eq!(queue.of_key(b"k", &Served::Pane(2)), None);
        assert_eq!(queue.of_key(b"k", &Served::Pane(1)).map(|left| left.id), Some(5));
        assert_eq!(queue.add(b"", "", queued(1)).0.queued.id, 6);
    }

    #[test]
    fn one_in_trouble_stops_those_behind_it_in_its_pane_only() {
        let queue = Queue::new(Vec::new(), 1);
        let (mut first, _) = queue.add(b"a", "", queued(1));
        queue.add(b"b", "", queued(1));
        queue.add(b"c", "", queued(2));
        first.queued.trouble = "not taken".into();
        queue.put(first);
        let (one, two) = (Served::Pane(1), Served::Pane(2));
        assert!(queue.begin(one.clone()) && queue.begin(two.clone()) && !queue.begin(one.clone()));
        assert_eq!(queue.next(&one), None);
        assert!(queue.begin(one), "its task has ended");
        assert_eq!(queue.next(&two).map(|item| item.queued.id), Some(3));
    }
}
