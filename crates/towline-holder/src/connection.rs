//! The connection to the server.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};

use rustix::net::sockopt::socket_peercred;

use crate::outbox::Outbox;
use crate::wire::Decoder;

/// A connected server.
pub(crate) struct Connection {
    stream: UnixStream,
    pub(crate) decoder: Decoder,
    pub(crate) outbox: Outbox,
    /// It has said hello; before that it is told nothing.
    pub(crate) greeted: bool,
}

impl Connection {
    /// The newest of those who have connected. `None`: nobody, or nobody of this user.
    pub(crate) fn accept(listener: &UnixListener) -> Option<Self> {
        let mut newest = None;
        // An error is either "nobody more" or one that asking again doesn't help.
        while let Ok((stream, _)) = listener.accept() {
            let peer = socket_peercred(&stream).map(|peer| peer.uid);
            if peer == Ok(rustix::process::geteuid()) && stream.set_nonblocking(true).is_ok() {
                newest = Some(stream);
            }
        }
        let stream = newest?;
        Some(Self { stream, decoder: Decoder::new(), outbox: Outbox::new(), greeted: false })
    }

    /// Reads what has come, at most one `buffer` full, into the decoder. `false`: the server is gone.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> bool {
        match self.stream.read(buffer) {
            Ok(0) => false,
            Ok(count) => {
                self.decoder.push(&buffer[..count]);
                true
            }
            Err(error) => {
                matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
            }
        }
    }

    /// Sends what the socket takes. `false`: the server is gone.
    pub(crate) fn flush(&mut self, head: u64) -> bool {
        self.outbox.flush(head, |bytes| self.stream.write(bytes)).is_ok()
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
