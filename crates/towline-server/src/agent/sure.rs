//! What is the same for every sure delivery, in a pane of Towline's and in one of a tmux: what counts as a prompt, when an agent takes
//! one, how long is waited, and what people are told.

use std::time::Duration;

use towline_agents::taken::Look;
use towline_agents::{Reason, State};
use towline_protocol::v1::{self, ErrorKind, send_step::Step};

use crate::clock;
use crate::fault::Fault;

/// How long it may take until an agent takes input, and again until it has taken it, where nobody says.
const PATIENCE: Duration = Duration::from_secs(10);

/// An agent that began less than so long ago may say it is idle before it shows what it asks first.
const YOUNG: Duration = Duration::from_secs(15);

/// That must have lasted so long then. (Gemini CLI shows its input box for 0.3 s and more before it asks for trust.)
const SETTLED: Duration = Duration::from_secs(1);

/// What is typed is to be seen after so long, if it is shown at all: a busy machine's agents take seconds to show it.
pub(crate) const ECHO: Duration = Duration::from_secs(3);

/// How long a question may stay after it was answered.
pub(crate) const ANSWERED: Duration = Duration::from_secs(5);

/// The text and the key that enters it; `None` where what is sent isn't a text with Enter behind it.
pub(crate) fn prompt_of(steps: &[v1::SendStep]) -> Option<(&[v1::SendStep], &v1::SendStep)> {
    let (enter, text) = steps.split_last()?;
    let enters = matches!(&enter.step, Some(Step::Key(key)) if key == "Enter");
    (enters && !text.is_empty()).then_some((text, enter))
}

/// How long is waited for each of the two.
pub(crate) fn patience(sure: v1::Sure) -> Duration {
    match sure.patience_ms {
        0 => PATIENCE,
        milliseconds => Duration::from_millis(milliseconds.into()),
    }
}

/// Whether it does something that can be interrupted.
pub(crate) fn is_busy(agent: &v1::Agent) -> bool {
    match State::from_name(&agent.state) {
        Some(State::Working) => true,
        Some(State::Blocked) => {
            let reason = Reason::from_name(&agent.reason);
            matches!(reason, Some(Reason::Permission | Reason::Question))
        }
        _ => false,
    }
}

/// Whether an agent takes a prompt now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// It does.
    Open,
    /// It will, if it goes on as it is for so long.
    Settles(Duration),
    /// It is starting.
    Starting,
    /// It asks something.
    Asks,
    /// It has exited.
    Exited,
}

/// Whether an agent takes a prompt now, that began at a time (microseconds since 1970 UTC).
pub(crate) fn gate(agent: &v1::Agent, began: u64) -> Gate {
    match State::from_name(&agent.state) {
        Some(State::Idle | State::Done) => {
            let settled = clock::since(agent.since);
            match clock::since(began) < YOUNG && settled < SETTLED {
                true => Gate::Settles(SETTLED - settled),
                false => Gate::Open,
            }
        }
        Some(State::Blocked) => Gate::Asks,
        Some(State::Exited) => Gate::Exited,
        Some(State::Starting) => Gate::Starting,
        Some(State::Working | State::Unknown) | None => Gate::Open,
    }
}

/// What a blocked agent asks, in words.
fn asks_in_words(agent: &v1::Agent) -> String {
    let v1::Agent { reason, question, .. } = agent;
    match (reason.as_str(), question.as_str()) {
        ("permission", "") => "it asks for leave".into(),
        ("permission", question) => format!("it asks for leave: {question}"),
        ("login", _) => "somebody has to log in".into(),
        ("limit", "") => "it has come to a limit".into(),
        ("trust", "") => "it asks whether to trust its folder".into(),
        (_, "") => "it asks something".into(),
        (_, question) => format!("it asks: {question}"),
    }
}

/// That a prompt was not taken, or not seen to be.
pub(crate) fn not_taken(message: String) -> Fault {
    Fault::new(ErrorKind::NotTaken, message)
}

/// It asks something: nothing was typed.
pub(crate) fn asks_instead(name: &str, agent: &v1::Agent) -> Fault {
    let message = format!("{name} takes no prompt now: {}", asks_in_words(agent));
    answer_first(name, agent, not_taken(message))
}

/// It asks something, which came up after the text was typed.
pub(crate) fn asks_since(name: &str, agent: &v1::Agent) -> Fault {
    let asks = asks_in_words(agent);
    answer_first(
        name,
        agent,
        not_taken(format!("typed into {name}, and not entered: {asks} since then")),
    )
}

fn answer_first(name: &str, agent: &v1::Agent, fault: Fault) -> Fault {
    let fault = match agent.reason.as_str() {
        "permission" => fault.hint(format!("tow approve {name}    or: tow deny {name}")),
        _ => fault.hint(format!("tow attach {name}    to answer it")),
    };
    fault.hint("--force types it all the same; --interrupt stops what it does first")
}

