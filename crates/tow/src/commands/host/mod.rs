//! `tow host`: the machines of the fleet.
//!
//! One file per verb. [`remote`] runs scripts on a host; what a verb decides it decides in pure functions.

mod add;
pub(crate) mod check;
mod connect;
mod discover;
mod import;
mod install;
mod list;
mod pair;
pub(crate) mod remote;
mod remove;
mod setup;

use std::process::ExitCode;

use clap::Subcommand;
use towline_client::hosts::{self, Host, Hosts, HostsError};
use towline_client::target::LOCAL_HOST;

use crate::context::Context;
use crate::error::{CommandError, ErrorKind};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "A HOST is an alias of the list, or [USER@]HOST[:PORT].

Examples:
  tow host add thor ssh://mac@nixos-thor --projects '~/src'
  tow host check                     what each host has, and what it lacks
  tow host setup thor                clone your projects there, install tow
  tow host connect thor              answer ssh's questions once";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Put a host into the list, connect to it and check it
    #[command(after_help = add::EXAMPLES)]
    Add(add::Args),
    /// Take hosts out of the list
    #[command(visible_alias = "rm", after_help = remove::EXAMPLES)]
    Remove(remove::Args),
    /// List the hosts, and whether they can be reached
    #[command(visible_alias = "ls", after_help = list::EXAMPLES)]
    List(list::Args),
    /// Find out what hosts have and what they lack
    #[command(after_help = check::EXAMPLES)]
    Check(check::Args),
    /// Get a host ready: projects, settings of agents, tow, lingering
    #[command(after_help = setup::EXAMPLES)]
    Setup(setup::Args),
    /// Copy tow to a host
    #[command(after_help = install::EXAMPLES)]
    Install(install::Args),
    /// Copy a newer tow to hosts that have one; their panes run on
    #[command(after_help = install::UPGRADE_EXAMPLES)]
    Upgrade(install::UpgradeArgs),
    /// Connect to a host now; questions of ssh can be answered
    #[command(after_help = connect::EXAMPLES)]
    Connect(connect::Args),
    /// Close the connection to hosts
    #[command(after_help = connect::DISCONNECT_EXAMPLES)]
    Disconnect(connect::DisconnectArgs),
    /// Find servers on the local network
    #[command(after_help = discover::EXAMPLES)]
    Discover(discover::Args),
    /// Share a secret with a host's server, to reach it by tls
    #[command(after_help = pair::EXAMPLES)]
    Pair(pair::Args),
    /// Take over hosts from files that other tools left
    #[command(after_help = import::EXAMPLES)]
    Import(import::Args),
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    match args.what {
        What::Add(args) => add::run(context, args).await,
        What::Remove(args) => remove::run(context, args).await,
        What::List(args) => list::run(context, args).await,
        What::Check(args) => check::run(context, args).await,
        What::Setup(args) => setup::run(context, args).await,
        What::Install(args) => install::run(context, args).await,
        What::Upgrade(args) => install::upgrade(context, args).await,
        What::Connect(args) => connect::run(context, args).await,
        What::Disconnect(args) => connect::disconnect(context, args).await,
        What::Discover(args) => discover::run(context, args).await,
        What::Pair(args) => pair::run(context, args).await,
        What::Import(args) => import::run(context, args).await,
    }
}

/// The list of hosts.
///
/// # Errors
/// Where the file can't be used.
pub(crate) fn hosts(context: &Context) -> Result<Hosts, CommandError> {
    Ok(hosts::load(&context.paths()?.hosts())?)
}

/// The host that a person names.
///
/// # Errors
/// Where it is none, or this machine.
pub(crate) fn host(hosts: &Hosts, text: &str) -> Result<Host, CommandError> {
    if text == LOCAL_HOST {
        let message = "local is this machine, not another one";
        return Err(CommandError::usage(message).hint("tow doctor"));
    }
    hosts.find(text).map_err(|error| {
        CommandError::new(ErrorKind::NotFound, format!("no such host: {error}"))
            .hint("tow host list")
    })
}

/// Fails for a host where no commands can be run.
///
/// # Errors
/// Where it is not reached by ssh.
fn need_shell(host: &Host) -> Result<(), CommandError> {
    if remote::has_shell(host) {
        return Ok(());
    }
    let message =
        format!("{} is reached by {}, which runs no commands there", host.alias, host.address);
    Err(CommandError::usage(message).hint("name it as [USER@]HOST[:PORT], as ssh knows it"))
}

impl From<HostsError> for CommandError {
    fn from(error: HostsError) -> Self {
        let kind = match &error {
            HostsError::NoSuchHost(_) => ErrorKind::NotFound,
            HostsError::Write { .. } => ErrorKind::Failed,
            _ => ErrorKind::Usage,
        };
        let hints = error.hint().into_iter().collect();
        Self { kind, message: error.to_string(), hints }
    }
}
