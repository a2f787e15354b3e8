//! Programs that do odd things with their terminal: each is handled as tmux does, or better.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use towline_testkit::{Outer, Tow, exists, wait_until};

use crate::leave::{SHELL, check_left};
use crate::tow;

/// An exit is told within this after the program's last deed. The holder waits half a second at most; a loaded
/// machine adds to that.
const EXIT_TOLD: Duration = Duration::from_secs(2);

/// Writes a file that programs wait for.
fn make(tow: &Tow, name: &str) {
    std::fs::write(tow.work().join(name), "").unwrap();
}

/// Clock ticks of processor time that a process has used.
fn ticks(pid: i64) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn one_that_ignores_every_polite_signal_is_killed_all_the_same() {
    let tow = tow();
    tow.spawn("x", "trap '' HUP TERM INT QUIT; echo ready; while :; do sleep 0.05; done");
    tow.wait_output("x", "ready");
    tow.ok(&["kill", "x", "--signal", "HUP"]);
    assert_eq!(tow.pane("x")["exit"], serde_json::Value::Null);
    tow.ok(&["kill", "x"]);
    assert!(tow.panes().is_empty());
    wait_until("its processes are gone", || (tow.processes().len() == 1).then_some(()));
}

#[test]
fn an_exit_is_told_although_a_grandchild_holds_the_terminal_and_prints_on() {
    let tow = tow();
    let grandchild =
        "(trap '' HUP; touch up; while echo still here; do :; done; touch ended) 2>/dev/null &";
    tow.spawn("x", &format!("while [ ! -e go ]; do sleep 0.02; done; {grandchild} while [ ! -e up ]; do sleep 0.02; done; exit 7"));
    let mut outer = Outer::shell(&tow, SHELL, (80, 24));
    outer.wait_for("it has attached", |seen| seen.terminal.modes().alt_screen);
    make(&tow, "go");
    let begun = std::time::Instant::now();
    assert_eq!(tow.ok(&["wait", "x", "--exit"]), "x exited with status 7\n");
    assert!(begun.elapsed() < EXIT_TOLD, "{:?}", begun.elapsed());
    check_left(&mut outer, Some("[x ended: exit status 7]"), 0);
    // Its terminal is gone, as when one closes a window.
    wait_until("the grandchild has noticed", || exists(&tow.work().join("ended")));
    assert!(tow.ok(&["peek", "x"]).contains("still here"));
}

#[test]
fn one_that_closes_its_terminal_lives_on_and_may_open_it_again() {
    let tow = tow();
    tow.spawn("x", "echo before; exec 0</dev/null 1>/dev/null 2>&1; touch closed; while [ ! -e go ]; do sleep 0.02; done; echo again > /dev/tty; while [ ! -e stop ]; do sleep 0.02; done; exit 9");
    wait_until("it has closed its terminal", || exists(&tow.work().join("closed")));
    let holder = tow.pane("x")["holder_pid"].as_i64().unwrap();
    let before = ticks(holder);
    let begun = std::time::Instant::now();
    // Some time in which the holder has nothing to do, filled with looks.
    while begun.elapsed() < Duration::from_millis(500) {
        let pane = tow.pane("x");
        assert_eq!(
            (pane["status"].as_str(), pane["exit"].is_null()),
            (Some("running"), true),
            "{pane}"
        );
    }
    let used = ticks(holder) - before;
    assert!(used < 20, "the holder spins: {used} ticks");
    make(&tow, "go");
    tow.wait_output("x", "^again$");
    make(&tow, "stop");
    assert_eq!(tow.ok(&["wait", "x", "--exit"]), "x exited with status 9\n");
    assert_eq!(tow.ok(&["peek", "x"]), "before\nagain\n");
}

#[test]
fn one_that_daemonizes_ends_its_pane_and_runs_on() {
    let tow = tow();
    tow.spawn("x", "setsid sh -c 'echo $$ > new; mv new pid; exec sleep 1000' </dev/null >/dev/null 2>&1 & while [ ! -e pid ]; do sleep 0.02; done; echo started; exit 0");
    assert_eq!(tow.ok(&["wait", "x", "--exit"]), "x exited with status 0\n");
    let pid: i32 = std::fs::read_to_string(tow.work().join("pid")).unwrap().trim().parse().unwrap();
    let daemon = Pid::from_raw(pid).unwrap();
    tow.ok(&["server", "stop"]);
    wait_until("the holder has gone", || (tow.processes() == [pid]).then_some(()));
    assert!(rustix::process::test_kill_process(daemon).is_ok(), "the daemon lives");
    kill_process(daemon, Signal::KILL).unwrap();
    assert_eq!(tow.ok(&["peek", "x"]), "started\n");
}

