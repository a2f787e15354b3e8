//! `tow issue`: from being made to being deleted.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use towline_testkit::Tow;

use crate::common::{json_in, ledger, ok_in, tow};

/// A Towline and a folder with an empty ledger.
fn empty() -> (Tow, PathBuf) {
    let tow = tow();
    let folder = ledger(&tow, "app", "");
    (tow, folder)
}

#[track_caller]
fn create(tow: &Tow, folder: &Path, arguments: &[&str]) -> String {
    let all = [&["issue", "create", "--silent"], arguments].concat();
    ok_in(tow, folder, &all).trim_end().to_owned()
}

fn text(folder: &Path) -> String {
    fs::read_to_string(folder.join(".beads/issues.jsonl")).unwrap()
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|issue| issue["id"].as_str().unwrap()).collect()
}

#[test]
fn an_issue_is_made_with_all_that_is_said_of_it() {
    let (tow, folder) = empty();
    let told =
        ok_in(&tow, &folder, &["issue", "create", "Fix", "the build", "-t", "bug", "-p", "P1"]);
    let id = told.lines().next().unwrap().strip_prefix("✓ Created issue: ").unwrap().to_owned();
    assert_eq!(
        told,
        format!("✓ Created issue: {id}\n  Title: Fix the build\n  Priority: P1\n  Status: open\n")
    );
    tow.run_in(&folder, &["issue", "create", "x", "--deps", "gt-none"])
        .expect_error(3, "there is no issue gt-none");
    tow.run_in(&folder, &["issue", "create", " "]).expect_error(2, "an issue needs a title");
    tow.run_in(&folder, &["issue", "create", "x", "-t", "featur"])
        .expect_error(2, "there is no type \"featur\"");
    assert_eq!(text(&folder).lines().count(), 1);
}

