//! How fast the model reads, and what a paint costs. Run it in release.

#![allow(clippy::print_stdout, reason = "it is there to print")]

use std::hint::black_box;
use std::time::{Duration, Instant};
use towline_vt::{Painter, Size, Terminal};

const SIZE: Size = Size { cols: 120, rows: 40 };
const SCROLLBACK: usize = 10_000;

/// Reads in slices as they come from a pseudo-terminal, and tells the best of several times.
fn feed(name: &str, text: &[u8]) {
    let best = (0..5)
        .map(|_| {
            let mut terminal = Terminal::new(SIZE, SCROLLBACK);
            let mut events = Vec::new();
            let start = Instant::now();
            for slice in text.chunks(65_536) {
                terminal.feed(slice, &mut events);
            }
            black_box(terminal.generation());
            start.elapsed()
        })
        .min()
        .unwrap_or(Duration::MAX);
    println!("{name:<28}{:8.0} MB/s", text.len() as f64 / best.as_secs_f64() / 1e6);
}

/// Paints after each of the steps and tells the mean time and bytes.
fn paint(name: &str, steps: impl Iterator<Item = String>) {
    let mut terminal = Terminal::new(SIZE, SCROLLBACK);
    let mut events = Vec::new();
    let mut painter = Painter::new(SIZE);
    for line in 0..100 {
        let text = format!("\x1b[32mline {line}\x1b[m {}\r\n", "some text ".repeat(line % 11));
        terminal.feed(text.as_bytes(), &mut events);
    }
    let mut out = Vec::new();
    painter.paint(&terminal, &mut out);
    let (mut time, mut bytes, mut count) = (Duration::ZERO, 0, 0);
    for step in steps {
        terminal.feed(step.as_bytes(), &mut events);
        out.clear();
        let start = Instant::now();
        painter.paint(&terminal, &mut out);
        time += start.elapsed();
        bytes += out.len();
        count += 1;
    }
    let micros = time.as_secs_f64() * 1e6 / f64::from(count);
    println!("{name:<28}{micros:8.2} µs {:8.1} bytes", bytes as f64 / f64::from(count));
}

fn main() {
    let line = |n: usize| {
        format!("{n:6} The quick brown fox jumps over the lazy dog, again and again.\r\n")
    };
    let plain: String = (0..400_000).map(line).collect();
    feed("plain lines", plain.as_bytes());
    let short: String = (0..2_000_000).map(|n| format!("{n}\r\n")).collect();
    feed("short lines", short.as_bytes());
    let long = "x".repeat(20_000_000);
    feed("one long line", long.as_bytes());
    let colored: String = (0..300_000)
        .map(|n| {
            format!(
                "\x1b[1;3{}m{n}\x1b[0m some \x1b[38;5;{}mcolored\x1b[m text\r\n",
                n % 8,
                n % 256
            )
        })
        .collect();
    feed("coloured lines", colored.as_bytes());
    let unicode: String =
        (0..200_000).map(|n| format!("{n} naïve café ─── 漢字 日本語\r\n")).collect();
    feed("unicode lines", unicode.as_bytes());
    let screens: String = (0..20_000)
        .map(|n| {
            format!("\x1b[{};{}Hcell {n}\x1b[K\x1b[{}d\x1b[2L", n % 40 + 1, n % 100 + 1, n % 30 + 1)
        })
        .collect();
    feed("cursor moves and line edits", screens.as_bytes());

    paint(
        "echo of one character",
        (0..10_000).map(|n| if n % 80 == 0 { "\r".into() } else { "x".into() }),
    );
    paint("one line scrolls in", (0..10_000).map(line));
    paint(
        "a status line changes",
        (0..10_000).map(|n| format!("\x1b7\x1b[40H\x1b[7mstep {n}\x1b[m\x1b8")),
    );
    paint(
        "every row changes",
        (0..1_000)
            .map(|n| (1..=40).map(|row| format!("\x1b[{row}Hrow {row} of frame {n}")).collect()),
    );
}
