use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::launch;

const FRESH: &str = "11111111-2222-4333-8444-555555555555";
const OLD: &str = "505cadfb-a6ac-48a1-a64b-4dc8e209de91";

fn wanted() -> Wanted {
    Wanted {
        tow: PathBuf::from("/opt/it's here/tow"),
        folder: PathBuf::from("/state/pane"),
        home: PathBuf::from("/home/me"),
        fresh: FRESH.into(),
        ..Wanted::default()
    }
}

fn words_of(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// The start of a command line, split at blanks.
fn start(line: &str, wanted: &Wanted) -> Start {
    launch::prepare(&words_of(line), wanted).unwrap()
}

/// The command that comes of it, without what carries the hooks.
fn plain(line: &str, wanted: &Wanted) -> String {
    let start = start(line, wanted);
    let mut words = start.command.clone();
    if let Some(at) = words.iter().position(|word| word == "--settings") {
        words.drain(at..at + 2);
    }
    words.join(" ")
}

/// The settings that it gets.
fn settings(start: &Start) -> Value {
    let at = start.command.iter().position(|word| word == "--settings").unwrap();
    assert_eq!(start.command.iter().filter(|word| *word == "--settings").count(), 1);
    serde_json::from_str(&start.command[at + 1]).unwrap()
}

#[test]
fn a_new_conversation_gets_an_id_unless_its_options_say_which_it_is() {
    let new = format!("claude --session-id {FRESH}");
    for (line, expected, conversation) in [
        ("claude", new.clone(), Some(FRESH)),
        ("claude fix it", format!("{new} fix it"), Some(FRESH)),
        ("claude --model x -- -c", format!("{new} --model x -- -c"), Some(FRESH)),
        ("claude -c", "claude -c".into(), None),
        ("claude --continue --fork-session", "claude --continue --fork-session".into(), None),
        ("claude -rc", "claude -rc".into(), None),
        ("claude --resume", "claude --resume".into(), None),
        ("claude --resume=that", "claude --resume=that".into(), None),
        (&format!("claude --resume {OLD}"), format!("claude --resume {OLD}"), Some(OLD)),
        (&format!("claude --session-id={OLD}"), format!("claude --session-id={OLD}"), Some(OLD)),
        (
            &format!("claude -r {OLD} --fork-session"),
            format!("claude -r {OLD} --fork-session"),
            None,
        ),
        ("claude -p hello", "claude -p hello".into(), None),
        ("claude --add-dir a b --print", "claude --add-dir a b --print".into(), None),
        // A value, however it looks, is no option.
        (
            "claude --append-system-prompt -c",
            format!("{new} --append-system-prompt -c"),
            Some(FRESH),
        ),
        (
            "node /x/@anthropic-ai/claude-code/cli.js -c",
            "node /x/@anthropic-ai/claude-code/cli.js -c".into(),
            None,
        ),
    ] {
        assert_eq!(plain(line, &wanted()), expected);
        assert_eq!(start(line, &wanted()).conversation.as_deref(), conversation, "{line}");
    }
}

#[test]
fn a_conversation_goes_on_with_the_same_options_and_without_its_first_prompt() {
    let wanted = Wanted { resume: Some(OLD.into()), ..wanted() };
    let again = format!("claude --resume {OLD}");
    for (line, expected) in [
        ("claude", again.clone()),
        ("claude fix it", again.clone()),
        ("claude --model x fix --verbose it", format!("{again} --model x --verbose")),
        (
            "claude --add-dir a b --permission-mode plan",
            format!("{again} --add-dir a b --permission-mode plan"),
        ),
        ("claude -c --debug hooks", format!("{again} --debug hooks")),
        ("claude --resume other -- prompt words", again.clone()),
        (&format!("claude --session-id {FRESH} -w tree"), format!("{again} -w tree")),
        ("claude --continue --fork-session", again.clone()),
        ("claude -p hello", "claude -p hello".into()),
    ] {
        assert_eq!(plain(line, &wanted), expected, "{line}");
        let conversation = start(line, &wanted).conversation;
        assert_eq!(conversation.is_some(), !line.contains("-p "), "{line}");
    }
}

#[test]
fn a_model_is_chosen_unless_the_command_has_chosen() {
    let wanted = Wanted { model: "haiku".into(), no_hooks: true, ..wanted() };
    let own = |line: &str| start(line, &wanted).command.join(" ");
    assert_eq!(own("claude"), format!("claude --model haiku --session-id {FRESH}"));
    assert_eq!(own("claude --model=x"), format!("claude --session-id {FRESH} --model=x"));
}

#[test]
fn hooks_come_by_settings_and_the_users_own_stay() {
    let command = r"'/opt/it'\''s here/tow' agent-event claude >/dev/null 2>&1 || :";
    let ours = json!({ "hooks": [{ "type": "command", "command": command, "async": true }] });
    let own = settings(&start("claude", &wanted()));
    assert_eq!(own["hooks"]["Stop"], json!([ours]));
    assert_eq!(own.as_object().unwrap().len(), 1);
    let line = r#"claude --settings {"model":"x","hooks":{"Stop":[{"hooks":[]}]}} hello"#;
    let both = start(line, &wanted());
    assert_eq!(settings(&both)["model"], "x");
    assert_eq!(settings(&both)["hooks"]["Stop"], json!([{ "hooks": [] }, ours]));
    assert_eq!(both.command.last().map(String::as_str), Some("hello"));
    assert!(both.notes.is_empty());
    // Of two it would take the last.
    let twice = start(r#"claude --settings=a.json --settings={"model":"y"}"#, &wanted());
    assert_eq!(settings(&twice)["model"], "y");
    assert_eq!(settings(&twice)["hooks"]["Stop"], json!([ours]));
}

#[test]
fn settings_that_nothing_can_be_added_to_are_left_and_that_is_said() {
    for (own, why) in [
        ("/etc/claude.json", "in a file"),
        ("{", "no JSON object"),
        (r#"{"hooks":[]}"#, "not as its hooks are written"),
        (r#"{"hooks":{"Stop":1}}"#, "not as its hooks are written"),
    ] {
        let start = start(&format!("claude --settings {own}"), &wanted());
        let expected = format!("claude --session-id {FRESH} --settings {own}");
        assert_eq!(start.command.join(" "), expected);
        assert_eq!(start.notes, [format!("it gets no hooks: its own --settings are {why}")]);
    }
}

#[test]
fn what_is_no_conversation_here_is_left_alone() {
    for line in [
        "claude agents",
        "claude --debug hooks setup-token",
        "claude --version",
        "claude --bg fix it",
    ] {
        let start = start(line, &Wanted { isolated: Some("/isolated".into()), ..wanted() });
        assert_eq!(start, Start { command: words_of(line), ..Start::default() });
    }
}

#[test]
fn a_folder_of_its_own_has_the_users_settings_and_its_own_state() {
    let isolated = Wanted { isolated: Some("/isolated/x".into()), ..wanted() };
    let begun = start("claude", &isolated);
    assert_eq!(begun.environment, [("CLAUDE_CONFIG_DIR".to_owned(), "/isolated/x".to_owned())]);
    let seed = |name: &str| {
        let to = PathBuf::from("/isolated/x").join(name);
        begun.seeds.iter().find(|seed| seed.to == to).cloned().unwrap()
    };
    let state = seed(".claude.json");
    assert_eq!((state.from, state.link), ("/home/me/.claude.json".into(), false));
    let settings = seed("settings.json");
    assert_eq!((settings.from, settings.link), ("/home/me/.claude/settings.json".into(), true));
    assert!(begun.seeds.iter().all(|seed| !seed.from.ends_with("projects")));
    // Where the user has moved the folder, the state is in it.
    let environment = vec![("CLAUDE_CONFIG_DIR".to_owned(), "/cfg".to_owned())];
    let moved = start("claude", &Wanted { environment, ..isolated });
    assert!(moved.seeds.iter().any(|seed| seed.from == Path::new("/cfg/.claude.json")));
    assert!(moved.seeds.iter().any(|seed| seed.from == Path::new("/cfg/settings.json")));
}
