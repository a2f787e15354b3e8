//! What is asked about the agents in a tmux: what one does and why, and when it does something else.

use std::time::Duration;

use towline_agents::{State, taken};
use towline_client::tmux::Driver;
use towline_protocol::v1;

use super::agents::Agents;
use super::{Asked, number};
use crate::agent;
use crate::clock;
use crate::fault::Fault;

/// A pane that was just started may take so long until its agent is found: the list that finds it comes when tmux says that
/// something has changed.
const APPEARS: Duration = Duration::from_secs(5);

/// A prompt that starts no work (`/status`) is over when nothing has begun after so long.
const NO_WORK: Duration = Duration::from_secs(2);

/// Lines that an answer is looked for in.
const LINES: u32 = 2000;

/// Why the agent in a pane is said to be doing what it does.
///
/// # Errors
/// A pane without an agent, a host that can't be asked.
pub(super) async fn explain(
    driver: &Driver,
    asked: &Asked,
    pane: v1::Pane,
) -> Result<v1::Explained, Fault> {
    let number = number(&pane)?;
    let name = pane.name.clone();
    if asked.agents.agent(number).is_some_and(|agent| agent.state != State::Exited.name()) {
        look(driver, asked).await?;
    }
    asked.agents.explain(number, pane).ok_or_else(|| agent::no_agent_of(&name))
}

/// Looks at the agents' screens now.
///
/// # Errors
/// A host that can't be asked.
pub(super) async fn look(driver: &Driver, asked: &Asked) -> Result<(), Fault> {
    let living = asked.agents.living();
    if !living.is_empty() {
        let screens = driver.look(&living).await;
        let screens = screens.map_err(|error| Fault::from(error.to_v1(false)))?;
        asked.agents.looked(&asked.server.rulebook, screens);
    }
    Ok(())
}

/// Waits until the agent in a pane is in one of these states.
///
/// # Errors
/// A word that is no state, a pane without an agent, one that ends, an agent that does.
pub(super) async fn state(agents: &Agents, pane: &v1::Pane, names: &[String]) -> Result<(), Fault> {
    let states = agent::states(names)?;
    let number = number(pane)?;
    let mut changes = agents.changes();
    let appears = tokio::time::sleep(APPEARS);
    tokio::pin!(appears);
    let mut lived = false;
    loop {
        changes.mark_unchanged();
        if !agents.has(number) {
            return Err(Fault::ended(&pane.name));
        }
        let agent = agents.agent(number);
        let is = agent.as_ref().and_then(|agent| State::from_name(&agent.state));
        if is.is_some_and(|is| states.iter().any(|asked| is.answers_to(*asked))) {
            return Ok(());
        }
        let lives = is.is_some_and(|state| state != State::Exited);
        if lived && !lives {
            return Err(gone(pane, agent.as_ref()));
        }
        lived |= lives;
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return Err(Fault::ended(&pane.name)) },
            // One that has gone before may be followed by another.
            () = &mut appears, if !lived => return Err(gone(pane, agent.as_ref())),
        }
    }
}

/// Waits until the turn that an agent is in since `prompt` was taken at `since` is over; its answer, as the pane shows it.
/// Empty where it is not to be found.
///
/// # Errors
/// A pane without an agent, a host that can't be asked.
pub(super) async fn turn(
    driver: &Driver,
    agents: &Agents,
    pane: &v1::Pane,
    since: u64,
    prompt: &str,
) -> Result<String, Fault> {
    let number = number(pane)?;
    let mut changes = agents.changes();
    loop {
        changes.mark_unchanged();
        let agent = agents.agent(number).ok_or_else(|| agent::no_agent_of(&pane.name))?;
        let began = agent.since > since;
        let quiet = match State::from_name(&agent.state) {
            Some(State::Blocked) if began => return Ok(String::new()),
            Some(State::Exited) => break,
            Some(State::Idle | State::Done) if began => break,
            // A prompt may start no work.
            Some(State::Idle | State::Done) => NO_WORK.saturating_sub(clock::since(since)),
            _ => Duration::MAX,
        };
        if quiet.is_zero() {
            break;
        }
        let _ = tokio::time::timeout(quiet, changes.changed()).await;
    }
    let peeked = driver.peek(number, LINES, false).await;
    let lines = peeked.map_err(|error| Fault::from(error.to_v1(false)))?.lines;
    Ok(taken::answer(prompt, &lines))
}

/// That a pane's agent has exited, or that there never was one.
fn gone(pane: &v1::Pane, agent: Option<&v1::Agent>) -> Fault {
    match agent {
        Some(agent) => {
            let message = format!("{} in {} has exited", agent.kind, pane.name);
            Fault::new(v1::ErrorKind::Ended, message)
        }
        None => agent::no_agent_of(&pane.name),
    }
}
