use std::path::PathBuf;

use serde_json::Value;

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

/// The start of a command line, split at blanks.
fn start(line: &str, wanted: &Wanted) -> Start {
    let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    launch::prepare(&words, wanted).unwrap()
}

#[test]
fn a_new_conversation_gets_an_id_unless_its_options_say_which_it_is() {
    let new = format!("gemini --session-id {FRESH}");
    let script = "node /x/@google/gemini-cli/bundle/gemini.js";
    for (line, expected, conversation) in [
        ("gemini", new.clone(), Some(FRESH)),
        ("gemini fix it", format!("{new} fix it"), Some(FRESH)),
        ("gemini -i fix -y", format!("{new} -i fix -y"), Some(FRESH)),
        ("gemini -- -r", format!("{new} -- -r"), Some(FRESH)),
        ("gemini -m -r", format!("{new} -m -r"), Some(FRESH)),
        ("gemini --resume", "gemini --resume".into(), None),
        ("gemini -yr latest", "gemini -yr latest".into(), None),
        ("gemini -r 5", "gemini -r 5".into(), None),
        (&format!("gemini -r {OLD}"), format!("gemini -r {OLD}"), Some(OLD)),
        (&format!("gemini --resume={OLD}"), format!("gemini --resume={OLD}"), Some(OLD)),
        ("gemini --session-id mine", "gemini --session-id mine".into(), Some("mine")),
        ("gemini --sessionId=mine", "gemini --sessionId=mine".into(), Some("mine")),
        ("gemini --session-file x.json", "gemini --session-file x.json".into(), None),
        (&format!("{script} -y"), format!("{script} --session-id {FRESH} -y"), Some(FRESH)),
    ] {
        let start = start(line, &wanted());
        assert_eq!(start.command.join(" "), expected, "{line}");
        assert_eq!(start.conversation.as_deref(), conversation, "{line}");
        assert!(start.files.is_empty() && start.environment.is_empty(), "{line}");
        assert_eq!(start.records, Some("/home/me/.gemini/tmp".into()));
    }
}

#[test]
fn a_conversation_goes_on_with_the_same_options_and_without_its_first_prompt() {
    let wanted = Wanted { resume: Some(OLD.into()), ..wanted() };
    let again = format!("gemini --resume {OLD}");
    for (line, expected) in [
        ("gemini", again.clone()),
        ("gemini fix it", again.clone()),
        ("gemini -m x fix -y it", format!("{again} -m x -y")),
        ("gemini -i start --approval-mode plan", format!("{again} --approval-mode plan")),
        ("gemini --include-directories a,b hello", format!("{again} --include-directories a,b")),
        ("gemini -r -s", format!("{again} -s")),
        ("gemini --resume latest -- prompt words", again.clone()),
        (&format!("gemini --session-id {FRESH} -w tree"), format!("{again} -w tree")),
        ("gemini --session-file=x.json", again.clone()),
    ] {
        let start = start(line, &wanted);
        assert_eq!(start.command.join(" "), expected, "{line}");
        assert_eq!(start.conversation.as_deref(), Some(OLD), "{line}");
    }
}

#[test]
fn what_is_no_conversation_here_is_left_alone() {
    let isolated = Some(PathBuf::from("/isolated"));
    for line in ["gemini -p hello", "gemini --list-sessions", "gemini --acp", "gemini -yp hello"] {
        let wanted = Wanted { isolated: isolated.clone(), model: "x".into(), ..wanted() };
        let command: Vec<String> = line.split(' ').map(str::to_owned).collect();
        assert_eq!(start(line, &wanted), Start { command, ..Start::default() });
    }
    // A verb is no agent at all.
    assert_eq!(launch::prepare(&["gemini".into(), "mcp".into()], &wanted()), None);
}

#[test]
fn a_model_is_chosen_unless_the_command_has_chosen() {
    let wanted = Wanted { model: "flash".into(), ..wanted() };
    let own = |line: &str| start(line, &wanted).command.join(" ");
    assert_eq!(own("gemini"), format!("gemini --model flash --session-id {FRESH}"));
    assert_eq!(own("gemini -m x"), format!("gemini --session-id {FRESH} -m x"));
}

#[test]
fn a_folder_of_its_own_has_the_persons_settings_and_its_own_history_and_hooks() {
    let isolated = Wanted { isolated: Some("/isolated/x".into()), ..wanted() };
    let begun = start("gemini", &isolated);
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        begun.environment,
        [variable(HOME, "/isolated/x"), variable(TRUSTED, "/home/me/.gemini/trustedFolders.json")]
    );
    let seed = |from: &str, to: &str| Seed { from: from.into(), to: to.into(), link: true };
    let settings = seed("/home/me/.gemini/settings.json", "/isolated/x/.gemini/settings.json");
    assert!(begun.seeds.contains(&settings));
    assert!(begun.seeds.contains(&seed("/home/me/.agents", "/isolated/x/.agents")));
    for own in ["tmp", "history", "projects.json", "trustedFolders.json", "extensions"] {
        assert!(!begun.seeds.iter().any(|seed| seed.from.ends_with(own)), "{own}");
    }
    let extensions = PathBuf::from("/isolated/x/.gemini/extensions");
    assert_eq!(begun.entries, [("/home/me/.gemini/extensions".into(), extensions.clone())]);
    assert_eq!(begun.records, Some("/isolated/x/.gemini/tmp".into()));
    let (path, text) = &begun.files[1];
    assert_eq!(*path, extensions.join("towline/hooks/hooks.json"));
    let hooks: Value = serde_json::from_str(text).unwrap();
    assert_eq!(
        hooks["hooks"]["BeforeAgent"][0]["hooks"][0]["command"],
        r"'/opt/it'\''s here/tow' agent-event gemini >/dev/null 2>&1 || :"
    );
    assert_eq!(hooks["hooks"].as_object().unwrap().len(), 3);
    let about: Value = serde_json::from_str(&begun.files[0].1).unwrap();
    assert_eq!(about["name"], "towline");

    let silent = start("gemini", &Wanted { no_hooks: true, ..isolated.clone() });
    assert!(silent.files.is_empty());

    // One whose folder was moved, and which has its own list of trusted folders.
    let environment = vec![variable(HOME, "/moved"), variable(TRUSTED, "/trusted")];
    let moved = start("gemini", &Wanted { environment, ..isolated });
    assert_eq!(moved.environment, [variable(HOME, "/isolated/x")]);
    assert!(moved.seeds.iter().any(|seed| seed.from.ends_with("moved/.gemini/settings.json")));
}
