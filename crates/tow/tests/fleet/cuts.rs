//! The link to a host is cut again and again, and what keeps it is killed, while panes there are worked with.

use std::time::Duration;

use rustix::process::Signal;
use towline_testkit::ordeal::Ordeal;
use towline_testkit::{Cut, Fleet, Random, process, wait_until};

use crate::fleet;

const CUTS: usize = 200;

const KILLS: usize = 20;

/// So long a server has to live, now and then, for its clients not to take it for one that their request ends.
const HELD: Duration = Duration::from_millis(1100);

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
                std::thread::sleep(HELD);
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
