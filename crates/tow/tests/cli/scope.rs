//! Scopes of a systemd user manager. The manager is played: a socket that takes connections, and a `systemd-run`
//! that writes down what it was asked and becomes the command.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use towline_testkit::Tow;

use crate::tow;

struct Manager {
    _socket: UnixListener,
    runtime_dir: PathBuf,
    path: String,
    log: PathBuf,
}

impl Manager {
    /// A manager whose `systemd-run` ends with `script`.
    fn new(tow: &Tow, script: &str) -> Self {
        let runtime_dir = tow.work().join("run");
        fs::create_dir_all(runtime_dir.join("systemd")).expect("a folder");
        let socket =
            UnixListener::bind(runtime_dir.join("systemd/private")).expect("the played manager");
        let programs = tow.work().join("programs");
        fs::create_dir_all(&programs).expect("the played manager");
        let log = tow.work().join("asked");
        let program = programs.join("systemd-run");
        let text = format!("#!/bin/sh\necho \"$*\" >> '{}'\n{script}\n", log.display());
        fs::write(&program, text).expect("the played manager");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))
            .expect("the played manager");
        let path = format!(
            "{}:{}",
            programs.display(),
            std::env::var("PATH").expect("the played manager")
        );
        Self { _socket: socket, runtime_dir, path, log }
    }

    fn spawn(&self, tow: &Tow, name: &str) {
        let output = tow
            .command(&["spawn", "--detach", "--name", name, "--", "sleep", "1000"])
            .env("XDG_RUNTIME_DIR", &self.runtime_dir)
            .env("PATH", &self.path)
            .output()
            .expect("the played manager");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn asked(&self) -> String {
        fs::read_to_string(&self.log).expect("the played manager")
    }
}

#[test]
fn the_server_and_each_holder_get_a_scope() {
    let tow = tow();
    let manager = Manager::new(&tow, r#"while [ "$1" != -- ]; do shift; done; shift; exec "$@""#);
    manager.spawn(&tow, "a");
    manager.spawn(&tow, "b");
    let asked = manager.asked();
    let lines: Vec<&str> = asked.lines().collect();
    assert_eq!(lines.len(), 3, "{asked}");
    for (line, unit) in lines.iter().zip(["towline-server-", "towline-pane-1-", "towline-pane-2-"])
    {
        assert!(line.starts_with("--user --scope "), "{line}");
        assert!(line.contains(&format!("--unit={unit}")), "{line}");
        assert!(line.contains("OOMPolicy=continue"), "{line}");
    }
    assert_eq!(tow.pane("a")["exit"], serde_json::Value::Null);
    tow.ok(&["kill", "a", "b"]);
}

#[test]
fn a_manager_that_gives_no_scope_stops_nobody() {
    let tow = tow();
    let manager = Manager::new(&tow, "exit 1");
    manager.spawn(&tow, "a");
    assert_eq!(manager.asked().lines().count(), 2);
    assert_eq!(tow.pane("a")["exit"], serde_json::Value::Null);
    tow.ok(&["kill", "a"]);
}
