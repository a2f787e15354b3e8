//! Faults and floods through the real binary: torn journals, full disks, clients that stall, storms of sizes, bytes
//! that come one by one, hostile input, foreign users, odd programs, and terminals that must be left as they were.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test tells by a panic what is wrong"
)]

mod bytes;
mod disk;
mod environment;
mod flood;
mod input;
mod inside;
mod journal;
mod leave;
mod numbers;
mod programs;
mod resize;
mod tmux;

use towline_testkit::Tow;

/// A Towline of the program under test, of somebody who has attached before: no line for newcomers.
fn tow() -> Tow {
    let tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    std::fs::create_dir_all(tow.state()).unwrap();
    std::fs::write(tow.state().join("attaches"), "100\n").unwrap();
    tow
}

/// Whether tests can do what only root may; says so where they can't.
fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("skipped: only root can play this fault");
    }
    root
}

/// The lines of a text without the blank ones at its end.
fn trimmed<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines
}
