//! Which agent a request asks for, and what becomes of it when it ends.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use towline_agents::{State, launch};
use towline_client::config::nearest;
use towline_client::programs;
use towline_protocol::v1::{self, ErrorKind, Restart};

use super::Environment;
use super::environment::split;
use crate::fault::Fault;
use crate::server::Server;

/// What a request says of its agent, beyond the command.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    kind: String,
    /// The kind came with a command that starts it.
    named: bool,
}

/// Puts in the command of the agent that a request asks for by its kind.
///
/// # Errors
/// A kind that is not known here, or not installed.
pub(super) fn wanted(
    server: &Server,
    request: &mut v1::Spawn,
    login: Option<&Environment>,
) -> Result<Wanted, Fault> {
    let kind = request.agent.clone();
    if kind.is_empty() {
        return Ok(Wanted::default());
    }
    let known = server.rulebook.kinds();
    if !known.contains(&kind) {
        return Err(unknown_kind(&kind, &known));
    }
    if !request.command.is_empty() {
        return Ok(Wanted { kind, named: true });
    }
    let mut own = request.env.iter().filter_map(|pair| split(pair));
    let path = own.rfind(|(key, _)| key == b"PATH").map(|(_, value)| value);
    let path = path.or_else(|| login?.get(&b"PATH"[..]).cloned());
    let path = OsString::from_vec(path.unwrap_or_default());
    let names = server.rulebook.programs(&kind);
    let Some(program) = names.iter().find(|name| programs::is_on_path(name, &path)) else {
        return Err(not_installed(&kind, &names));
    };
    request.command = vec![program.clone().into_bytes()];
    // A program that is known by the rules alone is not seen from the command.
    Ok(Wanted { kind, named: false })
}

pub(crate) fn unknown_kind(kind: &str, known: &[String]) -> Fault {
    let fault = Fault::invalid(format!("no kind of agent is called {kind:?}"));
    match nearest(kind, known.iter().map(String::as_str)) {
        Some(meant) => fault.hint(format!("did you mean {meant}?")),
        None => fault.hint("tow agents list    shows those that are known"),
    }
}

fn not_installed(kind: &str, names: &[String]) -> Fault {
    let message = match names {
        [] => format!("the rules for {kind} don't say which program it is"),
        names => {
            format!("{kind} is not installed: there is no `{}` on the PATH", names.join("` or `"))
        }
    };
    let fault = Fault::new(ErrorKind::CannotStart, message);
    match towline_agents::how_to_install(kind) {
        Some(how) => fault.hint(how),
        None => fault.hint("tow agents list    shows those that are installed"),
    }
}

/// The agent that a request starts, before anything is known of it.
///
/// # Errors
/// Where it can't be started as the request wants.
pub(super) fn of(
    server: &Server,
    request: &v1::Spawn,
    wanted: Wanted,
) -> Result<Option<v1::Agent>, Fault> {
    let words: Vec<_> =
        request.command.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let seen = || {
        let kind = towline_agents::kind_of("", &words).map(str::to_owned);
        kind.or_else(|| server.rulebook.kind_of("", &words))
    };
    let kind = Some(wanted.kind).filter(|kind| !kind.is_empty()).or_else(seen);
    let start = request.start.clone().unwrap_or_default();
    check(kind.as_deref(), &start)?;
    Ok(kind.map(|kind| v1::Agent {
        kind,
        state: State::Starting.name().into(),
        isolated: start.isolated,
        model: start.model,
        preset: start.preset,
        forgetful: start.forgetful,
        no_hooks: start.no_hooks,
        named: wanted.named,
        ..v1::Agent::default()
    }))
}

/// Whether an agent of this kind can be started so.
pub(super) fn check(kind: Option<&str>, start: &v1::AgentStart) -> Result<(), Fault> {
    let id = start.conversation.as_str();
    if !id.is_empty() && !launch::is_conversation(id) {
        return Err(Fault::invalid(format!("{id:?} is no id of a conversation")));
    }
    let asked = [
        (!id.is_empty(), "continue a conversation"),
        (start.isolated, "give a configuration folder of its own"),
        (!start.model.is_empty(), "choose the model"),
    ];
    let Some((_, what)) = asked.into_iter().find(|(asked, _)| *asked) else { return Ok(()) };
    match kind {
        Some(kind) if launch::resumes(kind) => Ok(()),
        Some(kind) => {
            Err(Fault::invalid(format!("Towline does not know how to {what} for {kind}"))
                .hint(format!("tow spawn -- {kind} …    with its own options")))
        }
        None => {
            Err(Fault::invalid(format!("the command starts no agent that is known: can't {what}"))
                .hint("tow agents list    shows those that are known"))
        }
    }
}

