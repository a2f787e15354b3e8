//! `tow convoy`: issues of several rigs that somebody waits for together.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use towline_testkit::Tow;

use crate::by_hand::town;
use crate::common::{json_in, ledger, ok_in, tow};

/// A Towline and a town with the rig `demo`.
fn started() -> (Tow, PathBuf) {
    let tow = tow();
    let town = town(&tow);
    (tow, town)
}

fn create(tow: &Tow, folder: &Path, title: &str) -> String {
    ok_in(tow, folder, &["issue", "create", "--silent", title]).trim_end().to_owned()
}

fn mail(town: &Path) -> Vec<Value> {
    let text = fs::read_to_string(town.join(".beads/issues.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["issue_type"] == "message").collect()
}

#[test]
fn a_convoy_is_closed_by_whoever_closes_the_last_issue() {
    let (tow, town) = started();
    let rig = town.join("demo");
    let (one, two) = (create(&tow, &rig, "One"), create(&tow, &town, "Two"));
    assert!(one.starts_with("demo-") && two.starts_with("hq-"), "{one} {two}");
    let told =
        ok_in(&tow, &town, &["convoy", "create", "Release 2", &one, &two, "--preset", "big"]);
    let id = told.lines().next().unwrap().strip_prefix("✓ Created convoy 🚚 ").unwrap().to_owned();
    assert!(id.starts_with("hq-cv-"), "{id}");
    assert_eq!(
        told,
        format!(
            "✓ Created convoy 🚚 {id}\n\n  Name:     Release 2\n  Tracking: 2 issues\n  Issues:   {one}, {two}\n  \
             Preset:   big\n\n  Convoy auto-closes when all tracked issues complete\n"
        )
    );
    let listed = json_in(&tow, &rig, &["convoy", "list", "--json"]);
    assert_eq!(
        (&listed[0]["id"], &listed[0]["title"], &listed[0]["status"]),
        (&json!(id), &json!("Release 2"), &json!("open"))
    );
    assert_eq!(ok_in(&tow, &town, &["convoy", "check"]), "No convoys ready to close.\n");

    // A polecat closes the first; the convoy of the town goes on.
    let worker = rig.join("polecats/Toast");
    let closed = tow.run_in(&worker, &["issue", "close", &one]).expect_status(0);
    assert!(!closed.stderr.contains("has landed"), "{}", closed.stderr);
    let status = json_in(&tow, &town, &["convoy", "status", "1", "--json"]);
    assert_eq!(
        (&status["completed"], &status["total"], &status["preset"]),
        (&json!(1), &json!(2), &json!("big"))
    );
    assert_eq!(
        (&status["tracked"][0]["status"], &status["tracked"][0]["title"]),
        (&json!("closed"), &json!("One"))
    );
    let shown = ok_in(&tow, &town, &["convoy", "status", &id]);
    assert!(shown.contains("  Progress:  1/2 completed\n"), "{shown}");
    assert!(
        shown.contains(&format!("    ✓ {one}: One [task]\n    ○ {two}: Two [task]\n")),
        "{shown}"
    );
    assert_eq!(
        ok_in(&tow, &town, &["convoy", "list", "--tree"]),
        format!("🚚 {id}: Release 2 (1/2)\n├── ✓ {one}: One\n└── ○ {two}: Two\n")
    );

    let closed = tow.run_in(&worker, &["issue", "close", &two]).expect_status(0);
    assert!(
        closed.stderr.contains(&format!("Convoy {id} has landed: Release 2")),
        "{}",
        closed.stderr
    );
    let status = json_in(&tow, &town, &["convoy", "status", &id, "--json"]);
    assert_eq!((&status["status"], status["closed_at"].is_string()), (&json!("closed"), true));
    let issue = json_in(&tow, &town, &["issue", "show", &id, "--json"]);
    assert_eq!(issue[0]["close_reason"], "All tracked issues completed");
    let mail = mail(&town);
    assert_eq!(
        (&mail[0]["assignee"], &mail[0]["title"]),
        (&json!("mayor/"), &json!("🚚 Convoy landed: Release 2"))
    );
    assert_eq!(mail.len(), 1);
    assert!(ok_in(&tow, &town, &["convoy", "list"]).starts_with("No convoys found.\n"));
    assert!(
        ok_in(&tow, &town, &["convoy", "list", "--all"])
            .contains(&format!("  1. 🚚 {id}: Release 2 ✓\n"))
    );

    let three = create(&tow, &rig, "Three");
    let told = ok_in(&tow, &town, &["convoy", "add", &id, &three, &one]);
    assert_eq!(
        told,
        format!(
            "↺ Reopened convoy {id}\n✓ Added 1 issue(s) to convoy 🚚 {id}\n  Issues: {three}\n"
        )
    );
}

#[test]
fn the_last_step_of_a_molecule_lands_a_convoy_too() {
    let (tow, town) = started();
    let rig = town.join("demo");
    crate::mol::formula(&rig, "one", "formula = 'one'\n[[steps]]\nid = 'a'\ntitle = 'A'\n");
    let root = json_in(&tow, &rig, &["mol", "pour", "one", "--json"])["new_epic_id"]
        .as_str()
        .unwrap()
        .to_owned();
    ok_in(&tow, &town, &["convoy", "create", "All", &root, "--owner", "demo/Toast", "--notify"]);
    ok_in(&tow, &rig, &["mol", "step", "done", &format!("{root}.1")]);
    let mut told: Vec<String> =
        mail(&town).iter().map(|line| line["assignee"].as_str().unwrap().to_owned()).collect();
    told.sort();
    assert_eq!(told, ["demo/Toast", "mayor/"]);
}

#[test]
fn of_two_who_close_the_last_issues_one_closes_the_convoy() {
    let (tow, town) = started();
    let rig = town.join("demo");
    for round in 0..5 {
        let ids = [create(&tow, &rig, "One"), create(&tow, &town, "Two")];
        let made = json_in(&tow, &town, &["convoy", "create", "Both", &ids[0], &ids[1], "--json"]);
        std::thread::scope(|scope| {
            for id in &ids {
                scope.spawn(|| ok_in(&tow, &rig, &["issue", "close", id]));
            }
        });
        let id = made["id"].as_str().unwrap();
        let status = json_in(&tow, &town, &["convoy", "status", id, "--json"]);
        assert_eq!(status["status"], "closed");
        assert_eq!(mail(&town).len(), round + 1);
    }
}

#[test]
fn issues_that_others_closed_are_found_by_a_check() {
    let (tow, town) = started();
    let one = create(&tow, &town.join("demo"), "One");
    let made = json_in(&tow, &town, &["convoy", "create", &one, "--json"]);
    assert_eq!((&made["title"], &made["tracked"][0]["id"]), (&json!("One"), &json!(one)));
    let file = town.join("demo/.beads/issues.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        text.replace(
            "\"status\":\"open\"",
            "\"status\":\"closed\",\"closed_at\":\"2026-01-01T00:00:00Z\"",
        ),
    )
    .unwrap();
    let id = made["id"].as_str().unwrap();
    assert_eq!(
        ok_in(&tow, &town, &["convoy", "check"]),
        format!("✓ Auto-closed 1 convoy(s):\n  🚚 {id}: One\n")
    );
}

#[test]
fn what_makes_no_convoy_is_told_in_a_line() {
    let tow = tow();
    let folder = ledger(&tow, "app", "");
    let one = create(&tow, &folder, "One");
    for (arguments, status, text) in [
        (&["create", "Nothing at all"][..], 2, "a convoy of nothing"),
        (&["create", "T", "gt-none"], 3, "there is no issue gt-none"),
        (&["add", &one, &one], 2, "is not a convoy (type: task)"),
        (&["add", "gt-none", &one], 3, "there is no issue gt-none"),
        (&["status", &one], 2, "is not a convoy (type: task)"),
        (&["status", "7"], 3, "there is no convoy 7"),
        (&["list", "--status", "odd"], 2, "no convoy is odd"),
        (&["create", "T", &one, "--owner", "a\nb"], 2, "can't be a convoy's owner"),
    ] {
        let all = [&["convoy"], arguments].concat();
        tow.run_in(&folder, &all).expect_error(status, text);
    }
    assert_eq!(ok_in(&tow, &folder, &["convoy", "status"]), "No active convoys\n");
    // Outside of a town it is the project's.
    let id = json_in(&tow, &folder, &["convoy", "create", "All", &one, "--json"])["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(id.starts_with("gt-cv-"), "{id}");
    ok_in(&tow, &folder, &["issue", "close", &one]);
    assert_eq!(json_in(&tow, &folder, &["convoy", "status", &id, "--json"])["status"], "closed");
}
