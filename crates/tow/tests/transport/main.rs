//! The ways to another host, through the real binary and the real sshd.

#![allow(clippy::unwrap_used, reason = "a test tells by a panic what is wrong")]
#![allow(clippy::print_stderr, reason = "what a test says is shown where it fails")]

mod master;
mod proxy;
mod ssh;
mod unix;

use towline_testkit::Fleet;

/// A client without hosts.
fn fleet() -> Fleet {
    Fleet::new(env!("CARGO_BIN_EXE_tow"))
}
