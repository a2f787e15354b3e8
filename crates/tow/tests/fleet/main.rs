//! Several hosts as one list, through the real binary and the real sshd.

mod broadcast;
mod cuts;
mod elsewhere;
mod hostile;
mod list;
mod networks;
mod seen;
mod silence;
mod tmux;
mod verbs;

use towline_testkit::Fleet;

/// A client without hosts.
fn fleet() -> Fleet {
    Fleet::new(env!("CARGO_BIN_EXE_tow"))
}
