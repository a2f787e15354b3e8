//! What was last seen of a host.

use std::collections::BTreeMap;
use std::collections::btree_map::Values;

use towline_client::target::LOCAL_HOST;
use towline_protocol::v1::{self, reply};

/// What was last seen of a host.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Its server's id and version; without one it has none, or was never reached.
    pub(super) host: Option<v1::Host>,
    /// When it was last heard of: microseconds since 1970 UTC; 0: never.
    pub(super) seen_at: u64,
    /// The round trip in microseconds, 0 where it is not known.
    pub(super) rtt_us: u32,
    /// Its panes are those of tmux, driven from here.
    pub(super) tmux: bool,
    /// Its panes, ended ones too.
    panes: BTreeMap<u64, v1::Pane>,
}

impl Known {
    /// What the store has kept.
    pub(super) fn from_state(state: v1::HostState) -> Self {
        let mut known = Self {
            host: state.host,
            seen_at: state.seen_at,
            rtt_us: 0,
            tmux: state.tmux,
            panes: BTreeMap::new(),
        };
        known.put(state.panes);
        known
    }

    /// Takes in what the host has pushed.
    pub(super) fn update(&mut self, update: v1::ListUpdate) {
        if update.whole {
            self.panes.clear();
        }
        self.put(update.panes);
        for id in update.gone {
            self.panes.remove(&id);
        }
    }

    /// Takes in what an answer tells of a pane, so that whoever has started, renamed or ended one finds it so in the next
    /// list, whether or not the host has pushed it by then.
    pub(super) fn note(&mut self, answer: &reply::Body) {
        match answer {
            reply::Body::Spawned(v1::Spawned { pane: Some(pane), .. })
            | reply::Body::Info(pane) => {
                self.put(vec![pane.clone()]);
            }
            reply::Body::Killed(v1::Killed { pane: Some(pane), removed: true }) => {
                self.panes.remove(&pane.id);
            }
            _ => {}
        }
    }

    /// These are all of the host's panes; whether that is news.
    pub(super) fn replace(&mut self, panes: Vec<v1::Pane>) -> bool {
        let before = std::mem::take(&mut self.panes);
        self.put(panes);
        before != self.panes
    }

    fn put(&mut self, panes: Vec<v1::Pane>) {
        self.panes.extend(panes.into_iter().map(|pane| (pane.id, pane)));
    }

    pub(super) fn panes(&self) -> Values<'_, u64, v1::Pane> {
        self.panes.values()
    }

    /// As a client is told, or the store keeps it.
    pub(super) fn state(&self, alias: &str) -> v1::HostState {
        let named = |pane: &v1::Pane| v1::Pane { host: alias.to_owned(), ..pane.clone() };
        v1::HostState {
            name: alias.to_owned(),
            host: self.host.clone(),
            seen_at: self.seen_at,
            rtt_us: self.rtt_us,
            tmux: self.tmux,
            panes: self.panes().map(named).collect(),
            ..v1::HostState::default()
        }
    }
}

/// Marks hosts that are the same server as an earlier one, or as this one: two aliases don't make two hosts. Their
/// panes are left to the first.
pub(super) fn mark_same(states: &mut [v1::HostState], own_id: &[u8]) {
    let mut seen: Vec<(Vec<u8>, String)> = vec![(own_id.to_vec(), LOCAL_HOST.to_owned())];
    for state in states {
        let Some(id) = state.host.as_ref().map(|host| host.id.clone()) else { continue };
        if id.is_empty() {
            continue;
        }
        match seen.iter().find(|(other, _)| *other == id) {
            Some((_, alias)) => {
                state.same_as.clone_from(alias);
                state.panes.clear();
            }
            None => seen.push((id, state.name.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pane(id: u64, name: &str) -> v1::Pane {
        v1::Pane { id, name: name.into(), ..Default::default() }
    }

    fn names(known: &Known) -> Vec<&str> {
        known.panes().map(|pane| pane.name.as_str()).collect()
    }

    #[test]
    fn updates_build_on_what_was_known_before() {
        let mut known = Known::default();
        let update = |whole, panes: Vec<v1::Pane>, gone: &[u64]| v1::ListUpdate {
            whole,
            panes,
            gone: gone.to_vec(),
            ..v1::ListUpdate::default()
        };
        known.update(update(true, vec![pane(1, "a"), pane(2, "b")], &[]));
        known.update(update(false, vec![pane(2, "B"), pane(3, "t")], &[1]));
        assert_eq!(names(&known), ["B", "t"]);
        let again = Known::from_state(known.state("thor"));
        assert_eq!(names(&again), ["B", "t"]);
        known.update(update(true, vec![pane(9, "z")], &[]));
        assert_eq!(names(&known), ["z"]);
        assert!(!known.replace(vec![pane(9, "z")]));
        known.note(&reply::Body::Spawned(v1::Spawned {
            pane: Some(pane(10, "y")),
            ..v1::Spawned::default()
        }));
        known.note(&reply::Body::Info(pane(10, "x")));
        assert_eq!(names(&known), ["z", "x"]);
        let killed = |removed| v1::Killed { pane: Some(pane(9, "z")), removed };
        known.note(&reply::Body::Killed(killed(false)));
        known.note(&reply::Body::Killed(killed(true)));
        assert_eq!(names(&known), ["x"]);
        assert!(known.replace(vec![]));
    }

    #[test]
    fn two_aliases_of_a_server_are_one_host() {
        let state = |name: &str, id: &[u8]| v1::HostState {
            name: name.into(),
            host: Some(v1::Host { id: id.to_vec(), ..Default::default() }),
            panes: vec![pane(1, "a")],
            ..Default::default()
        };
        let mut states =
            [state("thor", b"1"), state("also", b"1"), state("me", b"0"), state("tmux", b"")];
        mark_same(&mut states, b"0");
        let same: Vec<&str> = states.iter().map(|state| state.same_as.as_str()).collect();
        assert_eq!(same, ["", "thor", "local", ""]);
        assert!(states[1].panes.is_empty() && !states[0].panes.is_empty());
    }
}
