//! `tow broadcast`: type the same into many agents.

use std::process::ExitCode;

use globset::{Glob, GlobMatcher};
use towline_agents::State;
use towline_client::target::DETACHED_ID;
use towline_protocol::v1::{self, HostStatus, Pane, reply, request};

use crate::ask::{Answers, has_person};
use crate::commands::send::{Delivery, Manner, Typing, in_words, report, to_many};
use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;
use crate::pane::agent::{parse_state, state_of};
use crate::pane::state::lives;
use crate::pane::target::{host_of, targets};
use crate::request::{Again, unexpected};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "It never types into a pane in which no known agent runs.

Examples:
  tow broadcast \"commit what you have and stop\"
  tow broadcast --host thor --match 'api-*' /compact
  tow broadcast --state idle \"pull, and run the tests\"
  tow broadcast --dry-run x          whom it would reach";

/// How long hosts that are still being connected to are waited for, in milliseconds.
const PATIENCE_MS: u32 = 2000;

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The text, typed literally; several are joined by blanks
    #[arg(value_name = "TEXT", required = true)]
    text: Vec<std::ffi::OsString>,

    /// Only on this host; may be repeated
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,

    /// Only panes whose name matches this pattern: `*`, `?`, `[a-z]`, `{one,two}`
    #[arg(long = "match", value_name = "GLOB", value_parser = glob)]
    name: Option<Glob>,

    /// Only agents in one of these states: working, blocked, idle (done, too), …
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = parse_state)]
    state: Vec<State>,

    /// Don't ask
    #[arg(short, long)]
    yes: bool,

    /// Show whom it would reach, and type nothing
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// Print what became of each as JSON
    #[arg(long)]
    json: bool,
}

fn glob(text: &str) -> Result<Glob, String> {
    Glob::new(text).map_err(|error| error.kind().to_string())
}

/// A pane to type into.
struct Recipient {
    host: String,
    target: String,
    /// Why its host can't be reached, where it can't.
    away: Option<String>,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    use std::os::unix::ffi::OsStrExt;
    let words: Vec<&[u8]> = args.text.iter().map(|word| word.as_bytes()).collect();
    let typing = Typing { text: Some(words.join(&b' ')), keys: Vec::new(), enter: true };
    if typing.text.as_ref().is_some_and(|text| text.iter().all(u8::is_ascii_whitespace)) {
        return Err(CommandError::usage("nothing to send: the text is empty"));
    }
    let list = request::Body::List(v1::List {
        fleet: context.is_own() || !args.host.is_empty(),
        hosts: args.host.clone(),
        patience_ms: PATIENCE_MS,
        ended: false,
    });
    let reply::Body::Listed(listed) = context.ask(list, Again::AsItIs).await? else {
        return Err(unexpected());
    };
    let matcher = args.name.as_ref().map(Glob::compile_matcher);
    let recipients = recipients(listed, matcher.as_ref(), &args.state);
    if recipients.is_empty() {
        return Err(CommandError::new(ErrorKind::NotFound, "there is no agent to send that to")
            .hint("tow list    shows the agents that run"));
    }
    if args.dry_run {
        return dry_run(&recipients, &args);
    }
    if !args.yes {
        agree(&recipients, &typing)?;
    }
    let (there, away): (Vec<_>, Vec<_>) =
        recipients.into_iter().partition(|recipient| recipient.away.is_none());
    let targets = there.into_iter().map(|recipient| recipient.target).collect();
    let sure = Manner { sure: true, ..Manner::default() };
    let mut deliveries = to_many(context, targets, &typing, sure).await;
    deliveries.extend(away.into_iter().map(|recipient| Delivery {
        target: recipient.target,
        taken: String::new(),
        error: recipient.away.map(|why| CommandError::new(ErrorKind::Unreachable, why)),
    }));
    report(context, &deliveries, &typing, args.json)
}

