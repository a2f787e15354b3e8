//! The agent in the pane: finding its process, looking at what it shows, and the verdict on it.
//!
//! Nothing here runs by the clock while the pane is quiet. Output marks the screen as new; it is looked at soon after, and then some times a
//! second at most. The agent's end is told by its pidfd.

use std::os::fd::OwnedFd;
use std::time::Duration;

use tokio::io::unix::AsyncFd;
use tokio::time::Instant;
use towline_agents::hook::Report;
use towline_agents::rules::On;
use towline_agents::{ProcessState, Shows, State, Tracker};
use towline_protocol::v1;
use towline_vt::{Event, Terminal};

use super::Actor;
use super::modelling::Modelled;
use crate::agent::{conversation, no_agent, process, records, said, shown};
use crate::clock;
use crate::fault::Fault;
use crate::pane::folder;
use crate::spawn::agent as started;

/// How long after output the screen is looked at: programs draw in several writes.
const LOOK_AFTER: Duration = Duration::from_millis(30);

/// Looks are so far apart: what begins shows within half a second, with the calm that rest must have.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A program that has just begun may have become an agent by then (a script that ends in `exec`).
const SEARCH_AFTER: Duration = Duration::from_millis(50);

/// A pane without an agent that prints is searched for one at most so often,
const SEARCH_EVERY: Duration = Duration::from_secs(1);

/// and so often where the same program has the terminal as before.
const SEARCH_SAME: Duration = Duration::from_secs(5);

/// What is known of the pane's agent.
#[derive(Default)]
pub(super) struct AgentWatch {
    living: Option<Living>,
    look_at: Option<Instant>,
    looked: Option<Instant>,
    search_at: Option<Instant>,
    searched: Option<Instant>,
    /// The group that had the terminal when it was searched.
    foreground: i32,
}

struct Living {
    kind: String,
    tracker: Tracker,
    process: Option<process::Found>,
    end: Option<AsyncFd<OwnedFd>>,
    /// The state of the screen that was looked at last, and of the rules.
    seen: Option<(u64, (String, String), u64)>,
}

impl AgentWatch {
    /// There is an agent whose screen is looked at.
    pub(super) fn is_looked_at(&self) -> bool {
        self.living.is_some()
    }
}

/// Returns when the agent's process has ended; never, where there is none.
pub(super) async fn agent_end(agent: &mut AgentWatch) {
    match agent.living.as_ref().and_then(|living| living.end.as_ref()) {
        Some(end) => {
            let _ = end.readable().await;
        }
        None => std::future::pending().await,
    }
}

impl Actor {
    /// The pane begins, or was taken over from another server.
    pub(super) fn begin_agent(&mut self, fresh: bool) {
        let (row, head) = {
            let facts = self.pane.facts();
            (facts.row.clone(), facts.head)
        };
        if let Some(agent) = row.agent.filter(|agent| fresh || agent.state != State::Exited.name())
        {
            let tracker = match said::verdict(&agent) {
                Some(verdict) if !fresh => Tracker::resumed(row.started_at, clock::now(), verdict),
                _ => Tracker::new(clock::now()),
            };
            // A fresh one, too: on a busy machine it has printed before the first link to its holder is there.
            let unseen = agent.offset != head;
            self.begin_living(agent.kind, tracker, None);
            if unseen {
                self.agent_printed();
            }
        }
        self.agent.search_at = Some(Instant::now() + SEARCH_AFTER);
    }

    fn begin_living(&mut self, kind: String, tracker: Tracker, found: Option<process::Found>) {
        let end = found.as_ref().and_then(process::Found::end);
        self.agent.living = Some(Living { kind, tracker, process: found, end, seen: None });
        self.agent_watched();
    }

