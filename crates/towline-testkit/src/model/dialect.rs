//! What all dialects have in common: a request, and an answer as steps to be taken.

use std::time::Duration;

use serde_json::Value;

use super::log::What;
use super::script::{self, Part, Reply};
use super::{anthropic, chat, gemini, responses};

/// A request.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// Its number, from 1.
    pub(super) number: u64,
    /// The path, without what follows a `?`.
    pub(super) path: &'a str,
    pub(super) body: &'a Value,
}

/// What a dialect reads from a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Asked {
    /// The latest text of the person's.
    pub(super) prompt: String,
    /// A tool has answered since.
    pub(super) answered: bool,
    /// No part of the conversation: something about it is wanted, in a text.
    pub(super) aside: bool,
}

/// A step of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Pause(Duration),
    Send(String),
    Note(What),
}

/// An answer: JSON at once where it is refused, else events as they come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) json: bool,
    pub(super) steps: Vec<Step>,
}

impl Answer {
    /// An answer that comes piece by piece.
    pub(super) fn events(steps: Vec<Step>) -> Self {
        Self { status: 200, headers: Vec::new(), json: false, steps }
    }

    /// An answer in one piece.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        let steps = vec![Step::Send(body.to_string())];
        Self { status, headers: Vec::new(), json: true, steps }
    }
}

/// What was asked, and the answer to it.
pub(super) fn answer(call: &Call<'_>) -> (Asked, Answer) {
    match call.path {
        path if path.ends_with("/messages") => anthropic::answer(call),
        path if path.ends_with("/responses") => responses::answer(call),
        path if path.ends_with("/chat/completions") => chat::answer(call),
        path if path.contains(":") => gemini::answer(call),
        _ => {
            let body = serde_json::json!({ "error": { "type": "not_found_error", "message": "not found" } });
            (Asked { aside: true, ..Asked::default() }, Answer::json(404, &body))
        }
    }
}

/// The script's reply; an aside gets words and nothing else.
pub(super) fn reply(asked: &Asked, number: u64) -> Reply {
    if asked.aside {
        let words = vec![(Duration::ZERO, "A scripted title".to_owned())];
        return Reply::Says(vec![Part::Writes(words)]);
    }
    script::reply(&asked.prompt, asked.answered, number)
}

/// A member of an object, as text.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or("")
}

/// A list, empty where it is none.
pub(super) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// Steps being gathered, each event as `encode` writes it.
pub(super) struct Steps {
    steps: Vec<Step>,
    encode: fn(&Value) -> String,
}

impl Steps {
    pub(super) fn new(encode: fn(&Value) -> String) -> Self {
        Self { steps: Vec::new(), encode }
    }

    pub(super) fn send(&mut self, event: &Value) {
        self.steps.push(Step::Send((self.encode)(event)));
    }

    /// An event after a pause.
    pub(super) fn send_after(&mut self, pause: Duration, event: &Value) {
        if !pause.is_zero() {
            self.steps.push(Step::Pause(pause));
        }
        self.send(event);
    }

    pub(super) fn raw(&mut self, text: &str) {
        self.steps.push(Step::Send(text.to_owned()));
    }

    pub(super) fn note(&mut self, what: What) {
        self.steps.push(Step::Note(what));
    }

    pub(super) fn answer(self) -> Answer {
        Answer::events(self.steps)
    }
}