#[test]
fn what_it_is_made_with_comes_back() {
    let (tow, folder) = empty();
    let id = create(&tow, &folder, &["Fix the build", "-t", "bug", "-p", "P1"]);
    fs::write(folder.join("body"), "a <b>\n\nc\n").unwrap();
    let deps = format!("{id},related:external:other:x-1");
    let made = json_in(
        &tow,
        &folder,
        &[
            "issue",
            "create",
            "--json",
            "All of it",
            "--body-file",
            "body",
            "--design",
            "D",
            "--acceptance",
            "A",
            "--notes",
            "N",
            "-a",
            "me",
            "-l",
            "y,x",
            "--deps",
            &deps,
            "--external-ref",
            "gh-9",
            "--estimate",
            "30",
        ],
    );
    for (field, value) in [
        ("title", json!("All of it")),
        ("description", json!("a <b>\n\nc")),
        ("design", json!("D")),
        ("acceptance_criteria", json!("A")),
        ("notes", json!("N")),
        ("status", json!("open")),
        ("priority", json!(2)),
        ("issue_type", json!("task")),
        ("assignee", json!("me")),
        ("labels", json!(["x", "y"])),
        ("external_ref", json!("gh-9")),
        ("estimated_minutes", json!(30)),
        ("created_by", json!("me")),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    let all = made["id"].as_str().unwrap();
    // A shortened id does.
    let hash = all.strip_prefix("gt-").unwrap();
    let shown = json_in(&tow, &folder, &["issue", "show", hash, "--json"]);
    assert_eq!(shown[0]["dependencies"][0]["id"], json!(id));
    assert_eq!(shown[0]["dependencies"][0]["title"], json!("Fix the build"));
    assert_eq!(shown[0]["dependencies"][0]["dependency_type"], json!("blocks"));
    assert_eq!(
        shown[0]["dependencies"][1],
        json!({"id": "external:other:x-1", "dependency_type": "related"})
    );
    let other = json_in(&tow, &folder, &["issue", "show", &id, "--json"]);
    assert_eq!(other[0]["dependents"][0]["id"], json!(all));
    let child = create(&tow, &folder, &["A part", "--parent", hash]);
    assert_eq!(child, format!("{all}.1"));
    let shown = json_in(&tow, &folder, &["issue", "show", &child, "--json"]);
    assert_eq!(shown[0]["parent"], json!(all));
    // From standard input.
    let piped = tow.command(&["issue", "create", "Piped", "-d", "-", "--silent"]);
    let id = piped_in(piped, &folder, b"one\ntwo\n");
    assert_eq!(
        json_in(&tow, &folder, &["issue", "show", &id, "--json"])[0]["description"],
        json!("one\ntwo")
    );
    assert_eq!(create(&tow, &folder, &["x", "--id", "other-1"]), "other-1");
    assert!(create(&tow, &folder, &["x", "--prefix", "zz-"]).starts_with("zz-"));
}

/// Runs a command in a folder with this standard input, and returns the line it printed.
fn piped_in(mut command: std::process::Command, folder: &Path, input: &[u8]) -> String {
    use std::io::Write;
    let piped = std::process::Stdio::piped;
    let mut child = command
        .current_dir(folder)
        .env("PWD", folder)
        .stdin(piped())
        .stdout(piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim_end().to_owned()
}

#[test]
fn issues_are_listed_by_what_they_are() {
    let (tow, folder) = empty();
    let list = |arguments: &[&str]| {
        let all = [&["issue", "list", "--json"], arguments].concat();
        let list = json_in(&tow, &folder, &all);
        ids(&list).iter().map(|id| (*id).to_owned()).collect::<Vec<_>>()
    };
    let make = |id: &str, arguments: &[&str]| {
        create(&tow, &folder, &[&["--id", id, "Something"], arguments].concat())
    };
    make("gt-1", &["-t", "epic", "-p", "0"]);
    make("gt-2", &["-t", "bug", "-l", "ci,slow", "-a", "me"]);
    make("gt-3", &["-l", "ci", "-a", "gastown/Toast", "--deps", "gt-2"]);
    make("gt-4", &["-t", "message"]);
    make("gt-5", &["-p", "4"]);
    make("gt-1.1", &["-p", "3"]);
    ok_in(&tow, &folder, &["issue", "update", "gt-1.1", "--parent", "gt-1"]);
    ok_in(&tow, &folder, &["issue", "close", "gt-5"]);
    for (arguments, expected) in [
        (&[][..], &["gt-1", "gt-3", "gt-2", "gt-1.1"][..]),
        (&["--all"], &["gt-1", "gt-4", "gt-3", "gt-2", "gt-1.1", "gt-5"]),
        (&["-n", "1"], &["gt-1"]),
        (&["--status", "closed"], &["gt-5"]),
        (&["-s", "open,closed", "-p", "P4"], &["gt-5"]),
        (&["--type", "bug"], &["gt-2"]),
        (&["--type", "message"], &["gt-4"]),
        (&["--label", "ci"], &["gt-3", "gt-2"]),
        (&["--label", "ci,slow"], &["gt-2"]),
        (&["--label-any", "slow,none"], &["gt-2"]),
        (&["--assignee", "me"], &["gt-2"]),
        (&["--assignee", "gastown/polecats/Toast"], &["gt-3"]),
        (&["--unassigned"], &["gt-1", "gt-1.1"]),
        (&["--parent", "gt-1"], &["gt-1.1"]),
    ] {
        assert_eq!(list(arguments), expected, "{arguments:?}");
    }
    let counts = json_in(&tow, &folder, &["issue", "list", "--json", "--label", "slow"]);
    assert_eq!(counts[0]["dependent_count"], json!(1));
    assert_eq!(counts[0]["dependency_count"], json!(0));
    let shown = ok_in(&tow, &folder, &["issue", "list", "--label", "ci"]);
    assert_eq!(
        shown,
        "○ gt-3 [P2] [task] @gastown/polecats/Toast [ci] - Something (blocked by: gt-2)\n\
         ○ gt-2 [P2] [bug] @me [ci slow] - Something (blocks: gt-3)\n"
    );
    let long = ok_in(&tow, &folder, &["issue", "list", "--long", "--label", "slow"]);
    assert_eq!(
        long,
        "gt-2 [P2] [bug] open\n  Something\n  Assignee: me\n  Labels: [ci slow]\n  Blocks: gt-3\n\n"
    );
    let none =
        tow.run_in(&folder, &["issue", "list", "--json", "--label", "none"]).expect_status(0);
    assert_eq!(none.stdout, "[]\n");
    // The nearest word is named.
    for (arguments, error) in [
        (["--status", "clsoed"], "did you mean closed?"),
        (["--type", "bgu"], "did you mean bug?"),
        (["--priority", "7"], "there is no priority 7"),
    ] {
        let told =
            tow.run_in(&folder, &[&["issue", "list"], &arguments[..]].concat()).expect_status(2);
        assert!(told.stderr.contains(error), "{told:?}");
    }
}

#[test]
fn an_update_changes_what_it_names_and_a_claim_is_refused_to_the_second() {
    let (tow, folder) = empty();
    let id = create(&tow, &folder, &["x", "-l", "a", "--notes", "n"]);
    let update = |arguments: &[&str]| {
        json_in(&tow, &folder, &[&["issue", "update", &id, "--json"], arguments].concat())
    };
    let changed = update(&[
        "--title",
        "y",
        "-p",
        "0",
        "--add-label",
        "b",
        "--remove-label",
        "a",
        "--append-notes",
        "m",
    ]);
    let issue = &changed[0];
    assert_eq!((&issue["title"], &issue["priority"]), (&json!("y"), &json!(0)));
    assert_eq!((&issue["labels"], &issue["notes"]), (&json!(["b"]), &json!("n\nm")));
    let claimed = update(&["--claim"]);
    assert_eq!(
        (&claimed[0]["assignee"], &claimed[0]["status"]),
        (&json!("me"), &json!("in_progress"))
    );
    update(&["--claim"]);
    let mut other = tow.command(&["issue", "update", &id, "--claim"]);
    other.current_dir(&folder).env("PWD", &folder).env("BD_ACTOR", "you");
    let refused = other.output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.starts_with(&format!("tow: {id} is already claimed by me\nhint: tow issue update")),
        "{said}"
    );
    // Nobody has it, and it has no notes.
    let freed = update(&["--assignee", "", "--notes", "", "--status", "open"]);
    assert_eq!((&freed[0]["assignee"], &freed[0]["notes"]), (&Value::Null, &Value::Null));
    // What is so already is left alone.
    let before = (text(&folder), modified(&folder));
    let told = ok_in(
        &tow,
        &folder,
        &["issue", "update", &id, "--title", "y", "-p", "0", "-s", "open", "--add-label", "b"],
    );
    assert_eq!(told, format!("○ {id} is so already\n"));
    assert_eq!((text(&folder), modified(&folder)), before);
    tow.run_in(&folder, &["issue", "update", &id]).expect_error(2, "nothing to change");
    tow.run_in(&folder, &["issue", "update", &id, "-s", "opne"])
        .expect_error(2, "there is no status \"opne\"");
    tow.run_in(&folder, &["issue", "update", &id, "-s", "tombstone"]).expect_error(2, "tombstones");
}

fn modified(folder: &Path) -> std::time::SystemTime {
    fs::metadata(folder.join(".beads/issues.jsonl")).unwrap().modified().unwrap()
}

#[test]
fn closing_waits_for_what_blocks_and_several_go_on_past_a_failure() {
    let (tow, folder) = empty();
    let make = |id: &str, arguments: &[&str]| {
        create(&tow, &folder, &[&["--id", id, "x"], arguments].concat())
    };
    make("gt-1", &[]);
    make("gt-2", &["--deps", "gt-1"]);
    make("gt-3", &[]);
    let refused = tow
        .run_in(&folder, &["issue", "close", "gt-2"])
        .expect_error(1, "cannot close gt-2: blocked by open issues [gt-1]");
    assert!(refused.stderr.contains("hint: tow issue close gt-2 --force"), "{refused:?}");
    let some = tow
        .run_in(&folder, &["issue", "close", "gt-2", "gt-9", "gt-3", "-r", "done\nwith"])
        .expect_status(1);
    assert_eq!(some.stdout, "✓ Closed gt-3: done with\n");
    assert!(
        some.stderr.contains("there is no issue gt-9") && some.stderr.contains("cannot close gt-2"),
        "{some:?}"
    );
    // What is closed in the same go blocks no longer.
    let both = ok_in(&tow, &folder, &["issue", "close", "gt-1", "gt-2"]);
    assert_eq!(both, "✓ Closed gt-1: Closed\n✓ Closed gt-2: Closed\n");
    assert_eq!(ok_in(&tow, &folder, &["issue", "close", "gt-1"]), "○ gt-1 is closed already\n");
    let closed = json_in(&tow, &folder, &["issue", "show", "gt-3", "--json"]);
    assert!(closed[0]["closed_at"].is_string() && closed[0]["close_reason"] == json!("done\nwith"));
    assert_eq!(
        ok_in(&tow, &folder, &["issue", "reopen", "gt-3", "-r", "no"]),
        "↻ Reopened gt-3: no\n"
    );
    let open = json_in(&tow, &folder, &["issue", "show", "gt-3", "--json"]);
    assert_eq!((&open[0]["closed_at"], &open[0]["close_reason"]), (&Value::Null, &Value::Null));
    assert_eq!(open[0]["comments"][0]["text"], json!("Reopened: no"));
    tow.run_in(&folder, &["issue", "close", "nothing"])
        .expect_error(3, "there is no issue nothing");
    tow.run_in(&folder, &["issue", "close", "gt-"])
        .expect_error(4, "gt- could be gt-1, gt-2, gt-3");
}

#[test]
fn a_deletion_is_shown_before_and_leaves_a_tombstone() {
    let (tow, folder) = empty();
    let make = |id: &str, arguments: &[&str]| {
        create(&tow, &folder, &[&["--id", id, "x"], arguments].concat())
    };
    make("gt-1", &[]);
    make("gt-2", &["--deps", "gt-1", "-d", "after gt-1, not gt-11"]);
    let before = text(&folder);
    let preview = tow.run_in(&folder, &["issue", "delete", "gt-1"]).expect_status(0);
    assert!(
        preview.stdout.contains("gt-1: x")
            && preview.stderr.contains("hint: tow issue delete gt-1 --force")
    );
    assert_eq!(text(&folder), before);
    let gone = json_in(&tow, &folder, &["issue", "delete", "gt-1", "--force", "--json"]);
    assert_eq!(
        gone,
        json!({"deleted": "gt-1", "dependencies_removed": 1, "references_updated": 1})
    );
    let other = json_in(&tow, &folder, &["issue", "show", "gt-2", "--json"]);
    assert_eq!(
        (&other[0]["description"], &other[0]["dependencies"]),
        (&json!("after [deleted:gt-1], not gt-11"), &Value::Null)
    );
    let lines = text(&folder);
    let tombstone: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&tombstone["status"], &tombstone["original_type"]),
        (&json!("tombstone"), &json!("task"))
    );
    assert!(tombstone["deleted_at"].is_string() && tombstone["deleted_by"] == json!("me"));
    tow.run_in(&folder, &["issue", "show", "gt-1"]).expect_error(3, "there is no issue gt-1");
    assert_eq!(ids(&json_in(&tow, &folder, &["issue", "list", "--all", "--json"])), ["gt-2"]);
    // With those below it.
    let child = create(&tow, &folder, &["y", "--parent", "gt-2"]);
    let gone = json_in(&tow, &folder, &["issue", "delete", "gt-2", "--cascade", "-f", "--json"]);
    assert_eq!(gone["deleted"], json!(["gt-2", child]));
}

