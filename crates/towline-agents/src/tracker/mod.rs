//! From what is known of an agent to what it is doing: the one place where the sources meet.
//!
//! A hook is believed at once: it is the agent's own word. But it tells what happened, not what holds; what is seen
//! afterwards, and lasts, overrules it. What is seen on title and screen counts by the rules' priorities. Work and
//! questions are believed when they are seen, rest only when it has lasted a moment, so that a spinner between two frames
//! does not flap. What nothing speaks for is unknown.
//!
//! Times are microseconds, of any clock that doesn't go back.

mod decide;
mod explain;

pub use explain::{Explanation, Line};

use crate::hook::Report;
use crate::rules::{Match, On, Rules, Shown};
use crate::state::{Claim, Source, State};

/// What is known of the agent's process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Process {
    /// It runs, and has the terminal.
    Foreground,
    /// It runs, and another program has the terminal (an editor that it started); or it was stopped.
    Background(String),
    /// It has ended.
    Gone,
}

/// What an agent is doing, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What it does.
    pub claim: Claim,
    /// Since when.
    pub since: u64,
    /// Who says so; `None` where nobody does.
    pub source: Option<Source>,
    /// The rule, the event or the fact that decided.
    pub because: String,
}

/// What a terminal shows that rules are about.
#[derive(Debug, Clone, Copy)]
pub struct Shows<'a> {
    /// The title (OSC 0 and 2).
    pub title: &'a str,
    /// What the program said last that it does (OSC 7501).
    pub status: &'a str,
    /// The rows.
    pub screen: &'a Shown,
}

/// What title and screen showed, and since when they say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sight {
    found: Option<(Source, Match)>,
    since: u64,
}

/// A hook's event.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Heard {
    at: u64,
    event: String,
    claim: Claim,
}

/// What is known of one agent, and the verdict on it.
#[derive(Debug, Clone)]
pub struct Tracker {
    begun: u64,
    process: (Process, u64),
    hook: Option<Heard>,
    /// The last events, whether they said something or not, for people.
    events: Vec<(u64, String)>,
    status: Option<Match>,
    title: Option<Match>,
    progress: Option<Match>,
    notification: Option<Match>,
    screen: Option<Match>,
    sight: Sight,
    /// When the screen changed last.
    drawn: u64,
    /// How long an input box must stand after the start (microseconds).
    settle: u64,
    /// Somebody is looking.
    watched: bool,
    /// The verdict is from before, and nothing was seen or heard since.
    resumed: bool,
    verdict: Verdict,
}

/// Events that are kept for `tow explain`.
const EVENTS: usize = 8;

impl Tracker {
    /// An agent whose process began at `begun`, as far as is known.
    pub fn new(begun: u64) -> Self {
        Self {
            begun,
            process: (Process::Foreground, begun),
            hook: None,
            events: Vec::new(),
            status: None,
            title: None,
            progress: None,
            notification: None,
            screen: None,
            sight: Sight { found: None, since: begun },
            drawn: begun,
            settle: 0,
            watched: false,
            resumed: false,
            verdict: Verdict {
                claim: Claim::of(State::Starting),
                since: begun,
                source: Some(Source::Process),
                because: "its process has begun".into(),
            },
        }
    }

    /// An agent of which a verdict is known from before, and nothing else: it stands until something is seen or heard.
    pub fn resumed(begun: u64, now: u64, verdict: Verdict) -> Self {
        let sight = Sight { found: None, since: now };
        Self { verdict, sight, drawn: now, resumed: true, ..Self::new(begun) }
    }

    /// What is known of its process.
    pub fn process(&mut self, now: u64, process: Process) {
        if self.process.0 != process {
            self.process = (process, now);
        }
        self.decide(now);
    }

    /// Its hook told something.
    pub fn hook(&mut self, now: u64, report: &Report) {
        if self.events.len() >= EVENTS {
            self.events.remove(0);
        }
        self.events.push((now, report.event.clone()));
        self.resumed = false;
        if let Some(claim) = report.claim.clone() {
            self.hook = Some(Heard { at: now, event: report.event.clone(), claim });
        }
        self.decide(now);
    }

    /// The terminal shows something new, or may.
    pub fn shown(&mut self, now: u64, rules: &Rules, shows: Shows<'_>) {
        self.drawn = now;
        self.settle = rules.settle_ms * 1000;
        self.status = rules.on_text(On::Status, shows.status);
        self.title = rules.on_text(On::Title, shows.title);
        self.screen = rules.on_screen(shows.screen);
        self.see(now);
    }

    /// A sequence of the program's told something: its status, its progress, a notification.
    pub fn told(&mut self, now: u64, rules: &Rules, on: On, text: &str) {
        let found = rules.on_text(on, text);
        match on {
            On::Status => self.status = found,
            On::Title => self.title = found,
            On::Progress => self.progress = found,
            On::Notification => self.notification = found,
            On::Screen => {}
        }
        self.see(now);
        // It tells of a moment: what is seen next stands for itself.
        self.notification = None;
    }

    /// Somebody looks at it, or nobody does any longer.
    pub fn watched(&mut self, now: u64, watched: bool) {
        self.watched = watched;
        if watched && self.verdict.claim.state == State::Done {
            self.verdict.claim.state = State::Idle;
        }
        self.decide(now);
    }

    /// Time has passed.
    pub fn tick(&mut self, now: u64) {
        self.decide(now);
    }

    /// What it is doing.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    fn see(&mut self, now: u64) {
        if std::mem::take(&mut self.resumed) {
            self.sight.since = now;
        }
        let seen = [
            (Source::Status, &self.status),
            (Source::Title, &self.title),
            (Source::Progress, &self.progress),
            (Source::Notification, &self.notification),
            (Source::Screen, &self.screen),
        ];
        let mut found: Option<(Source, Match)> = None;
        for (source, one) in seen {
            if let Some(one) = one
                && found.as_ref().is_none_or(|(_, best)| one.priority > best.priority)
            {
                found = Some((source, one.clone()));
            }
        }
        let says = |found: &Option<(Source, Match)>| {
            found.as_ref().map(|(_, found)| (found.claim.state, found.claim.reason))
        };
        let since = if says(&found) == says(&self.sight.found) { self.sight.since } else { now };
        self.sight = Sight { found, since };
        self.decide(now);
    }
}

#[cfg(test)]
mod tests;
