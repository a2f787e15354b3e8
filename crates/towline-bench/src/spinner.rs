//! An agent at work, as a terminal sees it: a spinner, and a title that spins along.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// As often as agents redraw their spinners.
const INTERVAL: Duration = Duration::from_millis(100);
const FRAMES: [&str; 8] = ["⣾", "⣽", "⣻", "⢿", "⡿", "⣟", "⣯", "⣷"];

/// Redraws for ever; ends with an error when the terminal is gone.
pub(crate) fn spin() -> Result<()> {
    let mut out = std::io::stdout().lock();
    let start = Instant::now();
    for tick in 0_u32.. {
        let frame = FRAMES[tick as usize % FRAMES.len()];
        let seconds = start.elapsed().as_secs();
        write!(
            out,
            "\r\x1b[2K\x1b[38;5;208m{frame}\x1b[0m Thinking… ({seconds}s · esc to interrupt)\
             \x1b]2;{frame} Thinking\x07"
        )
        .and_then(|()| out.flush())
        .context("drawing the spinner")?;
        // By the clock, so that late wake-ups don't make it slower than 10 Hz.
        let next = start + INTERVAL * (tick + 1);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(())
}
