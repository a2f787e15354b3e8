//! Handing prompts over to the host of their pane.

use std::sync::Arc;
use std::time::Duration;

use towline_client::RequestError;
use towline_protocol::v1::{self, ErrorKind, reply, request};

use super::items::{Item, Served};
use super::{Fault, Peer, Server, settle};
use crate::clock;
use crate::fleet::Towards;

/// How long a host that may be there is waited for before a prompt for it is kept here.
const PATIENCE: Duration = Duration::from_secs(4);

/// The pause after a link broke in the middle of it.
const PAUSE: Duration = Duration::from_millis(200);

/// What became of a prompt that was to be handed over.
pub(super) enum Outcome {
    /// The host has it.
    There(v1::Queued),
    /// The host does not take it.
    Refused(Fault),
    /// The host has only tmux.
    Tmux,
    /// The host is not to be reached, or the link broke: the same key may be tried again.
    Away,
}

/// Hands a prompt over, if the host is there.
pub(super) async fn now(peer: &Arc<Peer>, key: &[u8], enqueue: &v1::Enqueue) -> Outcome {
    let Ok(key) = <[u8; 16]>::try_from(key) else {
        return Outcome::Refused(Fault::invalid("the key of a request has 16 bytes"));
    };
    match peer.towards(PATIENCE).await {
        Ok(Towards::Towline(connection)) => {
            let body = request::Body::Enqueue(enqueue.clone());
            match connection.request_keyed(key, "", body).await {
                Ok(reply::Body::Enqueued(v1::Enqueued { item: Some(mut item) })) => {
                    peer.alias().clone_into(&mut item.host);
                    Outcome::There(item)
                }
                Ok(_) => Outcome::Refused(Fault::internal(format!(
                    "{}: its answer is not one this version knows",
                    peer.alias()
                ))),
                Err(RequestError::Remote(error)) => match error.kind() {
                    ErrorKind::Unreachable | ErrorKind::LinkLost => Outcome::Away,
                    _ => {
                        let message = format!("{}: {}", peer.alias(), error.message);
                        let hints = error.hints.iter();
                        let hints = hints.map(|hint| format!("on {}: {hint}", peer.alias()));
                        let hints = hints.collect();
                        Outcome::Refused(v1::Error { message, hints, ..error }.into())
                    }
                },
                Err(_) => Outcome::Away,
            }
        }
        Ok(Towards::Tmux) => Outcome::Tmux,
        Err(_) => Outcome::Away,
    }
}

/// Sees to it that what lies here for a host is handed over when it is there.
pub(super) fn begin(server: &Arc<Server>, host: &str) {
    if server.queue.begin(Served::Host(host.to_owned())) {
        tokio::spawn(serve(Arc::clone(server), host.to_owned()));
    }
}

async fn serve(server: Arc<Server>, host: String) {
    let served = Served::Host(host.clone());
    while let Some(item) = server.queue.next(&served) {
        let peer = match server.peer(&host) {
            Ok(peer) => peer,
            Err(fault) => {
                trouble(&server, item, fault).await;
                continue;
            }
        };
        let mut list = server.changes();
        tokio::select! {
            () = peer.until_up() => {}
            // The host may be in the list under the same name and be another, or the prompt be taken back.
            _ = list.changed() => continue,
        }
        let text = match item.queued.pane {
            0 => item.queued.name.clone(),
            id => format!("{}:%{id}", towline_client::target::LOCAL_HOST),
        };
        let target = v1::Target { text, allow_prefix: false, allow_ended: false };
        let enqueue = v1::Enqueue { target: Some(target), text: item.queued.text.clone() };
        match now(&peer, &item.key, &enqueue).await {
            Outcome::There(left) => {
                tracing::info!("{host} has prompt {} now, as {}", item.queued.id, left.id);
                let mut item = item;
                item.queued.over = clock::now();
                if let Err(fault) = settle(&server, item).await {
                    tracing::warn!("{host}: {fault:?}");
                    tokio::time::sleep(PATIENCE).await;
                }
            }
            Outcome::Refused(fault) => trouble(&server, item, fault).await,
            Outcome::Tmux => {
                let why = "there is no Towline on it any longer, only tmux";
                trouble(&server, item, Fault::new(ErrorKind::Unsupported, why)).await;
            }
            Outcome::Away => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn trouble(server: &Arc<Server>, mut item: Item, fault: Fault) {
    item.queued.trouble = v1::Error::from(fault).message;
    tracing::warn!("prompt {} for {}: {}", item.queued.id, item.host, item.queued.trouble);
    if let Err(fault) = settle(server, item).await {
        tracing::warn!("{fault:?}");
        tokio::time::sleep(PATIENCE).await;
    }
}
