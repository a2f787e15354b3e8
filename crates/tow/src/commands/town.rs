//! `tow town`: a folder for many projects and their workers.

use std::path::PathBuf;
use std::process::ExitCode;

use towline_dispatch::town::{self, NewTown};

use crate::context::Context;
use crate::error::CommandError;
use crate::quote::shell_quoted;
use crate::{output, work};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "A town holds the mayor, who hands out work, the deacon, who looks after it, and a folder for each project (a rig).

Examples:
  tow town init ~/gt                 makes the town
  cd ~/gt && tow rig add app https://example.com/app.git
  tow issue create --rig app \"Fix the build\"
  tow sling ap-x7k app               gives it to a worker";

const INIT: &str = "What is there already stays as it is: run again, it makes what is missing.

Examples:
  tow town init ~/gt
  tow town init ~/gt --name home --git";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a folder a town
    #[command(after_help = INIT)]
    Init(InitArgs),
    /// Print the town's folder
    #[command(after_help = "Examples:\n  cd \"$(tow town path)\"")]
    Path,
}

#[derive(Debug, clap::Args)]
struct InitArgs {
    /// The folder; it need not be there [default: this one]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,

    /// The town's name [default: the folder's]
    #[arg(long)]
    name: Option<String>,

    /// Make it a repository of git's, so that its ledger can travel
    #[arg(long)]
    git: bool,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    match args.action {
        Action::Init(args) => init(context, &args),
        Action::Path => {
            let ledgers = work::ledgers(context)?;
            output::line(work::town(&ledgers)?.root.display().to_string())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn init(context: &Context, args: &InitArgs) -> Result<ExitCode, CommandError> {
    let folder = folder(args.folder.clone())?;
    let new = NewTown {
        folder: &folder,
        name: args.name.as_deref(),
        git: args.git,
        settings: &work::settings()?,
    };
    let made = town::init(&new)?;
    let place = made.town.root.display();
    if made.was_town && made.made.is_empty() {
        output::line(format!("○ {place} is a town already: {}", made.town.name))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(format!("🏭 Creating town {} at {place}", made.town.name))?;
    for part in &made.made {
        output::line(format!("   ✓ Created {part}"))?;
    }
    if args.name.as_deref().is_some_and(|name| name != made.town.name) {
        context.say(format_args!("the town keeps its name, {}", made.town.name));
    }
    output::line("✓ Town created successfully!".to_owned())?;
    context.say(format_args!("Next steps:"));
    context.say(format_args!("  cd {}", shell_quoted(&made.town.root.to_string_lossy())));
    context.say("  tow rig add NAME URL      adds a project");
    context.say("  tow mayor attach          begins to work");
    Ok(ExitCode::SUCCESS)
}

/// The whole path of a folder that need not be there yet.
fn folder(named: Option<PathBuf>) -> Result<PathBuf, CommandError> {
    let Some(named) = named else { return crate::caller::folder(None) };
    let whole = std::path::absolute(&named).map_err(|error| {
        CommandError::io(format_args!("cannot use {}", named.display()), &error)
    })?;
    // What is there of it, without links and `..`; the rest is made.
    let mut rest = Vec::new();
    let mut there = whole.clone();
    while !there.exists() {
        let Some(name) = there.file_name().map(ToOwned::to_owned) else { break };
        rest.push(name);
        there.pop();
    }
    let real = std::fs::canonicalize(&there).unwrap_or(there);
    Ok(rest.into_iter().rev().fold(real, |folder, name| folder.join(name)))
}
