//! A prompt for an agent in a tmux, seen to be taken; and leave that it asks for, given or refused.
//!
//! As for a pane of Towline's (`agent/deliver.rs`, `agent/answer.rs`), but that all is seen by looking: several times a second,
//! while somebody waits. Nobody there remembers what was typed, so a link that breaks under way leaves the outcome unknown.

use std::time::Duration;

use tokio::time::Instant;
use towline_agents::State;
use towline_agents::rules::{Rules, Shown};
use towline_agents::taken::{self, Look, Proof, Typed};
use towline_client::tmux::Driver;
use towline_protocol::v1;

use super::{Asked, asking, number};
use crate::agent::answer::{READ, changed, is_other, state_in_words, still_asks};
use crate::agent::deliver;
use crate::agent::sure::{self, Gate};
use crate::clock;
use crate::fault::Fault;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(80);

/// What still stands in the box after so long is entered once more.
const ONCE_MORE: Duration = Duration::from_millis(900);

/// An agent in a pane, and who asks about it.
struct Agent<'a> {
    driver: &'a Driver,
    asked: &'a Asked,
    pane: &'a v1::Pane,
    number: u64,
}

/// Types what is asked for; surely, where that is wanted and the pane has an agent of which it can be told what it does.
///
/// # Errors
/// What can't be typed; an agent that takes nothing now; one that has not taken it.
pub(super) async fn send(
    driver: &Driver,
    asked: &Asked,
    pane: v1::Pane,
    request: &v1::Send,
) -> Result<v1::Sent, Fault> {
    let agent = Agent { driver, asked, pane: &pane, number: number(&pane)? };
    let wanted = request.sure.filter(|sure| !sure.force && agent.is_known());
    let Some((wanted, (text, enter))) = wanted.zip(sure::prompt_of(&request.steps)) else {
        agent.press(&request.steps).await?;
        asked.agents.stir();
        return Ok(v1::Sent { pane: Some(pane), ..v1::Sent::default() });
    };
    let patience = sure::patience(wanted);
    agent.look().await?;
    if wanted.interrupt {
        agent.interrupt(patience).await?;
    }
    agent.until_it_takes_input(Instant::now() + patience).await?;
    let (proof, at) = agent.deliver(text, enter, patience).await?;
    let told = v1::Pane { agent: asked.agents.agent(agent.number), ..pane };
    Ok(v1::Sent { pane: Some(told), taken: proof.to_string(), at })
}

/// Presses the keys that allow or refuse what an agent asks leave for, while it asks that, and waits until it asks no longer.
///
/// # Errors
/// An agent that asks for nothing, or for something else than the person has seen; a question that stays.
pub(super) async fn answer(
    driver: &Driver,
    asked: &Asked,
    pane: v1::Pane,
    request: &v1::Answer,
) -> Result<v1::Sent, Fault> {
    let agent = Agent { driver, asked, pane: &pane, number: number(&pane)? };
    let known = agent.agent()?;
    let seen = (request.since, request.question.clone());
    // As with our own panes: a key that comes at once would be lost.
    let stood = clock::since(known.since);
    tokio::time::sleep(READ.saturating_sub(stood)).await;
    agent.look().await?;
    still_asks(&pane.name, &agent.agent()?, &seen)?;
    let shown = agent.shown();
    let rules = asked.agents.rules(agent.number);
    let found = rules.as_ref().and_then(|rules| rules.on_screen(&shown));
    if found.is_some_and(|found| found.claim.state != State::Blocked) {
        return Err(changed(&pane.name));
    }
    let title = asked.agents.title(agent.number).unwrap_or_default();
    let keys = agent.keys(&known, |rules| {
        let keys = rules.keys_for(&title, "", &shown);
        if request.approve { keys.approve } else { keys.deny }
    });
    let keys = keys.ok_or_else(|| sure::no_answer(&pane.name, &known.kind))?;
    let at = clock::now();
    agent.press(&keys).await?;
    let end = Instant::now() + sure::ANSWERED;
    loop {
        tokio::time::sleep(PAUSE).await;
        agent.look().await?;
        let now = asked.agents.agent(agent.number).unwrap_or_default();
        if now.state != State::Blocked.name() || is_other(&now, &seen) {
            let taken = state_in_words(&now);
            let pane = v1::Pane { agent: Some(now), ..pane };
            return Ok(v1::Sent { pane: Some(pane), taken, at });
        }
        if Instant::now() >= end {
            return Err(sure::asks_the_same(&pane.name));
        }
    }
}

