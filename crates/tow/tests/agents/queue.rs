//! `tow send --when idle` and `tow queue`.

use std::time::Duration;

use serde_json::Value;
use towline_testkit::{Cut, Demo, Fleet, Tow, process, wait_until};

fn tow() -> (Tow, Demo) {
    let tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    let demo = Demo::install(&tow);
    (tow, demo)
}

#[track_caller]
fn until(tow: &Tow, target: &str, state: &str) {
    wait_until(&format!("{target} is {state}"), || {
        (tow.pane(target)["agent"]["state"] == state).then_some(())
    });
}

/// Waits until so many prompts were taken, and returns them.
#[track_caller]
fn taken(demo: &Demo, count: usize) -> Vec<String> {
    wait_until("the prompts are taken", || Some(demo.taken()).filter(|all| all.len() >= count))
}

fn queue(tow: &Tow) -> Vec<Value> {
    tow.json(&["queue", "list", "--json"]).as_array().cloned().unwrap()
}

#[track_caller]
fn until_empty(tow: &Tow) {
    wait_until("no prompt waits", || queue(tow).is_empty().then_some(()));
}

#[test]
fn prompts_wait_until_the_agent_is_idle_and_come_in_order() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &["work=2"]);
    tow.ok(&["send", "x", "zero"]);
    until(&tow, "x", "working");
    assert_eq!(tow.ok(&["send", "x", "--when", "idle", "one"]), "queued → x: \"one\" (prompt 1)\n");
    tow.ok(&["send", "x", "--when", "idle", "two\nlines"]);
    assert_eq!(tow.pane("x")["queued"], 2);
    assert_eq!(tow.ok(&["queue", "list"]), "1  x  \"one\"\n2  x  \"two\\nlines\"\n");
    assert_eq!(tow.ok(&["queue", "ls", "x"]).lines().count(), 2);
    assert_eq!(taken(&demo, 3), ["zero", "one", r"two\nlines"]);
    until_empty(&tow);
    assert_eq!(tow.pane("x")["queued"], 0);
}

#[test]
fn an_idle_agent_gets_it_at_once_and_one_that_asks_later() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &["work=0.2"]);
    tow.ok(&["send", "x", "--when", "idle", "ask"]);
    assert_eq!(taken(&demo, 1), ["ask"]);
    until(&tow, "x", "blocked");
    tow.ok(&["send", "x", "--when", "idle", "then this"]);
    std::thread::sleep(Duration::from_millis(700));
    assert!(demo.answered().is_empty());
    tow.ok(&["approve", "x"]);
    assert_eq!(taken(&demo, 2), ["ask", "then this"]);
}

#[test]
fn prompts_are_taken_back() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &["work=2"]);
    tow.ok(&["send", "x", "zero"]);
    until(&tow, "x", "working");
    for text in ["one", "two", "three"] {
        tow.ok(&["send", "x", "--when", "idle", text]);
    }
    assert_eq!(tow.ok(&["queue", "drop", "2"]), "dropped 2\n");
    tow.run(&["queue", "drop", "2"]).expect_error(3, "no prompt 2 waits");
    tow.run(&["queue", "drop", "x"]).expect_error(2, "no prompt's number");
    assert_eq!(taken(&demo, 3), ["zero", "one", "three"]);
    until(&tow, "x", "working");
    tow.ok(&["send", "x", "--when", "idle", "four"]);
    tow.ok(&["queue", "drop", "--all"]);
    assert!(queue(&tow).is_empty());
}

#[test]
fn what_can_not_wait_is_told() {
    let (tow, _demo) = tow();
    tow.spawn("plain", "exec sleep 1000");
    let told = tow.run(&["send", "plain", "--when", "idle", "x"]);
    told.expect_error(2, "plain runs no agent that is known");
    tow.run(&["send", "none", "--when", "idle", "x"]).expect_error(3, "no pane `none`");
    tow.run(&["send", "plain", "--when", "later", "x"]).expect_error(2, "idle");
}

#[test]
fn the_same_id_is_left_once() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &["work=1"]);
    tow.ok(&["send", "x", "zero"]);
    until(&tow, "x", "working");
    for _ in 0..3 {
        tow.ok(&["send", "x", "--when", "idle", "--id", "k", "one"]);
    }
    assert_eq!(queue(&tow).len(), 1);
    assert_eq!(taken(&demo, 2), ["zero", "one"]);
    until_empty(&tow);
    tow.ok(&["send", "x", "--when", "idle", "--id", "k", "one"]);
    assert!(queue(&tow).is_empty());
    assert_eq!(demo.taken(), ["zero", "one"]);
}

#[test]
fn one_that_is_not_taken_stays_with_its_trouble() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &["deaf"]);
    tow.ok(&["send", "x", "--when", "idle", "one"]);
    tow.ok(&["send", "x", "--when", "idle", "two"]);
    let first = wait_until("it is in trouble", || {
        queue(&tow).into_iter().find(|item| item["error"].is_string())
    });
    assert_eq!(first["text"], "one");
    assert!(first["error"].as_str().unwrap().contains("has not taken it"), "{first}");
    assert!(tow.ok(&["queue", "list"]).contains("not delivered: "));
    assert!(demo.taken().is_empty());
    tow.ok(&["queue", "drop", "--all", "x"]);
    assert!(queue(&tow).is_empty());
}

