//! Starting a pane's program again, in the same pane: by its restart policy, or because a person asks for the conversation.

use std::sync::Arc;
use std::time::Duration;

use towline_agents::{State, launch as agents};
use towline_protocol::v1::{self, ErrorKind};

use super::{Pane, end, folder, launch, takeover};
use crate::clock;
use crate::fault::Fault;
use crate::server::Server;
use crate::spawn::{self, agent};
use crate::store::{EndedAs, Op, PaneRow, RowStatus};

/// Starts the pane's command again as its policy says, as the so-manieth restart in a row.
pub(super) async fn by_policy(server: &Arc<Server>, pane: &Arc<Pane>, restarts: u32) {
    let conversation = {
        let facts = pane.facts();
        agent::continued(facts.row.agent.as_ref()).map(str::to_owned)
    };
    if let Some(id) = &conversation
        && let Err(fault) = server.panes.claim(pane, id)
    {
        tracing::warn!("{} is not started again: {fault:?}", pane.name());
        return end::leave(server, pane);
    }
    let row = {
        let mut facts = pane.facts();
        if facts.removing || server.stopping() {
            return;
        }
        facts.row.restarts = restarts;
        begin(&mut facts)
    };
    if let Err(fault) = start(server, pane, row, conversation.as_deref()).await {
        tracing::warn!("{} could not be started again: {fault:?}", pane.name());
        // As a shell reports a command that it can't run.
        end::lost(server, pane, (EndedAs::Status(127), clock::now()));
    }
}

/// Starts an ended pane's agent again, with the conversation it had; once for each key. Returns what could not be had, a
/// line each.
///
/// # Errors
/// A pane that lives, that had no agent, or one whose conversation can't be continued or is gone on with elsewhere.
pub(crate) async fn resume(
    server: &Arc<Server>,
    pane: &Arc<Pane>,
    key: &[u8],
) -> Result<Vec<String>, Fault> {
    let asked_again = {
        let facts = pane.facts();
        !key.is_empty() && facts.row.spawn_key == key && facts.row.status != RowStatus::Ended
    };
    if asked_again {
        // It was asked for before, over a connection that broke.
        return Ok(Vec::new());
    }
    settled(pane).await;
    let conversation = conversation(pane)?;
    server.panes.revive(pane, &conversation)?;
    pane.pulse.send_modify(|pulse| pulse.ended = false);
    let (row, before) = {
        let mut facts = pane.facts();
        let before = facts.row.ended.clone();
        facts.row.restarts = 0;
        facts.row.spawn_key = key.to_vec();
        (begin(&mut facts), before)
    };
    let started = start(server, pane, row, Some(&conversation)).await;
    if started.is_err() {
        {
            let mut facts = pane.facts();
            facts.row.ended = before;
            facts.row.spawn_key.clear();
        }
        end::leave(server, pane);
    }
    server.changed();
    started
}

/// Ends what runs in a pane and starts the pane's command anew, an agent with another conversation: what runs in it asks so itself, and
/// knows the pane's secret. Returns before anything ends, since that may end who asked.
///
/// # Errors
/// An unknown pane, a wrong secret, a pane that has ended.
pub(crate) fn renew(server: &Arc<Server>, request: &v1::Renew) -> Result<(), Fault> {
    let unknown = || Fault::invalid("no such pane, or a wrong secret");
    let pane = server.panes.by_id(request.pane).ok_or_else(unknown)?;
    let secret = folder::secret(&pane.folder).map_err(|_| unknown())?;
    if secret != request.secret {
        return Err(unknown());
    }
    {
        let mut facts = pane.facts();
        let row = &facts.row;
        if facts.removing || matches!(row.status, RowStatus::Ended | RowStatus::Again) {
            return Err(Fault::ended(&row.name));
        }
        if !is_own_agent(server, row) {
            let message = format!(
                "the command of {} is no agent: its program would be lost with it",
                row.name
            );
            return Err(Fault::new(ErrorKind::CannotStart, message));
        }
        facts.renewing = true;
    }
    tokio::spawn(async move {
        if let Err(fault) = pane.ask(|done| super::Command::Kill { done }).await {
            tracing::warn!("{} could not be ended to be started anew: {fault:?}", pane.name());
            pane.facts().renewing = false;
        }
    });
    Ok(())
}

