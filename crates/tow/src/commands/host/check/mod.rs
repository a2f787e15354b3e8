//! `tow host check`: what hosts have and what they lack.
//!
//! One script looks at a host by ssh ([`facts`]); what that means is decided in [`judge`].

mod facts;
mod judge;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::task::JoinSet;
use towline_client::HelloOptions;
use towline_client::hosts::Host;
use towline_client::transport::{self, DialOptions};
use towline_protocol::SUPPORTED;
use towline_protocol::v1::{self, reply, request};

pub(crate) use facts::Facts;
#[cfg(test)]
pub(super) use facts::Program;
use facts::Server;

use super::remote::{self, Script};
use crate::commands::doctor::finding::{Finding, Status, render};
use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::launch;
use crate::output;
use crate::request::unexpected;
use crate::size::bytes_in_words;
use crate::table::{Align, Cell, Table, terminal_width};

/// The end of the verb's help.
pub(super) const EXAMPLES: &str =
    "The exit status is 5 where no host could be reached, and 1 where one could not or has a fault.

Examples:
  tow host check              all hosts of the list
  tow host check thor         and what helps against its faults
  tow host check --json | jq '.hosts[] | select(.ok | not) | .host'";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Hosts of the list, or [USER@]HOST[:PORT]; all of the list where none is named
    #[arg(value_name = "HOST")]
    hosts: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How often the round trip is measured. The shortest counts.
const PINGS: usize = 3;

/// How long the looking itself may take: a login shell there has 5 s for its environment.
const PROBE_DEADLINE: Duration = Duration::from_secs(30);

/// What was found out about a host.
#[derive(Debug, Serialize)]
pub(crate) struct Checked {
    #[serde(rename = "host")]
    pub(crate) alias: String,
    address: String,
    /// It was reached and nothing is wrong.
    ok: bool,
    reachable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(flatten)]
    pub(crate) facts: Option<Facts>,
    checks: Vec<Finding>,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    hosts: &'a [Checked],
}

/// Runs the verb.
pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let listed = super::hosts(context)?;
    let hosts: Vec<Host> = match args.hosts.is_empty() {
        true => listed.iter().cloned().collect(),
        false => {
            args.hosts.iter().map(|text| super::host(&listed, text)).collect::<Result<_, _>>()?
        }
    };
    if hosts.is_empty() && !args.json {
        context.say("the list has no hosts");
        context.say("hint: tow host add ALIAS ssh://[USER@]HOST");
        return Ok(ExitCode::SUCCESS);
    }
    let checked = check_all(context, hosts).await?;
    if args.json {
        output::json(&Report { hosts: &checked })?;
    } else {
        output::print(shown(&checked, terminal_width(), context.colors()))?;
    }
    Ok(status(&checked))
}

/// `tow doctor --host`: all that was looked at on one host.
///
/// # Errors
/// Where it is no host.
pub(crate) async fn doctor(
    context: &Context,
    host: &str,
    json: bool,
) -> Result<ExitCode, CommandError> {
    let host = super::host(&super::hosts(context)?, host)?;
    let checked = check(host, context.dial_options()?).await;
    match json {
        true => output::json(&checked)?,
        false => output::print(render(&checked.checks, terminal_width(), context.colors()))?,
    }
    Ok(status(&[checked]))
}

/// Looks at hosts, all at the same time.
///
/// # Errors
/// Where nothing can be looked at at all.
async fn check_all(context: &Context, hosts: Vec<Host>) -> Result<Vec<Checked>, CommandError> {
    let options = context.dial_options()?;
    let mut tasks = JoinSet::new();
    for (index, host) in hosts.into_iter().enumerate() {
        let options = options.clone();
        tasks.spawn(async move { (index, check(host, options).await) });
    }
    let mut checked = Vec::new();
    while let Some(done) = tasks.join_next().await {
        checked.extend(done.ok());
    }
    checked.sort_by_key(|(index, _)| *index);
    Ok(checked.into_iter().map(|(_, checked)| checked).collect())
}

