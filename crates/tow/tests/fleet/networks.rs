//! Hosts in networks of their own, over cables that are pulled. Needs root; without, each test says that it is skipped.

use std::time::{Duration, Instant};

use towline_testkit::netns::{self, Cable};
use towline_testkit::ordeal::Ordeal;
use towline_testkit::{Fleet, Outer, Random, Setup};

use crate::fleet;

/// A client in one network and thor in another.
fn over_a_cable() -> Option<(Fleet, Cable)> {
    if let Err(reason) = netns::available() {
        eprintln!("skipped: {reason}");
        return None;
    }
    let cable = Cable::new();
    let fleet = fleet().inside(&cable.here).host("thor", Setup::towline().at(&cable.there));
    Some((fleet, cable))
}

#[test]
fn every_line_and_every_input_is_there_once_over_a_cable_that_is_pulled() {
    let Some((fleet, cable)) = over_a_cable() else { return };
    let mut random = Random::new();
    Ordeal::on(&fleet, "thor").lines(20).survive(|| {
        for pull in 0..8 {
            random.moment(500);
            cable.cut();
            // Longer than a link is trusted that says nothing, now and then.
            random.moment(if pull % 4 == 3 { 4000 } else { 500 });
            cable.restore();
        }
    });
}

#[test]
fn a_client_that_moves_to_another_network_goes_on() {
    let Some((fleet, cable)) = over_a_cable() else { return };
    let program = "stty -echo; echo ready; while read x; do echo \"got $x\"; done";
    fleet.host_named("thor").spawn("x", program);
    let terminal = Outer::attach(&fleet.tow, &["thor:x"], (80, 24));
    terminal.wait_text("ready");
    cable.cut();
    terminal.type_in("meanwhile\r");
    cable.move_here(77);
    cable.restore();
    let begun = Instant::now();
    terminal.wait_text("got meanwhile");
    eprintln!("live: {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
    terminal.wait_for("it shows the pane", |seen| seen.rows() == ["ready", "got meanwhile"]);
    assert_eq!(fleet.tow.ok(&["peek", "thor:x"]), "ready\ngot meanwhile\n");
}

#[test]
fn a_cable_that_is_pulled_leaves_other_hosts_alone() {
    if let Err(reason) = netns::available() {
        return eprintln!("skipped: {reason}");
    }
    let cable = Cable::new();
    let other = cable.second();
    let fleet = fleet()
        .inside(&cable.here)
        .host("thor", Setup::towline().at(&cable.there))
        .host("loki", Setup::towline().at(&other.there));
    let program = "stty -echo; echo ready; while read x; do echo \"got $x\"; done";
    for host in ["thor", "loki"] {
        fleet.host_named(host).spawn("x", program);
    }
    let terminals = ["thor:x", "loki:x"].map(|target| {
        let terminal = Outer::attach(&fleet.tow, &[target], (80, 24));
        terminal.wait_text("ready");
        terminal
    });
    cable.cut();
    for terminal in &terminals {
        terminal.type_in("meanwhile\r");
    }
    // The one goes on as if nothing had happened.
    terminals[1].wait_text("got meanwhile");
    let begun = Instant::now();
    fleet.tow.ok(&["send", "loki:x", "more"]);
    fleet.tow.wait_output("loki:x", "got more");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    cable.restore();
    terminals[0].wait_text("got meanwhile");
    for (target, expected) in
        [("thor:x", "ready\ngot meanwhile\n"), ("loki:x", "ready\ngot meanwhile\ngot more\n")]
    {
        assert_eq!(fleet.tow.ok(&["peek", target]), expected);
    }
}
