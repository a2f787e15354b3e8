//! An agent that prints without end and has a line for input below: what the keys of a flooded pane are measured with.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::interrupt;
use crate::script::READY;
use crate::terminal::{COLUMNS, ROWS};

/// Bytes printed between two looks at the keys: as much as a pseudo-terminal takes at once.
const PIECE: usize = 4 << 10;

/// Columns of one colour: about as long as a word.
const COLOURED: usize = 8;

/// What the lines are made of: nothing that a key is (see `measure::echo`), so that no line is taken for an echo.
const INK: &[u8] = b"0123456789#+-=/:";

/// Prints for ever in all rows but the last two; the last shows the key that was typed last. It ends with its terminal.
pub(crate) fn pour() -> Result<()> {
    let (mut keys, mut out) = (std::io::stdin().lock(), std::io::stdout().lock());
    let above = ROWS - 2;
    write!(out, "\x1b[2J\x1b[{};1H{READY}\x1b[1;{above}r\x1b[{above};1H", ROWS - 1)
        .and_then(|()| out.flush())
        .context("drawing the first screen")?;
    for turn in 0_usize.. {
        if interrupt::wait(&[std::io::stdin().as_fd()], Instant::now())? {
            let mut typed = [0; 64];
            let count = keys.read(&mut typed).context("reading the keys")?;
            let Some(key) = typed[..count].last() else { return Ok(()) };
            write!(out, "\x1b7\x1b[{ROWS};1H> {}\x1b8", char::from(*key))
                .context("showing a key")?;
        }
        out.write_all(&piece(turn)).and_then(|()| out.flush()).context("printing a line")?;
    }
    Ok(())
}

/// Some lines as wide as the terminal, another text each time and colours between, so that each cell of the screen
/// changes with each line.
fn piece(turn: usize) -> Vec<u8> {
    let width = usize::from(COLUMNS) - 1;
    let mut piece = Vec::with_capacity(PIECE * 2);
    for line in 0.. {
        for column in 0..width {
            if column % COLOURED == 0 {
                let colour = (turn + line + column / COLOURED) % 200 + 16;
                piece.extend_from_slice(format!("\x1b[38;5;{colour}m").as_bytes());
            }
            piece.push(INK[(turn * 7 + line * 3 + column * column) % INK.len()]);
        }
        piece.extend_from_slice(b"\r\n");
        if piece.len() >= PIECE {
            break;
        }
    }
    piece
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_hold_no_letters_that_are_keys() {
        let piece = piece(3);
        assert!(piece.len() >= PIECE);
        assert!(piece.iter().all(|byte| !byte.is_ascii_alphabetic() || *byte == b'm'));
    }
}
