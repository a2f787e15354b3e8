//! The command line through the real binary: each test has a Towline of its own.

mod crash;
mod kill;
mod list;
mod peek;
mod scope;
mod send;
mod server;
mod spawn;
mod usage;
mod wait;

use towline_testkit::Tow;

/// A Towline of the program under test.
fn tow() -> Tow {
    Tow::new(env!("CARGO_BIN_EXE_tow"))
}
