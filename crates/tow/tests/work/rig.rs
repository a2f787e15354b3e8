//! The projects of a town.

use std::fs;

use serde_json::Value;
use towline_testkit::Random;

use crate::common::{git, ok_in, repository, tow, town};

#[test]
fn a_rig_has_clones_worktrees_and_a_ledger() {
    let tow = tow();
    let town = town(&tow);
    let rig = town.join("demo");
    for folder in [
        "mayor/rig/.git",
        "refinery/rig/.git",
        "witness",
        "crew",
        "polecats",
        ".repo.git",
        ".beads",
    ] {
        assert!(rig.join(folder).exists(), "{folder}");
    }
    assert!(!rig.join(".making").exists());
    for clone in ["mayor/rig", "refinery/rig"] {
        assert_eq!(git(&rig.join(clone), &["status", "--porcelain"]), "", "{clone}");
        assert_eq!(git(&rig.join(clone), &["branch", "--show-current"]), "main");
        let url = git(&rig.join(clone), &["remote", "get-url", "origin"]);
        assert!(url.ends_with("/demo.git"), "{url}");
    }
    let routes = fs::read_to_string(town.join(".beads/routes.jsonl")).unwrap();
    assert!(routes.contains("{\"prefix\":\"demo-\",\"path\":\"demo\"}"), "{routes}");
    let list: Value =
        serde_json::from_str(&ok_in(&tow, &town, &["rig", "list", "--json"])).unwrap();
    assert_eq!(list[0]["name"], "demo");
    assert_eq!(list[0]["prefix"], "demo");
    assert_eq!(list[0]["default_branch"], "main");
    let list = ok_in(&tow, &rig.join("refinery/rig"), &["rig", "list"]);
    assert!(list.contains("\n  demo\n    Polecats: 0  Crew: 0\n"), "{list}");
    // Everywhere in the rig its ledger is meant.
    for folder in ["", "mayor/rig", "refinery/rig", "witness"] {
        let id = ok_in(&tow, &rig.join(folder), &["issue", "create", "One", "--silent"]);
        assert!(id.starts_with("demo-"), "{folder}: {id}");
    }
    assert_eq!(git(&rig.join("refinery/rig"), &["status", "--porcelain"]), "");
    assert_eq!(tow.server_pid(), None);
}

#[test]
fn a_project_s_own_ledger_is_used() {
    let tow = tow();
    let project = repository(&tow, "project");
    fs::create_dir(project.join(".beads")).unwrap();
    let old = r#"{"id":"prj-old","title":"Old","status":"open","priority":2,"issue_type":"task"}"#;
    fs::write(project.join(".beads/issues.jsonl"), format!("{old}\n")).unwrap();
    git(&project, &["add", "-A"]);
    git(&project, &["commit", "-q", "-m", "Work"]);
    tow.ok(&["town", "init", "town"]);
    let town = tow.work().join("town");
    let said = tow.run_in(&town, &["rig", "add", "app", "../project"]).expect_status(0);
    assert_eq!(said.stdout, "✓ Rig app created (prefix prj)\n");
    assert_eq!(fs::read_to_string(town.join("app/.beads/redirect")).unwrap(), "mayor/rig/.beads\n");
    let routes = fs::read_to_string(town.join(".beads/routes.jsonl")).unwrap();
    assert!(routes.contains("{\"prefix\":\"prj-\",\"path\":\"app/mayor/rig\"}"), "{routes}");
    let shown = ok_in(&tow, &town, &["issue", "show", "prj-old"]);
    assert!(shown.contains("Old"), "{shown}");
    // A worktree has a copy of it from git, and means the rig's all the same.
    ok_in(&tow, &town, &["polecat", "add", "app/Toast"]);
    let toast = town.join("app/polecats/Toast");
    let new = ok_in(&tow, &toast, &["issue", "create", "New", "--silent"]);
    let ledger = fs::read_to_string(town.join("app/mayor/rig/.beads/issues.jsonl")).unwrap();
    assert!(ledger.contains(new.trim()), "{ledger}");
    assert_eq!(git(&toast, &["status", "--porcelain"]), "");
    // Another prefix than that of its issues makes no sense.
    tow.run_in(&town, &["rig", "add", "two", "../project", "--prefix", "x"]).expect_status(1);
    assert!(!town.join("two").exists());
    let again = tow.run_in(&town, &["rig", "add", "two", "../project"]).expect_status(1);
    assert!(again.stderr.contains("the prefix prj is that of app/mayor/rig"), "{again:?}");
    assert!(!town.join("two").exists());
}

