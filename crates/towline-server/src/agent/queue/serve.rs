//! The task that delivers a pane's prompts.

use std::sync::Arc;
use std::time::Duration;

use towline_agents::State;
use towline_protocol::v1::{self, ErrorKind, send_step::Step};

use super::items::{Item, Served};
use super::settle;
use crate::agent::deliver::{Prompt, Undelivered};
use crate::clock;
use crate::fault::Fault;
use crate::pane::{ClientId, Pane, typing};
use crate::server::Server;

/// How long an agent may take to take what it is given.
const PATIENCE: Duration = Duration::from_secs(20);

/// After a prompt the agent gets so long to begin with it, before it is taken for idle again: a command (`/status`) begins
/// nothing.
const BEGINS: Duration = Duration::from_millis(1500);

/// Sees to it that a pane's prompts are delivered.
pub(super) fn begin(server: &Arc<Server>, pane: &Arc<Pane>) {
    if server.queue.begin(Served::Pane(pane.id)) {
        tokio::spawn(serve(Arc::clone(server), Arc::clone(pane)));
    }
}

async fn serve(server: Arc<Server>, pane: Arc<Pane>) {
    let served = Served::Pane(pane.id);
    while let Some(item) = server.queue.next(&served) {
        if let Err(fault) = deliver(&server, &pane, item).await {
            // The store can't be written: what is done can't be told from what isn't after the next crash.
            tracing::warn!("{}: a prompt that waits can't be delivered: {fault:?}", pane.name());
            tokio::time::sleep(PATIENCE).await;
        }
    }
}

/// Delivers one, or finds out why it can't be.
async fn deliver(server: &Arc<Server>, pane: &Arc<Pane>, mut item: Item) -> Result<(), Fault> {
    let Ok(client) = ClientId::try_from(&item.key[..]) else {
        return trouble(server, item, "its key is none".into()).await;
    };
    let mut begun = false;
    if item.queued.begun > 0 {
        // Another server began to type it.
        match until_open(server, pane, client).await {
            Some(Some(0)) => {}
            Some(Some(_)) => begun = true,
            Some(None) => {
                let why = "the server ended while it was typed: nobody can say whether it was";
                return trouble(server, item, why.into()).await;
            }
            None => return Ok(()),
        }
    }
    if !begun {
        if !until_idle(server, pane, item.queued.id).await {
            return Ok(());
        }
        item.queued.begun = clock::now();
        settle_quietly(server, &item).await?;
    }
    let step = |step| v1::SendStep { step: Some(step), calm: false };
    let prompt = Prompt {
        client,
        seq: 1,
        text: vec![step(Step::Text(item.queued.text.clone()))],
        enter: v1::SendStep { calm: true, ..step(Step::Key("Enter".into())) },
        interrupt: false,
        patience: PATIENCE,
        begun: item.queued.begun,
    };
    match server.deliveries.once(server, pane, prompt).await {
        Ok(sent) => {
            tracing::info!("{}: prompt {} was taken: {}", pane.name(), item.queued.id, sent.taken);
            item.queued.over = clock::now();
            settle(server, item).await?;
            let _ = tokio::time::timeout(BEGINS, until_busy(pane)).await;
            Ok(())
        }
        // It has become busy just then.
        Err(Undelivered { fault, typed: false }) if fault.kind() == ErrorKind::NotTaken => {
            item.queued.begun = 0;
            settle_quietly(server, &item).await?;
            until_not_idle_or_changed(pane).await;
            Ok(())
        }
        Err(Undelivered { fault, .. }) => {
            let why = v1::Error::from(fault).message;
            trouble(server, item, why).await
        }
    }
}

/// It stays, with what is wrong with it.
async fn trouble(server: &Arc<Server>, mut item: Item, why: String) -> Result<(), Fault> {
    tracing::warn!("{}: prompt {}: {why}", item.queued.name, item.queued.id);
    item.queued.trouble = why;
    settle(server, item).await
}

/// Writes it down, without a word to others.
async fn settle_quietly(server: &Arc<Server>, item: &Item) -> Result<(), Fault> {
    server.store.commit(crate::store::Op::PutPrompt(Box::new(item.clone()))).await?;
    server.queue.put(item.clone());
    Ok(())
}

fn state(pane: &Pane) -> Option<State> {
    let agent = pane.facts().agent()?;
    State::from_name(&agent.state)
}

/// Waits until the agent is idle. `false`: the prompt is not wanted any more, or the pane is gone.
async fn until_idle(server: &Server, pane: &Arc<Pane>, id: u64) -> bool {
    let mut changes = pane.agent_changes.subscribe();
    let mut list = server.changes();
    loop {
        if !server.queue.has(id) || !server.panes.has(pane.id) {
            return false;
        }
        if state(pane).is_some_and(State::is_idle) && pane.facts().row.ended.is_none() {
            return true;
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return false },
            // That it was taken back.
            changed = list.changed() => if changed.is_err() { return false },
        }
    }
}

/// Waits until the pane's holder can be asked what was typed under this id. `None`: the pane is gone.
async fn until_open(server: &Server, pane: &Arc<Pane>, client: ClientId) -> Option<Option<u64>> {
    let mut list = server.changes();
    loop {
        if !server.panes.has(pane.id) {
            return None;
        }
        match typing::open(pane, client, true).await {
            Ok(last) => return Some(last),
            // It has ended, and may be started again: what it knew of inputs is gone.
            Err(_) if pane.facts().row.ended.is_some() => return Some(None),
            Err(_) => list.changed().await.ok()?,
        }
    }
}

async fn until_busy(pane: &Pane) {
    let mut changes = pane.agent_changes.subscribe();
    while state(pane).is_some_and(State::is_idle) && changes.changed().await.is_ok() {}
}

async fn until_not_idle_or_changed(pane: &Pane) {
    let mut changes = pane.agent_changes.subscribe();
    if state(pane).is_some_and(State::is_idle) {
        let _ = changes.changed().await;
    }
}
