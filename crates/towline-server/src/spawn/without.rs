//! A start on a host that has no Towline: all there is are the command and its environment.

use towline_agents::launch::{self, Wanted};
use towline_protocol::v1;

use super::agent::{check, unknown_kind};
use crate::fault::Fault;

/// The request in words that need no Towline there: the agent's program, with its conversation and model as arguments.
///
/// # Errors
/// A kind that is not known, or what can't be had without.
pub(crate) fn without_towline(mut request: v1::Spawn) -> Result<v1::Spawn, Fault> {
    let kind = std::mem::take(&mut request.agent);
    let start = request.start.take().unwrap_or_default();
    if request.command.is_empty() && !kind.is_empty() {
        let known = towline_agents::KINDS.map(str::to_owned);
        let program =
            towline_agents::program_of(&kind).ok_or_else(|| unknown_kind(&kind, &known))?;
        request.command = vec![program.as_bytes().to_vec()];
    }
    if start.isolated {
        return Err(Fault::invalid(
            "an agent gets a configuration folder of its own from Towline alone",
        )
        .hint("tow host install HOST    puts Towline there"));
    }
    if start.model.is_empty() && start.conversation.is_empty() {
        return Ok(request);
    }
    let command: Vec<String> =
        request.command.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let seen = towline_agents::kind_of("", &command);
    check(seen.or(Some(kind.as_str()).filter(|kind| !kind.is_empty())), &start)?;
    let wanted = Wanted {
        resume: Some(start.conversation).filter(|id| !id.is_empty()),
        model: start.model,
        no_hooks: true,
        ..Wanted::default()
    };
    let prepared = match seen {
        Some(_) => launch::prepare(&command, &wanted),
        None => launch::prepare_as(&kind, &command, &wanted),
    };
    let prepared = prepared.filter(|prepared| prepared.files.is_empty()).ok_or_else(|| {
        Fault::invalid("the agent can be started so by Towline alone")
            .hint("tow host install HOST    puts Towline there")
    })?;
    request.command = prepared.command.into_iter().map(String::into_bytes).collect();
    let pairs = prepared.environment.into_iter().map(|(key, value)| format!("{key}={value}"));
    request.env.extend(pairs.map(String::into_bytes));
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spawned(agent: &str, command: &[&str], start: v1::AgentStart) -> Result<String, String> {
        let command = command.iter().map(|word| word.as_bytes().to_vec()).collect();
        let request =
            v1::Spawn { agent: agent.into(), command, start: Some(start), ..v1::Spawn::default() };
        let words = |request: v1::Spawn| {
            let words =
                request.command.iter().map(|word| String::from_utf8_lossy(word).into_owned());
            words.collect::<Vec<_>>().join(" ")
        };
        without_towline(request).map(words).map_err(|fault| v1::Error::from(fault).message)
    }

    #[test]
    fn an_agent_is_started_by_its_arguments_alone() {
        let plain = v1::AgentStart::default;
        assert_eq!(spawned("cursor", &[], plain()).unwrap(), "cursor-agent");
        assert_eq!(spawned("", &[], plain()).unwrap(), "");
        let resumed = v1::AgentStart { conversation: "0-1".into(), ..plain() };
        assert_eq!(spawned("claude", &[], resumed.clone()).unwrap(), "claude --resume 0-1");
        assert_eq!(spawned("", &["claude"], resumed.clone()).unwrap(), "claude --resume 0-1");
        assert!(spawned("", &["vim"], resumed).unwrap_err().contains("no agent"));
        assert!(spawned("cloud", &[], plain()).unwrap_err().contains("\"cloud\""));
        let isolated = v1::AgentStart { isolated: true, ..plain() };
        assert!(spawned("claude", &[], isolated).unwrap_err().contains("of its own"));
    }
}