#[test]
fn each_comes_once_though_the_server_is_killed_again_and_again() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &["work=0.3"]);
    let texts: Vec<String> = (0..6).map(|number| format!("prompt {number}")).collect();
    for text in &texts {
        tow.ok(&["send", "x", "--when", "idle", text]);
    }
    let mut random = towline_testkit::Random::new();
    while demo.taken().len() < texts.len() {
        random.moment(900);
        process::kill(wait_until("a server runs", || {
            tow.run(&["list"]);
            process::server(&tow)
        }));
        tow.ok(&["list"]);
    }
    until_empty(&tow);
    assert_eq!(demo.taken(), texts);
}

#[test]
fn prompts_of_a_pane_that_is_removed_are_dropped() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &["work=60"]);
    tow.ok(&["send", "x", "zero"]);
    until(&tow, "x", "working");
    tow.ok(&["send", "x", "--when", "idle", "one"]);
    let pid = i32::try_from(tow.pane("x")["pid"].as_i64().unwrap()).unwrap();
    process::kill(pid);
    tow.ok(&["wait", "x", "--exit"]);
    // One that has ended keeps them, for it may be resumed.
    assert_eq!(queue(&tow).len(), 1);
    tow.kill_server();
    assert_eq!(queue(&tow).len(), 1);
    tow.ok(&["kill", "x"]);
    assert!(queue(&tow).is_empty());
}

#[test]
fn prompts_for_a_host_that_is_away_lie_here_until_it_is_back() {
    let fleet = Fleet::new(env!("CARGO_BIN_EXE_tow")).towline("thor");
    let thor = fleet.host_named("thor");
    let demo = Demo::install(thor.there());
    demo.spawn(thor.there(), "x", &["work=1"]);
    thor.there().ok(&["send", "x", "zero"]);
    until(thor.there(), "x", "working");
    fleet.tow.ok(&["list"]);
    assert_eq!(
        fleet.tow.ok(&["send", "thor:x", "--when", "idle", "one"]),
        "queued → thor:x: \"one\" (prompt thor:1)\n"
    );
    assert_eq!(taken(&demo, 2), ["zero", "one"]);
    thor.relay.cut(Cut::Refuse);
    wait_until("the host is found away", || {
        let list = fleet.tow.json(&["list", "--json"]);
        let hosts = list["hosts"].as_array().cloned().unwrap();
        hosts.iter().any(|host| host["status"] == "unreachable").then_some(())
    });
    for text in ["two", "three"] {
        let told = fleet.tow.ok(&["send", "thor:x", "--when", "idle", text]);
        assert!(told.starts_with("queued here, until thor is back → thor:x: "), "{told}");
    }
    let held = queue(&fleet.tow);
    assert_eq!(held.len(), 2);
    assert_eq!((&held[0]["held_here"], &held[0]["host"]), (&true.into(), &"thor".into()));
    assert_eq!(fleet.tow.ok(&["queue", "list", "thor:x"]).lines().count(), 2);
    // Nor are they lost with the server here.
    fleet.tow.kill_server();
    assert_eq!(queue(&fleet.tow).len(), 2);
    thor.relay.restore();
    assert_eq!(taken(&demo, 4), ["zero", "one", "two", "three"]);
    until_empty(&fleet.tow);
    assert_eq!(demo.taken().len(), 4);
}

#[test]
fn prompts_for_an_agent_in_a_hosts_tmux_lie_with_whoever_drives_it() {
    let fleet = Fleet::new(env!("CARGO_BIN_EXE_tow")).tmux("loki");
    Demo::install(&fleet.tow);
    let loki = fleet.host_named("loki");
    let program = Demo::program_in(&loki.home().join("bin"));
    let taken_there = loki.project("app").join("taken");
    let words = ["spawn", "--on", "loki", "app", "--detach", "--", program.to_str().unwrap()];
    fleet.tow.ok(&[&words[..], &["work=2"]].concat());
    fleet.tow.ok(&["wait", "loki:app", "--state", "idle", "--timeout", "30s"]);
    fleet.tow.ok(&["send", "loki:app", "zero"]);
    fleet.tow.ok(&["wait", "loki:app", "--state", "working", "--timeout", "30s"]);
    for text in ["one", "two"] {
        let told = fleet.tow.ok(&["send", "loki:app", "--when", "idle", text]);
        assert!(told.starts_with("queued here → loki:app: "), "{told}");
    }
    assert_eq!(fleet.tow.ok(&["queue", "list", "loki:app"]).lines().count(), 2);
    wait_until("they are taken", || {
        let taken = std::fs::read_to_string(&taken_there).unwrap_or_default();
        (taken == "zero\none\ntwo\n").then_some(())
    });
    until_empty(&fleet.tow);
}
