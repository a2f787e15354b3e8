//! `tow host add`: the entry, the connection, the check.

use std::fs;

use towline_testkit::{Outer, Setup};

use crate::{fleet, json};

#[test]
fn a_host_that_cannot_be_reached_is_added_all_the_same() {
    let fleet = fleet().refusing("dead");
    fs::write(fleet.hosts_file(), "").unwrap();
    let said = fleet.tow.run(&["host", "add", "dead"]).expect_status(0);
    assert!(
        said.stderr.contains("warning: dead can't be reached now: Connection refused"),
        "{said:?}"
    );
    assert!(fs::read_to_string(fleet.hosts_file()).unwrap().contains("[host.dead]"));
}

#[test]
fn a_host_that_can_is_checked() {
    let fleet = fleet().host("thor", Setup::towline().with_tmux());
    fs::write(fleet.hosts_file(), "").unwrap();
    let projects = fleet.host_named("thor").projects();
    let said = fleet.tow.run(&[
        "host",
        "add",
        "--json",
        "thor",
        "ssh://thor",
        "--projects",
        projects.to_str().unwrap(),
    ]);
    let added = json(&said.expect_status(0));
    assert_eq!(added["added"], true);
    assert_eq!(added["host"], "thor");
    assert_eq!(added["reachable"], true);
    assert_eq!(added["projects_there"], true);
    assert!(added["tow"]["path"].as_str().unwrap().ends_with("/bin/tow"), "{added}");
}

#[test]
fn another_host_of_that_name_stays() {
    let fleet = fleet().towline("thor");
    let before = fs::read_to_string(fleet.hosts_file()).unwrap();
    let said = fleet.tow.run(&["host", "add", "thor", "ssh://elsewhere"]).expect_status(2);
    assert!(said.stderr.contains("thor is in the list already, as another host"), "{said:?}");
    assert_eq!(fs::read_to_string(fleet.hosts_file()).unwrap(), before);
}

#[test]
fn on_a_terminal_ssh_may_ask_and_what_is_missing_is_offered() {
    let fleet = fleet().host("thor", Setup::bare().untrusted());
    fs::write(fleet.hosts_file(), "").unwrap();
    let unasked = fleet.tow.run(&["host", "add", "--no-check", "thor"]).expect_status(0);
    assert!(unasked.stderr.contains("added thor"), "{unasked:?}");
    let said = fleet.tow.run(&["host", "add", "thor"]).expect_status(0);
    assert!(said.stderr.contains("can't be reached now: Host key verification failed"), "{said:?}");
    assert!(said.stderr.contains("hint: tow host connect thor"), "{said:?}");

    let mut outer = Outer::start(fleet.tow.command(&["host", "add", "thor"]), (120, 40));
    outer.wait_text("Are you sure you want to continue connecting");
    outer.type_in("yes\r");
    outer.wait_text("thor has no tow: install it there? [y/N]");
    outer.type_in("y\r");
    assert_eq!(outer.finish(), Some(0), "{}", outer.sent());
    assert!(outer.sent().contains(".local/bin/tow is "), "{}", outer.sent());
    assert!(fleet.host_named("thor").home().join(".local/bin/tow").exists());
}
