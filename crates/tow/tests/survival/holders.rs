//! What becomes of a pane whose holder dies or stands still, and of the others.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use towline_testkit::{Tow, wait_until};

use crate::{processes, tow};

/// A program that echoes what it reads.
const ECHO: &str = "stty -echo; echo ready; while IFS= read -r x; do echo got $x; done";

fn echoing(tow: &Tow, names: &[&str]) {
    for name in names {
        tow.spawn(name, ECHO);
        tow.wait_output(name, "ready");
    }
}

/// Types to a pane and sees that it answers.
#[track_caller]
fn assert_lives(tow: &Tow, name: &str, text: &str) {
    tow.ok(&["send", name, text]);
    tow.wait_output(name, &format!("^got {text}$"));
}

/// Runs something that may take so long.
#[track_caller]
fn within<T>(limit: Duration, what: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let outcome = what();
    assert!(begun.elapsed() < limit, "it took {:?}", begun.elapsed());
    outcome
}

#[test]
fn a_pane_whose_holder_is_killed_has_ended_and_the_others_live() {
    let tow = tow();
    echoing(&tow, &["a", "b", "c"]);
    assert_lives(&tow, "b", "before");
    let program = processes::program(&tow, "b");
    processes::kill(processes::holder(&tow, "b"));
    let pane = wait_until("it is listed as ended", || {
        let pane = tow.pane("b");
        (!pane["exit"].is_null()).then_some(pane)
    });
    assert_eq!(pane["exit"]["lost"], "holder", "{pane}");
    assert!(tow.ok(&["peek", "b"]).contains("got before"));
    let told = tow.run(&["send", "b", "x"]);
    assert_eq!(told.status, 1, "{told:?}");
    assert!(!tow.ok(&["list"]).contains("got"), "b is not listed");
    assert_lives(&tow, "a", "after");
    assert_lives(&tow, "c", "after");
    // Its terminal hung up on the program, as any terminal does that is gone.
    wait_until("the program has ended", || (!processes::is_alive(program)).then_some(()));
    // Its name is free.
    assert_eq!(tow.spawn("b", ECHO), "b");
    tow.kill_server();
    assert_lives(&tow, "a", "again");
}

#[test]
fn a_holder_that_dies_while_no_server_runs_is_found_out() {
    let tow = tow();
    echoing(&tow, &["a", "b"]);
    assert_lives(&tow, "b", "before");
    let holder = processes::holder(&tow, "b");
    tow.ok(&["server", "stop"]);
    processes::kill(holder);
    let pane = tow.pane("b");
    assert_eq!(pane["exit"]["lost"], "holder", "{pane}");
    assert!(tow.ok(&["peek", "b"]).contains("got before"));
    assert_lives(&tow, "a", "after");
}

#[test]
fn what_waits_for_a_pane_is_told_when_its_holder_dies() {
    let tow = tow();
    echoing(&tow, &["a"]);
    let mut waits = [
        (tow.start(&["wait", "a", "--exit"]), 0),
        (tow.start(&["wait", "a", "--output", "never"]), 1),
        (tow.start(&["peek", "a", "--follow"]), 0),
    ];
    // All three are there.
    wait_until("three clients", || {
        let status = tow.json(&["server", "status", "--json"]);
        (status["clients"].as_u64() >= Some(4)).then_some(())
    });
    processes::kill(processes::holder(&tow, "a"));
    for (wait, status) in &mut waits {
        assert_eq!(wait.finish().code(), Some(*status));
    }
}

#[test]
fn a_stopped_holder_is_unresponsive_and_goes_on_later() {
    let tow = tow();
    echoing(&tow, &["a", "b"]);
    let holder = processes::holder(&tow, "a");
    processes::signal(holder, Signal::STOP);
    wait_until("it is stopped", || (processes::state(holder) == Some('T')).then_some(()));
    wait_until("it is listed as unresponsive", || {
        within(Duration::from_secs(3), || tow.ok(&["list"])).contains("unresponsive").then_some(())
    });
    within(Duration::from_secs(3), || assert_lives(&tow, "b", "meanwhile"));
    // Also to a server that has never spoken to it.
    tow.kill_server();
    let list = within(Duration::from_secs(4), || tow.ok(&["list"]));
    assert!(list.contains("unresponsive"), "{list}");
    within(Duration::from_secs(3), || assert_lives(&tow, "b", "after a kill"));
    let told = within(Duration::from_secs(12), || tow.run(&["send", "a", "lost"]));
    assert_ne!(told.status, 0, "{told:?}");
    assert!(told.stderr.starts_with("tow: "), "{told:?}");
    processes::signal(holder, Signal::CONT);
    wait_until("it is listed as running", || {
        (!tow.ok(&["list"]).contains("unresponsive")).then_some(())
    });
    assert_lives(&tow, "a", "later");
}

