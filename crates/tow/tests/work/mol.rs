//! `tow mol`: work in steps.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use towline_testkit::Tow;

use crate::common::{json_in, ledger, ok_in, tow};

const RELEASE: &str = r#"
formula = "release"
description = "Release {{version}}."
[vars.version]
description = "Which"
required = true
[[steps]]
id = "build"
title = "Build {{version}}"
description = "Run make."
[[steps]]
id = "test"
title = "Test"
needs = ["build"]
[[steps]]
id = "ask"
title = "Somebody looks at it"
needs = ["test"]
await = "human"
[[steps]]
id = "ship"
title = "Ship {{version}}"
needs = ["ask"]
"#;

/// A Towline and a folder with a ledger that has this text, and the formula `release`.
fn project(text: &str) -> (Tow, PathBuf) {
    let tow = tow();
    let folder = ledger(&tow, "app", text);
    formula(&folder, "release", RELEASE);
    (tow, folder)
}

pub(crate) fn formula(folder: &Path, name: &str, text: &str) {
    let formulas = folder.join(".beads/formulas");
    fs::create_dir_all(&formulas).unwrap();
    fs::write(formulas.join(format!("{name}.formula.toml")), text).unwrap();
}

/// Work on the hook of `me`.
fn hooked(description: &str) -> String {
    let description = serde_json::to_string(description).unwrap();
    format!(
        "{{\"id\":\"gt-abc\",\"title\":\"Fix the build\",\"description\":{description},\"status\":\"hooked\",\"priority\":1,\
         \"issue_type\":\"task\",\"assignee\":\"me\",\"created_at\":\"2026-01-01T00:00:00Z\",\"updated_at\":\"2026-01-01T00:00:00Z\"}}\n"
    )
}

fn poured(tow: &Tow, folder: &Path, verb: &str) -> String {
    let made = json_in(tow, folder, &["mol", verb, "release", "--var", "version=2.0", "--json"]);
    made["new_epic_id"].as_str().unwrap().to_owned()
}

