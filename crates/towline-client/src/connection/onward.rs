//! Carrying requests on from one connection to another: what a server does for hosts beyond it.

use std::fmt;

use towline_protocol::v1::{self, client_frame, request, server_frame};

use super::link::{Onward, Route};
use super::{Connection, Lost};

/// Where the frames go that answer a request which was carried on. Called from the connection's reading task: it must not
/// wait, nor send on that connection.
pub trait Sink: fmt::Debug + Send {
    /// A reply, or a frame of the stream, with the ids of the connection it came on.
    fn frame(&self, body: server_frame::Body);

    /// The connection was lost before the last frame; whether the reply had come.
    fn lost(&self, replied: bool);
}

/// A request that was carried on. Dropping it takes nothing back; see [`Carried::cancel`].
#[derive(Debug)]
pub struct Carried {
    connection: Connection,
    id: u64,
}

impl Connection {
    /// Sends a request whose answers go to `sink`. `stream`: whether it opens a stream.
    ///
    /// # Errors
    /// [`Lost`] where the connection is known to have ended: then nothing was sent, and `sink` hears nothing.
    pub fn carry(
        &self,
        key: Vec<u8>,
        body: request::Body,
        stream: bool,
        sink: Box<dyn Sink>,
    ) -> Result<Carried, Lost> {
        let link = &self.inner.link;
        let id = link.register(Route::Onward(Onward { sink, stream, replied: false }))?;
        let request = v1::Request { id, key, host: String::new(), body: Some(body) };
        match link.send(client_frame::Body::Request(request)) {
            Ok(()) => {}
            // The loss may have been told to the sink already; it is not told twice.
            Err(lost) if link.take(id).is_some() => return Err(lost),
            Err(_) => {}
        }
        Ok(Carried { connection: self.clone(), id })
    }
}

impl Carried {
    /// The id that frames about it carry on its connection.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The connection that it went on to.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Sends a frame on its connection. That it is lost is told to the sink.
    pub fn send(&self, frame: client_frame::Body) {
        let _ = self.connection.send(frame);
    }

    /// No more of it is wanted.
    pub fn cancel(&self) {
        self.connection.inner.link.cancel(self.id);
    }
}