#[test]
fn dependencies_make_no_circles() {
    let (tow, folder) = empty();
    for id in ["gt-1", "gt-2", "gt-3", "gt-3.1"] {
        create(&tow, &folder, &["--id", id, &format!("T{id}")]);
    }
    let dep = |arguments: &[&str]| tow.run_in(&folder, &[&["issue", "dep"], arguments].concat());
    assert_eq!(
        dep(&["add", "gt-1", "gt-2"]).stdout,
        "✓ Added dependency: gt-1 depends on gt-2 (blocks)\n"
    );
    let added = dep(&["add", "gt-2", "gt-3", "--json"]).stdout;
    let added: Value = serde_json::from_str(&added).unwrap();
    assert_eq!(
        added,
        json!({"depends_on_id": "gt-3", "issue_id": "gt-2", "status": "added", "type": "blocks"})
    );
    let refused = dep(&["add", "gt-3", "gt-1", "-t", "related"])
        .expect_error(1, "cannot add dependency: would create a cycle (gt-3 → gt-1 → gt-2 → gt-3)");
    assert!(refused.stderr.contains("hint: tow issue dep remove gt-2 gt-3"));
    dep(&["add", "gt-1", "gt-1"]).expect_error(1, "gt-1 cannot depend on itself");
    dep(&["add", "gt-1", "gt-2", "-t", "related"])
        .expect_error(1, "gt-1 depends on gt-2 already, by blocks");
    dep(&["add", "gt-3.1", "gt-3"]).expect_error(1, "gt-3.1 is already a child of gt-3");
    dep(&["add", "gt-1", "gt-9"]).expect_error(3, "there is no issue gt-9");
    dep(&["add", "gt-1", "gt-3", "-t", "block"])
        .expect_error(2, "there is no kind of dependency \"block\"");
    dep(&["add", "gt-1", "external:other:x"]).expect_status(0);
    assert_eq!(dep(&["add", "gt-1", "gt-2"]).stdout, "○ gt-1 depends on gt-2 already (blocks)\n");
    assert_eq!(
        dep(&["tree", "gt-1"]).stdout,
        "\n🌲 Dependency tree for gt-1:\n\ngt-1: Tgt-1 [P2] (open)\n└── gt-2: Tgt-2 [P2] (open)\n    └── gt-3: Tgt-3 [P2] (open)\n\n"
    );
    let tree: Value =
        serde_json::from_str(&dep(&["tree", "gt-3", "--direction", "up", "--json"]).stdout)
            .unwrap();
    assert_eq!(ids(&tree), ["gt-3", "gt-2", "gt-1"]);
    assert_eq!(
        (&tree[2]["depth"], &tree[2]["parent_id"], &tree[2]["truncated"]),
        (&json!(2), &json!("gt-2"), &json!(false))
    );
    let list: Value = serde_json::from_str(&dep(&["list", "gt-2", "--json"]).stdout).unwrap();
    assert_eq!((&list[0]["id"], &list[0]["dependency_type"]), (&json!("gt-3"), &json!("blocks")));
    assert_eq!(dep(&["cycles"]).stdout, "✓ No dependency cycles detected\n");
    assert_eq!(
        dep(&["remove", "gt-1", "gt-2"]).stdout,
        "✓ Removed dependency: gt-1 no longer depends on gt-2\n"
    );
    dep(&["remove", "gt-1", "gt-2"]).expect_error(1, "gt-1 doesn't depend on gt-2");
    // A file may have one all the same.
    let round = r#"{"id":"gt-1","dependencies":[{"issue_id":"gt-1","depends_on_id":"gt-2","type":"blocks"}]}
{"id":"gt-2","dependencies":[{"issue_id":"gt-2","depends_on_id":"gt-1","type":"blocks"}]}
"#;
    fs::write(folder.join(".beads/issues.jsonl"), round).unwrap();
    assert_eq!(dep(&["cycles"]).stdout, "⚠ Found 1 dependency cycle(s):\n  gt-1 → gt-2 → gt-1\n");
    let cycles: Value = serde_json::from_str(&dep(&["cycles", "--json"]).stdout).unwrap();
    assert_eq!(ids(&cycles[0]), ["gt-1", "gt-2"]);
    assert!(dep(&["tree", "gt-1"]).stdout.contains('…'));
}

