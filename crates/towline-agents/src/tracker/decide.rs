//! The decision itself.

use super::{Process, Tracker, Verdict};
use crate::state::{Claim, Reason, Source, State};

/// How long a hook is believed against what was seen before it: what it tells of is on the screen by then.
const SETTLE: u64 = 1_000_000;

/// How long rest must last before it is believed. Spinners redraw ten times a second and more, some of them by erasing
/// first; twice that, and still well below half a second with the time a look takes.
const CALM: u64 = 250_000;

/// A frame of work that is seen so shortly after a hook has told of its end may have been drawn before.
const LATE: u64 = 200_000;

/// How long a verdict holds when what it rested on is gone from the screen and nothing else has come: screens are redrawn
/// in several writes.
const LINGER: u64 = 700_000;

/// How long an agent may take to show what it does.
const STARTING: u64 = 20_000_000;

/// An agent that works draws: one that its hook said to work, which the screen says nothing of, and which has drawn nothing for
/// so long, is not known to work.
const STILL: u64 = 10_000_000;

impl Tracker {
    pub(super) fn decide(&mut self, now: u64) {
        if let (Some(heard), Some(seen)) = (self.heard(), self.seen())
            && self.overrules(&seen, &heard, now)
        {
            // What it told of is past, also when what is seen comes to say the same again.
            self.hook = None;
        }
        let decided = self.decision(now);
        let before = &self.verdict;
        let same = |one: &Claim, other: &Claim| {
            let state = one.state == other.state || one.state.is_idle() && other.state.is_idle();
            state && one.reason == other.reason
        };
        let since = if same(&decided.claim, &before.claim) { before.since } else { decided.since };
        let mut claim = decided.claim;
        if claim.state == State::Idle {
            let worked = match before.claim.state {
                State::Working => true,
                State::Blocked => !comes_first(&before.claim),
                _ => false,
            };
            if !self.watched && (worked || before.claim.state == State::Done) {
                claim.state = State::Done;
            }
        }
        self.verdict = Verdict { claim, since, ..decided };
    }

    /// When time alone will change the verdict, if nothing happens until then.
    pub fn due(&self, now: u64) -> Option<u64> {
        let after_hook = |pause| self.hook.as_ref().map(|hook| hook.at + pause);
        let mut times = [
            after_hook(SETTLE),
            after_hook(STILL),
            Some(self.sight.since + CALM),
            Some(self.sight.since + self.settle),
            Some(self.sight.since + LINGER),
            Some(self.sight.since.max(self.begun) + STARTING),
            Some(self.drawn + STILL),
        ];
        times.sort_unstable();
        let later = times.into_iter().flatten().filter(|at| *at > now);
        later.into_iter().find(|at| {
            let then = self.decision(*at);
            (then.claim.state, then.claim.reason) != {
                let is = &self.verdict.claim;
                // Done is this tracker's word for what is decided to be idle.
                (if is.state == State::Done { State::Idle } else { is.state }, is.reason)
            }
        })
    }

    /// The verdict at a time, were it made then.
    pub(super) fn decision(&self, now: u64) -> Verdict {
        let (process, at) = &self.process;
        let of_process = |state, because: String| Verdict {
            claim: Claim::of(state),
            since: *at,
            source: Some(Source::Process),
            because,
        };
        match process {
            Process::Gone => return of_process(State::Exited, "its process is gone".into()),
            Process::Background(who) => {
                return of_process(State::Unknown, format!("{who} has the terminal"));
            }
            Process::Foreground => {}
        }
        match (self.heard(), self.seen()) {
            (Some(heard), Some(seen)) if self.overrules(&seen, &heard, now) => {
                self.calmed(seen, now)
            }
            // The screen knows what is asked better than an event does, where both say that something is.
            (Some(heard), Some(seen))
                if (heard.claim.state, heard.claim.reason)
                    == (seen.claim.state, seen.claim.reason) =>
            {
                let question = heard.claim.question.clone().or(seen.claim.question);
                Verdict { claim: Claim { question, ..heard.claim }, ..heard }
            }
            (Some(heard), None) if self.is_stale(&heard, now) => self.nothing(now),
            (Some(heard), _) => heard,
            (None, Some(seen)) => self.calmed(seen, now),
            (None, None) => self.nothing(now),
        }
    }

