//! What the two tasks of a connection and its users share: the way out, and where what comes in goes.

use std::collections::HashMap;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::sync::{Notify, mpsc, oneshot};
use towline_protocol::v1::{self, client_frame, goodbye, reply, server_frame};
use towline_protocol::{FrameDecoder, Message as _, encode_frame};

use super::onward::Sink;
use super::{Lost, StreamItem};

/// Bytes read from the socket at once: a few of the largest stream frames.
const READ_CHUNK: usize = 64 * 1024;

/// The most bytes that wait for the reader of one stream. Credit keeps an honest server far below; one that
/// sends on without is not listened to.
const QUEUE_CAP: usize = 64 * 1024 * 1024;

/// A sent buffer larger than this is given back, so that one large paste doesn't stay in memory.
const KEPT_BUFFER: usize = 256 * 1024;

/// Where the answers to one request go.
#[derive(Debug)]
pub(super) enum Route {
    /// To somebody in this process.
    Here(Waiting),
    /// On to somebody else's connection.
    Onward(Onward),
}

/// Somebody in this process who waits for answers.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Whoever waits for the reply, until it has come.
    pub(super) reply: Option<oneshot::Sender<reply::Body>>,
    /// The reader of the stream, for requests that open one.
    pub(super) items: Option<mpsc::UnboundedSender<StreamItem>>,
    /// Bytes that wait for that reader.
    pub(super) queued: usize,
}

/// A request that is carried on from another connection.
#[derive(Debug)]
pub(super) struct Onward {
    pub(super) sink: Box<dyn Sink>,
    /// Whether the request opens a stream, which goes on after the reply.
    pub(super) stream: bool,
    pub(super) replied: bool,
}

#[derive(Debug)]
pub(super) struct Link {
    outbox: Mutex<Outbox>,
    routes: Mutex<Routes>,
    ended: Notify,
    /// When something was last heard: milliseconds of [`clock`].
    heard: AtomicU64,
    /// All bytes that were sent, and those that are known to have arrived: what went before a ping that was answered.
    sent: AtomicU64,
    arrived: AtomicU64,
}

/// Milliseconds since the machine started, the time it slept included: a link that was alive before a laptop's lid
/// was closed is not taken for alive after.
fn clock() -> u64 {
    #[cfg(target_os = "linux")]
    const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
    // There it goes on while the machine sleeps.
    #[cfg(not(target_os = "linux"))]
    const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
    let now = rustix::time::clock_gettime(CLOCK);
    let now = Duration::try_from(now).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(0)
}

/// A ping that was not answered yet.
#[derive(Debug)]
struct Ping {
    answered: oneshot::Sender<()>,
    /// Bytes that were sent before it.
    after: u64,
}

#[derive(Debug, Default)]
struct Routes {
    last_id: u64,
    open: HashMap<u64, Route>,
    /// Pings that wait for their pongs, by nonce.
    pings: HashMap<u64, Ping>,
    goodbye: Option<goodbye::Reason>,
    lost: bool,
}

struct Outbox {
    writer: Box<dyn AsyncWrite + Send + Unpin>,
    buffer: Vec<u8>,
    /// How much of `buffer` the socket has taken.
    written: usize,
    /// Wakes the writing task; unset until it has run once.
    waker: Option<Waker>,
    failed: bool,
}

