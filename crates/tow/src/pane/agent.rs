//! What a pane's agent is doing, for people.

use anstyle::{AnsiColor, Style};
use towline_agents::State;
use towline_protocol::v1::{Agent, Pane, PaneStatus};

use super::state::{lives, state};

/// Reads a state's name, as `--state` takes it.
///
/// # Errors
/// The names there are, for the person who typed another.
pub(crate) fn parse_state(text: &str) -> Result<State, String> {
    State::from_name(text.trim()).ok_or_else(|| {
        let names: Vec<&str> = State::ALL.iter().map(|state| state.name()).collect();
        format!("an agent's state is one of {}", names.join(", "))
    })
}

/// The state of the pane's agent, where it has one and this version knows the word.
pub(crate) fn state_of(pane: &Pane) -> Option<State> {
    State::from_name(word(pane.agent.as_ref()?))
}

/// The word for what an agent is doing. Before the first look at it, it is starting.
pub(crate) fn word(agent: &Agent) -> &str {
    if agent.state.is_empty() { State::Starting.name() } else { &agent.state }
}

/// What is going on in a pane, in a word: what its agent does, and where there is none, or the pane itself is in trouble or has ended,
/// how the pane is.
pub(crate) fn doing(pane: &Pane) -> String {
    match agent_of_running(pane) {
        Some(agent) => word(agent).to_owned(),
        None => state(pane),
    }
}

/// How that word is painted; `None`: as the pane's own state.
pub(crate) fn style(pane: &Pane) -> Option<Style> {
    agent_of_running(pane)?;
    Some(match state_of(pane) {
        Some(State::Blocked) => AnsiColor::Yellow.on_default().bold(),
        Some(State::Done) => AnsiColor::Cyan.on_default().bold(),
        Some(State::Working) => AnsiColor::Green.on_default(),
        Some(State::Idle) => Style::new(),
        Some(State::Starting | State::Exited | State::Unknown) | None => Style::new().dimmed(),
    })
}

/// The agent, where nothing is to be said of the pane itself.
fn agent_of_running(pane: &Pane) -> Option<&Agent> {
    let plain = matches!(pane.status(), PaneStatus::Running | PaneStatus::Unspecified);
    pane.agent.as_ref().filter(|_| plain && !pane.degraded && lives(pane))
}

/// How urgently a pane needs a person: the lowest first. Who is blocked can't go on, who is done has something to show; of those
/// the one that has waited longest. `None`: it doesn't.
pub(crate) fn urgency(pane: &Pane) -> Option<(u8, u64)> {
    let agent = pane.agent.as_ref().filter(|_| lives(pane))?;
    match state_of(pane)? {
        State::Blocked => Some((0, agent.since)),
        State::Done => Some((1, agent.since)),
        State::Starting | State::Working | State::Idle | State::Exited | State::Unknown => None,
    }
}

/// Since when the agent has had nothing to do but wait; `None` where it doesn't wait.
pub(crate) fn waits_since(pane: &Pane) -> Option<u64> {
    let agent = pane.agent.as_ref().filter(|agent| lives(pane) && agent.since > 0)?;
    let waits = matches!(state_of(pane)?, State::Blocked | State::Done | State::Idle);
    waits.then_some(agent.since)
}

/// What a blocked agent asks, with the reason in front: `permission: Do you want to proceed?`.
pub(crate) fn asks(pane: &Pane) -> Option<String> {
    let agent = agent_of_running(pane)?;
    if state_of(pane) != Some(State::Blocked) {
        return None;
    }
    match (agent.reason.as_str(), agent.question.as_str()) {
        ("", "") => None,
        ("", question) => Some(question.to_owned()),
        (reason, "") => Some(reason.to_owned()),
        (reason, question) => Some(format!("{reason}: {question}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use towline_protocol::v1::Exit;

    fn pane(state: &str, since: u64) -> Pane {
        let agent = Agent { state: state.into(), since, ..Agent::default() };
        Pane { agent: Some(agent), status: PaneStatus::Running.into(), ..Pane::default() }
    }

    #[test]
    fn who_is_blocked_comes_first_and_of_those_who_waited_longest() {
        let mut panes =
            [pane("done", 1), pane("blocked", 9), pane("idle", 0), pane("blocked", 5), pane("", 0)];
        panes.sort_by_key(|pane| urgency(pane).unwrap_or((u8::MAX, 0)));
        let order: Vec<_> =
            panes.iter().map(|pane| (doing(pane), urgency(pane).map(|(_, since)| since))).collect();
        let expected = [
            ("blocked", Some(5)),
            ("blocked", Some(9)),
            ("done", Some(1)),
            ("idle", None),
            ("starting", None),
        ];
        assert_eq!(order, expected.map(|(state, since)| (state.to_owned(), since)));
    }

    #[test]
    fn trouble_of_the_pane_itself_is_told_first() {
        let exit = Some(Exit { status: Some(1), at: 1, ..Exit::default() });
        let ended = Pane { exit, status: PaneStatus::Ended.into(), ..pane("blocked", 5) };
        assert_eq!(
            (doing(&ended).as_str(), urgency(&ended), asks(&ended)),
            ("ended (1)", None, None)
        );
        let silent = Pane { status: PaneStatus::Unresponsive.into(), ..pane("working", 5) };
        assert_eq!(doing(&silent), "unresponsive");
        assert_eq!(doing(&pane("exited", 5)), "exited");
        assert_eq!(doing(&pane("of a newer version", 5)), "of a newer version");
    }

    #[test]
    fn a_question_is_told_with_its_reason() {
        for (reason, question, expected) in [
            ("permission", "Run rm?", Some("permission: Run rm?")),
            ("login", "", Some("login")),
            ("", "Which?", Some("Which?")),
            ("", "", None),
        ] {
            let mut pane = pane("blocked", 5);
            let agent = pane.agent.get_or_insert_default();
            (agent.reason, agent.question) = (reason.into(), question.into());
            assert_eq!(asks(&pane).as_deref(), expected);
            agent_is(&mut pane, "working");
            assert_eq!(asks(&pane), None);
        }
    }

    fn agent_is(pane: &mut Pane, state: &str) {
        pane.agent.get_or_insert_default().state = state.into();
    }

    #[test]
    fn states_are_read() {
        assert_eq!(parse_state("done"), Ok(State::Done));
        let why = parse_state("busy").unwrap_err();
        assert!(why.contains("starting, working, blocked, idle, done, exited, unknown"), "{why}");
    }
}
