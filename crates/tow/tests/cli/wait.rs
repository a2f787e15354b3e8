//! `tow wait`.

use towline_testkit::wait_until;

use crate::tow;

#[test]
fn a_line_that_matches_ends_the_wait() {
    let tow = tow();
    tow.spawn("x", "echo 12 tests passed; exec sleep 1000");
    assert_eq!(tow.ok(&["wait", "x", "--output", r"\d+ tests? passed"]), "12 tests passed\n");
    let waiting = tow.start(&["wait", "x", "--output", "^later$"]);
    tow.ok(&["kill", "x", "--signal", "CONT"]);
    let mut waiting = waiting;
    tow.ok(&["kill", "x"]);
    assert_ne!(waiting.finish().code(), Some(0), "the pane ended without that line");
    tow.spawn("y", "exec sleep 1000");
    tow.run(&["wait", "y", "--output", "("]).expect_error(2, "regular expression: unclosed group");
}

#[test]
fn a_wait_takes_no_longer_than_it_may() {
    let tow = tow();
    tow.spawn("x", "exec sleep 1000");
    tow.run(&["wait", "x", "--exit", "--timeout", "100ms"])
        .expect_error(124, "x did not end within 100ms");
    tow.run(&["wait", "x", "--output", "never", "--timeout", "100ms"])
        .expect_error(124, "`never` within 100ms");
}

#[test]
fn the_end_is_told_and_passed_on_when_asked_for() {
    let tow = tow();
    tow.spawn("x", "exit 7");
    assert_eq!(tow.ok(&["wait", "x", "--exit"]), "x exited with status 7\n");
    tow.run(&["wait", "x", "--exit", "--propagate"]).expect_status(7);
    tow.spawn("y", "kill -TERM $$");
    assert_eq!(tow.ok(&["wait", "y", "--exit"]), "y was ended by SIGTERM\n");
    tow.run(&["wait", "y", "--exit", "--propagate"]).expect_status(143);
    assert_eq!(tow.json(&["wait", "x", "--exit", "--json"])["pane"]["exit"]["status"], 7);
    tow.run(&["wait", "none", "--exit"]).expect_error(3, "no pane `none`");
}

#[test]
fn a_wait_goes_on_when_the_server_is_killed() {
    let tow = tow();
    tow.spawn("x", "read line; echo early $line; i=0; while [ $i -lt 100 ]; do echo; i=$((i+1)); done; read line; exit 5");
    let line = tow.start(&["wait", "x", "--output", "^early"]);
    let exit = tow.start(&["wait", "x", "--exit", "--propagate"]);
    wait_until("both wait", || {
        // The third is the one that asks.
        let status = tow.json(&["server", "status", "--json"]);
        (status["clients"].as_u64() >= Some(3)).then_some(())
    });
    tow.kill_server();
    tow.ok(&["send", "x", "bird"]);
    assert_eq!(line.line(), "early bird");
    tow.ok(&["send", "x", "--key", "Enter"]);
    let mut exit = exit;
    assert_eq!(exit.finish().code(), Some(5));
}
