//! Codex: what its hooks get on standard input. Tried with 0.169.0.
//!
//! No hook tells of a turn that ended with an error, nor of a leave that was given: what is seen tells those. With hooks that it
//! doesn't wait for, two that come at one moment may be heard in any order.

use serde_json::Value;

use super::{Report, question, text};
use crate::state::{Claim, Reason, State};

pub(super) fn read(event: &Value) -> Report {
    let name = text(event, "hook_event_name").unwrap_or_default();
    let mut report = Report { conversation: text(event, "session_id"), ..Report::default() };
    match name.as_str() {
        "UserPromptSubmit" => {
            report.claim = Some(Claim::of(State::Working));
            report.taken = true;
        }
        "PermissionRequest" => report.claim = Some(permission(event)),
        // Its question to a person is a tool; the other tools' begin and end say nothing that isn't seen.
        "PreToolUse" if text(event, "tool_name").as_deref() == Some("request_user_input") => {
            report.claim = Some(Claim::blocked(Reason::Question, asked(event)));
        }
        "Stop" => {
            report.claim = Some(Claim::of(State::Idle));
            report.answer = Some(text(event, "last_assistant_message").unwrap_or_default());
        }
        "Interrupt" => report.claim = Some(Claim::of(State::Idle)),
        "SessionEnd" => {
            report.closed = true;
            report.conversation = None;
        }
        _ => {}
    }
    Report { event: name, ..report }
}

/// What it wants leave for: the command. A patch is told better by what is seen.
fn permission(event: &Value) -> Claim {
    let input = event.get("tool_input").unwrap_or(&Value::Null);
    let asked = match text(event, "tool_name").as_deref() {
        Some("apply_patch") => None,
        tool => question(input, "command")
            .or_else(|| question(input, "description"))
            .or(tool.map(str::to_owned)),
    };
    Claim::blocked(Reason::Permission, asked)
}

fn asked(event: &Value) -> Option<String> {
    let questions = event.get("tool_input")?.get("questions")?;
    question(questions.as_array()?.first()?, "question")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(event: Value) -> (Option<Claim>, bool, Option<String>) {
        let report = read(&event);
        (report.claim, report.taken, report.answer)
    }

    #[test]
    fn events_say_what_it_does() {
        let event = |name: &str| json!({ "hook_event_name": name, "session_id": "1-2" });
        assert_eq!(said(event("UserPromptSubmit")), (Some(Claim::of(State::Working)), true, None));
        assert_eq!(said(event("Interrupt")), (Some(Claim::of(State::Idle)), false, None));
        assert_eq!(said(event("SessionStart")), (None, false, None));
        assert_eq!(said(event("PreToolUse")), (None, false, None));
        let stop = json!({ "hook_event_name": "Stop", "last_assistant_message": "It is done." });
        assert_eq!(said(stop), (Some(Claim::of(State::Idle)), false, Some("It is done.".into())));
        let report = read(&event("SessionStart"));
        assert_eq!((report.conversation.as_deref(), report.closed), (Some("1-2"), false));
        let report = read(&event("SessionEnd"));
        assert_eq!((report.conversation, report.closed), (None, true));
        assert_eq!(read(&json!([1])), Report::default());
    }

    #[test]
    fn it_says_what_it_asks() {
        let patch = "*** Begin Patch\n*** Add File: a/b.txt\n+x\n*** End Patch\n";
        for (tool, input, expected) in [
            ("Bash", json!({ "command": "touch x", "description": "May I?" }), Some("touch x")),
            ("Bash", json!({ "command": "cat <<E\na\tb\nE" }), Some("cat <<E a b E")),
            ("network", json!({ "description": "May I?" }), Some("May I?")),
            ("apply_patch", json!({ "command": patch }), None),
            ("other", json!({}), Some("other")),
        ] {
            let event = json!({ "hook_event_name": "PermissionRequest", "tool_name": tool, "tool_input": input });
            let claim = read(&event).claim.expect("it says something");
            assert_eq!(
                (claim.reason, claim.question.as_deref()),
                (Some(Reason::Permission), expected)
            );
        }
        let questions = json!([{ "question": "Which colour\nshall it be?" }]);
        let event = json!({ "hook_event_name": "PreToolUse", "tool_name": "request_user_input",
            "tool_input": { "questions": questions } });
        let claim = read(&event).claim.expect("it says something");
        assert_eq!(
            claim,
            Claim::blocked(Reason::Question, Some("Which colour shall it be?".into()))
        );
    }
}
