//! Seeing to it that a prompt that was entered is taken.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use towline_agents::State;
use towline_agents::taken::{self, Look, Proof, Typed};
use towline_protocol::v1;

use super::{Prompt, Undelivered, asks, screen, words};
use crate::agent::sure;
use crate::clock;
use crate::fault::Fault;
use crate::pane::{Pane, typing};

/// What still stands in the box after so long is entered once more: agents that take an Enter right behind a paste for a
/// new line show that within a moment.
const ONCE_MORE: Duration = Duration::from_millis(700);

/// The screen is looked at so often while nothing is proven: the text leaves the box without any other event.
const LOOK: Duration = Duration::from_millis(60);

/// How things were when Enter was pressed.
pub(super) struct Entered {
    /// Microseconds since 1970 UTC.
    pub(super) at: u64,
    /// Bytes that it had printed by then.
    pub(super) printed: u64,
    /// What the agent did before.
    pub(super) before: State,
    pub(super) typed: Typed,
}

/// Waits until something proves that the prompt was taken; enters it once more where it still stands in the box.
pub(super) async fn until_taken(
    pane: &Arc<Pane>,
    prompt: &Prompt,
    entered: Entered,
) -> Result<v1::Sent, Undelivered> {
    let text = words(&prompt.text);
    let begun = Instant::now();
    let mut changes = pane.agent_changes.subscribe();
    let mut look = (Look::Unseen, clock::now());
    let mut again = false;
    loop {
        match screen(pane).await {
            Ok(shown) => {
                let told = entered.typed.look(&shown);
                if told != look.0 {
                    look = (told, clock::now());
                }
            }
            Err(_) if pane.pulse.borrow().ended => {}
            Err(fault) => return Err(Undelivered::typed(fault)),
        }
        let facts = facts(pane, &entered, look, &text);
        if let Some(proof) = taken::decide(&facts) {
            return Ok(sent(pane, proof, entered.at));
        }
        if facts.state == State::Exited {
            return Err(Undelivered::typed(ended_meanwhile(pane)));
        }
        // One that has not stirred has not read the first Enter yet; the second might answer what it asks then.
        let stirred = pane.pulse.borrow().head != entered.printed;
        if look.0 == Look::Stands && stirred && !again && begun.elapsed() >= ONCE_MORE {
            again = true;
            if asks(pane).is_none() {
                typing::calm(pane).await;
                let seq = prompt.seq + typing::count(&prompt.text) + 1;
                let enter = std::slice::from_ref(&prompt.enter);
                let pressed = typing::steps(pane, prompt.client, seq, enter, false).await;
                pressed.map_err(|fault| super::after_typing(pane, fault))?;
            }
        }
        if begun.elapsed() >= prompt.patience {
            return Err(Undelivered::typed(sure::unproven(
                &pane.name(),
                look.0,
                asks(pane).as_ref(),
            )));
        }
        let _ = tokio::time::timeout(LOOK, changes.changed()).await;
    }
}

/// The prompt was typed and entered before, and nobody remembers what came of it: it was taken, unless it stands in the box.
pub(super) async fn again(
    pane: &Arc<Pane>,
    prompt: &Prompt,
    written: u64,
) -> Result<v1::Sent, Undelivered> {
    typing::calm(pane).await;
    let text = words(&prompt.text);
    let shown = match screen(pane).await {
        Ok(shown) => shown,
        Err(fault) => return Err(super::after_typing(pane, fault)),
    };
    let typed = Typed::find(&text, None, &shown);
    if typed.look(&shown) != Look::Stands {
        return Ok(sent(pane, Proof::Before, prompt.begun));
    }
    let (state, taken_at) = {
        let facts = pane.facts();
        (facts.agent(), facts.heard.taken_at)
    };
    let state = state.map(|agent| (State::from_name(&agent.state), agent.since));
    if taken_at >= prompt.begun {
        return Ok(sent(pane, Proof::Hook, prompt.begun));
    }
    let enters = prompt.seq + typing::count(&prompt.text);
    if let Some((Some(State::Working), since)) = state
        && (since >= prompt.begun || written > enters)
    {
        return Ok(sent(pane, Proof::Works, prompt.begun));
    }
    let before = state.and_then(|(state, _)| state).unwrap_or(State::Unknown);
    // What it printed since then isn't known.
    let entered = Entered { at: prompt.begun, printed: u64::MAX, before, typed };
    until_taken(pane, prompt, entered).await
}

fn facts(pane: &Pane, entered: &Entered, look: (Look, u64), text: &str) -> taken::Facts {
    let facts = pane.facts();
    let agent = facts.agent().unwrap_or_default();
    taken::Facts {
        before: entered.before,
        entered: entered.at,
        state: State::from_name(&agent.state).unwrap_or(State::Unknown),
        since: agent.since,
        taken_at: facts.heard.taken_at,
        look: look.0,
        look_since: look.1,
        command: taken::is_command(text),
        now: clock::now(),
    }
}

fn sent(pane: &Pane, proof: Proof, at: u64) -> v1::Sent {
    v1::Sent { pane: Some(pane.describe()), taken: proof.to_string(), at }
}

/// The pane's program, or its agent, ended before it was known to have taken what was typed.
pub(super) fn ended_meanwhile(pane: &Pane) -> Fault {
    let ended = if pane.facts().row.ended.is_some() { "it" } else { "its agent" };
    sure::ended_meanwhile(&pane.name(), ended)
}
