//! Prompts that are left for an agent: kept in the store, and delivered in their order, each once, when it is idle.
//!
//! A pane with prompts has a task that waits for its agent, a host that is away and for which some lie here has one that
//! waits for its link; both sleep until something changes. What is being typed is marked in the store before, and typed
//! under an id of its own, so that another server finds out from the pane's holder how far it came.

mod driven;
mod hand_over;
mod items;
mod serve;

use std::sync::Arc;

use towline_client::target::{LOCAL_HOST, TMUX_ID};
use towline_protocol::v1::{self, ErrorKind};

use items::Served;
pub(crate) use items::{Item, Queue};

use crate::clock;
use crate::fault::Fault;
use crate::fleet::Peer;
use crate::pane::Pane;
use crate::server::Server;
use crate::store::Op;

/// The most prompts that wait on one host: a script that has gone wild is told so.
const MOST: usize = 1000;

/// Leaves a prompt for the agent in a pane. Asked again with the same key, it is left once.
///
/// # Errors
/// A pane without an agent of which it can be told when it is idle, or a store that can't be written.
pub(crate) async fn enqueue(
    server: &Arc<Server>,
    pane: &Arc<Pane>,
    key: &[u8],
    text: &str,
) -> Result<v1::Queued, Fault> {
    if let Some(left) = server.queue.of_key(key, &Served::Pane(pane.id)) {
        return Ok(left);
    }
    let (agent, ended) = {
        let facts = pane.facts();
        (facts.agent(), facts.row.ended.is_some())
    };
    let agent = agent.ok_or_else(|| super::no_agent(pane))?;
    if !ended && !super::deliver::is_known(server, pane) {
        let message = match agent.state.as_str() {
            "exited" => format!("the agent in {} has exited", pane.name()),
            _ => format!("nothing tells when {} in {} is idle", agent.kind, pane.name()),
        };
        return Err(Fault::new(ErrorKind::NotTaken, message)
            .hint(format!("tow explain {}    shows what is known of it", pane.name())));
    }
    let item = v1::Queued { pane: pane.id, name: pane.name(), ..of_text(text)? };
    let left = put(server, key, "", item).await?;
    serve::begin(server, pane);
    Ok(left)
}

/// Leaves a prompt for an agent of another host: there, or here while that is away.
///
/// # Errors
/// What the host says, or a store that can't be written.
pub(crate) async fn enqueue_there(
    server: &Arc<Server>,
    peer: &Arc<Peer>,
    key: &[u8],
    request: v1::Enqueue,
) -> Result<v1::Queued, Fault> {
    if let Some(left) = server.queue.of_key(key, &Served::Host(peer.alias().to_owned())) {
        return Ok(left);
    }
    let mut item = of_text(&request.text)?;
    let made = *uuid::Uuid::new_v4().as_bytes();
    let key = if key.is_empty() { &made[..] } else { key };
    match hand_over::now(peer, key, &request).await {
        hand_over::Outcome::There(left) => return Ok(left),
        hand_over::Outcome::Refused(fault) => return Err(fault),
        hand_over::Outcome::Tmux => {
            return driven::enqueue(server, peer.alias(), key, request).await;
        }
        hand_over::Outcome::Away => {}
    }
    let target = request.target.unwrap_or_default().text;
    let (pane, name) = peer.known_as(&target);
    (item.pane, item.name) = (pane, name);
    if pane >= TMUX_ID {
        return driven::leave(server, peer.alias(), key, item).await;
    }
    item.held_here = true;
    peer.alias().clone_into(&mut item.host);
    let left = put(server, key, peer.alias(), item).await?;
    hand_over::begin(server, peer.alias());
    Ok(left)
}

/// Leaves a prompt for an agent in this machine's tmux.
///
/// # Errors
/// As [`enqueue`].
pub(crate) async fn enqueue_in_tmux(
    server: &Arc<Server>,
    key: &[u8],
    request: v1::Enqueue,
) -> Result<v1::Queued, Fault> {
    driven::enqueue(server, LOCAL_HOST, key, request).await
}

fn of_text(text: &str) -> Result<v1::Queued, Fault> {
    if text.trim().is_empty() {
        return Err(Fault::invalid("there is no text to be left"));
    }
    Ok(v1::Queued { text: text.to_owned(), at: clock::now(), ..v1::Queued::default() })
}

