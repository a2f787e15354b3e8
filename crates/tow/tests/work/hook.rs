//! `tow hook` and `tow unhook`.

use std::fs;

use crate::by_hand::{add, folder, line, town};
use crate::common::{json_in, ok_in, tow};

#[test]
fn work_is_taken_on_and_released() {
    let tow = tow();
    let town = town(&tow);
    let toast = folder(&town, "polecats/Toast");
    add(
        &town,
        "demo",
        &[&line("demo-a", r#""status":"open""#), &line("demo-b", r#""status":"open""#)],
    );
    let read = |id: &str| {
        let text = fs::read_to_string(town.join("demo/.beads/issues.jsonl")).unwrap();
        let line = text.lines().find(|line| line.contains(id)).unwrap().to_owned();
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        (
            value["status"].as_str().unwrap().to_owned(),
            value["assignee"].as_str().unwrap_or("").to_owned(),
        )
    };
    let pair = |status: &str, whose: &str| (status.to_owned(), whose.to_owned());
    let shown = ok_in(&tow, &toast, &["hook"]);
    assert!(shown.contains("Nothing on hook - no work slung"), "{shown}");
    let taken = ok_in(&tow, &toast, &["hook", "demo-a"]);
    assert!(taken.starts_with("🪝 Hooking demo-a...\n✓ Work attached to hook"), "{taken}");
    assert_eq!(read("demo-a"), pair("hooked", "demo/polecats/Toast"));
    assert_eq!(ok_in(&tow, &toast, &["hook", "demo-a"]), "✓ Already hooked: demo-a\n");
    assert!(ok_in(&tow, &toast, &["hook"]).contains("demo-a: Fix the build"));
    let status = json_in(&tow, &toast, &["hook", "--json"]);
    assert_eq!(
        (&status["has_work"], &status["pinned_bead"]["id"]),
        (&true.into(), &"demo-a".into())
    );

    let refused = tow.run_in(&toast, &["hook", "demo-b"]);
    refused.expect_error(1, "existing hooked bead demo-a is incomplete (Fix the build)");
    assert!(ok_in(&tow, &toast, &["hook", "-n", "-f", "demo-b"]).contains("Would hook demo-b"));
    assert_eq!(read("demo-b"), pair("open", ""));
    let forced = json_in(&tow, &toast, &["hook", "demo-b", "--force", "--json"]);
    assert_eq!(forced["replaced"], serde_json::json!(["demo-a"]));
    assert_eq!(
        (read("demo-a"), read("demo-b")),
        (pair("open", ""), pair("hooked", "demo/polecats/Toast"))
    );

    // Another's is another's.
    let nux = folder(&town, "polecats/Nux");
    tow.run_in(&nux, &["hook", "demo-b"])
        .expect_error(1, "demo-b is on the hook of demo/polecats/Toast");
    tow.run_in(&nux, &["unhook", "demo-b"]).expect_error(1, "not of demo/polecats/Nux");
    let released = ok_in(&tow, &toast, &["unhook"]);
    assert_eq!(
        released,
        "🪝 Unslinging demo-b...\n✓ Work removed from hook\n  Agent demo/polecats/Toast hook cleared (was: demo-b)\n"
    );
    assert_eq!(read("demo-b"), pair("open", ""));
    assert_eq!(ok_in(&tow, &toast, &["unhook"]), "ℹ Nothing on your hook\n");
    assert_eq!(ok_in(&tow, &toast, &["unhook", "demo-a"]), "ℹ demo-a is on nobody's hook\n");
    tow.run_in(&toast, &["hook", "demo-none"]).expect_error(3, "there is no issue demo-none");
    assert!(tow.server_pid().is_none());
}

#[test]
fn a_mayor_has_work_of_a_rig_on_the_hook() {
    let tow = tow();
    let town = town(&tow);
    add(&town, "demo", &[&line("demo-a", r#""status":"hooked","assignee":"mayor""#)]);
    let mayor = folder(&town, "mayor");
    let released = json_in(&tow, &mayor, &["unhook", "--json"]);
    assert_eq!(released["released"], serde_json::json!(["demo-a"]));
}

#[test]
fn what_is_pinned_is_work_only_where_it_is_some() {
    let tow = tow();
    let town = town(&tow);
    add(
        &town,
        "demo",
        &[
            &line("demo-a", r#""status":"pinned","assignee":"demo/Toast""#)
                .replace("Fix the build", "polecat Handoff"),
            &line("demo-b", r#""status":"pinned","assignee":"demo/Toast""#)
                .replace("\"bug\"", "\"agent\""),
        ],
    );
    let toast = folder(&town, "polecats/Toast");
    assert_eq!(ok_in(&tow, &toast, &["unhook"]), "ℹ Nothing on your hook\n");
    add(&town, "demo", &[&line("demo-c", r#""status":"pinned","assignee":"demo/Toast""#)]);
    assert!(ok_in(&tow, &toast, &["unhook"]).contains("Unslinging demo-c"));
}
