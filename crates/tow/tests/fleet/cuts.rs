//! The link to a host is cut again and again, and what keeps it is killed, while panes there are worked with.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use towline_testkit::ordeal::Ordeal;
use towline_testkit::{Cut, Fleet, Random, Tow, process, wait_until};

use crate::fleet;

const CUTS: usize = 200;

const KILLS: usize = 20;

/// The time that everything takes to come back, at least.
const PEACE: Duration = Duration::from_millis(800);

/// Whether this is one of the strikes after which everything has the time to come back. The others find it in the
/// middle of that.
fn leaves_time(strike: usize) -> bool {
    strike % 8 == 7
}

#[test]
fn every_line_and_every_input_is_there_once_after_two_hundred_cuts() {
    let fleet = fleet().towline("thor");
    let mut random = Random::new();
    let link = &fleet.host_named("thor").relay;
    Ordeal::on(&fleet, "thor").lines(20).survive(|| {
        for cut in 0..CUTS {
            random.moment(if leaves_time(cut) { 1000 } else { 60 });
            if cut % 4 == 0 {
                link.cut(if cut % 8 == 0 { Cut::Refuse } else { Cut::Hang });
                random.moment(100);
                link.restore();
            } else {
                link.drop_connections();
            }
        }
    });
}

#[test]
fn every_line_and_every_input_is_there_once_after_kills_on_all_sides() {
    let fleet = fleet().towline("thor");
    let mut random = Random::new();
    let thor = fleet.host_named("thor");
    Ordeal::on(&fleet, "thor").lines(20).survive(|| {
        for kill in 0..3 * KILLS {
            if leaves_time(kill) {
                std::thread::sleep(PEACE);
            }
            random.moment(if leaves_time(kill) { 500 } else { 100 });
            match kill % 3 {
                0 => process::kill(wait_until("a server runs", || process::server(&fleet.tow))),
                1 => process::kill(wait_until("a server runs", || process::server(thor.there()))),
                _ => kill_an_ssh(&fleet, &mut random),
            }
        }
    });
}

/// Ends one of the client's ssh processes: a session, or the master that all have in common.
fn kill_an_ssh(fleet: &Fleet, random: &mut Random) {
    let pids = wait_until("an ssh runs", || {
        let pids = fleet.host_named("thor").ssh_pids();
        (!pids.is_empty()).then_some(pids)
    });
    let one = usize::try_from(random.below(pids.len() as u64)).unwrap_or_default();
    process::signal(pids[one], Signal::KILL);
}

#[test]
fn a_send_that_is_cut_is_done_or_in_doubt_and_never_done_twice() {
    const SENDS: usize = 24;
    let fleet = fleet().towline("thor");
    let thor = fleet.host_named("thor");
    thor.spawn("x", "stty -echo; while IFS= read -r x; do echo \"$x\" >>read; done");
    fleet.tow.ok(&["list"]);
    let mut random = Random::new();
    let mut sent = Vec::new();
    for number in 0..SENDS {
        let text = format!("text {number}");
        let words = ["send", "--timeout", "1s", "thor:x", &text, "--key", "Enter"];
        let outcome = std::thread::scope(|scope| {
            let send = scope.spawn(|| fleet.tow.run(&words));
            random.moment(60);
            thor.relay.cut(Cut::Refuse);
            // Half of them see the link come back.
            if number % 2 == 0 {
                thor.relay.restore();
            }
            send.join().expect("it runs")
        });
        thor.relay.restore();
        fleet.tow.ok(&["host", "connect", "thor"]);
        sent.push((text, outcome));
    }
    let last = "the last one".to_owned();
    fleet.tow.ok(&["send", "thor:x", &last, "--key", "Enter"]);
    let read = wait_until("all is read", || {
        let read = std::fs::read_to_string(thor.there().work().join("read")).unwrap_or_default();
        read.lines().any(|line| line == last).then_some(read)
    });
    for (text, outcome) in &sent {
        let times = read.lines().filter(|line| line == text).count();
        let right = match outcome.status {
            0 => times == 1,
            // It never came so far.
            5 | 124 => times == 0,
            6 => times <= 1,
            _ => false,
        };
        assert!(right, "{text} came {times} times: {outcome:#?}");
    }
    let statuses: Vec<i32> = sent.iter().map(|(_, outcome)| outcome.status).collect();
    eprintln!("{statuses:?}");
    assert!(statuses.contains(&0), "{sent:#?}");
}

#[test]
fn panes_are_started_and_ended_once_over_a_link_that_is_cut() {
    const PANES: usize = 12;
    let fleet = fleet().towline("thor");
    let thor = fleet.host_named("thor");
    fleet.tow.ok(&["list"]);
    let mut random = Random::new();
    let names: Vec<String> = (0..PANES).map(|number| format!("pane-{number:02}")).collect();
    let mut while_cut = |words: &[&str]| {
        let told = std::thread::scope(|scope| {
            let command = scope.spawn(|| fleet.tow.run(words));
            random.moment(60);
            thor.relay.drop_connections();
            command.join().expect("it runs")
        });
        // Before anything was sent the host may be found away.
        if told.status == 5 { fleet.tow.run(words) } else { told }.expect_status(0)
    };
    for name in &names {
        let words = ["spawn", "--detach", "--on", "thor", "--name", name, "--", "sleep", "1000"];
        while_cut(&words);
    }
    let there = |tow: &Tow| -> Vec<String> {
        let name = |pane: &Value| pane["name"].as_str().unwrap_or_default().to_owned();
        let mut names: Vec<String> = tow.panes().iter().map(name).collect();
        names.sort();
        names
    };
    assert_eq!(there(thor.there()), names);
    for name in &names {
        while_cut(&["kill", &format!("thor:{name}")]);
    }
    assert_eq!(there(thor.there()), [] as [String; 0]);
}

#[test]
fn who_waits_for_a_host_that_is_away_waits_no_longer_than_told() {
    let fleet = fleet().towline("thor");
    let thor = fleet.host_named("thor");
    thor.spawn("x", "echo ready; read line; exit 7");
    let (short, long) =
        (["wait", "thor:x", "--exit", "--timeout", "2s"], ["wait", "thor:x", "--exit"]);
    fleet.tow.ok(&["list"]);
    let begun = Instant::now();
    let waits = [fleet.tow.start(&short), fleet.tow.start(&long)];
    // Nothing tells that a wait has begun.
    std::thread::sleep(Duration::from_millis(700));
    thor.relay.cut(Cut::Refuse);
    let [mut short, mut long] = waits;
    assert_eq!(short.error_line(), "tow: the link to thor broke: reconnecting");
    assert_eq!(short.finish().code(), Some(124));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    fleet.tow.run(&["wait", "thor:x", "--exit"]).expect_error(5, "thor is unreachable");
    thor.tow(&["send", "x", "end"]).expect_status(0);
    thor.relay.restore();
    assert_eq!(long.line(), "x exited with status 7");
    assert!(long.finish().success());
}
