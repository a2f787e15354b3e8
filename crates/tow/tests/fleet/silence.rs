//! Links that die without a word: nothing passes any more, and nobody is told.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use towline_testkit::{Cut, Fleet, Outer, process, wait_until};

use crate::fleet;

#[test]
fn links_that_die_without_a_word_are_found_out_and_replaced() {
    let cases: [(&str, fn()); 4] = [
        ("a command", a_command_finds_a_dead_link_out_and_goes_on_over_another),
        ("typing", what_is_typed_into_a_dead_link_arrives_over_another),
        ("nobody", a_host_that_went_away_is_waited_for_and_told_of),
        ("sleep", a_laptop_that_slept_is_live_again_at_once),
    ];
    // All at once, as most of what they do is to wait.
    std::thread::scope(|scope| {
        for (name, case) in cases {
            let thread = std::thread::Builder::new().name(name.to_owned());
            thread.spawn_scoped(scope, case).expect("a thread");
        }
    });
}

/// An attached client of the pane `x` on thor, which echoes what it reads.
fn attached() -> (Fleet, Outer) {
    let fleet = fleet().towline("thor");
    fleet
        .host_named("thor")
        .spawn("x", "stty -echo; echo ready; while read x; do echo \"got $x\"; done");
    let terminal = Outer::attach(&fleet.tow, &["thor:x"], (80, 24));
    terminal.wait_text("ready");
    (fleet, terminal)
}

fn a_command_finds_a_dead_link_out_and_goes_on_over_another() {
    let (fleet, terminal) = attached();
    fleet.host_named("thor").relay.strand();
    let begun = Instant::now();
    let told = fleet.tow.ok(&["send", "thor:x", "hello"]);
    assert_eq!(told, "sent → thor:x: \"hello\"\n");
    eprintln!("a command: {:?}", begun.elapsed());
    terminal.wait_text("got hello");
    eprintln!("attached: {:?}", begun.elapsed());
    assert_eq!(fleet.tow.ok(&["peek", "thor:x"]), "ready\ngot hello\n");
    leave(terminal);
}

fn what_is_typed_into_a_dead_link_arrives_over_another() {
    let (fleet, terminal) = attached();
    fleet.host_named("thor").relay.strand();
    let begun = Instant::now();
    terminal.type_in("one\r");
    terminal.wait_text("reconnecting…");
    eprintln!("noticed: {:?}", begun.elapsed());
    terminal.type_in("two\r");
    terminal.wait_text("got two");
    eprintln!("live: {:?}", begun.elapsed());
    assert_eq!(fleet.tow.ok(&["peek", "thor:x"]), "ready\ngot one\ngot two\n");
    leave(terminal);
}

fn a_host_that_went_away_is_waited_for_and_told_of() {
    let (fleet, terminal) = attached();
    let link = &fleet.host_named("thor").relay;
    let follow = fleet.tow.start(&["peek", "--follow", "thor:x"]);
    assert_eq!(follow.line(), "ready");
    let begun = Instant::now();
    link.freeze();
    // Nobody does anything: it is found out by itself.
    terminal.wait_text("reconnecting…");
    let noticed = begun.elapsed();
    eprintln!("noticed: {noticed:?}");
    assert!(noticed < Duration::from_secs(18), "{noticed:?}");
    assert_eq!(follow.error_line(), "tow: the link to thor broke: reconnecting");
    terminal.type_in("meanwhile\r");
    link.cut(Cut::Refuse);
    fleet.tow.run(&["peek", "thor:x"]).expect_error(5, "thor is unreachable");
    terminal.wait_text("reconnecting… (thor is unreachable: ");
    link.restore();
    let begun = Instant::now();
    terminal.wait_text("got meanwhile");
    eprintln!("back: {:?}", begun.elapsed());
    assert_eq!(follow.line(), "got meanwhile");
    let told = wait_until("it says that it is connected again", || {
        let line = follow.error_line();
        (!line.ends_with(": waiting for it")).then_some(line)
    });
    assert_eq!(told, "tow: connected again");
    leave(terminal);
}

fn a_laptop_that_slept_is_live_again_at_once() {
    let (fleet, terminal) = attached();
    let here = || {
        let mut pids = fleet.host_named("thor").ssh_pids();
        pids.push(wait_until("a server runs", || process::server(&fleet.tow)));
        pids.push(terminal.pid().as_raw_nonzero().get());
        pids
    };
    let asleep = here();
    asleep.iter().for_each(|pid| process::signal(*pid, Signal::STOP));
    fleet.host_named("thor").relay.strand();
    terminal.type_in("asleep\r");
    fleet.host_named("thor").there().ok(&["send", "x", "there"]);
    // Longer than any heartbeat.
    std::thread::sleep(Duration::from_secs(12));
    asleep.iter().for_each(|pid| process::signal(*pid, Signal::CONT));
    let begun = Instant::now();
    terminal.wait_text("got asleep");
    eprintln!("live: {:?}", begun.elapsed());
    assert_eq!(fleet.tow.ok(&["peek", "thor:x"]), "ready\ngot there\ngot asleep\n");
    leave(terminal);
}

/// It shows the pane without a notice, and is left.
fn leave(mut terminal: Outer) {
    terminal.wait_for("no notice is left", |seen| {
        !seen.rows().iter().any(|row| row.contains("reconnecting"))
    });
    terminal.type_in("\x02d");
    assert_eq!(terminal.finish(), Some(0));
}
