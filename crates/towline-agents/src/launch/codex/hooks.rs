//! Hooks by its command line: settings for one start, which add to the user's own.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The events that are told, as a hook's name and as it stands in a hash, and whether the agent waits for the hook.
///
/// It waits for none but the last, which it never runs otherwise. So no two of them may say different things at the same
/// moment: they may be heard in any order. That is why no tool's begin and end are among them; what is seen tells those.
const EVENTS: [(&str, &str, bool); 6] = [
    ("SessionStart", "session_start", false),
    ("UserPromptSubmit", "user_prompt_submit", false),
    ("PermissionRequest", "permission_request", false),
    ("Stop", "stop", false),
    ("Interrupt", "interrupt", false),
    ("SessionEnd", "session_end", true),
];

/// How long a hook may take. Some events allow no more, and a hash is of what is in force.
const SECONDS: u32 = 3;

/// Where it takes settings of the command line to come from.
const SOURCE: &str = "/<session-flags>/config.toml";

/// The settings that have a command run at each event.
///
/// It runs only hooks that the user has trusted, each by a hash of what it does: these are trusted here, and no others.
pub(super) fn settings(command: &str) -> Vec<String> {
    let mut settings = Vec::new();
    let mut trusted = Vec::new();
    // What is a text in JSON is one in TOML.
    let text = Value::from(command).to_string();
    for (event, name, waits) in EVENTS {
        let end = if waits { "" } else { ",async=true" };
        settings.push(format!(
            "hooks.{event}=[{{hooks=[{{type=\"command\",command={text},timeout={SECONDS}{end}}}]}}]"
        ));
        trusted.push(format!(
            "\"{SOURCE}:{name}:0:0\"={{trusted_hash=\"sha256:{}\"}}",
            hash(name, &text, waits)
        ));
    }
    settings.push(format!("hooks.state={{{}}}", trusted.join(",")));
    settings
}

/// A group of hooks for an event, as it stands in `hooks.json`.
pub(crate) struct Group {
    /// The event.
    pub(crate) event: &'static str,
    /// What it is called where trust is noted.
    pub(crate) name: &'static str,
    /// The group.
    pub(crate) group: Value,
    /// What says that it is trusted.
    pub(crate) trusted: String,
}

/// The groups that have a command run at each event.
pub(crate) fn groups(command: &str) -> [Group; EVENTS.len()] {
    let text = Value::from(command).to_string();
    EVENTS.map(|(event, name, waits)| {
        let mut hook = json!({ "type": "command", "command": command, "timeout": SECONDS });
        if !waits {
            hook["async"] = true.into();
        }
        let trusted = format!("sha256:{}", hash(name, &text, waits));
        Group { event, name, group: json!({ "hooks": [hook] }), trusted }
    })
}

/// The hash of one hook: of JSON without blanks, names in the alphabet's order.
fn hash(name: &str, command: &str, waits: bool) -> String {
    let hook = format!(
        "{{\"event_name\":\"{name}\",\"hooks\":[{{\"async\":{},\"command\":{command},\"timeout\":{SECONDS},\"type\":\"command\"}}]}}",
        !waits
    );
    Sha256::digest(hook.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_toml_and_name_a_hash_for_each_hook() {
        let settings = settings("'/opt/a \"b\"/tow' agent-event codex >/dev/null 2>&1 || :");
        assert_eq!(settings.len(), EVENTS.len() + 1);
        for setting in &settings {
            let table: toml::Table =
                toml::from_str(setting).unwrap_or_else(|error| panic!("{setting}: {error}"));
            assert!(table.contains_key("hooks"), "{setting}");
        }
        let state = settings.last().map_or("", String::as_str);
        assert_eq!(state.matches("sha256:").count(), EVENTS.len(), "{state}");
    }

    /// By another implementation: `printf %s … | sha256sum`.
    #[test]
    fn the_hash_is_the_one_that_it_reckons() {
        let hash = hash("stop", "\"tow agent-event codex\"", false);
        assert_eq!(hash, "86c3c560ca208fb04677c4f6f7643e5fe81e010e201235baf28f4976f2f9ca11");
    }
}
