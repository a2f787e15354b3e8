//! The extension that carries the hooks: a folder `towline` among its extensions.
//!
//! It comes to the user's own folder with `tow integrate gemini`, and to a folder of a pane's own by itself. Extensions' hooks run in
//! folders that are not trusted, too.

use serde_json::{Map, Value, json};

/// The events that Towline wants to hear of. It waits for each hook to end, and shows for three seconds that one ran, so they are the few that
/// tell what the screen does not: which conversation it is, and that a prompt was taken.
const EVENTS: [&str; 3] = ["SessionStart", "BeforeAgent", "SessionEnd"];

/// How long it may wait for a hook, in milliseconds: longer than the hook's own patience.
const TIMEOUT: u32 = 3000;

/// The extension's files, by their paths in the folder of extensions, with hooks that run this command.
///
/// A hook that fails is taken as a refusal of what it was told of, and text that one prints as a message: the command must end with 0
/// and say nothing.
pub(crate) fn extension(command: &str) -> [(&'static str, String); 2] {
    let about = json!({ "name": "towline", "version": "1.0.0", "description": "Tells Towline what happens here" });
    let mut hooks = Map::new();
    for event in EVENTS {
        // The name stands in the row of what it is doing, for which there is little room.
        let hook =
            json!({ "name": "tow", "type": "command", "command": command, "timeout": TIMEOUT });
        hooks.insert(event.into(), json!([{ "hooks": [hook] }]));
    }
    let hooks = json!({ "hooks": Value::Object(hooks) });
    [
        ("towline/gemini-extension.json", format!("{about:#}\n")),
        ("towline/hooks/hooks.json", format!("{hooks:#}\n")),
    ]
}
