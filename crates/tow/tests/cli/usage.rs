//! Wrong command lines, help, and where output can't go.

use std::process::Stdio;

use crate::tow;

const VERBS: &[&str] = &[
    "spawn",
    "new",
    "list",
    "peek",
    "send",
    "attach",
    "wait",
    "kill",
    "info",
    "rename",
    "clean",
    "resume",
    "agents",
    "integrate",
    "server",
    "config",
    "doctor",
    "completions",
    "man",
];

#[test]
fn every_verb_shows_examples() {
    let tow = tow();
    let all = tow.ok(&["--help"]);
    for verb in VERBS {
        assert!(all.contains(verb), "`tow --help` does not list {verb}");
        let help = tow.ok(&[verb, "--help"]);
        assert!(help.contains("Examples:") && help.contains(&format!("tow {verb}")), "{help}");
    }
    assert!(!tow.state().exists(), "help needs no server");
}

#[test]
fn wrong_usage_is_one_line_and_a_hint() {
    let tow = tow();
    for (arguments, text, hint) in [
        (vec!["frobnicate"], "frobnicate", "tow --help"),
        (vec!["list", "--nope"], "--nope", "tow list --help"),
        (vec!["kill"], "<TARGET>", "tow kill --help"),
        (vec!["wait", "x"], "--exit", "tow wait --help"),
        (vec!["wait", "x", "--exit", "--timeout", "soon"], "soon", "tow wait --help"),
        (vec!["send", "x"], "nothing to send", "tow send --help"),
        (vec!["peek", "x", "--since", "yesterday"], "yesterday", "tow peek --help"),
        (vec!["server"], "start, stop", "tow server --help"),
        (vec!["--addr", "http://thor", "list"], "http://thor", "unix:PATH"),
        (vec!["wait", "x", "--output", "y", "--propagate"], "--propagate", "tow wait --help"),
        (vec!["peek", "x", "--raw", "-n", "2"], "--raw", "tow peek --help"),
        (vec!["attach"], "attach needs a terminal", "hint: tow list\n"),
        (vec!["list", "--josn"], "--josn", "hint: did you mean `--json`?\n"),
        (vec!["spawn", "sh"], "cannot start in sh", "hint: tow spawn -- sh\n"),
        (vec!["spawn", "/none/such"], "/none/such", ""),
        (vec!["spawn", "--name", "a\nb"], "control characters", ""),
        (vec!["spawn", "--env", "x"], "KEY=VALUE", ""),
    ] {
        let told = tow.run(&arguments).expect_error(2, text);
        assert!(told.stderr.contains(hint), "{arguments:?}: {told:?}");
        assert!(told.stderr.lines().count() <= 2, "{arguments:?}: {told:?}");
    }
    assert!(!tow.state().exists(), "wrong usage starts no server");
}

#[test]
fn a_missing_home_is_told_with_a_way_out() {
    let tow = tow();
    let mut command = tow.command(&["list"]);
    let output = command.env("TOWLINE_HOME", "relative").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.starts_with("tow: TOWLINE_HOME is not an absolute path: relative\nhint: "),
        "{told}"
    );
}

#[test]
fn a_socket_nobody_listens_at_is_unreachable() {
    let tow = tow();
    let socket = tow.home().join("none.sock");
    let address = format!("unix:{}", socket.display());
    tow.run(&["list", "--addr", &address]).expect_error(5, "no server listens");
    std::os::unix::net::UnixListener::bind(&socket).unwrap();
    tow.run(&["list", "--addr", &address]).expect_error(5, "no server listens");
    assert!(!tow.state().exists());
}

#[test]
fn output_that_nobody_reads_ends_quietly() {
    let tow = tow();
    tow.spawn("x", "exec sleep 1000");
    for arguments in [&["list"][..], &["--help"], &["list", "--json"]] {
        let mut command = tow.command(arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{arguments:?}");
    }
}

#[test]
fn output_that_can_not_be_written_is_a_failure() {
    let tow = tow();
    tow.spawn("x", "exec sleep 1000");
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = tow.command(&["list"]).stdout(full).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(told, "tow: cannot write to standard output: no space left on device\n");
}
