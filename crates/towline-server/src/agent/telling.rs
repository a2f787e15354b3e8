//! Telling people that an agent waits for them: attached clients, and the user's own commands.
//!
//! One task looks at the agents of all hosts whenever the list changes. What it finds blocked or done, and did not find so before, it
//! tells once. What was so when a host was first seen is no news: whoever starts a server has a list.

mod action;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use towline_agents::State;
use towline_client::config::{self, Action};
use towline_client::target::LOCAL_HOST;
use towline_protocol::v1;

use crate::server::Server;
use action::Actions;

/// The agents are looked at at most so often: titles of agents that work change ten times a second.
const LOOK_PAUSE: Duration = Duration::from_millis(100);

/// News that a client has yet to be told; one that is further behind misses the oldest.
const NEWS: usize = 64;

/// What is told to whoever listens.
pub(crate) struct Telling {
    news: broadcast::Sender<v1::Pane>,
}

impl Default for Telling {
    fn default() -> Self {
        Self { news: broadcast::channel(NEWS).0 }
    }
}

impl Telling {
    /// The panes whose agents come to wait from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<v1::Pane> {
        self.news.subscribe()
    }
}

/// A state in which an agent waits for a person, and since when.
type Waits = (State, u64);

/// What a pane's agent does, as far as people are told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Waits(Waits),
    /// That isn't known yet.
    Starting,
    /// Nothing of which anybody is told; or there is no agent.
    Other,
}

impl Doing {
    fn of(agent: Option<&v1::Agent>) -> Self {
        let Some(agent) = agent else { return Self::Other };
        match State::from_name(&agent.state) {
            Some(state @ (State::Blocked | State::Done)) => Self::Waits((state, agent.since)),
            Some(State::Starting) => Self::Starting,
            // It was found, and not looked at yet.
            None if agent.state.is_empty() => Self::Starting,
            Some(State::Working | State::Idle | State::Exited | State::Unknown) | None => {
                Self::Other
            }
        }
    }
}

/// What is known to people already.
#[derive(Debug, Default)]
struct Told {
    /// By host and pane.
    hosts: HashMap<String, HashMap<u64, Known>>,
}

#[derive(Debug, Default)]
struct Known {
    /// What it waited for last.
    told: Option<Waits>,
    /// It was there at first, and what it does isn't known yet: whatever that is has been so before.
    old: bool,
}

impl Told {
    /// Takes in the panes of a host that is there, and returns those that are news.
    fn take_in(
        &mut self,
        host: &str,
        panes: impl IntoIterator<Item = (u64, Doing)>,
    ) -> HashSet<u64> {
        let first = !self.hosts.contains_key(host);
        let known = self.hosts.entry(host.to_owned()).or_default();
        let mut there = HashSet::new();
        let mut news = HashSet::new();
        for (id, doing) in panes {
            there.insert(id);
            let pane = known.entry(id).or_insert(Known { told: None, old: first });
            if let Doing::Waits(waits) = doing {
                // One that has gone on and comes back to the very same (an editor had its terminal meanwhile) is no news.
                if pane.told.replace(waits) != Some(waits) && !pane.old {
                    news.insert(id);
                }
            }
            pane.old &= doing == Doing::Starting;
        }
        known.retain(|id, _| there.contains(id));
        news
    }
}

