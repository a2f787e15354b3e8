//! What `tow list --watch` tells of a pane's agent, with the time at which it said so.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use towline_agents::{Reason, State};
use towline_testkit::Tow;

/// Microseconds since 1970 UTC.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// What an agent was said to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// When it was said.
    pub(crate) at: u64,
    pub(crate) pane: String,
    pub(crate) state: State,
    pub(crate) reason: Option<Reason>,
    pub(crate) question: String,
    pub(crate) source: String,
    pub(crate) conversation: String,
}

impl Said {
    fn of(pane: &Value, at: u64) -> Option<Self> {
        let agent = &pane["agent"];
        let text = |name: &str| agent[name].as_str().unwrap_or("").to_owned();
        Some(Self {
            at,
            pane: pane["name"].as_str()?.to_owned(),
            state: State::from_name(&text("state"))?,
            reason: Reason::from_name(&text("reason")),
            question: text("question"),
            source: text("source"),
            conversation: text("session_id"),
        })
    }

    fn same(&self, other: &Self) -> bool {
        Self { at: other.at, ..self.clone() } == *other
    }
}

/// A list that is watched.
pub(crate) struct Watch {
    child: Child,
    said: Shared,
}

type Shared = Arc<(Mutex<Vec<Said>>, Condvar)>;

impl Watch {
    /// Watches the list of a Towline whose server runs.
    pub(crate) fn start(tow: &Tow) -> Self {
        let mut command = tow.command(&["list", "--watch", "--json", "--ended"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the list is watched");
        let output = BufReader::new(child.stdout.take().expect("the stream is a pipe"));
        let said = Shared::default();
        let shared = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let at = now();
                let Ok(list) = serde_json::from_str::<Value>(&line) else { continue };
                let panes = list["panes"].as_array().map_or(&[][..], Vec::as_slice);
                let mut said = lock(&shared.0);
                for one in panes.iter().filter_map(|pane| Said::of(pane, at)) {
                    let last = said.iter().rev().find(|said| said.pane == one.pane);
                    if !last.is_some_and(|last| last.same(&one)) {
                        said.push(one);
                    }
                }
                drop(said);
                shared.1.notify_all();
            }
        });
        Self { child, said }
    }

    /// All that was said of a pane's agent so far.
    pub(crate) fn of(&self, pane: &str) -> Vec<Said> {
        lock(&self.said.0).iter().filter(|said| said.pane == pane).cloned().collect()
    }

    /// Waits until what was said last of a pane is right, and returns it; `None` where that takes too long.
    pub(crate) fn wait(
        &self,
        pane: &str,
        patience: Duration,
        right: impl Fn(&Said) -> bool,
    ) -> Option<Said> {
        let last = |said: &Vec<Said>| {
            said.iter().rev().find(|said| said.pane == pane).filter(|said| right(said)).cloned()
        };
        let said = lock(&self.said.0);
        let waited = self.said.1.wait_timeout_while(said, patience, |said| last(said).is_none());
        let (said, _) = waited.unwrap_or_else(PoisonError::into_inner);
        last(&said)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lock(said: &Mutex<Vec<Said>>) -> MutexGuard<'_, Vec<Said>> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}
