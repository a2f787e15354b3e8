//! What a request that goes on sends after its reply.

use tokio::sync::mpsc;
use towline_protocol::v1::{self, client_frame};

use super::{Connection, Lost};

/// One piece of a stream.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamItem {
    /// Bytes of the stream.
    Data {
        /// The bytes.
        data: Vec<u8>,
        /// For `Raw`: the journal offset of the first byte.
        offset: u64,
    },
    /// An input on this stream was written, or why not.
    Ack(v1::InputAck),
    /// For `Watch`: something in the list changed.
    Changed,
    /// The stream has ended; nothing follows.
    End(v1::StreamEnd),
}

/// An open stream. Dropping it tells the server that no more is wanted.
#[derive(Debug)]
pub struct Stream {
    connection: Connection,
    id: u64,
    items: mpsc::UnboundedReceiver<StreamItem>,
}

impl Stream {
    pub(super) fn new(
        connection: Connection,
        id: u64,
        items: mpsc::UnboundedReceiver<StreamItem>,
    ) -> Self {
        Self { connection, id, items }
    }

    /// The stream's id, as frames about it carry it.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The next piece; `None` after the end, and where the connection was lost before it. Dropping the
    /// future loses nothing.
    pub async fn next(&mut self) -> Option<StreamItem> {
        let item = self.items.recv().await?;
        self.note(&item);
        Some(item)
    }

    /// The next piece, if one is there already.
    pub fn try_next(&mut self) -> Option<StreamItem> {
        let item = self.items.try_recv().ok()?;
        self.note(&item);
        Some(item)
    }

    /// Lets the server send so many more bytes; none are not told. A lost connection shows at [`Stream::next`].
    pub fn credit(&self, bytes: u64) {
        if bytes == 0 {
            return;
        }
        let _ = self.send(client_frame::Body::Credit(v1::Credit { stream: self.id, bytes }));
    }

    /// Sends a frame on the stream's connection.
    ///
    /// # Errors
    /// As [`Connection::send`].
    pub fn send(&self, frame: client_frame::Body) -> Result<(), Lost> {
        self.connection.send(frame)
    }

    /// The connection that the stream runs on.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    fn note(&self, item: &StreamItem) {
        if let StreamItem::Data { data, .. } = item {
            self.connection.inner.link.taken(self.id, data.len());
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.connection.inner.link.cancel(self.id);
    }
}