    fn seen(&self) -> Option<Verdict> {
        self.sight.found.as_ref().map(|(source, found)| Verdict {
            claim: found.claim.clone(),
            since: self.sight.since,
            source: Some(*source),
            because: found.rule.clone(),
        })
    }

    fn heard(&self) -> Option<Verdict> {
        self.hook.as_ref().map(|hook| Verdict {
            claim: hook.claim.clone(),
            since: hook.at,
            source: Some(Source::Hook),
            because: hook.event.clone(),
        })
    }

    /// What is seen counts for more than what the hook said.
    fn overrules(&self, seen: &Verdict, heard: &Verdict, now: u64) -> bool {
        if (seen.claim.state, seen.claim.reason) == (heard.claim.state, heard.claim.reason) {
            return false;
        }
        let came_later = seen.since > heard.since;
        match seen.claim.state {
            // What was drawn before the turn ended, and seen after.
            State::Working
                if came_later
                    && heard.claim.state == State::Idle
                    && seen.since < heard.since + LATE =>
            {
                now >= seen.since + CALM
            }
            State::Working | State::Blocked if came_later => true,
            _ if came_later && now >= seen.since + calm(seen, CALM) => true,
            _ => now >= heard.since + SETTLE,
        }
    }

    /// A hook's word that nothing on the screen speaks for any longer.
    fn is_stale(&self, heard: &Verdict, now: u64) -> bool {
        match heard.claim.state {
            // Something has been drawn since that no rule knows: a dialog, perhaps.
            State::Idle => self.drawn > heard.since + SETTLE && now >= self.sight.since + LINGER,
            State::Working => now >= self.drawn + STILL && now >= heard.since + STILL,
            _ => false,
        }
    }

    /// Rest after work is believed when it has lasted; so is the first input box, after which dialogs of the start may come.
    fn calmed(&self, seen: Verdict, now: u64) -> Verdict {
        let lasts = match self.verdict.claim.state {
            State::Working | State::Blocked => CALM,
            State::Starting => self.settle,
            _ => 0,
        };
        if seen.claim.state == State::Idle && now < seen.since + calm(&seen, lasts) {
            return self.verdict.clone();
        }
        seen
    }

    fn nothing(&self, now: u64) -> Verdict {
        let is = self.verdict.claim.state;
        let gone = self.sight.since.max(self.begun);
        if is == State::Starting && now < gone + STARTING {
            return self.verdict.clone();
        }
        // What it asked before any work was answered: it starts now.
        let answered = comes_first(&self.verdict.claim) && !self.resumed && now >= gone + CALM;
        if answered && now < gone + STARTING {
            return Verdict {
                claim: Claim::of(State::Starting),
                since: gone,
                source: Some(Source::Process),
                because: format!("{} was answered", self.verdict.because),
            };
        }
        let lingers = self.resumed || now < self.sight.since + LINGER;
        if !matches!(is, State::Unknown | State::Starting | State::Exited) && lingers {
            let mut held = self.verdict.clone();
            if held.claim.state == State::Done {
                held.claim.state = State::Idle;
            }
            return held;
        }
        Verdict {
            claim: Claim::of(State::Unknown),
            since: now,
            source: None,
            because: "no rule holds on what it shows".into(),
        }
    }
}

/// How long rest must last before it is believed: an agent that says itself that it rests is not between two frames.
fn calm(seen: &Verdict, otherwise: u64) -> u64 {
    if seen.source == Some(Source::Status) { 0 } else { otherwise }
}

/// A folder is trusted and somebody logs in before any work.
fn comes_first(claim: &Claim) -> bool {
    claim.state == State::Blocked && matches!(claim.reason, Some(Reason::Trust | Reason::Login))
}
