//! The text that the floods print: lines as builds, tests and agents print them.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context, Result};

use crate::random::Random;

/// Widest line in columns: below the 200 of the terminal, so that none wraps and a line of the
/// file is a row of the screen.
const WIDEST: usize = 190;

const WORDS: &[&str] = &[
    "server",
    "the",
    "pane",
    "connection",
    "of",
    "error",
    "reading",
    "from",
    "socket",
    "to",
    "Compiling",
    "test",
    "result",
    "ok",
    "warning",
    "unused",
    "variable",
    "in",
    "function",
    "was",
    "expected",
    "found",
    "type",
    "mismatch",
    "resolved",
    "3.14.1",
    "0x7ffe21",
    "127.0.0.1:8080",
    "finished",
    "after",
    "retrying",
    "request",
    "timeout=30s",
    "id=48213",
    "status=200",
    "src/pane/owner.rs:128:9",
    "tests/attach.rs:77",
    "a",
    "session",
    "agent",
    "waiting",
    "for",
    "input",
    "commit",
    "8f3c21d",
    "merged",
    "branch",
    "main",
    "and",
    "with",
    "GET",
    "/v1/messages",
];
const COLOURS: &[&str] = &["31", "1;32", "33", "1;34", "38;5;208", "2", "38;2;120;200;255"];
const MARKS: &[&str] = &["✓ ", "● ", "─── ", "⎿ ", "→ ", "… "];

/// Writes lines to `path` until they come to `bytes`.
pub(crate) fn write_bytes(path: &Path, bytes: u64) -> Result<()> {
    write_while(path, |written, _| written < bytes)
}

/// Writes so many lines to `path`.
pub(crate) fn write_lines(path: &Path, lines: u64) -> Result<()> {
    write_while(path, |_, count| count < lines)
}

fn write_while(path: &Path, go_on: impl Fn(u64, u64) -> bool) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        let mut random = Random::new(60);
        let (mut bytes, mut lines) = (0, 0);
        let mut line = String::new();
        while go_on(bytes, lines) {
            compose(&mut random, &mut line);
            file.write_all(line.as_bytes())?;
            bytes += line.len() as u64;
            lines += 1;
        }
        file.flush()
    };
    write().with_context(|| format!("writing text to {}", path.display()))
}

/// One line: mostly plain words; one in eight coloured, one in sixteen with a non-ASCII mark.
/// Never an `@` or `#`, which the markers are made of.
fn compose(random: &mut Random, line: &mut String) {
    line.clear();
    // Widths as they occur: many short lines, some that nearly fill the row.
    let width = match random.below(10) {
        0..=3 => 10 + random.below(40),
        4..=8 => 50 + random.below(60),
        _ => 110 + random.below(WIDEST - 110),
    };
    let coloured = random.below(8) == 0;
    if random.below(16) == 0 {
        line.push_str(random.pick(MARKS));
    }
    if coloured {
        let _ = write!(line, "\x1b[{}m{}\x1b[0m ", random.pick(COLOURS), random.pick(WORDS));
    }
    // Counted from here, so that what draws nothing makes no line narrower.
    let mut columns = 0;
    loop {
        let word = random.pick(WORDS);
        columns += word.len() + 1;
        if columns > width {
            break;
        }
        line.push_str(word);
        line.push(' ');
    }
    line.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_the_terminal_and_hold_no_marker() {
        let mut random = Random::new(1);
        let mut line = String::new();
        for _ in 0..10_000 {
            compose(&mut random, &mut line);
            assert!(line.ends_with('\n'));
            assert!(!line.contains(['@', '#']), "{line:?}");
            let drawn = line.split('\x1b').map(|part| part.chars().count()).max();
            assert!(drawn < Some(200), "{line:?}");
        }
    }
}
