//! The same to many: each is tried, and each is told of.

use serde_json::json;
use towline_testkit::{Fleet, Host};

use crate::fleet;

/// A program that is taken for an agent, because it is called as one, of a kind that nobody has rules for: it is typed to as to
/// any program. It prints each line it is given.
const AGENT: &str = "#!/bin/sh\nwhile read line; do echo \"agent got $line\"; done\n";

fn agent(host: &Host, name: &str) {
    host.install("aider", AGENT);
    let outcome = host.tow(&["spawn", "--detach", "--name", name, "--", "aider"]);
    outcome.expect_status(0);
}

fn fleet_of_agents() -> Fleet {
    let fleet = fleet().towline("thor").towline("loki").refusing("dead");
    agent(fleet.host_named("thor"), "api");
    agent(fleet.host_named("thor"), "web");
    agent(fleet.host_named("loki"), "api");
    fleet.host_named("loki").spawn("shell", "cat");
    fleet
}

#[test]
fn a_broadcast_reaches_agents_and_nobody_else() {
    let fleet = fleet_of_agents();
    let refused = fleet.tow.run(&["broadcast", "stop"]);
    refused.expect_error(2, "nobody is there to be asked");
    let dry = fleet.tow.ok(&["broadcast", "--dry-run", "stop"]);
    assert_eq!(dry, "thor: thor:api, thor:web\nloki: loki:api\n");
    let told = fleet.tow.ok(&["broadcast", "--yes", "--match", "a*", "it's `x`; $(y)"]);
    assert_eq!(told, "sent → thor:api: \"it's `x`; $(y)\"\nsent → loki:api: \"it's `x`; $(y)\"\n");
    for target in ["thor:api", "loki:api"] {
        let line = fleet.tow.wait_output(target, "agent got");
        assert_eq!(line.trim_end(), "agent got it's `x`; $(y)");
    }
    assert!(!fleet.tow.ok(&["peek", "thor:web"]).contains("got"));
    assert!(!fleet.tow.ok(&["peek", "loki:shell"]).contains("x"));
    fleet.tow.run(&["broadcast", "--yes", "--match", "none*", "x"]).expect_error(3, "no agent");
    fleet.tow.run(&["broadcast", "--yes", "--match", "[", "x"]).expect_status(2);
    fleet.tow.run(&["broadcast", "--yes", " "]).expect_error(2, "empty");
}

#[test]
fn a_send_to_several_hosts_goes_on_past_failures() {
    let fleet = fleet_of_agents();
    let outcome = fleet.tow.run(&["send", "--remote", "thor,dead,loki", "web", "hello"]);
    let outcome = outcome.expect_status(1);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines[0], "sent → thor:web: \"hello\"");
    assert!(lines[1].starts_with("failed → dead:web: dead is unreachable: "), "{lines:?}");
    assert!(lines[2].starts_with("failed → loki:web: loki: no pane `web`"), "{lines:?}");
    fleet.tow.wait_output("thor:web", "agent got hello");
    let told = fleet.tow.run(&["send", "--remote", "thor,loki", "api", "--json", "x"]);
    let told: serde_json::Value = serde_json::from_str(&told.expect_status(0).stdout).unwrap();
    assert_eq!(
        told,
        json!([{"target": "thor:api", "sent": true}, {"target": "loki:api", "sent": true}])
    );
}