/// A poisoned lock means that another task panicked in between; what it guards is still sound, since each
/// change is made in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Link {
    pub(super) fn new(writer: Box<dyn AsyncWrite + Send + Unpin>) -> Self {
        let outbox = Outbox { writer, buffer: Vec::new(), written: 0, waker: None, failed: false };
        Self {
            outbox: Mutex::new(outbox),
            routes: Mutex::new(Routes::default()),
            ended: Notify::new(),
            heard: AtomicU64::new(clock()),
            sent: AtomicU64::new(0),
            arrived: AtomicU64::new(0),
        }
    }

    /// How long nothing has been heard, the time that the machine slept included.
    pub(super) fn silence(&self) -> Duration {
        Duration::from_millis(clock().saturating_sub(self.heard.load(Ordering::Relaxed)))
    }

    /// How many bytes are not known to have arrived.
    pub(super) fn under_way(&self) -> u64 {
        let arrived = self.arrived.load(Ordering::Relaxed);
        self.sent.load(Ordering::Relaxed).saturating_sub(arrived)
    }

    /// Sends a ping. The receiver hears of its pong, or of the connection's end by being dropped.
    pub(super) fn ping(&self) -> Result<oneshot::Receiver<()>, Lost> {
        let (sender, pong) = oneshot::channel();
        let nonce = {
            let mut routes = lock(&self.routes);
            // Those that nobody waits for any more had no answer in time.
            routes.pings.retain(|_, ping| !ping.answered.is_closed());
            routes.last_id += 1;
            let nonce = routes.last_id;
            let after = self.sent.load(Ordering::Relaxed);
            routes.pings.insert(nonce, Ping { answered: sender, after });
            nonce
        };
        self.send(client_frame::Body::Ping(v1::Ping { nonce }))?;
        Ok(pong)
    }

    /// Gives a request its id.
    pub(super) fn register(&self, route: Route) -> Result<u64, Lost> {
        let mut routes = lock(&self.routes);
        if routes.lost {
            return Err(Lost { goodbye: routes.goodbye });
        }
        routes.last_id += 1;
        let id = routes.last_id;
        routes.open.insert(id, route);
        Ok(id)
    }

    /// Takes a request out of the list.
    pub(super) fn take(&self, id: u64) -> Option<Route> {
        lock(&self.routes).open.remove(&id)
    }

    /// Nobody waits for this request or stream any more.
    pub(super) fn cancel(&self, id: u64) {
        if self.take(id).is_some() {
            // A connection that is lost needs no telling.
            let _ = self.send(client_frame::Body::Cancel(v1::Cancel { id }));
        }
    }

    /// The reader of a stream has taken so many bytes.
    pub(super) fn taken(&self, id: u64, bytes: usize) {
        if let Some(Route::Here(route)) = lock(&self.routes).open.get_mut(&id) {
            route.queued = route.queued.saturating_sub(bytes);
        }
    }

    pub(super) fn send(&self, body: client_frame::Body) -> Result<(), Lost> {
        let goodbye = {
            let routes = lock(&self.routes);
            if routes.lost {
                return Err(Lost { goodbye: routes.goodbye });
            }
            routes.goodbye
        };
        let frame = v1::ClientFrame { body: Some(body) };
        self.sent.fetch_add(frame.encoded_len() as u64, Ordering::Relaxed);
        let sent = lock(&self.outbox).push(&frame);
        sent.map_err(|_| Lost { goodbye })
    }

    pub(super) fn backlog(&self) -> usize {
        let outbox = lock(&self.outbox);
        outbox.buffer.len() - outbox.written
    }

    pub(super) fn goodbye(&self) -> Option<goodbye::Reason> {
        lock(&self.routes).goodbye
    }

    pub(super) fn is_up(&self) -> bool {
        !lock(&self.routes).lost
    }

    pub(super) async fn lost(&self) -> Lost {
        loop {
            let ended = self.ended.notified();
            {
                let routes = lock(&self.routes);
                if routes.lost {
                    return Lost { goodbye: routes.goodbye };
                }
            }
            ended.await;
        }
    }

    /// The connection is over: everybody who waits learns it.
    pub(super) fn end(&self) {
        let open = {
            let mut routes = lock(&self.routes);
            routes.lost = true;
            routes.pings.clear();
            std::mem::take(&mut routes.open)
        };
        for route in open.into_values() {
            if let Route::Onward(onward) = route {
                onward.sink.lost(onward.replied);
            }
        }
        self.ended.notify_waiters();
    }

    /// Brings a frame to whom it is for. `false` ends the connection.
    fn deliver(&self, frame: v1::ServerFrame) -> bool {
        use server_frame::Body;
        self.heard.store(clock(), Ordering::Relaxed);
        let id = match &frame.body {
            Some(Body::Reply(reply)) => reply.id,
            Some(Body::Data(data)) => data.stream,
            Some(Body::End(end)) => end.stream,
            Some(Body::InputAck(ack)) => ack.stream,
            Some(Body::Changed(changed)) => changed.watch,
            Some(Body::Ping(ping)) => {
                let _ = self.send(client_frame::Body::Pong(v1::Pong { nonce: ping.nonce }));
                return true;
            }
            Some(Body::Pong(pong)) => {
                if let Some(ping) = lock(&self.routes).pings.remove(&pong.nonce) {
                    self.arrived.fetch_max(ping.after, Ordering::Relaxed);
                    let _ = ping.answered.send(());
                }
                return true;
            }
            Some(Body::Goodbye(goodbye)) => {
                lock(&self.routes).goodbye = Some(goodbye.reason());
                return true;
            }
            // A newer server's frame that this version doesn't know.
            None => return true,
        };
        let Some(body) = frame.body else { return true };
        let mut routes = lock(&self.routes);
        let (more, done) = match routes.open.get_mut(&id) {
            None => return true,
            Some(Route::Onward(onward)) => (true, onward.deliver(body)),
            Some(Route::Here(waiting)) => waiting.deliver(id, body),
        };
        if done {
            routes.open.remove(&id);
        }
        more
    }
}

