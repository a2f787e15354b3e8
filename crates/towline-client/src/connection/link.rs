//! What the two tasks of a connection and its users share: the way out, and where what comes in goes.

use std::collections::HashMap;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::sync::{Notify, mpsc, oneshot};
use towline_protocol::v1::{self, client_frame, goodbye, reply, server_frame};
use towline_protocol::{FrameDecoder, encode_frame};

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
pub(super) struct Route {
    /// Whoever waits for the reply, until it has come.
    pub(super) reply: Option<oneshot::Sender<reply::Body>>,
    /// The reader of the stream, for requests that open one.
    pub(super) items: Option<mpsc::UnboundedSender<StreamItem>>,
    /// Bytes that wait for that reader.
    pub(super) queued: usize,
}

#[derive(Debug)]
pub(super) struct Link {
    outbox: Mutex<Outbox>,
    routes: Mutex<Routes>,
    ended: Notify,
}

#[derive(Debug, Default)]
struct Routes {
    last_id: u64,
    open: HashMap<u64, Route>,
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
        }
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

    /// Nobody waits for this request or stream any more.
    pub(super) fn cancel(&self, id: u64) {
        if lock(&self.routes).open.remove(&id).is_some() {
            // A connection that is lost needs no telling.
            let _ = self.send(client_frame::Body::Cancel(v1::Cancel { id }));
        }
    }

    /// The reader of a stream has taken so many bytes.
    pub(super) fn taken(&self, id: u64, bytes: usize) {
        if let Some(route) = lock(&self.routes).open.get_mut(&id) {
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
        let sent = lock(&self.outbox).push(&v1::ClientFrame { body: Some(body) });
        sent.map_err(|_| Lost { goodbye })
    }

    pub(super) fn backlog(&self) -> usize {
        let outbox = lock(&self.outbox);
        outbox.buffer.len() - outbox.written
    }

    pub(super) fn goodbye(&self) -> Option<goodbye::Reason> {
        lock(&self.routes).goodbye
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
    fn end(&self) {
        {
            let mut routes = lock(&self.routes);
            routes.lost = true;
            routes.open.clear();
        }
        self.ended.notify_waiters();
    }

    /// Brings a frame to whom it is for. `false` ends the connection.
    fn deliver(&self, frame: v1::ServerFrame) -> bool {
        use server_frame::Body;
        match frame.body {
            Some(Body::Reply(reply)) => self.deliver_reply(reply),
            Some(Body::Data(data)) => {
                let bytes = data.data.len();
                let item = StreamItem::Data { data: data.data, offset: data.offset };
                return self.deliver_item(data.stream, item, bytes);
            }
            Some(Body::End(end)) => {
                let route = lock(&self.routes).open.remove(&end.stream);
                if let Some(items) = route.and_then(|route| route.items) {
                    let _ = items.send(StreamItem::End(end));
                }
            }
            Some(Body::InputAck(ack)) => {
                return self.deliver_item(ack.stream, StreamItem::Ack(ack), 0);
            }
            Some(Body::Changed(changed)) => {
                return self.deliver_item(changed.watch, StreamItem::Changed, 0);
            }
            Some(Body::Ping(ping)) => {
                let _ = self.send(client_frame::Body::Pong(v1::Pong { nonce: ping.nonce }));
            }
            Some(Body::Goodbye(goodbye)) => lock(&self.routes).goodbye = Some(goodbye.reason()),
            // A newer server's frames that this version doesn't know.
            Some(Body::Pong(_)) | None => {}
        }
        true
    }

    fn deliver_reply(&self, reply: v1::Reply) {
        let mut routes = lock(&self.routes);
        let Some(route) = routes.open.get_mut(&reply.id) else { return };
        let Some(waiting) = route.reply.take() else { return };
        let body = reply.body.unwrap_or_else(|| {
            reply::Body::Error(v1::Error {
                kind: v1::ErrorKind::Unsupported.into(),
                message: "the server's reply is of a kind that this version does not know".into(),
                hints: vec!["tow server restart".into()],
            })
        });
        if route.items.is_none() || matches!(body, reply::Body::Error(_)) {
            routes.open.remove(&reply.id);
        }
        let _ = waiting.send(body);
    }

    fn deliver_item(&self, stream: u64, item: StreamItem, bytes: usize) -> bool {
        let mut routes = lock(&self.routes);
        let Some(route) = routes.open.get_mut(&stream) else { return true };
        let Some(items) = &route.items else { return true };
        route.queued += bytes;
        if route.queued > QUEUE_CAP {
            tracing::warn!(stream, "the server sends without credit: connection given up");
            return false;
        }
        let _ = items.send(item);
        true
    }
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
