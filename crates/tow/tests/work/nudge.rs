//! `tow nudge`.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use towline_testkit::{Demo, process, wait_until};

use crate::by_hand::{folder, town};
use crate::common::{json_in, ok_in, tow};

#[test]
fn whoever_has_no_pane_finds_it_in_their_mail() {
    let tow = tow();
    let town = town(&tow);
    let mayor = folder(&town, "mayor");
    let told = ok_in(&tow, &mayor, &["nudge", "demo/Toast", "look", "at it"]);
    assert!(told.starts_with("○ No pane for demo/polecats/Toast: left as mail hq-"), "{told}");
    assert!(told.ends_with(" (no server runs)\n"), "{told}");
    let mails = json_in(&tow, &folder(&town, "polecats/Toast"), &["mail", "inbox", "--json"]);
    assert_eq!((&mails[0]["subject"], &mails[0]["from"]), (&"look at it".into(), &"mayor/".into()));
    assert!(tow.server_pid().is_none(), "none is started");
    tow.run_in(&mayor, &["nudge", "demo/Toast"]).expect_error(2, "nothing to say");
    tow.run_in(&mayor, &["nudge", "nowhere/x", "y"]).expect_error(3, "has no rig nowhere");
}

#[test]
fn an_agent_in_its_pane_is_told_and_a_shell_is_not() {
    let tow = tow();
    let demo = Demo::install(&tow);
    let town = town(&tow);
    let mayor = folder(&town, "mayor");
    demo.spawn(&tow, "demo-Toast", &[]);
    let told = ok_in(&tow, &mayor, &["nudge", "demo/Toast", "look at it"]);
    assert_eq!(told, "▶ Nudged demo/polecats/Toast (demo-Toast)\n");
    let taken = wait_until("it is taken", || demo.taken().first().cloned());
    assert_eq!(taken, "[from mayor/] look at it");
    tow.spawn("demo-Nux", "exec sleep 1000");
    let told = json_in(&tow, &mayor, &["nudge", "@polecats/demo", "-m", "all", "--json"]);
    let of = |who: &str| {
        told.as_array().unwrap().iter().find(|one| one["target"] == who).unwrap().clone()
    };
    assert_eq!(of("demo/polecats/Toast")["pane"], "demo-Toast");
    assert_eq!(of("demo/polecats/Nux")["reason"], "demo-Nux runs no agent that is known");
    assert!(of("demo/polecats/Nux")["mail"].is_string());
}

#[test]
fn a_server_that_stands_still_holds_nobody_up() {
    let tow = tow();
    let town = town(&tow);
    tow.spawn("x", "exec sleep 1000");
    let server = tow.server_pid().unwrap();
    process::signal(server, Signal::STOP);
    let begun = Instant::now();
    let outcome = tow.run_in(&folder(&town, "mayor"), &["nudge", "demo/Toast", "look"]);
    let took = begun.elapsed();
    process::signal(server, Signal::CONT);
    let told = outcome.expect_status(0).stdout;
    assert!(
        told.contains("left as mail hq-") && told.contains("did not answer within 2 s"),
        "{told}"
    );
    assert!(took < Duration::from_secs(10), "{took:?}");
}
