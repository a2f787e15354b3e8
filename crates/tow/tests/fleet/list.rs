//! `tow list` over hosts that answer and hosts that don't.

use std::time::{Duration, Instant};

use crate::fleet;

#[test]
fn the_panes_of_all_hosts_are_one_list() {
    let fleet = fleet().towline("thor").towline("loki").refusing("dead").silent("mute");
    fleet.host_named("thor").spawn("far", "sleep 1000");
    fleet.host_named("loki").spawn("further", "sleep 1000");
    fleet.tow.spawn("near", "sleep 1000");
    let begun = Instant::now();
    let list = fleet.tow.json(&["list", "--json"]);
    assert!(begun.elapsed() < Duration::from_millis(2500), "{:?}", begun.elapsed());
    let targets: Vec<_> =
        list["panes"].as_array().unwrap().iter().map(|pane| pane["target"].clone()).collect();
    assert_eq!(targets, ["near", "thor:far", "loki:further"]);
    let states: Vec<_> = list["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|host| format!("{} {}", host["host"], host["status"]).replace('"', ""))
        .collect();
    let expected = ["local online", "thor online", "loki online", "dead unreachable"];
    assert_eq!(states[..4], expected);
    assert!(states[4].starts_with("mute "), "{states:?}");
}
