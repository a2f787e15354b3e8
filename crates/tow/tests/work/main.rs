//! The ledger's verbs, as a person uses them: no server runs unless a test starts one.

#![allow(clippy::unwrap_used, reason = "a test tells by a panic what is wrong")]

mod by_hand;
mod check;
mod common;
mod concurrent;
mod convoy;
mod damaged;
mod done;
mod formula;
mod gate;
mod handoff;
mod hook;
mod integrate;
mod issues;
mod ledger;
mod mail;
mod merge;
mod mol;
mod nudge;
mod polecat;
mod prime;
mod ready;
mod remote;
mod remote_cuts;
mod rig;
mod roles;
mod round_trip;
mod sling;
mod sync;
mod town;
mod worker;
