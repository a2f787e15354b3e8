//! The store is lost, and what it knew.

use towline_testkit::{Tow, wait_until};

use crate::{processes, tow};

fn id(tow: &Tow, name: &str) -> u64 {
    tow.pane(name)["id"].as_str().unwrap().strip_prefix('%').unwrap().parse().unwrap()
}

fn lose_store(tow: &Tow) {
    tow.kill_server();
    for name in ["state.db", "state.db-wal", "state.db-shm"] {
        let _ = std::fs::remove_file(tow.state().join(name));
    }
    assert!(!tow.state().join("state.db").exists());
}

#[test]
fn living_panes_are_adopted_with_their_names() {
    let tow = tow();
    for name in ["a", "old name", "ended"] {
        tow.spawn(name, "echo ready; read line; echo got $line; exec sleep 1000");
        tow.wait_output(name, "ready");
    }
    tow.ok(&["rename", "old name", "né w"]);
    tow.ok(&["send", "ended", "x"]);
    tow.wait_output("ended", "got x");
    tow.ok(&["kill", "--signal", "KILL", "a"]);
    assert_eq!(tow.spawn("a", "exec sleep 1000"), "a");
    let before = tow.pane("né w");
    let newest = id(&tow, "a");
    processes::kill(processes::holder(&tow, "ended"));
    lose_store(&tow);
    let after = tow.pane("né w");
    for same in ["id", "pid", "name", "session", "window", "cwd", "command", "created_at", "status"]
    {
        assert_eq!(after[same], before[same], "{same}");
    }
    tow.ok(&["send", "né w", "hello"]);
    tow.wait_output("né w", "^got hello$");
    assert_eq!(tow.pane("ended")["exit"]["lost"], "holder");
    assert!(tow.ok(&["peek", "ended"]).contains("got x"));
    let mut names: Vec<String> = tow.panes().iter().map(|pane| pane["name"].to_string()).collect();
    names.sort();
    assert_eq!(names, ["\"a\"", "\"ended\"", "\"né w\""]);
    // What was adopted is in the new store: also a server that finds the store but not the newest pane goes on.
    tow.ok(&["kill", "a"]);
    tow.kill_server();
    tow.spawn("b", "exec sleep 1000");
    assert!(id(&tow, "b") > newest);
}

#[test]
fn programs_that_had_ended_are_not_started_again_by_a_lost_store() {
    let tow = tow();
    let words = ["spawn", "--detach", "--name", "x", "--restart", "on-failure", "--", "sh", "-c"];
    tow.ok(&[&words[..], &["echo x >> times; read line; exit 7"]].concat());
    let holder = processes::holder(&tow, "x");
    tow.ok(&["server", "stop"]);
    processes::kill(holder);
    tow.ok(&["list"]);
    // It was lost with its holder, which is a failure: it is due again, and the store says so.
    lose_store(&tow);
    let pane = tow.pane("x");
    assert!(pane["exit"]["lost"] == "holder" || pane["status"] == "running", "{pane}");
}

#[test]
fn ids_are_never_used_twice() {
    let tow = tow();
    let mut last = 0;
    for round in 0..4 {
        let name = tow.spawn("x", "exec sleep 1000");
        let id = id(&tow, &name);
        assert!(id > last, "{id} after {last}");
        last = id;
        tow.ok(&["kill", "x"]);
        match round % 2 {
            0 => tow.kill_server(),
            _ => drop(tow.ok(&["server", "restart"])),
        }
    }
    // Nor one of a pane that was lost with its store and adopted.
    tow.spawn("x", "exec sleep 1000");
    let kept = id(&tow, "x");
    lose_store(&tow);
    assert_eq!(id(&tow, "x"), kept);
    tow.ok(&["kill", "x"]);
    tow.kill_server();
    wait_until("no server runs", || processes::server(&tow).is_none().then_some(()));
    tow.spawn("x", "exec sleep 1000");
    assert!(id(&tow, "x") > kept);
}
