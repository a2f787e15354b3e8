//! `tow host connect` and `disconnect`: the connection to a host, by hand.

use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use towline_client::hosts::Host;
use towline_client::transport::{DialOptions, disconnect_master};
use towline_protocol::v1::{self, reply, request};

use super::remote;
use crate::ask;
use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::request::unexpected;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str =
    "In the background nobody can be asked for a passphrase, a second factor or whether a
host's key is right. Here ssh asks, and the connection is then used by everything
else, until ten minutes after its last use.

Examples:
  tow host connect thor
  tow host connect mac@nixos-thor:2222";

/// The end of the help of `disconnect`.
pub(super) const DISCONNECT_EXAMPLES: &str =
    "What runs there runs on. The next command that is about the host connects again.

Examples:
  tow host disconnect thor
  tow host disconnect --all";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A host of the list, or [USER@]HOST[:PORT]
    host: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `disconnect` takes.
#[derive(Debug, clap::Args)]
pub(super) struct DisconnectArgs {
    /// Hosts of the list, or [USER@]HOST[:PORT]
    #[arg(value_name = "HOST", required_unless_present = "all")]
    hosts: Vec<String>,
    /// All hosts of the list
    #[arg(long, conflicts_with = "hosts")]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct ConnectedJson {
    host: String,
    version: Option<String>,
    rtt_ms: f64,
    /// Its panes are those of tmux, driven from here.
    tmux: bool,
}

#[derive(Debug, Serialize)]
struct DisconnectedJson {
    disconnected: Vec<String>,
}

/// Runs the verb.
pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let host = super::host(&super::hosts(context)?, &args.host)?;
    let options = foreground(context)?;
    if remote::has_shell(&host) {
        remote::connect(&host, &options).await?;
    }
    let state = connect_server(context, &host).await?;
    let version = state.host.as_ref().map(|host| host.version.clone());
    let rtt_ms = f64::from(state.rtt_us) / 1e3;
    if args.json {
        output::json(&ConnectedJson { host: host.alias, version, rtt_ms, tmux: state.tmux })?;
    } else {
        let kind = match (&version, state.tmux) {
            (Some(version), false) => format!("Towline {version}"),
            _ => "tmux".to_owned(),
        };
        context.say(format_args!("connected to {}: {kind}, round trip {rtt_ms:.1} ms", host.alias));
    }
    Ok(ExitCode::SUCCESS)
}

/// How a host is dialled where a person may be there to answer.
///
/// # Errors
/// Where the user has no folders.
pub(super) fn foreground(context: &Context) -> Result<DialOptions, CommandError> {
    Ok(DialOptions { interactive: ask::has_person(), ..context.dial_options()? })
}

/// Has this machine's server connect to the host now.
///
/// # Errors
/// Why it can't.
pub(super) async fn connect_server(
    context: &Context,
    host: &Host,
) -> Result<v1::HostState, CommandError> {
    /// So that the server's answer comes before this side gives up.
    const MARGIN: Duration = Duration::from_millis(200);
    let patience = context.step_timeout().saturating_sub(MARGIN);
    let patience_ms = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
    let body = request::Body::Connect(v1::Connect { patience_ms });
    match context.connect().await?.request_on(&host.alias, body).await? {
        reply::Body::Connected(v1::Connected { host: Some(state) }) => Ok(state),
        _ => Err(unexpected()),
    }
}

/// Runs `disconnect`.
pub(super) async fn disconnect(
    context: &Context,
    args: DisconnectArgs,
) -> Result<ExitCode, CommandError> {
    let listed = super::hosts(context)?;
    let hosts: Vec<Host> = match args.all {
        true => listed.iter().cloned().collect(),
        false => {
            args.hosts.iter().map(|text| super::host(&listed, text)).collect::<Result<_, _>>()?
        }
    };
    for host in &hosts {
        close(context, host).await?;
    }
    let disconnected: Vec<String> = hosts.into_iter().map(|host| host.alias).collect();
    match args.json {
        true => output::json(&DisconnectedJson { disconnected })?,
        false => {
            let say = |alias: &String| context.say(format_args!("disconnected from {alias}"));
            disconnected.iter().for_each(say);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Closes the connection to a host: the server's link, and below it ssh's master.
///
/// # Errors
/// Where this machine's server runs and can't be asked.
pub(super) async fn close(context: &Context, host: &Host) -> Result<(), CommandError> {
    if let Some(connection) = context.connect_running().await? {
        let body = request::Body::Disconnect(v1::Disconnect {});
        connection.request_on(&host.alias, body).await?;
    }
    disconnect_master(host, &context.dial_options()?).await;
    Ok(())
}
