//! The server is killed again and again, at any instruction.

use towline_testkit::wait_until;

use crate::random::Random;
use crate::{ordeal, processes, tow};

const KILLS: usize = 50;

#[test]
fn every_line_and_every_input_is_there_once_after_fifty_kills() {
    let tow = tow();
    let mut random = Random::new();
    ordeal::survive(&tow, || {
        for kill in 0..KILLS {
            let server = wait_until("a server is started", || processes::server(&tow));
            // Some live long enough for a send that waits for calm; some don't live to see their socket.
            random.moment(if kill % 5 == 4 { 1200 } else { 80 });
            processes::kill(server);
        }
    });
}
