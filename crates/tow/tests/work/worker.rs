//! `tow spawn RIG/NAME --issue ISSUE`.

use std::fs;

use serde_json::Value;
use towline_testkit::{Demo, wait_until};

use crate::common::{ok_in, tow, town};

#[test]
fn a_naked_worker_is_told_how_to_start() {
    let mut tow = tow();
    // No agent of the machine's own.
    tow.set_env("PATH", "/usr/bin:/bin");
    let town = town(&tow);
    let id = ok_in(&tow, &town, &["issue", "create", "Fix it", "--rig", "demo", "--silent"]);
    let id = id.trim();
    let said =
        ok_in(&tow, &town, &["spawn", "demo/Toast", "--issue", id, "--naked", "--args", "now"]);
    let toast = town.join("demo/polecats/Toast");
    assert!(said.starts_with(&format!("🎯 Slinging {id} to demo/polecats/Toast...\n")), "{said}");
    let by_hand = format!("To start the agent:\n  cd {}\n  claude\n", toast.display());
    assert!(said.contains(&by_hand), "{said}");
    let mails: Value =
        serde_json::from_str(&ok_in(&tow, &toast, &["mail", "inbox", "--json"])).unwrap();
    assert_eq!(mails[0]["subject"], format!("Work slung: {id} (Fix it)"));
    assert!(ok_in(&tow, &toast, &["prime"]).contains("\n  now\n"));
    // Again: nothing comes twice.
    let again = ok_in(
        &tow,
        &town,
        &["spawn", "demo/Toast", "--issue", id, "--naked", "--", "codex", "-m", "a b"],
    );
    assert!(again.contains("no-op") && again.contains("\n  codex -m 'a b'\n"), "{again}");
    let mails: Value =
        serde_json::from_str(&ok_in(&tow, &toast, &["mail", "inbox", "--json"])).unwrap();
    assert_eq!(mails.as_array().unwrap().len(), 1);
    assert_eq!(tow.server_pid(), None);
    for (arguments, status) in [
        (&["spawn", "--issue", id][..], 2),
        (&["spawn", "mayor", "--issue", id], 2),
        (&["spawn", "none/Toast", "--issue", id], 3),
        (&["spawn", "demo/Toast", "--issue", "demo-none"], 3),
        (&["spawn", "demo/Toast", "--naked"], 2),
    ] {
        tow.run_in(&town, arguments).expect_status(status);
    }
}

#[test]
fn a_worker_with_a_pane_knows_who_it_is() {
    let tow = tow();
    let demo = Demo::install(&tow);
    let town = town(&tow);
    let id = ok_in(&tow, &town, &["issue", "create", "Fix it", "--rig", "demo", "--silent"]);
    let id = id.trim();
    let env = tow.work().join("env");
    let script = format!(
        "env > '{}.new'; mv '{}.new' '{}'; pwd; exec sleep 1000",
        env.display(),
        env.display(),
        env.display()
    );
    let said = ok_in(&tow, &town, &["spawn", "demo", "--issue", id, "--", "sh", "-c", &script]);
    assert!(said.ends_with("✓ Work attached to hook\ndemo-Toast\n"), "{said}");
    let variables = wait_until("it has started", || fs::read_to_string(&env).ok());
    for line in ["TOWLINE_ROLE=demo/polecats/Toast", "BD_ACTOR=demo/polecats/Toast"] {
        assert!(variables.lines().any(|one| one == line), "{line}: {variables}");
    }
    let pane = tow.pane("demo-Toast");
    assert_eq!(pane["cwd"], town.join("demo/polecats/Toast").to_str().unwrap());
    tow.run_in(&town, &["polecat", "remove", "demo/Toast"])
        .expect_error(1, "works in the pane demo-Toast");
    // Whoever has a pane gets no second one.
    let again = tow
        .run_in(&town, &["spawn", "demo/Toast", "--issue", id, "--", "sleep", "1000"])
        .expect_status(0);
    assert!(again.stderr.contains("has a pane already: demo-Toast"), "{again:?}");
    assert_eq!(tow.panes().len(), 1);
    let agent = demo.program().to_str().unwrap();
    let next = ok_in(&tow, &town, &["issue", "create", "Next", "--rig", "demo", "--silent"]);
    let said =
        ok_in(&tow, &town, &["spawn", "demo", "--issue", next.trim(), "--json", "--", agent]);
    let pane: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(pane["name"], "demo-Nux");
}
