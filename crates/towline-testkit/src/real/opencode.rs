//! OpenCode, with a provider of models of its own.

use std::path::Path;

use super::{Agent, Beginning, Habits, Place, Setup};

/// OpenCode.
pub(super) struct OpenCode;

impl Agent for OpenCode {
    fn kind(&self) -> &'static str {
        "opencode"
    }

    fn package(&self) -> &'static str {
        "opencode-linux-x64"
    }

    fn program(&self) -> &'static str {
        "opencode-linux-x64/bin/opencode"
    }

    /// It trusts every folder, and without a login it begins with a model that is free.
    fn set_up(&self, place: &Place, beginning: Beginning) -> Option<Setup> {
        if beginning != Beginning::Ready {
            return None;
        }
        let url = &place.model;
        // The last rule for a command that fits counts.
        let settings = format!(
            r#"{{"autoupdate": false, "share": "disabled", "model": "test/one", "small_model": "test/one",
"provider": {{"test": {{"npm": "@ai-sdk/openai-compatible", "name": "Test",
  "options": {{"baseURL": "{url}/v1", "apiKey": "any"}},
  "models": {{"one": {{"name": "One", "limit": {{"context": 128000, "output": 8192}}}}}}}}}},
"permission": {{"bash": {{"*": "ask", "sleep *": "allow"}}, "edit": "ask", "webfetch": "ask"}}}}
"#
        );
        place.write(Path::new(".config/opencode/opencode.json"), &settings);
        // Lists of models, newer versions and language servers would come from the network.
        let off = ["MODELS_FETCH", "AUTOUPDATE", "LSP_DOWNLOAD"];
        let environment = off.map(|what| (format!("OPENCODE_DISABLE_{what}"), "1".into())).into();
        Some(Setup { arguments: Vec::new(), environment })
    }

    fn habits(&self) -> Habits {
        Habits { quits: &["key:C-c"], limit_keys: &["Escape", "Escape"], ..Habits::default() }
    }
}
