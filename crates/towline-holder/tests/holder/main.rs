//! Holders with real programs.
#![allow(clippy::unwrap_used)]

mod connection;
mod disk;
mod ending;
mod input;
mod killing;
mod pane;
mod starting;
