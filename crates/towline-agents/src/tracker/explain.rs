//! Why a verdict is what it is, for people.

use super::{Process, Shows, Tracker, Verdict};
use crate::rules::{On, Rules, Shown};
use crate::state::Source;

/// One source, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The source.
    pub source: Source,
    /// What it says.
    pub text: String,
    /// Since when, or when it said so; 0: not known.
    pub at: u64,
    /// The verdict rests on it.
    pub decided: bool,
}

/// A verdict and all that is known beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The verdict.
    pub verdict: Verdict,
    /// The sources, the strongest first.
    pub lines: Vec<Line>,
}

impl Tracker {
    /// Why the verdict is what it is. `rules` are those of its kind, with which title and screen are looked at again.
    pub fn explain(&self, rules: Option<&Rules>, shows: Shows<'_>) -> Explanation {
        let Shows { title, status, screen } = shows;
        let verdict = self.verdict.clone();
        let mut lines = Vec::new();
        let mut line = |source: Source, at: u64, text: String| {
            lines.push(Line { source, text, at, decided: verdict.source == Some(source) });
        };
        for (at, event) in &self.events {
            line(Source::Hook, *at, event.clone());
        }
        if self.events.is_empty() {
            line(Source::Hook, 0, "no event has come".into());
        }
        if let Some(rules) = rules {
            if !status.is_empty() {
                let of_status = Shown::status(status);
                let holding = holding(rules, On::Status, &of_status);
                line(Source::Status, 0, format!("{status:?}: {holding}"));
            }
            let of_title = Shown::new([title]);
            line(Source::Title, 0, format!("{title:?}: {}", holding(rules, On::Title, &of_title)));
            if let Some(progress) = &self.progress {
                line(Source::Progress, 0, said(&progress.rule, &progress.claim.to_string()));
            }
            line(Source::Screen, self.sight.since, holding(rules, On::Screen, screen));
        } else {
            line(Source::Screen, 0, "there are no rules for this kind of agent".into());
        }
        let process = match &self.process.0 {
            Process::Foreground => "it runs and has the terminal".into(),
            Process::Background(who) => format!("it runs, and {who} has the terminal"),
            Process::Gone => "it is gone".into(),
        };
        line(Source::Process, self.process.1, process);
        Explanation { verdict, lines }
    }
}

/// The rules that hold, the one that counts first.
fn holding(rules: &Rules, on: On, shown: &Shown) -> String {
    let mut holding: Vec<_> = rules.holding(on, shown).collect();
    holding.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
    if holding.is_empty() {
        return "no rule holds".into();
    }
    let said: Vec<String> =
        holding.iter().map(|rule| said(&rule.name, &rule.says().to_string())).collect();
    said.join(", ")
}

fn said(rule: &str, claim: &str) -> String {
    format!("{rule:?} says {claim}")
}
