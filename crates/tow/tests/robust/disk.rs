//! A full disk, a limit on the length of files, and folders that can't be written: programs run on, what they
//! print still reaches people, and nothing is half there.

use std::path::Path;
use std::process::Command;

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use rustix::thread::UnshareFlags;
use serde_json::Value;
use towline_testkit::{Outer, Tow, wait_until};

use crate::{is_root, tow};

/// A Towline whose state is on a small file system of its own. `None` where such a thing can't be made.
///
/// This thread, and all it starts, see that file system; nobody else does, and it goes with the last of them.
fn on_small_disk(size: &str) -> Option<Tow> {
    if !is_root() {
        return None;
    }
    // SAFETY: only this thread's view of mounts becomes its own; no memory is shared less than before.
    if let Err(error) = unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNS) } {
        eprintln!("skipped: no mounts of one's own: {error}");
        return None;
    }
    let tow = tow();
    let mount = |arguments: &[&str]| Command::new("mount").args(arguments).status().unwrap();
    let state = tow.state();
    let state = state.to_str().unwrap();
    let private = mount(&["--make-rprivate", "/"]).success();
    if !private
        || !mount(&["-t", "tmpfs", "-o", &format!("size={size},mode=700"), "tmpfs", state])
            .success()
    {
        eprintln!("skipped: nothing can be mounted here");
        return None;
    }
    std::fs::write(tow.state().join("attaches"), "100\n").unwrap();
    Some(tow)
}

/// Ends a Towline on a disk of its own, so that its folder can be removed.
fn unmount(tow: &Tow) {
    let _ = std::fs::remove_file(tow.state().join("filler"));
    tow.ok(&["server", "stop", "--kill"]);
    wait_until("all are gone", || tow.processes().is_empty().then_some(()));
    assert!(Command::new("umount").arg(tow.state()).status().unwrap().success());
}

/// Takes all the room there is.
fn fill(folder: &Path) {
    let file = std::fs::File::create(folder.join("filler")).unwrap();
    let block = [0_u8; 4096];
    while std::io::Write::write_all(&mut &file, &block).is_ok() {}
}

/// A program that prints a text and as many numbered rows as it is asked for; one that is asked for none exits.
const ROWS: &str = "stty -echo; echo ready; while read text n; do [ $n = 0 ] && exit 6; seq -f \"$text %06.0f\" 1 $n; echo \"$text done\"; done";

fn degraded(tow: &Tow) -> (bool, Vec<String>) {
    let status = tow.json(&["server", "status", "--json"]);
    let told = status["degraded"].as_array().unwrap();
    let told = told.iter().map(|line| line.as_str().unwrap().to_owned()).collect();
    (tow.pane("x")["degraded"].as_bool().unwrap(), told)
}

/// What must hold while the journal of pane `x` can't be written: it prints, people see it, and it is told.
fn check_goes_on(tow: &Tow, outer: &Outer) {
    tow.ok(&["send", "x", "lost 5000"]);
    outer.wait_text("lost done");
    tow.wait_output("x", "^lost done$");
    wait_until("the pane is degraded", || degraded(tow).0.then_some(()));
    let (_, told) = degraded(tow);
    assert!(told.iter().any(|line| line.contains('x')), "{told:?}");
    assert!(tow.ok(&["list"]).contains("unsaved"));
    assert!(tow.ok(&["server", "status"]).contains("degraded"));
    assert!(tow.ok(&["peek", "x", "-n", "2"]).ends_with("lost done\n"));
    let waiting = tow.start(&["wait", "x", "--output", "^more done$"]);
    tow.ok(&["send", "x", "more 10"]);
    assert_eq!(waiting.line(), "more done");
}

/// What must hold once the journal can be written again.
fn check_recovered(tow: &Tow) {
    wait_until("the pane is no longer degraded", || (!degraded(tow).0).then_some(()));
    tow.ok(&["send", "x", "late 20"]);
    tow.wait_output("x", "^late done$");
    // As the journal has it, without a model of the time in between.
    tow.ok(&["server", "restart"]);
    let told: Value = tow.json(&["peek", "x", "-n", "20000", "--json"]);
    assert_eq!(told["gap"], true);
    let lines = told["lines"].as_array().unwrap();
    let lines: Vec<&str> = lines.iter().map(|line| line.as_str().unwrap()).collect();
    assert!(lines.iter().any(|line| line.starts_with("[towline: ")), "{lines:?}");
    assert!(lines.contains(&"late 000001") && lines.ends_with(&["late done"]), "{lines:?}");
    assert!(lines.contains(&"ready"), "what came before is kept: {lines:?}");
}

