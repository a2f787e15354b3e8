//! Telling whoever typed that it was written.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::oneshot;
use towline_protocol::v1;

use super::ViewId;
use crate::conn::Out;
use crate::fault::Fault;

/// Whom to tell that typed bytes were written.
pub(crate) enum Acknowledge {
    /// A client's attach stream.
    Stream { out: Out, view: ViewId, weight: Weight },
    /// A task of the server.
    Task(oneshot::Sender<Result<(), Fault>>),
}

/// So many bytes under way, until it is dropped.
pub(crate) struct Weight {
    under_way: Arc<AtomicUsize>,
    bytes: usize,
}

impl Weight {
    pub(crate) fn new(under_way: &Arc<AtomicUsize>, bytes: usize) -> Self {
        under_way.fetch_add(bytes, Ordering::Relaxed);
        Self { under_way: Arc::clone(under_way), bytes }
    }

    /// What is under way in all, this included.
    pub(crate) fn total(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.under_way.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Acknowledge {
    /// As [`tell`](Self::tell), and written out.
    pub(crate) fn tell_now(self, seq: u64, fault: Option<Fault>) {
        if let Some(out) = self.tell(seq, fault) {
            out.write_out();
        }
    }

    /// Says that input number `seq` was written, or why not. What is returned wants to be written out.
    #[must_use]
    pub(super) fn tell(self, seq: u64, fault: Option<Fault>) -> Option<Out> {
        match self {
            Self::Stream { out, view, weight } => {
                drop(weight);
                let error = fault.map(Into::into);
                out.keep(v1::server_frame::Body::InputAck(v1::InputAck {
                    stream: view.stream,
                    seq,
                    error,
                }));
                Some(out)
            }
            Self::Task(done) => {
                let _ = done.send(fault.map_or(Ok(()), Err));
                None
            }
        }
    }
}
