//! How programs end, and holders after them.

use std::time::{Duration, Instant};

use towline_holder::is_alive;
use towline_holder::wire::ToHolder;
use towline_journal::ExitStatus;

use crate::pane::{Pane, lives, wait_until};

#[test]
fn an_exit_is_told_kept_and_the_holder_stays_until_released() {
    let mut pane = Pane::sh("echo last words; kill -9 $$");
    let exited = pane.link.wait_for_exit();
    assert_eq!(exited.status, ExitStatus::Signal(9));
    assert_eq!(exited.offset, 12);
    assert_eq!(pane.journal(), ["start 80x24", "last words\r\n", "signal 9"]);
    let welcome = pane.reconnect();
    assert_eq!(welcome.exit, Some(exited));
    assert!(is_alive(pane.dir()));
    pane.link.send(&ToHolder::Release);
    pane.wait_until_gone();
    assert!(!pane.dir().join("sock").exists());
}

#[test]
fn a_holder_without_a_server_leaves_after_the_exit() {
    let mut pane = Pane::sh("exit 4");
    pane.link.wait_for_exit();
    let begin = Instant::now();
    pane.link.close();
    pane.wait_until_gone();
    assert!(begin.elapsed() > Duration::from_secs(1));
    assert_eq!(pane.journal().last().unwrap(), "exit 4");
}

#[test]
fn all_that_was_printed_before_the_end_is_there() {
    for _ in 0..5 {
        let mut pane = Pane::sh("head -c 300000 /dev/zero | tr '\\0' z; printf END");
        pane.link.wait_for_exit();
        let text = pane.text();
        assert!(text.ends_with("END"));
        assert_eq!(text.len(), 300_003);
    }
}

#[test]
fn a_grandchild_that_keeps_the_terminal_and_prints_does_not_hide_the_exit() {
    let mut pane = Pane::sh(
        "trap '' HUP; (while :; do echo noise || exit; sleep 0.005; done) & echo pid=$!; exit 6",
    );
    let begin = Instant::now();
    let exited = pane.link.wait_for_exit();
    assert_eq!(exited.status, ExitStatus::Code(6));
    assert!(begin.elapsed() < Duration::from_secs(3));
    assert_eq!(pane.journal().last().unwrap(), "exit 6");
    // The terminal is closed, so that its writes fail and it ends.
    let text = pane.text();
    let pid = text.split_once("pid=").unwrap().1.lines().next().unwrap().parse().unwrap();
    wait_until("the grandchild has noticed", || !lives(pid));
}

#[test]
fn a_silent_background_process_does_not_hold_up_the_exit_and_is_hung_up_on() {
    let mut pane = Pane::sh("sleep 1000 & echo pid=$!; exit 0");
    let begin = Instant::now();
    pane.link.wait_for_exit();
    assert!(begin.elapsed() < Duration::from_secs(3));
    assert_eq!(pane.link.kill(1000), 0);
}

#[test]
fn a_program_that_closes_its_terminal_and_opens_it_again_is_heard() {
    let mut pane = Pane::sh(
        "trap '' HUP; tty=$(tty); echo before; exec </dev/null >/dev/null 2>&1; sleep 0.3; echo after > $tty; exec sleep 1000",
    );
    pane.wait_for_output("before");
    pane.link.wait_for_output("after");
    // While nobody has it open, the holder sleeps.
    let holder = pane.reconnect().holder_pid;
    let before = cpu_ticks(holder);
    std::thread::sleep(Duration::from_millis(500));
    assert!(cpu_ticks(holder) - before <= 5, "the holder spins");
    assert_eq!(pane.link.kill(1000), 0);
}

/// Processor time of a process in ticks, mostly of 10 ms.
fn cpu_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn an_idle_holder_uses_no_processor_time() {
    let mut pane = Pane::sh("echo go; sleep 1000");
    pane.wait_for_output("go");
    let holder = pane.reconnect().holder_pid;
    let before = cpu_ticks(holder);
    std::thread::sleep(Duration::from_millis(300));
    assert!(cpu_ticks(holder) - before <= 1);
}
