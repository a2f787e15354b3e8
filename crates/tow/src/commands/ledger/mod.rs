//! `tow ledger`: the file that the work lies in, and how it travels.

mod check;
mod exchange;
mod export;
mod import;
mod init;
mod merge_driver;
mod sync;

use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;
use towline_dispatch::sync::driver;
use towline_ledger::merge::{Delta, Renamed};

use crate::context::Context;
use crate::error::CommandError;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str =
    "The ledger is .beads/issues.jsonl, the file that bd and gt use too.

Examples:
  tow ledger init --prefix gt     make one here
  tow ledger sync                 commit, merge and push it; your other files stay as they are
  tow ledger check --fix          find and mend what a merge or a crash has left";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a ledger here, and have git merge it issue by issue
    #[command(after_help = init::EXAMPLES)]
    Init(init::Args),
    /// Commit the ledger, merge it with the remote's, and push it
    #[command(after_help = sync::EXAMPLES)]
    Sync(sync::Args),
    /// Find what a merge, a crash or an editor has left; mend it
    #[command(after_help = check::EXAMPLES)]
    Check(check::Args),
    /// Print the issues, or write them to a file
    #[command(after_help = export::EXAMPLES)]
    Export(export::Args),
    /// Merge issues from a file into the ledger
    #[command(after_help = import::EXAMPLES)]
    Import(import::Args),
    /// Make ledgers the same as another host's now
    #[command(after_help = exchange::EXAMPLES)]
    Exchange(exchange::Args),
    /// Merge three versions of a ledger, for git
    #[command(hide = true, after_help = merge_driver::EXAMPLES)]
    MergeDriver(merge_driver::Args),
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    match args.what {
        What::Init(args) => init::run(context, &args),
        What::Sync(args) => sync::run(context, &args),
        What::Check(args) => check::run(context, &args),
        What::Export(args) => export::run(context, &args),
        What::Import(args) => import::run(context, &args),
        What::Exchange(args) => exchange::run(context, args).await,
        What::MergeDriver(args) => merge_driver::run(&args),
    }
}

/// What differs, for programs.
#[derive(Debug, Serialize)]
struct DeltaJson<'a> {
    added: &'a [String],
    changed: &'a [String],
    removed: &'a [String],
}

impl<'a> From<&'a Delta> for DeltaJson<'a> {
    fn from(delta: &'a Delta) -> Self {
        Self { added: &delta.added, changed: &delta.changed, removed: &delta.removed }
    }
}

/// An issue with a new id, for programs.
#[derive(Debug, Serialize)]
struct RenamedJson<'a> {
    old: &'a str,
    new: &'a str,
    title: &'a str,
}

impl<'a> From<&'a Renamed> for RenamedJson<'a> {
    fn from(renamed: &'a Renamed) -> Self {
        Self { old: &renamed.old, new: &renamed.new, title: &renamed.title }
    }
}

/// Says which issues have new ids.
fn say_renamed(context: &Context, renamed: &[Renamed]) {
    for Renamed { old, new, title } in renamed {
        let title = crate::output::one_line(title);
        context.say(format_args!("{old} was given twice: \"{title}\" is {new} now"));
    }
}

/// `3 issues`, `1 issue`.
fn issues(count: usize) -> String {
    if count == 1 { "1 issue".to_owned() } else { format!("{count} issues") }
}

/// Where this program is, as git is to call it.
///
/// # Errors
/// Where that can't be told.
fn program() -> Result<std::path::PathBuf, CommandError> {
    std::env::current_exe().map_err(|error| CommandError::io("cannot tell where tow is", &error))
}

/// What is to be done about how git merges a ledger, in a few words; `None` where it is fine.
fn driver_trouble(state: &driver::State) -> Option<String> {
    match state {
        driver::State::Installed => None,
        driver::State::NotAsked => Some("git merges the ledger line by line".to_owned()),
        driver::State::Foreign(name) => {
            Some(format!("git merges the ledger by `merge={name}`, which knows no issues"))
        }
        driver::State::Other { name, command: None } => Some(format!(
            ".gitattributes asks for merge={name}, and this clone's configuration has no such driver"
        )),
        driver::State::Other { name, command: Some(command) } => {
            Some(format!("git merges the ledger by {name}, which is: {command}"))
        }
    }
}
