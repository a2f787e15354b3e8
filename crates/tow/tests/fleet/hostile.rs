//! Names, texts, folders and variables that a shell, an option parser or tmux would take for something else.

use std::path::Path;

use serde_json::json;
use towline_testkit::{Fleet, Setup};

use crate::fleet;

/// What runs where a word is taken for more than a word, and what is no name but a key or an option.
const WORDS: [&str; 14] = [
    "'; touch x; '",
    "\"; touch x; \"",
    "$(touch x)",
    "`touch x`",
    "x; touch x;",
    "trailing;",
    "-t",
    "--",
    "C-c",
    "Enter",
    "a:b.c",
    "%1",
    "back\\slash\\n $HOME ~ *",
    "ünï → 漢字",
];

/// Writes each line that it reads into the file `got`, and says so.
const READER: &str = r#"while IFS= read -r x; do printf '%s\n' "$x" >>got; echo read; done"#;

/// A host with this login shell, whose rc files print and which knows of no UTF-8.
fn fleet_with(shell: &str) -> Fleet {
    let setup = Setup::towline().shell(shell).noise("welcome; towline").locale("C");
    fleet().host("thor", setup)
}

/// No word was taken for a command, in any of the folders that one would be run in.
#[track_caller]
fn assert_nothing_ran(fleet: &Fleet, folders: &[&Path]) {
    let thor = fleet.host_named("thor");
    let (home, work, here) = (thor.home(), thor.there().work(), fleet.tow.work());
    for folder in [home.as_path(), &work, &here].iter().chain(folders) {
        assert!(!folder.join("x").exists(), "something ran in {}", folder.display());
    }
}

fn names_and_texts_are_literal_with(shell: &str) {
    let fleet = fleet_with(shell);
    let folder = fleet.host_named("thor").project("p");
    for (number, name) in WORDS.into_iter().enumerate() {
        let named = format!("--name={name}");
        let word = ["spawn", "--on", "thor", "p", "--json", &named, "--", "sh", "-c", READER];
        let spawned = fleet.tow.json(&word);
        assert_eq!(spawned["name"], name);
        let target = spawned["target"].as_str().unwrap();
        // Each pane is sent another word than it is called.
        let text = WORDS[(number + 3) % WORDS.len()];
        let sent = fleet.tow.json(&["send", "--json", target, "--", text]);
        assert_eq!(sent["target"], target);
        fleet.tow.wait_output(target, "^read$");
        assert_eq!(std::fs::read_to_string(folder.join("got")).unwrap(), format!("{text}\n"));
        std::fs::remove_file(folder.join("got")).unwrap();
        assert_eq!(fleet.tow.json(&["info", "--json", target])["name"], name);
        fleet.tow.ok(&["kill", target]);
    }
    assert_nothing_ran(&fleet, &[&folder]);
}

#[test]
fn names_and_texts_are_literal_through_bash() {
    names_and_texts_are_literal_with("bash");
}

#[test]
fn names_and_texts_are_literal_through_fish() {
    names_and_texts_are_literal_with("fish");
}

#[test]
fn folders_arguments_and_variables_are_literal() {
    let fleet = fleet_with("bash");
    for word in WORDS {
        let folder = fleet.host_named("thor").project(word);
        let variable = format!("WORD={word}");
        let print = r#"printf '%s\n' "$PWD" "$WORD" "$1" >got; echo done; exec sleep 1000"#;
        // A folder that begins with a dash is told by its path.
        let project = folder.to_str().unwrap();
        let project = if word.starts_with('-') { project } else { word };
        let spawned = fleet.tow.json(&[
            "spawn", "--on", "thor", "--json", "--env", &variable, project, "--", "sh", "-c",
            print, "sh", word,
        ]);
        assert_eq!(spawned["cwd"], json!(folder.to_str().unwrap()));
        let target = spawned["target"].as_str().unwrap();
        fleet.tow.wait_output(target, "^done$");
        let got = std::fs::read_to_string(folder.join("got")).unwrap();
        assert_eq!(got, format!("{}\n{word}\n{word}\n", folder.display()));
        fleet.tow.ok(&["kill", target]);
        assert_nothing_ran(&fleet, &[&folder]);
    }
}

#[test]
fn lines_are_typed_as_they_are_and_control_characters_are_no_names() {
    let fleet = fleet_with("bash");
    let folder = fleet.host_named("thor").project("p");
    fleet.tow.ok(&["spawn", "--detach", "--on", "thor", "p", "--", "sh", "-c", READER]);
    let text = "one\n  two; touch x\n$(touch x)";
    fleet.tow.ok(&["send", "thor:p", text]);
    fleet.tow.wait_output("thor:p", "(?s)^read$");
    let got = towline_testkit::wait_until("all lines are read", || {
        std::fs::read_to_string(folder.join("got")).ok().filter(|got| got.lines().count() == 3)
    });
    assert_eq!(got, format!("{text}\n"));
    let refused =
        fleet.tow.run(&["spawn", "--detach", "--on", "thor", "p", "--name", "a\nb", "--", "cat"]);
    refused.expect_error(2, "control character");
    assert_nothing_ran(&fleet, &[&folder]);
}
