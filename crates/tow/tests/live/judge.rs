//! From what was so and what was said to what came out: right, wrong or unknown, and after how long.

use std::time::Duration;

use towline_agents::{Reason, State};

use crate::is_set;
use crate::watch::Said;

/// What may be said while something is so.
pub(crate) type Right = &'static [(State, Option<Reason>)];

/// Something that became so.
#[derive(Debug, Clone)]
pub(crate) struct Truth {
    /// When; until the next one.
    pub(crate) at: u64,
    /// What people call it.
    pub(crate) step: &'static str,
    /// What may be said of it.
    pub(crate) right: Right,
    /// When it came to be is known so well that a delay can be told.
    pub(crate) timed: bool,
}

/// What was said of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    pub(crate) step: &'static str,
    /// Until it was said; `None` where there is nothing to tell it by.
    pub(crate) delay: Option<Duration>,
    pub(crate) outcome: Outcome,
    /// What was said and when, for people.
    pub(crate) told: String,
}

/// How it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Right,
    /// Something else was said for too long.
    Wrong,
    /// For too long nothing was known.
    Unknown,
}

/// How long something else may be said than what is so. A machine that has more to do than it can may take longer, but not for
/// what is published.
fn longest() -> Duration {
    if is_quiet() || is_set("TOWLINE_AGENTS_TABLE") {
        Duration::from_secs(1)
    } else {
        Duration::from_secs(8)
    }
}

/// The machine has no more to do than it can.
pub(crate) fn is_quiet() -> bool {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: f64 = load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    load <= cores as f64
}

/// What came of each truth. `end` is when looking ended.
pub(crate) fn judge(truths: &[Truth], said: &[Said], end: u64) -> Vec<Finding> {
    let longest = longest();
    let ends = truths.iter().skip(1).map(|next| next.at).chain([end]);
    truths.iter().zip(ends).map(|(truth, until)| one(truth, until, said, longest)).collect()
}

fn one(truth: &Truth, until: u64, said: &[Said], longest: Duration) -> Finding {
    let is_right = |said: &Said| truth.right.contains(&(said.state, said.reason));
    // What held when it became so, and what was said until the next thing did.
    let before = said.iter().rposition(|said| said.at <= truth.at);
    let spans = said
        .iter()
        .enumerate()
        .filter(|(at, one)| Some(*at) == before || one.at > truth.at && one.at < until);
    let spans: Vec<(u64, &Said)> = spans.map(|(_, one)| (one.at.max(truth.at), one)).collect();
    let ends = spans.iter().skip(1).map(|(at, _)| *at).chain([until.max(truth.at)]);
    let (mut wrong, mut unknown) = (Duration::ZERO, Duration::ZERO);
    let mut outcome = Outcome::Right;
    for ((at, one), end) in spans.iter().zip(ends) {
        let held = Duration::from_micros(end.saturating_sub(*at));
        let run = match one {
            one if is_right(one) => {
                (wrong, unknown) = (Duration::ZERO, Duration::ZERO);
                continue;
            }
            one if one.state == State::Unknown => &mut unknown,
            _ => &mut wrong,
        };
        *run += held;
        if wrong > longest {
            outcome = Outcome::Wrong;
        } else if wrong + unknown > longest && outcome == Outcome::Right {
            outcome = Outcome::Unknown;
        }
    }
    let first = spans.iter().find(|(_, one)| is_right(one));
    if first.is_none() && outcome == Outcome::Right {
        // It came and went before anything was said of it, or nothing was ever said.
        let ever = spans.last().map_or(Outcome::Unknown, |_| Outcome::Wrong);
        let short = Duration::from_micros(until.saturating_sub(truth.at)) < longest;
        outcome = if short { Outcome::Right } else { ever };
    }
    let delay = first.filter(|_| truth.timed).map(|(at, _)| Duration::from_micros(at - truth.at));
    let words = spans.iter().map(|(at, one)| {
        let reason = one.reason.map_or(String::new(), |reason| format!(" ({reason})"));
        format!("+{} ms {}{reason} by {}", (at - truth.at) / 1000, one.state, one.source)
    });
    let told = words.collect::<Vec<_>>().join(", ");
    Finding { step: truth.step, delay, outcome, told }
}

/// Fails where something was told wrongly, or not at all.
#[track_caller]
pub(crate) fn check(kind: &str, findings: &[Finding]) {
    let bad: Vec<_> = findings.iter().filter(|finding| finding.outcome != Outcome::Right).collect();
    assert!(bad.is_empty(), "{kind}: {bad:#?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKS: Right = &[(State::Working, None)];

    fn said(at: u64, state: State) -> Said {
        let text = String::new;
        let (question, source, conversation) = (text(), text(), text());
        Said { at, pane: "x".into(), state, reason: None, question, source, conversation }
    }

    #[test]
    fn delays_and_what_is_wrong_too_long_are_found() {
        let truth = Truth { at: 1000, step: "x", right: WORKS, timed: true };
        let second = Duration::from_secs(1);
        let judge = |said: &[Said]| {
            let found = one(&truth, 9_000_000, said, second);
            (found.outcome, found.delay.map(|delay| delay.as_millis()))
        };
        use State::{Idle, Unknown, Working};
        assert_eq!(judge(&[said(0, Idle), said(301_000, Working)]), (Outcome::Right, Some(300)));
        assert_eq!(judge(&[said(0, Working)]), (Outcome::Right, Some(0)));
        assert_eq!(judge(&[said(0, Idle), said(1_301_000, Working)]), (Outcome::Wrong, Some(1300)));
        assert_eq!(
            judge(&[said(0, Unknown), said(1_301_000, Working)]),
            (Outcome::Unknown, Some(1300))
        );
        let flaps = [said(0, Working), said(500_000, Idle), said(2_000_000, Working)];
        assert_eq!(judge(&flaps), (Outcome::Wrong, Some(0)));
        assert_eq!(judge(&[said(0, Idle)]), (Outcome::Wrong, None));
        assert_eq!(judge(&[]), (Outcome::Unknown, None));
    }
}
