//! What agents tell by their own hooks, put into the same words for all of them.

mod claude;
mod codex;
mod gemini;
mod opencode;

use serde_json::Value;

use crate::rules::one_line;
use crate::state::Claim;

/// What one event of an agent's hook says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The event, as the agent calls it.
    pub event: String,
    /// What the agent does now, as far as the event says.
    pub claim: Option<Claim>,
    /// The id of the conversation it is about.
    pub conversation: Option<String>,
    /// A prompt was taken: it is being worked on or queued.
    pub taken: bool,
    /// The turn is over, and this was the agent's last answer.
    pub answer: Option<String>,
    /// The conversation is over: the agent ends or begins another.
    pub closed: bool,
    /// The conversation begins now, and nothing was said in it.
    pub opened: bool,
}

/// The kinds of agents whose hooks are understood.
pub const KINDS: [&str; 4] = ["claude", "codex", "gemini", "opencode"];

/// Puts an event, as the agent of this kind gave it to its hook, into common words. What isn't understood says nothing.
pub fn read(kind: &str, event: &Value) -> Report {
    match kind {
        "claude" => claude::read(event),
        "codex" => codex::read(event),
        "gemini" => gemini::read(event),
        "opencode" => opencode::read(event),
        _ => Report::default(),
    }
}

/// A member of an object, where it is a text that says something.
fn text(event: &Value, name: &str) -> Option<String> {
    event.get(name)?.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// A question for people, from a member of an object.
fn question(event: &Value, name: &str) -> Option<String> {
    text(event, name).as_deref().map(short)
}

/// The first of an event's questions, with its choices, as Claude Code and OpenCode tell them.
fn first_question(event: &Value) -> Option<String> {
    let first = event.get("questions")?.get(0)?;
    let question = text(first, "question")?;
    let choices = first.get("options").and_then(Value::as_array);
    let labels: Vec<String> =
        choices.into_iter().flatten().filter_map(|choice| text(choice, "label")).collect();
    Some(short(&match labels.is_empty() {
        true => question,
        false => format!("{question} ({})", labels.join(" · ")),
    }))
}

/// Text for people: one line, no longer than a row or two.
fn short(text: &str) -> String {
    /// Characters that are kept.
    const LONGEST: usize = 200;
    let line = one_line(text);
    let short: String = line.chars().take(LONGEST).collect();
    if short.len() < line.len() { format!("{}…", short.trim_end()) } else { short }
}
