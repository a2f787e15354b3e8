//! `tow issue show`: all of an issue.

use std::process::ExitCode;

use serde_json::Value;
use towline_ledger::Lookup;

use crate::context::Context;
use crate::error::CommandError;
use crate::issue::line::Look;
use crate::issue::{json, page, warn};
use crate::output;
use crate::work;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "Examples:
  tow issue show gt-abc
  tow issue show abc xyz
  tow issue show gt-abc --json | jq -r '.[0].description'";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The issues
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let mut lookup = Lookup::new(&ledgers);
    let look = Look::of(context);
    let (mut pages, mut values) = (Vec::new(), Vec::new());
    let mut failed: Vec<CommandError> = Vec::new();
    for text in &args.ids {
        let found = lookup.locate(text).and_then(|(opened, id)| {
            let none =
                || towline_ledger::LedgerError::new(towline_ledger::Problem::NoIssue(id.clone()));
            let issue = opened.issues.find(&id).ok_or_else(none)?.issue();
            Ok((opened, issue))
        });
        let (opened, issue) = match found {
            Ok(found) => found,
            Err(error) => {
                failed.push(error.into());
                continue;
            }
        };
        match args.json {
            true => values.push(Value::Object(json::details(&mut lookup, &opened, &issue))),
            false => pages.push(page::page(&mut lookup, &opened, &issue, look)),
        }
    }
    lookup.read().iter().for_each(|opened| warn(context, opened));
    match args.json {
        true if !values.is_empty() => output::json(&values)?,
        _ => output::print(pages.join("\n"))?,
    }
    match failed.len() {
        0 => Ok(ExitCode::SUCCESS),
        1 if args.ids.len() == 1 => Err(failed.remove(0)),
        _ => {
            failed.iter().for_each(output::error);
            Ok(ExitCode::FAILURE)
        }
    }
}
