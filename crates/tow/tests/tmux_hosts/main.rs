//! Hosts that have nothing but sshd and tmux, through the real binary, the real sshd and the real tmux.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test tells by a panic what is wrong, and by a line why it was skipped"
)]

mod agents;
mod attach;
mod here;
mod hostile;
mod links;
mod shells;
mod verbs;

use towline_testkit::{Fleet, Setup};

/// A client without hosts.
fn fleet() -> Fleet {
    Fleet::new(env!("CARGO_BIN_EXE_tow"))
}

/// A client with the host `loki`, which is made so.
fn loki(setup: Setup) -> Fleet {
    fleet().host("loki", setup)
}

/// Starts a pane on `loki` in a project of that name, with a shell's command line.
fn spawn(fleet: &Fleet, name: &str, line: &str) {
    fleet.host_named("loki").project(name);
    let told = fleet.tow.ok(&["spawn", "--on", "loki", name, "-d", "--", "sh", "-c", line]);
    assert_eq!(told, format!("loki:{name}\n"));
}

/// A program that is taken for an agent, because it is called as one; it prints each line it is given.
const AGENT: &str = "echo agent here; while read line; do echo \"agent got $line\"; done";
