//! `tow spawn` and `tow new`.

use std::os::unix::fs::PermissionsExt;

use towline_testkit::{exists, wait_until};

use crate::tow;

/// A pane that writes the output of a command line into a file, and the file's text.
fn written(tow: &towline_testkit::Tow, arguments: &[&str], command_line: &str) -> String {
    let file = tow.work().join("written");
    let line = format!("{command_line} > {0}.new; mv {0}.new {0}; exec sleep 1000", file.display());
    let all = [&["spawn", "--detach"], arguments, &["--", "sh", "-c", &line]].concat();
    tow.ok(&all);
    wait_until("the pane has written", || exists(&file));
    std::fs::read_to_string(file).expect("the file can be read")
}

#[test]
fn without_a_terminal_the_target_is_printed_and_how_to_attach() {
    let tow = tow();
    let outcome = tow.run(&["spawn", "--name", "a b", "--", "sleep", "1000"]).expect_status(0);
    assert_eq!(outcome.stdout, "a b\n");
    assert_eq!(outcome.stderr, "attach with: tow attach 'a b'\n");
    let quiet = tow.run(&["spawn", "-q", "--name", "c", "--", "sleep", "1000"]).expect_status(0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("c\n", ""));
}

#[test]
fn a_pane_is_named_after_its_folder_and_a_name_that_is_taken_gets_a_number() {
    let tow = tow();
    let folder = tow.work().join("my app");
    std::fs::create_dir(&folder).unwrap();
    let folder = folder.to_str().unwrap();
    for expected in ["my app\n", "my app-2\n", "my app-3\n"] {
        assert_eq!(tow.ok(&["spawn", folder, "--detach", "--", "sleep", "1000"]), expected);
    }
    let pane = tow.pane("my app-2");
    assert_eq!(pane["cwd"], folder);
    assert_eq!(pane["command"], serde_json::json!(["sleep", "1000"]));
    assert_eq!(pane["session"], "agents");
    let here = tow.ok(&["spawn", ".", "--detach", "--", "sleep", "1000"]);
    assert_eq!(here, "work\n");
}

#[test]
fn a_pane_has_the_callers_environment_and_not_its_terminals() {
    let tow = tow();
    let file = tow.work().join("written");
    let line = format!("env > {0}.new; mv {0}.new {0}; exec sleep 1000", file.display());
    let mut command =
        tow.command(&["spawn", "--detach", "--env", "MINE=1=2", "--", "sh", "-c", &line]);
    command.env("CALLERS", "yes").env("TMUX", "/tmp/x").env("SSH_TTY", "/dev/pts/9");
    assert!(command.output().unwrap().status.success());
    wait_until("the pane has written", || exists(&file));
    let text = std::fs::read_to_string(file).unwrap();
    let has = |line: &str| text.lines().any(|has| has == line);
    assert!(has("CALLERS=yes") && has("MINE=1=2") && has("TERM_PROGRAM=towline"), "{text}");
    assert!(has("TOWLINE_NAME=work"), "{text}");
    assert!(has(&format!("PWD={}", tow.work().display())), "{text}");
    for foreign in ["TMUX=", "SSH_TTY=", "TOWLINE_HOME="] {
        assert!(!text.contains(foreign), "{foreign} in {text}");
    }
}

#[test]
fn a_pane_has_the_callers_mask_and_limits() {
    let tow = tow();
    let file = tow.work().join("written");
    let line = format!(
        "umask > {0}.new; ulimit -n >> {0}.new; mv {0}.new {0}; exec sleep 1000",
        file.display()
    );
    let program = env!("CARGO_BIN_EXE_tow");
    // The server is started before: it has limits of its own.
    tow.ok(&["server", "start"]);
    let script = format!("umask 027; ulimit -n 333; exec {program} spawn --detach -- sh -c \"$1\"");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script, "sh", &line]).current_dir(tow.work());
    for (name, value) in tow.command::<&str>(&[]).get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    wait_until("the pane has written", || exists(&file));
    let text = std::fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0].trim_start_matches('0'), lines[1]), ("27", "333"));
}

