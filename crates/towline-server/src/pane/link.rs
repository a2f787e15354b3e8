//! The connection to a pane's holder.

use std::io;
use std::path::Path;
use std::time::Duration;

use towline_client::socket::Socket;
use towline_holder::wire::{Decoder, FromHolder, ToHolder, Welcome};

/// How long a holder may take to answer a connection. It has one thread that never blocks for long, so a
/// second without a word means that it is stopped.
const ANSWER: Duration = Duration::from_secs(1);

/// How much is read before other work gets a turn.
const READ: usize = 64 * 1024;

/// The connection to a holder, past its Welcome.
pub(super) struct Link {
    socket: Socket,
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
            let mut link = Self {
                socket: Socket::new(towline_holder::connect(folder)?)?,
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

    /// Bytes that the holder has not taken yet.
    pub(super) fn queued(&self) -> usize {
        self.out.len()
    }

    fn flush(&mut self) {
        let mut written = 0;
        while written < self.out.len() {
            match self.socket.try_write(&self.out[written..]) {
                Ok(count) => written += count,
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
            if self.out.is_empty() {
                let read = self.socket.read(&mut self.buffer).await?;
                return self.took(read);
            }
            // The holder takes little just now: it is written to beside the reading.
            tokio::select! {
                read = self.socket.read(&mut self.buffer) => {
                    let read = read?;
                    return self.took(read);
                }
                writable = self.socket.writable() => writable?,
            }
            self.flush();
        }
    }

    fn took(&mut self, count: usize) -> io::Result<()> {
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.decoder.push(&self.buffer[..count]);
        Ok(())
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