    /// The pane printed: soon something is to be looked at.
    pub(super) fn agent_printed(&mut self) {
        let now = Instant::now();
        let after = |last: Option<Instant>, every: Duration| last.map_or(now, |last| last + every);
        let alive = self.agent.living.as_ref().is_some_and(Living::is_alive);
        if alive {
            let at = (now + LOOK_AFTER).max(after(self.agent.looked, LOOK_EVERY));
            self.agent.look_at.get_or_insert(at);
        } else {
            let at = (now + LOOK_AFTER).max(after(self.agent.searched, SEARCH_EVERY));
            self.agent.search_at.get_or_insert(at);
        }
    }

    /// An agent was seen among the pane's processes, which isn't known here.
    pub(super) fn agent_seen(&mut self) {
        let now = Instant::now();
        let at = self.agent.searched.map_or(now, |last| (last + SEARCH_EVERY).max(now));
        self.agent.foreground = 0;
        self.agent.search_at.get_or_insert(at);
    }

    pub(super) fn agent_deadline(&self) -> Option<Instant> {
        let due = self.agent.living.as_ref().and_then(|living| {
            let now = clock::now();
            let due = living.tracker.due(now)?;
            Some(Instant::now() + Duration::from_micros(due.saturating_sub(now)))
        });
        [self.agent.look_at, self.agent.search_at, due].into_iter().flatten().min()
    }

    pub(super) fn agent_timers(&mut self, now: Instant) {
        if self.agent.search_at.is_some_and(|at| at <= now) {
            self.agent.search_at = None;
            self.search(now);
        }
        if self.agent.look_at.is_some_and(|at| at <= now) {
            self.agent.look_at = None;
            self.look_at_agent(now);
        }
        if let Some(living) = &mut self.agent.living {
            living.tracker.tick(clock::now());
            self.publish();
        }
    }

    /// Looks for the agent's process.
    fn search(&mut self, now: Instant) {
        let root = self.pane.facts().pid;
        if root <= 0
            || self
                .agent
                .living
                .as_ref()
                .is_some_and(|living| living.process.is_some() && living.is_alive())
        {
            return;
        }
        let foreground = process::foreground(root);
        let recent = self.agent.searched.is_some_and(|at| now - at < SEARCH_SAME);
        let same = foreground == self.agent.foreground && foreground != 0;
        let waits = self.agent.living.as_ref().is_some_and(Living::is_alive);
        // A process becomes an agent by `exec`, too, which changes nothing of this; that happens at its start.
        let young = clock::since(self.pane.facts().row.started_at) < SEARCH_SAME;
        if same && recent && !waits && !young {
            // It prints on: whether it has started an agent is found out later, also if that was the last that it prints.
            self.agent.search_at = self.agent.searched.map(|at| at + SEARCH_SAME);
            return;
        }
        self.agent.searched = Some(now);
        self.agent.foreground = foreground;
        let found = process::find(root, &self.server.rulebook);
        match (found, &mut self.agent.living) {
            (Some(found), Some(living)) if living.kind == found.kind && living.is_alive() => {
                living.end = found.end();
                living.process = Some(found);
            }
            (Some(found), _) => {
                let kind = found.kind.clone();
                let before = self.pane.facts().row.agent.clone();
                let begun = found.begun;
                self.begin_living(kind.clone(), Tracker::new(begun), Some(found));
                if before
                    .as_ref()
                    .is_none_or(|agent| agent.kind != kind || agent.state == State::Exited.name())
                {
                    let mut facts = self.pane.facts();
                    let fresh = started::found(before.as_ref(), &kind, &facts.row.command);
                    facts.row.agent = Some(fresh);
                }
                self.agent_printed();
            }
            // Named by its command, and not there, or not yet.
            (None, Some(living)) if living.process.is_none() => {
                let begun = self.pane.facts().row.started_at;
                if clock::since(begun) > SEARCH_SAME {
                    living.tracker.process(clock::now(), ProcessState::Gone);
                } else {
                    self.agent.search_at = Some(now + SEARCH_EVERY / 4);
                }
            }
            (None, _) => {}
        }
        self.publish();
    }

