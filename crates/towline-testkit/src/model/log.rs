//! What the model server has seen and done, with times: the truth that verdicts are measured against.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::Tool;
use super::script::final_word;
use crate::DEADLINE;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When: microseconds since 1970 UTC.
    pub at: u64,
    /// The request's number, from 1.
    pub request: u64,
    /// What.
    pub what: What,
}

/// What may happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A request came.
    Came {
        /// The prompt that it is about.
        prompt: String,
        /// It brings a tool's answer.
        answered: bool,
        /// It is no part of the conversation: a title is wanted, or a summary.
        aside: bool,
    },
    /// The first piece of the answer was sent.
    First,
    /// A tool's use was sent.
    Uses(Tool),
    /// It was refused with this status.
    Refused(u16),
    /// The last piece of the answer was sent.
    Last,
    /// The agent closed the connection before that.
    Gone,
}

impl Event {
    /// The word that ends the text of this request's answer.
    pub fn final_word(&self) -> String {
        final_word(self.request)
    }

    /// A request came that is part of the conversation.
    pub fn is_prompt(&self, words: &str) -> bool {
        matches!(&self.what, What::Came { prompt, answered: false, aside: false } if prompt.contains(words))
    }
}

/// The events so far. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    shared: Arc<(Mutex<Vec<Event>>, Condvar)>,
}

impl Log {
    pub(super) fn note(&self, request: u64, what: What) {
        let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let at = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
        self.events().push(Event { at, request, what });
        self.shared.1.notify_all();
    }

    pub(super) fn events(&self) -> MutexGuard<'_, Vec<Event>> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first event from number `since` on that is right.
    #[track_caller]
    pub(super) fn wait(&self, what: &str, since: usize, is: impl Fn(&Event) -> bool) -> Event {
        let find = |events: &Vec<Event>| events.iter().skip(since).find(|event| is(event)).cloned();
        let missing = |events: &mut Vec<Event>| find(events).is_none();
        let waited = self.shared.1.wait_timeout_while(self.events(), DEADLINE, missing);
        let (events, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let found = find(&events);
        let seen: Vec<Event> = events.iter().skip(since).cloned().collect();
        drop(events);
        found.unwrap_or_else(|| panic!("waited too long until the model has {what}: {seen:#?}"))
    }
}