async fn put(
    server: &Arc<Server>,
    key: &[u8],
    host: &str,
    queued: v1::Queued,
) -> Result<v1::Queued, Fault> {
    if server.queue.waiting().len() >= MOST {
        let message = format!("{MOST} prompts wait already");
        return Err(Fault::new(ErrorKind::NotTaken, message).hint("tow queue list"));
    }
    let (item, old) = server.queue.add(key, host, queued);
    if !old.is_empty() {
        server.store.write(Op::ForgetPrompts(old));
    }
    if let Err(error) = server.store.commit(Op::PutPrompt(Box::new(item.clone()))).await {
        server.queue.forget(item.queued.id);
        return Err(error.into());
    }
    tell(server, item.queued.pane, host);
    Ok(item.told())
}

/// The prompts that wait: those of a pane, or all.
pub(crate) fn list(server: &Server, pane: Option<u64>) -> Vec<v1::Queued> {
    let of_pane =
        |item: &Item| pane.is_none_or(|pane| item.host.is_empty() && item.queued.pane == pane);
    let items = server.queue.waiting();
    items.iter().filter(|item| of_pane(item)).map(Item::told).collect()
}

/// Takes prompts back.
///
/// # Errors
/// Where one isn't there, or is being typed: then none is taken back.
pub(crate) async fn drop(server: &Arc<Server>, ids: &[u64]) -> Result<(), Fault> {
    let items = server.queue.waiting();
    let mut dropped = Vec::new();
    for id in ids {
        let Some(item) = items.iter().find(|item| item.queued.id == *id) else {
            let message = format!("no prompt {id} waits");
            return Err(Fault::new(ErrorKind::NotFound, message).hint("tow queue list"));
        };
        if item.queued.begun > 0 && item.queued.trouble.is_empty() {
            let message = format!("prompt {id} is being typed");
            return Err(Fault::new(ErrorKind::NotTaken, message));
        }
        dropped.push(item.clone());
    }
    // All at once, before what stands behind one of them is begun.
    for item in &mut dropped {
        item.queued.over = clock::now();
        server.queue.put(item.clone());
    }
    for item in dropped {
        settle(server, item).await?;
    }
    Ok(())
}

/// The pane is no more: its prompts are dropped.
pub(crate) fn pane_removed(server: &Server, pane: &Pane) {
    for mut item in server.queue.of_pane(pane.id) {
        tracing::warn!(
            "{} is removed: prompt {} that waited for it is dropped",
            pane.name(),
            item.queued.id
        );
        item.queued.over = clock::now();
        server.queue.put(item.clone());
        server.store.write(Op::PutPrompt(Box::new(item)));
    }
    // Whoever waits for its agent finds it gone.
    pane.agent_changes.send_modify(|count| *count += 1);
}

/// Takes up what the last server left.
pub(crate) fn take_over(server: &Arc<Server>) {
    let mut hosts = Vec::new();
    for mut item in server.queue.waiting() {
        if item.is_driven() {
            driven::begin(server, &item.host, item.queued.pane);
            continue;
        }
        if !item.host.is_empty() {
            hosts.push(item.host);
            continue;
        }
        match server.panes.by_id(item.queued.pane) {
            Some(pane) => {
                tell(server, pane.id, "");
                serve::begin(server, &pane);
            }
            None => {
                let v1::Queued { id, name, .. } = &item.queued;
                tracing::warn!("{name} is not there any more: prompt {id} for it is dropped");
                item.queued.over = clock::now();
                server.queue.put(item.clone());
                server.store.write(Op::PutPrompt(Box::new(item)));
            }
        }
    }
    hosts.dedup();
    for host in hosts {
        hand_over::begin(server, &host);
    }
}

/// Writes a prompt down as it is now.
async fn settle(server: &Arc<Server>, item: Item) -> Result<(), Fault> {
    let (pane, host) = (item.queued.pane, item.host.clone());
    server.store.commit(Op::PutPrompt(Box::new(item.clone()))).await?;
    server.queue.put(item);
    tell(server, pane, &host);
    if host == LOCAL_HOST || pane >= TMUX_ID {
        driven::begin(server, &host, pane);
    } else if host.is_empty()
        && let Some(pane) = server.panes.by_id(pane)
    {
        // What stood in the way of others may be gone.
        serve::begin(server, &pane);
    }
    Ok(())
}

/// How many wait is news.
fn tell(server: &Server, pane: u64, host: &str) {
    if host.is_empty()
        && let Some(pane) = server.panes.by_id(pane)
    {
        let count = server.queue.of_pane(pane.id).len();
        pane.facts().queued = u32::try_from(count).unwrap_or(u32::MAX);
    }
    server.changed();
}