/// Tells people for as long as the server lives. The panes of this host must have been taken over.
pub(crate) async fn run(server: Arc<Server>) {
    let mut changes = server.changes();
    let mut told = Told::default();
    let actions = Actions::default();
    if configured(&server).is_some() {
        server.watch_tmux_here();
    }
    loop {
        changes.mark_unchanged();
        for pane in news(&server, &mut told) {
            tell(&server, &actions, pane);
        }
        tokio::time::sleep(LOOK_PAUSE).await;
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// The panes whose agents have come to wait, on all hosts that are there. Unlike lists, this looks at nothing anew.
fn news(server: &Server, told: &mut Told) -> Vec<v1::Pane> {
    let panes = server.panes.all();
    let in_tmux = server.agents_in_tmux_lately();
    let own = panes.iter().map(|pane| {
        let facts = pane.facts();
        let agent = facts.row.agent.as_ref().filter(|_| facts.row.ended.is_none());
        (pane.id, Doing::of(agent))
    });
    let own = told.take_in(LOCAL_HOST, own);
    let mut news: Vec<v1::Pane> =
        panes.iter().filter(|pane| own.contains(&pane.id)).map(|pane| pane.describe()).collect();
    // It may be that nobody has looked there yet.
    if !in_tmux.is_empty() {
        // Pane numbers of tmux are its own.
        let found = in_tmux.iter().map(|pane| (pane.id, Doing::of(pane.agent.as_ref())));
        let found = told.take_in("tmux", found);
        news.extend(in_tmux.iter().filter(|pane| found.contains(&pane.id)).cloned());
    }
    server.fleet.visit_online(&server.server_id, |alias, panes| {
        let found = panes.clone().map(|pane| (pane.id, Doing::of(pane.agent.as_ref())));
        let found = told.take_in(&format!("host {alias}"), found);
        let panes = panes.filter(|pane| found.contains(&pane.id));
        news.extend(panes.map(|pane| v1::Pane { host: alias.to_owned(), ..pane.clone() }));
    });
    news
}

fn tell(server: &Server, actions: &Actions, pane: v1::Pane) {
    let blocked = matches!(Doing::of(pane.agent.as_ref()), Doing::Waits((State::Blocked, _)));
    if let Some((on_blocked, on_done)) = configured(server)
        && let Some(action) = if blocked { on_blocked } else { on_done }
    {
        actions.run(&action, &pane);
    }
    // Nobody may be listening.
    let _ = server.telling.news.send(pane);
}

/// What is to be run, as the configuration has it now; `None` where that is nothing.
fn configured(server: &Server) -> Option<(Option<Action>, Option<Action>)> {
    // Read anew: it is so seldom that it is needed, and whoever changes it wants to see it work.
    match config::load(&server.paths.config()) {
        Ok(loaded) => {
            let actions = (loaded.config.on_blocked, loaded.config.on_done);
            (actions != (None, None)).then_some(actions)
        }
        Err(error) => {
            tracing::warn!("{error}: nothing is run when an agent waits");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCKED: Doing = Doing::Waits((State::Blocked, 5));
    const AGAIN: Doing = Doing::Waits((State::Blocked, 9));
    const DONE: Doing = Doing::Waits((State::Done, 7));
    const NOTHING: Doing = Doing::Other;

    /// What is seen at a look, and what of it is news.
    type Look<'a> = (&'a [(u64, Doing)], &'a [u64]);

    #[track_caller]
    fn check(host: &str, told: &mut Told, looks: &[Look<'_>]) {
        for (seen, expected) in looks {
            let mut news: Vec<u64> = told.take_in(host, seen.iter().copied()).into_iter().collect();
            news.sort_unstable();
            assert_eq!(news, *expected, "{seen:?}");
        }
    }

    #[test]
    fn each_wait_is_told_once() {
        let mut told = Told::default();
        check(
            "thor",
            &mut told,
            &[
                // What was there at first is no news.
                (&[(1, BLOCKED), (2, NOTHING)], &[]),
                (&[(1, BLOCKED), (2, BLOCKED)], &[2]),
                (&[(1, BLOCKED), (2, DONE)], &[2]),
                // It flaps.
                (&[(1, NOTHING), (2, NOTHING)], &[]),
                (&[(1, BLOCKED), (2, DONE)], &[]),
                (&[(1, AGAIN), (2, DONE)], &[1]),
                // A pane that is new.
                (&[(1, AGAIN), (3, BLOCKED)], &[3]),
            ],
        );
        check("loki", &mut told, &[(&[(1, BLOCKED)], &[]), (&[(1, AGAIN)], &[1])]);
        assert!(!told.hosts["thor"].contains_key(&2), "what is gone is forgotten");
    }

    #[test]
    fn what_is_found_out_late_of_what_was_there_is_no_news() {
        let starting = Doing::Starting;
        check(
            "tmux",
            &mut Told::default(),
            &[
                (&[(1, starting), (2, starting)], &[]),
                (&[(1, BLOCKED), (2, starting), (3, starting)], &[]),
                (&[(1, BLOCKED), (2, NOTHING), (3, BLOCKED)], &[3]),
                (&[(1, AGAIN), (2, DONE)], &[1, 2]),
            ],
        );
    }

    #[test]
    fn only_who_needs_a_person_waits() {
        let agent = |state: &str| v1::Agent { state: state.into(), since: 5, ..Default::default() };
        for (state, expected) in [
            ("blocked", BLOCKED),
            ("done", Doing::Waits((State::Done, 5))),
            ("starting", Doing::Starting),
            ("", Doing::Starting),
            ("idle", NOTHING),
            ("working", NOTHING),
            ("exited", NOTHING),
            ("a word of a newer one", NOTHING),
        ] {
            assert_eq!(Doing::of(Some(&agent(state))), expected, "{state}");
        }
        assert_eq!(Doing::of(None), NOTHING);
    }
}