    /// Looks at what the agent shows.
    fn look_at_agent(&mut self, now: Instant) {
        if !self.agent.living.as_ref().is_some_and(Living::is_alive) {
            return;
        }
        self.agent.looked = Some(now);
        self.wake();
        let Modelled::Awake(awake) = &self.modelled else { return };
        let terminal = &awake.model.terminal;
        if awake.behind.is_some() || terminal.synchronized() {
            // What comes next brings the next look; this is for a program that falls silent half way.
            self.agent.look_at = Some(now + LOOK_EVERY);
            return;
        }
        let Some(living) = &mut self.agent.living else { return };
        let time = clock::now();
        if let Some(process) = &living.process {
            living.tracker.process(time, process.state());
        }
        let version = self.server.rulebook.version();
        let same = living.seen.as_ref().is_some_and(|(generation, title, rules)| {
            *generation == terminal.generation() && *title == words(terminal) && *rules == version
        });
        if !same {
            living.seen = Some((terminal.generation(), words(terminal), version));
            if let Some(rules) = self.server.rulebook.rules(&living.kind) {
                let screen = shown(terminal);
                let (title, status) = (terminal.title(), terminal.status());
                living.tracker.shown(time, &rules, Shows { title, status, screen: &screen });
            }
        }
        let fed = awake.model.fed;
        if let Some(agent) = &mut self.pane.facts().row.agent {
            agent.offset = fed;
        }
        self.learn_conversation();
        self.publish();
    }

    /// Learns from the process itself which conversation it holds, where nobody has told that yet.
    fn learn_conversation(&mut self) {
        let Some(living) = &self.agent.living else { return };
        let Some(pid) = living.process.as_ref().map(|process| process.pid) else { return };
        let is_known =
            self.pane.facts().row.agent.as_ref().is_none_or(|agent| !agent.conversation.is_empty());
        if is_known {
            return;
        }
        let Some(id) = conversation::held(&living.kind, pid) else { return };
        if let Some(agent) = &mut self.pane.facts().row.agent {
            agent.conversation = id;
            // Where work was seen something was said in it.
            agent.unused = living.tracker.verdict().claim.state != State::Working;
        }
        self.server.write_down(&self.pane);
        self.server.changed();
    }

    /// The terminal told something that a rule may be about.
    pub(super) fn agent_event(&mut self, event: &Event) {
        let Some(living) = &mut self.agent.living else { return };
        let Some(rules) = self.server.rulebook.rules(&living.kind) else { return };
        let (on, text) = match event {
            Event::Notification { title, body } => {
                let text = [title.as_deref().unwrap_or_default(), body].join(" ");
                (On::Notification, text.trim().to_owned())
            }
            Event::Progress { state, percent } => {
                (On::Progress, format!("{};{}", state.number(), percent.unwrap_or(0)))
            }
            // It stays, and is seen with the screen.
            Event::Status(_) => return self.agent_printed(),
            _ => return,
        };
        living.tracker.told(clock::now(), &rules, on, &text);
        self.publish();
    }