#[test]
fn a_pane_runs_in_the_folder_and_size_it_was_given() {
    let tow = tow();
    let folder = tow.work().join("deep");
    std::fs::create_dir(&folder).unwrap();
    let folder = folder.to_str().unwrap();
    let text =
        written(&tow, &["--cwd", folder, "--cols", "91", "--rows", "17"], "(pwd; stty size)");
    assert_eq!(text, format!("{folder}\n17 91\n"));
    let pane = tow.pane("deep");
    assert_eq!((pane["cols"].as_u64(), pane["rows"].as_u64()), (Some(91), Some(17)));
}

#[test]
fn json_tells_the_pane() {
    let tow = tow();
    let pane = tow.json(&["spawn", "--json", "--name", "x", "--", "sleep", "1000"]);
    assert_eq!((pane["name"].as_str(), pane["target"].as_str()), (Some("x"), Some("x")));
    assert!(pane["pid"].as_i64().unwrap() > 0);
    assert_eq!(tow.pane(pane["id"].as_str().unwrap())["name"], "x");
}

#[test]
fn a_command_that_can_not_be_started_is_told_and_leaves_no_pane() {
    let tow = tow();
    let told = tow.run(&["spawn", "--detach", "--", "/none/such"]).expect_error(1, "/none/such");
    assert!(told.stderr.to_lowercase().contains("no such file"), "{told:?}");
    let told = tow.run(&["spawn", "--detach", "--", "echo hi"]).expect_error(1, "echo hi");
    assert!(told.stderr.ends_with("hint: tow new --command 'echo hi'\n"), "{told:?}");
    assert_eq!(tow.json(&["list", "--json"])["panes"], serde_json::json!([]));
}

#[test]
fn a_command_line_goes_to_the_shell() {
    let tow = tow();
    let file = tow.work().join("out");
    let line =
        format!("echo \"$((6 * 7)) it's\" > {0}.new && mv {0}.new {0}; sleep 1000", file.display());
    tow.ok(&["new", "--detach", "--command", &line]);
    wait_until("the shell has run", || exists(&file));
    assert_eq!(std::fs::read_to_string(file).unwrap(), "42 it's\n");
}

#[test]
fn without_a_command_the_first_agent_on_the_path_runs_else_the_shell() {
    let tow = tow();
    let bin = tow.work().join("bin");
    std::fs::create_dir(&bin).unwrap();
    for agent in ["opencode", "codex"] {
        let file = bin.join(agent);
        std::fs::write(&file, "#!/bin/sh\nexec sleep 1000\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:/usr/bin:/bin", bin.display());
    for (path, name, expected) in [
        (path.as_str(), "agent", serde_json::json!(["codex"])),
        ("/usr/bin:/bin", "shell", serde_json::json!(["/bin/sh", "-l"])),
    ] {
        let mut command = tow.command(&["spawn", "--detach", "--name", name]);
        let output = command.env("PATH", path).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(tow.pane(name)["command"], expected);
    }
    std::fs::create_dir_all(tow.home().join("config")).unwrap();
    std::fs::write(tow.home().join("config/config.toml"), "command = [\"sleep\", \"999\"]\n")
        .unwrap();
    tow.ok(&["spawn", "--detach", "--name", "configured"]);
    assert_eq!(tow.pane("configured")["command"], serde_json::json!(["sleep", "999"]));
}

#[test]
fn hostile_names_are_names() {
    let tow = tow();
    for name in ["a:b", "$(touch pwned)", "it's \"x\"; rm -rf .", "=x", "%1", "-n", "名前", "a.0"]
    {
        let printed =
            tow.ok(&["spawn", "--detach", &format!("--name={name}"), "--", "sleep", "1000"]);
        let target = printed.trim_end_matches('\n');
        assert_eq!(tow.pane(&format!("={name}"))["name"], name);
        assert_eq!(tow.json(&["info", "--json", "--", target])["name"], name);
    }
    assert!(!tow.work().join("pwned").exists());
}
