//! `tow server`, and how it is started.

use std::process::Stdio;

use towline_testkit::wait_until;

use crate::tow;

#[test]
fn ten_first_commands_at_once_start_one_server() {
    let tow = tow();
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| tow.ok(&["list"]));
        }
    });
    assert_eq!(tow.processes(), [tow.server_pid().unwrap()]);
}

#[test]
fn a_server_is_started_stopped_and_looked_at() {
    let tow = tow();
    assert_eq!(tow.run(&["server", "status"]).expect_status(1).stdout, "the server does not run\n");
    tow.ok(&["server", "stop"]);
    tow.ok(&["server", "start"]);
    let status = tow.json(&["server", "status", "--json"]);
    assert_eq!((status["running"].as_bool(), status["panes"].as_u64()), (Some(true), Some(0)));
    assert_eq!(status["state_dir"], tow.state().to_str().unwrap());
    tow.ok(&["server", "stop"]);
    assert!(tow.processes().is_empty());
    assert!(tow.state().join("stopped").exists());
    // A person's command starts it again, and takes the mark away.
    tow.ok(&["list"]);
    assert!(!tow.state().join("stopped").exists());
}

#[test]
fn panes_outlive_a_stop_and_a_restart_but_not_a_kill() {
    let tow = tow();
    tow.spawn("x", "exec sleep 1000");
    let pid = tow.pane("x")["pid"].clone();
    let told = tow.run(&["server", "stop"]).expect_status(0);
    assert_eq!(told.stderr, "the server has stopped; 1 pane runs on\n");
    assert_eq!(tow.pane("x")["pid"], pid);
    let first = tow.server_pid();
    tow.ok(&["server", "restart"]);
    assert_ne!(tow.server_pid(), first);
    assert_eq!(tow.pane("x")["pid"], pid);
    let told = tow.run(&["server", "stop", "--kill"]).expect_status(0);
    assert_eq!(told.stderr, "the server has stopped; 1 pane was ended\n");
    wait_until("all processes are gone", || tow.processes().is_empty().then_some(()));
}

#[test]
fn panes_can_be_killed_when_no_server_runs() {
    let tow = tow();
    tow.spawn("x", "exec sleep 1000");
    tow.ok(&["server", "stop"]);
    tow.ok(&["server", "stop", "--kill"]);
    wait_until("all processes are gone", || tow.processes().is_empty().then_some(()));
}

#[test]
fn a_server_keeps_nothing_of_the_command_that_started_it() {
    let tow = tow();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut command = tow.command(&["list"]);
    // A descriptor that a shell would hand on (`3>file`), and the standard streams.
    command.stdin(Stdio::null()).stdout(writer.try_clone().unwrap()).stderr(writer);
    assert!(command.status().unwrap().success());
    drop(command);
    let mut text = String::new();
    std::io::Read::read_to_string(&mut reader, &mut text).unwrap();
    let pid = tow.server_pid().unwrap();
    assert_eq!(std::fs::read_link(format!("/proc/{pid}/cwd")).unwrap().to_str(), Some("/"));
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    // Session and controlling terminal.
    assert_eq!((fields[3], fields[4]), (pid.to_string().as_str(), "0"));
}

#[test]
fn a_state_folder_that_can_not_be_used_is_told() {
    let tow = tow();
    std::fs::write(tow.state(), "a file").unwrap();
    let told = tow.run(&["list"]).expect_error(5, "server.sock");
    assert!(!told.stderr.contains("panicked"), "{told:?}");
    std::fs::remove_file(tow.state()).unwrap();
}

#[test]
fn a_newer_store_is_refused_and_left_alone() {
    let tow = tow();
    tow.ok(&["list"]);
    tow.ok(&["server", "stop"]);
    let store = tow.state().join("state.db");
    let before = std::fs::read(&store).unwrap();
    // The schema's version: bytes 60 to 63 of an SQLite file.
    let mut newer = before.clone();
    newer[60..64].copy_from_slice(&9999_u32.to_be_bytes());
    std::fs::write(&store, &newer).unwrap();
    let told = tow.run(&["list"]).expect_error(1, "the server could not start");
    assert!(told.stderr.contains("newer") && told.stderr.contains("hint: "), "{told:?}");
    std::fs::write(&store, before).unwrap();
}

#[test]
fn a_server_in_the_foreground_is_the_same_server() {
    let tow = tow();
    let mut foreground = tow.start(&["server", "run"]);
    wait_until("it listens", || tow.server_pid().filter(|pid| *pid == foreground.pid()));
    tow.run(&["server", "run"]).expect_error(1, "another server runs");
    foreground.interrupt();
    assert_eq!(foreground.finish().code(), Some(0));
}
