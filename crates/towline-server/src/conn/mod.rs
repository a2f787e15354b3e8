//! One client's connection: handshake, frames in, requests to tasks, streams.

mod attach;
mod looking;
mod notices;
mod out;
mod requests;
mod streams;
mod subscribe;
mod window;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;
use towline_client::connection::spoken;
use towline_client::socket::Socket;
use towline_protocol::v1::{self, ClientFrame, ClientHello, ErrorKind, client_frame, server_frame};
use towline_protocol::{
    Features, FrameDecoder, FrameError, PREAMBLE, ProtocolRange, encode_frame, negotiate,
};

pub(crate) use out::Out;
pub(crate) use requests::credit;
pub(crate) use window::Window;

use crate::fault::Fault;
use crate::fleet::{Openings, Relayed};
use crate::pane::{Command, Pane, ViewId};
use crate::server::Server;
use attach::Attachment;

/// A client says hello at once; one that doesn't is none.
const HELLO: Duration = Duration::from_secs(10);

/// A client that promises a heartbeat is taken for gone when so many have not come.
const SILENT_BEATS: u64 = 3;

/// How much is read before it is looked at.
const READ: usize = 64 * 1024;

/// Why a connection ends early.
#[derive(Debug, thiserror::Error)]
enum ConnError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("it does not speak Towline's protocol")]
    Preamble,
    #[error("it said nothing")]
    Silent,
    #[error("it speaks only other versions of the protocol")]
    Version,
}

/// Serves one connection until it ends.
pub(crate) async fn serve(server: Arc<Server>, socket: Socket) {
    server.clients.fetch_add(1, Ordering::Relaxed);
    let id = server.next_connection();
    let socket = Arc::new(socket);
    let mut connection = Connection {
        id,
        out: Out::new(Arc::clone(&socket)),
        socket,
        decoder: FrameDecoder::new(),
        streams: HashMap::new(),
        ssh_auth_sock: Vec::new(),
        silence: Duration::ZERO,
        openings: Openings::default(),
        server: Arc::clone(&server),
    };
    if let Err(error) = connection.run().await {
        tracing::debug!("connection {id}: {error}");
    }
    for (_, stream) in connection.streams.drain() {
        stream.end();
    }
    server.clients.fetch_sub(1, Ordering::Relaxed);
}

/// Something of a connection that goes on: an attached view, or a task that sends or waits.
enum Stream {
    Attachment(Attachment),
    Task { task: AbortHandle, window: Arc<Window> },
    Relayed(Relayed),
}

impl Stream {
    fn end(self) {
        match self {
            Self::Attachment(attachment) => attachment.end(),
            Self::Task { task, .. } => task.abort(),
            Self::Relayed(relayed) => relayed.end(),
        }
    }
}

struct Connection {
    id: u64,
    server: Arc<Server>,
    socket: Arc<Socket>,
    out: Out,
    decoder: FrameDecoder,
    streams: HashMap<u64, Stream>,
    ssh_auth_sock: Vec<u8>,
    /// A client that says nothing for so long is gone; zero for one that has promised nothing.
    silence: Duration,
    /// Inputs on other hosts that are opened with what is typed next.
    openings: Openings,
}

impl Connection {
    async fn run(&mut self) -> Result<(), ConnError> {
        let mut ending = self.server.ending.subscribe();
        tokio::select! {
            biased;
            greeted = tokio::time::timeout(HELLO, self.handshake()) => {
                greeted.map_err(|_| ConnError::Silent)??;
            }
            // Who has not even said hello is not waited for.
            _ = crate::server::ended(&mut ending) => return Ok(()),
        }
        // Before the last server's panes have been taken up, no answer about a pane would be true.
        self.server.ready().await;
        let mut buffer = vec![0; READ];
        let mut heard = Instant::now();
        loop {
            let silent = heard + self.silence;
            tokio::select! {
                biased;
                read = self.socket.read(&mut buffer) => {
                    heard = Instant::now();
                    match read? {
                        0 => return Ok(()),
                        count => self.decoder.extend(&buffer[..count]),
                    }
                    while let Some(frame) = self.decoder.next::<ClientFrame>()? {
                        self.frame(frame);
                    }
                    self.streams.retain(|_, stream| match stream {
                        Stream::Task { task, .. } => !task.is_finished(),
                        Stream::Attachment(_) => true,
                        Stream::Relayed(relayed) => !relayed.is_done(),
                    });
                }
                flushed = self.out.flush_backlog() => flushed?,
                () = passed(silent), if !self.silence.is_zero() => {
                    return Err(ConnError::Silent);
                }
                reason = crate::server::ended(&mut ending) => {
                    self.out.send(server_frame::Body::Goodbye(v1::Goodbye { reason: reason.into() }));
                    let _ = tokio::time::timeout(Duration::from_millis(200), self.out.flush()).await;
                    return Ok(());
                }
            }
        }
    }

