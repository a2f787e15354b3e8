//! All panes of the host: by id, by name, and the next id and name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use towline_agents::State;
use towline_client::target::{self, Candidate, LOCAL_HOST, Rules, Target};
use towline_protocol::v1::{self, ErrorKind};

use crate::fault::Fault;
use crate::pane::Pane;
use crate::store::{PaneRow, RowStatus};

/// Whether the target is on another host has been decided before it comes here.
const NO_HOST: &dyn Fn(&str) -> bool = &|_| false;

/// All panes of the host.
pub(crate) struct Panes {
    inner: Mutex<Inner>,
}

struct Inner {
    by_id: BTreeMap<u64, Arc<Pane>>,
    next_id: u64,
}

impl Panes {
    /// No panes yet; the first new one gets `next_id`.
    pub(crate) fn new(next_id: u64) -> Self {
        Self { inner: Mutex::new(Inner { by_id: BTreeMap::new(), next_id }) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every pane, in the order they were made.
    pub(crate) fn all(&self) -> Vec<Arc<Pane>> {
        self.inner().by_id.values().cloned().collect()
    }

    pub(crate) fn insert(&self, pane: Arc<Pane>) {
        let mut inner = self.inner();
        inner.next_id = inner.next_id.max(pane.id + 1);
        inner.by_id.insert(pane.id, pane);
    }

    /// The pane of this number.
    pub(crate) fn by_id(&self, id: u64) -> Option<Arc<Pane>> {
        self.inner().by_id.get(&id).cloned()
    }

    /// Whether the pane is there, alive or ended.
    pub(crate) fn has(&self, id: u64) -> bool {
        self.inner().by_id.contains_key(&id)
    }

    pub(crate) fn remove(&self, id: u64) {
        self.inner().by_id.remove(&id);
    }

    /// The pane made by the request with this key, if it was.
    pub(crate) fn by_key(&self, key: &[u8]) -> Option<Arc<Pane>> {
        if key.is_empty() {
            return None;
        }
        self.inner().by_id.values().find(|pane| pane.facts().row.spawn_key == key).cloned()
    }

    /// Makes a pane under a fresh id, with a name and window that no pane has which lives or is to live again: `wanted`, or
    /// `wanted-2`, `wanted-3`…
    ///
    /// # Errors
    /// With `exact`, where the name is taken.
    pub(crate) fn create(
        &self,
        wanted: &str,
        session: &str,
        exact: bool,
        make: impl FnOnce(u64, String, u32) -> Arc<Pane>,
    ) -> Result<Arc<Pane>, Fault> {
        let mut inner = self.inner();
        let (names, windows) = inner.taken(session);
        let name = free_name(wanted, &names);
        if exact && name != wanted {
            return Err(taken(wanted).hint(format!("tow spawn --name {name}    is free")));
        }
        let window = free_window(&windows);
        let id = inner.next_id;
        inner.next_id += 1;
        let pane = make(id, name, window);
        inner.by_id.insert(id, Arc::clone(&pane));
        Ok(pane)
    }

    /// Notes that the pane goes on with a conversation, which no living pane does.
    ///
    /// # Errors
    /// Where one does.
    pub(crate) fn claim(&self, pane: &Pane, conversation: &str) -> Result<(), Fault> {
        self.inner().claim(pane, conversation)
    }

    /// Brings an ended pane back, to go on with a conversation: from here on it is about to be started. Where its name or window
    /// were given away, it gets others.
    ///
    /// # Errors
    /// Where it has not ended, or another pane goes on with the conversation.
    pub(crate) fn revive(&self, pane: &Pane, conversation: &str) -> Result<(), Fault> {
        let inner = self.inner();
        if !inner.by_id.contains_key(&pane.id) {
            return Err(Fault::ended(&pane.name()));
        }
        if pane.facts().row.status != RowStatus::Ended {
            let message = format!("{} is being started already", pane.name());
            return Err(Fault::new(ErrorKind::CannotStart, message));
        }
        inner.claim(pane, conversation)?;
        let session = pane.facts().row.session.clone();
        let (names, windows) = inner.taken(&session);
        let mut facts = pane.facts();
        facts.row.name = free_name(&facts.row.name, &names);
        if windows.contains(&facts.row.window) {
            facts.row.window = free_window(&windows);
        }
        facts.row.status = RowStatus::Again;
        facts.removing = false;
        Ok(())
    }

    /// Gives the pane another name.
    ///
    /// # Errors
    /// Where a living pane has it.
    pub(crate) fn rename(&self, pane: &Pane, name: &str) -> Result<(), Fault> {
        let inner = self.inner();
        let has = |other: &Arc<Pane>| {
            let facts = other.facts();
            other.id != pane.id && facts.row.status != RowStatus::Ended && facts.row.name == name
        };
        if inner.by_id.values().any(has) {
            return Err(taken(name));
        }
        pane.facts().row.name = name.to_owned();
        Ok(())
    }

    /// The pane that a person's words mean.
    ///
    /// # Errors
    /// None or several are meant.
    pub(crate) fn resolve(&self, wanted: &v1::Target) -> Result<Arc<Pane>, Fault> {
        let target = Target::parse(&wanted.text, NO_HOST)
            .map_err(|error| Fault::invalid(error.to_string()))?;
        let inner = self.inner();
        let rows: Vec<_> = inner.by_id.values().map(|pane| pane.facts().row.clone()).collect();
        let candidates: Vec<_> = rows.iter().map(candidate).collect();
        let rules = Rules { allow_prefix: wanted.allow_prefix, allow_ended: wanted.allow_ended };
        let index =
            target::resolve(&candidates, &target, rules, NO_HOST).map_err(v1::Error::from)?;
        let id = candidates[index].id;
        inner
            .by_id
            .get(&id)
            .cloned()
            .ok_or_else(|| Fault::internal("a pane vanished while it was looked up"))
    }
}

impl Inner {
    /// The names of panes that live or are to live again, and the windows of those in a session.
    fn taken(&self, session: &str) -> (Vec<String>, Vec<u32>) {
        let mut names = Vec::new();
        let mut windows = Vec::new();
        for pane in self.by_id.values() {
            let facts = pane.facts();
            if facts.row.status != RowStatus::Ended {
                names.push(facts.row.name.clone());
                if facts.row.session == session {
                    windows.push(facts.row.window);
                }
            }
        }
        (names, windows)
    }

    fn claim(&self, pane: &Pane, conversation: &str) -> Result<(), Fault> {
        let kind = pane.facts().row.agent.as_ref().map(|agent| agent.kind.clone());
        let has = |other: &&Arc<Pane>| {
            let facts = other.facts();
            other.id != pane.id
                && facts.row.status != RowStatus::Ended
                && facts.row.agent.as_ref().is_some_and(|agent| {
                    agent.conversation == conversation
                        && Some(&agent.kind) == kind.as_ref()
                        && agent.state != State::Exited.name()
                })
        };
        if let Some(other) = self.by_id.values().find(has) {
            let name = other.name();
            let message = format!("{name} is having that conversation");
            return Err(
                Fault::new(ErrorKind::CannotStart, message).hint(format!("tow attach {name}"))
            );
        }
        if let Some(agent) = &mut pane.facts().row.agent {
            conversation.clone_into(&mut agent.conversation);
            agent.unused = false;
        }
        Ok(())
    }
}

/// As tmux does without renumbering: the lowest number that is free.
fn free_window(taken: &[u32]) -> u32 {
    (0..).find(|number| !taken.contains(number)).unwrap_or(0)
}

/// A pane of this host as it is resolved.
pub(crate) fn candidate(row: &PaneRow) -> Candidate<'_> {
    Candidate {
        host: LOCAL_HOST,
        id: row.id,
        name: &row.name,
        session: &row.session,
        window: row.window,
        pane: 0,
        ended: row.ended.is_some(),
    }
}

fn taken(name: &str) -> Fault {
    Fault::invalid(format!("the name {name:?} is taken"))
}

/// `wanted`, or the first of `wanted-2`, `wanted-3`… that is not among `names`.
fn free_name(wanted: &str, names: &[String]) -> String {
    let is_free = |name: &String| !names.contains(name);
    std::iter::once(wanted.to_owned())
        .chain((2..).map(|number| format!("{wanted}-{number}")))
        .find(is_free)
        .unwrap_or_else(|| wanted.to_owned())
}

/// Checks a name that a person wants to give.
///
/// # Errors
/// As [`target::check_name`] says.
pub(crate) fn check_name(name: &str) -> Result<(), Fault> {
    target::check_name(name).map_err(|error| Fault::invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_gets_a_number() {
        let names = ["x", "x-2", "y"].map(String::from);
        assert_eq!(free_name("x", &names), "x-3");
        assert_eq!(free_name("y", &names), "y-2");
        assert_eq!(free_name("z", &names), "z");
    }
}
