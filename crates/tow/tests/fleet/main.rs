//! Several hosts as one list, through the real binary and the real sshd.

#![allow(clippy::print_stderr, reason = "what a test says is shown where it fails")]
#![allow(clippy::unwrap_used, reason = "a test tells by a panic what is wrong")]

mod broadcast;
mod cuts;
mod elsewhere;
mod flow;
mod hostile;
mod list;
mod networks;
mod seen;
mod silence;
mod verbs;

use towline_testkit::Fleet;

/// A client without hosts.
fn fleet() -> Fleet {
    Fleet::new(env!("CARGO_BIN_EXE_tow"))
}