#[test]
fn all_that_was_printed_before_an_exit_is_kept() {
    let tow = tow();
    let line = "stty raw; yes 0123456789abcdef | tr -d '\\n' | head -c 10000000; printf END";
    for (name, stopped) in [("seen", false), ("alone", true)] {
        tow.spawn(name, &format!("while [ ! -e {name} ]; do sleep 0.02; done; {line}"));
        if stopped {
            let holder = tow.pane(name)["holder_pid"].as_i64().unwrap();
            tow.ok(&["server", "stop"]);
            make(&tow, name);
            let gone = || !std::path::Path::new(&format!("/proc/{holder}")).exists();
            wait_until("the holder has gone by itself", || gone().then_some(()));
        } else {
            make(&tow, name);
        }
        tow.ok(&["wait", name, "--exit"]);
        let output = tow.command(&["peek", name, "--raw"]).output().unwrap().stdout;
        assert_eq!(output.len(), 10_000_003, "{name}");
        assert!(output.ends_with(b"END"), "{name}");
        let pattern = b"0123456789abcdef".iter().cycle();
        assert!(output[..10_000_000].iter().eq(pattern.take(10_000_000)), "{name}");
    }
}

#[test]
fn one_that_stops_itself_can_be_looked_at_and_goes_on() {
    let tow = tow();
    tow.spawn("x", "echo before; kill -STOP $$; echo after; exec sleep 1000");
    tow.wait_output("x", "before");
    let pid = tow.pane("x")["pid"].as_i64().unwrap();
    let is_stopped = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit_once(')').unwrap().1.trim_start().starts_with('T')
    };
    wait_until("it is stopped", || is_stopped().then_some(()));
    tow.ok(&["send", "x", "typed ahead"]);
    tow.wait_output("x", "typed ahead");
    assert!(tow.ok(&["list"]).contains("running"));
    tow.ok(&["kill", "x", "--signal", "CONT"]);
    tow.wait_output("x", "^after$");
    tow.spawn("y", "kill -STOP $$; exec sleep 1000");
    tow.ok(&["kill", "y"]);
    assert_eq!(tow.panes().len(), 1);
}

#[test]
fn a_job_is_stopped_by_its_key_and_brought_back() {
    let tow = tow();
    tow.spawn("x", "PS1='$ ' exec sh -i");
    tow.wait_output("x", r"^\$");
    tow.ok(&["send", "x", "sleep 1000"]);
    // The shell's child is in the foreground once it is there.
    let pid = tow.pane("x")["pid"].as_i64().unwrap();
    wait_until("the job runs", || {
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
        let job = children.split_whitespace().next()?;
        let name = std::fs::read_to_string(format!("/proc/{job}/comm")).ok()?;
        (name.trim() == "sleep").then_some(())
    });
    tow.ok(&["send", "x", "--key", "C-z"]);
    tow.wait_output("x", "Stopped");
    tow.ok(&["send", "x", "echo $((40 + 2)) here"]);
    tow.wait_output("x", "^42 here$");
    tow.ok(&["send", "x", "fg"]);
    tow.ok(&["send", "x", "--key", "C-c"]);
    tow.ok(&["send", "x", "echo $((40 + 3)) here"]);
    tow.wait_output("x", "^43 here$");
}

#[test]
fn one_that_dies_in_raw_mode_harms_no_client() {
    let tow = tow();
    tow.spawn("x", r"stty raw -echo; printf '\033[?1049h\033[?1003h\033[?25l\033[>1u\033(0\033[2;5rdying'; while [ ! -e go ]; do sleep 0.02; done; kill -9 $$");
    let mut outer = Outer::shell(&tow, SHELL, (80, 24));
    outer.wait_for("its modes are there", |seen| seen.terminal.modes().keyboard == 1);
    make(&tow, "go");
    check_left(&mut outer, Some("[x ended: SIGKILL]"), 0);
}
