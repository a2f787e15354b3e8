//! `tow polecat`: the workers of a project, each with a worktree.

use std::process::ExitCode;

use serde::Serialize;
use towline_dispatch::worker;
use towline_dispatch::worktree::{State, Worktrees};
use towline_dispatch::{DispatchError, panes};
use towline_ledger::place::Town;
use towline_ledger::{Identity, Ledger, Ledgers, Role, hook};
use towline_protocol::v1;

use super::role::living;
use crate::context::Context;
use crate::error::CommandError;
use crate::quote::shell_quoted;
use crate::{output, work};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow polecat list
  tow polecat add demo               with a name that is free
  tow polecat add demo/Toast
  tow polecat remove demo/Toast      refuses where work would be lost";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the workers
    #[command(
        visible_alias = "ls",
        after_help = "Examples:\n  tow polecat list\n  tow polecat list app --json"
    )]
    List(ListArgs),
    /// Make a worker: a worktree on a branch of its own
    #[command(
        after_help = "Examples:\n  tow polecat add app            a free name\n  tow polecat add app/Toast"
    )]
    Add(AddArgs),
    /// Remove workers with their worktrees
    #[command(visible_alias = "rm", after_help = "Examples:\n  tow polecat remove app/Toast")]
    Remove(RemoveArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Only of this rig
    #[arg(value_name = "RIG")]
    rig: Option<String>,

    /// Of all rigs, which is what is listed without a RIG
    #[arg(long, conflicts_with = "rig")]
    all: bool,

    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct AddArgs {
    /// The rig, or RIG/NAME
    #[arg(value_name = "RIG[/NAME]")]
    rig: String,

    /// The name [default: one that is free]
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

#[derive(Debug, clap::Args)]
struct RemoveArgs {
    /// The workers, or with --all a rig
    #[arg(value_name = "RIG/NAME", required = true)]
    workers: Vec<String>,

    /// All of the rig
    #[arg(long)]
    all: bool,

    /// Also what has work on the hook, a pane, or what is nowhere else
    #[arg(short, long)]
    force: bool,
}

/// A worker.
#[derive(Debug, Serialize)]
struct PolecatJson {
    rig: String,
    name: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    issue: Option<String>,
    session_running: bool,
    branch: String,
    path: String,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let town = work::town(&ledgers)?;
    match args.action {
        Action::List(args) => list(context, &ledgers, town, args).await,
        Action::Add(args) => add(context, &ledgers, town, &args),
        Action::Remove(args) => remove(context, &ledgers, town, args).await,
    }
}

async fn list(
    context: &Context,
    ledgers: &Ledgers,
    town: &Town,
    args: ListArgs,
) -> Result<ExitCode, CommandError> {
    let rigs = match &args.rig {
        Some(rig) => vec![town.rig(rig.trim_end_matches('/')).map_err(DispatchError::from)?],
        None => town.rigs().rigs,
    };
    let panes = living(context).await;
    let mut found = Vec::new();
    for rig in &rigs {
        let ledger = ledgers.rig(&rig.name).ok();
        let issues = [ledger, ledgers.town().ok()].into_iter().flatten();
        let issues: Vec<_> = issues.filter_map(|ledger| ledger.read().ok()).collect();
        for name in town.polecats(&rig.name) {
            let Ok(identity) = Identity::polecat(&rig.name, &name) else { continue };
            let hooked = issues.iter().flat_map(|issues| hook::hooked(issues, &identity)).next();
            let issue = hooked.map(|brief| brief.id().to_owned());
            let pane = panes::find(&panes, &identity, town);
            let folder = town.worktree_of(&identity).unwrap_or_default();
            found.push(PolecatJson {
                rig: rig.name.clone(),
                state: state(issue.is_some(), pane),
                issue,
                session_running: pane.is_some(),
                branch: State::branch_of(&folder).unwrap_or_default(),
                path: folder.display().to_string(),
                name,
            });
        }
    }
    if args.json {
        output::json(&found)?;
        return Ok(ExitCode::SUCCESS);
    }
    if found.is_empty() {
        context.say("No active polecats found.");
        return Ok(ExitCode::SUCCESS);
    }
    output::line("Active Polecats\n")?;
    for polecat in &found {
        let mark = if polecat.session_running { '●' } else { '○' };
        output::line(format!("  {mark} {}/{}  {}", polecat.rig, polecat.name, polecat.state))?;
        if let Some(issue) = &polecat.issue {
            output::line(format!("    {issue}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What a worker is at, in Gas Town's words.
fn state(has_work: bool, pane: Option<&v1::Pane>) -> &'static str {
    let blocked =
        pane.and_then(|pane| pane.agent.as_ref()).is_some_and(|agent| agent.state == "blocked");
    match (has_work, blocked) {
        (_, true) => "stuck",
        (true, false) => "working",
        (false, false) => "idle",
    }
}

fn add(
    context: &Context,
    ledgers: &Ledgers,
    town: &Town,
    args: &AddArgs,
) -> Result<ExitCode, CommandError> {
    let named = args.rig.trim_end_matches('/');
    let (rig, name) = match (named.split('/').collect::<Vec<_>>().as_slice(), &args.name) {
        ([rig], name) => ((*rig).to_owned(), name.clone()),
        ([rig, name] | [rig, "polecats", name], None) => {
            ((*rig).to_owned(), Some((*name).to_owned()))
        }
        _ => {
            return Err(CommandError::usage(format!("{named:?} is no worker"))
                .hint("tow polecat add RIG/NAME"));
        }
    };
    let settings = work::settings()?;
    let worktrees = Worktrees::of(town, &rig, &settings)?;
    let name = match name {
        Some(name) => name,
        None => {
            let issues: Vec<_> =
                ledgers.rig(&rig).and_then(|ledger| ledger.read()).into_iter().collect();
            let all: Vec<_> = issues.iter().collect();
            worker::choose(&worktrees, &all, &town.polecats(&rig), false).name
        }
    };
    context.say(format_args!("Adding polecat {} to rig {rig}...", output::one_line(&name)));
    let made = worktrees.make(&name, &mut |text| context.say(text))?;
    if !made.made {
        output::line(format!("○ Polecat {name} is there already."))?;
    } else {
        output::line(format!("✓ Polecat {name} added."))?;
    }
    output::line(format!("  {}", made.folder.display()))?;
    output::line(format!("  Branch: {}", made.branch))?;
    Ok(ExitCode::SUCCESS)
}

async fn remove(
    context: &Context,
    ledgers: &Ledgers,
    town: &Town,
    args: RemoveArgs,
) -> Result<ExitCode, CommandError> {
    let mut workers = Vec::new();
    for text in &args.workers {
        if args.all {
            let rig = town.rig(text.trim_end_matches('/')).map_err(DispatchError::from)?.name;
            workers.extend(
                town.polecats(&rig)
                    .into_iter()
                    .filter_map(|name| Identity::polecat(&rig, &name).ok()),
            );
            continue;
        }
        let identity = town.resolve(text).map_err(DispatchError::from)?;
        if identity.role() != Role::Polecat {
            return Err(
                CommandError::usage(format!("{identity} is no polecat")).hint("tow polecat list")
            );
        }
        workers.push(identity);
    }
    let panes = living(context).await;
    let mut failed: Vec<CommandError> = Vec::new();
    let mut removed = 0;
    for identity in &workers {
        let pane = panes::find(&panes, identity, town);
        match remove_one(context, ledgers, town, identity, pane, args.force) {
            Ok(()) => removed += 1,
            Err(error) => failed.push(error),
        }
    }
    if removed > 0 {
        output::line(format!("✓ Removed {removed} polecat(s)."))?;
    }
    match (workers.len(), failed.pop()) {
        (_, None) => Ok(ExitCode::SUCCESS),
        (1, Some(error)) => Err(error),
        (_, Some(last)) => {
            failed.push(last);
            failed.iter().for_each(output::error);
            Ok(ExitCode::FAILURE)
        }
    }
}

fn remove_one(
    context: &Context,
    ledgers: &Ledgers,
    town: &Town,
    identity: &Identity,
    pane: Option<&v1::Pane>,
    force: bool,
) -> Result<(), CommandError> {
    let (rig, name) = (identity.rig().unwrap_or_default(), identity.name().unwrap_or_default());
    let worktrees = Worktrees::of(town, rig, "")?;
    let folder = worktrees.folder(identity);
    if !town.folder_of(identity).is_some_and(|folder| folder.exists()) {
        return Err(DispatchError::not_found(format!("there is no polecat {rig}/{name}"))
            .hint("tow polecat list")
            .into());
    }
    let forced = || {
        format!(
            "tow polecat remove {} --force    removes it all the same",
            shell_quoted(&format!("{rig}/{name}"))
        )
    };
    if let Some(pane) = pane.filter(|_| !force) {
        let pane = output::one_line(&pane.name);
        return Err(CommandError::failed(format!("{rig}/{name} works in the pane {pane}"))
            .hint(format!("tow kill {}", shell_quoted(&pane)))
            .hint(forced()));
    }
    let on_hook = on_the_hook(ledgers, identity)?;
    if let Some((_, id, title)) = on_hook.first().filter(|_| !force) {
        return Err(CommandError::failed(format!(
            "{rig}/{name} has work on the hook: {id} ({title})"
        ))
        .hint(format!("tow unhook {id}"))
        .hint(forced()));
    }
    match State::of(&folder) {
        Ok(state) if !state.is_clean() && !force => {
            return Err(CommandError::failed(format!("polecat {name} has {}", state.in_words()))
                .hint(format!(
                    "cd {} && git push -u origin HEAD",
                    shell_quoted(&folder.to_string_lossy())
                ))
                .hint(forced()));
        }
        Err(error) if !force => {
            return Err(CommandError::from(error).hint(forced()));
        }
        _ => {}
    }
    context.say(format_args!("Removing polecat {rig}/{name}..."));
    for (ledger, id, title) in on_hook {
        ledger.change(&ledgers.actor(), |change| hook::release(change, &id).map(|_| ()))?;
        context.say(format_args!("⚠ {id} ({title}) was taken off the hook, and is open again"));
    }
    let kept = worktrees.remove(name)?;
    context.say("  ✓ removed");
    if let Some(branch) = kept {
        let repository = worktrees.repository();
        context.say(format_args!(
            "  the branch {branch}, which wasn't pushed, stays in {}",
            repository.folder().display()
        ));
    }
    Ok(())
}

/// What somebody has on the hook, in their rig's ledger and the town's.
fn on_the_hook(
    ledgers: &Ledgers,
    identity: &Identity,
) -> Result<Vec<(Ledger, String, String)>, CommandError> {
    let mut found = Vec::new();
    let rig = ledgers.rig(identity.rig().unwrap_or_default()).ok();
    for ledger in rig.into_iter().chain(ledgers.town().ok()) {
        let issues = ledger.read()?;
        for brief in hook::hooked(&issues, identity) {
            found.push((ledger.clone(), brief.id().to_owned(), brief.issue().title().into_owned()));
        }
    }
    Ok(found)
}
