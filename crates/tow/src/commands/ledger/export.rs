//! `tow ledger export`: the issues as they are, all or some.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::value::Value;
use towline_ledger::{Brief, Status};

use super::issues as counted;
use crate::context::Context;
use crate::error::CommandError;
use crate::{output, work};

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "Deleted issues are left out, unless --all is given.

Examples:
  tow ledger export -o backup.jsonl --all
  tow ledger export --status open --label backend --json | jq length";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Write them to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Only those with one of these statuses
    #[arg(short, long, value_delimiter = ',')]
    status: Vec<String>,

    /// Only those of one of these types
    #[arg(short = 't', long = "type", value_delimiter = ',')]
    types: Vec<String>,

    /// Only those with all of these labels
    #[arg(short, long, value_delimiter = ',')]
    label: Vec<String>,

    /// Only those of this assignee
    #[arg(short, long)]
    assignee: Option<String>,

    /// Only those of this priority
    #[arg(short, long)]
    priority: Option<u8>,

    /// Deleted ones too, as long as their tombstones are there
    #[arg(long)]
    all: bool,

    /// One JSON list instead of a line for each
    #[arg(long)]
    json: bool,
}

impl Args {
    fn takes(&self, brief: &Brief<'_>) -> bool {
        let status = brief.status();
        let named = self.status.iter().any(|name| Status::of(name) == status);
        (self.all || named || !brief.is_tombstone())
            && (self.status.is_empty() || named)
            && (self.types.is_empty() || self.types.iter().any(|kind| kind == brief.issue_type()))
            && self.priority.is_none_or(|priority| priority == brief.priority())
            && self.assignee.as_ref().is_none_or(|assignee| *assignee == brief.assignee())
            && (self.label.is_empty() || self.label.iter().all(|label| brief.has_label(label)))
    }
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    let ledger = work::ledgers(context)?.here()?;
    let issues = ledger.read()?;
    for trouble in issues.troubles() {
        context.say(format_args!("warning: line {} is left out: {}", trouble.line, trouble.what));
    }
    let chosen: Vec<Brief<'_>> = issues.iter().filter(|brief| args.takes(brief)).collect();
    let text = match args.json {
        true => list(&chosen)?,
        false => chosen.iter().map(|brief| format!("{}\n", brief.line())).collect(),
    };
    match &args.output {
        None => output::print(text)?,
        Some(path) => {
            std::fs::write(path, text).map_err(|error| {
                CommandError::io(format_args!("cannot write {}", path.display()), &error)
            })?;
            context.say(format_args!("exported {} to {}", counted(chosen.len()), path.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(chosen: &[Brief<'_>]) -> Result<String, CommandError> {
    // As they are written: a value that is built would have its fields in another order.
    let failed = |error| CommandError::failed(format!("cannot write JSON: {error}"));
    let mut text = String::from("[");
    for (at, brief) in chosen.iter().enumerate() {
        text.push_str(if at == 0 { "\n" } else { ",\n" });
        let _: Value = serde_json::from_str(brief.line()).map_err(failed)?;
        text.push_str(brief.line());
    }
    text.push_str("\n]\n");
    Ok(text)
}
