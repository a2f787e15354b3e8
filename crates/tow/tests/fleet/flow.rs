//! Thin and long links.

use std::time::{Duration, Instant};

use towline_testkit::{Outer, wait_until};

use crate::fleet;

/// How long each byte is under way.
const DELAY: Duration = Duration::from_millis(50);

/// Bytes a second.
const RATE: u64 = 500_000;

/// A large terminal, each row of which is new in each painting.
const SIZE: (u16, u16) = (250, 60);

/// Floods all rows but the first, where it shows the last key. It begins with the first key: a terminal that is resized
/// forgets its margins.
const FLOOD: &str = r#"
stty -icanon -echo
read_key() { key=$(dd bs=1 count=1 2>/dev/null); }
read_key
printf '\033[2;60r\033[2;1H'
(while :; do head -c 9000 /dev/urandom | base64 -w 240; sleep 0.005; done) &
while read_key; do printf '\0337\033[1;1Hkey %s\033[K\0338' "$key"; done
"#;

#[test]
fn a_key_is_echoed_within_three_round_trips_of_a_flooded_link() {
    let fleet = fleet().towline("thor");
    let thor = fleet.host_named("thor");
    thor.spawn("flood", FLOOD);
    fleet.tow.ok(&["list"]);
    thor.relay.set_delay(DELAY);
    thor.relay.set_rate(Some(RATE));
    let terminal = Outer::attach(&fleet.tow, &["thor:flood"], SIZE);
    terminal.type_in("!");
    terminal.wait_for("it floods", |seen| seen.rows().len() == usize::from(SIZE.1));
    let passed = thor.relay.bytes_back();
    let begun = Instant::now();
    let mut echoes = Vec::new();
    for key in "abcdefghijklmnopqrstu".chars() {
        let typed = Instant::now();
        terminal.type_in(&key.to_string());
        terminal.wait_for("the key is echoed", |seen| seen.rows()[0] == format!("key {key}"));
        echoes.push(typed.elapsed());
    }
    let rate = (thor.relay.bytes_back() - passed) as f64 / begun.elapsed().as_secs_f64();
    echoes.sort_unstable();
    let median = echoes[echoes.len() / 2];
    eprintln!("echo: {median:?} of {echoes:?}, beside {rate:.0} bytes/s");
    assert!(median < 6 * DELAY, "{median:?} of {echoes:?}, beside {rate:.0} bytes/s");
}

#[test]
fn a_long_text_over_a_thin_link_is_no_sign_of_a_dead_one() {
    let fleet = fleet().towline("thor");
    let thor = fleet.host_named("thor");
    thor.spawn("x", "stty -echo; exec cat >got");
    fleet.tow.ok(&["list"]);
    thor.relay.set_rate(Some(2 * RATE));
    let line = "x".repeat(999) + "\n";
    // Longer under way than a link has to answer.
    let text = line.repeat(4000);
    let words = ["send", "thor:x", "--stdin", "--timeout", "25s"];
    std::thread::scope(|scope| {
        let send = scope.spawn(|| fleet.tow.run_with_input(&words, text.as_bytes()));
        wait_until("it is under way", || (thor.relay.bytes_to_target() > 500_000).then_some(()));
        // What is asked meanwhile comes after it.
        fleet.tow.ok(&["peek", "thor:x"]);
        send.join().expect("it runs").expect_status(0);
    });
    assert!(thor.relay.bytes_to_target() < 5_000_000, "it went over the link once");
    let got = thor.there().work().join("got");
    wait_until("all is read", || {
        let length = std::fs::metadata(&got).map_or(0, |got| got.len());
        (length == text.len() as u64).then_some(())
    });
}
