//! Gemini CLI's hooks, tried with 0.61.0.
//!
//! What they say of states is little, and less is used: a permission is announced before it is asked, when a key would still land in the
//! input box; nothing is told when it was refused; the end of a turn is told before prompts that were queued begin the next; and a
//! tool's end is told after the turn was cancelled, too. All of that the screen shows within the same tenth of a second. The answer
//! that comes with a turn's end is put together from overlapping pieces, so it is none.

use serde_json::Value;

use super::{Report, text};
use crate::state::{Claim, State};

pub(super) fn read(event: &Value) -> Report {
    let name = text(event, "hook_event_name").unwrap_or_default();
    let begins = name == "BeforeAgent";
    let ends = name == "SessionEnd";
    Report {
        claim: begins.then(|| Claim::of(State::Working)),
        // The end of one conversation may be told when the next has begun.
        conversation: text(event, "session_id").filter(|_| !ends),
        taken: begins,
        closed: ends,
        opened: name == "SessionStart"
            && matches!(text(event, "source").as_deref(), Some("startup" | "clear")),
        answer: None,
        event: name,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_turn_is_told_when_it_begins_and_the_rest_is_seen() {
        let claimed = |name: &str, more: Value| {
            let mut event = json!({ "session_id": "0-1", "hook_event_name": name });
            event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            read(&event)
        };
        let prompt = claimed("BeforeAgent", json!({ "prompt": "fix it" }));
        assert_eq!(prompt.claim, Some(Claim::of(State::Working)));
        assert!(prompt.taken && !prompt.closed);
        let permission = json!({ "notification_type": "ToolPermission", "message": "Tool Confirm Shell Command requires execution",
            "details": { "type": "exec", "title": "Confirm Shell Command", "command": "touch x" } });
        for (name, more) in [
            // The question whether the folder is trusted may stand.
            ("SessionStart", json!({ "source": "startup" })),
            ("BeforeTool", json!({ "tool_name": "run_shell_command" })),
            ("Notification", permission),
            ("AfterTool", json!({ "tool_name": "run_shell_command" })),
            ("AfterAgent", json!({ "prompt_response": "Don  Done." })),
        ] {
            let report = claimed(name, more);
            let expected = Report {
                event: name.into(),
                opened: name == "SessionStart",
                conversation: Some("0-1".into()),
                ..Report::default()
            };
            assert_eq!(report, expected);
        }
        assert!(!claimed("SessionStart", json!({ "source": "resume" })).opened);
        let end = claimed("SessionEnd", json!({ "reason": "clear" }));
        assert_eq!((end.closed, end.conversation), (true, None));
        assert_eq!(read(&json!([])), Report::default());
    }
}
