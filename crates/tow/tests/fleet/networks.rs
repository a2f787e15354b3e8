//! A host in a network of its own, over a cable that is pulled. Needs root; without, each test says that it is skipped.

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
