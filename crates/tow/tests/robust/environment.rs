//! Surroundings that are not as they should be: each fault is told in one line with a hint, and what can work does.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use towline_testkit::{Outcome, Outer, Tow, wait_until};

use crate::{is_root, tow};

/// A user that is nobody in particular.
const NOBODY: u32 = 65534;

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The program under test where anybody may run it: the one that is built may lie in a folder of somebody's own.
fn for_everybody(tow: &Tow) -> PathBuf {
    let folder = tow.work();
    let program = folder.join("tow");
    if !program.exists() {
        std::fs::copy(env!("CARGO_BIN_EXE_tow"), &program).unwrap();
    }
    mode(&program, 0o755);
    mode(&folder, 0o755);
    mode(folder.parent().unwrap(), 0o755);
    program
}

/// A command of another user's, with the environment of `tow` as far as `home` goes.
fn by_nobody(tow: &Tow, home: &Path, arguments: &[&str]) -> Outcome {
    let program = for_everybody(tow);
    let mut command = Command::new("setpriv");
    command
        .args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups"])
        .arg(program)
        .args(arguments)
        .current_dir("/")
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("TOWLINE_HOME", home)
        .env("HOME", "/");
    outcome(command)
}

fn outcome(mut command: Command) -> Outcome {
    let output = command.output().unwrap();
    Outcome {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Becomes another user, for this thread, and returns what a server says to a preamble and an empty hello.
fn talk_as_nobody(socket: &Path) -> Vec<u8> {
    let user = rustix::process::Uid::from_raw(NOBODY);
    rustix::thread::set_thread_res_uid(user, user, user).unwrap();
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(towline_testkit::DEADLINE)).unwrap();
    let _ = stream.write_all(b"TOWLINE\0\0\0\0\0");
    let mut said = Vec::new();
    match stream.read_to_end(&mut said) {
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => panic!("{error}"),
        _ => said,
    }
}

#[track_caller]
fn with_hint(told: Outcome) {
    assert!(told.stderr.contains("\nhint: "), "{told:?}");
}

#[test]
fn another_users_socket_is_refused_from_both_sides() {
    if !is_root() {
        return;
    }
    let tow = tow();
    tow.spawn("x", "echo secret; exec sleep 1000");
    let (home, state) = (tow.home(), tow.state());
    let socket = state.join("server.sock");
    let address = format!("unix:{}", socket.display());
    // As it is, nobody else gets so far as to the socket.
    with_hint(by_nobody(&tow, &home, &["list"]).expect_error(5, ""));
    with_hint(by_nobody(&tow, &home, &["--addr", &address, "list"]).expect_error(5, ""));
    // Thrown open, by a careless person.
    for folder in [&home, &state] {
        mode(folder, 0o777);
    }
    mode(&socket, 0o777);
    for arguments in [
        &["list"][..],
        &["peek", "x"],
        &["send", "x", "hello"],
        &["spawn", "--detach", "--", "id"],
        &["server", "stop", "--kill"],
    ] {
        let told = by_nobody(&tow, &home, arguments).expect_error(5, "belongs to another user");
        assert!(!told.stderr.contains("secret"));
        with_hint(told);
        let told = by_nobody(&tow, &home, &[&["--addr", &address], arguments].concat());
        with_hint(told.expect_error(5, "belongs to another user"));
    }
    // A client that does not care whose server it is gets no word out of it.
    let told = std::thread::spawn(move || talk_as_nobody(&socket)).join().unwrap();
    assert_eq!(told, b"");
    assert_eq!(tow.panes().len(), 1);
    // And the other way: a server of somebody else's in our place.
    let foreign = tow.work().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::os::unix::fs::chown(&foreign, Some(NOBODY), Some(NOBODY)).unwrap();
    by_nobody(&tow, &foreign, &["server", "start"]).expect_status(0);
    let mut command = tow.command(&["list"]);
    command.env("TOWLINE_HOME", &foreign);
    with_hint(outcome(command).expect_error(5, "belongs to another user"));
    by_nobody(&tow, &foreign, &["server", "stop"]).expect_status(0);
    let mut command = tow.command(&["list"]);
    command.env("TOWLINE_HOME", &foreign);
    with_hint(outcome(command).expect_error(1, "belongs to another user"));
}

#[test]
fn a_stale_socket_is_replaced() {
    let tow = tow();
    let socket = tow.state().join("server.sock");
    drop(UnixListener::bind(&socket).unwrap());
    assert!(UnixStream::connect(&socket).is_err());
    tow.spawn("x", "exec sleep 1000");
    tow.kill_server();
    assert!(socket.exists());
    assert_eq!(tow.panes().len(), 1);
    // Something that is no socket at all.
    tow.ok(&["server", "stop"]);
    std::fs::write(&socket, "text").unwrap();
    assert_eq!(tow.panes().len(), 1);
}

#[test]
fn a_path_that_is_too_long_for_a_socket_is_no_hindrance() {
    let tow = tow();
    let home = tow.work().join("a-long-name-of-a-folder".repeat(8)).join("b".repeat(150));
    std::fs::create_dir_all(&home).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = tow.command(arguments);
        command.env("TOWLINE_HOME", &home);
        outcome(command).expect_status(0).stdout
    };
    run(&[
        "spawn",
        "--detach",
        "--name",
        "x",
        "--",
        "sh",
        "-c",
        "echo ready; while read x; do echo got $x; done",
    ]);
    run(&["wait", "x", "--output", "ready"]);
    run(&["send", "x", "hello"]);
    run(&["wait", "x", "--output", "got hello"]);
    run(&["server", "restart"]);
    assert_eq!(run(&["peek", "x"]), "ready\nhello\ngot hello\n");
    let state = home.join("state");
    std::fs::create_dir_all(&state).unwrap();
    std::fs::write(state.join("attaches"), "100\n").unwrap();
    let mut command = tow.command(&["attach", "x"]);
    command.env("TOWLINE_HOME", &home);
    let mut outer = Outer::start(command, (80, 24));
    outer.wait_text("got hello");
    outer.type_in("again\r");
    outer.wait_text("got again");
    outer.type_in("\x02d");
    assert_eq!(outer.finish(), Some(0));
    run(&["doctor"]);
    run(&["server", "stop", "--kill"]);
    wait_until("all are gone", || tow.processes().is_empty().then_some(()));
}

