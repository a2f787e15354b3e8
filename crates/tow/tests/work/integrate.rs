//! The hooks by which Claude Code learns of its work.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use towline_testkit::Tow;

use crate::by_hand::{add, folder, line, town};
use crate::common::{ok_in, tow};

/// Runs the hooks of an event as Claude Code does, and returns what they print.
fn run(tow: &Tow, settings: &Value, event: &str, folder: &Path) -> String {
    let mut printed = String::new();
    for group in settings["hooks"][event].as_array().unwrap() {
        for hook in group["hooks"].as_array().unwrap() {
            let environment = tow.command(&["list"]);
            let mut shell = Command::new("sh");
            shell.args(["-c", hook["command"].as_str().unwrap()]).current_dir(folder).env_clear();
            shell.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
            shell.env("PATH", std::env::var_os("PATH").unwrap());
            shell.stdin(std::process::Stdio::null());
            let output = shell.output().unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
            printed.push_str(&String::from_utf8(output.stdout).unwrap());
        }
    }
    printed
}

#[test]
fn an_agent_started_by_hand_learns_of_its_work_and_mail() {
    let tow = tow();
    let town = town(&tow);
    add(&town, "demo", &[&line("demo-a", r#""status":"hooked","assignee":"demo/Toast""#)]);
    tow.ok(&["integrate", "claude"]);
    let file = tow.folder().join("home/.claude/settings.json");
    let settings: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let toast = folder(&town, "polecats/Toast");
    for event in ["SessionStart", "PreCompact"] {
        assert!(run(&tow, &settings, event, &toast).contains("Pinned bead: demo-a"), "{event}");
    }
    assert_eq!(run(&tow, &settings, "UserPromptSubmit", &toast), "");
    ok_in(&tow, &folder(&town, "mayor"), &["mail", "send", "demo/Toast", "-s", "Look"]);
    let told = run(&tow, &settings, "UserPromptSubmit", &toast);
    assert!(told.starts_with("<system-reminder>\nYou have 1 unread message(s)"), "{told}");
    // Where there is no ledger, nothing is said.
    for event in ["SessionStart", "UserPromptSubmit"] {
        assert_eq!(run(&tow, &settings, event, &tow.folder().join("home")), "");
    }
    assert!(tow.server_pid().is_none(), "no server is started");
    tow.ok(&["integrate", "claude", "--no-work"]);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("agent-event") && !text.contains("prime"), "{text}");
    tow.ok(&["integrate", "claude", "--undo"]);
    assert!(!file.exists());
}