/// The agents of a list; those of hosts that are away are among them, to be told of.
fn recipients(listed: v1::Listed, name: Option<&GlobMatcher>, states: &[State]) -> Vec<Recipient> {
    let v1::Listed { mut panes, mut hosts, .. } = listed;
    panes.extend(hosts.iter_mut().flat_map(|host| std::mem::take(&mut host.panes)));
    let targets = targets(&panes, &hosts);
    let away = |pane: &Pane| {
        let host = hosts.iter().find(|host| host.name == pane.host)?;
        let why = match host.status() {
            HostStatus::Online => return None,
            HostStatus::Connecting => "still connecting",
            _ => &host.error,
        };
        Some(format!("{} is unreachable: {why}", host.name))
    };
    let wanted = |pane: &Pane| {
        // One that runs in no tmux can only be told of.
        let reached = lives(pane) && pane.id < DETACHED_ID;
        let does = || {
            let state = state_of(pane);
            state.is_some_and(|state| states.iter().any(|asked| state.answers_to(*asked)))
        };
        reached
            && pane.agent.is_some()
            && name.is_none_or(|name| name.is_match(&pane.name))
            && (states.is_empty() || does())
    };
    panes
        .iter()
        .zip(targets)
        .filter(|(pane, _)| wanted(pane))
        .map(|(pane, target)| Recipient {
            host: host_of(pane).to_owned(),
            target,
            away: away(pane),
        })
        .collect()
}

/// The recipients by host, a line each.
fn grouped(recipients: &[Recipient]) -> Vec<String> {
    let mut hosts: Vec<&str> = recipients.iter().map(|one| one.host.as_str()).collect();
    hosts.dedup();
    let line = |host: &str| {
        let of_host = recipients.iter().filter(|one| one.host == host);
        let names: Vec<String> = of_host.map(|one| output::one_line(&one.target)).collect();
        format!("{host}: {}", names.join(", "))
    };
    hosts.into_iter().map(line).collect()
}

fn dry_run(recipients: &[Recipient], args: &Args) -> Result<ExitCode, CommandError> {
    if args.json {
        let targets: Vec<&str> = recipients.iter().map(|one| one.target.as_str()).collect();
        output::json(&targets)?;
    } else {
        output::line(grouped(recipients).join("\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows whom it would reach, and asks.
fn agree(recipients: &[Recipient], typing: &Typing) -> Result<(), CommandError> {
    if !has_person() {
        return Err(CommandError::usage("nobody is there to be asked whether to send that")
            .hint("--yes sends without asking; --dry-run shows whom it would reach"));
    }
    grouped(recipients).iter().for_each(output::message);
    let count = match recipients.len() {
        1 => "1 agent".to_owned(),
        count => format!("{count} agents"),
    };
    if Answers::new(false).yes(&format!("send {} to {count}?", in_words(typing))) {
        Ok(())
    } else {
        Err(CommandError::failed("nothing was sent"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pane(host: &str, name: &str, agent: &str) -> Pane {
        Pane {
            host: host.into(),
            name: name.into(),
            agent: (!agent.is_empty())
                .then(|| v1::Agent { kind: agent.into(), ..v1::Agent::default() }),
            status: v1::PaneStatus::Running.into(),
            ..Pane::default()
        }
    }

    #[test]
    fn only_agents_are_reached_and_hosts_that_are_away_are_told_of() {
        let thor = v1::HostState {
            name: "thor".into(),
            status: HostStatus::Unreachable.into(),
            error: "no route".into(),
            panes: vec![pane("thor", "api-far", "codex"), pane("thor", "sh", "")],
            ..v1::HostState::default()
        };
        let listed = v1::Listed {
            panes: vec![
                pane("", "api", "claude"),
                pane("", "web", "claude"),
                pane("", "x", ""),
                Pane { id: DETACHED_ID + 7, ..pane("", "outside", "claude") },
            ],
            hosts: vec![thor],
            ..v1::Listed::default()
        };
        let told = |pattern: Option<&str>| {
            let matcher = pattern.map(|text| glob(text).unwrap().compile_matcher());
            let recipients = recipients(listed.clone(), matcher.as_ref(), &[]);
            let away: Vec<bool> = recipients.iter().map(|one| one.away.is_some()).collect();
            (grouped(&recipients), away)
        };
        let all = (
            vec!["local: api, web".to_owned(), "thor: thor:api-far".into()],
            vec![false, false, true],
        );
        assert_eq!(told(None), all);
        assert_eq!(told(Some("api*")).0, ["local: api", "thor: thor:api-far"]);
        assert!(glob("[").is_err());
    }
}
