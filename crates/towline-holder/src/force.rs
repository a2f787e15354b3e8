//! Ending a holder that doesn't answer.

use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::kill::Kill;
use crate::place;
use crate::process_tree::{holder, signal};

/// How often the lock is tried while the holder goes.
const PAUSE: Duration = Duration::from_millis(5);

/// How long the kernel may take to end a process. One that waits for a dead disk never goes.
const GONE: Duration = Duration::from_secs(2);

/// Ends the holder of the pane with the folder `dir`, which stands still, with its program and all that started:
/// first those below it, which get `grace` between the first signals and SIGKILL. They stay below it as long as
/// it is there. Blocks meanwhile.
///
/// # Errors
/// `NotFound` where the pane's holder can't be told for sure, `TimedOut` where it doesn't go.
pub fn end_by_force(dir: &Path, grace: Duration) -> io::Result<()> {
    let Some(process) = place::holder_pid(dir).and_then(holder) else {
        return if place::is_alive(dir) { Err(io::ErrorKind::NotFound.into()) } else { Ok(()) };
    };
    let mut kill = Kill::new(process.pid, Instant::now(), grace);
    while kill.tick(Instant::now()).is_none() {
        thread::sleep(kill.deadline().saturating_duration_since(Instant::now()));
    }
    signal(process, &[Signal::KILL]);
    let end = Instant::now() + GONE;
    while place::is_alive(dir) {
        if Instant::now() > end {
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}
