//! `tow list` over hosts that answer and hosts that don't.

use std::time::{Duration, Instant};

use towline_testkit::{Outer, wait_until};

use crate::fleet;

/// What `tow list` may take with hosts that say nothing.
const WHOLE: Duration = Duration::from_millis(2500);

#[test]
fn the_panes_of_all_hosts_are_one_list() {
    let fleet =
        fleet().towline("thor").towline("loki").tmux("odin").refusing("dead").silent("mute");
    fleet.host_named("thor").spawn("far", "sleep 1000");
    fleet.host_named("loki").spawn("further", "sleep 1000");
    fleet.host_named("odin").tmux(&["new-session", "-d", "-s", "main", "-n", "old", "sleep 1000"]);
    fleet.tow.spawn("near", "sleep 1000");
    let begun = Instant::now();
    let list = fleet.tow.json(&["list", "--json"]);
    assert!(begun.elapsed() < WHOLE, "{:?}", begun.elapsed());
    let targets: Vec<_> =
        list["panes"].as_array().unwrap().iter().map(|pane| pane["target"].clone()).collect();
    assert_eq!(targets, ["near", "thor:far", "loki:further", "odin:old"]);
    let states: Vec<_> = list["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|host| format!("{} {}", host["host"], host["status"]).replace('"', ""))
        .collect();
    let expected =
        ["local online", "thor online", "loki online", "odin online", "dead unreachable"];
    assert_eq!(states[..5], expected);
    assert!(states[5].starts_with("mute "), "{states:?}");
    let dead = list["hosts"][4]["error"].as_str().unwrap();
    assert!(dead.contains("refused"), "{dead}");
    // Once it is known to be away, the one that is silent holds up nothing.
    wait_until("the silent host is given up", || {
        let text = fleet.tow.ok(&["list"]);
        text.contains("mute  unreachable").then_some(())
    });
    let begun = Instant::now();
    fleet.tow.ok(&["list"]);
    assert!(begun.elapsed() < WHOLE / 2, "{:?}", begun.elapsed());
}

#[test]
fn good_hosts_are_shown_at_once_on_a_terminal() {
    let fleet = fleet().towline("thor").silent("mute");
    fleet.host_named("thor").spawn("far", "sleep 1000");
    fleet.tow.ok(&["peek", "thor:far"]);
    let mut outer = Outer::start(fleet.tow.command(&["list"]), (80, 24));
    // Both are there while the list still waits.
    outer.wait_for("the good one is shown", |seen| {
        let rows = seen.rows();
        rows.iter().any(|row| row.starts_with("thor:far "))
            && rows.iter().any(|row| row.starts_with("mute  connecting"))
    });
    assert_eq!(outer.finish(), Some(0));
}