/// When a pane is started again, where nobody said: an agent comes back after a reboot, with its conversation.
pub(super) fn restart(asked: Restart, agent: Option<&v1::Agent>) -> Restart {
    match (asked, agent) {
        (Restart::Unsaid, Some(agent)) if !agent.forgetful && launch::resumes(&agent.kind) => {
            Restart::OnReboot
        }
        (Restart::Unsaid, _) => Restart::Never,
        (asked, _) => asked,
    }
}

/// The conversation that an agent goes on with when it is started again by itself.
pub(crate) fn continued(agent: Option<&v1::Agent>) -> Option<&str> {
    let agent = agent.filter(|agent| !agent.forgetful && !agent.unused)?;
    let known = launch::resumes(&agent.kind) && launch::is_conversation(&agent.conversation);
    known.then_some(agent.conversation.as_str())
}

/// An agent that begins anew, with what is known of how it is started.
pub(crate) fn fresh(before: &v1::Agent, now: u64) -> v1::Agent {
    v1::Agent {
        state: State::Starting.name().into(),
        since: now,
        source: towline_agents::Source::Process.name().into(),
        reason: String::new(),
        question: String::new(),
        ..before.clone()
    }
}

/// An agent that is seen in a pane which had none, or one that has ended. How it was started is kept where the pane's own command starts
/// it: then it has only begun anew.
pub(crate) fn found(before: Option<&v1::Agent>, kind: &str, command: &[Vec<u8>]) -> v1::Agent {
    let words: Vec<_> = command.iter().map(|word| String::from_utf8_lossy(word)).collect();
    let own = |before: &&v1::Agent| {
        before.kind == kind && (before.named || towline_agents::kind_of("", &words) == Some(kind))
    };
    match before.filter(own) {
        Some(before) => fresh(before, 0),
        None => v1::Agent { kind: kind.to_owned(), ..v1::Agent::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(kind: &str, conversation: &str) -> v1::Agent {
        let (kind, conversation) = (kind.into(), conversation.into());
        v1::Agent { kind, conversation, ..v1::Agent::default() }
    }

    #[test]
    fn an_agent_that_can_go_on_comes_back_after_a_reboot_unless_told_otherwise() {
        let claude = agent("claude", "");
        let forgetful = v1::Agent { forgetful: true, ..claude.clone() };
        for (asked, agent, expected) in [
            (Restart::Unsaid, Some(&claude), Restart::OnReboot),
            (Restart::Unsaid, Some(&forgetful), Restart::Never),
            (Restart::Unsaid, Some(&agent("aider", "")), Restart::Never),
            (Restart::Unsaid, None, Restart::Never),
            (Restart::Never, Some(&claude), Restart::Never),
            (Restart::Always, None, Restart::Always),
        ] {
            assert_eq!(restart(asked, agent), expected, "{asked:?} {agent:?}");
        }
    }

    #[test]
    fn only_a_conversation_that_there_is_goes_on() {
        assert_eq!(continued(None), None);
        assert_eq!(continued(Some(&agent("claude", ""))), None);
        assert_eq!(continued(Some(&agent("aider", "x"))), None);
        assert_eq!(continued(Some(&agent("claude", "--help"))), None);
        assert_eq!(continued(Some(&agent("claude", "0-1"))), Some("0-1"));
        let unused = v1::Agent { unused: true, ..agent("claude", "0-1") };
        assert_eq!(continued(Some(&unused)), None);
    }

    #[test]
    fn an_agent_that_begins_anew_is_still_the_panes_own() {
        let before = v1::Agent { isolated: true, state: "exited".into(), ..agent("claude", "x") };
        let command = |text: &str| vec![text.as_bytes().to_vec()];
        let again = found(Some(&before), "claude", &command("claude"));
        assert_eq!(
            (again.conversation.as_str(), again.isolated, again.state.as_str()),
            ("x", true, "starting")
        );
        // Somebody started it in a shell: that says nothing of the next one.
        assert_eq!(found(Some(&before), "claude", &command("bash")), agent("claude", ""));
        assert_eq!(found(Some(&before), "codex", &command("claude")), agent("codex", ""));
        assert_eq!(found(None, "codex", &command("bash")), agent("codex", ""));
    }

    #[test]
    fn what_can_not_be_had_is_refused() {
        let model = v1::AgentStart { model: "x".into(), ..v1::AgentStart::default() };
        assert!(check(Some("claude"), &model).is_ok());
        assert!(check(Some("aider"), &v1::AgentStart::default()).is_ok());
        let said = |kind: Option<&str>, start: &v1::AgentStart| {
            v1::Error::from(check(kind, start).unwrap_err()).message
        };
        assert_eq!(
            said(Some("aider"), &model),
            "Towline does not know how to choose the model for aider"
        );
        assert_eq!(
            said(None, &model),
            "the command starts no agent that is known: can't choose the model"
        );
        let bad = v1::AgentStart { conversation: "-x".into(), ..v1::AgentStart::default() };
        assert_eq!(said(Some("claude"), &bad), "\"-x\" is no id of a conversation");
    }
}