#[test]
fn labels_and_comments_come_and_go() {
    let (tow, folder) = empty();
    create(&tow, &folder, &["--id", "gt-1", "x"]);
    create(&tow, &folder, &["--id", "gt-2", "y"]);
    let issue = |arguments: &[&str]| tow.run_in(&folder, &[&["issue"], arguments].concat());
    assert_eq!(
        issue(&["label", "add", "gt-1", "gt-2", "ci"]).stdout,
        "✓ Added label 'ci' to gt-1\n✓ Added label 'ci' to gt-2\n"
    );
    let removed: Value =
        serde_json::from_str(&issue(&["label", "remove", "gt-2", "ci", "--json"]).stdout).unwrap();
    assert_eq!(removed, json!([{"issue_id": "gt-2", "label": "ci", "status": "removed"}]));
    assert_eq!(issue(&["label", "list", "gt-1", "--json"]).stdout, "[\n  \"ci\"\n]\n");
    assert_eq!(issue(&["label", "list-all"]).stdout, "ci  1\n");
    assert_eq!(issue(&["comment", "gt-1", "it", "works"]).stdout, "Comment added to gt-1\n");
    let added: Value =
        serde_json::from_str(&issue(&["comments", "add", "gt-1", "a <b>", "--json"]).stdout)
            .unwrap();
    assert_eq!(
        (&added["id"], &added["author"], &added["text"]),
        (&json!(2), &json!("me"), &json!("a <b>"))
    );
    let comments: Value =
        serde_json::from_str(&issue(&["comments", "gt-1", "--json"]).stdout).unwrap();
    assert_eq!((comments.as_array().unwrap().len(), &comments[0]["issue_id"]), (2, &json!("gt-1")));
    let shown = issue(&["comments", "gt-1"]).stdout;
    assert!(
        shown.starts_with("\nComments on gt-1:\n\n[me] at ") && shown.contains("\n  it works\n"),
        "{shown}"
    );
    issue(&["comment", "add", "gt-1"]).expect_error(2, "a text is needed");
    assert_eq!(issue(&["comments", "gt-2", "--json"]).stdout, "[]\n");
}

