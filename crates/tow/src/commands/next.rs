//! `tow next`: to the agent that has waited longest for a person, on whichever host it is.

use std::process::ExitCode;

use towline_protocol::v1::{self, HostStatus, Pane, reply, request};

use super::attach::attach_to;
use crate::attach::{is_inside, on_terminal};
use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::pane::agent::urgency;
use crate::pane::json::PaneJson;
use crate::pane::target::target_of;
use crate::request::{Again, unexpected};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str =
    "Who is blocked comes first, then who is done; of those who has waited longest. \
Idle agents that somebody has looked at wait for nobody.

Examples:
  tow next                     attach to it; Ctrl-b d detaches
  while tow next; do :; done   from one to the next, until nobody waits
  tow next --host thor
  tow peek \"$(tow next --print)\"";

/// How long hosts that are still being connected to are waited for, in milliseconds.
const PATIENCE_MS: u32 = 2000;

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only on this host: an alias, `local`, or [user@]host[:port]; may be repeated
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,

    /// Print its target rather than attach, as is done without a terminal
    #[arg(long)]
    print: bool,

    /// Print the pane as JSON rather than attach
    #[arg(long, conflicts_with = "print")]
    json: bool,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let list = v1::List {
        ended: false,
        // A server that was named is asked for itself.
        fleet: context.is_own() || !args.host.is_empty(),
        hosts: args.host.clone(),
        patience_ms: PATIENCE_MS,
    };
    let reply::Body::Listed(listed) = context.ask(request::Body::List(list), Again::AsItIs).await?
    else {
        return Err(unexpected());
    };
    let pane = longest_waiting(&listed, |pane| is_inside(context, pane));
    let Some(pane) = pane else { return Err(nobody(&listed)) };
    let target = target_of(pane);
    if args.json {
        output::json(&PaneJson::new(pane, &target))?;
    } else if args.print || !on_terminal() {
        output::line(target)?;
    } else {
        return attach_to(context, pane).await;
    }
    Ok(ExitCode::SUCCESS)
}

/// The pane that needs a person most, of hosts that are there. `is_here` says of a pane that this very command runs in it.
fn longest_waiting(listed: &v1::Listed, is_here: impl Fn(&Pane) -> bool) -> Option<&Pane> {
    let there = |host: &&v1::HostState| host.status() == HostStatus::Online;
    let elsewhere = listed.hosts.iter().filter(there).flat_map(|host| &host.panes);
    let panes = listed.panes.iter().chain(elsewhere).filter(|pane| !is_here(pane));
    panes
        .filter_map(|pane| Some((urgency(pane)?, pane)))
        .min_by_key(|(urgency, _)| *urgency)
        .map(|(_, pane)| pane)
}

/// That nobody waits; and of which hosts that isn't known.
fn nobody(listed: &v1::Listed) -> CommandError {
    let away = |host: &&v1::HostState| host.status() != HostStatus::Online;
    let away: Vec<&str> = listed.hosts.iter().filter(away).map(|host| host.name.as_str()).collect();
    let but = match away.as_slice() {
        [] => String::new(),
        [host] => format!(", as far as is known: {host} is away"),
        hosts => format!(", as far as is known: {} are away", hosts.join(", ")),
    };
    CommandError::failed(format!("no agent waits for a person{but}")).hint("tow list --agents")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pane(host: &str, name: &str, state: &str, since: u64) -> Pane {
        let agent = v1::Agent { state: state.into(), since, ..Default::default() };
        Pane { host: host.into(), name: name.into(), agent: Some(agent), ..Default::default() }
    }

    fn host(name: &str, status: HostStatus, panes: Vec<Pane>) -> v1::HostState {
        v1::HostState { name: name.into(), status: status.into(), panes, ..Default::default() }
    }

    #[test]
    fn the_most_urgent_of_all_hosts_is_next() {
        let mut listed = v1::Listed {
            panes: vec![
                pane("", "idle", "idle", 1),
                pane("", "done", "done", 2),
                pane("", "own", "blocked", 3),
            ],
            hosts: vec![
                host("thor", HostStatus::Online, vec![pane("thor", "late", "blocked", 9)]),
                host("loki", HostStatus::Online, vec![pane("loki", "early", "blocked", 5)]),
                host("dead", HostStatus::Unreachable, vec![pane("dead", "gone", "blocked", 1)]),
            ],
            ..Default::default()
        };
        let mut order = Vec::new();
        loop {
            let next = longest_waiting(&listed, |pane| pane.name == "own");
            let Some(name) = next.map(|pane| pane.name.clone()) else { break };
            listed.panes.retain(|pane| pane.name != name);
            listed.hosts.iter_mut().for_each(|host| host.panes.retain(|pane| pane.name != name));
            order.push(name);
        }
        assert_eq!(order, ["early", "late", "done"]);
        let message = nobody(&listed).message;
        assert_eq!(message, "no agent waits for a person, as far as is known: dead is away");
    }
}
