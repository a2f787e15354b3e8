//! Agents through the real binary: what they do, what they are told, and how people hear of it.

#![allow(clippy::print_stderr, reason = "what a test says is shown where it fails")]
#![allow(clippy::unwrap_used, reason = "a test tells by a panic what is wrong")]

mod integrate;
mod lookalikes;
mod people;
mod queue;
mod send;
mod spawn;
mod tmux;
