//! The tmux of this machine, beside Towline.

use std::process::Command;

use towline_testkit::{Tow, wait_until};

use crate::AGENT;

/// tmux as somebody on this machine has it who shares the test's folder for its sockets.
struct Here<'a>(&'a Tow);

impl Here<'_> {
    fn run(&self, arguments: &[&str]) -> String {
        let like = self.0.command::<&str>(&[]);
        let mut command = Command::new("tmux");
        command.args(["-u", "-f", "/dev/null"]).args(arguments).current_dir(self.0.work());
        for (name, value) in like.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

#[test]
fn agents_in_tmux_are_listed_and_spoken_to_beside_towlines_own() {
    let tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    let agent = tow.work().join("amp");
    std::fs::write(&agent, format!("#!/bin/sh\n{AGENT}\n")).unwrap();
    std::fs::set_permissions(&agent, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let here = Here(&tow);
    here.run(&["new-session", "-d", "-s", "mine", "-n", "theirs", "sh -c './amp; exec cat'"]);
    here.run(&["new-window", "-d", "-t", "mine:", "-n", "plain", "cat"]);
    tow.spawn("ours", "cat");
    wait_until("it is listed", || {
        let list = tow.json(&["list", "--json"]);
        let targets: Vec<String> = list["panes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pane| pane["target"].as_str().unwrap().to_owned())
            .collect();
        assert!(!targets.iter().any(|target| target.ends_with("plain")), "{targets:?}");
        (targets.len() == 2).then_some(())
    });
    assert_eq!(tow.pane("theirs")["agent"]["kind"], "amp");
    tow.ok(&["send", "theirs", "hello"]);
    tow.wait_output("theirs", "agent got hello");
    assert!(tow.ok(&["peek", "theirs"]).contains("agent got hello"));
    tow.ok(&["kill", "theirs"]);
    assert_eq!(here.run(&["list-windows", "-a", "-F", "#{window_name}"]), "plain\n");
}
