use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::launch;

const OLD: &str = "ses_e06442497ffe3s4tbIisR7zXpZ";

fn wanted() -> Wanted {
    Wanted {
        tow: PathBuf::from("/opt/it's \"here\"/tow"),
        folder: PathBuf::from("/state/a pane"),
        home: PathBuf::from("/home/me"),
        fresh: "11111111-2222-4333-8444-555555555555".into(),
        ..Wanted::default()
    }
}

fn with_variable(name: &str, value: &str) -> Wanted {
    Wanted { environment: vec![(name.into(), value.into())], ..wanted() }
}

/// The start of a command line, split at blanks.
fn start(line: &str, wanted: &Wanted) -> Start {
    let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    launch::prepare(&words, wanted).unwrap()
}

/// The settings that it gets.
fn settings(start: &Start) -> Value {
    let found: Vec<&str> = start
        .environment
        .iter()
        .filter(|(name, _)| name == CONFIG)
        .map(|(_, v)| v.as_str())
        .collect();
    assert_eq!(found.len(), 1);
    serde_json::from_str(found[0]).unwrap()
}

#[test]
fn a_conversation_goes_on_in_its_folder_with_the_same_options() {
    let resumed = Wanted { resume: Some(OLD.into()), ..wanted() };
    for (line, expected) in [
        ("opencode", ""),
        ("opencode /work/app", " /work/app"),
        ("opencode -c --agent plan", " --agent plan"),
        ("opencode --session ses_x -m a/b", " -m a/b"),
        ("opencode -sses_x --fork .", " ."),
        ("opencode --session=ses_x --prompt fix", ""),
        ("opencode --prompt=-c --port 7", " --port 7"),
        ("opencode --prompt -c --mini", " --mini"),
        ("opencode --unheard-of x", " --unheard-of x"),
    ] {
        let begun = start(line, &resumed);
        assert_eq!(
            begun.command.join(" "),
            format!("opencode --session {OLD}{expected}"),
            "{line}"
        );
        assert_eq!(begun.conversation.as_deref(), Some(OLD));
    }
}

#[test]
fn what_its_options_say_of_the_conversation_stays() {
    for (line, conversation) in [
        ("opencode", None),
        ("opencode --prompt -s", None),
        ("opencode -c", None),
        ("opencode -s ses_1", Some("ses_1")),
        ("opencode -sses_1", Some("ses_1")),
        ("opencode --session=ses_1 dir", Some("ses_1")),
        ("opencode --session ses_1 --fork", None),
        ("opencode -s", None),
    ] {
        let begun = start(line, &wanted());
        assert_eq!(begun.command.join(" "), line);
        assert_eq!(begun.conversation.as_deref(), conversation, "{line}");
    }
}

#[test]
fn a_model_is_chosen_unless_the_command_has_chosen() {
    let wanted = Wanted { model: "a/b".into(), ..wanted() };
    let command = |line: &str| start(line, &wanted).command.join(" ");
    assert_eq!(command("opencode ."), "opencode --model a/b .");
    assert_eq!(command("opencode -m c/d"), "opencode -m c/d");
    assert_eq!(command("opencode --model=c/d"), "opencode --model=c/d");
}

#[test]
fn the_plugin_comes_by_a_variable_and_the_users_own_stay() {
    const URL: &str = "file:///state/a%20pane/towline.js";
    let own = start("opencode", &wanted());
    assert_eq!(settings(&own), json!({ "plugin": [URL] }));
    let (path, text) = &own.files[0];
    assert_eq!(path, &PathBuf::from("/state/a pane/towline.js"));
    assert!(text.contains(r#"const TOW = "/opt/it's \"here\"/tow""#), "{text}");
    assert!(own.notes.is_empty());
    for (own, both) in [
        (" ", json!({ "plugin": [URL] })),
        (r#"{"model":"a/b"}"#, json!({ "model": "a/b", "plugin": [URL] })),
        (r#"{"plugin":["x",["y",{"z":1}]]}"#, json!({ "plugin": ["x", ["y", { "z": 1 }], URL] })),
    ] {
        assert_eq!(settings(&start("opencode", &with_variable(CONFIG, own))), both);
    }
}

#[test]
fn without_the_plugin_that_is_said() {
    for (line, variable, value, why) in [
        ("opencode", CONFIG, "{ // mine\n }", "its own OPENCODE_CONFIG_CONTENT is no plain JSON"),
        ("opencode", CONFIG, "[]", "its own OPENCODE_CONFIG_CONTENT is no object"),
        ("opencode", CONFIG, r#"{"plugin":1}"#, "its own OPENCODE_CONFIG_CONTENT lists no plugins"),
        ("opencode", PURE, "1", "it runs without plugins"),
        ("opencode --pure", "X", "", "it runs without plugins"),
    ] {
        let begun = start(line, &with_variable(variable, value));
        assert_eq!(begun.notes, [format!("it gets no hooks: {why}")]);
        assert_eq!((begun.environment.len(), begun.files.len()), (0, 0));
        assert_eq!(begun.command.join(" "), line);
    }
    let asked = Wanted { no_hooks: true, ..wanted() };
    let begun = start("opencode", &asked);
    assert_eq!(begun, Start { command: vec!["opencode".into()], ..Start::default() });
}

#[test]
fn what_is_no_conversation_here_is_left_alone() {
    for line in ["opencode run fix it", "opencode --version", "opencode -m a/b attach http://x"] {
        let command = line.split(' ').map(str::to_owned).collect();
        let wanted = Wanted { isolated: Some("/isolated".into()), ..wanted() };
        assert_eq!(start(line, &wanted), Start { command, ..Start::default() });
    }
}

#[test]
fn an_isolated_one_has_its_own_history() {
    let wanted = Wanted { isolated: Some("/isolated/x".into()), no_hooks: true, ..wanted() };
    let begun = start("opencode", &wanted);
    let variable = ("OPENCODE_DB".to_owned(), "/isolated/x/opencode.db".to_owned());
    assert_eq!((begun.environment, begun.seeds), (vec![variable], vec![]));
}
