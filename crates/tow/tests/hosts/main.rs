//! `tow host` against real sshds: each host of a test has a home and programs of its own.

#![allow(clippy::unwrap_used, reason = "a test tells by a panic what is wrong")]

mod add;
mod check;
mod connect;
mod import;
mod install;
mod list;
mod setup;

use serde_json::Value;
use towline_testkit::{Fleet, Outcome};

/// A fleet of the program under test, without hosts yet.
fn fleet() -> Fleet {
    Fleet::new(env!("CARGO_BIN_EXE_tow"))
}

/// The JSON document that a command printed, whatever its status.
#[track_caller]
fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("no JSON: {error}: {outcome:?}"))
}
