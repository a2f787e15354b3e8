//! Rules that tell an agent's state from what its terminal shows.
//!
//! A file of rules (`agents/KIND.toml`) belongs to one kind of agent. A rule looks at one thing (the screen, the title, …);
//! it holds while its conditions hold on what is shown now. Of several that hold the one of the highest priority
//! counts; where none does, the state is not known. So a rule for `idle` asks for what shows it, not for the absence of
//! other things.

mod file;
mod pattern;
mod shown;

pub use file::RulesError;
pub use shown::Shown;
pub(crate) use shown::is_frame;

use pattern::Pattern;
pub(crate) use pattern::one_line;

use crate::state::{Claim, Reason, State};

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// The rows of the screen.
    Screen,
    /// What the program said last that it does (OSC 7501): a row `KEY=VALUE` for each pair, `msg` and `title` decoded.
    Status,
    /// The window's title (OSC 0 and 2).
    Title,
    /// The progress that was told last (OSC 9;4), as `STATE;PERCENT`.
    Progress,
    /// A notification (OSC 9, 99, 777): holds from when it came until the screen changes what it says.
    Notification,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What `tow explain` calls it.
    pub name: String,
    /// What it looks at.
    pub on: On,
    /// What it says.
    pub state: State,
    /// What a blocked agent waits for.
    pub reason: Option<Reason>,
    /// Of several that hold the highest counts; of equal ones the first in the file.
    pub priority: i64,
    /// Only the last so many rows that are not blank; `None`: all of the screen.
    bottom: Option<usize>,
    all: Vec<Pattern>,
    any: Vec<Pattern>,
    not: Vec<Pattern>,
    question: Option<regex::Regex>,
    /// Keys of its own, in place of the kind's.
    approve: Option<Vec<String>>,
    deny: Option<Vec<String>>,
}

/// The rules for one kind of agent.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The kind ("claude").
    pub kind: String,
    /// Versions of the agent that they were tried with.
    pub versions: Vec<String>,
    /// How it is answered.
    pub keys: Keys,
    /// Milliseconds that an input box must stand after the agent's start before it is believed: dialogs of the start may
    /// come after it.
    pub settle_ms: u64,
    /// Programs (names of files) that are this agent, for a kind that is not known otherwise.
    pub programs: Vec<String>,
    rules: Vec<Rule>,
}

/// Keys that answer an agent, as `tow send --key` takes them. Empty: it can't be done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keys {
    /// Allow what it asks, once.
    pub approve: Vec<String>,
    /// Refuse what it asks.
    pub deny: Vec<String>,
    /// Stop what it does.
    pub interrupt: Vec<String>,
    /// Empty its input box, into which it may have put the prompt that it was stopped at.
    pub clear: Vec<String>,
}

/// A rule that holds, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The rule's name.
    pub rule: String,
    /// The rule's priority.
    pub priority: i64,
    /// What it says.
    pub claim: Claim,
}

impl Rules {
    /// Reads a file of rules.
    ///
    /// # Errors
    /// Where it is not TOML or not such a file: with the line, and what is wrong there.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        file::parse(text)
    }

    /// The rules, in the file's order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule that counts for a title, a progress or a notification.
    pub fn on_text(&self, on: On, text: &str) -> Option<Match> {
        match on {
            On::Status if text.is_empty() => None,
            On::Status => self.best(on, &Shown::status(text)),
            _ => self.best(on, &Shown::line(text)),
        }
    }

    /// The rule that counts for a screen.
    pub fn on_screen(&self, shown: &Shown) -> Option<Match> {
        self.best(On::Screen, shown)
    }

    /// How what is asked now is answered: by the keys of the rule that says what, else by the kind's. The screen shows
    /// best what will take the keys.
    pub fn keys_for(&self, title: &str, status: &str, screen: &Shown) -> Keys {
        let (title, status) = (Shown::line(title), Shown::status(status));
        let shown = [(On::Screen, screen), (On::Title, &title), (On::Status, &status)];
        let strongest = shown.into_iter().filter_map(|(on, shown)| self.strongest(on, shown));
        let rule = strongest.into_iter().find(|rule| rule.state == State::Blocked);
        let own =
            |keys: fn(&Rule) -> &Option<Vec<String>>| rule.and_then(|rule| keys(rule).clone());
        Keys {
            approve: own(|rule| &rule.approve).unwrap_or_else(|| self.keys.approve.clone()),
            deny: own(|rule| &rule.deny).unwrap_or_else(|| self.keys.deny.clone()),
            ..self.keys.clone()
        }
    }

    /// All rules that hold on what is shown, for an explanation.
    pub fn holding<'a>(&'a self, on: On, shown: &'a Shown) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().filter(move |rule| rule.on == on && rule.holds(shown))
    }

    fn best(&self, on: On, shown: &Shown) -> Option<Match> {
        self.strongest(on, shown).map(|rule| rule.found(shown))
    }

    fn strongest(&self, on: On, shown: &Shown) -> Option<&Rule> {
        let mut best: Option<&Rule> = None;
        for rule in self.rules.iter().filter(|rule| rule.on == on) {
            let better = best.is_none_or(|best| rule.priority > best.priority);
            if better && rule.holds(shown) {
                best = Some(rule);
            }
        }
        best
    }
}

impl Rule {
    /// What it says, without a question.
    pub fn says(&self) -> Claim {
        Claim { state: self.state, reason: self.reason, question: None }
    }

    fn holds(&self, shown: &Shown) -> bool {
        let region = shown.region(self.bottom);
        self.all.iter().all(|pattern| pattern.is_in(&region))
            && (self.any.is_empty() || self.any.iter().any(|pattern| pattern.is_in(&region)))
            && !self.not.iter().any(|pattern| pattern.is_in(&region))
    }

    fn found(&self, shown: &Shown) -> Match {
        let region = shown.region(self.bottom);
        let asked =
            self.question.as_ref().and_then(|question| pattern::captured(question, &region));
        Match {
            rule: self.name.clone(),
            priority: self.priority,
            claim: Claim { question: asked, ..self.says() },
        }
    }
}

#[cfg(test)]
mod tests;
