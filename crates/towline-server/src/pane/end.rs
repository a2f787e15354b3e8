//! What comes after a pane's program has ended: saying so, starting it again, removing it.

use std::sync::Arc;
use std::time::Duration;

use towline_protocol::v1::{self, Restart};

use super::actor::Actor;
use super::restart::{self, Verdict};
use super::{Pane, again, folder};
use crate::agent::queue;
use crate::clock;
use crate::fault::Fault;
use crate::server::Server;
use crate::spawn::agent;
use crate::store::{EndedAs, Op, RowStatus};

/// The program ended while its actor served it.
pub(super) async fn exited(
    server: &Arc<Server>,
    pane: &Arc<Pane>,
    mut actor: Actor,
    end: (EndedAs, u64),
) {
    actor.finish_kill().await;
    actor.release().await;
    broken(server, pane, actor, end);
}

/// The holder has left, or died, while its actor served it.
pub(super) fn broken(
    server: &Arc<Server>,
    pane: &Arc<Pane>,
    mut actor: Actor,
    end: (EndedAs, u64),
) {
    let killers = std::mem::take(&mut actor.killing);
    let renewing = pane.facts().renewing;
    let verdict = note(server, pane, end);
    // Whoever is attached stays for what comes next.
    actor.farewell(pane.exit().filter(|_| !renewing).as_ref());
    *pane.actor() = None;
    for done in killers {
        let _ = done.send(Ok(()));
    }
    obey(server, pane, verdict);
}

/// The holder was found gone.
pub(super) fn lost(server: &Arc<Server>, pane: &Arc<Pane>, end: (EndedAs, u64)) {
    let verdict = note(server, pane, end);
    *pane.actor() = None;
    obey(server, pane, verdict);
}

/// The last server died when it was about to start the pane's program again.
pub(super) fn resume(server: &Arc<Server>, pane: &Arc<Pane>) {
    let ended = pane.facts().row.ended.clone();
    lost(server, pane, ended.unwrap_or_else(|| (EndedAs::Lost("holder".into()), clock::now())));
}

/// The last server died before the pane's program began, and what that was to run with died with it. The client may
/// ask for it once more.
pub(super) fn never_began(server: &Server, pane: &Pane) {
    {
        let mut facts = pane.facts();
        facts.row.status = RowStatus::Ended;
        facts.row.ended = Some((EndedAs::Lost("holder".into()), facts.row.created_at));
    }
    server.write_down(pane);
    pane.pulse.send_modify(|pulse| pulse.ended = true);
}

/// Writes down that the pane has ended, and whether its program is to be started again: so that is done, whatever
/// becomes of this server.
fn note(server: &Server, pane: &Pane, (how, at): (EndedAs, u64)) -> Verdict {
    let mut facts = pane.facts();
    tracing::info!("{} ended: {how:?}", facts.row.name);
    let policy = Restart::try_from(facts.row.restart).unwrap_or(Restart::Never);
    let ran = Duration::from_micros(at.saturating_sub(facts.row.started_at));
    let renewing = std::mem::take(&mut facts.renewing);
    let verdict = if facts.removing || server.stopping() {
        Verdict::Leave
    } else if renewing {
        if let Some(agent) = &mut facts.row.agent {
            agent.conversation.clear();
            agent.unused = false;
        }
        Verdict::Again { after: Duration::ZERO, restarts: facts.row.restarts }
    } else {
        let continues = agent::continued(facts.row.agent.as_ref()).is_some();
        restart::decide(policy, &how, ran, facts.row.restarts, continues)
    };
    facts.row.status = match verdict {
        Verdict::Leave => RowStatus::Ended,
        Verdict::Again { .. } => RowStatus::Again,
    };
    facts.row.ended = Some((how, at));
    facts.row.last_activity = facts.row.last_activity.max(at);
    facts.pid = 0;
    facts.holder_pid = 0;
    facts.attached = 0;
    facts.unresponsive = false;
    facts.cpu_percent = 0.0;
    facts.memory_bytes = 0;
    drop(facts);
    server.write_down(pane);
    verdict
}

/// Starts the program again, if that is the verdict; else tells that it has ended for good.
fn obey(server: &Arc<Server>, pane: &Arc<Pane>, verdict: Verdict) {
    match verdict {
        Verdict::Leave => {
            pane.pulse.send_modify(|pulse| pulse.ended = true);
            server.changed();
        }
        Verdict::Again { after, restarts } => {
            let after_us = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
            pane.facts().restart_at = clock::now().saturating_add(after_us);
            server.changed();
            let (server, pane) = (Arc::clone(server), Arc::clone(pane));
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                again::by_policy(&server, &pane, restarts).await;
            });
        }
    }
}