    async fn handshake(&mut self) -> Result<(), ConnError> {
        let mut buffer = [0; 4096];
        let mut greeted = false;
        let hello = loop {
            if !greeted && let Some(preamble) = self.decoder.take_raw::<{ PREAMBLE.len() }>() {
                if preamble != PREAMBLE {
                    return Err(ConnError::Preamble);
                }
                greeted = true;
            }
            if greeted && let Some(hello) = self.decoder.next::<ClientHello>()? {
                break hello;
            }
            match self.socket.read(&mut buffer).await? {
                0 => return Err(ConnError::Silent),
                count => self.decoder.extend(&buffer[..count]),
            }
        };
        let ours = spoken();
        let agreed = negotiate(ours, &hello);
        let mut answer = v1::ServerHello {
            version: env!("CARGO_PKG_VERSION").into(),
            server_id: self.server.server_id.to_vec(),
            features: hello.features & Features::ALL.0,
            pid: i32::try_from(std::process::id()).unwrap_or(0),
            ..v1::ServerHello::default()
        };
        match agreed {
            Some(agreed) => {
                answer.protocol = agreed.protocol;
                answer.features = agreed.features.0;
            }
            None => answer.error = Some(no_common_version(ours, &hello).into()),
        }
        self.server.fleet.lend_ssh_agent(&hello.ssh_auth_sock);
        self.ssh_auth_sock = hello.ssh_auth_sock;
        self.silence = Duration::from_millis(u64::from(hello.heartbeat_ms) * SILENT_BEATS);
        self.out.extend(|bytes| {
            bytes.extend_from_slice(&PREAMBLE);
            encode_frame(&answer, bytes);
        });
        if agreed.is_none() {
            let _ = self.out.flush().await;
            return Err(ConnError::Version);
        }
        Ok(())
    }

    fn frame(&mut self, frame: ClientFrame) {
        use client_frame::Body;
        match frame.body {
            Some(Body::Request(request)) => self.request(request),
            Some(Body::Input(input)) => self.input(input),
            Some(Body::Credit(credit)) => match self.streams.get(&credit.stream) {
                Some(Stream::Attachment(attachment)) => attachment.credit(credit.bytes),
                Some(Stream::Task { window, .. }) => window.add(credit.bytes),
                Some(Stream::Relayed(relayed)) => {
                    relayed.send(|stream| Body::Credit(v1::Credit { stream, ..credit }))
                }
                None => {}
            },
            Some(Body::ViewSize(size)) => match self.streams.get(&size.stream) {
                Some(Stream::Attachment(attachment)) => attachment.resize(size.size.as_ref()),
                Some(Stream::Relayed(relayed)) => {
                    relayed.send(|stream| Body::ViewSize(v1::ViewSize { stream, ..size }));
                }
                Some(Stream::Task { .. }) | None => {}
            },
            Some(Body::Repaint(repaint)) => match self.streams.get(&repaint.stream) {
                Some(Stream::Attachment(attachment)) => attachment.repaint(),
                Some(Stream::Relayed(relayed)) => {
                    relayed.send(|stream| Body::Repaint(v1::Repaint { stream }));
                }
                Some(Stream::Task { .. }) | None => {}
            },
            Some(Body::Cancel(cancel)) => {
                if let Some(stream) = self.streams.remove(&cancel.id) {
                    stream.end();
                }
            }
            Some(Body::Ping(ping)) => {
                self.out.send(server_frame::Body::Pong(v1::Pong { nonce: ping.nonce }));
            }
            // A frame of a newer client.
            Some(Body::Pong(_)) | None => {}
        }
    }

    fn input(&self, input: v1::Input) {
        match self.streams.get(&input.stream) {
            Some(Stream::Attachment(attachment)) => attachment.input(&self.out, input),
            Some(Stream::Relayed(relayed)) => {
                relayed.send(|stream| client_frame::Body::Input(v1::Input { stream, ..input }));
            }
            Some(Stream::Task { .. }) | None => {
                self.out.send(server_frame::Body::InputAck(v1::InputAck {
                    stream: input.stream,
                    seq: input.seq,
                    error: Some(Fault::new(ErrorKind::NotFound, "the stream has ended").into()),
                }))
            }
        }
    }

    fn view(&self, stream: u64) -> ViewId {
        ViewId { connection: self.id, stream }
    }
}

/// Waits for a time. A timer is made only where this is waited for: most clients have promised nothing.
async fn passed(time: Instant) {
    tokio::time::sleep_until(time).await;
}

fn no_common_version(ours: ProtocolRange, hello: &ClientHello) -> Fault {
    let message = format!(
        "this server speaks protocol {} to {}, and this tow ({}) {} to {}",
        ours.min, ours.max, hello.version, hello.protocol_min, hello.protocol_max
    );
    let hint = if hello.protocol_min > ours.max {
        "tow server restart    puts the newer server in place; panes run on"
    } else {
        "the server is newer than this tow: install the newer one"
    };
    Fault::new(ErrorKind::Version, message).hint(hint)
}

/// Tells the pane's actor; a pane without one has ended, and its streams end by themselves.
fn tell(pane: &Pane, command: Command) {
    let _ = pane.tell(command);
}
