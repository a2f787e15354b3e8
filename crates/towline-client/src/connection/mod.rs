//! A connection to a server: requests and their replies, streams, and what is sent beside them.

mod error;
mod handshake;
mod link;
mod onward;
mod stream;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use towline_protocol::v1::{self, client_frame, reply, request};

pub use error::{ConnectError, Lost, RequestError, io_error_in_words, without_error_numbers};
pub(crate) use handshake::dial_unix;
pub use handshake::{HelloOptions, NOISE_CAP, spoken};
pub use onward::{Carried, Sink};
pub use stream::{Stream, StreamItem};

use link::{Link, Route, Waiting};

/// A connection to a server. Clones share it; it ends when the last clone and the last [`Stream`] of it are
/// gone. It lives on the tokio runtime it was made on.
#[derive(Clone, Debug)]
pub struct Connection {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    link: Arc<Link>,
    hello: v1::ServerHello,
    /// How long a request may take.
    timeout: Duration,
    tasks: [AbortHandle; 2],
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The tasks hold the two halves of the stream: with them it is closed.
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Connection {
    /// Shakes hands over a stream. What the other end prints before it speaks (a shell's start-up files) is
    /// skipped, up to [`NOISE_CAP`].
    ///
    /// # Errors
    /// [`ConnectError`], at the latest after `hello.deadline`.
    pub async fn over(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        hello: HelloOptions,
    ) -> Result<Self, ConnectError> {
        let (reader, writer) = tokio::io::split(stream);
        Self::over_halves(reader, writer, hello).await
    }

    /// As [`Connection::over`], for a stream that comes in two halves (a child's standard streams).
    ///
    /// # Errors
    /// As [`Connection::over`].
    pub async fn over_halves(
        mut reader: impl AsyncRead + Send + Unpin + 'static,
        mut writer: impl AsyncWrite + Send + Unpin + 'static,
        hello: HelloOptions,
    ) -> Result<Self, ConnectError> {
        let (timeout, deadline) = (hello.request_timeout, hello.deadline);
        let shake = handshake::shake(&mut reader, &mut writer, hello);
        let (decoder, hello) = match tokio::time::timeout(deadline, shake).await {
            Ok(outcome) => outcome?,
            Err(_) => return Err(ConnectError::Timeout(deadline)),
        };
        let link = Arc::new(Link::new(Box::new(writer)));
        let tasks = [
            tokio::spawn(link::write_loop(Arc::clone(&link))).abort_handle(),
            tokio::spawn(link::read_loop(Arc::clone(&link), reader, decoder)).abort_handle(),
        ];
        Ok(Self { inner: Arc::new(Inner { link, hello, timeout, tasks }) })
    }

    /// What the server said of itself.
    pub fn server(&self) -> &v1::ServerHello {
        &self.inner.hello
    }

    /// Sends a request and waits for its reply, as long as the connection's request timeout allows.
    ///
    /// # Errors
    /// [`RequestError`]; after `Lost` and `Timeout` nobody knows whether it was carried out.
    pub async fn request(&self, body: request::Body) -> Result<reply::Body, RequestError> {
        self.request_on("", body).await
    }

    /// As [`Connection::request`], to be carried out by another host of the server's fleet.
    ///
    /// # Errors
    /// As [`Connection::request`].
    pub async fn request_on(
        &self,
        host: &str,
        body: request::Body,
    ) -> Result<reply::Body, RequestError> {
        let timeout = Some(self.inner.timeout);
        self.call(host, Vec::new(), body, None, timeout).await.map(|(reply, _)| reply)
    }

    /// As [`Connection::request_on`], with a key that makes a retry on another connection harmless; `host` is empty for
    /// the server itself.
    ///
    /// # Errors
    /// As [`Connection::request`].
    pub async fn request_keyed(
        &self,
        key: [u8; 16],
        host: &str,
        body: request::Body,
    ) -> Result<reply::Body, RequestError> {
        let timeout = Some(self.inner.timeout);
        self.call(host, key.to_vec(), body, None, timeout).await.map(|(reply, _)| reply)
    }

    /// As [`Connection::request`], with a time of its own; `None` waits for ever (a `Wait` brings its own
    /// deadline to the server).
    ///
    /// # Errors
    /// As [`Connection::request`].
    pub async fn request_within(
        &self,
        timeout: Option<Duration>,
        body: request::Body,
    ) -> Result<reply::Body, RequestError> {
        self.call("", Vec::new(), body, None, timeout).await.map(|(reply, _)| reply)
    }

    /// Sends a request that opens a stream (`Attach`, `Follow`, `Raw`, `Watch`).
    ///
    /// # Errors
    /// As [`Connection::request`].
    pub async fn open(&self, body: request::Body) -> Result<(reply::Body, Stream), RequestError> {
        let (sender, items) = mpsc::unbounded_channel();
        let timeout = Some(self.inner.timeout);
        let (reply, id) = self.call("", Vec::new(), body, Some(sender), timeout).await?;
        Ok((reply, Stream::new(self.clone(), id, items)))
    }

    /// Sends a frame that gets no reply. It is written at once if the socket takes it.
    ///
    /// # Errors
    /// [`Lost`] where the connection is known to have ended. Success doesn't mean that it arrived.
    pub fn send(&self, frame: client_frame::Body) -> Result<(), Lost> {
        self.inner.link.send(frame)
    }

    /// How many bytes wait for the socket to take them.
    pub fn backlog(&self) -> usize {
        self.inner.link.backlog()
    }

    /// Waits until the connection has ended and tells the server's reason, where it gave one.
    pub async fn lost(&self) -> Lost {
        self.inner.link.lost().await
    }

    /// Whether the connection is there, as far as is known. Where it is, what was lost on it was lost on a link that the
    /// server has to another host.
    pub fn is_up(&self) -> bool {
        self.inner.link.is_up()
    }

    /// The server's reason for ending the connection, where it gave one.
    pub fn goodbye(&self) -> Option<v1::goodbye::Reason> {
        self.inner.link.goodbye()
    }

    /// Asks whether the server still answers, and how long that takes.
    ///
    /// # Errors
    /// [`RequestError::Timeout`], and [`RequestError::Lost`] where the connection ends meanwhile.
    pub async fn ping(&self, timeout: Duration) -> Result<Duration, RequestError> {
        let start = std::time::Instant::now();
        let pong = self.inner.link.ping()?;
        match tokio::time::timeout(timeout, pong).await {
            Ok(Ok(())) => Ok(start.elapsed()),
            Ok(Err(_)) => Err(RequestError::Lost { goodbye: self.goodbye() }),
            Err(_) => Err(RequestError::Timeout),
        }
    }

    /// How long nothing has been heard from the server, the time that this machine slept included.
    pub fn silence(&self) -> Duration {
        self.inner.link.silence()
    }

    /// How many bytes are not known to have arrived. Only a [`ping`](Self::ping) that is answered tells that any have.
    pub fn under_way(&self) -> u64 {
        self.inner.link.under_way()
    }

    /// Ends the connection for all who share it: what is under way is lost.
    pub fn close(&self) {
        self.inner.tasks.iter().for_each(AbortHandle::abort);
        self.inner.link.end();
    }

    async fn call(
        &self,
        host: &str,
        key: Vec<u8>,
        body: request::Body,
        items: Option<mpsc::UnboundedSender<StreamItem>>,
        timeout: Option<Duration>,
    ) -> Result<(reply::Body, u64), RequestError> {
        let link = &self.inner.link;
        let (sender, reply) = oneshot::channel();
        let id = link.register(Route::Here(Waiting { reply: Some(sender), items, queued: 0 }))?;
        // From here to the reply, giving up (also by being dropped) takes the request back.
        let registered = Registered { link, id };
        let request = v1::Request { id, key, host: host.to_owned(), body: Some(body) };
        link.send(client_frame::Body::Request(request))?;
        let reply = match timeout {
            Some(timeout) => {
                tokio::time::timeout(timeout, reply).await.map_err(|_| RequestError::Timeout)?
            }
            None => reply.await,
        };
        std::mem::forget(registered);
        match reply {
            // A link beyond this one broke, which for whoever asked is the same as this one's loss.
            Ok(reply::Body::Error(error)) if link::is_link_lost(&error) => {
                Err(RequestError::Lost { goodbye: None })
            }
            Ok(reply::Body::Error(error)) => Err(RequestError::Remote(error)),
            Ok(body) => Ok((body, id)),
            Err(_) => Err(RequestError::Lost { goodbye: link.goodbye() }),
        }
    }
}

/// A request on its way. Dropping it cancels the request.
struct Registered<'a> {
    link: &'a Link,
    id: u64,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.link.cancel(self.id);
    }
}
