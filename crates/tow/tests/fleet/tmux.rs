//! A host that has nothing but tmux.

use std::time::{Duration, Instant};

use crate::fleet;

#[test]
fn every_verb_works_on_a_host_with_only_tmux() {
    let fleet = fleet().tmux("loki");
    let loki = fleet.host_named("loki");
    loki.project("gridplay");
    let line = "echo in $PWD; while read line; do echo got $line; done";
    let spawned =
        fleet.tow.ok(&["spawn", "--on", "loki", "gridplay", "-d", "--", "sh", "-c", line]);
    assert_eq!(spawned, "loki:gridplay\n");
    fleet.tow.wait_output("loki:gridplay", "in .*gridplay");
    let list = fleet.tow.json(&["list", "--json"]);
    assert_eq!(list["hosts"][1]["status"], "online");
    assert_eq!(list["panes"][0]["target"], "loki:gridplay");
    assert_eq!(list["panes"][0]["session"], "agents");
    let sent = fleet.tow.ok(&["send", "gridplay", "it's `x`; $(y) #(z) -t C-c;"]);
    assert!(sent.starts_with("sent → loki:gridplay: "), "{sent}");
    fleet.tow.wait_output("loki:gridplay", "got it's");
    let lines = fleet.tow.ok(&["peek", "loki:gridplay"]);
    assert!(lines.contains("got it's `x`; $(y) #(z) -t C-c;"), "{lines}");
    fleet.tow.ok(&["rename", "loki:gridplay", "a:b.c"]);
    let info = fleet.tow.json(&["info", "loki:=a:b.c", "--json"]);
    assert_eq!(info["name"], "a:b.c");
    let follow = fleet.tow.start(&["peek", "loki:=a:b.c", "--follow", "-n", "0"]);
    fleet.tow.ok(&["send", "loki:=a:b.c", "again"]);
    let begun = Instant::now();
    while !follow.line().contains("got again") {
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
    drop(follow);
    let waiting = fleet.tow.start(&["wait", "loki:=a:b.c", "--exit"]);
    assert_eq!(fleet.tow.ok(&["kill", "loki:=a:b.c"]), "killed loki:a:b.c\n");
    let mut waiting = waiting;
    assert!(waiting.finish().success());
    fleet.tow.run(&["info", "loki:=a:b.c"]).expect_error(3, "no pane");
    let missing = fleet.tow.run(&["spawn", "--on", "loki", "nowhere", "-d", "--", "sh"]);
    missing.expect_error(2, "loki has no folder");
}