/// Looks at one host.
pub(crate) async fn check(host: Host, options: DialOptions) -> Checked {
    let looked = match remote::has_shell(&host) {
        true => probe(&host, &options).await,
        false => greet(&host, &options).await,
    };
    let (facts, checks, error) = match looked {
        Ok((facts, checks)) => (Some(facts), checks, None),
        Err(error) => {
            let message = reason(&host, &error.message);
            let finding = Finding::of("connection").failed(message.clone());
            let fix = error.hints.first().cloned();
            (None, vec![Finding { fix, ..finding }], Some(message))
        }
    };
    let ok = checks.iter().all(|finding| finding.status != Status::Failed);
    let (alias, address) = (host.alias, host.address.to_string());
    Checked { alias, address, ok, reachable: facts.is_some(), error, facts, checks }
}

/// The message of an error without what its row says too.
fn reason(host: &Host, message: &str) -> String {
    let said = [host.alias.clone(), host.address.to_string()];
    let said = said.map(|place| format!("cannot reach {place}: "));
    said.iter().find_map(|said| message.strip_prefix(said)).unwrap_or(message).to_owned()
}

/// Looks at a host that commands can be run on.
async fn probe(host: &Host, options: &DialOptions) -> Result<(Facts, Vec<Finding>), CommandError> {
    let facts = look(host, options).await?;
    let findings =
        judge::judge(host, &facts, env!("CARGO_PKG_VERSION"), (SUPPORTED.min, SUPPORTED.max));
    Ok((facts, findings))
}

/// Finds out what a host has.
///
/// # Errors
/// Where it can't be reached, or the looking came to no end.
pub(crate) async fn look(host: &Host, options: &DialOptions) -> Result<Facts, CommandError> {
    remote::connect(host, options).await?;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut arguments = vec![text(&host.projects), text(&host.tow), text(&host.tmux)];
    arguments.extend(launch::AGENTS.iter().map(|agent| (*agent).to_owned()));
    let text = facts::probe();
    let script = Script::new(&text, PROBE_DEADLINE).arguments(arguments);
    let ran = remote::run(host, options, &Script { pings: PINGS, ..script }, |_| {}).await?;
    let facts = Facts::parse(&ran.stdout).ok_or_else(|| {
        let why = ran.stderr.last().map_or("it said nothing", String::as_str);
        CommandError::failed(format!("cannot look at {}: {why}", host.alias))
    })?;
    let noise = ran.noise.lines().find(|line| !line.trim().is_empty()).map(str::to_owned);
    Ok(Facts { rtt: ran.rtt, noise, ..facts })
}

/// Looks at a server that is reached without a shell.
async fn greet(host: &Host, options: &DialOptions) -> Result<(Facts, Vec<Finding>), CommandError> {
    let hello = HelloOptions { deadline: options.deadline, ..HelloOptions::default() };
    let connection = transport::connect(host, options, hello)
        .await
        .map_err(|error| CommandError::reach(host, error))?;
    let begun = Instant::now();
    let reply = connection.request(request::Body::Status(v1::Status {})).await?;
    let rtt = begun.elapsed();
    let reply::Body::Status(status) = reply else { return Err(unexpected()) };
    let own = env!("CARGO_PKG_VERSION");
    let mut findings = vec![Finding::of("connection").ok(format!(
        "{}, round trip {:.1} ms",
        host.address,
        rtt.as_secs_f64() * 1e3
    ))];
    findings.push(match status.version == own {
        true => Finding::of("server").ok(format!("{} panes, version {own}", status.panes)),
        false => Finding::of("server").warning(format!("is {}, this one is {own}", status.version)),
    });
    findings.extend(status.degraded.first().map(|fault| Finding::of("server").warning(fault)));
    let server = Server {
        version: status.version,
        panes: status.panes.into(),
        protocol: (status.protocol_min, status.protocol_max),
        degraded: status.degraded,
    };
    Ok((Facts { rtt: Some(rtt), server: Some(server), ..Facts::default() }, findings))
}

impl Checked {
    /// What is not all right.
    pub(crate) fn faults(&self) -> Vec<Finding> {
        self.checks.iter().filter(|finding| finding.status != Status::Ok).cloned().collect()
    }

    /// Why it could not be looked at.
    pub(crate) fn unreachable(&self) -> Option<&str> {
        self.error.as_deref()
    }
}