#[test]
fn a_full_disk_stops_no_program() {
    let Some(tow) = on_small_disk("3m") else { return };
    tow.spawn("x", ROWS);
    tow.spawn("y", ROWS);
    tow.wait_output("x", "ready");
    tow.wait_output("y", "ready");
    let outer = Outer::attach(&tow, &["x"], (80, 24));
    fill(&tow.state());
    check_goes_on(&tow, &outer);
    // An end is recorded all the same, and survives the server.
    tow.ok(&["send", "y", "full 5000"]);
    tow.wait_output("y", "^full done$");
    tow.ok(&["send", "y", "x 0"]);
    assert_eq!(tow.ok(&["wait", "y", "--exit"]), "y exited with status 6\n");
    // Nothing new is begun, and nothing of it is left.
    let folders = || std::fs::read_dir(tow.state().join("panes")).unwrap().count();
    let (panes, before) = (tow.panes().len(), folders());
    for name in ["one", "two"] {
        let told = tow.run(&["spawn", "--detach", "--name", name, "--", "sleep", "1000"]);
        let told = told.expect_error(1, "");
        assert!(told.stderr.contains("\nhint: "), "{told:?}");
        assert_eq!((tow.panes().len(), folders()), (panes, before));
    }
    tow.kill_server();
    assert_eq!(tow.pane("y")["exit"]["status"], 6);
    // Saved or not: the old server may have left some room behind.
    assert!(tow.pane("x")["status"].as_str().unwrap().starts_with("running"));
    tow.ok(&["send", "x", "again 5"]);
    tow.wait_output("x", "^again done$");
    std::fs::remove_file(tow.state().join("filler")).unwrap();
    check_recovered(&tow);
    assert_eq!(degraded(&tow), (false, vec![]));
    tow.spawn("one", "exec sleep 1000");
    assert_eq!(tow.pane("y")["exit"]["status"], 6);
    drop(outer);
    unmount(&tow);
}

#[test]
fn a_first_command_on_a_full_disk_says_so() {
    let Some(tow) = on_small_disk("300k") else { return };
    fill(&tow.state());
    for arguments in [&["list"][..], &["spawn", "--detach", "--", "sleep", "1000"]] {
        let outcome = tow.run(arguments);
        assert_ne!(outcome.status, 0, "{outcome:?}");
        let status = outcome.status;
        let told = outcome.expect_error(status, "");
        assert!(told.stderr.contains("\nhint: "), "{told:?}");
    }
    wait_until("no server is left", || tow.processes().is_empty().then_some(()));
    std::fs::remove_file(tow.state().join("filler")).unwrap();
    tow.ok(&["list"]);
    unmount(&tow);
}

#[test]
fn a_limit_on_the_length_of_files_stops_no_program() {
    let tow = tow();
    tow.spawn("x", ROWS);
    tow.wait_output("x", "ready");
    let outer = Outer::attach(&tow, &["x"], (80, 24));
    let holder = tow.pane("x")["holder_pid"].as_i64().unwrap();
    let holder = Pid::from_raw(i32::try_from(holder).unwrap()).unwrap();
    // Shorter than what is there already: no segment can begin either.
    let before =
        prlimit(Some(holder), Resource::Fsize, Rlimit { current: Some(20), maximum: None });
    let before = before.unwrap();
    check_goes_on(&tow, &outer);
    prlimit(Some(holder), Resource::Fsize, before).unwrap();
    check_recovered(&tow);
}

#[test]
fn a_server_with_a_limit_on_the_length_of_files_says_so() {
    let tow = tow();
    tow.spawn("x", ROWS);
    tow.wait_output("x", "ready");
    let server = Pid::from_raw(tow.server_pid().unwrap()).unwrap();
    let limit = Rlimit { current: Some(100), maximum: None };
    let before = prlimit(Some(server), Resource::Fsize, limit).unwrap();
    let told = tow.run(&["spawn", "--detach", "--name", "y", "--", "sleep", "1000"]);
    let told = told.expect_error(1, "state.db");
    assert!(told.stderr.contains("\nhint: "), "{told:?}");
    assert_eq!(tow.panes().len(), 1);
    tow.ok(&["send", "x", "seen 10"]);
    tow.wait_output("x", "^seen done$");
    wait_until("it is told", || (!degraded(&tow).1.is_empty()).then_some(()));
    prlimit(Some(server), Resource::Fsize, before).unwrap();
    tow.spawn("y", "exec sleep 1000");
    wait_until("it is over", || degraded(&tow).1.is_empty().then_some(()));
}

#[test]
fn a_read_only_disk_is_told_and_what_runs_goes_on() {
    let Some(tow) = on_small_disk("8m") else { return };
    tow.spawn("x", ROWS);
    tow.wait_output("x", "ready");
    let outer = Outer::attach(&tow, &["x"], (80, 24));
    let state = tow.state();
    let state = state.to_str().unwrap();
    let remount = |how: &str| Command::new("mount").args(["-o", how, state]).output().unwrap();
    // What is open for writing keeps a file system writable, so it is only bound read-only for newcomers.
    let bind = Command::new("mount").args(["--bind", state, state]).status().unwrap();
    assert!(bind.success());
    assert!(remount("remount,bind,ro").status.success());
    tow.ok(&["send", "x", "seen 10"]);
    tow.wait_output("x", "^seen done$");
    outer.wait_text("seen done");
    tow.ok(&["server", "stop"]);
    let told = tow.run(&["list"]);
    let status = told.status;
    let told = told.expect_error(status, "");
    assert!(status != 0 && told.stderr.contains("\nhint: "), "{told:?}");
    assert!(told.stderr.to_lowercase().contains("read-only"), "{told:?}");
    assert!(Command::new("umount").arg(state).status().unwrap().success());
    tow.ok(&["send", "x", "later 10"]);
    tow.wait_output("x", "^later done$");
    drop(outer);
    unmount(&tow);
}
