//! The end of the turn that an agent is in, and what it answered.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use towline_agents::{State, taken};

use crate::clock;
use crate::fault::Fault;
use crate::pane::{Pane, look};

/// A prompt that starts no work (`/status`) is over when nothing has begun after so long.
const NO_WORK: Duration = Duration::from_secs(2);

/// Where hooks tell of prompts, they tell the answer too, at most so long after the end is seen.
const HOOK: Duration = Duration::from_secs(1);

/// Lines of the terminal that an answer is looked for in.
const LINES: u64 = 2000;

/// Waits until the turn that the agent is in since `prompt` was taken at `since` is over; its answer, as its hook told it or as
/// its terminal shows it. Empty where it is not to be found.
///
/// # Errors
/// A pane without an agent, one that ends.
pub(crate) async fn wait_for_turn(
    pane: &Arc<Pane>,
    since: u64,
    prompt: &str,
) -> Result<String, Fault> {
    let mut changes = pane.agent_changes.subscribe();
    let mut over: Option<Instant> = None;
    loop {
        let (agent, heard) = {
            let facts = pane.facts();
            (facts.agent(), facts.heard.clone())
        };
        let agent = agent.ok_or_else(|| super::no_agent(pane))?;
        let state = State::from_name(&agent.state).unwrap_or(State::Unknown);
        if let Some((at, answer)) = heard.answer
            && at > since
            && state.is_idle()
        {
            return Ok(answer);
        }
        let began = agent.since > since;
        let rest = match state {
            State::Exited => return Ok(on_screen(pane, prompt).await),
            State::Blocked if began => return Ok(String::new()),
            State::Idle | State::Done if began && heard.taken_at > since => Some(HOOK),
            State::Idle | State::Done if began => Some(Duration::ZERO),
            State::Idle | State::Done => Some(NO_WORK.saturating_sub(clock::since(since))),
            // What isn't known may be a redrawing.
            State::Working | State::Starting | State::Unknown | State::Blocked => None,
        };
        over = rest.map(|rest| {
            let at = Instant::now() + rest;
            over.map_or(at, |before| before.min(at))
        });
        if over.is_some_and(|at| at <= Instant::now()) {
            return Ok(on_screen(pane, prompt).await);
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() {
                return Err(Fault::ended(&pane.name()));
            },
            () = tokio::time::sleep_until(over.unwrap_or_else(Instant::now)), if over.is_some() => {}
        }
    }
}

/// The answer as the terminal shows it.
async fn on_screen(pane: &Pane, prompt: &str) -> String {
    if prompt.is_empty() {
        return String::new();
    }
    let lines = look::live(pane, |terminal| {
        let first = terminal.end_line().saturating_sub(LINES).max(terminal.first_line());
        let rows = (first..terminal.end_line()).filter_map(|number| terminal.line(number));
        rows.map(|line| line.text()).collect::<Vec<_>>()
    });
    taken::answer(prompt, &lines.await.unwrap_or_default())
}
