//! `peek --raw`: the program's output as it was printed, from the journal.

use std::sync::Arc;

use towline_journal::{Reader, Record};
use towline_protocol::v1;

use super::Pane;
use crate::conn::{Out, Window};
use crate::fault::Fault;

/// So much is read before others get a turn, in bytes.
const TURN: u64 = 256 * 1024;

/// What a reader of raw output wants.
pub(crate) struct Raw {
    pub(crate) request: v1::Raw,
    pub(crate) stream: u64,
    pub(crate) out: Out,
    pub(crate) window: Arc<Window>,
}

/// Sends bytes until the end of the journal, or with `follow` of the pane.
pub(crate) async fn raw(pane: Arc<Pane>, raw: Raw) {
    let fault = send_all(&pane, &raw).await.err();
    let exit = pane.exit();
    raw.out.end(raw.stream, exit, fault.map(|error| Fault::internal(error.to_string())));
}

async fn send_all(pane: &Pane, raw: &Raw) -> Result<(), towline_journal::Error> {
    let mut pulse = pane.pulse.subscribe();
    let mut reader = Reader::open(&pane.journal())?;
    if let Some(offset) = raw.request.from_offset {
        reader.seek(offset)?;
    }
    let mut read = 0;
    loop {
        let ended = pulse.borrow_and_update().ended;
        while let Some(entry) = reader.next()? {
            if entry.end() >= read + TURN {
                read = entry.end();
                tokio::task::yield_now().await;
            }
            if let Record::Output(bytes) = entry.record
                && entry.time >= raw.request.since
            {
                let (bytes, offset) = (bytes.to_vec(), entry.offset);
                raw.window.opened().await;
                raw.window.take(bytes.len());
                raw.out.data(raw.stream, &bytes, offset);
            }
        }
        if ended || !raw.request.follow || pulse.changed().await.is_err() {
            return Ok(());
        }
    }
}
