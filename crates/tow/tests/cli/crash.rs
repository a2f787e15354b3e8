//! What survives `kill -9` of the server.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use towline_testkit::{Tow, wait_until};

use crate::tow;

#[test]
fn a_pane_and_what_it_printed_survive_the_server() {
    let tow = tow();
    tow.spawn("x", "echo before; read line; echo $line; exec sleep 1000");
    tow.wait_output("x", "before");
    let before = tow.pane("x");
    tow.kill_server();
    let after = tow.pane("x");
    for same in ["id", "pid", "name", "created_at", "cwd", "command"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    tow.ok(&["send", "x", "after"]);
    tow.wait_output("x", "^after$");
    assert!(tow.ok(&["peek", "x"]).starts_with("before\n"));
}

#[test]
fn what_a_pane_does_while_no_server_runs_is_not_lost() {
    let tow = tow();
    tow.spawn("x", "read line; i=1; while [ $i -le 300 ]; do echo row $i; i=$((i+1)); done; touch done; exit 6");
    tow.ok(&["send", "--no-enter", "x", "go"]);
    // The Enter goes straight to the server, which dies at once.
    tow.ok(&["send", "x", "--key", "Enter"]);
    tow.kill_server();
    let done = tow.work().join("done");
    wait_until("the program has ended", || done.exists().then_some(()));
    tow.ok(&["wait", "x", "--exit"]);
    assert_eq!(tow.pane("x")["exit"]["status"], 6);
    let text = tow.ok(&["peek", "x", "-n", "300"]);
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("row")).collect();
    assert_eq!((rows.len(), rows.last()), (300.min(rows.len()), Some(&"row 300")));
    assert!(rows.len() >= 299, "{}", rows.len());
}

/// Kills the server again and again while `work` goes on, each time some moments after `progress` has grown, so
/// that every step of the work is hit by and by and none for ever.
fn while_servers_die(tow: &Tow, progress: impl Fn() -> usize, work: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let working = scope.spawn(work);
        for moment in (0..).map(|round| Duration::from_millis(round * 7 % 40)) {
            let before = progress();
            wait_until("there is progress", || {
                (progress() > before || working.is_finished()).then_some(())
            });
            if working.is_finished() {
                break;
            }
            std::thread::sleep(moment);
            if let Some(pid) = tow.server_pid().and_then(Pid::from_raw) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        if let Err(panic) = working.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

#[test]
fn nothing_is_typed_twice_or_lost_while_servers_die() {
    const TEXTS: usize = 30;
    let tow = tow();
    tow.spawn("x", "stty -echo; echo ready; while IFS= read -r x; do echo \"$x\" >> typed; done");
    tow.wait_output("x", "ready");
    let file = tow.work().join("typed");
    let typed = || std::fs::read_to_string(&file).unwrap_or_default();
    while_servers_die(
        &tow,
        || typed().lines().count(),
        || {
            for n in 0..TEXTS {
                tow.ok(&["send", "x", &format!("text {n}")]);
            }
        },
    );
    wait_until("all is read", || (typed().lines().count() >= TEXTS).then_some(()));
    let expected: String = (0..TEXTS).map(|n| format!("text {n}\n")).collect();
    assert_eq!(typed(), expected);
}

#[test]
fn a_spawn_is_done_once_while_servers_die() {
    const PANES: usize = 15;
    let tow = tow();
    tow.ok(&["server", "start"]);
    let folders = || std::fs::read_dir(tow.state().join("panes")).map_or(0, Iterator::count);
    while_servers_die(&tow, folders, || {
        for n in 0..PANES {
            tow.spawn(&format!("pane-{n}"), "exec sleep 1000");
        }
    });
    let mut names: Vec<String> =
        tow.panes().iter().map(|pane| pane["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    let mut expected: Vec<String> = (0..PANES).map(|n| format!("pane-{n}")).collect();
    expected.sort();
    assert_eq!(names, expected);
}
