//! The agents in a tmux: what is known of them by its list and by their screens, and the verdict on each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use towline_agents::rules::{Rules, Shown};
use towline_agents::{ProcessState, Shows, State, Tracker};
use towline_client::target::TMUX_ID;
use towline_client::tmux::{AgentFound, Listed, Screen, Screens, Standing};
use towline_protocol::v1;

use super::panes;
use crate::agent::{Rulebook, said};
use crate::clock;

/// The agents in one tmux. What is done with them goes by tmux's own numbers of their panes.
#[derive(Debug)]
pub(in crate::fleet) struct Agents {
    inner: Mutex<Inner>,
    /// Counts changes of what they do.
    changes: watch::Sender<u64>,
    /// Counts looks.
    looks: watch::Sender<u64>,
    /// Something was done there that will show on a screen.
    stirred: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    agents: HashMap<u64, Living>,
    /// What was known of them before this server was started, with the process of each pane.
    before: HashMap<u64, (i32, v1::Agent)>,
    /// The panes as they were listed last.
    panes: Vec<v1::Pane>,
}

#[derive(Debug)]
struct Living {
    pid: i32,
    /// When its process began: microseconds since 1970 UTC.
    began: u64,
    tracker: Tracker,
    /// What had the terminal when it was listed.
    command: String,
    /// Its process could not be found where it was looked for.
    missing: bool,
    /// What it showed last; nothing: it was not looked at yet.
    screen: Option<(Screen, Shown)>,
    /// The rules that this was held against, their version, and where they come from.
    rules: Option<Arc<Rules>>,
    version: u64,
    origin: String,
    /// What was told of it last.
    told: v1::Agent,
}

/// What a look brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Seen {
    /// A screen shows something else than before.
    pub(super) drawn: bool,
    /// A process has come or gone: the list will tell.
    pub(super) list: bool,
}

impl Default for Agents {
    fn default() -> Self {
        let (changes, looks) = (watch::channel(0).0, watch::channel(0).0);
        Self { inner: Mutex::default(), changes, looks, stirred: Notify::new() }
    }
}

