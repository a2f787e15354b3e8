//! OpenCode: what Towline's plugin passes on, events as OpenCode's bus has them (`{type, properties}`) with what isn't needed
//! left out and a few members added. Tried with 1.18.34.
//!
//! The plugin (`launch/opencode/plugin.js`) knows which sessions are sub-agents': their turns are not told, what they ask
//! leave for is, as the conversation's own.

use serde_json::Value;

use super::{Report, first_question, short, text};
use crate::state::{Claim, Reason, State};

pub(super) fn read(event: &Value) -> Report {
    let name = text(event, "type").unwrap_or_default();
    let properties = event.get("properties").unwrap_or(&Value::Null);
    let conversation = text(properties, "sessionID");
    let mut report = Report { conversation, ..Report::default() };
    match name.as_str() {
        // Its first prompt makes the conversation. What begins with a copy of another shows its input box soon.
        "session.created" => report.claim = Some(Claim::of(State::Working)),
        "message.updated" => {
            report.taken = true;
            // What is typed while it waits for something waits as well.
            let queued = properties.get("queued").and_then(Value::as_bool).unwrap_or(false);
            report.claim = (!queued).then(|| Claim::of(State::Working));
        }
        "session.status" => report.claim = properties.get("status").and_then(status),
        "permission.asked" => {
            report.claim = Some(Claim::blocked(Reason::Permission, leave(properties)));
        }
        "question.asked" => {
            report.claim = Some(Claim::blocked(Reason::Question, first_question(properties)));
        }
        "session.idle" => {
            report.claim = Some(Claim::of(State::Idle));
            report.answer = Some(answer(properties));
        }
        _ => {}
    }
    Report { event: name, ..report }
}

fn status(status: &Value) -> Option<Claim> {
    match text(status, "type")?.as_str() {
        "busy" => Some(Claim::of(State::Working)),
        // It goes on by itself, as a rule soon: only a limit is worth a person's time.
        "retry" => {
            let message = text(status, "message").unwrap_or_default();
            Some(match is_limit(&message) {
                true => Claim::blocked(Reason::Limit, Some(short(&message))),
                false => Claim::of(State::Working),
            })
        }
        _ => None,
    }
}

/// Whether a provider's refusal tells of a limit, in the words that the rules for the screen look for as well.
fn is_limit(message: &str) -> bool {
    const WORDS: [&str; 8] = [
        "rate limit",
        "rate_limit",
        "rate-limit",
        "too many requests",
        "usage limit",
        "usage exceeded",
        "free usage",
        "quota",
    ];
    let message = message.to_lowercase();
    WORDS.iter().any(|words| message.contains(words))
}

/// What it asks leave for: the tool, and what that is to do.
fn leave(asked: &Value) -> Option<String> {
    let tool = text(asked, "permission")?;
    let metadata = asked.get("metadata").unwrap_or(&Value::Null);
    let pattern = || asked.get("patterns")?.get(0)?.as_str().map(str::to_owned);
    let detail = match tool.as_str() {
        // The patterns of a command are its parts.
        "bash" => text(metadata, "command").or_else(pattern),
        "webfetch" => text(metadata, "url").or_else(pattern),
        // As the screen shows it: below the folder it works in.
        _ => pattern().or_else(|| text(metadata, "filepath")),
    };
    Some(match detail {
        Some(detail) => short(&format!("{tool}: {detail}")),
        None => short(&tool),
    })
}

/// What it said last; of a turn that an error ended without a word, the error.
fn answer(ended: &Value) -> String {
    let error = ended.get("error").and_then(|error| text(error, "message"));
    text(ended, "text").or(error).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "ses_e06442497ffe3s4tbIisR7zXpZ";

    /// An event of the conversation's, with further members.
    fn event(name: &str, more: Value) -> Value {
        let mut properties = json!({ "sessionID": ID });
        for (key, value) in more.as_object().unwrap() {
            properties[key] = value.clone();
        }
        json!({ "type": name, "properties": properties })
    }

    #[test]
    fn each_event_says_what_it_proves() {
        let retry = |message: &str| json!({ "status": { "type": "retry", "attempt": 1, "message": message } });
        let asks = |permission: &str, pattern: &str, metadata: Value| {
            let patterns = [pattern];
            json!({ "id": "per_1", "permission": permission, "patterns": patterns, "metadata": metadata })
        };
        for (name, more, claim, question) in [
            ("session.created", json!({ "info": { "id": ID } }), "working", None),
            ("message.updated", json!({ "info": { "role": "user" } }), "working", None),
            ("message.updated", json!({ "queued": true }), "nothing", None),
            ("session.status", json!({ "status": { "type": "busy" } }), "working", None),
            (
                "session.status",
                retry("Rate limit reached for requests"),
                "blocked (limit)",
                Some("Rate limit reached for requests"),
            ),
            ("session.status", retry("Provider is overloaded"), "working", None),
            ("session.status", json!({}), "nothing", None),
            (
                "permission.asked",
                asks("bash", "echo hi", json!({ "command": "echo hi &&\n ls" })),
                "blocked (permission)",
                Some("bash: echo hi && ls"),
            ),
            (
                "permission.asked",
                asks("edit", "src/f.txt", json!({ "filepath": "/work/src/f.txt" })),
                "blocked (permission)",
                Some("edit: src/f.txt"),
            ),
            (
                "permission.asked",
                asks("webfetch", "*", json!({ "url": "http://localhost/x" })),
                "blocked (permission)",
                Some("webfetch: http://localhost/x"),
            ),
            (
                "permission.asked",
                json!({ "permission": "doom_loop" }),
                "blocked (permission)",
                Some("doom_loop"),
            ),
            (
                "question.asked",
                json!({ "questions": [
                    { "question": "Which colour?", "options": [{ "label": "Red" }, { "label": "Blue" }] },
                    { "question": "Which size?", "options": [] },
                ] }),
                "blocked (question)",
                Some("Which colour? (Red · Blue)"),
            ),
            ("question.asked", json!({}), "blocked (question)", None),
            ("session.idle", json!({ "text": "Done." }), "idle", None),
            ("something.new", json!({}), "nothing", None),
        ] {
            let report = read(&event(name, more.clone()));
            assert_eq!((report.event.as_str(), report.conversation.as_deref()), (name, Some(ID)));
            let said = report.claim.as_ref().map_or("nothing".into(), ToString::to_string);
            let asked = report.claim.and_then(|claim| claim.question);
            assert_eq!((said.as_str(), asked.as_deref()), (claim, question), "{name} {more}");
            assert_eq!(report.taken, name == "message.updated");
        }
    }

    #[test]
    fn a_turn_ends_with_its_answer() {
        let answer = |more: Value| read(&event("session.idle", more)).answer;
        let error = json!({ "name": "APIError", "message": "Incorrect API key provided" });
        assert_eq!(answer(json!({ "text": "One.\nTwo." })).as_deref(), Some("One.\nTwo."));
        assert_eq!(answer(json!({ "text": "" })).as_deref(), Some(""));
        assert_eq!(
            answer(json!({ "text": "", "error": error })).as_deref(),
            Some("Incorrect API key provided")
        );
        assert_eq!(read(&event("session.status", json!({}))).answer, None);
    }

    #[test]
    fn what_is_no_event_says_nothing() {
        for value in [json!(null), json!([1]), json!({ "type": 7 }), json!("session.idle")] {
            assert_eq!(read(&value), Report::default());
        }
    }
}