/// Leaves the pane ended, which was to be started again.
pub(super) fn leave(server: &Server, pane: &Pane) {
    {
        let mut facts = pane.facts();
        facts.row.status = RowStatus::Ended;
        facts.row.ended.get_or_insert((EndedAs::Lost("holder".into()), clock::now()));
        facts.restart_at = 0;
    }
    server.write_down(pane);
    pane.pulse.send_modify(|pulse| pulse.ended = true);
    server.changed();
}

/// Ends what runs in the pane and removes it.
///
/// # Errors
/// Where its holder can't be reached: then nothing is removed.
pub(crate) async fn kill(server: &Arc<Server>, pane: &Arc<Pane>) -> Result<v1::Pane, Fault> {
    let policy = {
        let mut facts = pane.facts();
        facts.removing = true;
        std::mem::replace(&mut facts.row.restart, v1::Restart::Never.into())
    };
    // A server that dies meanwhile leaves word that this end is meant.
    server.write_down(pane);
    starting(pane).await;
    let has_ended = || matches!(pane.facts().row.status, RowStatus::Ended | RowStatus::Again);
    if !has_ended()
        && let Err(fault) = pane.ask(|done| super::Command::Kill { done }).await
        && !has_ended()
    {
        // Read first: what is above holds the facts.
        let unresponsive = pane.facts().unresponsive;
        if !unresponsive || !end_by_force(pane).await {
            {
                let mut facts = pane.facts();
                facts.removing = false;
                facts.row.restart = policy;
            }
            server.write_down(pane);
            return Err(fault);
        }
    }
    let described = pane.describe();
    remove(server, pane).await;
    Ok(described)
}

/// How long a program may take to begin, which is to end then. Its environment comes from a login shell.
const BEGIN: Duration = Duration::from_secs(10);

/// Waits while the pane's program is just being started: only then there is somebody who can end it.
async fn starting(pane: &Pane) {
    let wait = async {
        while pane.facts().row.status == RowStatus::Starting && !pane.facts().unresponsive {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let _ = tokio::time::timeout(BEGIN, wait).await;
}

/// Ends a holder that doesn't answer, and all below it; returns whether it is gone.
async fn end_by_force(pane: &Pane) -> bool {
    tracing::warn!("{}: the holder does not answer: it is ended by force", pane.name());
    let folder = pane.folder.clone();
    let ended = tokio::task::spawn_blocking(move || {
        towline_holder::end_by_force(&folder, super::actor::KILL_GRACE)
    });
    match ended.await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!("{}: the holder could not be ended: {error}", pane.name());
            false
        }
        Err(_) => false,
    }
}

/// How long a program may take to end by a signal before the answer is that it lives on.
const SIGNALLED: Duration = Duration::from_millis(500);

/// Sends a signal to what runs in the foreground; removes the pane if that ends it. Returns whether it did.
///
/// # Errors
/// An ended pane, or a holder that can't be reached.
pub(crate) async fn signal(
    server: &Arc<Server>,
    pane: &Arc<Pane>,
    signal: i32,
) -> Result<bool, Fault> {
    let mut pulse = pane.pulse.subscribe();
    pane.ask(|done| super::Command::Signal { signal, done }).await?;
    let ended = async { pulse.wait_for(|pulse| pulse.ended).await.is_ok() };
    let ended = tokio::time::timeout(SIGNALLED, ended).await.unwrap_or(false);
    if ended {
        remove(server, pane).await;
    }
    Ok(ended)
}

/// Removes an ended pane; returns the bytes of files that went with it.
pub(crate) async fn remove(server: &Server, pane: &Pane) -> u64 {
    server.panes.remove(pane.id);
    queue::pane_removed(server, pane);
    pane.pulse.send_modify(|pulse| pulse.ended = true);
    let folder = pane.folder.clone();
    let removed = tokio::task::spawn_blocking(move || folder::remove(&folder)).await;
    let bytes = match removed {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => {
            tracing::warn!("can't remove {}: {error}", pane.folder.display());
            0
        }
        Err(_) => 0,
    };
    if let Err(error) = server.store.commit(Op::Delete(pane.id)).await {
        tracing::warn!("{error}");
    }
    server.changed();
    bytes
}
