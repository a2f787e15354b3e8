//! `tow kill`.

use towline_testkit::wait_until;

use crate::tow;

#[test]
fn a_killed_pane_is_gone_with_all_that_ran_in_it() {
    let tow = tow();
    tow.spawn("x", "sleep 1001 & setsid sleep 1002 & exec sleep 1003");
    let pid = tow.pane("x")["pid"].as_i64().unwrap();
    assert_eq!(tow.ok(&["kill", "x"]), "killed x\n");
    assert!(tow.panes().is_empty());
    wait_until("its processes are gone", || (tow.processes().len() == 1).then_some(()));
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn what_fails_keeps_no_other_from_being_killed() {
    let tow = tow();
    tow.spawn("a", "exec sleep 1000");
    tow.spawn("b", "exec sleep 1000");
    let outcome = tow.run(&["kill", "a", "none", "b"]).expect_status(1);
    assert_eq!(outcome.stdout, "killed a\nkilled b\n");
    assert!(outcome.stderr.starts_with("tow: no pane `none`"), "{outcome:?}");
    assert!(tow.panes().is_empty());
    tow.run(&["kill", "none"]).expect_error(3, "no pane `none`");
}

#[test]
fn an_ended_pane_is_removed() {
    let tow = tow();
    tow.spawn("x", "exit 0");
    tow.ok(&["wait", "x", "--exit"]);
    tow.ok(&["kill", "x"]);
    assert!(tow.panes().is_empty());
}

#[test]
fn a_signal_goes_to_what_runs_and_the_pane_stays_where_that_lives_on() {
    let tow = tow();
    tow.spawn("x", "trap 'echo again' USR1; echo ready; while :; do sleep 0.05; done");
    tow.wait_output("x", "ready");
    assert_eq!(tow.ok(&["kill", "x", "--signal", "USR1"]), "sent SIGUSR1 to x\n");
    tow.wait_output("x", "again");
    assert_eq!(tow.panes().len(), 1);
    tow.ok(&["kill", "x", "--signal", "KILL"]);
    wait_until("the pane is gone", || tow.panes().is_empty().then_some(()));
}
