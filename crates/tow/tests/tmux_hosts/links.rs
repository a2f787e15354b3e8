//! The link to such a host: what it costs, and what happens when it breaks.

use std::time::Duration;

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
    wait_until("somebody watches", || {
        let format = "#{client_control_mode} #{client_readonly}";
        (host.tmux(&["list-clients", "-F", format]) == "1 1\n").then_some(())
    });
    host.tmux(&["new-session", "-d", "-s", "other", "-n", "theirs", "cat"]);
    let begun = std::time::Instant::now();
    wait_until("it is listed", || {
        let list = fleet.tow.json(&["list", "--json"]);
        list["panes"].as_array().unwrap().iter().any(|pane| pane["name"] == "theirs").then_some(())
    });
    // A list answers from what is known, and only every fifteen seconds is looked without a word.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
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