#[test]
fn issues_are_found_by_what_they_say_and_counted() {
    let (tow, folder) = empty();
    create(&tow, &folder, &["--id", "gt-1", "Fix the Build"]);
    create(&tow, &folder, &["--id", "gt-2", "Other", "-d", "the build again", "-p", "0"]);
    create(&tow, &folder, &["--id", "gt-3", "Third", "--deps", "gt-1"]);
    ok_in(&tow, &folder, &["issue", "close", "gt-2"]);
    let found = json_in(&tow, &folder, &["issue", "search", "BUILD", "--json"]);
    assert_eq!(ids(&found), ["gt-1", "gt-2"]);
    let shown = ok_in(&tow, &folder, &["issue", "search", "build", "again"]);
    assert_eq!(shown, "Found 1 issue matching 'build again':\n✓ gt-2 [P0] [task] - Other\n");
    assert_eq!(ok_in(&tow, &folder, &["issue", "search", "nothing", "--json"]), "[]\n");
    let stats = json_in(&tow, &folder, &["issue", "stats", "--json"]);
    for (name, count) in [
        ("total_issues", 3),
        ("open_issues", 2),
        ("closed_issues", 1),
        ("blocked_issues", 1),
        ("ready_issues", 1),
    ] {
        assert_eq!(stats["summary"][name], json!(count), "{name}");
    }
    assert!(ok_in(&tow, &folder, &["issue", "stats"]).contains("Ready to Work:    1\n"));
}

