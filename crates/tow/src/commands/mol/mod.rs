//! `tow mol`: work in steps. A formula is poured into a root issue and one issue for each step; whoever has it on their hook
//! works through them one by one.

mod attach;
mod away;
mod current;
mod list;
pub(crate) mod pour;
mod progress;
pub(crate) mod status;
mod step;

use std::process::ExitCode;

use towline_ledger::{Identity, Ledgers};

use crate::context::Context;
use crate::error::CommandError;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "A molecule is a formula that was poured: a root issue, and a child for each step. A wisp is one that
leaves no trace when it is over. `tow sling FORMULA TARGET` pours one and hands it to somebody.

Examples:
  tow mol status                     what is on your hook, and how far it is
  tow mol step done gt-abc.1         finish a step; says which comes next
  tow mol pour release --var version=2.0
  tow mol attach gt-xyz gt-abc       do the work gt-xyz by the steps of gt-abc
  tow mol squash                     it is over: leave one line of it";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show what is on a hook, and how far it is
    #[command(after_help = status::EXAMPLES)]
    Status(status::Args),
    /// Show the step that somebody works on
    #[command(after_help = current::EXAMPLES)]
    Current(current::Args),
    /// Finish a step
    #[command(after_help = "Examples:\n  tow mol step done app-x7k.2")]
    Step(step::Args),
    /// Show how far a molecule is
    #[command(after_help = progress::EXAMPLES)]
    Progress(progress::Args),
    /// Make the issues of a formula
    #[command(after_help = pour::POUR)]
    Pour(pour::Args),
    /// Make the issues of a formula that leave no trace when they are over
    #[command(after_help = pour::WISP)]
    Wisp(pour::Args),
    /// Do away with a molecule, and leave one closed issue that tells of it
    #[command(after_help = away::SQUASH)]
    Squash(away::Args),
    /// Do away with a molecule
    #[command(after_help = away::BURN)]
    Burn(away::Args),
    /// Do a piece of work by the steps of a molecule
    #[command(after_help = attach::ATTACH)]
    Attach(attach::AttachArgs),
    /// Take a molecule off a piece of work
    #[command(after_help = attach::DETACH)]
    Detach(attach::DetachArgs),
    /// List the molecules that are under way
    #[command(visible_alias = "ls", after_help = list::EXAMPLES)]
    List(list::Args),
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let ledgers = crate::work::ledgers(context)?;
    match args.action {
        Action::Status(args) => status::run(&ledgers, &args),
        Action::Current(args) => current::run(&ledgers, &args),
        Action::Step(args) => step::run(context, &ledgers, args),
        Action::Progress(args) => progress::run(&ledgers, &args),
        Action::Pour(args) => pour::run(context, &ledgers, &args, false),
        Action::Wisp(args) => pour::run(context, &ledgers, &args, true),
        Action::Squash(args) => away::run(context, &ledgers, &args, away::How::Squash),
        Action::Burn(args) => away::run(context, &ledgers, &args, away::How::Burn),
        Action::Attach(args) => attach::attach(&ledgers, &args),
        Action::Detach(args) => attach::detach(&ledgers, &args),
        Action::List(args) => list::run(context, &ledgers, &args),
    }
}

/// Who is meant: by an identity in any form, or whoever runs the command.
///
/// # Errors
/// Where the text is no identity.
pub(crate) fn identity(ledgers: &Ledgers, target: Option<&str>) -> Result<Identity, CommandError> {
    let Some(text) = target.filter(|text| *text != ".") else {
        return Ok(ledgers.place.identity.clone());
    };
    let identity = match &ledgers.place.town {
        Some(town) => town.resolve(text),
        None => Identity::parse(text),
    };
    identity.map_err(|error| {
        CommandError::usage(error.to_string())
            .hint("mayor, deacon, RIG/witness, RIG/NAME or RIG/crew/NAME")
    })
}
