//! `tow convoy`: issues of several rigs that somebody waits for together.

mod make;
mod show;

use std::process::ExitCode;

use crate::context::Context;
use crate::error::CommandError;
use crate::work;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str =
    "A convoy is closed, and its owner told by mail, when the last issue that it tracks is closed.

Examples:
  tow convoy create \"Release 2\" gt-abc bd-xyz
  tow convoy create \"Big jobs\" gt-abc --preset remote-polecat
  tow convoy add hq-cv-k2x7a gt-def
  tow convoy list
  tow convoy status 1";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a convoy of issues
    #[command(after_help = make::CREATE)]
    Create(make::CreateArgs),
    /// Add issues to a convoy; a closed one is opened again
    #[command(after_help = make::ADD)]
    Add(make::AddArgs),
    /// List the convoys
    #[command(visible_alias = "ls", after_help = show::LIST)]
    List(show::ListArgs),
    /// Show how far a convoy is
    #[command(after_help = show::STATUS)]
    Status(show::StatusArgs),
    /// Close the convoys of which all issues are closed
    #[command(after_help = make::CHECK)]
    Check(make::CheckArgs),
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    match args.action {
        Action::Create(args) => make::create(context, &ledgers, &args),
        Action::Add(args) => make::add(&ledgers, &args),
        Action::List(args) => show::list(&ledgers, &args),
        Action::Status(args) => show::status(&ledgers, &args),
        Action::Check(args) => make::check(&ledgers, &args),
    }
}
