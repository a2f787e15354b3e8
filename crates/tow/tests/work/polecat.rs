//! The workers of a rig and their worktrees.

use std::fs;

use serde_json::Value;

use crate::common::{git, ok_in, tow, town};

#[test]
fn a_worker_has_a_worktree_that_finds_the_ledger() {
    let tow = tow();
    let town = town(&tow);
    let said = ok_in(&tow, &town, &["polecat", "add", "demo/Toast"]);
    assert!(
        said.starts_with("✓ Polecat Toast added.\n") && said.contains("  Branch: polecat/Toast\n"),
        "{said}"
    );
    let toast = town.join("demo/polecats/Toast");
    assert_eq!(git(&toast, &["branch", "--show-current"]), "polecat/Toast");
    assert_eq!(git(&toast, &["status", "--porcelain", "--ignored"]), "!! .beads/\n!! .claude/");
    assert_eq!(fs::read_to_string(toast.join(".beads/redirect")).unwrap(), "../../.beads\n");
    let id = ok_in(&tow, &toast, &["issue", "create", "One", "--silent"]);
    let ledger = fs::read_to_string(town.join("demo/.beads/issues.jsonl")).unwrap();
    assert!(
        ledger.contains(id.trim()) && ledger.contains("\"created_by\":\"demo/polecats/Toast\""),
        "{ledger}"
    );
    let again = ok_in(&tow, &town, &["polecat", "add", "demo", "Toast"]);
    assert!(again.starts_with("○ Polecat Toast is there already."), "{again}");
    let said = ok_in(&tow, &town, &["polecat", "add", "demo"]);
    assert!(said.starts_with("✓ Polecat Nux added."), "{said}");
    let list: Value =
        serde_json::from_str(&ok_in(&tow, &town, &["polecat", "list", "--json"])).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[1]["name"], "Toast");
    assert_eq!(list[1]["state"], "idle");
    assert_eq!(list[1]["session_running"], false);
    for (arguments, status) in [
        (&["polecat", "add", "none/Toast"][..], 3),
        (&["polecat", "add", "demo/witness"], 2),
        (&["polecat", "add", "demo/../x"], 2),
        (&["polecat", "add", "demo/a b"], 2),
        (&["polecat", "list", "none"], 3),
        (&["polecat", "remove", "demo/Slit"], 3),
        (&["polecat", "remove", "demo/witness"], 2),
    ] {
        tow.run_in(&town, arguments).expect_status(status);
    }
    assert_eq!(tow.server_pid(), None);
}

#[test]
fn what_would_be_lost_stays() {
    let tow = tow();
    let town = town(&tow);
    for name in ["Toast", "Nux", "Slit", "Ace"] {
        ok_in(&tow, &town, &["polecat", "add", "demo", name]);
    }
    let folder = |name: &str| town.join("demo/polecats").join(name);
    let remove = |name: &str| tow.run_in(&town, &["polecat", "remove", &format!("demo/{name}")]);
    fs::write(folder("Toast").join("new.txt"), "x").unwrap();
    let refused = remove("Toast").expect_error(1, "1 uncommitted file (new.txt)");
    assert!(refused.stderr.contains("tow polecat remove demo/Toast --force"), "{refused:?}");
    git(&folder("Nux"), &["commit", "-q", "--allow-empty", "-m", "Some work"]);
    remove("Nux").expect_error(1, "1 unpushed commit (");
    git(&folder("Nux"), &["push", "-q", "origin", "HEAD"]);
    remove("Nux").expect_status(0);
    let id = ok_in(&tow, &town, &["issue", "create", "One", "--rig", "demo", "--silent"]);
    let id = id.trim();
    ok_in(&tow, &town, &["sling", id, "demo/Slit"]);
    remove("Slit").expect_error(1, &format!("has work on the hook: {id} (One)"));
    let forced =
        tow.run_in(&town, &["polecat", "remove", "demo/Slit", "demo/Toast", "-f"]).expect_status(0);
    assert!(forced.stderr.contains(&format!("{id} (One) was taken off the hook")), "{forced:?}");
    let issue: Value =
        serde_json::from_str(&ok_in(&tow, &town, &["issue", "show", id, "--json"])).unwrap();
    assert_eq!(issue[0]["status"], "open");
    assert!(issue[0]["assignee"].as_str().unwrap_or_default().is_empty(), "{issue}");
    for name in ["Toast", "Nux", "Slit"] {
        assert!(!folder(name).exists(), "{name}");
    }
    // Commits that nobody else has are kept by their branch.
    git(&folder("Ace"), &["commit", "-q", "--allow-empty", "-m", "Precious"]);
    let forced = tow.run_in(&town, &["polecat", "remove", "demo/Ace", "-f"]).expect_status(0);
    assert!(
        forced.stderr.contains("the branch polecat/Ace, which wasn't pushed, stays"),
        "{forced:?}"
    );
    let said = ok_in(&tow, &town, &["polecat", "add", "demo/Ace"]);
    assert!(said.contains("Branch: polecat/Ace-2"), "{said}");
    let several = tow.run_in(&town, &["polecat", "remove", "demo", "--all"]).expect_status(0);
    assert_eq!(several.stdout, "✓ Removed 1 polecat(s).\n");
}

#[test]
fn what_was_half_made_or_removed_by_hand_is_made_anew() {
    let tow = tow();
    let town = town(&tow);
    ok_in(&tow, &town, &["polecat", "add", "demo/Toast"]);
    let polecats = town.join("demo/polecats");
    fs::remove_dir_all(polecats.join("Toast")).unwrap();
    ok_in(&tow, &town, &["polecat", "add", "demo/Toast"]);
    // Killed while it was checked out.
    fs::write(polecats.join(".Toast.making"), "").unwrap();
    fs::remove_file(polecats.join("Toast/README.md")).unwrap();
    ok_in(&tow, &town, &["polecat", "add", "demo/Toast"]);
    assert!(polecats.join("Toast/README.md").exists());
    assert!(!polecats.join(".Toast.making").exists());
    // As newer versions of Gas Town lay them out.
    let inner = polecats.join("nux/demo");
    git(
        &town.join("demo/.repo.git"),
        &["worktree", "add", "-q", "-b", "polecat/nux-mk1", inner.to_str().unwrap()],
    );
    let said = ok_in(&tow, &town, &["polecat", "add", "demo/nux"]);
    assert!(said.contains("is there already") && said.contains("polecat/nux-mk1"), "{said}");
    assert_eq!(fs::read_to_string(inner.join(".beads/redirect")).unwrap(), "../../../.beads\n");
    ok_in(&tow, &town, &["polecat", "remove", "demo/nux"]);
    assert!(!polecats.join("nux").exists());
    // A folder that is something else.
    fs::create_dir_all(polecats.join("Slit/files")).unwrap();
    tow.run_in(&town, &["polecat", "add", "demo/Slit"]).expect_status(1);
    assert!(polecats.join("Slit/files").exists());
}

#[test]
fn workers_are_made_at_the_same_time() {
    let tow = tow();
    let town = town(&tow);
    let mut children: Vec<_> = (0..6)
        .map(|n| {
            let name = if n < 3 { "demo/Toast".to_owned() } else { format!("demo/w{n}") };
            let mut command = tow.command(&["polecat", "add", &name]);
            command.current_dir(&town).env("PWD", &town);
            command.spawn().unwrap()
        })
        .collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    for name in ["Toast", "w3", "w4", "w5"] {
        let folder = town.join("demo/polecats").join(name);
        assert_eq!(git(&folder, &["status", "--porcelain"]), "", "{name}");
        assert!(folder.join("README.md").exists(), "{name}");
    }
}
