//! Whether an agent has taken a prompt that was typed into it: decided from what was shown before and after, and from what
//! the agent did meanwhile.
//!
//! No agent says so in the same way. One that works afterwards has taken it; its hook may say so; a command to the agent
//! itself (`/status`) fires no hook and starts no work, but leaves the input box. What still stands in the box has not been
//! taken: some agents take an Enter right after a paste for a new line.

mod answer;
mod typed;

use std::fmt;

pub use answer::answer;
pub use typed::{Look, Typed};

use crate::rules::Shown;
use crate::state::State;

/// A text must have left the input box for so long (microseconds) to count as taken: boxes are redrawn by erasing first.
pub const LEFT_FOR: u64 = 150_000;

/// What showed that a prompt was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The agent's hook said so.
    Hook,
    /// It works since then.
    Works,
    /// It asks something since then.
    Asks,
    /// What was typed has left the input box.
    Left,
    /// The command ended it.
    Ended,
    /// It was typed some time ago, and stands in the input box no longer.
    Before,
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hook => "its hook says so",
            Self::Works => "it works",
            Self::Asks => "it asks",
            Self::Left => "it left the input box",
            Self::Ended => "it ended",
            Self::Before => "it had been sent before",
        })
    }
}

/// What is known some time after a prompt was entered. Times are microseconds of one clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// What the agent did before.
    pub before: State,
    /// When Enter was about to be pressed.
    pub entered: u64,
    /// What the agent does now,
    pub state: State,
    /// and since when.
    pub since: u64,
    /// When its hook said last that it took a prompt; 0: never.
    pub taken_at: u64,
    /// What the screen tells of the text,
    pub look: Look,
    /// and since when it says so.
    pub look_since: u64,
    /// The text is a command to the agent itself.
    pub command: bool,
    /// When this is known.
    pub now: u64,
}

/// What proves that the prompt was taken, if anything does by now.
pub fn decide(facts: &Facts) -> Option<Proof> {
    let since_then = facts.since >= facts.entered;
    let worked = facts.before == State::Working;
    let left = facts.look == Look::Left && facts.now >= facts.look_since + LEFT_FOR;
    if facts.taken_at >= facts.entered {
        return Some(Proof::Hook);
    }
    match facts.state {
        State::Working if since_then && !worked => Some(Proof::Works),
        // One that worked may ask what it was about to ask anyway, and its question stands where the box was.
        State::Blocked if since_then && !worked => Some(Proof::Asks),
        State::Blocked => None,
        // "/quit" ends it; a prompt that it died of was perhaps never read.
        State::Exited => facts.command.then_some(Proof::Ended),
        _ => left.then_some(Proof::Left),
    }
}

/// Whether a text is a command to the agent itself rather than a prompt.
pub fn is_command(text: &str) -> bool {
    text.starts_with('/') && !text.contains('\n')
}

/// What of a row counts: frames and blanks don't.
fn squeezed(row: &str) -> String {
    row.chars().filter(|c| !c.is_whitespace() && !crate::rules::is_frame(*c)).collect()
}

/// The rows of what is shown, each squeezed.
fn rows(shown: &Shown) -> Vec<String> {
    shown.text().lines().map(squeezed).collect()
}

#[cfg(test)]
mod tests;
