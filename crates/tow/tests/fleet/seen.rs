//! Hosts that are away: what was last seen there, and what a name means meanwhile.

use towline_testkit::{Cut, wait_until};

use crate::fleet;

#[test]
fn a_host_that_is_away_is_listed_with_what_was_seen_there() {
    let fleet = fleet().towline("thor");
    let thor = fleet.host_named("thor");
    thor.spawn("far", "sleep 1000");
    thor.spawn("both", "sleep 1000");
    fleet.tow.spawn("both", "sleep 1000");
    let list = fleet.tow.json(&["list", "--json"]);
    assert_eq!(list["hosts"][1]["status"], "online");
    thor.relay.cut(Cut::Refuse);
    let away = wait_until("the host is known to be away", || {
        let list = fleet.tow.json(&["list", "--json"]);
        (list["hosts"][1]["status"] == "unreachable").then_some(list)
    });
    let targets: Vec<_> = away["panes"].as_array().unwrap().iter().map(|p| &p["target"]).collect();
    assert_eq!(targets, ["local:both", "thor:far", "thor:both"]);
    assert!(away["hosts"][1]["seen_at"].is_string() && away["hosts"][1]["error"].is_string());
    // A name means the same whether its host is there or not.
    fleet.tow.run(&["peek", "both"]).expect_error(4, "local:both, thor:both");
    fleet.tow.run(&["peek", "far"]).expect_error(5, "thor is unreachable: ");
    fleet.tow.run(&["send", "thor:far", "x"]).expect_error(5, "thor is unreachable: ");
    fleet.tow.run(&["list", "--host", "thor"]).expect_status(5);
    let text = fleet.tow.ok(&["list"]);
    let beneath: Vec<&str> =
        text.lines().skip_while(|line| !line.contains("unreachable")).collect();
    assert!(
        beneath[0].starts_with("thor  unreachable: ") && beneath[0].contains("last seen"),
        "{text}"
    );
    assert!(beneath[1].starts_with("thor:far ") && beneath[2].starts_with("thor:both "), "{text}");
    // Also after the server here was killed.
    fleet.tow.kill_server();
    let again = fleet.tow.json(&["list", "--json"]);
    assert_eq!(again["panes"][1]["target"], "thor:far");
    assert!(again["hosts"][1]["seen_at"].is_string());
    thor.relay.restore();
    // Somebody asks for it: it is tried at once.
    fleet.tow.ok(&["peek", "thor:far"]);
    let back = fleet.tow.json(&["list", "--json"]);
    assert_eq!(back["hosts"][1]["status"], "online");
}

#[test]
fn two_aliases_of_a_server_are_one_host() {
    let fleet = fleet().towline("thor");
    fleet.host_named("thor").spawn("far", "sleep 1000");
    let file = fleet.hosts_file();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text + "[host.also]\naddress = \"ssh://thor\"\n").unwrap();
    let list = fleet.tow.json(&["list", "--json"]);
    assert_eq!(list["panes"].as_array().unwrap().len(), 1);
    assert_eq!(list["hosts"][2]["same_as"], "thor");
    assert!(fleet.tow.ok(&["list"]).contains("also  is the same host as thor"));
    fleet.tow.ok(&["peek", "far"]);
    fleet.tow.ok(&["peek", "also:far"]);
}

#[test]
fn a_list_of_hosts_that_cannot_be_read_is_told_of() {
    let fleet = fleet().towline("thor");
    fleet.tow.spawn("near", "sleep 1000");
    let file = fleet.hosts_file();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}[host.x]\nadress = \"ssh://x\"\n")).unwrap();
    let outcome = fleet.tow.run(&["list"]).expect_status(0);
    assert!(
        outcome.stderr.contains("hosts.toml:") && outcome.stderr.contains("adress"),
        "{outcome:?}"
    );
    assert!(outcome.stdout.contains("near"), "{outcome:?}");
    std::fs::write(&file, text).unwrap();
    let outcome = fleet.tow.run(&["list"]).expect_status(0);
    assert_eq!(outcome.stderr, "");
    assert_eq!(fleet.tow.json(&["list", "--json"])["hosts"][1]["host"], "thor");
}

