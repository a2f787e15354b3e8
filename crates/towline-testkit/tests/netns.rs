//! Two networks and the cable between them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test tells by a panic what is wrong"
)]

use std::process::{Command, Stdio};

use towline_testkit::netns::{self, Cable, Side};
use towline_testkit::{Fleet, Login, Running, Setup, Sshd};

/// Runs a shell's command line in a network and tells whether it succeeded.
fn sh(side: &Side, line: &str) -> bool {
    let mut command = Command::new("sh");
    command.args(["-c", line]).stdout(Stdio::null()).stderr(Stdio::null());
    side.enter(&mut command);
    command.status().unwrap().success()
}

#[test]
fn a_cable_can_be_cut_and_restored() {
    if let Err(reason) = netns::available() {
        eprintln!("skipped: {reason}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().to_owned();
    let login = Login {
        home: home.clone(),
        environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
        shell: "/bin/sh".into(),
        ends: home,
    };
    let cable = Cable::new();
    let sshd = Sshd::start_in(&cable.there, login);
    let ssh = |options: &str, line: &str| {
        format!(
            "ssh -F none -oBatchMode=yes -oStrictHostKeyChecking=no -oUserKnownHostsFile=/dev/null \
             -oLogLevel=ERROR -i {} -p {} {options} {} '{line}'",
            sshd.key().display(),
            sshd.address().port(),
            sshd.address().ip()
        )
    };
    assert!(sh(&cable.here, &ssh("", "true")));
    assert!(!sh(&cable.there, "ip link show here"), "each side has its own end");

    let mut command = Command::new("sh");
    command.args(["-c", &ssh("", "cat")]).stdin(Stdio::piped());
    cable.here.enter(&mut command);
    let running = Running::of(command);
    running.type_in("one\n");
    assert_eq!(running.line(), "one");
    cable.cut();
    assert!(!sh(&cable.here, &ssh("-oConnectTimeout=1", "true")));
    running.type_in("two\n");
    cable.restore();
    assert_eq!(running.line(), "two", "a connection outlives a cut");

    let moved = cable.move_here(77).to_string();
    let from_there = format!("case $SSH_CONNECTION in {moved}*) ;; *) exit 1; esac");
    assert!(sh(&cable.here, &ssh("", &from_there)));
}

#[test]
fn a_fleet_can_be_spread_over_two_networks() {
    if let Err(reason) = netns::available() {
        eprintln!("skipped: {reason}");
        return;
    }
    let cable = Cable::new();
    // It stands for `tow`, and shows what a command of the client's reaches.
    let fleet = Fleet::new("/usr/bin/env").inside(&cable.here);
    let fleet = fleet.host("thor", Setup::tmux().at(&cable.there));
    let path = format!("-oControlPath={}", fleet.tow.folder().join("m").display());
    let shared = [&path, "-oControlMaster=auto", "-oControlPersist=600", "thor"];
    let ssh =
        |line: &str| fleet.tow.run(&["ssh", "-oBatchMode=yes", "-oConnectTimeout=1", "thor", line]);
    let told = ssh("echo $SSH_CONNECTION").expect_status(0).stdout;
    assert!(told.starts_with("10.99.0.1 ") && told.ends_with(" 10.99.0.2 2222\n"), "{told}");
    let mut master = fleet.tow.command(&[&["ssh"], &shared[..], &["true"]].concat());
    let quiet = master.stdout(Stdio::null()).stderr(Stdio::null());
    assert!(quiet.status().unwrap().success());
    assert_eq!(cable.here.pids().len(), 1, "the master");
    cable.cut();
    ssh("true").expect_status(255);
    // What hangs on a cut cable doesn't outlive the test.
    drop(fleet);
    assert_eq!(cable.here.pids(), [] as [i32; 0]);
}
