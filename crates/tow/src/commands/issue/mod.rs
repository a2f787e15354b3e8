//! `tow issue`: the work items of a project.
//!
//! One file per verb; what they share is in [`crate::issue`].

mod close;
mod comment;
mod create;
mod delete;
mod dep;
mod label;
mod list;
mod reopen;
mod search;
mod show;
mod stats;
mod tree;
mod update;

use std::process::ExitCode;

use clap::Subcommand;

use crate::context::Context;
use crate::error::CommandError;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str =
    "An ID may be shortened: gt-abc is also gt-a or abc, where that is only one.

Examples:
  tow issue create \"Fix the build\" -t bug -p 1
  tow issue list --assignee me
  tow issue show gt-abc
  tow issue update gt-abc --claim
  tow issue close gt-abc -r \"fixed in 1.2\"
  tow ready                          what can be worked on now";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a new issue
    #[command(visible_alias = "new", after_help = create::EXAMPLES)]
    Create(Box<create::Args>),
    /// List issues
    #[command(visible_alias = "ls", after_help = list::EXAMPLES)]
    List(list::Args),
    /// Show all of an issue
    #[command(after_help = show::EXAMPLES)]
    Show(show::Args),
    /// Change issues
    #[command(visible_alias = "edit", after_help = update::EXAMPLES)]
    Update(Box<update::Args>),
    /// Close issues that are finished, or given up
    #[command(after_help = close::EXAMPLES)]
    Close(close::Args),
    /// Open closed issues again
    #[command(after_help = reopen::EXAMPLES)]
    Reopen(reopen::Args),
    /// Delete issues; without --force, say what would go
    #[command(visible_alias = "rm", after_help = delete::EXAMPLES)]
    Delete(delete::Args),
    /// What hangs on what
    #[command(after_help = dep::EXAMPLES)]
    Dep(dep::Args),
    /// Labels of issues
    #[command(after_help = label::EXAMPLES)]
    Label(label::Args),
    /// Say something about an issue, or show what was said
    #[command(visible_alias = "comments", after_help = comment::EXAMPLES)]
    Comment(comment::Args),
    /// Find issues by what they say
    #[command(after_help = search::EXAMPLES)]
    Search(search::Args),
    /// How much work there is
    #[command(visible_alias = "status", after_help = stats::EXAMPLES)]
    Stats(stats::Args),
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    match args.what {
        What::Create(args) => create::run(context, *args),
        What::List(args) => list::run(context, args),
        What::Show(args) => show::run(context, &args),
        What::Update(args) => update::run(context, &args),
        What::Close(args) => close::run(context, &args),
        What::Reopen(args) => reopen::run(context, &args),
        What::Delete(args) => delete::run(context, &args),
        What::Dep(args) => dep::run(context, args),
        What::Label(args) => label::run(context, args),
        What::Comment(args) => comment::run(context, &args),
        What::Search(args) => search::run(context, args),
        What::Stats(args) => stats::run(context, &args),
    }
}
