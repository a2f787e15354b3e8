//! `tow` on a terminal, against a server of the test's.

use std::path::Path;
use std::process::Command;

use towline_testkit::Outer;

use crate::server::Server;

/// The client of somebody who has attached often: no line for newcomers.
pub(crate) fn start(server: &Server, arguments: &[&str]) -> Outer {
    let home = server.home();
    let state = home.join("state");
    std::fs::create_dir_all(&state).unwrap();
    std::fs::write(state.join("attaches"), "100\n").unwrap();
    start_in(&home, server, arguments)
}

/// The client of whoever has this folder as `TOWLINE_HOME`.
pub(crate) fn start_in(home: &Path, server: &Server, arguments: &[&str]) -> Outer {
    std::fs::create_dir_all(home.join("state")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tow"));
    command
        .arg("--socket")
        .arg(server.path())
        .args(arguments)
        .env("TOWLINE_HOME", home)
        .env_remove("TMUX");
    Outer::start(command, (80, 24))
}