#[test]
fn a_host_in_no_list_is_reached_by_its_address() {
    let fleet = fleet().towline("thor");
    fleet.host_named("thor").spawn("far", "cat");
    std::fs::remove_file(fleet.hosts_file()).unwrap();
    let user = fleet.host_named("thor").sh("id -un").stdout;
    let host = format!("{}@thor", user.trim());
    let target = format!("{host}:far");
    fleet.tow.ok(&["send", &target, "hello"]);
    assert!(fleet.tow.wait_output(&target, "hello").contains("hello"));
    let list = fleet.tow.json(&["list", "--host", "thor", "--json"]);
    assert_eq!(list["panes"][0]["target"], "thor:far");
    let spawned = fleet.tow.ok(&["spawn", "--on", &host, "-d", "--name", "new", "--", "cat"]);
    assert_eq!(spawned, format!("{host}:new\n"));
    fleet.tow.run(&["list", "--host", "-oProxyCommand=x"]).expect_status(2);
    fleet.tow.run(&["peek", "a@-b:x"]).expect_error(2, "begins with `-`");
    fleet.tow.run(&["peek", "nohost:x"]).expect_error(3, "no host or session `nohost`");
}

#[test]
fn agents_in_this_machines_tmux_are_listed_beside_towlines_panes() {
    let fleet = fleet().host("thor", towline_testkit::Setup::towline().with_tmux());
    let thor = fleet.host_named("thor");
    // One that there are no rules for: whatever it shows, it is typed to.
    thor.install("amp", "#!/bin/sh\nwhile read line; do echo \"agent got $line\"; done\n");
    thor.tmux(&["new-session", "-d", "-s", "old", "-n", "work", "amp"]);
    thor.tmux(&["new-window", "-d", "-t", "old", "-n", "shell", "cat"]);
    thor.spawn("own", "cat");
    let there = thor.tow(&["list"]).expect_status(0).stdout;
    assert!(
        there.contains("work ") && there.contains("own ") && !there.contains("shell"),
        "{there}"
    );
    let list = wait_until("the agent is listed here", || {
        let list = fleet.tow.json(&["list", "--json"]);
        let panes = list["panes"].as_array().unwrap().clone();
        (panes.len() == 2).then_some(panes)
    });
    let agent = list.iter().find(|pane| pane["name"] == "work").unwrap();
    assert_eq!(agent["target"], "thor:work");
    assert_eq!(agent["agent"]["kind"], "amp");
    fleet.tow.ok(&["send", "thor:work", "hello"]);
    fleet.tow.wait_output("work", "agent got hello");
    assert!(thor.tow(&["peek", "old:work"]).expect_status(0).stdout.contains("agent got hello"));
    fleet.tow.run(&["peek", "thor:nothing"]).expect_error(3, "no pane `nothing`");
}

#[test]
fn a_host_of_another_version_is_used_where_the_two_have_a_protocol_in_common() {
    use towline_testkit::Setup;
    let fleet = fleet()
        .host("newer", Setup::towline().env("TOWLINE_PROTOCOL", "1-2"))
        .host("foreign", Setup::towline().env("TOWLINE_PROTOCOL", "7-8"));
    fleet.tow.ok(&["spawn", "--on", "newer", "-d", "--name", "x", "--", "sleep", "1000"]);
    fleet.tow.ok(&["peek", "newer:x"]);
    let refused = fleet.tow.run(&["spawn", "--on", "foreign", "-d", "--", "sleep", "1"]);
    let refused = refused.expect_error(5, "foreign is unreachable: ");
    assert!(refused.stderr.contains("protocol 7 to 8"), "{refused:?}");
}

#[test]
fn a_server_that_was_stopped_on_its_host_is_left_so() {
    let fleet = fleet().towline("thor");
    let thor = fleet.host_named("thor");
    thor.spawn("far", "sleep 1000");
    fleet.tow.ok(&["peek", "thor:far"]);
    thor.tow(&["server", "stop"]).expect_status(0);
    let refused = wait_until("it is known that it was stopped", || {
        let outcome = fleet.tow.run(&["peek", "thor:far"]);
        (outcome.status == 5).then_some(outcome)
    });
    assert!(refused.stderr.contains("stopped"), "{refused:?}");
    assert!(!thor.there().home().join("state/server.sock").exists());
    thor.tow(&["server", "start"]).expect_status(0);
    wait_until("it is used again", || {
        (fleet.tow.run(&["peek", "thor:far"]).status == 0).then_some(())
    });
}
