//! The connection to a pane's holder.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::UnixStream;
use towline_holder::wire::{Decoder, FromHolder, ToHolder, Welcome};

/// How long a holder may take to answer a connection. It has one thread that never blocks for long, so a
/// second without a word means that it is stopped.
const ANSWER: Duration = Duration::from_secs(1);

/// How much is read before other work gets a turn.
const READ: usize = 64 * 1024;

/// The connection to a holder, past its Welcome.
pub(super) struct Link {
    stream: UnixStream,
    pub(super) decoder: Decoder,
    out: Vec<u8>,
    buffer: Box<[u8]>,
}

impl Link {
    /// Connects to the holder of the pane in `folder` and asks to be told what it prints from `live_from` on
    /// (`None`: from now on nothing).
    ///
    /// # Errors
    /// The socket's, `TimedOut` where the holder doesn't answer in a second, `InvalidData` where it does so
    /// wrongly.
    pub(super) async fn connect(
        folder: &Path,
        live_from: Option<u64>,
    ) -> io::Result<(Self, Welcome)> {
        let attempt = async {
            let stream = towline_holder::connect(folder)?;
            stream.set_nonblocking(true)?;
            let mut link = Self {
                stream: UnixStream::from_std(stream)?,
                decoder: Decoder::new(),
                out: Vec::new(),
                buffer: vec![0; READ].into_boxed_slice(),
            };
            link.send(&ToHolder::Hello { live_from });
            loop {
                link.turn().await?;
                match link.decoder.next::<FromHolder<'_>>().map_err(invalid)? {
                    Some(FromHolder::Welcome(welcome)) => return Ok((link, welcome)),
                    Some(_) => return Err(invalid("something came before the Welcome")),
                    None => {}
                }
            }
        };
        tokio::time::timeout(ANSWER, attempt).await.map_err(|_| io::ErrorKind::TimedOut)?
    }

    /// Sends a message, now or as soon as the socket takes it.
    pub(super) fn send(&mut self, message: &ToHolder<'_>) {
        message.encode(&mut self.out);
        self.flush();
    }

    fn flush(&mut self) {
        let mut written = 0;
        while written < self.out.len() {
            match self.stream.try_write(&self.out[written..]) {
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A broken socket is found by the next read.
                Err(_) => break,
            }
        }
        self.out.drain(..written);
    }

    /// Waits until something was read into the decoder. Can be dropped at any await without loss.
    ///
    /// # Errors
    /// The socket's; `UnexpectedEof` when the holder has gone.
    pub(super) async fn turn(&mut self) -> io::Result<()> {
        loop {
            let interest = if self.out.is_empty() {
                Interest::READABLE
            } else {
                Interest::READABLE | Interest::WRITABLE
            };
            let ready = self.stream.ready(interest).await?;
            if ready.is_writable() {
                self.flush();
            }
            match self.stream.try_read(&mut self.buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    self.decoder.push(&self.buffer[..count]);
                    return Ok(());
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                    ) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
