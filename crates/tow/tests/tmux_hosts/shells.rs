//! Whatever people log in to, and whatever that prints.

use std::path::Path;

use towline_testkit::Setup;

use crate::{loki, spawn};

/// Whether this machine has a shell of that name.
fn is_here(shell: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let here = std::env::split_paths(&path).any(|folder| Path::new(&folder).join(shell).exists());
    if !here {
        eprintln!("skipped: there is no {shell} on this machine");
    }
    here
}

fn works(setup: Setup) {
    let fleet = loki(setup.noise("welcome to loki").locale("C"));
    spawn(&fleet, "gr id", "echo in $PWD; exec cat");
    fleet.tow.wait_output("loki:gr id", "in .*/gr id");
    fleet.tow.ok(&["send", "loki:gr id", "日本 é; it's $(x)"]);
    fleet.tow.wait_output("loki:gr id", "^日本 é; it's");
    let list = fleet.tow.json(&["list", "--host", "loki", "--json"]);
    assert_eq!(list["panes"][0]["target"], "loki:gr id");
    // One of the host's own is named in its locale's despite.
    let host = fleet.host_named("loki");
    host.tmux(&["-u", "new-window", "-d", "-t", "agents:", "-n", "übér 日本", "cat"]);
    fleet.tow.ok(&["peek", "loki:übér 日本"]);
    fleet.tow.ok(&["rename", "loki:übér 日本", "größe"]);
    let windows = host.tmux(&["-u", "list-windows", "-a", "-F", "#{window_name}"]);
    assert_eq!(windows, "gr id\ngröße\n");
    fleet.tow.ok(&["kill", "loki:gr id", "loki:größe"]);
}

#[test]
fn a_login_shell_may_be_any() {
    for shell in ["bash", "zsh", "tcsh"].into_iter().filter(|shell| is_here(shell)) {
        works(Setup::tmux().shell(shell));
    }
}

#[test]
fn a_login_shell_may_be_fish() {
    if is_here("fish") {
        works(Setup::tmux().shell("fish"));
    }
}
