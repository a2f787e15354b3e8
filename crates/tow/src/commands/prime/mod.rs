//! `tow prime`: tells an agent who it is and what its work is.
//!
//! It runs at every start of a session, so it is quick, and it never fails: what can't be had is told as a warning, and the status is 0.

mod gather;
mod hook_input;
mod patrol;
mod role;
mod text;

use std::process::ExitCode;

use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::work;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Agents run it by their SessionStart hook: tow integrate claude puts that into your settings, and the worktrees that
Towline makes have it. An agent without hooks is told to run it.

Examples:
  tow prime                          in the folder that you work in
  tow prime --json";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Called by an agent's hook, which says on standard input which session it is
    #[arg(long)]
    hook: bool,

    /// Change nothing: a patrol role gets no patrol
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let session = if args.hook { hook_input::read() } else { None };
    let told = match work::quiet_ledgers(None) {
        Ok(ledgers) => gather::gather(context, &ledgers, session, args.dry_run),
        Err(error) => gather::Primed::nowhere(&error.message),
    };
    let outcome = match args.json {
        true => output::json(&told),
        false => output::print(text::markdown(&told)),
    };
    // Whoever started it may have closed its output.
    let _ = outcome;
    Ok(ExitCode::SUCCESS)
}
