//! The small process that owns one pane's pseudo-terminal.
//!
//! A holder is started once per pane with [`run`] and outlives the server. It is the parent of the
//! program and numbers, records and passes on what that prints; it writes the input that it is given,
//! once. [`wire`] is what it and the server say to each other.
//!
//! For the server: [`is_alive`] tells whether a pane has a holder, [`connect`] reaches it, and
//! [`end_by_force`] ends one that doesn't answer.
//!
//! What is deliberately absent: threads, an asynchronous runtime, compression, `fsync`, and any
//! knowledge of escape sequences.

mod canonical;
mod clients;
mod connection;
mod force;
mod holder;
mod input;
mod kill;
mod lag;
mod linux;
mod outbox;
mod place;
mod process_tree;
mod program;
mod pty;
mod start;
pub mod wire;

pub use force::end_by_force;
pub use place::{connect, is_alive};
pub use start::run;
