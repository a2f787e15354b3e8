//! The server is stopped and started in order.

use crate::tow;
use towline_testkit::{Random, ordeal::Ordeal};

const RESTARTS: usize = 12;

#[test]
fn every_line_and_every_input_is_there_once_after_restarts() {
    let tow = tow();
    let mut random = Random::new();
    Ordeal::of(&tow).survive(|| {
        for restart in 0..RESTARTS {
            random.moment(if restart % 3 == 2 { 900 } else { 60 });
            let before = tow.server_pid();
            tow.ok(&["server", "restart"]);
            assert_ne!(tow.server_pid(), before);
        }
    });
}
