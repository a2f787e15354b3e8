//! `tow host remove`: take hosts out of the list.

use std::process::ExitCode;

use serde::Serialize;
use towline_client::hosts::{Host, HostsError, HostsFile};

use super::connect::close;
use crate::context::Context;
use crate::error::CommandError;
use crate::output;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "What runs there runs on; the host can be added again.

Examples:
  tow host remove thor
  tow host remove thor jedi";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Aliases of the list
    #[arg(value_name = "HOST", required = true)]
    hosts: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct RemovedJson {
    removed: Vec<String>,
}

/// Runs the verb: all of them, or none where one is not in the list.
pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let listed = super::hosts(context)?;
    let find = |alias: &String| -> Result<Host, CommandError> {
        let host = listed.get(alias).cloned();
        Ok(host.ok_or_else(|| HostsError::NoSuchHost(alias.clone()))?)
    };
    let hosts: Vec<Host> = args.hosts.iter().map(find).collect::<Result<_, _>>()?;
    for host in &hosts {
        close(context, host).await?;
    }
    let mut file = HostsFile::open(&context.paths()?.hosts())?;
    for host in &hosts {
        file.remove(&host.alias);
    }
    file.save()?;
    let removed: Vec<String> = hosts.into_iter().map(|host| host.alias).collect();
    match args.json {
        true => output::json(&RemovedJson { removed })?,
        false => removed.iter().for_each(|alias| context.say(format_args!("removed {alias}"))),
    }
    Ok(ExitCode::SUCCESS)
}
