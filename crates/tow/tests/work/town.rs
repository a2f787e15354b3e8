//! Making a town.

use std::fs;

use towline_testkit::Outcome;

use crate::common::{git, ok_in, repository, tow};

#[test]
fn a_town_has_all_it_needs_and_is_made_once() {
    let tow = tow();
    let root = tow.work().join("town");
    let said = tow.ok(&["town", "init", "town"]);
    assert!(said.contains("✓ Created mayor/town.json"), "{said}");
    for file in [
        "mayor/town.json",
        "mayor/rigs.json",
        "mayor/.claude/settings.local.json",
        "deacon/.claude/settings.local.json",
        ".beads/issues.jsonl",
        ".beads/formulas",
        ".beads/routes.jsonl",
    ] {
        assert!(root.join(file).exists(), "{file}");
    }
    let routes = fs::read_to_string(root.join(".beads/routes.jsonl")).unwrap();
    assert_eq!(routes, "{\"prefix\":\"hq-\",\"path\":\".\"}\n");
    let settings = fs::read_to_string(root.join("mayor/.claude/settings.local.json")).unwrap();
    let settings: serde_json::Value = serde_json::from_str(&settings).unwrap();
    let hook = settings["hooks"]["SessionStart"][0]["hooks"][0]["command"].as_str().unwrap();
    assert!(hook.contains("prime"), "{hook}");
    let again = tow.ok(&["town", "init", "town"]);
    assert!(again.starts_with("○ ") && again.contains("is a town already"), "{again}");
    // What is missing is made, and nothing else is touched.
    fs::remove_dir_all(root.join("deacon")).unwrap();
    fs::write(root.join("mayor/rigs.json"), "{\"version\":1,\"rigs\":{},\"mine\":1}\n").unwrap();
    let said = tow.ok(&["town", "init", "town"]);
    assert!(said.contains("✓ Created deacon/") && !said.contains("rigs.json"), "{said}");
    assert!(fs::read_to_string(root.join("mayor/rigs.json")).unwrap().contains("mine"));
    assert_eq!(tow.server_pid(), None);
}

#[test]
fn a_town_can_be_a_repository() {
    let tow = tow();
    let root = tow.work().join("t t");
    tow.ok(&["town", "init", "t t", "--name", "home", "--git"]);
    let town = fs::read_to_string(root.join("mayor/town.json")).unwrap();
    assert!(town.contains("\"name\": \"home\""), "{town}");
    let status = git(&root, &["status", "--porcelain", "-uall"]);
    assert!(
        status.contains("mayor/town.json") && !status.contains("settings.local.json"),
        "{status}"
    );
    assert_eq!(
        ok_in(&tow, &root.join("deacon"), &["town", "path"]).trim_end(),
        root.to_str().unwrap()
    );
}

#[test]
fn a_town_is_not_made_where_none_can_be() {
    let tow = tow();
    let root = tow.work().join("town");
    tow.ok(&["town", "init", "town"]);
    tow.run(&["town", "init", "town/inner"]).expect_error(1, "lies in the town");
    assert!(!root.join("inner").exists());
    tow.run(&["town", "init", "x", "--name", "a b"]).expect_error(2, "can't be the name of a town");
    fs::write(tow.work().join("file"), "").unwrap();
    let outcome: Outcome = tow.run(&["town", "init", "file"]);
    assert_eq!(outcome.status, 1, "{outcome:?}");
    assert!(!outcome.stderr.contains("os error"), "{outcome:?}");
    tow.run(&["rig", "list"]).expect_error(1, "is in no town");
    // In a repository of somebody's it can lie.
    let project = repository(&tow, "project");
    tow.run_in(&project, &["town", "init", "gt"]).expect_status(0);
}
