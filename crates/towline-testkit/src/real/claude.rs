//! Claude Code, with a key of the API that the model takes.

use std::path::Path;

use serde_json::json;

use super::{Agent, Beginning, Habits, Place, Setup};

/// Claude Code.
pub(super) struct Claude;

/// A key as there are none, and how many of its last characters are kept of one that was approved.
const KEY: &str = "sk-ant-test-0123456789abcdefghij";
const REMEMBERED: usize = 20;

impl Agent for Claude {
    fn kind(&self) -> &'static str {
        "claude"
    }

    fn package(&self) -> &'static str {
        "@anthropic-ai/claude-code-linux-x64"
    }

    fn program(&self) -> &'static str {
        "@anthropic-ai/claude-code-linux-x64/claude"
    }

    fn set_up(&self, place: &Place, beginning: Beginning) -> Option<Setup> {
        let trusted = beginning != Beginning::Untrusted;
        let work = place.work.to_string_lossy();
        // Whether a key from the environment is to be used is asked, unless its last characters are among those approved.
        // (Without any key it says ten seconds after the start that nobody is logged in, and not before.)
        let approved = match beginning {
            Beginning::LoggedOut => "",
            _ => &KEY[KEY.len() - REMEMBERED..],
        };
        // Without the first member it begins with a welcome, for which it wants its maker's servers.
        let state = json!({
            "hasCompletedOnboarding": true,
            "theme": "dark",
            "customApiKeyResponses": { "approved": [approved], "rejected": [] },
            "projects": { work: { "hasTrustDialogAccepted": trusted } },
        });
        place.write(Path::new(".claude.json"), &state.to_string());
        // It asks for leave, and doesn't offer a mode in which it would not.
        let settings =
            json!({ "permissions": { "defaultMode": "default", "disableAutoMode": "disable" } });
        place.write(Path::new(".claude/settings.json"), &settings.to_string());
        let environment = vec![
            ("ANTHROPIC_BASE_URL".to_owned(), place.model.clone()),
            ("ANTHROPIC_API_KEY".into(), KEY.into()),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC".into(), "1".into()),
            ("DISABLE_AUTOUPDATER".into(), "1".into()),
        ];
        Some(Setup { arguments: Vec::new(), environment })
    }

    fn habits(&self) -> Habits {
        Habits {
            quits: &["/exit"],
            chooses: "1",
            // The first choice is to leave.
            trust_key: &["Down", "Enter"],
            ..Habits::default()
        }
    }
}