/// Whether a pane's command is its agent, rather than a shell that somebody has started one in.
fn is_own_agent(server: &Server, row: &PaneRow) -> bool {
    let Some(agent) = &row.agent else { return false };
    let words: Vec<_> =
        row.command.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let is = |kind: Option<&str>| kind == Some(agent.kind.as_str());
    agent.named
        || is(towline_agents::kind_of("", &words))
        || is(server.rulebook.kind_of("", &words).as_deref())
}

/// The pane begins anew. Returns the row for the store, where it stays to be started again until it has been.
fn begin(facts: &mut super::Facts) -> PaneRow {
    let now = clock::now();
    facts.row.status = RowStatus::Again;
    facts.row.started_at = now;
    facts.row.agent = facts.row.agent.as_ref().map(|before| agent::fresh(before, now));
    facts.restart_at = 0;
    let row = facts.row.clone();
    facts.row.status = RowStatus::Starting;
    facts.row.ended = None;
    row
}

/// Starts the pane's command, with a fresh environment of the login shell: what its first caller had is gone, but for
/// what was given by name.
async fn start(
    server: &Arc<Server>,
    pane: &Arc<Pane>,
    row: PaneRow,
    conversation: Option<&str>,
) -> Result<Vec<String>, Fault> {
    server.store.commit(Op::Put(Box::new(row.clone()))).await?;
    let mut environment = spawn::login_environment().await;
    environment.extend(spawn::kept(&pane.folder));
    let mut spec = spawn::specification(server, &row, environment, true);
    let warnings = spawn::prepare(server, pane, &mut spec, conversation).await;
    launch::launch(&pane.folder, spec).await?;
    takeover::serve(server, pane, None).await;
    server.write_down(pane);
    let described = pane.describe();
    if let Err(error) = folder::write_description(&pane.folder, &described) {
        tracing::debug!("{}: its folder keeps an old description: {error}", described.name);
    }
    Ok(warnings)
}

/// An agent that is all of its pane is known to be gone a little before the pane is known to have ended: that is waited for.
async fn settled(pane: &Pane) {
    /// Where a shell lives on, it is waited for in vain so long.
    const MOMENT: Duration = Duration::from_secs(1);
    let exited = pane.facts().agent().is_some_and(|agent| agent.state == State::Exited.name());
    if exited {
        let mut pulse = pane.pulse.subscribe();
        let _ = tokio::time::timeout(MOMENT, pulse.wait_for(|pulse| pulse.ended)).await;
    }
}

/// The conversation that a person can have back.
fn conversation(pane: &Pane) -> Result<String, Fault> {
    let facts = pane.facts();
    let (row, name) = (&facts.row, &facts.row.name);
    let refused = |why: String| Fault::new(ErrorKind::CannotStart, why);
    let Some(agent) = facts.agent() else {
        return Err(crate::agent::no_agent_of(name));
    };
    let kind = &agent.kind;
    let by_hand = || match agents::is_conversation(&agent.conversation) {
        true => format!("tow spawn --agent {kind} --resume {}", agent.conversation),
        false => format!("tow spawn --agent {kind} --resume ID    where you know it"),
    };
    match row.status {
        RowStatus::Ended => {}
        RowStatus::Again => {
            return Err(refused(format!("{name} is about to be started again by itself")));
        }
        _ if agent.state == State::Exited.name() => {
            return Err(refused(format!(
                "{kind} in {name} has ended, and the shell that it ran in lives on"
            ))
            .hint(format!("tow attach {name}    and start it there"))
            .hint(by_hand()));
        }
        _ => {
            return Err(
                refused(format!("{kind} in {name} is running")).hint(format!("tow attach {name}"))
            );
        }
    }
    if !agents::resumes(kind) {
        return Err(refused(format!("Towline does not know how to continue what {kind} had")));
    }
    let words: Vec<_> = row.command.iter().map(|word| String::from_utf8_lossy(word)).collect();
    if !agent.named && towline_agents::kind_of("", &words) != Some(kind.as_str()) {
        return Err(refused(format!("{name} ran {kind} inside another program, which has ended"))
            .hint(by_hand()));
    }
    if agent.unused {
        return Err(refused(format!(
            "nothing was said to {kind} in {name}: there is nothing to continue"
        ))
        .hint(format!("tow spawn --agent {kind}")));
    }
    if !agents::is_conversation(&agent.conversation) {
        return Err(refused(format!("the conversation that {kind} had in {name} is not known"))
            .hint(by_hand()));
    }
    Ok(agent.conversation)
}
