//! Attaching by another program: to tmux on a host that has nothing else, or by ssh and mosh where a person wants that.

use std::fs;

use towline_testkit::{Fleet, Outer, wait_until};

use crate::fleet;

const SIZE: (u16, u16) = (70, 20);

/// Whether this machine gives logins terminals; says why not.
fn no_terminals() -> bool {
    let given = towline_testkit::gives_terminals();
    if let Err(why) = &given {
        eprintln!("skipped: {why}");
    }
    given.is_err()
}

fn with_pane() -> Fleet {
    let fleet = fleet().tmux("loki");
    fleet.host_named("loki").project("x");
    let line = "echo ready; while read line; do echo got $line; done";
    fleet.tow.ok(&["spawn", "--on", "loki", "x", "-d", "--", "sh", "-c", line]);
    fleet.tow.wait_output("loki:x", "ready");
    fleet
}

#[test]
fn inside_tmux_it_is_a_window_of_its_own() {
    if no_terminals() {
        return;
    }
    let fleet = with_pane();
    let tow = env!("CARGO_BIN_EXE_tow");
    let tmux = |arguments: &[&str]| {
        let like = fleet.tow.command::<&str>(&[]);
        let mut command = std::process::Command::new("tmux");
        command.args(["-f", "/dev/null"]).args(arguments).env_remove("TMUX");
        for (name, value) in like.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let output = command.output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let line = format!("{tow} attach loki:x; sleep 1000");
    tmux(&["new-session", "-d", "-x", "70", "-y", "20", &line]);
    wait_until("there is a window for the pane", || {
        tmux(&["list-windows", "-F", "#{window_name}"]).contains("loki:x").then_some(())
    });
    wait_until("it shows the pane", || {
        tmux(&["capture-pane", "-p", "-t", ":1"]).contains("ready").then_some(())
    });
    tmux(&["kill-server"]);
}

#[test]
fn mosh_is_used_where_it_is_wanted_and_there() {
    if no_terminals() {
        return;
    }
    let fleet = with_pane();
    let log = fleet.tow.work().join("mosh.log");
    let script = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > '{}'\n", log.display());
    let mosh = fleet.ssh.bin().join("mosh");
    if Outer::shell(&fleet.tow, "command -v mosh", SIZE).finish() != Some(0) {
        let outer = Outer::start(fleet.tow.command(&["attach", "loki:x", "--via", "mosh"]), SIZE);
        outer.wait_sent("mosh is not installed here: going by ssh");
        outer.wait_text("ready");
    }
    fs::write(&mosh, script).unwrap();
    fs::set_permissions(&mosh, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut outer = Outer::start(fleet.tow.command(&["attach", "loki:x", "--via", "mosh"]), SIZE);
    assert_eq!(outer.finish(), Some(0));
    let words = fs::read_to_string(&log).unwrap();
    let words: Vec<&str> = words.lines().collect();
    assert_eq!(words[..2], ["--", "loki"]);
    assert!(words.contains(&"attach-session"), "{words:?}");
}

#[test]
fn a_native_pane_is_reached_by_ssh_where_that_is_wanted() {
    if no_terminals() {
        return;
    }
    let fleet = fleet().towline("thor");
    fleet.host_named("thor").spawn("far", "echo ready; cat");
    let mut outer = Outer::start(fleet.tow.command(&["attach", "thor:far", "--via", "ssh"]), SIZE);
    outer.wait_text("ready");
    outer.type_in("hello\r");
    outer.wait_text("hello");
    outer.type_in("\x02d");
    assert_eq!(outer.finish(), Some(0));
}
