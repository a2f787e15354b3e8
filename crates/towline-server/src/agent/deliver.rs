//! A prompt for an agent, delivered surely: typed when it takes input, entered, and seen to be taken.
//!
//! What is typed keeps its numbers, so that a delivery that is begun again (after a broken link, by another server) writes
//! nothing twice: it finds out from the holder how far it came, and goes on from there. Whether the prompt was taken is
//! decided by `towline_agents::taken`.

mod confirm;
mod shared;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use towline_agents::State;
use towline_agents::rules::Shown;
use towline_agents::taken::Typed;
use towline_protocol::v1::{self, send_step::Step};

pub(crate) use shared::Deliveries;

use super::sure::{self, Gate};
use crate::clock;
use crate::fault::Fault;
use crate::pane::{ClientId, Pane, look, typing};
use crate::server::Server;

/// Why a prompt was not delivered.
#[derive(Debug, Clone)]
pub(crate) struct Undelivered {
    pub(crate) fault: Fault,
    /// Something was typed, or may have been.
    pub(crate) typed: bool,
}

impl Undelivered {
    fn untyped(fault: Fault) -> Self {
        Self { fault, typed: false }
    }

    fn typed(fault: Fault) -> Self {
        Self { fault, typed: true }
    }
}

/// A prompt on its way to an agent.
#[derive(Debug, Clone)]
pub(crate) struct Prompt {
    pub(crate) client: ClientId,
    /// The number of the first step.
    pub(crate) seq: u64,
    /// What is typed.
    pub(crate) text: Vec<v1::SendStep>,
    /// What enters it.
    pub(crate) enter: v1::SendStep,
    pub(crate) interrupt: bool,
    pub(crate) patience: Duration,
    /// When it was asked for first: microseconds since 1970 UTC.
    pub(crate) begun: u64,
}

/// Types what is asked for; surely, where that is wanted and the pane has an agent of which it can be told what it does.
///
/// # Errors
/// As [`typing::send`]; an agent that takes nothing now; one that has not taken it.
pub(crate) async fn send(
    server: &Arc<Server>,
    pane: &Arc<Pane>,
    send: v1::Send,
) -> Result<v1::Sent, Fault> {
    let sure = send.sure.filter(|sure| !sure.force);
    let prompt = match sure {
        Some(sure) if is_known(server, pane) => prompt(&send, sure)?,
        _ => None,
    };
    let Some(prompt) = prompt else {
        typing::send(pane, &send).await?;
        return Ok(v1::Sent { pane: Some(pane.describe()), ..v1::Sent::default() });
    };
    typing::check(&send.steps)?;
    server.deliveries.once(server, pane, prompt).await.map_err(|undelivered| undelivered.fault)
}

/// What is sent, as a prompt; `None` where it isn't a text with Enter behind it.
fn prompt(send: &v1::Send, wanted: v1::Sure) -> Result<Option<Prompt>, Fault> {
    let Some((text, enter)) = sure::prompt_of(&send.steps) else { return Ok(None) };
    Ok(Some(Prompt {
        client: typing::client_id(&send.client)?,
        seq: send.seq,
        text: text.to_vec(),
        enter: enter.clone(),
        interrupt: wanted.interrupt,
        patience: sure::patience(wanted),
        begun: clock::now().saturating_sub(u64::from(wanted.tried_ms) * 1000),
    }))
}

/// Whether the pane has a living agent of which it can be told what it does: by rules, or by its hooks.
pub(crate) fn is_known(server: &Server, pane: &Pane) -> bool {
    let (agent, heard) = {
        let facts = pane.facts();
        (facts.agent(), facts.heard.taken_at > 0 || facts.heard.answer.is_some())
    };
    agent.is_some_and(|agent| {
        agent.state != State::Exited.name()
            && (heard
                || server.rulebook.rules(&agent.kind).is_some_and(|it| !it.rules().is_empty()))
    })
}

/// Delivers a prompt, or goes on with one whose delivery was begun.
pub(crate) async fn deliver(
    server: &Arc<Server>,
    pane: &Arc<Pane>,
    prompt: &Prompt,
) -> Result<v1::Sent, Undelivered> {
    let Prompt { client, seq, text, enter, .. } = prompt;
    let (client, seq) = (*client, *seq);
    let written = typing::open(pane, client, false).await.map_err(Undelivered::untyped)?;
    // The number of what enters it; what is written under the next one enters it once more.
    let enters = seq + typing::count(text);
    let written = written.unwrap_or(0);
    if written >= enters {
        return confirm::again(pane, prompt, written).await;
    }
    let mut before = None;
    if written < seq {
        if prompt.interrupt {
            interrupt(server, pane, prompt).await.map_err(Undelivered::untyped)?;
        }
        let ready = Instant::now() + prompt.patience;
        until_it_takes_input(pane, ready).await.map_err(Undelivered::untyped)?;
        before = Some(screen(pane).await.map_err(Undelivered::untyped)?);
    }
    let state = state(pane);
    let typed = typing::steps(pane, client, seq, text, true).await;
    typed.map_err(|fault| after_typing(pane, fault))?;
    let words = words(text);
    let shown = echo(pane, &words, before.as_ref()).await;
    let found = shown.map_err(|fault| after_typing(pane, fault))?;
    // Its Enter would answer a question that has come up meanwhile.
    if let Some(agent) = asks(pane) {
        typing::give_way(pane, client, enters).await;
        return Err(Undelivered::typed(sure::asks_since(&pane.name(), &agent)));
    }
    let (entered, printed) = (clock::now(), pane.pulse.borrow().head);
    let enter = std::slice::from_ref(enter);
    let pressed = typing::steps(pane, client, enters, enter, false).await;
    pressed.map_err(|fault| after_typing(pane, fault))?;
    let entered = confirm::Entered { at: entered, printed, before: state, typed: found };
    confirm::until_taken(pane, prompt, entered).await
}