#[test]
fn an_issue_is_shown_as_a_page() {
    let (tow, folder) = empty();
    create(&tow, &folder, &["--id", "gt-1", "The first"]);
    create(
        &tow,
        &folder,
        &[
            "--id",
            "gt-2",
            "Second\u{1b}[2J",
            "-d",
            "one\n\n\ttwo",
            "--deps",
            "gt-1",
            "-l",
            "a",
            "-p",
            "1",
        ],
    );
    ok_in(&tow, &folder, &["issue", "comment", "gt-2", "said"]);
    let page = ok_in(&tow, &folder, &["issue", "show", "gt-2"]);
    for part in [
        "○ gt-2 · Second\\u{1b}[2J [P1 · OPEN]\n",
        "\nDESCRIPTION\n  one\n\n      two\n",
        "\nLABELS: a\n",
        "\nDEPENDS ON\n  → ○ gt-1: The first [P2]\n",
        "\nCOMMENTS\n  me ",
        "    said\n",
    ] {
        assert!(page.contains(part), "{part:?} in {page}");
    }
    let other = ok_in(&tow, &folder, &["issue", "show", "gt-1"]);
    assert!(other.contains("\nBLOCKS\n  ← ○ gt-2: Second"), "{other}");
    let some = tow.run_in(&folder, &["issue", "show", "gt-9", "gt-1", "--json"]).expect_status(1);
    assert_eq!(ids(&serde_json::from_str(&some.stdout).unwrap()), ["gt-1"]);
}

#[test]
fn no_server_is_started() {
    let (tow, folder) = empty();
    create(&tow, &folder, &["x"]);
    ok_in(&tow, &folder, &["ready"]);
    ok_in(&tow, &folder, &["issue", "list"]);
    assert!(tow.processes().is_empty());
    assert!(!tow.state().exists());
}