    /// The agent's hook told something.
    pub(super) fn agent_told(&mut self, kind: &str, report: &Report) {
        let now = clock::now();
        if !self
            .agent
            .living
            .as_ref()
            .is_some_and(|living| living.kind == kind && living.is_alive())
        {
            if report.closed {
                // The last word of one that has ended already.
                return;
            }
            // It is quicker than the search for its process.
            {
                let mut facts = self.pane.facts();
                let row = facts.row.agent.clone();
                let is_it =
                    |agent: &v1::Agent| agent.kind == kind && agent.state != State::Exited.name();
                if !row.as_ref().is_some_and(is_it) {
                    let found = started::found(row.as_ref(), kind, &facts.row.command);
                    facts.row.agent = Some(found);
                }
            }
            self.begin_living(kind.to_owned(), Tracker::new(now), None);
            self.agent.foreground = 0;
            self.agent.search_at = Some(Instant::now() + SEARCH_AFTER);
        }
        if let Some(living) = &mut self.agent.living {
            living.tracker.hook(now, report);
        }
        let learned = {
            let mut facts = self.pane.facts();
            if report.taken {
                facts.heard.taken_at = now;
            }
            if let Some(answer) = &report.answer {
                facts.heard.answer = Some((now, answer.clone()));
            }
            let agent = facts.row.agent.get_or_insert_default();
            let began = report.taken && std::mem::take(&mut agent.unused);
            match &report.conversation {
                Some(id) if agent.conversation != *id => {
                    agent.conversation.clone_from(id);
                    agent.unused = report.opened;
                    true
                }
                _ => began,
            }
        };
        if learned {
            // What brings a conversation back is not to be lost with the next crash.
            self.server.write_down(&self.pane);
            self.server.changed();
        }
        self.publish();
        self.pane.agent_changes.send_modify(|count| *count += 1);
    }

    /// The agent's process has ended.
    pub(super) fn agent_ended(&mut self) {
        if let Some(living) = &mut self.agent.living {
            living.end = None;
            living.tracker.process(clock::now(), ProcessState::Gone);
        }
        self.publish();
        self.agent.foreground = 0;
        self.agent.search_at = Some(Instant::now() + SEARCH_EVERY);
    }

    /// Somebody looks at the pane now, or nobody does any longer.
    pub(super) fn agent_watched(&mut self) {
        let watched = !self.views.is_empty();
        if let Some(living) = &mut self.agent.living {
            living.tracker.watched(clock::now(), watched);
            self.publish();
        }
    }

    /// Tells the verdict, where it is another than was told.
    fn publish(&mut self) {
        let Some(living) = &self.agent.living else { return };
        let verdict = living.tracker.verdict();
        let changed = {
            let mut facts = self.pane.facts();
            let agent = facts.row.agent.get_or_insert_default();
            let mut told = said::agent(agent, &living.kind, verdict);
            // It works: so something was said to it.
            told.unused &= verdict.claim.state != State::Working;
            let changed = *agent != told;
            let another = agent.state != told.state || agent.since != told.since;
            *agent = told;
            changed.then_some(another)
        };
        if let Some(another) = changed {
            self.keep_record();
            if another {
                // The next server must know what people have been told of.
                self.server.write_down(&self.pane);
            }
            self.note();
            self.pane.agent_changes.send_modify(|count| *count += 1);
            self.server.changed();
        }
    }

    /// The record of its conversation is held, where the agent has come to rest.
    fn keep_record(&self) {
        let agent = self.pane.facts().agent().filter(|agent| !agent.conversation.is_empty());
        let Some(agent) = agent else { return };
        let rests = !matches!(agent.state.as_str(), "starting" | "working");
        if rests {
            let (folder, id) = (folder::for_agent(&self.pane.folder), agent.conversation);
            tokio::task::spawn_blocking(move || {
                if let Err(error) = records::keep(&folder, &id) {
                    tracing::warn!("the record of the conversation {id} is not held: {error}");
                }
            });
        }
    }

    /// Why the agent's state is what it is.
    pub(super) fn explain(&self, shows: Shows<'_>) -> Result<v1::Explained, Fault> {
        let living = self.agent.living.as_ref().ok_or_else(|| no_agent(&self.pane))?;
        let rules = self.server.rulebook.rules(&living.kind);
        let origin = self.server.rulebook.origin(&living.kind);
        let pane = self.pane.describe();
        Ok(said::explained(&living.tracker, rules.as_ref(), origin, shows, pane))
    }
}

impl Living {
    fn is_alive(&self) -> bool {
        self.tracker.verdict().claim.state != State::Exited
    }
}

/// What a terminal shows beside its screen.
fn words(terminal: &Terminal) -> (String, String) {
    (terminal.title().to_owned(), terminal.status().to_owned())
}
