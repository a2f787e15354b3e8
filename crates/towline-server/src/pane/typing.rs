//! `send`: steps of text and keys, typed as one transaction.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use towline_protocol::v1::{self, send_step::Step};
use towline_vt::Modes;

use super::look;
use super::{Acknowledge, ClientId, Command, Pane, Typed};
use crate::fault::Fault;

/// Output that is still for so long is calm: longer than programs pause between two writes of one echo,
/// short enough that nobody notices.
const CALM: Duration = Duration::from_millis(40);

/// A program that never falls still (a spinner) is not waited for longer than this.
const CALM_LIMIT: Duration = Duration::from_millis(500);

/// Types the steps of `send`. Done again after a broken connection, it writes nothing twice: each step keeps its
/// number, and the holder knows which it has written.
///
/// # Errors
/// A key that has no name, a line the terminal would cut, an ended pane, a lost holder.
pub(crate) async fn send(pane: &Arc<Pane>, send: v1::Send) -> Result<(), Fault> {
    let client = client_id(&send.client)?;
    let last = send.steps.len().saturating_sub(1);
    for (index, (step, seq)) in send.steps.iter().zip(send.seq..).enumerate() {
        if step.calm {
            calm(pane).await;
        }
        let Some(step) = step.step.clone() else {
            return Err(Fault::invalid("a step of this send is empty"));
        };
        let modes = look::live(pane, |terminal| terminal.modes())
            .await
            .ok_or_else(|| Fault::ended(&pane.name()))?;
        let data = encode(&step, &modes)?;
        let more = index < last;
        type_once(pane, client, seq, more, data).await?;
    }
    Ok(())
}

async fn type_once(
    pane: &Pane,
    client: ClientId,
    seq: u64,
    more: bool,
    data: Vec<u8>,
) -> Result<(), Fault> {
    pane.ask(|done: oneshot::Sender<Result<(), Fault>>| {
        Command::Type(Typed { client, seq, more, data, done: Acknowledge::Task(done), view: None })
    })
    .await
}

/// A step as the bytes that a terminal would send for it.
fn encode(step: &Step, modes: &Modes) -> Result<Vec<u8>, Fault> {
    match step {
        // An agent takes a pasted "/status" for text; typed, it is a command.
        Step::Text(text) if text.starts_with('/') && !text.contains('\n') => {
            Ok(text.clone().into_bytes())
        }
        Step::Text(text) => Ok(towline_vt::encode_paste(text, modes)),
        Step::Key(key) => {
            towline_vt::encode_key(key, modes).map_err(|error| Fault::invalid(error.to_string()))
        }
        Step::Raw(bytes) => Ok(bytes.clone()),
    }
}

/// Waits until the pane has printed nothing for a moment, at most a bounded time.
async fn calm(pane: &Pane) {
    let mut pulse = pane.pulse.subscribe();
    let still =
        async { while matches!(tokio::time::timeout(CALM, pulse.changed()).await, Ok(Ok(()))) {} };
    let _ = tokio::time::timeout(CALM_LIMIT, still).await;
}

/// A client's input id as it came.
///
/// # Errors
/// Where it has not 16 bytes, or is the one that answers to queries use.
pub(crate) fn client_id(bytes: &[u8]) -> Result<ClientId, Fault> {
    match ClientId::try_from(bytes) {
        Ok(id) if id != towline_holder::wire::RESERVED_CLIENT => Ok(id),
        _ => Err(Fault::invalid("an input id has 16 bytes that are not all zero")),
    }
}
