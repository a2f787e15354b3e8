//! The way out of a connection, shared by all who have something to say on it.
//!
//! A frame is written at once where the socket takes it, by whoever has it: a keystroke's echo then needs no
//! other task. What the socket doesn't take is kept, and the connection's own task flushes it. What is kept
//! stays small: streams send only against credit, replies only to requests.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use towline_client::socket::Socket;
use towline_protocol::v1::{self, ServerFrame, server_frame};
use towline_protocol::{STREAM_CHUNK, encode_frame};

use crate::fault::Fault;

/// More than this in the buffer means that the peer asks and never reads: it is cut off.
const BACKLOG_CAP: usize = 64 * 1024 * 1024;

/// A handle to write frames to one client.
#[derive(Clone)]
pub(crate) struct Out(Arc<Shared>);

struct Shared {
    socket: Arc<Socket>,
    pending: Mutex<Pending>,
    /// Something is kept that the socket did not take.
    backlog: Notify,
}

#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    written: usize,
    /// The socket is broken or the peer was cut off.
    dead: bool,
}

impl Out {
    pub(crate) fn new(socket: Arc<Socket>) -> Self {
        Self(Arc::new(Shared { socket, pending: Mutex::default(), backlog: Notify::new() }))
    }

    /// Sends one frame, now or as soon as the socket takes it.
    pub(crate) fn send(&self, body: server_frame::Body) {
        self.extend(|bytes| encode_frame(&ServerFrame { body: Some(body) }, bytes));
    }

    /// Keeps one frame to go with the next one sent, or by [`write_out`](Self::write_out).
    pub(crate) fn keep(&self, body: server_frame::Body) {
        let mut pending = self.pending();
        if !pending.dead {
            encode_frame(&ServerFrame { body: Some(body) }, &mut pending.bytes);
        }
    }

    /// Writes what is kept.
    pub(crate) fn write_out(&self) {
        if self.has_backlog() {
            self.extend(|_| {});
        }
    }

    /// Appends raw bytes made by `fill` and writes what can be written.
    pub(crate) fn extend(&self, fill: impl FnOnce(&mut Vec<u8>)) {
        let mut pending = self.pending();
        if pending.dead {
            return;
        }
        fill(&mut pending.bytes);
        let left = pending.write(&self.0.socket);
        if pending.bytes.len() - pending.written > BACKLOG_CAP {
            pending.dead = true;
        }
        drop(pending);
        if left {
            self.0.backlog.notify_one();
        }
    }

    /// Sends a stream's bytes in frames of at most [`STREAM_CHUNK`].
    pub(crate) fn data(&self, stream: u64, bytes: &[u8], offset: u64) {
        let mut at = offset;
        for chunk in bytes.chunks(STREAM_CHUNK) {
            self.send(server_frame::Body::Data(v1::StreamData {
                stream,
                data: chunk.to_vec(),
                offset: at,
            }));
            at += chunk.len() as u64;
        }
    }

    /// Sends a message of a stream in one frame, whatever its length.
    pub(crate) fn whole(&self, stream: u64, data: Vec<u8>) {
        self.send(server_frame::Body::Data(v1::StreamData { stream, data, offset: 0 }));
    }

    pub(crate) fn end(&self, stream: u64, exit: Option<v1::Exit>, fault: Option<Fault>) {
        let error = fault.map(Into::into);
        self.send(server_frame::Body::End(v1::StreamEnd { stream, error, exit }));
    }

    /// Waits until something is kept, then until it is written. Dropping the future loses nothing.
    ///
    /// # Errors
    /// The socket's, and one for a peer that was cut off.
    pub(crate) async fn flush_backlog(&self) -> io::Result<()> {
        if !self.has_backlog() {
            self.0.backlog.notified().await;
        }
        self.flush().await
    }

    fn has_backlog(&self) -> bool {
        let pending = self.pending();
        pending.dead || pending.written < pending.bytes.len()
    }

    /// Waits until all that is kept is written.
    ///
    /// # Errors
    /// As [`flush_backlog`](Self::flush_backlog).
    pub(crate) async fn flush(&self) -> io::Result<()> {
        loop {
            let (left, dead) = {
                let mut pending = self.pending();
                (pending.write(&self.0.socket), pending.dead)
            };
            if dead {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            if !left {
                return Ok(());
            }
            self.0.socket.writable().await?;
        }
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.0.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    /// Writes what the socket takes; true where something is left.
    fn write(&mut self, socket: &Socket) -> bool {
        while self.written < self.bytes.len() {
            match socket.try_write(&self.bytes[self.written..]) {
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(_) => {
                    self.dead = true;
                    break;
                }
            }
        }
        self.bytes.clear();
        self.written = 0;
        // A burst must not leave its room behind for the days a client stays attached.
        self.bytes.shrink_to(STREAM_CHUNK * 4);
        self.dead
    }
}