#[test]
fn a_failure_leaves_nothing() {
    let tow = tow();
    let town = town(&tow);
    let empty = tow.work().join("empty");
    fs::create_dir(&empty).unwrap();
    git(&empty, &["init", "-q"]);
    let routes = || fs::read_to_string(town.join(".beads/routes.jsonl")).unwrap();
    let before = routes();
    let demo = "../demo.git";
    for (arguments, status, text) in [
        (&["rig", "add", "new", "../none"][..], 1, "cannot find"),
        (&["rig", "add", "new", "../empty"], 1, "has no commits yet"),
        (&["rig", "add", "new", "file:///none/such"], 1, "cannot get"),
        (&["rig", "add", "new", demo, "--branch", "none"], 1, "has no branch none"),
        (&["rig", "add", "new", demo, "--prefix", "demo"], 1, "the prefix demo is that of demo"),
        (&["rig", "add", "new", demo, "--prefix", "hq"], 1, "the prefix hq is that of the town"),
        (&["rig", "add", "new", demo, "--prefix", "1x"], 2, "a prefix is"),
        (&["rig", "add", "mayor", demo], 2, "can't be the name of a rig"),
        (&["rig", "add", "../x", demo], 2, "can't be the name of a rig"),
        (&["rig", "add", "demo", demo], 1, "there is a rig demo already"),
        (&["rig", "remove", "none"], 3, "has no rig none"),
    ] {
        let outcome = tow.run_in(&town, arguments).expect_status(status);
        assert!(outcome.stderr.contains(text), "{arguments:?}: {outcome:?}");
        assert!(!outcome.stderr.contains("os error"), "{outcome:?}");
        assert!(!town.join("new").exists(), "{arguments:?}");
        assert_eq!(routes(), before, "{arguments:?}");
    }
    fs::create_dir_all(town.join("there/mine")).unwrap();
    let outcome = tow.run_in(&town, &["rig", "add", "there", demo]).expect_status(1);
    assert!(outcome.stderr.contains("directory already exists"), "{outcome:?}");
    // What a killed process left is made anew.
    fs::write(town.join("there/.making"), "").unwrap();
    fs::create_dir_all(town.join("there/.repo.git/objects")).unwrap();
    ok_in(&tow, &town, &["rig", "add", "there", demo]);
    assert!(town.join("there/refinery/rig/README.md").exists());
}

#[test]
fn a_rig_is_removed_and_comes_back() {
    let tow = tow();
    let town = town(&tow);
    let id = ok_in(&tow, &town, &["issue", "create", "One", "--rig", "demo", "--silent"]);
    let said = ok_in(&tow, &town, &["rig", "remove", "demo"]);
    assert_eq!(said, "✓ Rig demo removed from registry\n");
    assert_eq!(ok_in(&tow, &town, &["rig", "list", "--json"]), "[]\n");
    let routes = fs::read_to_string(town.join(".beads/routes.jsonl")).unwrap();
    assert!(!routes.contains("demo"), "{routes}");
    let other = tow.run_in(&town, &["rig", "add", "demo", "../demo-source"]).expect_status(1);
    assert!(other.stderr.contains("holds what was the rig demo"), "{other:?}");
    ok_in(&tow, &town, &["rig", "add", "demo", "../demo.git"]);
    ok_in(&tow, &town, &["issue", "show", id.trim()]);
    let refused = tow.run_in(&town, &["rig", "remove", "demo", "--delete"]);
    let refused = refused.expect_error(1, "demo has what is nowhere else");
    assert!(refused.stderr.contains("its ledger has 1 issues"), "{refused:?}");
    ok_in(&tow, &town, &["rig", "remove", "demo", "--delete", "--force"]);
    assert!(!town.join("demo").exists());
    ok_in(&tow, &town, &["rig", "add", "demo", "../demo.git"]);
    ok_in(&tow, &town, &["rig", "remove", "demo", "--delete"]);
    assert!(!town.join("demo").exists());
}

#[test]
fn prefixes_are_found() {
    let tow = tow();
    let town = town(&tow);
    for (name, prefix) in
        [("demolition", "de"), ("details", "det"), ("my-project", "mp"), ("gastown", "gt")]
    {
        let said = ok_in(&tow, &town, &["rig", "add", name, "../demo.git"]);
        assert_eq!(said, format!("✓ Rig {name} created (prefix {prefix})\n"));
    }
}

#[test]
fn rigs_are_added_at_once_and_after_a_kill() {
    let tow = tow();
    let mut random = Random::new();
    let town = town(&tow);
    let add = |name: &str| {
        let mut command = tow.command(&["-q", "rig", "add", name, "../demo.git"]);
        command.current_dir(&town).env("PWD", &town).stdout(std::process::Stdio::null());
        command.spawn().unwrap()
    };
    let mut children: Vec<_> = ["aa", "bb", "cc"].into_iter().map(add).collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    for n in 0..8 {
        let name = format!("rig{n}");
        let mut child = add(&name);
        random.moment(150);
        child.kill().unwrap();
        child.wait().unwrap();
        // It may have come to its end.
        let again = add(&name).wait().unwrap().success();
        assert!(again || town.join(&name).join("config.json").exists(), "{name}");
        assert_eq!(git(&town.join(&name).join("refinery/rig"), &["status", "--porcelain"]), "");
    }
    let list: Value =
        serde_json::from_str(&ok_in(&tow, &town, &["rig", "list", "--json"])).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 12);
    let registered = fs::read_to_string(town.join("mayor/rigs.json")).unwrap();
    let registered: Value = serde_json::from_str(&registered).unwrap();
    assert_eq!(registered["rigs"].as_object().unwrap().len(), 12);
    let routes = fs::read_to_string(town.join(".beads/routes.jsonl")).unwrap();
    assert_eq!(routes.lines().count(), 13, "{routes}");
}
