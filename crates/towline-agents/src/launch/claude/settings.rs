//! The settings that carry the hooks. They are added to those of the user's files, whose own hooks run as well.

use serde_json::{Map, Value, json};

/// The events that Towline wants to hear of. The others say nothing that these and the screen don't, and each is a process:
/// those around tools come by the hundred, and when two tools run side by side the end of one is heard after the question
/// about the other.
const EVENTS: [&str; 6] =
    ["SessionStart", "UserPromptSubmit", "PermissionRequest", "Stop", "StopFailure", "SessionEnd"];

/// For each event the group of hooks that runs this command.
pub(crate) fn hooks(command: &str) -> [(&'static str, Value); EVENTS.len()] {
    // It does not wait for a hook that is `async`.
    let group = json!({ "hooks": [{ "type": "command", "command": command, "async": true }] });
    EVENTS.map(|event| (event, group.clone()))
}

/// Settings with hooks that run this command, and nothing else.
pub(super) fn of(command: &str) -> String {
    let mut settings = Map::new();
    // Nothing is there that could be in the way.
    let _ = add(&mut settings, command);
    Value::Object(settings).to_string()
}

/// The user's own settings with the hooks added.
///
/// # Errors
/// What they are, where nothing can be added.
pub(super) fn with(own: &str, command: &str) -> Result<String, &'static str> {
    if !own.trim_start().starts_with('{') {
        return Err("in a file");
    }
    let Ok(Value::Object(mut settings)) = serde_json::from_str(own) else {
        return Err("no JSON object");
    };
    add(&mut settings, command)?;
    Ok(Value::Object(settings).to_string())
}

fn add(settings: &mut Map<String, Value>, command: &str) -> Result<(), &'static str> {
    const NOT_THOSE: &str = "not as its hooks are written";
    let hooks = settings.entry("hooks").or_insert_with(|| json!({}));
    let hooks = hooks.as_object_mut().ok_or(NOT_THOSE)?;
    for (event, group) in self::hooks(command) {
        let groups = hooks.entry(event).or_insert_with(|| json!([]));
        groups.as_array_mut().ok_or(NOT_THOSE)?.push(group);
    }
    Ok(())
}