#[test]
fn what_is_typed_at_a_stopped_holder_is_written_once_when_it_goes_on() {
    let tow = tow();
    echoing(&tow, &["a"]);
    let holder = processes::holder(&tow, "a");
    processes::signal(holder, Signal::STOP);
    wait_until("it is stopped", || (processes::state(holder) == Some('T')).then_some(()));
    let mut send = tow.start(&["send", "a", "one"]);
    wait_until("it is known to be unresponsive", || {
        tow.ok(&["list"]).contains("unresponsive").then_some(())
    });
    processes::signal(holder, Signal::CONT);
    let status = send.finish().code();
    tow.wait_output("a", "ready");
    wait_until("it answers again", || tow.run(&["send", "a", "two"]).status.eq(&0).then_some(()));
    tow.wait_output("a", "^got two$");
    let text = tow.ok(&["peek", "a"]);
    let ones = text.lines().filter(|line| *line == "got one").count();
    // It may have said that nobody knows; it must not have lied.
    match status {
        Some(0) => assert_eq!(ones, 1, "{text}"),
        _ => assert!(ones <= 1, "{text}"),
    }
}

#[test]
fn a_pane_whose_holder_is_stopped_can_be_killed() {
    for known in [true, false] {
        let tow = tow();
        echoing(&tow, &["b"]);
        tow.spawn(
            "a",
            "setsid sleep 1001 & trap '' HUP TERM; echo ready; while :; do sleep 0.1; done",
        );
        tow.wait_output("a", "ready");
        let (holder, program) = (processes::holder(&tow, "a"), processes::program(&tow, "a"));
        processes::signal(holder, Signal::STOP);
        wait_until("it is stopped", || (processes::state(holder) == Some('T')).then_some(()));
        if !known {
            tow.kill_server();
        }
        let killed = within(Duration::from_secs(12), || tow.ok(&["kill", "a"]));
        assert_eq!(killed, "killed a\n");
        assert!(!processes::is_alive(holder) && !processes::is_alive(program));
        let names: Vec<String> = tow.panes().iter().map(|pane| pane["name"].to_string()).collect();
        assert_eq!(names, ["\"b\""]);
        assert_lives(&tow, "b", "after");
        // The server and b's holder, shell.
        wait_until("a's processes are gone", || (tow.processes().len() == 3).then_some(()));
    }
}

/// Each look of a server at a holder that stands still leaves a connection that waits.
#[test]
fn a_stopped_holder_that_nobody_can_connect_to_any_more_stops_nobody() {
    let tow = tow();
    echoing(&tow, &["a", "b"]);
    let holder = processes::holder(&tow, "a");
    processes::signal(holder, Signal::STOP);
    wait_until("it is stopped", || (processes::state(holder) == Some('T')).then_some(()));
    tow.kill_server();
    let folder = tow.pane("a")["folder"].as_str().unwrap().to_owned();
    let socket = std::path::Path::new(&folder).join("sock");
    let mut waiting = Vec::new();
    let refused = loop {
        match connect(&socket) {
            Ok(connection) => waiting.push(connection),
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused, rustix::io::Errno::AGAIN);
    tow.kill_server();
    let list = within(Duration::from_secs(3), || tow.ok(&["list"]));
    assert!(list.contains("unresponsive"), "{list}");
    assert_lives(&tow, "b", "after");
    assert_eq!(within(Duration::from_secs(12), || tow.ok(&["kill", "a"])), "killed a\n");
    assert!(!processes::is_alive(holder));
}

/// Connects without waiting.
fn connect(socket: &std::path::Path) -> rustix::io::Result<OwnedFd> {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, socket_with};
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let connection = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    rustix::net::connect(&connection, &SocketAddrUnix::new(socket)?)?;
    Ok(connection)
}
