//! `tow rig`: the projects of a town.

use std::process::ExitCode;

use serde::Serialize;
use towline_dispatch::rig::{self, Asked};
use towline_ledger::Ledgers;
use towline_ledger::place::{Rig, Town};

use crate::context::Context;
use crate::error::CommandError;
use crate::quote::shell_quoted;
use crate::{output, work};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow rig add app https://example.com/app.git
  tow rig add app ~/src/app --prefix ap
  tow rig list
  tow rig remove app                 its files stay";

const ADD: &str = "Makes RIG/mayor/rig (a clone), RIG/refinery/rig (a worktree), folders for the workers, and the project's ledger: the one that its
repository tracks in .beads, else one of its own.

Examples:
  tow rig add app https://example.com/app.git
  tow rig add app ~/src/app --prefix ap --branch develop";

const REMOVE: &str = "Examples:
  tow rig remove app                 takes it off the list; tow rig add app URL brings it back
  tow rig remove app --delete        removes its folder too, unless something would be lost";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Add a project
    #[command(after_help = ADD)]
    Add(AddArgs),
    /// List the projects
    #[command(
        visible_alias = "ls",
        after_help = "Examples:\n  tow rig list\n  tow rig list --json"
    )]
    List(ListArgs),
    /// Take a project off the list
    #[command(visible_alias = "rm", after_help = REMOVE)]
    Remove(RemoveArgs),
}

#[derive(Debug, clap::Args)]
struct AddArgs {
    /// Its name, which its folder gets
    #[arg(value_name = "NAME")]
    name: String,

    /// Where its repository is: what git clone takes
    #[arg(value_name = "URL|PATH")]
    from: String,

    /// The prefix of its issues [default: from the name, or that of the issues it has]
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,

    /// The branch that work goes to [default: the repository's own]
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct RemoveArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,

    /// Remove its folder too
    #[arg(long)]
    delete: bool,

    /// With --delete: also what is nowhere else
    #[arg(short, long)]
    force: bool,
}

/// A rig.
#[derive(Debug, Serialize)]
struct RigJson {
    name: String,
    path: String,
    git_url: Option<String>,
    default_branch: Option<String>,
    prefix: Option<String>,
    polecats: Vec<String>,
    crew: Vec<String>,
    agents: Vec<&'static str>,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    match args.action {
        Action::Add(args) => add(context, &ledgers, &args),
        Action::List(args) => list(context, work::town(&ledgers)?, args.json),
        Action::Remove(args) => remove(context, work::town(&ledgers)?, &args),
    }
}

fn add(context: &Context, ledgers: &Ledgers, args: &AddArgs) -> Result<ExitCode, CommandError> {
    let town = work::town(ledgers)?;
    let asked = Asked {
        name: &args.name,
        from: &args.from,
        here: &ledgers.place.folder,
        prefix: args.prefix.as_deref(),
        branch: args.branch.as_deref(),
        settings: &work::settings()?,
    };
    context.say(format_args!("Creating rig {}...", output::one_line(&args.name)));
    context.say(format_args!("  Repository: {}", output::one_line(&args.from)));
    let added = rig::add(town, &asked, &mut |text| context.say(text))?;
    output::line(format!("✓ Rig {} created (prefix {})", added.rig.name, added.prefix))?;
    context.say("Next steps:");
    let rig = shell_quoted(&added.rig.name);
    context.say(format_args!("  tow issue create --rig {rig} TITLE    makes work"));
    context.say(format_args!("  tow sling ISSUE {rig}                 gives it to a worker"));
    Ok(ExitCode::SUCCESS)
}

fn list(context: &Context, town: &Town, json: bool) -> Result<ExitCode, CommandError> {
    let found = town.rigs();
    for problem in &found.problems {
        context.say(format_args!("warning: {problem}"));
    }
    let rigs: Vec<RigJson> = found.rigs.iter().map(|rig| in_json(town, rig)).collect();
    if json {
        output::json(&rigs)?;
        return Ok(ExitCode::SUCCESS);
    }
    if rigs.is_empty() {
        context.say("No rigs configured.");
        context.say("hint: tow rig add NAME URL");
        return Ok(ExitCode::SUCCESS);
    }
    output::line(format!("Rigs in {}:", town.root.display()))?;
    for rig in &rigs {
        output::line(format!("\n  {}", rig.name))?;
        output::line(format!("    Polecats: {}  Crew: {}", rig.polecats.len(), rig.crew.len()))?;
        output::line(format!("    Agents: [{}]", rig.agents.join(" ")))?;
        output::line(format!("    Prefix: {}", rig.prefix.as_deref().unwrap_or("-")))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn in_json(town: &Town, rig: &Rig) -> RigJson {
    let agents = ["refinery", "witness", "mayor"];
    RigJson {
        name: rig.name.clone(),
        path: rig.folder.display().to_string(),
        git_url: rig.url.clone(),
        default_branch: rig.default_branch.clone(),
        prefix: rig.prefix.clone(),
        polecats: town.polecats(&rig.name),
        crew: town.crew(&rig.name),
        agents: agents.into_iter().filter(|agent| rig.folder.join(agent).is_dir()).collect(),
    }
}

fn remove(context: &Context, town: &Town, args: &RemoveArgs) -> Result<ExitCode, CommandError> {
    if args.delete
        && !args.force
        && let Ok(rig) = town.rig(&args.name)
    {
        let lost = rig::would_be_lost(town, &rig)?;
        if !lost.is_empty() {
            let message = format!("{} has what is nowhere else", rig.name);
            let error = lost.into_iter().fold(CommandError::failed(message), CommandError::hint);
            let name = shell_quoted(&args.name);
            return Err(error.hint(format!(
                "tow rig remove {name} --delete --force    removes it all the same"
            )));
        }
    }
    let folder = rig::remove(town, &args.name, args.delete)?;
    let name = output::one_line(&args.name);
    if args.delete {
        output::line(format!("✓ Rig {name} removed"))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(format!("✓ Rig {name} removed from registry"))?;
    context.say(format_args!("Note: Files at {} were NOT deleted.", folder.display()));
    context.say(format_args!("To delete: rm -rf {}", shell_quoted(&folder.to_string_lossy())));
    Ok(ExitCode::SUCCESS)
}