/// It has not begun in time.
pub(crate) fn still_starting(name: &str) -> Fault {
    not_taken(format!("the agent in {name} is still starting"))
        .hint(format!("tow peek {name}    shows how far it is"))
        .hint("--timeout 60s waits longer; --force types it all the same")
}

/// It has exited.
pub(crate) fn exited(name: &str) -> Fault {
    not_taken(format!("the agent in {name} has exited"))
}

/// It was interrupted in vain.
pub(crate) fn goes_on(name: &str) -> Fault {
    not_taken(format!("{name} goes on with what it does, after it was interrupted"))
        .hint(format!("tow peek {name}"))
}

/// No rule says by which keys it is interrupted.
pub(crate) fn no_interrupt(kind: &str) -> Fault {
    not_taken(format!("nobody has said by which keys {kind} is interrupted"))
}

/// No rule says by which keys its question is answered.
pub(crate) fn no_answer(name: &str, kind: &str) -> Fault {
    not_taken(format!("nobody has said by which keys {kind} is answered here"))
        .hint(format!("tow attach {name}    to answer it yourself"))
}

/// Its question stays, though it was answered.
pub(crate) fn asks_the_same(name: &str) -> Fault {
    not_taken(format!("{name} was answered, and still asks the same"))
        .hint(format!("tow peek {name}    shows what it asks"))
}

/// It ended (`what` did: it, or its agent) before it was known to have taken what was typed.
pub(crate) fn ended_meanwhile(name: &str, what: &str) -> Fault {
    not_taken(format!("typed into {name}, and {what} ended before it was taken"))
        .hint(format!("tow peek {name}"))
}

/// Nothing proves that it has taken what was entered: what is seen of the text, and the agent where it asks something now.
pub(crate) fn unproven(name: &str, look: Look, asks: Option<&v1::Agent>) -> Fault {
    const ENTERED: &str = "but nothing shows that it was taken";
    match (look, asks) {
        (_, Some(agent)) => {
            let asks = asks_in_words(agent);
            not_taken(format!("typed and entered in {name}, {ENTERED}: {asks} now"))
                .hint(format!("tow peek {name}    shows what it asks"))
        }
        (Look::Stands, None) => not_taken(format!(
            "{name} has not taken it: it stands typed in the input box, and Enter does nothing"
        ))
        .hint(format!("tow peek {name}    shows what it does"))
        .hint(format!("tow send {name} --key Enter    presses Enter again")),
        (Look::Left | Look::Unseen, None) => {
            not_taken(format!("typed and entered in {name}, {ENTERED}"))
                .hint(format!("tow peek {name}    shows what it did with it"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(state: State, reason: &str, ago: Duration) -> v1::Agent {
        v1::Agent {
            state: state.name().into(),
            reason: reason.into(),
            since: clock::now() - ago.as_micros() as u64,
            ..v1::Agent::default()
        }
    }

    #[test]
    fn a_young_agent_must_have_been_idle_for_a_moment() {
        let old = clock::now() - 60_000_000;
        let (brief, long) = (Duration::from_millis(200), Duration::from_secs(2));
        let is = |state, ago, began| gate(&agent(state, "", ago), began);
        assert_eq!(is(State::Idle, brief, old), Gate::Open);
        assert_eq!(is(State::Done, long, clock::now()), Gate::Open);
        assert!(
            matches!(is(State::Idle, brief, clock::now()), Gate::Settles(rest) if rest < SETTLED)
        );
        assert_eq!(is(State::Working, brief, old), Gate::Open);
        assert_eq!(is(State::Unknown, brief, old), Gate::Open);
        assert_eq!(is(State::Starting, brief, old), Gate::Starting);
        assert_eq!(is(State::Blocked, brief, old), Gate::Asks);
        assert_eq!(is(State::Exited, brief, old), Gate::Exited);
    }

    #[test]
    fn only_work_and_what_it_asks_for_is_interrupted() {
        let is = |state, reason| is_busy(&agent(state, reason, Duration::ZERO));
        assert!(is(State::Working, "") && is(State::Blocked, "permission"));
        assert!(is(State::Blocked, "question") && !is(State::Blocked, "login"));
        assert!(!is(State::Idle, "") && !is(State::Starting, ""));
    }

    #[test]
    fn a_text_with_enter_behind_it_is_a_prompt() {
        let key = |key: &str| v1::SendStep { step: Some(Step::Key(key.into())), calm: false };
        let text = v1::SendStep { step: Some(Step::Text("x".into())), calm: false };
        assert!(prompt_of(&[text.clone(), key("Enter")]).is_some());
        assert!(prompt_of(&[key("Enter")]).is_none() && prompt_of(&[]).is_none());
        assert!(prompt_of(&[text.clone(), key("Tab")]).is_none() && prompt_of(&[text]).is_none());
    }
}
