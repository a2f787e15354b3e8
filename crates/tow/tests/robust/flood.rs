//! Ten clients on a pane that floods: nobody slows the program, the server stays small, and whoever comes back sees
//! what is there.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use towline_testkit::{Outer, Tow, wait_until};

use crate::tow;

/// Bytes that the program prints.
const FLOOD: usize = 24 * 1000 * 1000;

/// How much larger the server may become meanwhile.
const GROWTH: u64 = 50 * 1024 * 1024;

/// A detach in the middle of a flood takes at most so long.
const DETACH: Duration = Duration::from_secs(1);

/// Prints many numbered lines, then says how long that took, in seconds, and stays.
fn program(go: &str) -> String {
    let line = "the quick brown fox jumps over the lazy dog";
    let flood = format!("yes '{line}' | head -c {FLOOD} | nl");
    let clock = "read up rest < /proc/uptime";
    format!(
        "while [ ! -e {go} ]; do sleep 0.02; done; {clock}; begun=$up; {flood}; {clock}; echo \"$begun $up\" > {go}.new; mv {go}.new {go}.took; printf '\\033[32mthe end of %s\\033[m' {go}; exec sleep 1000"
    )
}

/// The server's resident bytes.
fn resident(tow: &Tow) -> u64 {
    let pid = tow.server_pid().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Lets a pane's program flood, with `meanwhile` done until it is over, and returns the seconds it took.
fn flood(tow: &Tow, go: &str, mut meanwhile: impl FnMut()) -> f64 {
    std::fs::write(tow.work().join(go), "").unwrap();
    let took = tow.work().join(format!("{go}.took"));
    let text = wait_until("the flood is over", || {
        meanwhile();
        std::fs::read_to_string(&took).ok()
    });
    let times: Vec<f64> = text.split_whitespace().map(|time| time.parse().unwrap()).collect();
    times[1] - times[0]
}

#[test]
fn ten_clients_slow_nobody_down_and_see_the_end() {
    let tow = tow();
    tow.spawn("alone", &program("alone"));
    let alone = flood(&tow, "alone", || {});
    tow.ok(&["kill", "alone"]);
    tow.spawn("x", &program("x"));
    let clients: Vec<Outer> = (0..10).map(|_| Outer::attach(&tow, &["x"], (80, 24))).collect();
    let (stopped, deaf, leaving) = (&clients[0], &clients[1], &clients[2]);
    let before = resident(&tow);
    stopped.signal(Signal::STOP);
    deaf.pause();
    let mut largest = before;
    let mut left = None;
    let begun = Instant::now();
    let crowded = flood(&tow, "x", || {
        largest = largest.max(resident(&tow));
        if left.is_none() && leaving.seen().rows().len() > 20 {
            let asked = Instant::now();
            leaving.type_in("\x02d");
            leaving.wait_text("[detached from local:x]");
            left = Some(asked.elapsed());
        }
    });
    let told = format!("alone {alone} s, crowded {crowded} s, {:?} in all", begun.elapsed());
    let left = left.expect("it was seen to flood");
    assert!(left < DETACH, "a detach took {left:?}: {told}");
    let grown = largest.saturating_sub(before);
    assert!(grown < GROWTH, "the server grew by {grown} bytes: {told}");
    tow.wait_output("x", "the end of x");
    let expected = tow.ok(&["peek", "x", "--screen", "--ansi"]);
    assert!(expected.contains("the end of x"));
    let expected = crate::trimmed(expected.lines());
    let shows_the_end = |outer: &Outer| {
        outer.wait_for("the end is shown", |seen| seen.ansi() == expected);
    };
    clients[3..].iter().for_each(shows_the_end);
    stopped.signal(Signal::CONT);
    deaf.resume();
    shows_the_end(stopped);
    shows_the_end(deaf);
    // Seven emulators and clients share the processors with the program here; none of them may hold it back,
    // as each would by a second or for ever if it were waited for.
    assert!(crowded < alone * 4.0 + 5.0, "{told}");
}

#[test]
fn a_stopped_client_is_repainted_with_what_happened_meanwhile() {
    let tow = tow();
    tow.spawn("x", "echo ready; while read n; do seq $n; printf 'done %s' $n; done");
    let outer = Outer::attach(&tow, &["x"], (80, 24));
    outer.wait_text("ready");
    for round in 1..=3 {
        outer.signal(Signal::STOP);
        outer.resize(80 + round, 24);
        tow.ok(&["send", "x", &format!("{round}00000")]);
        tow.wait_output("x", &format!("^done {round}00000"));
        outer.signal(Signal::CONT);
        outer.wait_text(&format!("done {round}00000"));
        wait_until("they are the same", || {
            let peeked = tow.ok(&["peek", "x", "--screen", "--ansi"]);
            (outer.seen().ansi() == crate::trimmed(peeked.lines())).then_some(())
        });
    }
}
