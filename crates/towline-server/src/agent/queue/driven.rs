//! Prompts for agents in a tmux, which keeps none. They lie with the server that drives it.
//!
//! The server sends each as a client of its own would, so that what holds for sending (links that break, hosts that are away)
//! holds here. Nobody remembers what was typed into a tmux: one that was under way when a server died is left to a person.

use std::sync::Arc;
use std::time::Duration;

use towline_agents::State;
use towline_client::target::LOCAL_HOST;
use towline_client::{HelloOptions, RequestError, start};
use towline_protocol::v1::{self, ErrorKind, reply, request, send_step::Step, wait};

use super::items::{Item, Served};
use super::{of_text, put, settle};
use crate::agent::no_agent_of;
use crate::clock;
use crate::fault::Fault;
use crate::server::Server;
use crate::store::Op;

/// How long an agent may take to take what it is given.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long all of a sending may take.
const SENDING: Duration = Duration::from_secs(60);

/// The pause before a host that can't be asked is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// Leaves a prompt here for an agent in a host's tmux, or this machine's.
///
/// # Errors
/// A pane that isn't there or has no agent, or a store that can't be written.
pub(super) async fn enqueue(
    server: &Arc<Server>,
    host: &str,
    key: &[u8],
    request: v1::Enqueue,
) -> Result<v1::Queued, Fault> {
    let target = request.target.unwrap_or_default();
    let rest = target.text.strip_prefix(LOCAL_HOST).and_then(|rest| rest.strip_prefix(':'));
    let text = match (host, rest.unwrap_or(&target.text)) {
        (LOCAL_HOST, rest) => rest.to_owned(),
        (host, rest) => format!("{host}:{rest}"),
    };
    let info = v1::Info { target: Some(v1::Target { text, ..target }) };
    let reply::Body::Info(pane) = ask(server, request::Body::Info(info), PATIENCE).await? else {
        return Err(Fault::internal("an answer of another kind"));
    };
    if pane.agent.is_none() {
        return Err(no_agent_of(&pane.name));
    }
    if let Some(left) = server.queue.of_key(key, &Served::Tmux(host.to_owned(), pane.id)) {
        return Ok(left);
    }
    leave(
        server,
        host,
        key,
        v1::Queued { pane: pane.id, name: pane.name, ..of_text(&request.text)? },
    )
    .await
}

/// Leaves it for a pane that is known.
pub(super) async fn leave(
    server: &Arc<Server>,
    host: &str,
    key: &[u8],
    item: v1::Queued,
) -> Result<v1::Queued, Fault> {
    let pane = item.pane;
    let item = v1::Queued { host: host.to_owned(), held_here: true, ..item };
    let left = put(server, key, host, item).await?;
    begin(server, host, pane);
    Ok(left)
}

/// Sees to it that the prompts for a pane are sent.
pub(super) fn begin(server: &Arc<Server>, host: &str, pane: u64) {
    let served = Served::Tmux(host.to_owned(), pane);
    if server.queue.begin(served.clone()) {
        tokio::spawn(serve(Arc::clone(server), served));
    }
}

async fn serve(server: Arc<Server>, served: Served) {
    while let Some(item) = server.queue.next(&served) {
        if let Err(fault) = deliver(&server, item).await {
            tracing::warn!("a prompt that waits can't be delivered: {fault:?}");
            tokio::time::sleep(PATIENCE).await;
        }
    }
}

async fn deliver(server: &Arc<Server>, mut item: Item) -> Result<(), Fault> {
    if item.queued.begun > 0 {
        let why = "the server ended while it was typed: nobody can say whether it was";
        return trouble(server, item, why.into()).await;
    }
    let id = format!("%{}", item.queued.pane);
    let text = if item.host == LOCAL_HOST { id } else { format!("{}:{id}", item.host) };
    let target = Some(v1::Target { text, ..v1::Target::default() });
    let waiting = until_idle(server, target.clone());
    let mut list = server.changes();
    tokio::pin!(waiting);
    let idle = loop {
        tokio::select! {
            idle = &mut waiting => break idle,
            // It may have been taken back.
            changed = list.changed() => if changed.is_err() || !server.queue.has(item.queued.id) {
                return Ok(());
            },
        }
    };
    if let Err(fault) = idle {
        return trouble(server, item, v1::Error::from(fault).message).await;
    }
    item.queued.begun = clock::now();
    server.store.commit(Op::PutPrompt(Box::new(item.clone()))).await?;
    server.queue.put(item.clone());
    let step = |step, calm| v1::SendStep { step: Some(step), calm };
    let sure = v1::Sure {
        patience_ms: u32::try_from(PATIENCE.as_millis()).unwrap_or(u32::MAX),
        ..v1::Sure::default()
    };
    let send = v1::Send {
        target,
        client: uuid::Uuid::new_v4().as_bytes().to_vec(),
        seq: 1,
        steps: vec![
            step(Step::Text(item.queued.text.clone()), false),
            step(Step::Key("Enter".into()), true),
        ],
        sure: Some(sure),
    };
    match ask(server, request::Body::Send(send), SENDING).await {
        Ok(_) => {
            item.queued.over = clock::now();
            settle(server, item).await
        }
        Err(fault) => trouble(server, item, v1::Error::from(fault).message).await,
    }
}

/// Waits until the agent is idle, however often its host goes away meanwhile.
async fn until_idle(server: &Server, target: Option<v1::Target>) -> Result<(), Fault> {
    loop {
        let states = v1::States { states: vec![State::Idle.name().to_owned()] };
        let wait = v1::Wait {
            target: target.clone(),
            until: Some(wait::Until::States(states)),
            ..v1::Wait::default()
        };
        match ask(server, request::Body::Wait(wait), Duration::MAX).await {
            Ok(_) => return Ok(()),
            Err(fault) if matches!(fault.kind(), ErrorKind::Unreachable | ErrorKind::LinkLost) => {
                tokio::time::sleep(PAUSE).await;
            }
            Err(fault) => return Err(fault),
        }
    }
}

async fn trouble(server: &Arc<Server>, mut item: Item, why: String) -> Result<(), Fault> {
    tracing::warn!("{}: prompt {}: {why}", item.queued.name, item.queued.id);
    item.queued.trouble = why;
    settle(server, item).await
}

/// Asks this server, as a client does.
async fn ask(server: &Server, body: request::Body, limit: Duration) -> Result<reply::Body, Fault> {
    let connection = start::connect_own(&server.paths.socket(), HelloOptions::default()).await;
    let connection = connection.map_err(|error| Fault::internal(error.to_string()))?;
    let limit = (limit < Duration::MAX).then_some(limit);
    let outcome = connection.request_within(limit, body).await;
    connection.close();
    outcome.map_err(|error| match error {
        RequestError::Remote(error) => error.into(),
        RequestError::Timeout => Fault::new(ErrorKind::OutcomeUnknown, "no answer came in time"),
        error => Fault::new(ErrorKind::OutcomeUnknown, error.to_string()),
    })
}
