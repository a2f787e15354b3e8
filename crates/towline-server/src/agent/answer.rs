//! Answering an agent that asks for leave.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use towline_agents::rules::{Keys, Rules};
use towline_agents::{Reason, State};
use towline_protocol::v1::{self, ErrorKind};

use super::deliver::keys_as_steps;
use super::sure;
use crate::clock;
use crate::fault::Fault;
use crate::pane::{Pane, look, typing};
use crate::server::Server;

/// How long a dialog may take to be drawn after the agent has told that it asks,
const DRAWN: Duration = Duration::from_secs(2);

/// and how often it is looked for.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How long a dialog stands before keys are pressed: Claude Code takes none in its first fifth of a second, so that nobody
/// who is typing answers what they have not read.
pub(crate) const READ: Duration = Duration::from_millis(500);

/// Presses the keys that allow or refuse what the agent asks leave for, while it asks that, and waits until it asks no
/// longer.
///
/// # Errors
/// An agent that asks for nothing, or for something else than the person has seen; a question that stays.
pub(crate) async fn answer(
    server: &Arc<Server>,
    pane: &Arc<Pane>,
    request: &v1::Answer,
) -> Result<v1::Sent, Fault> {
    let client = typing::client_id(&request.client)?;
    let agent = pane.facts().agent();
    let agent = agent.ok_or_else(|| super::no_agent(pane))?;
    let rules = server.rulebook.rules(&agent.kind);
    let written = typing::open(pane, client, false).await?.unwrap_or(0);
    let asked = (request.since, request.question.clone());
    if written == 0 {
        still_asks(&pane.name(), &agent, &asked)?;
    }
    let keys = keys(pane, rules.as_deref(), (written == 0).then_some(agent.since)).await?;
    let keys = if request.approve { keys.approve } else { keys.deny };
    if keys.is_empty() {
        return Err(sure::no_answer(&pane.name(), &agent.kind));
    }
    let steps = keys_as_steps(keys);
    typing::check(&steps)?;
    let at = clock::now();
    if written < typing::count(&steps) {
        typing::steps(pane, client, 1, &steps, false).await?;
    }
    until_gone(pane, &asked).await?;
    let taken = state_in_words(&pane.facts().agent().unwrap_or_default());
    Ok(v1::Sent { pane: Some(pane.describe()), taken, at })
}

/// Whether the agent asks for leave, and for what the person has seen.
///
/// # Errors
/// What it does instead.
pub(crate) fn still_asks(
    name: &str,
    agent: &v1::Agent,
    asked: &(u64, String),
) -> Result<(), Fault> {
    let blocked = agent.state == State::Blocked.name();
    if !blocked || agent.reason != Reason::Permission.name() {
        let message = match (blocked, agent.reason.as_str()) {
            (false, _) => format!("{name} asks for nothing: it is {}", agent.state),
            (true, "question") => format!("{name} asks a question that wants words"),
            (true, reason) => format!("{name} asks for no leave: it is blocked by {reason}"),
        };
        let fault = Fault::new(ErrorKind::NotTaken, message);
        return Err(if blocked { fault.hint(format!("tow attach {name}")) } else { fault });
    }
    if is_other(agent, asked) {
        return Err(changed(name));
    }
    Ok(())
}

/// That what somebody has seen is not asked any longer.
pub(crate) fn changed(name: &str) -> Fault {
    Fault::new(ErrorKind::NotTaken, format!("{name} asks something else by now"))
        .hint(format!("tow approve {name}    shows it, and answers that"))
}

/// Whether the agent asks something else than somebody has seen.
pub(crate) fn is_other(agent: &v1::Agent, (since, question): &(u64, String)) -> bool {
    let other = |one: &str, two: &str| !one.is_empty() && !two.is_empty() && one != two;
    (*since > 0 && agent.since != *since) || other(&agent.question, question)
}

/// By which keys the question on the screen is answered. Where it wasn't answered before, it is looked once more whether it stands
/// there: a verdict is up to half a second old, and a dialog that was told of at `asked` may not be drawn yet.
///
/// # Errors
/// A screen that shows something else.
async fn keys(pane: &Pane, rules: Option<&Rules>, asked: Option<u64>) -> Result<Keys, Fault> {
    let Some(rules) = rules else { return Ok(Keys::default()) };
    let end = Instant::now() + DRAWN;
    let mut drawn = None;
    loop {
        let look = look::live(pane, |terminal| {
            (terminal.title().to_owned(), terminal.status().to_owned(), super::shown(terminal))
        });
        let (title, status, screen) = look.await.ok_or_else(|| Fault::ended(&pane.name()))?;
        let now = Instant::now();
        let Some(asked) = asked else { return Ok(rules.keys_for(&title, &status, &screen)) };
        let stands = match rules.on_screen(&screen).map(|found| found.claim.state) {
            Some(State::Blocked) => {
                now - *drawn.get_or_insert(now) >= READ || clock::since(asked) >= DRAWN
            }
            // What no rule knows may be a dialog of another kind: the agent says that it asks.
            None => now >= end,
            Some(_) if now >= end => return Err(changed(&pane.name())),
            Some(_) => false,
        };
        if stands {
            return Ok(rules.keys_for(&title, &status, &screen));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Waits until the agent doesn't ask that any longer.
async fn until_gone(pane: &Pane, asked: &(u64, String)) -> Result<(), Fault> {
    let mut changes = pane.agent_changes.subscribe();
    let gone = async {
        loop {
            let agent = pane.facts().agent().unwrap_or_default();
            if agent.state != State::Blocked.name() || is_other(&agent, asked) {
                return;
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    };
    let answered = tokio::time::timeout(sure::ANSWERED, gone).await;
    answered.map_err(|_| sure::asks_the_same(&pane.name()))
}

/// What an agent does that was answered.
pub(crate) fn state_in_words(agent: &v1::Agent) -> String {
    match State::from_name(&agent.state) {
        Some(State::Working) => "it works".into(),
        Some(State::Blocked) => "it asks something else".into(),
        Some(State::Exited) => "it exited".into(),
        Some(State::Idle | State::Done) => "it is idle".into(),
        _ => "it asks no longer".into(),
    }
}