impl Agents {
    /// Agents of which something is known from before.
    pub(in crate::fleet) fn of(known: &[v1::Pane]) -> Self {
        let agents = Self::default();
        let of_tmux = known.iter().filter(|pane| pane.tmux);
        let before = of_tmux.filter_map(|pane| {
            let number = pane.id.checked_sub(TMUX_ID)?;
            Some((number, (pane.pid, pane.agent.clone()?)))
        });
        agents.inner().before = before.collect();
        agents
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a list; returns its panes, with what is known of their agents.
    pub(in crate::fleet) fn listed(&self, rulebook: &Rulebook, listed: Listed) -> Vec<v1::Pane> {
        let mut inner = self.inner();
        let agents = listed.agents.clone();
        inner.panes = panes(listed);
        if inner.take_in(clock::now(), rulebook, &agents) {
            self.changes.send_modify(|count| *count += 1);
        }
        self.publish(&mut inner);
        inner.described()
    }

    /// The panes that were listed last.
    pub(in crate::fleet) fn panes(&self) -> Vec<v1::Pane> {
        self.inner().described()
    }

    /// The panes with living agents, and the process of each.
    pub(super) fn living(&self) -> Vec<(u64, i32)> {
        let inner = self.inner();
        let living = inner.agents.iter().filter(|(_, agent)| agent.is_alive());
        let mut living: Vec<_> = living.map(|(pane, agent)| (*pane, agent.pid)).collect();
        living.sort_unstable();
        living
    }

    /// One of them was not looked at yet.
    pub(super) fn unseen(&self) -> bool {
        self.inner().agents.values().any(|agent| agent.is_alive() && agent.screen.is_none())
    }

    /// There is a living one.
    pub(in crate::fleet) fn any(&self) -> bool {
        self.inner().agents.values().any(Living::is_alive)
    }

    /// Waits until each was looked at.
    pub(in crate::fleet) async fn all_seen(&self) {
        let mut looks = self.looks.subscribe();
        while self.unseen() {
            if looks.changed().await.is_err() {
                return;
            }
        }
    }

    /// Takes in what their panes show.
    pub(super) fn looked(&self, rulebook: &Rulebook, screens: Screens) -> Seen {
        let mut inner = self.inner();
        let seen = inner.see(clock::now(), rulebook, screens);
        self.publish(&mut inner);
        self.looks.send_modify(|count| *count += 1);
        seen
    }

    /// Lets time pass; whether what one does is another than was told.
    pub(super) fn tick(&self, rulebook: &Rulebook) -> bool {
        let mut inner = self.inner();
        let (now, version) = (clock::now(), rulebook.version());
        for agent in inner.agents.values_mut() {
            if agent.version != version {
                agent.judge(now, rulebook, version);
            }
            agent.tracker.tick(now);
        }
        self.publish(&mut inner)
    }

    /// After how long time alone will change what is told.
    pub(super) fn due(&self) -> Option<Duration> {
        let now = clock::now();
        let inner = self.inner();
        let due = inner.agents.values().filter_map(|agent| agent.tracker.due(now)).min()?;
        Some(Duration::from_micros(due.saturating_sub(now)))
    }

    /// Tells when what any of them does is another than before.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Something was done there that will show: it is looked at soon.
    pub(super) fn stir(&self) {
        self.stirred.notify_one();
    }

    /// Waits until something was done there.
    pub(super) async fn stirred(&self) {
        self.stirred.notified().await;
    }

    /// What the agent in a pane does; `None`: there is none, or no such pane.
    pub(super) fn agent(&self, pane: u64) -> Option<v1::Agent> {
        self.inner().agents.get(&pane).map(|agent| agent.told.clone())
    }

    /// The rules for the agent in a pane.
    pub(super) fn rules(&self, pane: u64) -> Option<Arc<Rules>> {
        self.inner().agents.get(&pane)?.rules.clone()
    }

    /// What the pane of an agent shows, as far as it was looked at.
    pub(super) fn shown(&self, pane: u64) -> Option<Shown> {
        self.inner().agents.get(&pane)?.screen.as_ref().map(|(_, shown)| shown.clone())
    }

    /// The title of the pane of an agent, as far as it was looked at.
    pub(super) fn title(&self, pane: u64) -> Option<String> {
        self.inner().agents.get(&pane)?.screen.as_ref().map(|(screen, _)| screen.title.clone())
    }

    /// When the agent in a pane began: microseconds since 1970 UTC; 0: not known.
    pub(super) fn began(&self, pane: u64) -> u64 {
        self.inner().agents.get(&pane).map_or(0, |agent| agent.began)
    }

    /// Whether there is such a pane.
    pub(super) fn has(&self, pane: u64) -> bool {
        self.inner().panes.iter().any(|known| known.id == TMUX_ID + pane)
    }

    /// Why the agent in a pane is said to be doing what it does.
    pub(super) fn explain(&self, pane: u64, described: v1::Pane) -> Option<v1::Explained> {
        let inner = self.inner();
        let agent = inner.agents.get(&pane)?;
        let nothing = (Screen::default(), Shown::default());
        let (screen, shown) = agent.screen.as_ref().unwrap_or(&nothing);
        // tmux keeps nothing of what programs say of themselves otherwise.
        let shows = Shows { title: &screen.title, status: "", screen: shown };
        let origin = agent.origin.clone();
        Some(said::explained(&agent.tracker, agent.rules.as_ref(), origin, shows, described))
    }

    fn publish(&self, inner: &mut Inner) -> bool {
        let mut news = false;
        for agent in inner.agents.values_mut() {
            let kind = agent.told.kind.clone();
            let told = said::agent(&agent.told, &kind, agent.tracker.verdict());
            news |= told != agent.told;
            agent.told = told;
        }
        if news {
            self.changes.send_modify(|count| *count += 1);
        }
        news
    }
}

impl Inner {
    /// Takes in which agents there are; whether the pane of one is gone.
    fn take_in(&mut self, now: u64, rulebook: &Rulebook, found: &[AgentFound]) -> bool {
        let panes: HashMap<u64, i32> = self
            .panes
            .iter()
            .filter_map(|pane| Some((pane.id.checked_sub(TMUX_ID)?, pane.pid)))
            .collect();
        let before = self.agents.len();
        self.agents.retain(|pane, _| panes.contains_key(pane));
        let left = self.agents.len() < before;
        for agent in found {
            let known = self.agents.get(&agent.pane);
            let same = known.is_some_and(|known| {
                known.pid == agent.pid && known.told.kind == agent.kind && known.is_alive()
            });
            if !same {
                let age = u64::try_from(agent.age.as_micros()).unwrap_or(u64::MAX);
                let begun = now.saturating_sub(age);
                let before = self.before.remove(&agent.pane);
                let before = before.filter(|(pid, before)| {
                    panes.get(&agent.pane) == Some(pid) && before.kind == agent.kind
                });
                let verdict = before.and_then(|(_, before)| said::verdict(&before));
                let tracker = match verdict {
                    Some(verdict) if verdict.claim.state != State::Exited => {
                        Tracker::resumed(begun, now, verdict)
                    }
                    _ => Tracker::new(begun),
                };
                self.agents.insert(agent.pane, Living::new(agent, begun, tracker, rulebook));
            }
            let Some(living) = self.agents.get_mut(&agent.pane) else { continue };
            living.command.clone_from(&agent.command);
            living.missing = false;
            living.tracker.process(now, standing(agent));
            living.tracker.watched(now, agent.watched);
        }
        self.before.clear();
        for (pane, living) in &mut self.agents {
            if !found.iter().any(|found| found.pane == *pane) {
                living.tracker.process(now, ProcessState::Gone);
            }
        }
        left
    }

