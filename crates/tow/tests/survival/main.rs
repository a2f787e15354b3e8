//! What survives what: servers killed at any moment, upgrades, other versions, reboots, lost stores. Each test has
//! a Towline of its own and drives it through the real binary.

#![allow(clippy::print_stderr, reason = "what a test says is shown where it fails")]
#![allow(clippy::unwrap_used, reason = "a test tells by a panic what is wrong")]

mod binary;
mod holders;
mod kept;
mod kills;
mod many;
mod processes;
mod queries;
mod reboot;
mod restarts;
mod store;
mod trees;
mod versions;

use towline_testkit::Tow;

/// A Towline of the program under test.
fn tow() -> Tow {
    Tow::new(env!("CARGO_BIN_EXE_tow"))
}
