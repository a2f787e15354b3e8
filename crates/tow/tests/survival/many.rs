//! Many panes, many commands.

use std::sync::atomic::{AtomicBool, Ordering};

use towline_testkit::{Random, Tow, wait_until};

use crate::{processes, tow};

fn names(tow: &Tow) -> Vec<String> {
    let list = tow.json(&["list", "--json"]);
    let panes = list["panes"].as_array().unwrap();
    let mut names: Vec<String> =
        panes.iter().map(|pane| pane["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_hundred_panes_are_all_there_after_a_kill() {
    const PANES: usize = 100;
    let tow = tow();
    tow.ok(&["server", "start"]);
    // Four at a time, as scripts do.
    std::thread::scope(|scope| {
        for part in 0..4 {
            let tow = &tow;
            scope.spawn(move || {
                for n in (part..PANES).step_by(4) {
                    tow.spawn(&format!("pane-{n:03}"), "exec sleep 1000");
                }
            });
        }
    });
    let expected: Vec<String> = (0..PANES).map(|n| format!("pane-{n:03}")).collect();
    assert_eq!(names(&tow), expected);
    let pids = |tow: &Tow| -> Vec<i64> {
        tow.panes().iter().map(|pane| pane["pid"].as_i64().unwrap()).collect()
    };
    let before = pids(&tow);
    tow.kill_server();
    // The first answer is the whole one.
    assert_eq!(names(&tow), expected);
    assert_eq!(pids(&tow), before);
}

#[test]
fn ten_commands_at_once_after_a_kill_start_one_server() {
    let tow = tow();
    for name in ["a", "b", "c"] {
        tow.spawn(name, "exec sleep 1000");
    }
    for _ in 0..5 {
        tow.kill_server();
        std::thread::scope(|scope| {
            for _ in 0..10 {
                scope.spawn(|| assert_eq!(names(&tow), ["a", "b", "c"]));
            }
        });
        // The server, three holders, three programs.
        wait_until("nothing else is left", || (tow.processes().len() == 7).then_some(()));
    }
}

/// Does `work` while servers die at random moments.
fn while_servers_die(tow: &Tow, work: impl FnOnce()) {
    let over = AtomicBool::new(false);
    let mut random = Random::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Acquire) {
                if let Some(server) = processes::server(tow) {
                    random.moment(60);
                    processes::kill(server);
                }
            }
        });
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        over.store(true, Ordering::Release);
        if let Err(panic) = done {
            std::panic::resume_unwind(panic);
        }
    });
}

/// A pane whose server dies while it is made is made by the retry, with the caller's environment.
#[test]
fn every_pane_that_was_asked_for_runs_although_servers_die() {
    const PANES: usize = 25;
    let tow = tow();
    tow.ok(&["server", "start"]);
    let expected: Vec<String> = (0..PANES).map(|n| format!("pane-{n:02}")).collect();
    while_servers_die(&tow, || {
        for name in &expected {
            let program = "echo \"env $FROM_CALLER\"; exec sleep 1000";
            let words = ["spawn", "--detach", "--name", name, "--", "sh", "-c", program];
            let output = tow.command(&words).env("FROM_CALLER", name).output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name}: {told}");
        }
    });
    assert_eq!(names(&tow), expected);
    for name in &expected {
        tow.wait_output(name, &format!("^env {name}$"));
        assert!(processes::is_alive(processes::program(&tow, name)), "{name}");
    }
    assert_eq!(tow.panes().len(), PANES, "and none is left over");
}

#[test]
fn every_pane_that_was_killed_is_gone_although_servers_die() {
    const PANES: usize = 25;
    let tow = tow();
    let all: Vec<String> = (0..PANES).map(|n| format!("pane-{n:02}")).collect();
    for name in &all {
        tow.spawn(name, "setsid sleep 1001 & exec sleep 1000");
    }
    tow.spawn("stays", "exec sleep 1000");
    while_servers_die(&tow, || {
        for name in &all {
            assert_eq!(tow.ok(&["kill", name]), format!("killed {name}\n"));
        }
    });
    assert_eq!(names(&tow), ["stays"]);
    assert_eq!(tow.panes().len(), 1);
    // The server, a holder, a program.
    wait_until("nothing else is left", || (tow.processes().len() == 3).then_some(()));
}
