//! The signals that matter to an attached terminal.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wake {
    /// The terminal has a new size.
    Resized,
    /// This process runs again after it was stopped: others had the terminal meanwhile.
    Continued,
    /// This client is to end; the signal's number.
    End(i32),
}

/// The signals, from now until this is dropped.
#[derive(Debug)]
pub(super) struct Signals {
    resized: Signal,
    continued: Signal,
    /// Ctrl-Z is a key here; the signal comes only from others, and the terminal must not be left as it is.
    stop: Signal,
    end: [(i32, Signal); 4],
}

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        use rustix::process::Signal as Name;
        let number = |name: Name| (name.as_raw(), SignalKind::from_raw(name.as_raw()));
        let ending = |name| {
            let (number, kind) = number(name);
            Ok::<_, io::Error>((number, signal(kind)?))
        };
        Ok(Self {
            resized: signal(SignalKind::window_change())?,
            continued: signal(number(Name::CONT).1)?,
            stop: signal(number(Name::TSTP).1)?,
            end: [ending(Name::TERM)?, ending(Name::HUP)?, ending(Name::INT)?, ending(Name::QUIT)?],
        })
    }

    /// Waits for the next one. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Wake {
        let [term, hup, int, quit] = &mut self.end;
        loop {
            tokio::select! {
                _ = term.1.recv() => return Wake::End(term.0),
                _ = hup.1.recv() => return Wake::End(hup.0),
                _ = int.1.recv() => return Wake::End(int.0),
                _ = quit.1.recv() => return Wake::End(quit.0),
                _ = self.resized.recv() => return Wake::Resized,
                _ = self.continued.recv() => return Wake::Continued,
                _ = self.stop.recv() => {}
            }
        }
    }
}