/// Waits until the text is to be seen in the input box, or long enough.
async fn echo(pane: &Pane, text: &str, before: Option<&Shown>) -> Result<Typed, Fault> {
    let end = Instant::now() + sure::ECHO;
    let mut pulse = pane.pulse.subscribe();
    loop {
        pulse.mark_unchanged();
        typing::calm(pane).await;
        let typed = Typed::find(text, before, &screen(pane).await?);
        if typed.is_seen() || Instant::now() >= end {
            return Ok(typed);
        }
        let _ = tokio::time::timeout_at(end, pulse.changed()).await;
    }
}

/// The text of a prompt, as far as it is one.
pub(crate) fn words(steps: &[v1::SendStep]) -> String {
    let word = |step: &v1::SendStep| match &step.step {
        Some(Step::Text(text)) => text.clone(),
        Some(Step::Raw(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    };
    steps.iter().map(word).collect()
}

/// Stops what the agent does, where it does something.
async fn interrupt(server: &Server, pane: &Arc<Pane>, prompt: &Prompt) -> Result<(), Fault> {
    let agent = pane.facts().agent();
    let agent = agent.ok_or_else(|| super::no_agent(pane))?;
    if !sure::is_busy(&agent) {
        return Ok(());
    }
    let keys = server.rulebook.rules(&agent.kind).map(|rules| rules.keys.clone());
    let keys = keys.filter(|keys| !keys.interrupt.is_empty());
    let keys = keys.ok_or_else(|| sure::no_interrupt(&agent.kind))?;
    // An input of its own, so that a second try presses nothing twice.
    let mut client = prompt.client;
    client.iter_mut().for_each(|byte| *byte = !*byte);
    let written = typing::open(pane, client, false).await?.unwrap_or(0);
    let steps = keys_as_steps(keys.interrupt);
    let stopped = typing::count(&steps);
    if written < stopped {
        typing::steps(pane, client, 1, &steps, false).await?;
    }
    let rests = async {
        let mut changes = pane.agent_changes.subscribe();
        while matches!(state(pane), State::Working | State::Blocked | State::Starting) {
            if changes.changed().await.is_err() {
                break;
            }
        }
    };
    let rested = tokio::time::timeout(prompt.patience, rests).await;
    rested.map_err(|_| sure::goes_on(&pane.name()))?;
    let steps = keys_as_steps(keys.clear);
    if !steps.is_empty() && written <= stopped {
        typing::calm(pane).await;
        typing::steps(pane, client, 1 + stopped, &steps, false).await?;
        typing::calm(pane).await;
    }
    Ok(())
}

/// The keys of a rule file, as steps. Each after the first waits until the agent has shown what the one before did: OpenCode
/// wants a second Escape, and not at once.
pub(crate) fn keys_as_steps(keys: Vec<String>) -> Vec<v1::SendStep> {
    let step = |(at, key)| v1::SendStep { step: Some(Step::Key(key)), calm: at > 0 };
    keys.into_iter().enumerate().map(step).collect()
}

/// Waits until the agent takes input.
async fn until_it_takes_input(pane: &Arc<Pane>, end: Instant) -> Result<(), Fault> {
    let mut changes = pane.agent_changes.subscribe();
    loop {
        let (agent, started) = {
            let facts = pane.facts();
            (facts.agent(), facts.row.started_at)
        };
        let agent = agent.ok_or_else(|| super::no_agent(pane))?;
        let again = match sure::gate(&agent, started) {
            Gate::Open => return Ok(()),
            Gate::Settles(rest) => Instant::now() + rest,
            Gate::Starting => end,
            Gate::Asks => return Err(sure::asks_instead(&pane.name(), &agent)),
            Gate::Exited => return Err(gone(pane)),
        };
        if Instant::now() >= end {
            return Err(sure::still_starting(&pane.name()));
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return Err(gone(pane)) },
            () = tokio::time::sleep_until(again.min(end)) => {}
        }
    }
}

/// The agent, where it asks something.
fn asks(pane: &Pane) -> Option<v1::Agent> {
    pane.facts().agent().filter(|agent| agent.state == State::Blocked.name())
}

/// The agent's process is gone.
fn gone(pane: &Pane) -> Fault {
    if pane.facts().row.ended.is_some() {
        return Fault::ended(&pane.name());
    }
    sure::exited(&pane.name())
}

/// Something failed after the text was typed, or while it was.
fn after_typing(pane: &Pane, fault: Fault) -> Undelivered {
    let ended = pane.facts().row.ended.is_some();
    let fault = if ended { confirm::ended_meanwhile(pane) } else { fault };
    Undelivered::typed(fault)
}

/// What the agent does.
fn state(pane: &Pane) -> State {
    let agent = pane.facts().agent();
    agent.and_then(|agent| State::from_name(&agent.state)).unwrap_or(State::Unknown)
}

/// What the pane shows now.
pub(super) async fn screen(pane: &Pane) -> Result<Shown, Fault> {
    look::live(pane, super::shown).await.ok_or_else(|| Fault::ended(&pane.name()))
}
