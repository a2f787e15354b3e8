//! The ways to another host, through the real binary and the real sshd.

mod master;
mod proxy;
mod ssh;
mod unix;

use towline_testkit::Fleet;

/// A client without hosts.
fn fleet() -> Fleet {
    Fleet::new(env!("CARGO_BIN_EXE_tow"))
}
