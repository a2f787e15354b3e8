//! Keys typed into a pane that floods a thin link.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::milliseconds;
use crate::field::Field;
use crate::measure::Outcome;
use crate::random::Random;
use crate::report::{Goal, Row, Unit};
use crate::rig::{Bench, Contender, Remote, guarded};
use crate::script::{READY, Script};
use crate::stats::percentile;
use crate::terminal::Terminal;

pub(super) const NAME: &str = "thin";
/// Bytes a second, each way.
const RATE: u64 = 1_000_000;
/// Each way.
const DELAY: Duration = Duration::from_millis(50);
/// Round trips that an echo may take.
const TRIPS: u32 = 3;
/// Letters that end or fill no escape sequence that clients send, and that the flood doesn't have.
const LETTERS: [u8; 8] = *b"vwyzVWYQ";
/// The pause between keys, in milliseconds.
const PAUSE: std::ops::Range<usize> = 100..300;
/// How long the flood runs before the first key: until every buffer on its way is as full as it gets.
const WARM_UP: Duration = Duration::from_secs(3);
/// A key that isn't echoed by then counts as so long.
const DEADLINE: Duration = Duration::from_secs(20);

struct Echoes {
    /// Milliseconds from each key to its echo.
    times: Vec<f64>,
    /// Millions of bytes a second from the host meanwhile.
    rate: f64,
}

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let mut random = Random::new(5);
    let mut field =
        Field::start(NAME, &Contender::MULTIPLEXERS, |contender| Remote::start(bench, contender))?;
    let mut round = 0;
    let echoes = field.rounds(bench.scale.rounds, |_, remote| {
        let relay = &remote.host()?.relay;
        guarded(|| relay.set_rate(None))?;
        remote.set_delay(DELAY)?;
        // Another name each time: here the end of the last one is known a little later.
        round += 1;
        let name = format!("{NAME}-{round}");
        let mut script = Script::torrent(bench.folder(), &name, &bench.own)?;
        remote.spawn(&name, &script.argv)?;
        script.ready(Instant::now() + DEADLINE)?;
        guarded(|| relay.set_rate(Some(RATE)))?;
        let client = remote.attached(&name, READY)?;
        client.read_for(WARM_UP, None)?;
        let (start, before) = (Instant::now(), relay.bytes_back());
        let times = type_keys(&client, &mut random, bench.scale.thin_keys)?;
        let megabytes = (relay.bytes_back() - before) as f64 / 1e6;
        let rate = megabytes / start.elapsed().as_secs_f64();
        drop(client);
        remote.remove(&name)?;
        Ok(Echoes { times, rate })
    })?;
    let row = |what, p| {
        let values = echoes.some_values(|echoes: &Echoes| percentile(&echoes.times, p));
        Row::new(NAME, what, Unit::Milliseconds, values)
            .goal(Goal::Within(milliseconds(DELAY * 2 * TRIPS)))
    };
    let rows = vec![
        row("key to echo in a flood over 1 MB/s, 50 ms each way, p50", 0.5),
        row("key to echo in a flood over 1 MB/s, 50 ms each way, p99", 0.99),
        Row::new(
            NAME,
            "  the link's load meanwhile",
            Unit::MegabytesPerSecond,
            echoes.values(|echoes| echoes.rate),
        ),
    ];
    Ok(Outcome { rows, failures: field.failures })
}

/// Milliseconds from each key to its echo.
fn type_keys(client: &Terminal, random: &mut Random, keys: usize) -> Result<Vec<f64>> {
    let mut times = Vec::with_capacity(keys);
    for key in 0..keys {
        let pause = PAUSE.start + random.below(PAUSE.len());
        client.read_for(Duration::from_millis(pause as u64), None)?;
        let letter = LETTERS[key % LETTERS.len()];
        let typed = Instant::now();
        client.write(&[letter])?;
        let echoed = client.read_for(DEADLINE, Some(letter))?;
        times.push(milliseconds(echoed.map_or(DEADLINE, |echoed| echoed - typed)));
    }
    Ok(times)
}
