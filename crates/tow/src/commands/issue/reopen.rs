//! `tow issue reopen`: closed issues that aren't finished after all.

use std::process::ExitCode;

use towline_ledger::{LedgerError, Status};

use crate::context::Context;
use crate::error::CommandError;
use crate::issue::many;
use crate::output;
use crate::work;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "The reason is left as a comment.

Examples:
  tow issue reopen gt-abc
  tow issue reopen gt-abc -r \"it came back\"";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The issues
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,

    /// Why
    #[arg(short, long, value_name = "TEXT")]
    reason: Option<String>,

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
        if before.status() != Status::Closed {
            return Ok((false, before));
        }
        let actor = change.actor().to_owned();
        let issue = change.update(id, |issue, now| {
            issue.set_status(&Status::Open, now);
            if let Some(reason) = reason {
                issue.add_comment(&actor, &format!("Reopened: {reason}"), now);
            }
            Ok::<_, LedgerError>(())
        })?;
        Ok((true, issue))
    });
    if args.json {
        outcome.print_json()?;
        return outcome.end();
    }
    for (now, issue) in &outcome.done {
        let why = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        output::line(match now {
            true => output::one_line(&format!("↻ Reopened {}{why}", issue.id())),
            false => format!("○ {} isn't closed ({})", issue.id(), issue.status()),
        })?;
    }
    outcome.end()
}
