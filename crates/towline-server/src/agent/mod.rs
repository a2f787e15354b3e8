//! Agents: who they are, what they do, and what they are asked.
//!
//! The pane's actor keeps a tracker for its agent (`pane/actor/agent.rs`) and feeds it what is seen and heard; here is what it needs
//! for that, and what connections ask.

pub(crate) mod answer;
pub(crate) mod conversation;
pub(crate) mod deliver;
mod installed;
pub(crate) mod process;
pub(crate) mod queue;
pub(crate) mod records;
mod rulebook;
pub(crate) mod said;
pub(crate) mod sure;
mod telling;
mod turn;

use std::sync::Arc;
use std::time::Duration;

use towline_agents::State;
use towline_agents::rules::Shown;
use towline_protocol::v1;
use towline_vt::Terminal;

pub(crate) use answer::answer;
pub(crate) use deliver::{Deliveries, send};
pub(crate) use installed::installed;
pub(crate) use rulebook::Rulebook;
pub(crate) use telling::{Telling, run as tell};
pub(crate) use turn::wait_for_turn;

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
    if event.pid > 0 && !process::belongs_to(event.pid, root) {
        return Err(Fault::invalid("the event comes from outside the pane")
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
    let screen = Box::new(screen);
    pane.ask(|done| Command::Explain { title, status, screen, done }).await
}

/// What a terminal's screen shows.
pub(crate) fn shown(terminal: &Terminal) -> Shown {
    // An agent that was started again is not told by what it showed before.
    let rows = terminal.program_start()..terminal.end_line();
    Shown::new(rows.filter_map(|number| terminal.line(number)).map(|line| line.text()))
}

/// A pane that was just started may take so long until its agent is found.
const APPEARS: Duration = Duration::from_secs(3);

/// The states of these names.
///
/// # Errors
/// A word that is no state.
pub(crate) fn states(names: &[String]) -> Result<Vec<State>, Fault> {
    let state = |name: &String| {
        State::from_name(name).ok_or_else(|| {
            let names: Vec<&str> = State::ALL.iter().map(|state| state.name()).collect();
            Fault::invalid(format!("{name:?} is no state")).hint(names.join(" · "))
        })
    };
    names.iter().map(state).collect()
}

/// That a pane's program has ended may be heard of so much later than that its agent has, which is the same process.
const FOLLOWS: Duration = Duration::from_millis(300);

/// Waits until the pane's agent is in one of these states.
///
/// # Errors
/// A word that is no state, a pane without an agent, one that ends.
pub(crate) async fn wait_for_state(pane: &Arc<Pane>, asked: &[String]) -> Result<(), Fault> {
    let states = states(asked)?;
    let mut changes = pane.agent_changes.subscribe();
    let mut pulse = pane.pulse.subscribe();
    let appears = tokio::time::sleep(APPEARS);
    tokio::pin!(appears);
    let mut lived = false;
    loop {
        let (agent, running) = {
            let facts = pane.facts();
            (facts.agent(), facts.status() == v1::PaneStatus::Running)
        };
        let ended = pane.pulse.borrow().ended;
        let is = agent.as_ref().and_then(|agent| State::from_name(&agent.state));
        if let Some(is) = is
            && states.iter().any(|asked| is.answers_to(*asked))
        {
            return Ok(());
        }
        if ended {
            return Err(Fault::ended(&pane.name()));
        }
        let lives = is.is_some_and(|state| state != State::Exited);
        if lived && !lives && running {
            // The end of its pane's program is heard of a little later; and where that is about to be started again, so is it.
            let ends = pulse.wait_for(|pulse| pulse.ended);
            let _ = tokio::time::timeout(FOLLOWS, ends).await.map(|ended| ended.map(drop));
            let facts = pane.facts();
            let running = facts.status() == v1::PaneStatus::Running;
            if running && facts.agent().is_some_and(|agent| agent.state == State::Exited.name()) {
                drop(facts);
                return Err(gone(pane, agent.as_ref()));
            }
            continue;
        }
        lived |= lives;
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return Err(Fault::ended(&pane.name())) },
            _ = pulse.wait_for(|pulse| pulse.ended) => {}
            // One that has gone before may be followed by another.
            () = &mut appears, if !lived => return Err(gone(pane, agent.as_ref())),
        }
    }
}

/// That a pane's agent has exited, or that there never was one.
fn gone(pane: &Pane, agent: Option<&v1::Agent>) -> Fault {
    match agent {
        Some(agent) => {
            let message = format!("{} in {} has exited", agent.kind, pane.name());
            Fault::new(v1::ErrorKind::Ended, message)
        }
        None => no_agent(pane),
    }
}

/// That a pane has no agent.
pub(crate) fn no_agent(pane: &Pane) -> Fault {
    no_agent_of(&pane.name())
}

/// The same, by the pane's name.
pub(crate) fn no_agent_of(name: &str) -> Fault {
    Fault::invalid(format!("{name} runs no agent that is known"))
        .hint("tow list --agents    shows which do")
}
