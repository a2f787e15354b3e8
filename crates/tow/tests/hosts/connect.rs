//! `tow host connect` and `disconnect`.

use towline_testkit::wait_until;

use crate::fleet;

#[test]
fn a_host_is_connected_to_and_let_go() {
    let fleet = fleet().towline("thor");
    let connected = fleet.tow.json(&["host", "connect", "--json", "thor"]);
    assert_eq!(connected["host"], "thor");
    assert_eq!(connected["version"], env!("CARGO_PKG_VERSION"));
    assert!(connected["rtt_ms"].as_f64().unwrap() > 0.0, "{connected}");
    assert!(!fleet.host_named("thor").ssh_pids().is_empty());
    let list = fleet.tow.json(&["host", "list", "--json"]);
    assert_eq!(list["hosts"][0]["status"], "online", "{list}");

    fleet.tow.run(&["host", "disconnect", "--all"]).expect_status(0);
    wait_until("ssh has ended", || fleet.host_named("thor").ssh_pids().is_empty().then_some(()));
}

#[test]
fn what_keeps_it_from_connecting_is_told() {
    let fleet = fleet().refusing("dead");
    let said = fleet.tow.run(&["host", "connect", "dead"]).expect_status(5);
    assert_eq!(said.stderr.lines().next(), Some("tow: cannot reach dead: Connection refused"));
}