#[test]
fn a_state_folder_that_can_only_be_read() {
    if !is_root() {
        return;
    }
    // Root may write anywhere: so this is played by somebody else.
    let tow = tow();
    let home = tow.work().join("nobodys");
    std::fs::create_dir_all(home.join("state")).unwrap();
    for folder in [&home, &home.join("state")] {
        std::os::unix::fs::chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
        mode(folder, 0o500);
    }
    for arguments in [&["list"][..], &["spawn", "--detach", "--", "true"], &["server", "start"]] {
        with_hint(by_nobody(&tow, &home, arguments).expect_error(1, "permission denied"));
    }
    // The folder can't even be made.
    let below = home.join("none");
    with_hint(by_nobody(&tow, &below, &["list"]).expect_error(1, "permission denied"));
    // A store that can only be read.
    mode(&home.join("state"), 0o700);
    by_nobody(&tow, &home, &["server", "start"]).expect_status(0);
    by_nobody(&tow, &home, &["server", "stop"]).expect_status(0);
    mode(&home.join("state/state.db"), 0o400);
    by_nobody(&tow, &home, &["list"]).expect_status(0);
    let told = by_nobody(&tow, &home, &["spawn", "--detach", "--", "sleep", "1000"]);
    with_hint(told.expect_error(1, "state.db"));
    assert_eq!(std::fs::read_dir(home.join("state/panes")).unwrap().count(), 0);
    let status = by_nobody(&tow, &home, &["server", "status"]).expect_status(0);
    assert!(status.stdout.contains("degraded  the store"), "{status:?}");
    by_nobody(&tow, &home, &["server", "stop"]).expect_status(0);
    mode(&home.join("state/state.db"), 0o000);
    with_hint(by_nobody(&tow, &home, &["list"]).expect_error(1, "the server could not start"));
}