impl Waiting {
    /// Whether the connection may go on, and whether this was the last frame of the request.
    fn deliver(&mut self, id: u64, body: server_frame::Body) -> (bool, bool) {
        use server_frame::Body;
        let item = match body {
            Body::Reply(reply) => return (true, self.reply(reply)),
            Body::End(end) => {
                // As when the connection itself is lost: whoever reads goes on by asking again.
                let lost = end.error.as_ref().is_some_and(is_link_lost);
                if let Some(items) = self.items.as_ref().filter(|_| !lost) {
                    let _ = items.send(StreamItem::End(end));
                }
                return (true, true);
            }
            Body::Data(data) => {
                self.queued += data.data.len();
                StreamItem::Data { data: data.data, offset: data.offset }
            }
            Body::InputAck(ack) => StreamItem::Ack(ack),
            Body::Changed(_) => StreamItem::Changed,
            Body::Ping(_) | Body::Pong(_) | Body::Goodbye(_) => return (true, false),
        };
        let Some(items) = &self.items else { return (true, false) };
        if self.queued > QUEUE_CAP {
            tracing::warn!(stream = id, "the server sends without credit: connection given up");
            return (false, false);
        }
        let _ = items.send(item);
        (true, false)
    }

    /// Hands the reply over; whether nothing follows it.
    fn reply(&mut self, reply: v1::Reply) -> bool {
        let Some(waiting) = self.reply.take() else { return false };
        let body = reply.body.unwrap_or_else(|| {
            reply::Body::Error(v1::Error {
                kind: v1::ErrorKind::Unsupported.into(),
                message: "the server's reply is of a kind that this version does not know".into(),
                hints: vec!["tow server restart".into()],
            })
        });
        let last = self.items.is_none() || matches!(body, reply::Body::Error(_));
        let _ = waiting.send(body);
        last
    }
}

impl Onward {
    /// Hands the frame over; whether nothing follows it.
    fn deliver(&mut self, body: server_frame::Body) -> bool {
        use server_frame::Body;
        let last = match &body {
            Body::Reply(reply) => {
                self.replied = true;
                !self.stream || !opens_a_stream(reply)
            }
            Body::End(_) => true,
            _ => false,
        };
        self.sink.frame(body);
        last
    }
}

/// Whether the request was taken on rather than refused.
fn opens_a_stream(reply: &v1::Reply) -> bool {
    !matches!(reply.body, None | Some(reply::Body::Error(_) | reply::Body::AttachBy(_)))
}

/// Whether a link further on broke.
pub(super) fn is_link_lost(error: &v1::Error) -> bool {
    error.kind() == v1::ErrorKind::LinkLost
}

impl Outbox {
    /// Appends a frame and writes what the socket takes at once: a keystroke waits for no other task.
    fn push(&mut self, frame: &v1::ClientFrame) -> io::Result<()> {
        if self.failed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        encode_frame(frame, &mut self.buffer);
        // Without a waker the writing task has not run yet; it will find the frame.
        let Some(waker) = self.waker.clone() else { return Ok(()) };
        match self.poll_write_out(&mut Context::from_waker(&waker)) {
            Poll::Ready(Err(error)) => Err(error),
            Poll::Ready(Ok(())) | Poll::Pending => Ok(()),
        }
    }

    fn poll_write_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = ready!(self.try_write_out(cx));
        self.failed |= outcome.is_err();
        Poll::Ready(outcome)
    }

    fn try_write_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.buffer.len() {
            let rest = &self.buffer[self.written..];
            match ready!(Pin::new(&mut self.writer).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.written += count,
            }
        }
        self.buffer.clear();
        self.buffer.shrink_to(KEPT_BUFFER);
        self.written = 0;
        Pin::new(&mut self.writer).poll_flush(cx)
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("waiting", &(self.buffer.len() - self.written)).finish()
    }
}

/// Writes what the socket did not take at once. It ends when writing fails; that the connection is over is
/// for the reading side to tell, after what the server said last.
pub(super) async fn write_loop(link: Arc<Link>) {
    poll_fn(|cx| {
        let mut outbox = lock(&link.outbox);
        outbox.waker = Some(cx.waker().clone());
        match outbox.poll_write_out(cx) {
            Poll::Ready(Err(_)) => Poll::Ready(()),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
        }
    })
    .await;
}

/// Reads frames and delivers them until the connection ends.
pub(super) async fn read_loop(
    link: Arc<Link>,
    mut reader: impl AsyncRead + Unpin,
    mut decoder: FrameDecoder,
) {
    let mut chunk = Vec::with_capacity(READ_CHUNK);
    'connection: loop {
        loop {
            match decoder.next::<v1::ServerFrame>() {
                Ok(Some(frame)) => {
                    if !link.deliver(frame) {
                        break 'connection;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(%error, "connection given up");
                    break 'connection;
                }
            }
        }
        chunk.clear();
        match reader.read_buf(&mut chunk).await {
            Ok(0) | Err(_) => break,
            Ok(_) => decoder.extend(&chunk),
        }
    }
    link.end();
}
