//! Hooks in the user's own settings: put in, and taken out again to the byte.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use towline_testkit::Tow;

fn tow() -> Tow {
    Tow::new(env!("CARGO_BIN_EXE_tow"))
}

fn home(tow: &Tow) -> PathBuf {
    tow.folder().join("home")
}

/// Claude Code's settings, with this text in them.
fn claude(tow: &Tow, text: &str) -> PathBuf {
    let path = home(tow).join(".claude/settings.json");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

/// What is in a file, and what others may do with it; `None`: it is a folder.
type Content = Option<(Vec<u8>, u32)>;

/// All below a folder.
fn tree(folder: &Path) -> Vec<(PathBuf, Content)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.push((path.clone(), None));
            found.extend(tree(&path));
        } else {
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            found.push((path.clone(), Some((fs::read(&path).unwrap(), mode))));
        }
    }
    found.sort();
    found
}

#[test]
fn every_kind_comes_back_to_the_byte() {
    for kind in ["claude", "codex", "gemini", "opencode"] {
        let tow = tow();
        let settings = claude(&tow, "{\n    \"model\": \"opus\" // mine\n}");
        fs::set_permissions(&settings, fs::Permissions::from_mode(0o640)).unwrap();
        let codex = home(&tow).join(".codex");
        fs::create_dir(&codex).unwrap();
        fs::write(codex.join("config.toml"), "model = 'x'   # mine\n\n[tui]\na=1").unwrap();
        let before = tree(&home(&tow));
        let shown = tow.ok(&["integrate", kind, "--dry-run"]);
        assert!(shown.contains("agent-event"), "{shown}");
        assert_eq!(tree(&home(&tow)), before, "{kind}: nothing is changed in a dry run");
        assert_eq!(tow.ok(&["integrate", kind]), shown);
        let with = tree(&home(&tow));
        assert_ne!(with, before);
        let list = tow.json(&["integrate", "--json"]);
        let integrated = list.as_array().unwrap().iter().filter(|one| one["integrated"] == true);
        let integrated: Vec<_> = integrated.map(|one| one["kind"].as_str().unwrap()).collect();
        assert_eq!(integrated, [kind]);
        assert_eq!(tow.ok(&["integrate", kind]), "", "once is enough");
        assert_eq!(tree(&home(&tow)), with);
        let undone = tow.json(&["integrate", kind, "--undo", "--json"]);
        assert_eq!(undone["integrated"], false, "{undone}");
        assert_eq!(tree(&home(&tow)), before, "{kind}");
        assert!(tow.server_pid().is_none(), "no server is needed for it");
        let again = tow.run(&["integrate", kind, "--undo"]).expect_status(0);
        assert!(again.stderr.contains("there are no hooks of Towline's"), "{again:?}");
    }
}

#[test]
fn settings_that_were_changed_since_keep_the_changes() {
    let tow = tow();
    let settings = claude(&tow, "{\n  \"a\": 1\n}\n");
    tow.ok(&["integrate", "claude"]);
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text.replace("\"a\": 1,", "\"a\": 2,\n  \"b\": 3,")).unwrap();
    tow.ok(&["integrate", "claude", "--undo"]);
    assert_eq!(fs::read_to_string(&settings).unwrap(), "{\n  \"a\": 2,\n  \"b\": 3\n}\n");
}

#[test]
fn a_link_stays_one() {
    let tow = tow();
    let settings = claude(&tow, "");
    let real = tow.work().join("dotfiles.json");
    fs::write(&real, "{}\n").unwrap();
    fs::remove_file(&settings).unwrap();
    symlink(&real, &settings).unwrap();
    tow.ok(&["integrate", "claude"]);
    assert!(fs::symlink_metadata(&settings).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("agent-event claude"));
    tow.ok(&["integrate", "claude", "--undo"]);
    assert!(fs::symlink_metadata(&settings).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), "{}\n");
    fs::remove_file(&real).unwrap();
    tow.run(&["integrate", "claude"]).expect_error(1, "which isn't there");
}

#[test]
fn what_can_not_be_changed_is_left_alone_and_told() {
    let tow = tow();
    for (text, expected) in [
        ("{\n  \"a\": 1,,\n}", "settings.json:2: it can't be read as JSON"),
        ("[]", "settings.json: it is no JSON object"),
        ("{\"hooks\": 1}", "\"hooks\" is no object"),
    ] {
        let settings = claude(&tow, text);
        let refused = tow.run(&["integrate", "claude"]).expect_error(1, expected);
        assert!(refused.stderr.contains("hint: nothing was changed"), "{refused:?}");
        assert_eq!(fs::read_to_string(&settings).unwrap(), text);
    }
    let list = tow.run(&["integrate"]).expect_status(0);
    assert!(list.stdout.contains("opencode  no"), "{list:?}");
    claude(&tow, "{");
    let list = tow.run(&["integrate"]).expect_status(0);
    assert!(list.stdout.contains("it can't be read as JSON"), "{list:?}");
    let settings = claude(&tow, "{}");
    fs::set_permissions(&settings, fs::Permissions::from_mode(0o400)).unwrap();
    tow.run(&["integrate", "claude"]).expect_error(1, "it is read-only");
    assert_eq!(fs::read_to_string(&settings).unwrap(), "{}");
    fs::write(home(&tow).join(".codex"), "").unwrap();
    tow.run(&["integrate", "codex"]).expect_status(1);
    tow.run(&["integrate", "aider"]).expect_error(2, "has no hooks that Towline understands");
    tow.run(&["integrate", "claud"]).expect_error(2, "no agent is called \"claud\"");
    tow.run(&["integrate", "--undo"]).expect_status(2);
}

#[test]
fn a_hook_of_the_users_settings_tells_from_within_a_pane_and_nothing_outside() {
    let tow = tow();
    let settings = claude(&tow, "{}");
    tow.ok(&["integrate", "claude"]);
    let text = fs::read_to_string(&settings).unwrap();
    let settings: serde_json::Value = serde_json::from_str(&text).unwrap();
    let hook = settings["hooks"]["UserPromptSubmit"][0]["hooks"][0]["command"].as_str().unwrap();
    // Outside: it starts no server.
    let mut outside = std::process::Command::new("sh");
    let outside = outside.args(["-c", hook]).env_clear().env("TOWLINE_HOME", tow.home());
    assert!(outside.status().unwrap().success());
    assert!(tow.server_pid().is_none());
    // Inside: the agent is known by it before its process is looked for, and works.
    let agent = tow.work().join("claude");
    let event = r#"{"hook_event_name":"UserPromptSubmit","session_id":"s1","prompt":"x"}"#;
    let script = format!("#!/bin/sh\necho '{event}' | sh -c \"$HOOK\"\necho told\nexec cat\n");
    fs::write(&agent, script).unwrap();
    fs::set_permissions(&agent, fs::Permissions::from_mode(0o755)).unwrap();
    let mut tow = tow;
    tow.set_env("HOOK", hook);
    let target = tow.spawn("x", "sh -c './claude; exec sh'");
    tow.wait_output(&target, "told");
    let pane = tow.pane(&target);
    assert_eq!(
        (&pane["agent"]["state"], &pane["agent"]["source"]),
        (&"working".into(), &"hook".into())
    );
}
