//! Ledgers that are kept the same as another host's: telling that they have changed, and beginning exchanges.
//!
//! Which files those are is in the folder of [`towline_client::exchanges`]; what is exchanged, and how, is decided by the command that
//! is started (`tow ledger exchange`). Here is only decided when.

mod pace;
mod task;
mod watch;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use towline_protocol::v1;

pub(crate) use task::keep;

/// What is told of the files that hosts keep the same.
#[derive(Debug, Default)]
pub(crate) struct Ledgers {
    inner: Mutex<Inner>,
    /// Another host has told something, or its link has come back.
    heard: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    /// What this host's files are like that another one keeps the same: digests by the exchanges' ids.
    here: BTreeMap<String, String>,
    /// What other hosts say of theirs: by the host, then by the exchange.
    there: HashMap<String, HashMap<String, String>>,
    /// Hosts whose link is new.
    linked: Vec<String>,
}

impl Ledgers {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What other hosts are to be told.
    pub(crate) fn here(&self) -> BTreeMap<String, String> {
        self.inner().here.clone()
    }

    /// Whether that is news.
    fn set_here(&self, here: BTreeMap<String, String>) -> bool {
        let mut inner = self.inner();
        let news = inner.here != here;
        inner.here = here;
        news
    }

    /// Another host tells what its files are like; `whole` with the first word of a link.
    pub(crate) fn hear(&self, host: &str, whole: bool, states: Vec<v1::ExchangeState>) {
        if !whole && states.is_empty() {
            return;
        }
        {
            let mut inner = self.inner();
            let there = inner.there.entry(host.to_owned()).or_default();
            if whole {
                there.clear();
            }
            there.extend(states.into_iter().map(|state| (state.id, state.digest)));
            if whole {
                inner.linked.push(host.to_owned());
            }
        }
        self.heard.notify_one();
    }

    /// What a host says its files of an exchange are like.
    fn there(&self, host: &str, id: &str) -> Option<String> {
        self.inner().there.get(host)?.get(id).cloned()
    }

    /// An exchange has made that side's files so, unless it has said something else since.
    fn settle(&self, host: &str, id: &str, before: Option<&str>, there: &str) {
        let mut inner = self.inner();
        let states = inner.there.entry(host.to_owned()).or_default();
        if states.get(id).map(String::as_str) == before {
            states.insert(id.to_owned(), there.to_owned());
        }
    }

    fn take_linked(&self) -> Vec<String> {
        std::mem::take(&mut self.inner().linked)
    }
}

/// What takes a host from one set of these to another; all of them in a whole list.
pub(crate) fn difference(
    before: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
) -> Vec<v1::ExchangeState> {
    let changed = now.iter().filter(|(id, digest)| before.get(*id) != Some(*digest));
    let state = |(id, digest): (&String, &String)| v1::ExchangeState {
        id: id.clone(),
        digest: digest.clone(),
    };
    changed.map(state).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(states: &[(&str, &str)]) -> Vec<v1::ExchangeState> {
        let text = |text: &str| text.to_owned();
        states
            .iter()
            .map(|(id, digest)| v1::ExchangeState { id: text(id), digest: text(digest) })
            .collect()
    }

    #[test]
    fn what_a_host_said_is_known_until_its_link_is_another() {
        let ledgers = Ledgers::default();
        ledgers.hear("thor", true, states(&[("a", "1"), ("b", "1")]));
        ledgers.hear("thor", false, states(&[("a", "2")]));
        assert_eq!(ledgers.there("thor", "a").as_deref(), Some("2"));
        assert_eq!(ledgers.there("thor", "b").as_deref(), Some("1"));
        assert_eq!(ledgers.there("loki", "a"), None, "only the host itself");
        assert_eq!(ledgers.take_linked(), ["thor"]);
        ledgers.hear("thor", true, states(&[]));
        assert_eq!(ledgers.there("thor", "a"), None);
    }

    #[test]
    fn what_an_exchange_has_done_is_no_news() {
        let ledgers = Ledgers::default();
        ledgers.hear("thor", true, states(&[("a", "1")]));
        ledgers.settle("thor", "a", Some("1"), "2");
        assert_eq!(ledgers.there("thor", "a").as_deref(), Some("2"));
        ledgers.hear("thor", false, states(&[("a", "3")]));
        ledgers.settle("thor", "a", Some("2"), "4");
        assert_eq!(ledgers.there("thor", "a").as_deref(), Some("3"), "it came meanwhile");
    }

    #[test]
    fn only_what_has_changed_is_told() {
        let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(id, digest)| ((*id).to_owned(), (*digest).to_owned())).collect()
        };
        let before = map(&[("a", "1"), ("b", "1")]);
        assert_eq!(difference(&before, &before), []);
        let now = map(&[("b", "2"), ("c", "1")]);
        assert_eq!(difference(&before, &now), states(&[("b", "2"), ("c", "1")]));
    }
}
