//! A thread that reads a terminal as fast as it can and watches for a marker.

use std::io::Read;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use memchr::memmem;

use crate::interrupt;
use crate::terminal::{READ_SIZE, Terminal};

/// How often a wait for the marker looks whether this process shall stop. The marker itself
/// is noticed at once.
const STOP_INTERVAL: Duration = Duration::from_millis(100);

/// A terminal that is being read. The program ends when this is dropped.
pub(crate) struct Drain {
    /// `None` only while being dropped.
    terminal: Option<Terminal>,
    seen: Receiver<u64>,
    thread: Option<JoinHandle<()>>,
}

impl Drain {
    /// Starts to read, watching for `marker`.
    pub(crate) fn start(terminal: Terminal, marker: &'static str) -> Result<Self> {
        let mut reader = terminal.reader()?;
        let (tell, seen) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("drain".to_owned())
            .spawn(move || read_all(&mut reader, marker.as_bytes(), &tell))
            .context("starting a thread")?;
        Ok(Self { terminal: Some(terminal), seen, thread: Some(thread) })
    }

    /// When the marker was first read, in nanoseconds since the epoch.
    pub(crate) fn marker(&self, deadline: Instant) -> Result<u64> {
        loop {
            match self.seen.recv_timeout(STOP_INTERVAL) {
                Ok(time) => return Ok(time),
                Err(RecvTimeoutError::Disconnected) => bail!("the client ended too early"),
                Err(RecvTimeoutError::Timeout) if Instant::now() > deadline => {
                    bail!("timed out waiting for the last line at the client")
                }
                Err(RecvTimeoutError::Timeout) => interrupt::check()?,
            }
        }
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        self.terminal = None; // ends the program, and with it the thread's reading
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Reads to the end, which is an error once every slave is closed.
fn read_all(reader: &mut impl Read, marker: &[u8], tell: &SyncSender<u64>) {
    let finder = memmem::Finder::new(marker);
    let keep = marker.len() - 1;
    // The last bytes of the read before stay in front, so that a split marker is found too.
    let mut buffer = vec![0; keep + READ_SIZE];
    while let Ok(n @ 1..) = reader.read(&mut buffer[keep..]) {
        if finder.find(&buffer[..keep + n]).is_some() {
            // Only the first time counts: later ones are repaints.
            let _ = tell.try_send(now());
        }
        buffer.copy_within(n..n + keep, 0);
    }
}

/// Nanoseconds since the epoch: the clock that the programs in the panes read as well.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
