//! `tow issue close`: issues that are finished, or given up.

use std::process::ExitCode;

use towline_ledger::ready::Graph;
use towline_ledger::{Issue, LedgerError, Status};

use crate::context::Context;
use crate::error::CommandError;
use crate::issue::{many, settle};
use crate::output;
use crate::work;

/// What stands as the reason where none is given, as beads has it.
const REASON: &str = "Closed";

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "Examples:
  tow issue close gt-abc
  tow issue close gt-abc gt-xyz -r \"fixed in 1.2\"
  tow issue close gt-abc --force        though others that it waits for are open";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The issues
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,

    /// Why [default: Closed]
    #[arg(short, long, value_name = "TEXT")]
    reason: Option<String>,

    /// Also those that wait for open ones
    #[arg(short, long)]
    force: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let reason = args.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    let outcome = many::each(context, &ledgers, &args.ids, |change, _, id| {
        let before = change.get(id)?;
        if before.status() == Status::Closed {
            return Ok((false, before));
        }
        if !args.force {
            refuse_blocked(change, id)?;
        }
        let issue = change.update(id, |issue, now| {
            issue.set_status(&Status::Closed, now);
            issue.set_text("close_reason", reason.unwrap_or(REASON));
            Ok::<_, LedgerError>(())
        })?;
        Ok((true, issue))
    });
    if args.json {
        outcome.print_json()?;
    }
    let mut closed = Vec::new();
    for (now, issue) in &outcome.done {
        if *now {
            closed.push(issue.id().into_owned());
        }
        if args.json {
            continue;
        }
        output::line(match now {
            true => told(issue),
            false => format!("○ {} is closed already", issue.id()),
        })?;
    }
    settle::settle(context, &ledgers, &closed);
    outcome.end()
}

fn told(issue: &Issue) -> String {
    output::one_line(&format!("✓ Closed {}: {}", issue.id(), issue.text("close_reason")))
}

/// Refuses an issue that waits for open ones. Those that are closed in the same go before it are not open.
fn refuse_blocked(change: &towline_ledger::Change<'_>, id: &str) -> Result<(), LedgerError> {
    let Some(brief) = change.issues().find(id) else { return Ok(()) };
    if brief.links().all(|link| !link.kind.holds_up()) {
        return Ok(());
    }
    let issues = change.as_changed();
    let graph = Graph::of(&issues);
    let open: Vec<String> = graph
        .get(id)
        .map(|brief| graph.blockers(&brief).iter().map(|one| one.id().to_owned()).collect())
        .unwrap_or_default();
    if open.is_empty() {
        return Ok(());
    }
    let open = open.join(" ");
    Err(LedgerError::refused(format!("cannot close {id}: blocked by open issues [{open}]"))
        .hint(format!("tow issue close {id} --force    closes it all the same")))
}
