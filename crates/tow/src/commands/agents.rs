//! `tow agents`: the kinds of agents that are known, where they are installed, and the rules for them.

mod check;
mod list;

use std::process::ExitCode;

use clap::Subcommand;

use crate::context::Context;
use crate::error::CommandError;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow agents list                    which are known, and which are installed where
  tow agents list --host thor
  tow agents check                   what is wrong with your own files of rules";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the kinds of agents, and where they are installed
    #[command(visible_alias = "ls", after_help = list::EXAMPLES)]
    List(list::Args),
    /// Check files of rules
    #[command(after_help = check::EXAMPLES)]
    Check(check::Args),
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    match args.verb {
        Verb::List(args) => list::run(context, args).await,
        Verb::Check(args) => check::run(context, args),
    }
}
