//! `tow ready` and `tow blocked`: what can be worked on, and what waits.

use serde_json::{Value, json};

use crate::common::{json_in, ledger, ok_in, tow};

/// Issues of every kind that is or isn't ready, with why not in the title.
const LEDGER: &str = concat!(
    r#"{"id":"gt-agent","title":"an agent","status":"open","priority":0,"issue_type":"agent","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}"#,
    "\n",
    r#"{"id":"gt-blocked","title":"waits","status":"open","priority":0,"created_at":"2026-01-01T00:00:00Z","dependencies":[{"issue_id":"gt-blocked","depends_on_id":"gt-new","type":"blocks","created_at":"2026-01-01T00:00:00Z"}]}"#,
    "\n",
    r#"{"id":"gt-child","title":"its parent waits","status":"open","priority":0,"created_at":"2026-01-01T00:00:00Z","dependencies":[{"issue_id":"gt-child","depends_on_id":"gt-blocked","type":"parent-child","created_at":"2026-01-01T00:00:00Z"}]}"#,
    "\n",
    r#"{"id":"gt-closed","title":"closed","status":"closed","priority":0,"created_at":"2026-01-01T00:00:00Z","closed_at":"2026-01-01T00:00:00Z"}"#,
    "\n",
    r#"{"id":"gt-free","title":"what it waited for is closed","status":"in_progress","priority":1,"issue_type":"bug","assignee":"me","estimated_minutes":30,"created_at":"2026-01-03T00:00:00Z","labels":["ci"],"dependencies":[{"issue_id":"gt-free","depends_on_id":"gt-closed","type":"blocks","created_at":"2026-01-01T00:00:00Z"},{"issue_id":"gt-free","depends_on_id":"gt-gone","type":"blocks","created_at":"2026-01-01T00:00:00Z"},{"issue_id":"gt-free","depends_on_id":"gt-new","type":"related","created_at":"2026-01-01T00:00:00Z"}]}"#,
    "\n",
    r#"{"id":"gt-gate","title":"a gate","status":"open","priority":0,"issue_type":"gate","created_at":"2026-01-01T00:00:00Z"}"#,
    "\n",
    r#"{"id":"gt-hooked","title":"on a hook","status":"hooked","priority":0,"assignee":"me","created_at":"2026-01-01T00:00:00Z"}"#,
    "\n",
    r#"{"id":"gt-later","title":"put off","status":"open","priority":0,"created_at":"2026-01-01T00:00:00Z","defer_until":"2999-01-01T00:00:00Z"}"#,
    "\n",
    r#"{"id":"gt-mail","title":"a message","status":"open","priority":0,"issue_type":"message","created_at":"2026-01-01T00:00:00Z"}"#,
    "\n",
    r#"{"id":"gt-mr","title":"a merge","status":"open","priority":0,"issue_type":"task","created_at":"2026-01-01T00:00:00Z","labels":["gt:merge-request"]}"#,
    "\n",
    r#"{"id":"gt-new","title":"newer","status":"open","priority":2,"created_at":"2026-01-04T00:00:00Z"}"#,
    "\n",
    r#"{"id":"gt-old","title":"older","status":"open","priority":2,"created_at":"2026-01-02T00:00:00Z"}"#,
    "\n",
    r#"{"id":"gt-pin","title":"pinned","status":"open","priority":0,"pinned":true,"created_at":"2026-01-01T00:00:00Z"}"#,
    "\n",
    r#"{"id":"gt-stone","title":"deleted","status":"tombstone","priority":0,"created_at":"2026-01-01T00:00:00Z","deleted_at":"2026-01-01T00:00:00Z"}"#,
    "\n",
    r#"{"id":"gt-stuck","title":"said to be blocked","status":"blocked","priority":3,"created_at":"2026-01-01T00:00:00Z"}"#,
    "\n",
    r#"{"id":"gt-tmpl","title":"a template","status":"open","priority":0,"is_template":true,"created_at":"2026-01-01T00:00:00Z"}"#,
    "\n",
    r#"{"id":"gt-wisp","title":"a wisp","status":"open","priority":0,"ephemeral":true,"created_at":"2026-01-01T00:00:00Z"}"#,
    "\n",
);

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|issue| issue["id"].as_str().unwrap()).collect()
}

#[test]
fn only_what_waits_for_nothing_is_ready() {
    let tow = tow();
    let folder = ledger(&tow, "app", LEDGER);
    for (arguments, expected) in [
        (&[][..], &["gt-free", "gt-old", "gt-new"][..]),
        (&["-n", "1"], &["gt-free"]),
        (&["--assignee", "me"], &["gt-free"]),
        (&["--unassigned"], &["gt-old", "gt-new"]),
        (&["--priority", "2"], &["gt-old", "gt-new"]),
        (&["--label", "ci"], &["gt-free"]),
        (&["--type", "bug"], &["gt-free"]),
        (&["--type", "gate"], &["gt-gate"]),
        (&["--parent", "gt-blocked"], &[]),
    ] {
        let ready = json_in(&tow, &folder, &[&["ready", "--json"], arguments].concat());
        assert_eq!(ids(&ready), expected, "{arguments:?}");
    }
    assert_eq!(
        ok_in(&tow, &folder, &["ready", "-n", "2"]),
        "\n📋 Ready work (3 issues with no blockers):\n\n\
         1. [P1] [bug] gt-free: what it waited for is closed\n   Estimate: 30 min\n   Assignee: me\n\
         2. [P2] [task] gt-old: older\n\n"
    );
}

#[test]
fn what_waits_is_told_with_what_it_waits_for() {
    let tow = tow();
    let folder = ledger(&tow, "app", LEDGER);
    let blocked = json_in(&tow, &folder, &["blocked", "--json"]);
    assert_eq!(ids(&blocked), ["gt-blocked", "gt-stuck"]);
    assert_eq!(
        (&blocked[0]["blocked_by"], &blocked[0]["blocked_by_count"]),
        (&json!(["gt-new"]), &json!(1))
    );
    assert_eq!(
        (&blocked[1]["blocked_by"], &blocked[1]["blocked_by_count"]),
        (&json!([]), &json!(0))
    );
    let shown = ok_in(&tow, &folder, &["blocked"]);
    let begins = "\n🚫 Blocked issues (2):\n\n[P0] gt-blocked: waits\n  Blocked by 1 open dependency: [gt-new]\n[P3] gt-stuck";
    assert!(shown.starts_with(begins), "{shown}");
    // Once it is closed, what waited is ready, and those below it.
    ok_in(&tow, &folder, &["issue", "close", "gt-new"]);
    let ready = json_in(&tow, &folder, &["ready", "--json"]);
    assert_eq!(ids(&ready), ["gt-blocked", "gt-child", "gt-free", "gt-old"]);
}

#[test]
fn an_empty_ledger_says_so() {
    let tow = tow();
    let folder = ledger(&tow, "app", "");
    assert_eq!(ok_in(&tow, &folder, &["ready"]), "✨ No open issues\n");
    assert_eq!(ok_in(&tow, &folder, &["ready", "--json"]), "[]\n");
    assert_eq!(ok_in(&tow, &folder, &["blocked"]), "✨ No blocked issues\n");
    let waiting = r#"{"id":"gt-1","title":"x","status":"blocked","priority":2}"#;
    let folder = ledger(&tow, "waiting", waiting);
    assert_eq!(
        ok_in(&tow, &folder, &["ready"]),
        "✨ No ready work found (all issues have blocking dependencies)\n"
    );
}
