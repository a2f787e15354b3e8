//! Handing work in.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use towline_testkit::Tow;

use crate::common::{git, ok_in, repository, tow, town};

/// A town in which Toast has an issue on the hook; the town, the worktree, the issue's id.
fn toast(tow: &Tow) -> (PathBuf, PathBuf, String) {
    let town = town(tow);
    let id =
        ok_in(tow, &town, &["issue", "create", "Fix it", "-p", "1", "--rig", "demo", "--silent"]);
    let id = id.trim().to_owned();
    ok_in(tow, &town, &["sling", &id, "demo/Toast"]);
    let toast = town.join("demo/polecats/Toast");
    (town, toast, id)
}

fn commit(folder: &Path, file: &str) {
    fs::write(folder.join(file), "x").unwrap();
    git(folder, &["add", file]);
    git(folder, &["commit", "-q", "-m", file]);
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn completed_work_becomes_a_merge_request() {
    let tow = tow();
    let (town, toast, id) = toast(&tow);
    let convoy = ok_in(&tow, &town, &["convoy", "create", "All of it", &id]);
    assert!(convoy.contains("hq-cv-"), "{convoy}");
    commit(&toast, "fix.txt");
    let said = ok_in(&tow, &toast, &["done"]);
    assert!(said.starts_with("✓ Work submitted to merge queue\n  MR ID: demo-"), "{said}");
    for line in [
        "  Source: polecat/Toast\n  Target: main\n",
        &format!("  Issue: {id}\n  Worker: Toast\n  Priority: P1\n"),
        "✓ Hook released\n✓ Witness notified of COMPLETED\n✓ Dispatcher mayor notified of COMPLETED\n",
        "🚚 Convoy landed: All of it (hq-cv-",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let issue = json(&ok_in(&tow, &town, &["issue", "show", &id, "--json"]));
    assert_eq!(issue[0]["status"], "closed");
    let request = said.split("MR ID: ").nth(1).unwrap().lines().next().unwrap();
    let request = json(&ok_in(&tow, &town, &["issue", "show", request, "--json"]));
    assert_eq!(request[0]["issue_type"], "merge-request");
    assert_eq!(request[0]["title"], format!("Merge: {id}"));
    assert_eq!(request[0]["priority"], 1);
    assert_eq!(
        request[0]["description"],
        format!(
            "branch: polecat/Toast\ntarget: main\nsource_issue: {id}\nworker: Toast\nrig: demo"
        )
    );
    let bare = tow.work().join("demo.git");
    assert_eq!(git(&bare, &["log", "-1", "--format=%s", "polecat/Toast"]), "fix.txt");
    let mails = json(&ok_in(&tow, &town.join("demo/witness"), &["mail", "inbox", "--json"]));
    assert_eq!(mails[0]["subject"], "POLECAT_DONE Toast");
    let body = mails[0]["body"].as_str().unwrap();
    assert!(body.starts_with(&format!("Exit: COMPLETED\nIssue: {id}\nMR: demo-")), "{body}");
    // Said again, it changes nothing.
    let before = fs::read(town.join(".beads/issues.jsonl")).unwrap();
    let again = ok_in(&tow, &toast, &["done"]);
    assert!(again.starts_with("✓ MR already exists (idempotent)\n"), "{again}");
    assert!(again.contains("told before") && !again.contains("Hook released"), "{again}");
    assert_eq!(fs::read(town.join(".beads/issues.jsonl")).unwrap(), before);
    // The next work begins on a branch of its own, and the first stays as it was.
    let next = ok_in(&tow, &town, &["issue", "create", "Next", "--rig", "demo", "--silent"]);
    let slung = json(&ok_in(&tow, &town, &["sling", next.trim(), "demo", "--json"]));
    assert_eq!(slung["target"], "demo/polecats/Toast");
    assert_eq!(git(&toast, &["branch", "--show-current"]), "polecat/Toast-2");
    assert!(!toast.join("fix.txt").exists());
    assert_eq!(tow.server_pid(), None);
}

#[test]
fn work_that_is_not_ready_is_not_handed_in() {
    let tow = tow();
    let (town, toast, id) = toast(&tow);
    let refused = |text: &str| {
        tow.run_in(&toast, &["done"]).expect_error(1, text);
        let issue = json(&ok_in(&tow, &town, &["issue", "show", &id, "--json"]));
        assert_eq!(issue[0]["status"], "hooked");
    };
    refused("branch 'polecat/Toast' has 0 commits ahead of main; nothing to merge");
    fs::write(toast.join("new.txt"), "x").unwrap();
    refused("cannot complete with 1 uncommitted file (new.txt)");
    commit(&toast, "new.txt");
    let bare = tow.work().join("demo.git");
    let away = tow.work().join("away.git");
    fs::rename(&bare, &away).unwrap();
    refused("cannot push polecat/Toast");
    fs::rename(&away, &bare).unwrap();
    git(&toast, &["checkout", "-q", "--detach"]);
    refused("no branch is checked out");
    git(&toast, &["checkout", "-q", "polecat/Toast"]);
    let usage = tow.run_in(&toast, &["done", "--exit", "MAYBE"]).expect_status(2);
    assert!(usage.stderr.contains("COMPLETED, ESCALATED, or DEFERRED"), "{usage:?}");
    ok_in(&tow, &toast, &["unhook", "--force"]);
    tow.run_in(&toast, &["done"])
        .expect_error(1, "cannot determine source issue from branch 'polecat/Toast'");
    tow.run_in(&town.join("demo/witness"), &["done"]).expect_error(1, "has no branch to hand in");
    ok_in(&tow, &toast, &["done", "--issue", &id]);
}

#[test]
fn work_can_be_given_back() {
    let tow = tow();
    let (town, toast, id) = toast(&tow);
    commit(&toast, "half.txt");
    fs::write(toast.join("rest.txt"), "x").unwrap();
    let outcome = tow.run_in(&toast, &["done", "--exit", "deferred"]).expect_status(0);
    assert!(outcome.stdout.starts_with("→ Signaling DEFERRED\n  Issue: demo-"), "{outcome:?}");
    assert!(outcome.stderr.contains("1 uncommitted file (rest.txt)"), "{outcome:?}");
    let issue = json(&ok_in(&tow, &town, &["issue", "show", &id, "--json"]));
    assert_eq!(issue[0]["status"], "open");
    assert!(issue[0]["assignee"].as_str().unwrap_or_default().is_empty());
    let bare = tow.work().join("demo.git");
    assert_eq!(git(&bare, &["log", "-1", "--format=%s", "polecat/Toast"]), "half.txt");
    let comments = ok_in(&tow, &town, &["issue", "show", &id]);
    assert!(comments.contains("Deferred on branch polecat/Toast."), "{comments}");
    // Slung to the same again, it goes on where it was.
    fs::remove_file(toast.join("rest.txt")).unwrap();
    let again = tow.run_in(&town, &["sling", &id, "demo/Toast"]).expect_status(0);
    assert!(again.stderr.contains("Toast goes on where it was, on polecat/Toast"), "{again:?}");
    assert!(toast.join("half.txt").exists());
    let said = json(&ok_in(&tow, &toast, &["done", "--status", "ESCALATED", "--json"]));
    assert_eq!((&said["exit"], &said["released"]), (&"ESCALATED".into(), &true.into()));
    let issue = json(&ok_in(&tow, &town, &["issue", "show", &id, "--json"]));
    assert_eq!(issue[0]["status"], "blocked");
}

#[test]
fn steps_end_with_their_work() {
    let tow = tow();
    let (town, toast, id) = toast(&tow);
    ok_in(&tow, &toast, &["unhook", "--force"]);
    ok_in(&tow, &town, &["sling", "mol-polecat-work", "--on", &id, "demo/Toast"]);
    commit(&toast, "fix.txt");
    ok_in(&tow, &toast, &["done"]);
    let ready = ok_in(&tow, &town.join("demo"), &["ready", "--json"]);
    assert_eq!(json(&ready), json("[]"), "{ready}");
}

#[test]
fn a_person_s_own_repository_has_no_merge_queue() {
    let tow = tow();
    let project = repository(&tow, "project");
    fs::create_dir(project.join(".beads")).unwrap();
    let line = r#"{"id":"p-1","title":"Fix","status":"open","priority":2,"issue_type":"task"}"#;
    fs::write(project.join(".beads/issues.jsonl"), format!("{line}\n")).unwrap();
    git(&project, &["add", "-A"]);
    git(&project, &["commit", "-q", "-m", "Work"]);
    let bare = tow.work().join("origin.git");
    git(&tow.work(), &["clone", "-q", "--bare", "project", bare.to_str().unwrap()]);
    git(&project, &["remote", "add", "origin", bare.to_str().unwrap()]);
    git(&project, &["fetch", "-q"]);
    ok_in(&tow, &project, &["sling", "p-1"]);
    let said = ok_in(&tow, &project, &["done"]);
    assert!(said.starts_with("→ Signaling COMPLETED\n  Issue: p-1\n"), "{said}");
    let issue = json(&ok_in(&tow, &project, &["issue", "show", "p-1", "--json"]));
    assert_eq!(issue[0]["status"], "closed");
}