fn lines(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join(".beads/issues.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn line(folder: &Path, id: &str) -> Value {
    lines(folder).into_iter().find(|line| line["id"] == id).unwrap()
}

#[test]
fn a_formula_is_poured() {
    let (tow, folder) = project("");
    let told =
        ok_in(&tow, &folder, &["mol", "pour", "release", "--var", "version=2.0", "--dry-run"]);
    assert_eq!(
        told,
        "Would pour 5 issues from release\n\n  release\n  - build: Build 2.0\n  - test: Test  [needs build]\n  \
         - ask: Somebody looks at it (gate)  [needs test]\n  - ship: Ship 2.0  [needs ask]\n"
    );
    assert!(lines(&folder).is_empty());
    let made = json_in(
        &tow,
        &folder,
        &["mol", "pour", "release", "--var", "version=2.0", "--json", "-a", "me"],
    );
    let root = made["new_epic_id"].as_str().unwrap();
    assert_eq!((&made["created"], &made["phase"]), (&json!(5), &json!("liquid")));
    assert_eq!(
        (&made["id_mapping"]["ship"], &made["id_mapping"]["release"]),
        (&json!(format!("{root}.4")), &json!(root))
    );
    assert_eq!(
        (&line(&folder, root)["issue_type"], &line(&folder, root)["assignee"]),
        (&json!("molecule"), &json!("me"))
    );
    let told = ok_in(&tow, &folder, &["mol", "wisp", "release", "--var", "version=3"]);
    assert!(told.starts_with("✓ Created wisp: created 5 issues\n  Root issue: gt-"), "{told}");
    assert!(told.contains(".3: Somebody looks at it (gate)\n"), "{told}");
    let wisps = lines(&folder).iter().filter(|line| line["ephemeral"] == true).count();
    assert_eq!(wisps, 5);
    let listed = json_in(&tow, &folder, &["mol", "list", "--json"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(listed[0]["progress"]["total_steps"], 4);
    assert!(ok_in(&tow, &folder, &["mol", "list"]).contains("0/4"));
}

#[test]
fn what_cannot_be_poured_is_told_in_a_line() {
    let (tow, folder) = project("");
    formula(
        &folder,
        "circle",
        "formula = 'circle'\n[[steps]]\nid = 'a'\ntitle = 'A'\nneeds = ['b']\n[[steps]]\nid = 'b'\ntitle = 'B'\nneeds = ['a']\n",
    );
    formula(
        &folder,
        "unknown",
        "formula = 'unknown'\n[[steps]]\nid = 'a'\ntitle = 'A'\nneeds = ['bb']\n",
    );
    formula(&folder, "broken", "formula = 'broken'\n[[steps\n");
    for (arguments, status, text) in [
        (&["relase"][..], 3, "there is no formula relase; did you mean release?"),
        (&["release"], 2, "the formula release needs --var version=VALUE (for step build)"),
        (&["release", "--var", "verison=2"], 2, "has no variable verison; did you mean version?"),
        (&["release", "--var", "version"], 2, "--var \"version\" is no NAME=VALUE"),
        (&["circle"], 1, "steps wait for each other: a needs b needs a"),
        (&["unknown"], 1, "step a: it needs bb, which is no step"),
        (&["broken"], 1, "broken.formula.toml, line 2"),
        (&["../../etc/passwd"], 1, "cannot read ../../etc/passwd"),
        (&["release", "--var", "version=2", "--parent", "gt-none"], 3, "there is no issue gt-none"),
    ] {
        let all = [&["mol", "pour"], arguments].concat();
        tow.run_in(&folder, &all).expect_error(status, text);
    }
    assert!(lines(&folder).is_empty());
}

#[test]
fn the_hook_is_shown_with_its_arguments_and_progress() {
    let (tow, folder) = project(&hooked("attached_args: patch release\n\nThe text."));
    let root = poured(&tow, &folder, "pour");
    ok_in(&tow, &folder, &["mol", "attach", &root]);
    let status = json_in(&tow, &folder, &["mol", "status", "--json"]);
    let keys: Vec<&str> = status.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = vec![
        "target",
        "role",
        "has_work",
        "pinned_bead",
        "attached_molecule",
        "attached_at",
        "attached_args",
        "is_wisp",
        "progress",
        "next_action",
    ];
    let printed = ok_in(&tow, &folder, &["mol", "status", "--json"]);
    let places: Vec<usize> =
        expected.iter().map(|key| printed.find(&format!("\n  \"{key}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{printed}");
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(
        (&status["target"], &status["role"], &status["has_work"]),
        (&json!("me"), &json!("worker"), &json!(true))
    );
    assert_eq!(
        (&status["pinned_bead"]["id"], &status["attached_molecule"]),
        (&json!("gt-abc"), &json!(root))
    );
    assert_eq!(
        (&status["attached_args"], &status["is_wisp"]),
        (&json!("patch release"), &json!(false))
    );
    assert_eq!(
        status["progress"],
        json!({
            "root_id": root, "root_title": "release", "total_steps": 4, "done_steps": 0, "in_progress_steps": 0,
            "ready_steps": [format!("{root}.1")],
            "blocked_steps": [format!("{root}.2"), format!("{root}.3"), format!("{root}.4")],
            "percent_complete": 0, "complete": false,
        })
    );
    let told = ok_in(&tow, &folder, &["mol", "status"]);
    let at = status["attached_at"].as_str().unwrap();
    assert_eq!(
        told,
        format!(
            "\n🪝 Hook Status: me\nRole: worker\n\n🚀 AUTONOMOUS MODE - Work on hook triggers immediate execution\n\n\
             🪝 Hooked: gt-abc: Fix the build\n🧬 Molecule: {root}: release\n   Attached: {at}\n   Args: patch release\n\n\
             Progress: [░░░░░░░░░░░░░░░░░░░░] 0% (0/4 steps)\n  Done:        0\n  In Progress: 0\n  Ready:       1 ({root}.1)\n  \
             Blocked:     3\n\nNext: Start next ready step: tow issue show {root}.1, and at its end tow mol step done {root}.1\n"
        )
    );
    let current = json_in(&tow, &folder, &["mol", "current", "--json"]);
    assert_eq!((&current["handoff_id"], &current["molecule_id"]), (&json!("gt-abc"), &json!(root)));
    assert_eq!(
        (&current["current_step"], &current["status"]),
        (&json!("Build 2.0"), &json!("working"))
    );
    let listed = json_in(&tow, &folder, &["mol", "list", "--json"]);
    assert_eq!(
        (&listed[0]["assignee"], &listed[0]["attached_to"]),
        (&json!("me"), &json!(["gt-abc"]))
    );
    // Somebody else has nothing.
    let other = json_in(&tow, &folder, &["mol", "status", "demo/Toast", "--json"]);
    assert_eq!(
        (&other["target"], &other["has_work"]),
        (&json!("demo/polecats/Toast"), &json!(false))
    );
    assert!(
        ok_in(&tow, &folder, &["mol", "status", "mayor"])
            .contains("\nNothing on hook - no work slung\n")
    );
    tow.run_in(&folder, &["mol", "status", "a/b/c/d"]).expect_error(2, "is no identity");
}

#[test]
fn steps_are_done_until_the_work_is() {
    let (tow, folder) = project(&hooked(""));
    let root = poured(&tow, &folder, "pour");
    ok_in(&tow, &folder, &["mol", "attach", "gt-abc", &root]);
    let step = |number: u32| format!("{root}.{number}");
    let done =
        |number: u32| json_in(&tow, &folder, &["mol", "step", "done", &step(number), "--json"]);
    tow.run_in(&folder, &["mol", "step", "done", &step(4)])
        .expect_error(1, "blocked by open issues");
    let told = ok_in(&tow, &folder, &["mol", "step", "done", &step(1), "-n"]);
    assert!(
        told.starts_with(&format!(
            "Would close step {root}.1: Build 2.0\n\n→ Next step: {root}.2\n  Test\n"
        )),
        "{told}"
    );
    assert_eq!(line(&folder, &step(1))["status"], "open");
    let told = ok_in(&tow, &folder, &["mol", "step", "done", &step(1), "-r", "built"]);
    assert!(
        told.starts_with(&format!(
            "✓ Closed step {root}.1: Build 2.0\n\n→ Next step: {root}.2\n  Test\n"
        )),
        "{told}"
    );
    assert_eq!(line(&folder, &step(1))["close_reason"], "built");
    // Once more does nothing, and says how to go on.
    let told = ok_in(&tow, &folder, &["mol", "step", "done", &step(1)]);
    assert!(
        told.starts_with(&format!(
            "○ Step {root}.1 is closed already: Build 2.0\n\n→ Next step: {root}.2\n"
        )),
        "{told}"
    );
    let waits = done(2);
    assert_eq!(
        waits,
        json!({"step_id": step(2), "molecule_id": root, "step_closed": true, "complete": false, "action": "no_more_ready"})
    );
    tow.run_in(&folder, &["mol", "step", "done", &step(3)]).expect_error(1, "is a gate");
    let status = json_in(&tow, &folder, &["mol", "status", "--json"]);
    assert_eq!(
        status["next_action"],
        format!("Wait until somebody opens the gate: tow gate approve {root}.3")
    );
    assert!(
        ok_in(&tow, &folder, &["mol", "current"])
            .contains("Status:   blocked - waiting on dependencies\n")
    );
    ok_in(&tow, &folder, &["gate", "approve", &step(3)]);
    let told = ok_in(&tow, &folder, &["mol", "progress", &root]);
    assert!(told.contains("75% (3/4)"), "{told}");
    let told = ok_in(&tow, &folder, &["mol", "step", "done", &step(4)]);
    assert!(told.contains("🎉 Molecule complete!\n") && told.contains("tow done"), "{told}");
    assert_eq!(
        (&line(&folder, &root)["status"], &line(&folder, "gt-abc")["status"]),
        (&json!("closed"), &json!("hooked"))
    );
    let status = json_in(&tow, &folder, &["mol", "status", "--json"]);
    assert_eq!(
        (&status["progress"]["complete"], &status["progress"]["percent_complete"]),
        (&json!(true), &json!(100))
    );
    tow.run_in(&folder, &["mol", "step", "done", "gt-abc"])
        .expect_error(2, "gt-abc is no step of a molecule");
    tow.run_in(&folder, &["mol", "step", "done", "gt-zzz.1"])
        .expect_error(3, "there is no issue gt-zzz.1");
    tow.run_in(&folder, &["mol", "progress", "gt-abc"]).expect_error(1, "gt-abc has no steps");
}

#[test]
fn a_molecule_is_taken_off_the_work() {
    let (tow, folder) = project(&hooked("attached_args: x\n\nThe text."));
    let before = line(&folder, "gt-abc")["description"].clone();
    let root = poured(&tow, &folder, "pour");
    assert_eq!(ok_in(&tow, &folder, &["mol", "detach"]), "ℹ No molecule attached to gt-abc\n");
    ok_in(&tow, &folder, &["mol", "attach", &root]);
    let other = poured(&tow, &folder, "pour");
    tow.run_in(&folder, &["mol", "attach", &other])
        .expect_error(1, &format!("gt-abc has the molecule {root} already"));
    tow.run_in(&folder, &["mol", "attach", "gt-abc", "gt-abc"])
        .expect_error(2, "gt-abc is no molecule");
    assert_eq!(
        ok_in(&tow, &folder, &["mol", "detach", "gt-abc"]),
        format!("✓ Detached {root} from gt-abc\n")
    );
    assert_eq!(line(&folder, "gt-abc")["description"], before);
}

#[test]
fn a_wisp_is_squashed_and_a_molecule_burnt() {
    let (tow, folder) = project(&hooked(""));
    assert_eq!(
        ok_in(&tow, &folder, &["mol", "burn"]),
        "ℹ No molecule attached to me - nothing to burn\n"
    );
    let wisp = poured(&tow, &folder, "wisp");
    ok_in(&tow, &folder, &["mol", "attach", &wisp]);
    assert_eq!(json_in(&tow, &folder, &["mol", "status", "--json"])["is_wisp"], true);
    ok_in(&tow, &folder, &["mol", "step", "done", &format!("{wisp}.1")]);
    let gone = json_in(&tow, &folder, &["mol", "squash", "-m", "quiet", "--json"]);
    assert_eq!(
        (&gone["squashed"], &gone["from"], &gone["handoff_id"], &gone["children_closed"]),
        (&json!(wisp), &json!("me"), &json!("gt-abc"), &json!(4))
    );
    let left = lines(&folder);
    assert_eq!(left.len(), 2, "{left:?}");
    let digest = line(&folder, gone["digest_id"].as_str().unwrap());
    assert_eq!(
        (&digest["title"], &digest["labels"], &digest["status"]),
        (&json!("Digest: release"), &json!(["digest"]), &json!("closed"))
    );
    assert!(
        !json_in(&tow, &folder, &["mol", "status", "--json"])["pinned_bead"]
            .to_string()
            .contains(&wisp)
    );

    let root = poured(&tow, &folder, "pour");
    let told = ok_in(&tow, &folder, &["mol", "burn", &root]);
    assert_eq!(
        told,
        format!("🔥 Burned molecule {root} (release) from me\n  Closed 4 step issues\n")
    );
    assert_eq!(line(&folder, &format!("{root}.2"))["status"], "closed");
    tow.run_in(&folder, &["mol", "burn", "gt-abc"]).expect_error(2, "gt-abc is no molecule");
    tow.run_in(&folder, &["mol", "squash", "gt-none"]).expect_error(3, "there is no issue gt-none");
}

#[test]
fn no_server_is_started() {
    let (tow, folder) = project("");
    poured(&tow, &folder, "pour");
    ok_in(&tow, &folder, &["mol", "status"]);
    assert_eq!(tow.server_pid(), None);
}
