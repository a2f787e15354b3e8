//! Agents: who they are, what they do, and what they are asked.
//!
//! The pane's actor keeps a tracker for its agent (`pane/actor/agent.rs`) and feeds it what is seen and heard; here is what it needs
//! for that, and what connections ask.

pub(crate) mod process;
mod rulebook;

use std::sync::Arc;
use std::time::Duration;

use towline_agents::State;
use towline_agents::rules::Shown;
use towline_protocol::v1;
use towline_vt::Terminal;

pub(crate) use rulebook::Rulebook;

use crate::fault::Fault;
use crate::pane::{Command, Pane, look};
use crate::server::Server;

/// A hook told something. Who tells it must know the pane's secret, and run on the pane's terminal.
///
/// # Errors
/// An unknown pane, a wrong secret, an event that is no JSON, or that comes from elsewhere.
pub(crate) fn event(server: &Arc<Server>, event: &v1::AgentEvent) -> Result<(), Fault> {
    let unknown = || Fault::invalid("no such pane, or a wrong secret");
    let pane = server.panes.by_id(event.pane).ok_or_else(unknown)?;
    let secret = crate::pane::folder::secret(&pane.folder).map_err(|_| unknown())?;
    if secret != event.secret {
        return Err(unknown());
    }
    let value = serde_json::from_slice(&event.event)
        .map_err(|error| Fault::invalid(format!("the event is no JSON: {error}")))?;
    let root = pane.facts().pid;
    if event.pid > 0 && !process::on_terminal_of(event.pid, root) {
        return Err(Fault::invalid("the event comes from another terminal than the pane's")
            .hint("an agent in a tmux that runs inside a pane is tmux's, not the pane's"));
    }
    let report = towline_agents::hook::read(&event.kind, &value);
    tracing::debug!("{}: {} tells {}", pane.name(), event.kind, report.event);
    let _ = pane.tell(Command::AgentEvent { kind: event.kind.clone(), report: Box::new(report) });
    Ok(())
}

/// Why a pane's agent is said to be doing what it does.
///
/// # Errors
/// A pane without an agent, or one that can't be looked at.
pub(crate) async fn explain(
    server: &Arc<Server>,
    pane: &Arc<Pane>,
) -> Result<v1::Explained, Fault> {
    let agent = pane.facts().agent().ok_or_else(|| no_agent(pane))?;
    if pane.facts().row.ended.is_some() {
        return Ok(v1::Explained {
            pane: Some(pane.describe()),
            because: "its program has ended".into(),
            rules: server.rulebook.origin(&agent.kind),
            ..v1::Explained::default()
        });
    }
    let look = look::live(pane, |terminal| {
        (terminal.title().to_owned(), terminal.status().to_owned(), shown(terminal))
    });
    let (title, status, screen) = look.await.ok_or_else(|| Fault::ended(&pane.name()))?;
    let rows = screen.text().lines().map(str::to_owned).collect();
    let mut explained = pane.ask(|done| Command::Explain { title, status, screen, done }).await?;
    explained.screen = rows;
    Ok(explained)
}

/// What a terminal's screen shows.
pub(crate) fn shown(terminal: &Terminal) -> Shown {
    let rows = terminal.screen_start()..terminal.end_line();
    Shown::new(rows.filter_map(|number| terminal.line(number)).map(|line| line.text()))
}

/// A pane that was just started may take so long until its agent is found.
const APPEARS: Duration = Duration::from_secs(3);

/// Waits until the pane's agent is in one of these states.
///
/// # Errors
/// A word that is no state, a pane without an agent, one that ends.
pub(crate) async fn wait_for_state(pane: &Arc<Pane>, asked: &[String]) -> Result<(), Fault> {
    let mut states = Vec::new();
    for name in asked {
        let state = State::from_name(name).ok_or_else(|| {
            let names: Vec<&str> = State::ALL.iter().map(|state| state.name()).collect();
            Fault::invalid(format!("{name:?} is no state")).hint(names.join(" · "))
        })?;
        states.push(state);
    }
    let mut changes = pane.agent_changes.subscribe();
    let mut pulse = pane.pulse.subscribe();
    let appears = tokio::time::sleep(APPEARS);
    tokio::pin!(appears);
    loop {
        let (agent, ended) = {
            let facts = pane.facts();
            (facts.agent(), facts.row.ended.is_some())
        };
        let is = agent.as_ref().and_then(|agent| State::from_name(&agent.state));
        if let Some(is) = is
            && states.iter().any(|asked| is.answers_to(*asked))
        {
            return Ok(());
        }
        if ended {
            return Err(Fault::ended(&pane.name()));
        }
        let known = agent.is_some();
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return Err(Fault::ended(&pane.name())) },
            _ = pulse.wait_for(|pulse| pulse.ended) => {}
            () = &mut appears, if !known => return Err(no_agent(pane)),
        }
    }
}

/// Waits until the turn that the agent is in since a prompt was taken at `since` is over; its answer, as far as it told
/// that.
///
/// # Errors
/// A pane without an agent, one that ends.
pub(crate) async fn wait_for_turn(pane: &Arc<Pane>, since: u64) -> Result<String, Fault> {
    let mut changes = pane.agent_changes.subscribe();
    loop {
        {
            let facts = pane.facts();
            if let Some((at, answer)) = &facts.heard.answer
                && *at > since
            {
                return Ok(answer.clone());
            }
            let agent = facts.agent();
            drop(facts);
            let agent = agent.ok_or_else(|| no_agent(pane))?;
            if agent.since > since && !matches!(agent.state.as_str(), "working" | "starting") {
                return Ok(String::new());
            }
        }
        if changes.changed().await.is_err() {
            return Err(Fault::ended(&pane.name()));
        }
    }
}

/// That a pane has no agent.
pub(crate) fn no_agent(pane: &Pane) -> Fault {
    Fault::invalid(format!("{} runs no agent that is known", pane.name()))
        .hint("tow list --agents    shows which do")
}
