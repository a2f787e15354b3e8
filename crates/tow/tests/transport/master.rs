//! One ssh connection per host, also where that has got stuck.

use rustix::process::{Pid, Signal, kill_process};
use towline_testkit::Fleet;

use crate::fleet;

const THOR: &str = "--addr=ssh://thor";

/// How many connections the host's sshd has taken.
fn logins(fleet: &Fleet) -> usize {
    fleet.host_named("thor").sshd.log().matches("Accepted publickey").count()
}

#[test]
fn commands_share_a_connection() {
    let fleet = fleet().towline("thor");
    for _ in 0..3 {
        fleet.tow.ok(&[THOR, "list"]);
    }
    assert_eq!(logins(&fleet), 1);
    let ssh = fleet.tow.state().join("ssh");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&ssh).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_master_that_hangs_is_replaced() {
    let fleet = fleet().towline("thor");
    fleet.tow.ok(&[THOR, "list"]);
    let masters = fleet.host_named("thor").ssh_pids();
    assert_eq!(masters.len(), 1, "{masters:?}");
    let master = Pid::from_raw(masters[0]).unwrap();
    kill_process(master, Signal::STOP).unwrap();
    fleet.tow.ok(&[THOR, "list"]);
    assert_eq!(logins(&fleet), 2);
    kill_process(master, Signal::CONT).unwrap();
}

#[test]
fn a_master_whose_link_is_dead_is_replaced() {
    let fleet = fleet().towline("thor");
    // The server is to be no child of the session that is stopped below.
    fleet.host_named("thor").tow(&["server", "start"]).expect_status(0);
    fleet.tow.ok(&[THOR, "list"]);
    // The master answers, and nobody answers it: a machine that has slept, a network that has changed.
    let signal = |pids: &[i32], signal| {
        let pids = pids.iter().filter_map(|pid| Pid::from_raw(*pid));
        pids.for_each(|pid| {
            // Some end by themselves meanwhile.
            let _ = kill_process(pid, signal);
        });
    };
    let sessions = fleet.host_named("thor").session_pids();
    signal(&sessions, Signal::STOP);
    fleet.tow.ok(&[THOR, "--timeout", "4s", "list"]);
    signal(&sessions, Signal::CONT);
    assert_eq!(logins(&fleet), 2);
}

#[test]
fn a_killed_masters_socket_is_no_obstacle() {
    let fleet = fleet().towline("thor");
    fleet.tow.ok(&[THOR, "list"]);
    for pid in fleet.host_named("thor").ssh_pids() {
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    }
    fleet.tow.ok(&[THOR, "list"]);
    assert_eq!(logins(&fleet), 2);
}

#[test]
fn a_state_folder_with_a_long_name_has_its_sockets_elsewhere() {
    let mut fleet = fleet().towline("thor");
    let long = fleet.tow.work().join("x".repeat(100));
    std::fs::create_dir(&long).unwrap();
    fleet.tow.set_env("TOWLINE_HOME", &long);
    fleet.tow.ok(&[THOR, "list"]);
    fleet.tow.ok(&[THOR, "list"]);
    assert_eq!(logins(&fleet), 1);
}