    fn see(&mut self, now: u64, rulebook: &Rulebook, screens: Screens) -> Seen {
        let mut seen = Seen::default();
        for screen in screens.screens {
            let Some(living) = self.agents.get_mut(&screen.pane) else { continue };
            seen.list |= screen.command != living.command;
            let same = living.screen.as_ref().is_some_and(|(before, _)| {
                before.title == screen.title && before.rows == screen.rows
            });
            if same || !living.is_alive() {
                continue;
            }
            seen.drawn = true;
            let shown = Shown::new(&screen.rows);
            living.screen = Some((screen, shown));
            living.judge(now, rulebook, rulebook.version());
        }
        for pane in screens.gone {
            let Some(living) = self.agents.get_mut(&pane) else { continue };
            // Once: where it can't be asked after, the list knows better.
            seen.list |= living.is_alive() && !living.missing;
            living.missing = true;
        }
        seen
    }

    fn described(&self) -> Vec<v1::Pane> {
        let described = |pane: &v1::Pane| {
            let living = pane.id.checked_sub(TMUX_ID).and_then(|number| self.agents.get(&number));
            let agent = living.map(|living| living.told.clone());
            v1::Pane { agent: agent.or_else(|| pane.agent.clone()), ..pane.clone() }
        };
        self.panes.iter().map(described).collect()
    }
}

impl Living {
    fn new(agent: &AgentFound, began: u64, tracker: Tracker, rulebook: &Rulebook) -> Self {
        Self {
            pid: agent.pid,
            began,
            tracker,
            command: agent.command.clone(),
            missing: false,
            screen: None,
            rules: rulebook.rules(&agent.kind),
            version: rulebook.version(),
            origin: rulebook.origin(&agent.kind),
            told: v1::Agent { kind: agent.kind.clone(), ..v1::Agent::default() },
        }
    }

    fn is_alive(&self) -> bool {
        self.tracker.verdict().claim.state != State::Exited
    }

