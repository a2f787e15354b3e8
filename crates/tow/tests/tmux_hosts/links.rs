//! The link to such a host: what it costs, and what happens when it breaks.

use towline_testkit::{Cut, Setup, wait_until};

use crate::{loki, spawn};

#[test]
fn a_host_is_asked_through_few_sessions() {
    let fleet = loki(Setup::tmux());
    spawn(&fleet, "app", "cat");
    let follow = fleet.tow.start(&["peek", "loki:app", "--follow", "-n", "0"]);
    let redrawn = fleet.tow.start(&["peek", "loki:app", "--follow", "-n", "5"]);
    for number in 0..10 {
        fleet.tow.ok(&["send", "loki:app", &format!("line {number}")]);
    }
    while follow.line() != "line 9" {}
    while redrawn.line() != "line 9" {}
    // One for what is asked, one that tells of changes, one for all that follow.
    let opened =
        fleet.ssh.calls().iter().filter(|call| call.arguments.ends_with("exec sh")).count();
    assert!((1..=3).contains(&opened), "{:#?}", fleet.ssh.calls());
}

#[test]
fn a_change_made_there_is_told_here() {
    let fleet = loki(Setup::tmux());
    let host = fleet.host_named("loki");
    spawn(&fleet, "app", "cat");
    fleet.tow.ok(&["list"]);
    host.tmux(&["new-session", "-d", "-s", "other", "-n", "theirs", "cat"]);
    // Within a look's fifteen seconds only a message can tell of it; a list answers from what is known.
    wait_until("it is listed", || {
        let list = fleet.tow.json(&["list", "--json"]);
        list["panes"].as_array().unwrap().iter().any(|pane| pane["name"] == "theirs").then_some(())
    });
    let clients = host.tmux(&["list-clients", "-F", "#{client_control_mode} #{client_readonly}"]);
    assert_eq!(clients, "1 1\n");
    let list = fleet.tow.json(&["list", "--json"]);
    assert!(list["panes"].as_array().unwrap().iter().all(|pane| pane["attached"] == 0), "{list}");
}

#[test]
fn a_host_that_goes_is_told_and_comes_back() {
    let fleet = loki(Setup::tmux());
    spawn(&fleet, "app", "while read line; do echo got $line; done");
    fleet.tow.ok(&["send", "loki:app", "one"]);
    fleet.tow.wait_output("loki:app", "got one");
    let host = fleet.host_named("loki");
    host.relay.cut(Cut::Refuse);
    wait_until("it is told", || {
        let list = fleet.tow.json(&["list", "--json"]);
        (list["hosts"][1]["status"] == "unreachable").then_some(list)
    });
    fleet.tow.run(&["peek", "loki:app"]).expect_status(5);
    fleet.tow.run(&["send", "loki:app", "lost"]).expect_status(5);
    host.relay.restore();
    wait_until("it is back", || (fleet.tow.run(&["peek", "loki:app"]).status == 0).then_some(()));
    let shown = fleet.tow.ok(&["peek", "loki:app"]);
    assert!(shown.contains("got one") && !shown.contains("lost"), "{shown}");
}