#[test]
fn without_a_home_there_is_a_way_out() {
    let tow = tow();
    if is_root() {
        // A user whom no database knows: nobody can say where the home is.
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=54321", "--regid=54321", "--clear-groups"])
            .arg(for_everybody(&tow))
            .arg("list")
            .current_dir("/")
            .env_clear();
        with_hint(outcome(command).expect_error(2, "no home folder"));
    }
    let mut command = tow.command(&["list"]);
    command.env_remove("HOME");
    outcome(command).expect_status(0);
    let mut command = tow.command(&[
        "spawn",
        "--detach",
        "--name",
        "x",
        "--",
        "sh",
        "-c",
        "echo ${HOME-none}; exec sleep 1000",
    ]);
    command.env_remove("HOME").env_remove("SHELL").env_remove("PWD");
    outcome(command).expect_status(0);
    tow.wait_output("x", "^none$");
}

#[test]
fn without_a_usable_term_an_attach_is_refused_and_all_else_works() {
    let tow = tow();
    tow.spawn("x", "echo here; exec sleep 1000");
    for term in ["", "dumb"] {
        let mut command = tow.command(&["attach", "x"]);
        command.env("TERM", term);
        let mut outer = Outer::start(command, (80, 24));
        assert_eq!(outer.finish(), Some(2));
        outer.wait_text("hint: tow peek x --follow");
        assert_eq!(
            outer.seen().rows()[0],
            "tow: cannot attach: TERM names no terminal that can be painted on"
        );
        assert_eq!(outer.termios(), outer.before());
        let mut command = tow.command(&["list"]);
        command.env("TERM", term);
        let mut outer = Outer::start(command, (80, 24));
        assert_eq!(outer.finish(), Some(0));
        outer.wait_text("running");
        // Panes have a terminal of their own.
        let mut command = tow.command(&[
            "spawn",
            "--detach",
            "--name",
            &format!("t{term}"),
            "--",
            "sh",
            "-c",
            "echo $TERM; exec sleep 1000",
        ]);
        command.env("TERM", term);
        outcome(command).expect_status(0);
        tow.wait_output(&format!("t{term}"), "^xterm-256color$");
    }
}

#[test]
fn a_locale_without_utf_8_changes_nothing() {
    let tow = tow();
    let run = |arguments: &[&str]| {
        let mut command = tow.command(arguments);
        command.env("LC_ALL", "C").env("LANG", "C");
        outcome(command).expect_status(0).stdout
    };
    run(&[
        "spawn",
        "--detach",
        "--name",
        "名前",
        "--",
        "sh",
        "-c",
        "echo über 日本; while read x; do echo got $x; done",
    ]);
    run(&["wait", "名前", "--output", "über 日本"]);
    run(&["send", "名前", "é"]);
    run(&["wait", "名前", "--output", "got é"]);
    assert!(run(&["list"]).contains("名前"));
    assert_eq!(run(&["peek", "名前"]), "über 日本\né\ngot é\n");
}

#[test]
fn environments_of_any_bytes_go_through() {
    let tow = tow();
    let mut command = tow.command(&[
        "spawn",
        "--detach",
        "--name",
        "x",
        "--",
        "sh",
        "-c",
        "printenv BYTES | od -An -tx1; exec sleep 1000",
    ]);
    command.env("BYTES", std::ffi::OsString::from("a\nb"));
    command
        .env("OTHER", <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff\xfe"));
    outcome(command).expect_status(0);
    tow.wait_output("x", "61 0a 62 0a");
}
