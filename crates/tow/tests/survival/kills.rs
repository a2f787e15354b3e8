//! The server is killed again and again, at any instruction.

use std::time::Duration;

use towline_testkit::{Random, ordeal::Ordeal, wait_until};

use crate::{processes, tow};

const KILLS: usize = 50;

#[test]
fn every_line_and_every_input_is_there_once_after_fifty_kills() {
    let tow = tow();
    let mut random = Random::new();
    Ordeal::of(&tow).survive(|| {
        for kill in 0..KILLS {
            let server = wait_until("a server is started", || processes::server(&tow));
            // Some live long enough for a send that waits for calm; some don't live to see their socket.
            random.moment(if kill % 5 == 4 { 1200 } else { 80 });
            processes::kill(server);
        }
    });
}

#[test]
fn a_line_printed_before_a_kill_is_found_by_a_wait_long_after() {
    let tow = tow();
    tow.spawn("x", "echo ready; exec sleep 1000");
    tow.wait_output("x", "ready");
    tow.kill_server();
    // Output that is younger makes the next server look at the pane by itself.
    std::thread::sleep(Duration::from_millis(2100));
    tow.ok(&["wait", "x", "--output", "ready", "--timeout", "10s"]);
}
