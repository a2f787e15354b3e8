//! The stream of an attach, or the way to get another one.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use towline_client::{Connection, RequestError, Stream, StreamItem};
use towline_protocol::v1::{self, client_frame, goodbye, reply, request};

use super::super::retry::{Verdict, after_refusal};
use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::request::unexpected;

/// The stream, where there is one.
pub(super) enum Link<'a> {
    /// Attached.
    Up(Stream),
    /// Attaching again.
    Down(Pin<Box<dyn Future<Output = Again> + 'a>>),
}

/// How a try to attach again came out.
pub(super) enum Again {
    Up(Box<v1::Attached>, Stream),
    Failed(Verdict),
}

/// What happened on a link.
pub(super) enum Next {
    /// As [`Stream::next`].
    Item(Option<StreamItem>),
    Again(Again),
}

/// What to ask for again.
pub(super) struct Request {
    pub(super) attach: v1::Attach,
    /// The pane, by its id.
    pub(super) pane: String,
}

impl<'a> Link<'a> {
    /// Attaches again after a pause.
    pub(super) fn again(context: &'a Context, request: Request, pause: Duration) -> Self {
        Self::Down(Box::pin(async move {
            tokio::time::sleep(pause).await;
            match attach(context, request).await {
                Ok((attached, stream)) => Again::Up(Box::new(attached), stream),
                Err(verdict) => Again::Failed(verdict),
            }
        }))
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(self, Self::Up(_))
    }

    /// Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Next {
        match self {
            Self::Up(stream) => Next::Item(stream.next().await),
            Self::Down(again) => Next::Again(again.await),
        }
    }

    /// The next item, if it is there already.
    pub(super) fn try_next(&mut self) -> Option<StreamItem> {
        match self {
            Self::Up(stream) => stream.try_next(),
            Self::Down(_) => None,
        }
    }

    /// Why the server ended the connection, where it said so.
    pub(super) fn goodbye(&self) -> Option<goodbye::Reason> {
        match self {
            Self::Up(stream) => stream.connection().goodbye(),
            Self::Down(_) => None,
        }
    }

    /// Sends a frame about the stream, where there is one. A lost connection shows at [`Link::next`].
    pub(super) fn send(&self, frame: impl FnOnce(u64) -> client_frame::Body) {
        if let Self::Up(stream) = self {
            let _ = stream.send(frame(stream.id()));
        }
    }

    pub(super) fn input(&self, seq: u64, data: Vec<u8>) {
        self.send(|stream| client_frame::Body::Input(v1::Input { stream, seq, data }));
    }

    pub(super) fn credit(&self, bytes: u64) {
        if let Self::Up(stream) = self {
            stream.credit(bytes);
        }
    }
}

/// What the first attach led to.
pub(super) enum First {
    Attached(Box<v1::Attached>, Stream),
    /// Another command shows the pane.
    Elsewhere(Box<v1::AttachBy>),
}

/// The first attach: as any command, it starts the server where need be and asks again where the connection is
/// lost meanwhile.
pub(super) async fn first(context: &Context, attach: &v1::Attach) -> Result<First, CommandError> {
    let end = Instant::now() + context.step_timeout();
    let mut connection = context.connect().await?;
    loop {
        match connection.open(request::Body::Attach(attach.clone())).await {
            Ok((reply::Body::AttachBy(by), _)) => return Ok(First::Elsewhere(Box::new(by))),
            Ok((reply, stream)) => return Ok(First::Attached(Box::new(attached(reply)?), stream)),
            Err(RequestError::Lost { goodbye }) if Instant::now() < end => {
                let patience = end.saturating_duration_since(Instant::now());
                connection = context.reconnect(goodbye, patience).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// One try: reaches the server, which is started if it has crashed, and attaches.
async fn attach(context: &Context, request: Request) -> Result<(v1::Attached, Stream), Verdict> {
    let connection = context.reconnect(None, Duration::ZERO).await.map_err(|error| {
        if was_stopped(context) {
            Verdict::Stopped
        } else if error.kind == ErrorKind::Usage {
            Verdict::GiveUp(error)
        } else {
            Verdict::Retry(None)
        }
    })?;
    let (reply, stream) = match connection.open(request::Body::Attach(request.attach)).await {
        Ok(opened) => opened,
        Err(error) => {
            return Err(match after_refusal(error) {
                Verdict::Ended(_) => Verdict::Ended(exit(&connection, request.pane).await),
                verdict => verdict,
            });
        }
    };
    attached(reply).map(|attached| (attached, stream)).map_err(Verdict::GiveUp)
}

/// Whether somebody stopped the server: its mark lies beside its socket.
fn was_stopped(context: &Context) -> bool {
    let mark = |socket: std::path::PathBuf| socket.with_file_name("stopped");
    context.socket().is_ok_and(|socket| mark(socket).exists())
}

/// How a pane ended, as the server tells.
async fn exit(connection: &Connection, pane: String) -> Option<v1::Exit> {
    let target = v1::Target { text: pane, allow_ended: true, ..Default::default() };
    match connection.request(request::Body::Info(v1::Info { target: Some(target) })).await {
        Ok(reply::Body::Info(pane)) => pane.exit,
        _ => None,
    }
}

/// The reply to an attach.
pub(super) fn attached(reply: reply::Body) -> Result<v1::Attached, CommandError> {
    match reply {
        reply::Body::Attached(attached) => Ok(attached),
        _ => Err(unexpected()),
    }
}
