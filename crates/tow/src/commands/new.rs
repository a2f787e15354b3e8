//! `tow new`: as `tow spawn`, and a whole command line will do.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::commands::spawn;
use crate::context::Context;
use crate::error::CommandError;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow new ~/src/app --command 'npm install && npm start'
  tow new --name shell --detach -- bash";

/// What the verb takes.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    #[command(flatten)]
    spawn: spawn::Args,

    /// A command line for your shell, in place of a command
    #[arg(long, value_name = "STRING", conflicts_with_all = ["argv", "agent", "preset"])]
    command: Option<OsString>,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    spawn::spawn(context, args.spawn, args.command).await
}
