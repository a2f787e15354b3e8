//! `tow host setup`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use towline_testkit::{Fleet, Setup};

use crate::{fleet, json};

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=me", "-c", "user.email=me@x"]);
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

/// Projects of the client: `app` has a remote, `alone` has none, `plain` is no repository, `near` has a path.
fn projects(fleet: &Fleet) {
    let work = fleet.tow.work();
    let origin = work.join("origin/app.git");
    fs::create_dir_all(&origin).unwrap();
    git(&origin, &["init", "--quiet", "--bare", "-b", "main"]);
    for name in ["app", "alone", "plain", "near"] {
        let folder = work.join("src").join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("file"), name).unwrap();
        if name != "plain" {
            git(&folder, &["init", "--quiet", "-b", "main"]);
            git(&folder, &["add", "."]);
            git(&folder, &["commit", "--quiet", "-m", "first"]);
        }
    }
    let app = work.join("src/app");
    git(&app, &["remote", "add", "origin", origin.to_str().unwrap()]);
    git(&app, &["push", "--quiet", "-u", "origin", "main"]);
    git(&app, &["remote", "set-url", "origin", "https://example.invalid/app.git"]);
    fs::write(app.join("new"), "").unwrap();
    git(&work.join("src/near"), &["remote", "add", "origin", "/srv/near.git"]);
    // There the address leads to the repository.
    let config = format!(
        "[url \"file://{}/\"]\n insteadOf = https://example.invalid/\n",
        work.join("origin").display()
    );
    fs::write(fleet.host_named("thor").home().join(".gitconfig"), config).unwrap();
}

/// Each step as `STEP OUTCOME MESSAGE`.
fn steps(report: &Value) -> Vec<String> {
    let text = |step: &Value, key: &str| step[key].as_str().unwrap().to_owned();
    let line = |step: &Value| ["step", "outcome", "message"].map(|key| text(step, key)).join(" ");
    report["steps"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_host_gets_projects_settings_and_a_first_look_at_its_agent() {
    let fleet = fleet().towline("thor");
    projects(&fleet);
    let thor = fleet.host_named("thor");
    thor.install("claude", "echo ' Select login method:'; exec sleep 1000");
    let claude = fleet.tow.folder().join("home/.claude");
    fs::create_dir_all(&claude).unwrap();
    fs::write(claude.join("CLAUDE.md"), "be brief\n").unwrap();
    fs::write(claude.join("settings.json"), "{}\n").unwrap();
    fs::create_dir_all(thor.home().join(".claude")).unwrap();
    fs::write(thor.home().join(".claude/settings.json"), "{\"own\":1}\n").unwrap();

    let arguments = [
        "host",
        "setup",
        "--yes",
        "--json",
        "thor",
        "src/app",
        "src/alone",
        "src/plain",
        "src/near",
    ];
    let report = json(&fleet.tow.run(&arguments).expect_status(0));
    let cloned = format!(
        "project done app: cloned into {}; 1 uncommitted change only here",
        thor.projects().display()
    );
    let found = steps(&report);
    assert_eq!(
        found[..6],
        [
            &cloned,
            "project skipped alone has no git remote: thor can't clone it",
            "project skipped plain is no git repository",
            "project skipped near: its remote is a path of this machine: /srv/near.git",
            "settings done ~/.claude/CLAUDE.md copied",
            "settings already ~/.claude/settings.json is another one there: left as it is",
        ]
    );
    assert!(found[6].starts_with("tow already "), "{found:?}");
    assert_eq!(found.last().unwrap(), "agent skipped claude asks you to log in");
    assert_eq!(fs::read_to_string(thor.projects().join("app/file")).unwrap(), "app");
    assert_eq!(fs::read_to_string(thor.home().join(".claude/CLAUDE.md")).unwrap(), "be brief\n");
    assert!(thor.there().panes().is_empty(), "the agent was ended");

    let again = steps(&json(&fleet.tow.run(&arguments).expect_status(0)));
    assert!(again[0].starts_with("project already app is there"), "{again:?}");
    assert_eq!(again[4], "settings already ~/.claude/CLAUDE.md is the same there");
}

#[test]
fn nothing_that_asks_is_done_unasked() {
    let fleet = fleet().host("thor", Setup::bare());
    let home = fleet.tow.folder().join("home/.claude");
    fs::create_dir_all(&home).unwrap();
    fs::write(home.join("CLAUDE.md"), "x").unwrap();
    let report = json(&fleet.tow.run(&["host", "setup", "--json", "thor"]).expect_status(0));
    let found = steps(&report);
    assert_eq!(
        found[..3],
        [
            "project skipped none was named",
            "settings skipped ~/.claude/CLAUDE.md is not there",
            "tow skipped not installed",
        ]
    );
    assert!(!fleet.host_named("thor").home().join(".local/bin/tow").exists());
}

#[test]
fn a_clone_that_fails_is_told_and_leaves_nothing() {
    let fleet = fleet().towline("thor");
    projects(&fleet);
    let thor = fleet.host_named("thor");
    fs::write(
        thor.home().join(".gitconfig"),
        "[url \"file:///nowhere/\"]\n insteadOf = https://example.invalid/\n",
    )
    .unwrap();
    let said = fleet.tow.run(&["host", "setup", "thor", "src/app"]).expect_status(1);
    assert!(
        said.stderr.contains("✗ project: app: cannot clone https://example.invalid/app.git"),
        "{said:?}"
    );
    assert!(
        said.stderr.contains("hint: ssh -t thor 'git clone https://example.invalid/app.git"),
        "{said:?}"
    );
    assert_eq!(fs::read_dir(thor.projects()).unwrap().count(), 0);
}