    /// Holds the rules against what it shows.
    fn judge(&mut self, now: u64, rulebook: &Rulebook, version: u64) {
        if self.version != version {
            self.version = version;
            self.rules = rulebook.rules(&self.told.kind);
            self.origin = rulebook.origin(&self.told.kind);
        }
        if let (Some(rules), Some((screen, shown))) = (&self.rules, &self.screen) {
            let shows = Shows { title: &screen.title, status: "", screen: shown };
            self.tracker.shown(now, rules, shows);
        }
    }
}

/// How its process stands.
fn standing(agent: &AgentFound) -> ProcessState {
    match agent.standing {
        Standing::Foreground => ProcessState::Foreground,
        Standing::Background => ProcessState::Background(agent.command.clone()),
        Standing::Stopped => ProcessState::Background("it was stopped; its shell".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"
kind = "demo"
programs = ["demo-agent"]
[[rule]]
name = "works"
state = "working"
priority = 2
all = ["esc to interrupt"]
[[rule]]
name = "box"
state = "idle"
all = ["> ready"]
"#;

    fn rulebook() -> (tempfile::TempDir, Rulebook) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("demo.toml"), RULES).unwrap();
        let book = Rulebook::new(folder.path().to_owned());
        (folder, book)
    }

    fn listed(agent: Option<i32>) -> Listed {
        let found = |pid| AgentFound {
            pane: 7,
            kind: "demo".into(),
            pid,
            age: Duration::from_secs(1),
            standing: Standing::Foreground,
            command: "demo-agent".into(),
            watched: false,
        };
        Listed {
            panes: vec![v1::Pane { id: 7, pid: 100, tmux: true, ..v1::Pane::default() }],
            agents: agent.map(found).into_iter().collect(),
            ..Listed::default()
        }
    }

    fn screen(row: &str) -> Screens {
        let rows = vec![row.to_owned()];
        let command = "demo-agent".to_owned();
        let screen = Screen { pane: 7, command, rows, ..Screen::default() };
        Screens { screens: vec![screen], ..Screens::default() }
    }

    fn state(panes: &[v1::Pane]) -> String {
        panes[0].agent.as_ref().map(|agent| agent.state.clone()).unwrap_or_default()
    }

    #[test]
    fn an_agents_life_is_told_while_its_pane_lives() {
        let (_folder, book) = rulebook();
        let agents = Agents::default();
        let mut changes = agents.changes();
        assert_eq!(state(&agents.listed(&book, listed(Some(5)))), "starting");
        assert!(agents.unseen() && changes.has_changed().unwrap());
        let drawn = Seen { drawn: true, list: false };
        assert_eq!(agents.looked(&book, screen("esc to interrupt")), drawn);
        assert_eq!(state(&agents.panes()), "working");
        assert_eq!(agents.living(), [(7, 5)]);
        changes.mark_unchanged();
        assert_eq!(agents.looked(&book, screen("esc to interrupt")), Seen::default());
        assert!(!changes.has_changed().unwrap());
        let explained = agents.explain(7, v1::Pane::default()).unwrap();
        assert_eq!(explained.because, "works");
        assert_eq!(explained.screen, ["esc to interrupt"]);
        // Its process is looked for once; the list says whether it is gone.
        let gone = Screens { gone: [7].into(), ..Screens::default() };
        assert!(agents.looked(&book, gone.clone()).list);
        assert!(!agents.looked(&book, gone).list);
        assert_eq!(state(&agents.panes()), "working");
        assert_eq!(state(&agents.listed(&book, listed(None))), "exited");
        assert!(agents.living().is_empty());
        assert_eq!(state(&agents.listed(&book, listed(Some(6)))), "starting");
        assert!(agents.listed(&book, Listed::default()).is_empty());
        assert!(agents.agent(7).is_none());
    }

    #[test]
    fn another_program_in_the_foreground_asks_for_a_list() {
        let (_folder, book) = rulebook();
        let agents = Agents::default();
        agents.listed(&book, listed(Some(5)));
        let mut screens = screen("x");
        screens.screens[0].command = "vim".into();
        assert!(agents.looked(&book, screens).list);
        let mut background = listed(Some(5));
        background.agents[0].standing = Standing::Background;
        background.agents[0].command = "vim".into();
        assert_eq!(state(&agents.listed(&book, background)), "unknown");
        let explained = agents.explain(7, v1::Pane::default()).unwrap();
        assert_eq!(explained.because, "vim has the terminal");
    }

    #[test]
    fn what_was_known_before_goes_on_where_it_is_the_same_pane() {
        let (_folder, book) = rulebook();
        let agent = v1::Agent {
            kind: "demo".into(),
            state: "done".into(),
            since: 77,
            ..v1::Agent::default()
        };
        let known = |pid| {
            let agent = Some(agent.clone());
            v1::Pane { id: TMUX_ID + 7, pid, tmux: true, agent, ..v1::Pane::default() }
        };
        for (pid, expected) in [(100, ("done", 77)), (101, ("starting", 0))] {
            let agents = Agents::of(&[known(pid)]);
            let told = agents.listed(&book, listed(Some(5)))[0].agent.clone().unwrap();
            let since = if expected.1 == 0 { 0 } else { told.since };
            assert_eq!((told.state.as_str(), since), expected);
        }
    }

    #[test]
    fn rules_that_change_are_held_against_what_is_shown() {
        let (folder, book) = rulebook();
        let agents = Agents::default();
        agents.listed(&book, listed(Some(5)));
        agents.looked(&book, screen("hello"));
        assert_eq!(state(&agents.panes()), "starting");
        let more =
            format!("{RULES}[[rule]]\nname = \"h\"\nstate = \"working\"\nall = [\"hello\"]\n");
        std::fs::write(folder.path().join("demo.toml"), more).unwrap();
        // The files are looked at once a second.
        std::thread::sleep(Duration::from_millis(1100));
        assert!(agents.tick(&book));
        assert_eq!(state(&agents.panes()), "working");
    }
}
