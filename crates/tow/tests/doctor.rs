//! `tow doctor` through the binary.

#![allow(clippy::unwrap_used, reason = "a test tells by a panic what is wrong")]

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use towline_testkit::Tow;

/// The statuses of the checks of this name.
fn statuses(report: &Value, name: &str) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap().iter();
    let named = checks.filter(|check| check["name"] == name);
    named.map(|check| check["status"].as_str().unwrap().to_owned()).collect()
}

fn report(tow: &Tow) -> Value {
    serde_json::from_str(&tow.run(&["doctor", "--json"]).stdout).unwrap()
}

#[test]
fn it_looks_and_starts_nothing() {
    let tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    let report = report(&tow);
    assert_eq!(statuses(&report, "server"), ["ok"]);
    assert_eq!(statuses(&report, "state folder"), ["ok"]);
    assert!(tow.processes().is_empty());
}

#[test]
fn a_running_server_and_its_panes_are_in_order() {
    let tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    tow.spawn("x", "cat");
    let report = report(&tow);
    for name in ["server", "state folder", "store", "holders"] {
        assert_eq!(statuses(&report, name), ["ok"], "{name} in {report}");
    }
    let text = tow.run(&["doctor"]).stdout;
    assert!(text.contains("1 running, all known"), "{text}");
}

#[test]
fn an_open_state_folder_fails_with_a_fix_that_works() {
    let tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    tow.spawn("x", "cat");
    std::fs::set_permissions(tow.state(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let outcome = tow.run(&["doctor"]).expect_status(1);
    let fix = outcome.stdout.lines().find_map(|line| line.trim().strip_prefix("fix: chmod"));
    let fix = format!("chmod{}", fix.unwrap());
    assert!(std::process::Command::new("sh").args(["-c", &fix]).status().unwrap().success());
    assert_eq!(statuses(&report(&tow), "state folder"), ["ok"]);
}
