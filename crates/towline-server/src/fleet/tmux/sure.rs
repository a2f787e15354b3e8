//! A prompt for an agent in a tmux, seen to be taken; and leave that it asks for, given or refused.
//!
//! As for a pane of Towline's (`agent/deliver.rs`, `agent/answer.rs`), but that all is seen by looking: several times a second,
//! while somebody waits. Nobody there remembers what was typed, so a link that breaks under way leaves the outcome unknown.

use std::time::Duration;

use tokio::time::Instant;
use towline_agents::rules::{Rules, Shown};
use towline_agents::taken::{self, Look, Proof, Typed};
use towline_agents::{Reason, State};
use towline_client::tmux::Driver;
use towline_protocol::v1::{self, ErrorKind, send_step::Step};

use super::{Asked, asking, number};
use crate::agent::answer::{READ, changed, is_other, state_in_words, still_asks};
use crate::agent::deliver;
use crate::clock;
use crate::fault::Fault;

/// How long it may take until an agent takes input, and again until it has taken it, where nobody says.
const PATIENCE: Duration = Duration::from_secs(10);

/// An agent that began less than so long ago may say it is idle before it shows what it asks first,
const YOUNG: Duration = Duration::from_secs(15);

/// so that must have lasted so long then.
const SETTLED: Duration = Duration::from_secs(1);

/// How long what was typed may take to be seen in the input box.
const ECHO: Duration = Duration::from_secs(3);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(80);

/// What still stands in the box after so long is entered once more.
const ONCE_MORE: Duration = Duration::from_millis(900);

/// How long a question may stay after it was answered.
const ANSWERED: Duration = Duration::from_secs(5);

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
    let sure = request.sure.filter(|sure| !sure.force && agent.is_known());
    let prompt = match (sure, request.steps.split_last()) {
        (Some(sure), Some((enter, text))) if enters(enter) && !text.is_empty() => {
            Some((sure, text, enter))
        }
        _ => None,
    };
    let Some((sure, text, enter)) = prompt else {
        agent.press(&request.steps).await?;
        asked.agents.stir();
        return Ok(v1::Sent { pane: Some(pane), ..v1::Sent::default() });
    };
    let patience = match sure.patience_ms {
        0 => PATIENCE,
        milliseconds => Duration::from_millis(milliseconds.into()),
    };
    agent.look().await?;
    if sure.interrupt {
        agent.interrupt(patience).await?;
    }
    agent.until_it_takes_input(Instant::now() + patience).await?;
    let (proof, at) = agent.deliver(text, enter, patience).await?;
    let told = v1::Pane { agent: asked.agents.agent(agent.number), ..pane };
    Ok(v1::Sent { pane: Some(told), taken: proof.to_string(), at })
}

fn enters(step: &v1::SendStep) -> bool {
    matches!(&step.step, Some(Step::Key(key)) if key == "Enter")
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
    let keys = keys.ok_or_else(|| {
        let message = format!("nobody has said by which keys {} is answered here", known.kind);
        let hint = format!("tow attach {}    to answer it yourself", pane.name);
        not_taken(message).hint(hint)
    })?;
    let at = clock::now();
    agent.press(&keys).await?;
    let end = Instant::now() + ANSWERED;
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
            let name = &pane.name;
            return Err(not_taken(format!("{name} was answered, and still asks the same"))
                .hint(format!("tow peek {name}    shows what it asks")));
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
        let reason = Reason::from_name(&agent.reason);
        let asks = matches!(reason, Some(Reason::Permission | Reason::Question));
        match self.state() {
            State::Working => {}
            State::Blocked if asks => {}
            _ => return Ok(()),
        }
        let keys = self.keys(&agent, |rules| rules.keys.interrupt.clone()).ok_or_else(|| {
            not_taken(format!("nobody has said by which keys {} is interrupted", agent.kind))
        })?;
        self.press(&keys).await?;
        let end = Instant::now() + patience;
        while matches!(self.state(), State::Working | State::Blocked | State::Starting) {
            if Instant::now() >= end {
                let name = &self.pane.name;
                let message = format!("{name} goes on with what it does, after it was interrupted");
                return Err(not_taken(message).hint(format!("tow peek {name}")));
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
            match self.state() {
                State::Idle | State::Done => {
                    let young = clock::since(self.asked.agents.began(self.number)) < YOUNG;
                    if !young || clock::since(agent.since) >= SETTLED {
                        return Ok(());
                    }
                }
                State::Blocked => {
                    let asks = deliver::asked_in_words(&agent);
                    let fault = not_taken(format!("{name} takes no prompt now: {asks}"));
                    return Err(self.answer_it(&agent, fault));
                }
                State::Exited => return Err(not_taken(format!("the agent in {name} has exited"))),
                State::Starting => {}
                State::Working | State::Unknown => return Ok(()),
            }
            if Instant::now() >= end {
                let message = format!("the agent in {name} is still starting");
                return Err(not_taken(message)
                    .hint(format!("tow peek {name}    shows how far it is"))
                    .hint("--timeout 60s waits longer; --force types it all the same"));
            }
            tokio::time::sleep(PAUSE).await;
            self.look().await?;
        }
    }

    fn answer_it(&self, agent: &v1::Agent, fault: Fault) -> Fault {
        let name = &self.pane.name;
        let fault = match agent.reason.as_str() {
            "permission" => fault.hint(format!("tow approve {name}    or: tow deny {name}")),
            _ => fault.hint(format!("tow attach {name}    to answer it")),
        };
        fault.hint("--force types it all the same; --interrupt stops what it does first")
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
            let asks = deliver::asked_in_words(&agent);
            let fault = format!("typed into {name}, and not entered: {asks} since then");
            return Err(self.answer_it(&agent, not_taken(fault)));
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
                let message = format!("typed into {name}, and its agent ended before it was taken");
                return Err(not_taken(message).hint(format!("tow peek {name}")));
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
                return Err(self.nothing_shows(look.0));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the text is to be seen in the input box, or long enough.
    async fn echo(&self, words: &str, before: &Shown) -> Result<Typed, Fault> {
        let end = Instant::now() + ECHO;
        loop {
            self.look().await?;
            let typed = Typed::find(words, Some(before), &self.shown());
            if typed.is_seen() || Instant::now() >= end {
                return Ok(typed);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn nothing_shows(&self, look: Look) -> Fault {
        let name = &self.pane.name;
        if let Some(agent) = self.question() {
            let asks = deliver::asked_in_words(&agent);
            let message = format!(
                "typed and entered in {name}, but nothing shows that it was taken: {asks} now"
            );
            return not_taken(message).hint(format!("tow peek {name}    shows what it asks"));
        }
        match look {
            Look::Stands => not_taken(format!(
                "{name} has not taken it: it stands typed in the input box, and Enter does nothing"
            ))
            .hint(format!("tow peek {name}    shows what it does"))
            .hint(format!("tow send {name} --key Enter    presses Enter again")),
            Look::Left | Look::Unseen => not_taken(format!(
                "typed and entered in {name}, but nothing shows that it was taken"
            ))
            .hint(format!("tow peek {name}    shows what it did with it")),
        }
    }
}

fn not_taken(message: String) -> Fault {
    Fault::new(ErrorKind::NotTaken, message)
}
