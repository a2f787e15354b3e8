//! `tow host list`: the hosts, and whether they can be reached.

use std::process::ExitCode;

use serde::Serialize;
use towline_client::hosts::Host;
use towline_protocol::v1::{self, HostStatus, reply, request};

use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::request::unexpected;
use crate::table::{Align, Cell, Table, terminal_width};
use crate::time;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str =
    "The list is a file that you may edit: hosts.toml in the folder of `tow config path`.

Examples:
  tow host list
  tow host list --json | jq -r '.hosts[].address'";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct ListJson<'a> {
    hosts: Vec<HostJson<'a>>,
}

/// A host of the list.
#[derive(Debug, Serialize)]
struct HostJson<'a> {
    host: &'a str,
    address: String,
    projects: Option<&'a str>,
    backend: &'static str,
    attach: &'static str,
    /// As this machine's server has it: `online`, `connecting` or `unreachable`; null while no server runs here.
    status: Option<&'static str>,
    seen_at: Option<String>,
    rtt_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    same_as: Option<&'a str>,
}

/// Runs the verb.
pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let hosts = super::hosts(context)?;
    if hosts.is_empty() && !args.json {
        context.say("the list has no hosts");
        context.say("hint: tow host add ALIAS ssh://[USER@]HOST");
        return Ok(ExitCode::SUCCESS);
    }
    let states = states(context).await?;
    let rows: Vec<HostJson> = hosts.iter().map(|host| row(host, &states)).collect();
    match args.json {
        true => output::json(&ListJson { hosts: rows })?,
        false => output::print(shown(&rows, terminal_width(), context.colors()))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What this machine's server knows of the hosts; nothing where it does not run: a list of names starts no server.
async fn states(context: &Context) -> Result<Vec<v1::HostState>, CommandError> {
    let Some(connection) = context.connect_running().await? else { return Ok(Vec::new()) };
    let list = v1::List { fleet: true, ..v1::List::default() };
    match connection.request(request::Body::List(list)).await? {
        reply::Body::Listed(listed) => Ok(listed.hosts),
        _ => Err(unexpected()),
    }
}

fn row<'a>(host: &'a Host, states: &'a [v1::HostState]) -> HostJson<'a> {
    let state = states.iter().find(|state| state.name == host.alias);
    let text = |text: &'a str| Some(text).filter(|text| !text.is_empty());
    let status = state.and_then(|state| match state.status() {
        HostStatus::Unspecified => None,
        HostStatus::Online => Some("online"),
        HostStatus::Connecting => Some("connecting"),
        HostStatus::Unreachable => Some("unreachable"),
    });
    // What it was once says nothing of now.
    let online = state.filter(|state| state.status() == HostStatus::Online);
    let rtt = online.map_or(0, |state| state.rtt_us);
    HostJson {
        host: &host.alias,
        address: host.address.to_string(),
        projects: host.projects.as_deref(),
        backend: host.backend.name(),
        attach: host.attach.name(),
        status,
        seen_at: state.and_then(|state| time::rfc3339(state.seen_at)),
        rtt_ms: (rtt > 0).then(|| f64::from(rtt) / 1e3),
        error: state.and_then(|state| text(&state.error)),
        same_as: state.and_then(|state| text(&state.same_as)),
    }
}

const COLUMNS: &[(&str, Align)] = &[
    ("HOST", Align::Left),
    ("STATE", Align::Left),
    ("RTT", Align::Right),
    ("BACKEND", Align::Left),
    ("PROJECTS", Align::Left),
    ("ADDRESS", Align::Left),
];

fn shown(rows: &[HostJson<'_>], width: Option<usize>, colors: bool) -> String {
    let mut table = Table::new(COLUMNS).dispensable(&["BACKEND", "PROJECTS", "RTT"]);
    for row in rows {
        let state = match (row.status, row.same_as) {
            (_, Some(other)) => format!("same as {other}"),
            (Some(status), None) => status.to_owned(),
            (None, None) => "-".to_owned(),
        };
        let rtt = row.rtt_ms.map_or("-".to_owned(), |rtt| format!("{rtt:.1}ms"));
        let projects = row.projects.unwrap_or("-");
        let cells = [row.host, &state, &rtt, row.backend, projects, &row.address];
        table.row(cells.iter().map(Cell::plain).collect());
    }
    let mut out = table.lines(width, colors).join("\n");
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use towline_client::hosts::Address;

    #[test]
    fn hosts_are_shown_with_what_is_known_of_them() {
        let host = |alias: &str| Host::new(alias, Address::ssh(alias).unwrap());
        let hosts =
            [host("thor"), Host { projects: Some("~/src".into()), ..host("jedi") }, host("loki")];
        let state = |name: &str, status: HostStatus, rtt_us, same_as: &str| v1::HostState {
            name: name.into(),
            status: status.into(),
            rtt_us,
            same_as: same_as.into(),
            ..Default::default()
        };
        let states = [
            state("thor", HostStatus::Online, 12_345, ""),
            state("jedi", HostStatus::Online, 0, "thor"),
        ];
        let rows: Vec<HostJson> = hosts.iter().map(|host| row(host, &states)).collect();
        assert_eq!(
            shown(&rows, None, false),
            "HOST  STATE            RTT  BACKEND  PROJECTS  ADDRESS\n\
             thor  online        12.3ms  auto     -         ssh://thor\n\
             jedi  same as thor       -  auto     ~/src     ssh://jedi\n\
             loki  -                  -  auto     -         ssh://loki\n"
        );
    }
}
