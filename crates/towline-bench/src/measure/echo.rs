//! From a key typed at a client to its echo on the client's screen.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::Outcome;
use crate::field::Field;
use crate::interrupt;
use crate::random::Random;
use crate::report::{Goal, Row, Unit};
use crate::rig::{Bench, Contender};
use crate::script::Script;
use crate::stats::percentile;
use crate::terminal::Terminal;

pub(super) const NAME: &str = "echo";
/// Letters that end or fill no escape sequence that clients send, so that they are the echo.
const LETTERS: [&str; 8] = ["v", "w", "y", "z", "V", "W", "Y", "Q"];
/// The pause between keys, in microseconds: irregular, so that no timer's period hides.
const PAUSE: std::ops::Range<usize> = 5_000..15_000;
/// Keys before the measured ones: caches, and the client's first full paint.
const WARM_UP: usize = 50;
/// A key that isn't echoed by then is lost.
const DEADLINE: Duration = Duration::from_secs(5);

pub(super) fn run(bench: &Bench) -> Result<Outcome> {
    let mut random = Random::new(4);
    let mut field = Field::start(NAME, &Contender::ALL, |contender| bench.rig(contender))?;
    let echoes = field.rounds(bench.scale.rounds, |_, rig| {
        let mut script = Script::echo(bench.folder(), NAME)?;
        let client = rig.spawn_attached(NAME, &script.argv)?;
        script.ready(Instant::now() + DEADLINE)?;
        let times = type_keys(&client, &mut random, bench.scale.keys)?;
        drop(client);
        rig.remove(NAME)?;
        Ok(times)
    })?;
    let row = |what, p| {
        let values = echoes.some_values(|times: &Vec<f64>| percentile(times, p));
        Row::new(NAME, what, Unit::Milliseconds, values)
    };
    let rows = vec![
        row("key to echo, p50", 0.5).goal(Goal::NoMoreThan(1.0, Contender::Tmux)),
        row("key to echo, p99", 0.99).goal(Goal::NoMoreThan(1.2, Contender::Tmux)),
    ];
    Ok(Outcome { rows, failures: field.failures })
}

/// Milliseconds from each key to its echo.
fn type_keys(client: &Terminal, random: &mut Random, keys: usize) -> Result<Vec<f64>> {
    let mut times = Vec::with_capacity(keys);
    for key in 0..WARM_UP + keys {
        let pause = PAUSE.start + random.below(PAUSE.len());
        interrupt::pause(Duration::from_micros(pause as u64))?;
        client.skip()?; // what a client sends besides
        let letter = LETTERS[key % LETTERS.len()];
        let typed = Instant::now();
        client.write(letter.as_bytes())?;
        client.read_until(letter, typed + DEADLINE)?;
        if key >= WARM_UP {
            times.push(typed.elapsed().as_secs_f64() * 1e3);
        }
    }
    Ok(times)
}
