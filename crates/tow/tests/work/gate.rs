//! `tow gate`: what waits for somebody's word.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use towline_testkit::{Demo, Tow, wait_until};

use crate::by_hand::{self, folder, line, town};
use crate::common::{json_in, ledger, ok_in, tow};

const LINES: &str = r#"{"id":"gt-behind","title":"Deploy","status":"open","priority":2,"issue_type":"task","assignee":"demo/polecats/Toast","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","dependencies":[{"issue_id":"gt-behind","depends_on_id":"gt-gate","type":"blocks"}]}
{"id":"gt-gate","title":"Somebody looks","status":"open","priority":2,"issue_type":"gate","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","await_type":"human","waiters":["mayor/"]}
{"id":"gt-later","title":"CI","status":"open","priority":2,"issue_type":"gate","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","dependencies":[{"issue_id":"gt-later","depends_on_id":"gt-behind","type":"blocks"}],"await_type":"gh:run","await_id":"77"}
"#;

fn project() -> (Tow, PathBuf) {
    let tow = tow();
    let folder = ledger(&tow, "app", LINES);
    (tow, folder)
}

fn lines(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join(".beads/issues.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_gate_is_listed_opened_and_told_of() {
    let (tow, folder) = project();
    let listed = json_in(&tow, &folder, &["gate", "list", "--json"]);
    assert_eq!(
        listed,
        json!([
            {"id": "gt-gate", "title": "Somebody looks", "status": "open", "await_type": "human", "reached": true,
             "waits_for": [], "blocks": ["gt-behind"], "waiters": ["mayor/", "demo/polecats/Toast"]},
            {"id": "gt-later", "title": "CI", "status": "open", "await_type": "gh:run", "await_id": "77", "reached": false,
             "waits_for": ["gt-behind"], "blocks": [], "waiters": []},
        ])
    );
    assert_eq!(
        ok_in(&tow, &folder, &["gate", "list"]),
        "🚦 gt-gate [human] Somebody looks\n   Behind it:   gt-behind\n   Who waits:   mayor/, demo/polecats/Toast\n   \
         tow gate approve gt-gate\n○ gt-later [gh:run 77] CI\n   First comes: gt-behind\n"
    );
    assert!(!ok_in(&tow, &folder, &["ready"]).contains("Deploy"));
    let told = ok_in(&tow, &folder, &["gate", "approve", "gate", "-m", "ship it"]);
    assert!(
        told.starts_with("✓ Approved gate gt-gate: Somebody looks\n  Ready now: gt-behind\n"),
        "{told}"
    );
    assert!(
        told.contains("Mailed mayor/") && told.contains("Mailed demo/polecats/Toast"),
        "{told}"
    );
    let gate = lines(&folder).into_iter().find(|line| line["id"] == "gt-gate").unwrap();
    assert_eq!(
        (&gate["status"], &gate["close_reason"]),
        (&json!("closed"), &json!("Approved by me: ship it"))
    );
    let mut mail: Vec<Value> =
        lines(&folder).into_iter().filter(|line| line["issue_type"] == "message").collect();
    mail.sort_by_key(|line| line["assignee"].to_string());
    assert_eq!(
        (&mail[0]["assignee"], &mail[1]["assignee"]),
        (&json!("demo/Toast"), &json!("mayor/"))
    );
    assert_eq!(mail[0]["title"], "🚦 GATE CLEARED: gt-gate");
    assert!(mail[0]["description"].as_str().unwrap().contains("Approved by me: ship it"));
    assert!(ok_in(&tow, &folder, &["ready"]).contains("Deploy"));
    assert_eq!(tow.server_pid(), None);
}

#[test]
fn what_cannot_be_opened_is_told_in_a_line() {
    let (tow, folder) = project();
    for (arguments, status, text) in [
        (&["gt-later"][..], 1, "gt-later is not reached yet: first comes [gt-behind]"),
        (&["gt-behind"], 2, "gt-behind is no gate, but a task"),
        (&["gt-none"], 3, "there is no issue gt-none"),
    ] {
        let all = [&["gate", "approve"], arguments].concat();
        tow.run_in(&folder, &all).expect_error(status, text);
    }
    let approved = json_in(&tow, &folder, &["gate", "approve", "gt-later", "--force", "--json"]);
    assert_eq!(
        (&approved["approved_by"], &approved["ready"], &approved["mailed"]),
        (&json!("me"), &json!([]), &json!([]))
    );
    tow.run_in(&folder, &["gate", "approve", "gt-later"])
        .expect_error(1, "gt-later is open already: Approved by me");
}

#[test]
fn who_has_the_work_is_told_in_their_pane() {
    let tow = tow();
    let demo = Demo::install(&tow);
    let town = town(&tow);
    let rig = town.join("demo");
    crate::mol::formula(
        &rig,
        "asks",
        "formula = 'asks'\n[[steps]]\nid = 'a'\ntitle = 'May I?'\nawait = 'human'\n[[steps]]\nid = 'b'\ntitle = 'B'\nneeds = ['a']\n",
    );
    let work = line("demo-work", r#""status":"hooked","assignee":"demo/polecats/Toast""#);
    by_hand::add(&town, "demo", &[&work]);
    let made = json_in(&tow, &rig, &["mol", "wisp", "asks", "--json"]);
    let root = made["new_epic_id"].as_str().unwrap();
    let (worker, mayor) = (folder(&town, "polecats/Toast"), folder(&town, "mayor"));
    ok_in(&tow, &worker, &["mol", "attach", root]);
    let gate = format!("{root}.1");
    let listed = json_in(&tow, &mayor, &["gate", "list", "--json"]);
    assert_eq!(
        (&listed[0]["id"], &listed[0]["waiters"]),
        (&json!(gate), &json!(["demo/polecats/Toast"]))
    );

    demo.spawn(&tow, "demo-Toast", &[]);
    let told = ok_in(&tow, &mayor, &["gate", "approve", &gate, "-m", "go ahead"]);
    assert_eq!(
        told,
        format!(
            "✓ Approved gate {gate}: May I?\n  Ready now: {root}.2\n  ▶ Nudged demo/polecats/Toast in demo-Toast\n"
        )
    );
    let taken = wait_until("it is taken", || demo.taken().first().cloned());
    assert_eq!(
        taken,
        format!(
            "[from mayor/] Gate {gate} (May I?) is open. Approved by mayor: go ahead. Run `tow prime` to go on."
        )
    );
    let inbox = json_in(&tow, &worker, &["mail", "inbox", "--json"]);
    assert_eq!(
        (&inbox[0]["subject"], &inbox[0]["priority"]),
        (&json!(format!("🚦 GATE CLEARED: {gate}")), &json!("high"))
    );
    let status = json_in(&tow, &worker, &["mol", "status", "--json"]);
    assert_eq!(status["progress"]["ready_steps"], json!([format!("{root}.2")]));
    // Whoever opens a gate for themselves needn't be told.
    let approved = tow.run_in(&worker, &["gate", "approve", &gate]);
    approved.expect_error(1, "is open already: Approved by mayor: go ahead");
}
