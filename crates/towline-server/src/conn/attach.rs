//! A connection's view of one pane.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use towline_protocol::v1::{self, ErrorKind, server_frame};
use towline_vt::Size;

use super::{Out, Window, tell};
use crate::fault::Fault;
use crate::pane::{Acknowledge, ClientId, Command, Pane, Typed, ViewId, Weight};

/// A connection's view of one pane, as the connection knows it.
pub(super) struct Attachment {
    pub(super) pane: Arc<Pane>,
    pub(super) view: ViewId,
    pub(super) client: ClientId,
    pub(super) read_only: bool,
    pub(super) window: Arc<Window>,
    /// The task that opens the view.
    pub(super) opening: AbortHandle,
    /// Bytes that were typed and are not acknowledged yet.
    pub(super) under_way: Arc<AtomicUsize>,
}

/// Bytes that one attached client may have typed and not yet acknowledged. A client of ours keeps far below; what
/// keeps on sending to a program that reads nothing would fill the server's memory.
const TYPED_CAP: usize = 4 * 1024 * 1024;

/// The most bytes of one input, well below what a holder takes in a frame. Clients send 16 KiB.
const INPUT_MAX: usize = 512 * 1024;

impl Attachment {
    pub(super) fn credit(&self, bytes: u64) {
        self.window.add(bytes);
        tell(&self.pane, Command::Drained);
    }

    pub(super) fn resize(&self, size: Option<&v1::Size>) {
        if let Some(size) = view_size(size) {
            tell(&self.pane, Command::ViewSize(self.view, size));
        }
    }

    pub(super) fn repaint(&self) {
        tell(&self.pane, Command::Repaint(self.view));
    }

    pub(super) fn input(&self, out: &Out, input: v1::Input) {
        // The number is used up all the same, or the holder would take the next one for a hole.
        let number = Typed {
            client: self.client,
            seq: input.seq,
            more: false,
            data: Vec::new(),
            done: Acknowledge::Task(oneshot::channel().0),
            view: None,
        };
        let refuse = |fault: Fault| {
            tell(&self.pane, Command::Type(number));
            out.send(server_frame::Body::InputAck(v1::InputAck {
                stream: input.stream,
                seq: input.seq,
                error: Some(fault.into()),
            }));
        };
        if self.read_only {
            return refuse(Fault::new(ErrorKind::Forbidden, "this client is attached read-only"));
        }
        if input.data.len() > INPUT_MAX {
            return refuse(Fault::invalid(format!(
                "an input of {} bytes is over the {INPUT_MAX} of one frame",
                input.data.len()
            )));
        }
        let weight = Weight::new(&self.under_way, input.data.len());
        if weight.total() > TYPED_CAP {
            return refuse(Fault::invalid(format!(
                "{} does not read what is typed, and no more is kept for it",
                self.pane.name()
            )));
        }
        let done = Acknowledge::Stream { out: out.clone(), view: self.view, weight };
        let typed = Typed {
            client: self.client,
            seq: input.seq,
            more: false,
            data: input.data,
            done,
            view: Some(self.view),
        };
        if let Err(Command::Type(Typed { done, seq, .. })) = self.pane.tell(Command::Type(typed)) {
            done.tell_now(seq, Some(Fault::ended(&self.pane.name())));
        }
    }

    pub(super) fn end(self) {
        // First, or a view that is just being opened would come after its end.
        self.opening.abort();
        tell(&self.pane, Command::Detach(self.view));
    }
}

/// A client's terminal as the terminal model takes it; `None` for one without room.
pub(super) fn view_size(size: Option<&v1::Size>) -> Option<Size> {
    let side =
        |value: u32| u16::try_from(value).ok().filter(|value| *value > 0 && *value <= 10_000);
    let size = size?;
    Some(Size { cols: side(size.cols)?, rows: side(size.rows)? })
}