/// The exit status.
fn status(checked: &[Checked]) -> ExitCode {
    let reached = checked.iter().filter(|host| host.reachable).count();
    if reached == 0 && !checked.is_empty() {
        return ExitCode::from(ErrorKind::Unreachable.exit_status());
    }
    match checked.iter().all(|host| host.ok) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

const COLUMNS: &[(&str, Align)] = &[
    ("HOST", Align::Left),
    ("STATE", Align::Left),
    ("RTT", Align::Right),
    ("TOW", Align::Left),
    ("TMUX", Align::Left),
    ("SSH", Align::Left),
    ("FREE", Align::Right),
    ("AGENTS", Align::Left),
];

/// A table of the hosts, and beneath it what is not all right.
fn shown(checked: &[Checked], width: Option<usize>, colors: bool) -> String {
    let mut table = Table::new(COLUMNS).dispensable(&["FREE", "SSH", "TMUX"]);
    for host in checked {
        table.row(row(host).iter().map(Cell::plain).collect());
    }
    let mut out = table.lines(width, colors).join("\n");
    out.push('\n');
    for host in checked {
        let faults = host.faults();
        if !faults.is_empty() {
            out.push_str(&format!("\n{}\n{}", host.alias, render(&faults, width, colors)));
        }
    }
    out
}

fn row(host: &Checked) -> [String; 8] {
    let none = || "-".to_owned();
    let state = match (host.reachable, host.ok) {
        (false, _) => "unreachable",
        (true, false) => "faulty",
        (true, true) => "ok",
    };
    let Some(facts) = &host.facts else {
        let mut row = std::array::from_fn(|_| none());
        row[0] = host.alias.clone();
        row[1] = state.into();
        return row;
    };
    let version = |program: &Option<facts::Program>| {
        program.as_ref().map_or_else(none, |program| program.version.clone())
    };
    let tow = match (&facts.tow, &facts.server) {
        (None, Some(server)) => server.version.clone(),
        (tow, _) => version(tow),
    };
    let agents: Vec<&str> = facts.agents.iter().map(|agent| agent.kind.as_str()).collect();
    [
        host.alias.clone(),
        state.into(),
        facts.rtt.map_or_else(none, |rtt| format!("{:.1}ms", rtt.as_secs_f64() * 1e3)),
        tow,
        version(&facts.tmux),
        facts.ssh.clone().unwrap_or_else(none),
        facts.disk_free_bytes.map_or_else(none, bytes_in_words),
        if agents.is_empty() { none() } else { agents.join(",") },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(alias: &str, reachable: bool, checks: Vec<Finding>) -> Checked {
        Checked {
            alias: alias.into(),
            address: format!("ssh://{alias}"),
            ok: checks.iter().all(|finding| finding.status != Status::Failed),
            reachable,
            error: None,
            facts: reachable.then(Facts::default),
            checks,
        }
    }

    #[test]
    fn faults_stand_beneath_the_table() {
        let hosts = [
            checked(
                "thor",
                true,
                vec![Finding::of("tow").warning("not found").fix("tow host install thor")],
            ),
            checked("jedi", false, vec![Finding::of("connection").failed("Connection refused")]),
            checked("loki", true, vec![Finding::of("tow").ok("fine")]),
        ];
        assert_eq!(
            shown(&hosts, None, false),
            "HOST  STATE        RTT  TOW  TMUX  SSH  FREE  AGENTS\n\
             thor  ok             -  -    -     -       -  -\n\
             jedi  unreachable    -  -    -     -       -  -\n\
             loki  ok             -  -    -     -       -  -\n\
             \n\
             thor\n! tow  not found\n       fix: tow host install thor\n\
             \n\
             jedi\n✗ connection  Connection refused\n"
        );
    }

    #[test]
    fn the_exit_status_tells_how_many_are_well() {
        let ok = || checked("a", true, Vec::new());
        let faulty = || checked("b", true, vec![Finding::of("tow").failed("none")]);
        let gone = || checked("c", false, vec![Finding::of("connection").failed("no")]);
        for (hosts, expected) in [
            (vec![], 0),
            (vec![ok()], 0),
            (vec![ok(), faulty()], 1),
            (vec![ok(), gone()], 1),
            (vec![gone(), gone()], 5),
        ] {
            assert_eq!(status(&hosts), ExitCode::from(expected));
        }
    }
}
