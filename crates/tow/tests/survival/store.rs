//! The store is lost, and what it knew.

use std::time::Duration;

use towline_testkit::{Tow, wait_until};

use crate::{processes, tow};

fn id(tow: &Tow, name: &str) -> u64 {
    tow.pane(name)["id"].as_str().unwrap().strip_prefix('%').unwrap().parse().unwrap()
}

fn lose_store(tow: &Tow) {
    tow.kill_server();
    remove_store(tow);
}

fn remove_store(tow: &Tow) {
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
    let program = "echo x >> times; while [ ! -e go ]; do sleep 0.01; done; exit 7";
    let words = ["spawn", "--detach", "--name", "x", "--restart", "on-failure", "--", "sh", "-c"];
    tow.ok(&[&words[..], &[program]].concat());
    let (holder, program) = (processes::holder(&tow, "x"), processes::program(&tow, "x"));
    tow.ok(&["server", "stop"]);
    std::fs::write(tow.work().join("go"), "").unwrap();
    wait_until("the program has ended", || (!processes::is_alive(program)).then_some(()));
    processes::kill(holder);
    remove_store(&tow);
    assert!(!tow.pane("x")["exit"].is_null());
    // Longer than the pause before a restart: nobody knows any more how often it was started.
    std::thread::sleep(Duration::from_millis(1300));
    assert!(!tow.pane("x")["exit"].is_null());
    assert_eq!(std::fs::read_to_string(tow.work().join("times")).unwrap(), "x\n");
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
