use std::path::PathBuf;

use super::super::{Start, Wanted, prepare};

const ID: &str = "01a1f9bd-bc7f-7f60-9f12-3f15c81f2528";

fn wanted() -> Wanted {
    Wanted {
        tow: PathBuf::from("/opt/tow"),
        home: PathBuf::from("/home/me"),
        no_hooks: true,
        ..Wanted::default()
    }
}

fn start(line: &str, wanted: &Wanted) -> Start {
    let command: Vec<String> = line.split(' ').map(str::to_owned).collect();
    prepare(&command, wanted).expect("it is an agent's command")
}

/// What of the command the user didn't write is told by `-c`, and left out here.
fn told(start: &Start) -> String {
    start
        .command
        .join(" ")
        .replace("-c features.daemon_auto_start=false ", "")
        .replace(" -c features.daemon_auto_start=false", "")
}

#[test]
fn a_conversation_is_continued_by_its_id_with_the_users_own_options() {
    let resume = Wanted { resume: Some(ID.into()), ..wanted() };
    for (line, expected) in [
        ("codex", "codex resume ID"),
        ("codex fix it", "codex resume ID"),
        ("codex -m x -s read-only fix", "codex -m x -s read-only resume ID"),
        ("codex --enable x -i a.png b.png -a never -- fix", "codex --enable x -a never resume ID"),
        ("codex resume OTHER go on", "codex resume ID"),
        ("codex resume --last --all -c a=b", "codex -c a=b resume ID"),
        ("codex fork -mgpt OTHER", "codex -mgpt resume ID"),
    ] {
        let start = start(line, &resume);
        assert_eq!(told(&start), expected.replace("ID", ID), "{line}");
        assert_eq!(start.conversation.as_deref(), Some(ID));
    }
}

#[test]
fn what_the_user_says_stays_in_force() {
    let model = Wanted { model: "big".into(), ..wanted() };
    for (line, expected, conversation) in [
        ("codex", "codex --model big", None),
        ("codex -m small", "codex -m small", None),
        ("codex -c model=small fix", "codex -c model=small fix", None),
        (
            "codex resume 01a1f9bd-bc7f-7f60-9f12-3f15c81f2528",
            "codex --model big resume 01a1f9bd-bc7f-7f60-9f12-3f15c81f2528",
            Some(ID),
        ),
        ("codex resume --last", "codex --model big resume --last", None),
        ("codex resume a-name-of-it", "codex --model big resume a-name-of-it", None),
        (
            "codex fork 01a1f9bd-bc7f-7f60-9f12-3f15c81f2528",
            "codex --model big fork 01a1f9bd-bc7f-7f60-9f12-3f15c81f2528",
            None,
        ),
    ] {
        let start = start(line, &model);
        assert_eq!(told(&start), expected, "{line}");
        assert_eq!(start.conversation.as_deref(), conversation, "{line}");
    }
}

#[test]
fn what_is_no_conversation_is_left_alone() {
    let wanted = Wanted { no_hooks: false, model: "big".into(), ..wanted() };
    for line in [
        "codex exec go",
        "codex -m x review",
        "codex --help",
        "codex --remote ws://x",
        "codex agents",
    ] {
        let start = start(line, &wanted);
        assert_eq!(start.command.join(" "), line);
    }
}

#[test]
fn hooks_come_before_the_users_own_arguments() {
    let start = start("codex -m x fix", &Wanted { no_hooks: false, ..wanted() });
    let words: Vec<&str> = start.command.iter().map(String::as_str).collect();
    assert_eq!(words.first(), Some(&"codex"));
    assert_eq!(words[words.len() - 3..], ["-m", "x", "fix"]);
    let stop = words.iter().find(|word| word.starts_with("hooks.Stop=")).expect("a hook");
    assert!(stop.contains("'/opt/tow' agent-event codex"), "{stop}");
    assert!(words.iter().any(|word| word.starts_with("hooks.state={")));
}

#[test]
fn a_folder_of_its_own_has_links_to_the_users_settings() {
    let isolated = Some(PathBuf::from("/iso"));
    let moved = vec![("CODEX_HOME".to_owned(), "/cfg".to_owned())];
    for (environment, from) in [(Vec::new(), "/home/me/.codex"), (moved, "/cfg")] {
        let start = start("codex", &Wanted { isolated: isolated.clone(), environment, ..wanted() });
        assert_eq!(start.environment, [("CODEX_HOME".to_owned(), "/iso".to_owned())]);
        let login =
            start.seeds.iter().find(|seed| seed.to.ends_with("auth.json")).expect("a login");
        assert_eq!((login.from.clone(), login.link), (PathBuf::from(from).join("auth.json"), true));
        assert!(start.seeds.iter().all(|seed| !seed.to.ends_with("sessions")));
    }
}
