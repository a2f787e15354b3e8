//! `tow host check` and `tow doctor --host`.

use serde_json::Value;
use towline_testkit::Setup;

use crate::{fleet, json};

/// The status of a check of a host, and its message.
fn found(host: &Value, name: &str) -> (String, String) {
    let checks = host["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name);
    let check = check.unwrap_or_else(|| panic!("no {name} in {host}"));
    let text = |key: &str| check[key].as_str().unwrap().to_owned();
    (text("status"), text("message"))
}

#[test]
fn hosts_are_looked_at_at_the_same_time_and_one_dead_one_delays_nobody() {
    let mut fleet = fleet()
        .towline("thor")
        .host(
            "loki",
            Setup::tmux().shell("bash").noise("welcome to loki").entry("backend = \"tmux\""),
        )
        .refusing("dead")
        .silent("mute");
    fleet.host_mut("thor").install("claude", "exit 0");
    let said = fleet.tow.run(&["host", "check", "--json", "--timeout", "3s"]).expect_status(1);
    let report = json(&said);
    let hosts = report["hosts"].as_array().unwrap();
    let aliases: Vec<&str> = hosts.iter().map(|host| host["host"].as_str().unwrap()).collect();
    assert_eq!(aliases, ["thor", "loki", "dead", "mute"]);

    let thor = &hosts[0];
    assert_eq!(thor["ok"], true, "{thor}");
    assert_eq!(thor["system"], "Linux");
    assert!(thor["rtt_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(thor["tow"]["version"], env!("CARGO_PKG_VERSION"));
    assert!(thor["server"].is_null(), "a look starts nothing: {thor}");
    assert!(thor["tmux"].is_null());
    assert_eq!(thor["agents"][0]["kind"], "claude");
    assert_eq!(thor["agents"][0]["logged_in"], false);
    assert_eq!(thor["projects_there"], true);
    assert!(thor["disk_free_bytes"].as_u64().unwrap() > 0);
    assert_eq!(found(thor, "agents"), ("warning".into(), "claude (not logged in)".into()));

    let loki = &hosts[1];
    assert_eq!(loki["noise"], "welcome to loki");
    assert!(loki["tow"].is_null());
    assert!(loki["tmux"]["version"].as_str().unwrap().starts_with(|c: char| c.is_ascii_digit()));
    assert_eq!(found(loki, "tow").0, "ok", "{loki}");
    assert_eq!(found(loki, "start-up files").0, "warning");

    assert_eq!(hosts[2]["reachable"], false);
    assert_eq!(hosts[2]["error"], "Connection refused");
    assert_eq!(hosts[3]["reachable"], false);
}

#[test]
fn a_table_and_what_helps() {
    let fleet = fleet().host("bare", Setup::bare()).refusing("dead");
    let said = fleet.tow.run(&["host", "check"]).expect_status(1);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert!(lines[0].starts_with("HOST  STATE"), "{said:?}");
    assert!(lines[1].starts_with("bare  faulty"), "{said:?}");
    assert!(lines[2].starts_with("dead  unreachable"), "{said:?}");
    assert!(said.stdout.contains("fix: tow host install bare"), "{said:?}");

    let doctor = fleet.tow.run(&["doctor", "--host", "bare"]).expect_status(1);
    assert!(doctor.stdout.contains("✗ tow"), "{doctor:?}");
    assert!(doctor.stdout.contains("✓ connection"), "{doctor:?}");
    fleet.tow.run(&["host", "check", "dead"]).expect_status(5);
}

#[test]
fn a_server_that_runs_there_is_seen() {
    let fleet = fleet().towline("thor");
    fleet.host_named("thor").spawn("x", "cat");
    let report = fleet.tow.json(&["host", "check", "--json", "thor"]);
    let thor = &report["hosts"][0];
    assert_eq!(thor["server"]["panes"], 1);
    assert_eq!(found(thor, "server"), ("ok".into(), "runs, 1 pane".into()));
}

#[test]
fn a_host_in_no_list_can_be_checked() {
    let mut fleet = fleet().towline("thor");
    std::fs::write(fleet.hosts_file(), "").unwrap();
    fleet.host_mut("thor").uninstall("tow");
    let said = fleet.tow.run(&["host", "check", "--json", "thor"]).expect_status(1);
    assert_eq!(json(&said)["hosts"][0]["address"], "ssh://thor");
}

#[test]
fn a_login_shell_that_hangs_is_told_of_and_not_waited_for() {
    let fleet = fleet().host("thor", Setup::towline().shell("bash"));
    let profile = fleet.host_named("thor").home().join(".bash_profile");
    std::fs::write(profile, "case $- in *i*) sleep 1000;; esac\n").unwrap();
    let report = fleet.tow.json(&["host", "check", "--json", "thor"]);
    let thor = &report["hosts"][0];
    let (status, message) = found(thor, "login shell");
    assert_eq!(status, "warning");
    assert!(message.contains("does not tell its environment"), "{message}");
    assert_eq!(thor["tow"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn what_the_hosts_own_doctor_finds_is_told_here() {
    let fleet = fleet().towline("thor");
    let thor = fleet.host_named("thor");
    let config = thor.there().home().join("config");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("config.toml"), "scrollback = true\n").unwrap();
    let said = fleet.tow.run(&["host", "check", "--json", "thor"]).expect_status(1);
    let report = json(&said);
    let (status, message) = found(&report["hosts"][0], "configuration");
    assert_eq!(status, "failed");
    assert!(message.contains("config.toml:1: scrollback must be"), "{message}");
}
