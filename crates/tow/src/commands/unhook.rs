//! `tow unhook`: release one's own work.

use std::process::ExitCode;

use serde::Serialize;
use towline_ledger::hook::{self, Held};
use towline_ledger::{Identity, Lookup};

use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::work;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str =
    "The work is open again, and nobody's. What is attached to it stays.

Examples:
  tow unhook                         all that is on your hook
  tow unhook demo-abc
  tow unhook demo-abc --force        from somebody else's";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The issue; without it, all that is on your hook
    #[arg(value_name = "ISSUE")]
    issue: Option<String>,

    /// Also where it is on somebody else's hook
    #[arg(short, long)]
    force: bool,

    /// Say only what would be done
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was released.
#[derive(Debug, Serialize)]
struct ReleasedJson {
    agent: String,
    released: Vec<String>,
    dry_run: bool,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    // Without a ledger at all, this is no empty hook but a wrong place.
    ledgers.town()?;
    let own = ledgers.place.identity.clone();
    let mut lookup = Lookup::new(&ledgers);
    let (agent, held) = match &args.issue {
        None => (own.to_string(), hook::held(&ledgers, &mut lookup, &own)),
        Some(text) => {
            let (opened, id) = lookup.locate(text)?;
            let issue = opened
                .issues
                .find(&id)
                .map(|brief| brief.issue())
                .filter(|issue| issue.status().is_hooked());
            match issue {
                None => (own.to_string(), Vec::new()),
                Some(issue) => {
                    let whose = issue.assignee().into_owned();
                    let held = Held::of(&mut lookup, opened.ledger, issue)?;
                    is_allowed(&held, &own, &whose, args.force)?;
                    (whose, vec![held])
                }
            }
        }
    };
    let mut lines = Vec::new();
    for one in &held {
        let id = one.issue.id();
        if args.dry_run {
            lines.push(format!("Would remove {id} from the hook of {agent}"));
            continue;
        }
        one.ledger.change(&ledgers.actor(), |change| hook::release(change, &id))?;
        lines.push(format!("🪝 Unslinging {id}..."));
        lines.push("✓ Work removed from hook".to_owned());
        lines.push(format!("  Agent {agent} hook cleared (was: {id})"));
    }
    if args.json {
        output::json(&ReleasedJson {
            agent,
            released: held.iter().map(|one| one.issue.id().into_owned()).collect(),
            dry_run: args.dry_run,
        })?;
    } else {
        if held.is_empty() {
            lines.push(match &args.issue {
                Some(id) => format!("ℹ {id} is on nobody's hook"),
                None => "ℹ Nothing on your hook".to_owned(),
            });
        }
        output::line(lines.join("\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Somebody else's work is released only by force.
fn is_allowed(held: &Held, own: &Identity, whose: &str, force: bool) -> Result<(), CommandError> {
    if force || own.same_as(whose) {
        return Ok(());
    }
    let id = held.issue.id();
    Err(CommandError::failed(format!("{id} is on the hook of {whose}, not of {own}"))
        .hint(format!("tow unhook {id} --force")))
}