impl Agent<'_> {
    fn agent(&self) -> Result<v1::Agent, Fault> {
        let agent = self.asked.agents.agent(self.number);
        agent.ok_or_else(|| crate::agent::no_agent_of(&self.pane.name))
    }

    fn state(&self) -> State {
        let agent = self.asked.agents.agent(self.number).unwrap_or_default();
        State::from_name(&agent.state).unwrap_or(State::Unknown)
    }

    fn shown(&self) -> Shown {
        self.asked.agents.shown(self.number).unwrap_or_default()
    }

    /// Whether it can be told what it does.
    fn is_known(&self) -> bool {
        let rules = self.asked.agents.rules(self.number);
        self.agent().is_ok()
            && self.state() != State::Exited
            && rules.is_some_and(|rules| !rules.rules().is_empty())
    }

    async fn look(&self) -> Result<(), Fault> {
        asking::look(self.driver, self.asked).await
    }

    async fn press(&self, steps: &[v1::SendStep]) -> Result<(), Fault> {
        let pressed = self.driver.send(self.number, steps).await;
        pressed.map_err(|error| Fault::from(error.to_v1(true)))
    }

    fn keys(
        &self,
        agent: &v1::Agent,
        which: impl Fn(&Rules) -> Vec<String>,
    ) -> Option<Vec<v1::SendStep>> {
        let rules = self.asked.server.rulebook.rules(&agent.kind)?;
        let keys = which(&rules);
        (!keys.is_empty()).then(|| deliver::keys_as_steps(keys))
    }

    /// What it asks, where it does.
    fn question(&self) -> Option<v1::Agent> {
        let agent = self.asked.agents.agent(self.number)?;
        (agent.state == State::Blocked.name()).then_some(agent)
    }

    /// Stops what it does, where it does something.
    async fn interrupt(&self, patience: Duration) -> Result<(), Fault> {
        let agent = self.agent()?;
        if !sure::is_busy(&agent) {
            return Ok(());
        }
        let keys = self.keys(&agent, |rules| rules.keys.interrupt.clone());
        let keys = keys.ok_or_else(|| sure::no_interrupt(&agent.kind))?;
        self.press(&keys).await?;
        let end = Instant::now() + patience;
        while matches!(self.state(), State::Working | State::Blocked | State::Starting) {
            if Instant::now() >= end {
                return Err(sure::goes_on(&self.pane.name));
            }
            tokio::time::sleep(PAUSE).await;
            self.look().await?;
        }
        if let Some(clear) = self.keys(&agent, |rules| rules.keys.clear.clone()) {
            self.press(&clear).await?;
            tokio::time::sleep(PAUSE).await;
            self.look().await?;
        }
        Ok(())
    }

    /// Waits until it takes input.
    async fn until_it_takes_input(&self, end: Instant) -> Result<(), Fault> {
        let name = &self.pane.name;
        loop {
            let agent = self.agent()?;
            match sure::gate(&agent, self.asked.agents.began(self.number)) {
                Gate::Open => return Ok(()),
                Gate::Asks => return Err(sure::asks_instead(name, &agent)),
                Gate::Exited => return Err(sure::exited(name)),
                Gate::Settles(_) | Gate::Starting => {}
            }
            if Instant::now() >= end {
                return Err(sure::still_starting(name));
            }
            tokio::time::sleep(PAUSE).await;
            self.look().await?;
        }
    }

    /// Types, enters, and waits until something proves that it was taken; what did, and when it was entered.
    async fn deliver(
        &self,
        text: &[v1::SendStep],
        enter: &v1::SendStep,
        patience: Duration,
    ) -> Result<(Proof, u64), Fault> {
        let words = deliver::words(text);
        let (before, shown_before) = (self.state(), self.shown());
        self.press(text).await?;
        let typed = self.echo(&words, &shown_before).await?;
        let name = &self.pane.name;
        // Its Enter would answer a question that has come up meanwhile.
        if let Some(agent) = self.question() {
            return Err(sure::asks_since(name, &agent));
        }
        let entered = clock::now();
        let shown_typed = self.shown();
        // The echo has been waited for, where it is to be seen.
        let enter = v1::SendStep { calm: enter.calm && !typed.is_seen(), ..enter.clone() };
        let enter = std::slice::from_ref(&enter);
        self.press(enter).await?;
        let begun = Instant::now();
        let mut look = (Look::Unseen, entered);
        let mut again = false;
        loop {
            self.look().await?;
            let shown = self.shown();
            let told = typed.look(&shown);
            if told != look.0 {
                look = (told, clock::now());
            }
            let agent = self.asked.agents.agent(self.number).unwrap_or_default();
            let state = self.state();
            let facts = taken::Facts {
                before,
                entered,
                state,
                since: agent.since,
                taken_at: 0,
                look: look.0,
                look_since: look.1,
                command: taken::is_command(&words),
                now: clock::now(),
            };
            if let Some(proof) = taken::decide(&facts) {
                return Ok((proof, entered));
            }
            if state == State::Exited {
                return Err(sure::ended_meanwhile(name, "its agent"));
            }
            // One that has not stirred has not read the first Enter yet.
            let stirred = shown != shown_typed;
            if look.0 == Look::Stands && stirred && !again && begun.elapsed() >= ONCE_MORE {
                again = true;
                if self.question().is_none() {
                    self.press(enter).await?;
                }
            }
            if begun.elapsed() >= patience {
                return Err(sure::unproven(name, look.0, self.question().as_ref()));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the text is to be seen in the input box, or long enough.
    async fn echo(&self, words: &str, before: &Shown) -> Result<Typed, Fault> {
        let end = Instant::now() + sure::ECHO;
        loop {
            self.look().await?;
            let typed = Typed::find(words, Some(before), &self.shown());
            if typed.is_seen() || Instant::now() >= end {
                return Ok(typed);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
