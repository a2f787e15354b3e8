//! Claude Code: what its hooks get on standard input. Tried with 2.1.329.
//!
//! No hook tells of an interruption or of a refusal with Escape, nor of a leave that was given: what is seen tells those.

use serde_json::Value;

use super::{Report, first_question, short, text};
use crate::state::{Claim, Reason, State};

pub(super) fn read(event: &Value) -> Report {
    let name = text(event, "hook_event_name").unwrap_or_default();
    // What a subagent does in the background says nothing of the conversation that people have.
    let foreground = event.get("agent_id").is_none();
    let working = || foreground.then(|| Claim::of(State::Working));
    let mut report = Report { conversation: text(event, "session_id"), ..Report::default() };
    match name.as_str() {
        // It comes before the start's dialogs, so it doesn't say that a prompt is taken.
        "SessionStart" => {
            report.opened = matches!(text(event, "source").as_deref(), Some("startup" | "clear"));
        }
        "UserPromptSubmit" => {
            report.claim = working();
            report.taken = true;
        }
        "PreToolUse" | "PostToolUse" | "PostToolUseFailure" | "PreCompact" => {
            report.claim = working();
        }
        "PermissionRequest" => report.claim = Some(asked(event)),
        "Stop" if foreground && leaves(event, |kind| kind == "subagent") => {
            report.claim = working();
        }
        "Stop" if foreground => {
            // Whether it waits for what it left is seen: for a command that will end it does, for a server it doesn't.
            let rests = !leaves(event, |_| true);
            report.claim = rests.then(|| Claim::of(State::Idle));
            report.answer = Some(text(event, "last_assistant_message").unwrap_or_default());
        }
        "StopFailure" if foreground => {
            let said = text(event, "last_assistant_message");
            let question = || said.as_deref().map(short);
            report.claim = Some(match event.get("error").and_then(Value::as_str) {
                Some("rate_limit" | "billing_error") => Claim::blocked(Reason::Limit, question()),
                Some(
                    "authentication_failed"
                    | "oauth_org_not_allowed"
                    | "cloud_credential_error"
                    | "account_on_hold"
                    | "verification_required",
                ) => Claim::blocked(Reason::Login, question()),
                _ => Claim::of(State::Idle),
            });
            report.answer = Some(said.unwrap_or_default());
        }
        "SessionEnd" => {
            report.closed = true;
            // `/clear` ends one conversation and begins another, and the hooks for that may be heard in any order.
            report.conversation = None;
        }
        _ => {}
    }
    Report { event: name, ..report }
}

/// Something of a kind goes on in the background. After agents it goes on itself.
fn leaves(event: &Value, is: impl Fn(&str) -> bool) -> bool {
    let tasks = event.get("background_tasks").and_then(Value::as_array);
    tasks.into_iter().flatten().any(|task| {
        let text = |name: &str| task.get(name).and_then(Value::as_str).unwrap_or_default();
        text("status") == "running" && is(text("type"))
    })
}

