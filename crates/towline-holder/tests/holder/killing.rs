//! Ending a program and all it started, and nothing else.

use std::fs;
use std::time::{Duration, Instant};

use towline_holder::is_alive;

use crate::pane::{Pane, holder_exe, lives, spec, wait_until};

/// The numbers behind `NAME=` in a text.
fn pids(text: &str, name: &str) -> Vec<i32> {
    text.lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')?.trim().parse().ok())
        .collect()
}

#[test]
fn whoever_was_started_is_ended_wherever_it_went() {
    let mut pane = Pane::sh(
        "sleep 1000 & echo pid=$!
         setsid sh -c 'echo pid=$$; exec sleep 1000' &
         (setsid sh -c '(echo pid=$(sh -c \"echo \\$PPID\"); exec sleep 1000) &' &)
         nohup sh -c 'trap \"\" HUP TERM INT; echo pid=$$; while :; do sleep 0.1; done' 2>/dev/null | cat &
         sh -c 'echo pid=$$; kill -STOP $$' &
         sleep 0.2; echo go; wait",
    );
    let text = pane.wait_for_output("go");
    let pids = pids(&text, "pid");
    assert_eq!(pids.len(), 5, "{text}");
    assert!(pids.iter().all(|&pid| lives(pid)));
    let begin = Instant::now();
    assert_eq!(pane.link.kill(300), 0);
    assert!(begin.elapsed() < Duration::from_secs(5));
    for pid in pids {
        assert!(!lives(pid), "{pid} of {text}");
    }
    assert!(!lives(pane.child));
    assert!(pane.journal().last().unwrap().starts_with("signal"));
}

#[test]
fn a_program_that_ends_when_asked_is_not_forced() {
    let mut pane =
        Pane::sh("trap 'echo saved; exit 0' TERM HUP; echo go; while :; do sleep 0.01; done");
    pane.wait_for_output("go");
    let begin = Instant::now();
    assert_eq!(pane.link.kill(15_000), 0);
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert_eq!(pane.journal().last().unwrap(), "exit 0");
    assert!(pane.text().contains("saved"));
}

#[test]
fn processes_that_are_forked_all_the_time_end_too() {
    let mut pane = Pane::sh(
        "trap '' HUP TERM; echo go; while :; do (trap '' HUP TERM; sleep 5; sleep 5) & sleep 0.01; done",
    );
    pane.wait_for_output("go");
    assert_eq!(pane.link.kill(200), 0);
    assert!(!lives(pane.child));
}

#[test]
fn a_holder_that_was_started_inside_is_left_alone_with_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let inner_dir = folder.path().join("inner");
    fs::create_dir(&inner_dir).unwrap();
    let order = folder.path().join("order");
    fs::write(&order, crate::pane::order(&spec(&["sleep", "1000"]))).unwrap();
    let script = format!(
        "{} __holder {} < {}; sleep 1000",
        holder_exe().display(),
        inner_dir.display(),
        order.display()
    );
    let mut outer = Pane::sh(&script);
    outer.wait_for_output("ready ");
    assert_eq!(outer.link.kill(100), 0);
    assert!(!lives(outer.child));
    assert!(is_alive(&inner_dir));
    let mut inner = crate::pane::Link::new(&inner_dir);
    let welcome = inner.hello(None);
    assert!(lives(welcome.child_pid.cast_signed()));
    assert_eq!(inner.kill(100), 0);
    inner.send(&towline_holder::wire::ToHolder::Release);
    wait_until("the inner holder has left", || !is_alive(&inner_dir));
}

#[test]
fn a_kill_of_a_program_that_is_spared_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let own_name = folder.path().join(holder_exe().file_name().unwrap());
    fs::copy("/bin/sh", &own_name).unwrap();
    let script = "printf 'tow: server' > /proc/$$/comm; echo go; read x; echo more; read x";
    let mut pane = Pane::new(&spec(&[own_name.to_str().unwrap(), "-c", script]));
    pane.wait_for_output("go");
    assert_eq!(pane.link.kill(0), 1);
    assert!(lives(pane.child));
    pane.link.type_text("\n");
    pane.link.wait_for_output("more");
    pane.link.type_text("\n");
    pane.link.wait_for_exit();
}

#[test]
fn what_is_left_after_the_exit_can_be_ended() {
    let mut pane =
        Pane::sh("setsid sh -c 'trap \"\" HUP; echo pid=$$; sleep 1000' & sleep 0.2; exit 0");
    pane.link.wait_for_exit();
    let pid = pids(&pane.text(), "pid")[0];
    assert!(lives(pid));
    assert_eq!(pane.link.kill(500), 0);
    assert!(!lives(pid));
}
