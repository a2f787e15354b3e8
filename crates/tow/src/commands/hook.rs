//! `tow hook`: one's own work, shown, or an issue taken on as it.

use std::process::ExitCode;

use serde::Serialize;
use towline_ledger::hook::{self, Held};
use towline_ledger::{Identity, LedgerError, Lookup, Status};

use crate::commands::mol;
use crate::context::Context;
use crate::error::CommandError;
use crate::issue;
use crate::output;
use crate::work;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Work on the hook is done first, in this session and in the next ones. It is given by tow sling, too.

Examples:
  tow hook                           what is on your hook
  tow hook demo-abc                  take it on
  tow hook demo-abc --force          in the place of unfinished work, which goes back";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The issue to take on
    #[arg(value_name = "ISSUE")]
    issue: Option<String>,

    /// Also where there is unfinished work, or the issue is somebody else's
    #[arg(short, long, requires = "issue")]
    force: bool,

    /// Say only what would be done
    #[arg(short = 'n', long, requires = "issue")]
    dry_run: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was done.
#[derive(Debug, Serialize)]
struct HookedJson {
    hooked: String,
    agent: String,
    already: bool,
    /// What went back in its place.
    replaced: Vec<String>,
    dry_run: bool,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let who = ledgers.place.identity.clone();
    let Some(text) = &args.issue else {
        mol::status::show(&ledgers, &who, args.json)?;
        return Ok(ExitCode::SUCCESS);
    };
    let mut lookup = Lookup::new(&ledgers);
    let (opened, id) = lookup.locate(text)?;
    let others: Vec<Held> = hook::held(&ledgers, &mut lookup, &who)
        .into_iter()
        .filter(|one| one.issue.id() != id)
        .collect();
    if let Some(unfinished) = others.iter().find(|one| one.is_unfinished())
        && !args.force
    {
        return Err(is_unfinished(unfinished, &id));
    }
    let mut lines = Vec::new();
    for other in &others {
        lines.push(match other.is_unfinished() {
            true => format!("⚠ Force-replacing incomplete bead {}...", other.issue.id()),
            false => format!("ℹ Replacing completed bead {}...", other.issue.id()),
        });
    }
    if args.dry_run {
        lines.push(format!("Would hook {id} on {who}"));
        return tell(&args, &id, &who, false, &others, lines);
    }
    // Taken on first: whatever happens in between, the hook isn't empty.
    let (_, already) = opened
        .ledger
        .change(&ledgers.actor(), |change| hook::attach(change, &id, &who, args.force))?;
    let mut closed = Vec::new();
    for other in &others {
        let other_id = other.issue.id();
        other.ledger.change(&ledgers.actor(), |change| match other.is_unfinished() {
            true => hook::release(change, &other_id).map(drop),
            false => change
                .update(&other_id, |issue, now| {
                    issue.set_status(&Status::Closed, now);
                    issue.set_text("close_reason", "Auto-replaced by tow hook (molecule complete)");
                    Ok::<_, LedgerError>(())
                })
                .map(drop),
        })?;
        if !other.is_unfinished() {
            closed.push(other_id.into_owned());
        }
    }
    issue::settle::settle(context, &ledgers, &closed);
    match already {
        true => lines.push(format!("✓ Already hooked: {id}")),
        false => {
            lines.push(format!("🪝 Hooking {id}..."));
            lines.push("✓ Work attached to hook (hooked bead)".to_owned());
            lines.push("  Use 'tow handoff' to restart with this work".to_owned());
            lines.push("  Use 'tow hook' to see hook status".to_owned());
        }
    }
    tell(&args, &id, &who, already, &others, lines)
}

fn tell(
    args: &Args,
    id: &str,
    who: &Identity,
    already: bool,
    others: &[Held],
    lines: Vec<String>,
) -> Result<ExitCode, CommandError> {
    if args.json {
        output::json(&HookedJson {
            hooked: id.to_owned(),
            agent: who.to_string(),
            already,
            replaced: others.iter().map(|one| one.issue.id().into_owned()).collect(),
            dry_run: args.dry_run,
        })?;
    } else {
        output::line(lines.join("\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn is_unfinished(held: &Held, id: &str) -> CommandError {
    let (other, title) = (held.issue.id(), output::one_line(&held.issue.title()));
    CommandError::failed(format!("existing hooked bead {other} is incomplete ({title})"))
        .hint(format!("tow hook {id} --force    takes {id} on in its place"))
        .hint(format!("tow issue close {other}    where it is done"))
}