/// What it wants to be told by a person, in the words of its status sequence.
fn asked(event: &Value) -> Claim {
    let tool = text(event, "tool_name").unwrap_or_default();
    let input = event.get("tool_input").unwrap_or(&Value::Null);
    match tool.as_str() {
        "AskUserQuestion" => Claim::blocked(Reason::Question, first_question(input)),
        "ExitPlanMode" => Claim::blocked(Reason::Permission, Some("go on by this plan?".into())),
        _ => {
            /// Members that say what a tool is to do, by the tools that have them.
            const DETAILS: [&str; 7] =
                ["command", "file_path", "notebook_path", "url", "query", "path", "skill"];
            let detail = DETAILS.iter().find_map(|name| text(input, name));
            let asked = match detail {
                Some(detail) => short(&format!("{tool}: {detail}")),
                None => short(&tool),
            };
            Claim::blocked(Reason::Permission, Some(asked).filter(|asked| !asked.is_empty()))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "505cadfb-a6ac-48a1-a64b-4dc8e209de91";

    /// An event of the conversation's, with further members.
    fn event(name: &str, more: Value) -> Value {
        let mut event = json!({
            "session_id": ID,
            "transcript_path": format!("/home/me/.claude/projects/-work/{ID}.jsonl"),
            "cwd": "/work",
            "hook_event_name": name,
        });
        for (key, value) in more.as_object().unwrap() {
            event[key] = value.clone();
        }
        event
    }

    fn told(name: &str, more: Value) -> (String, Option<String>) {
        let report = read(&event(name, more));
        assert_eq!(report.event, name);
        let Some(claim) = report.claim else { return ("nothing".into(), None) };
        (claim.to_string(), claim.question)
    }

    #[test]
    fn each_event_says_what_it_proves() {
        let bash =
            json!({ "tool_name": "Bash", "tool_input": { "command": "touch a &&\n  echo b" } });
        let agents = json!([{ "id": "a", "type": "subagent", "status": "running" }]);
        let server = json!([{ "id": "b", "type": "shell", "status": "running" }]);
        for (name, more, claim, question) in [
            ("SessionStart", json!({ "source": "startup" }), "nothing", None),
            ("UserPromptSubmit", json!({ "prompt": "hello" }), "working", None),
            ("PreToolUse", bash.clone(), "working", None),
            ("PostToolUse", bash.clone(), "working", None),
            ("PostToolUse", json!({ "agent_id": "a", "tool_name": "Bash" }), "nothing", None),
            ("PermissionRequest", bash, "blocked (permission)", Some("Bash: touch a && echo b")),
            (
                "PermissionRequest",
                json!({ "tool_name": "Write", "tool_input": { "file_path": "/a/b", "content": "x" } }),
                "blocked (permission)",
                Some("Write: /a/b"),
            ),
            (
                "PermissionRequest",
                json!({ "tool_name": "mcp__x__y", "tool_input": {} }),
                "blocked (permission)",
                Some("mcp__x__y"),
            ),
            (
                "PermissionRequest",
                json!({ "tool_name": "ExitPlanMode", "tool_input": { "plan": "# Plan" } }),
                "blocked (permission)",
                Some("go on by this plan?"),
            ),
            (
                "PermissionRequest",
                json!({ "tool_name": "AskUserQuestion", "tool_input": { "questions": [
                    { "question": "Which colour?", "options": [{ "label": "Red" }, { "label": "Blue" }] },
                    { "question": "Which size?", "options": [] },
                ] } }),
                "blocked (question)",
                Some("Which colour? (Red · Blue)"),
            ),
            ("Notification", json!({ "notification_type": "idle_prompt" }), "nothing", None),
            (
                "Stop",
                json!({ "last_assistant_message": "Done.", "background_tasks": [] }),
                "idle",
                None,
            ),
            ("Stop", json!({ "background_tasks": server }), "nothing", None),
            ("Stop", json!({ "background_tasks": agents }), "working", None),
            ("SubagentStop", json!({ "agent_id": "a" }), "nothing", None),
            (
                "StopFailure",
                json!({ "error": "rate_limit", "last_assistant_message": "You've hit your limit" }),
                "blocked (limit)",
                Some("You've hit your limit"),
            ),
            ("StopFailure", json!({ "error": "billing_error" }), "blocked (limit)", None),
            (
                "StopFailure",
                json!({ "error": "authentication_failed", "last_assistant_message": "Not logged in" }),
                "blocked (login)",
                Some("Not logged in"),
            ),
            ("StopFailure", json!({ "error": "unknown" }), "idle", None),
            ("SessionEnd", json!({ "reason": "clear" }), "nothing", None),
            ("SomethingNew", json!({}), "nothing", None),
        ] {
            let expected = (claim.to_owned(), question.map(str::to_owned));
            assert_eq!(told(name, more.clone()), expected, "{name} {more}");
        }
    }

    #[test]
    fn a_turn_is_taken_answered_and_its_conversation_known() {
        let taken = read(&event("UserPromptSubmit", json!({ "prompt": "hello" })));
        assert_eq!((taken.taken, taken.conversation.as_deref()), (true, Some(ID)));
        let answered =
            read(&event("Stop", json!({ "last_assistant_message": "Hello.\nAll well?" })));
        assert_eq!(answered.answer.as_deref(), Some("Hello.\nAll well?"));
        // A turn that ended without words is over as well, and one that left a server; one whose agents go on is not.
        let server = json!({ "background_tasks": [{ "type": "shell", "status": "running" }] });
        assert_eq!(read(&event("Stop", server)).answer.as_deref(), Some(""));
        assert_eq!(read(&event("Stop", json!({}))).answer.as_deref(), Some(""));
        let agents = json!({ "background_tasks": [{ "type": "subagent", "status": "running" }] });
        assert_eq!(read(&event("Stop", agents)).answer, None);
        let begun = |source: &str| read(&event("SessionStart", json!({ "source": source }))).opened;
        assert_eq!(["startup", "clear", "resume", "fork"].map(begun), [true, true, false, false]);
        let ended = read(&event("SessionEnd", json!({ "reason": "clear" })));
        assert_eq!((ended.closed, ended.conversation), (true, None));
    }

    #[test]
    fn a_long_question_is_cut() {
        let command = "x".repeat(1000);
        let input = json!({ "tool_name": "Bash", "tool_input": { "command": command } });
        let (_, question) = told("PermissionRequest", input);
        assert_eq!(question.map(|question| question.chars().count()), Some(201));
    }

    #[test]
    fn what_is_no_event_says_nothing() {
        for value in [json!(null), json!([1]), json!({ "hook_event_name": 7 }), json!("Stop")] {
            assert_eq!(read(&value), Report::default());
        }
    }
}
