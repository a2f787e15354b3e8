//! `tow issue label`: labels of issues.

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::{Value, json};
use towline_ledger::{LedgerError, Lookup};

use crate::context::Context;
use crate::error::CommandError;
use crate::issue::{many, opened, warn};
use crate::output;
use crate::work;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "Examples:
  tow issue label add gt-abc ci
  tow issue label remove gt-abc gt-xyz ci
  tow issue label list gt-abc
  tow issue label list-all";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Add a label to issues
    #[command(after_help = "Examples:\n  tow issue label add app-x7k app-b2c heavy")]
    Add(ChangeArgs),
    /// Take a label away from issues
    #[command(
        visible_alias = "rm",
        after_help = "Examples:\n  tow issue label remove app-x7k heavy"
    )]
    Remove(ChangeArgs),
    /// The labels of an issue
    #[command(visible_alias = "ls", after_help = "Examples:\n  tow issue label list app-x7k")]
    List(ListArgs),
    /// All labels there are, and how many issues have them
    #[command(after_help = "Examples:\n  tow issue label list-all")]
    ListAll(ListAllArgs),
}

#[derive(Debug, clap::Args)]
struct ChangeArgs {
    /// The issues, and the label as the last
    #[arg(value_name = "ID… LABEL", required = true, num_args = 2..)]
    words: Vec<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// The issue
    #[arg(value_name = "ID")]
    issue: String,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct ListAllArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    match args.what {
        What::Add(args) => change(context, &args, true),
        What::Remove(args) => change(context, &args, false),
        What::List(args) => list(context, &args),
        What::ListAll(args) => list_all(context, &args),
    }
}

fn change(context: &Context, args: &ChangeArgs, add: bool) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let Some((label, ids)) = args.words.split_last() else {
        return Err(CommandError::usage("issues and a label are needed"));
    };
    let label = label.trim();
    if label.is_empty() {
        return Err(CommandError::usage("a label can't be empty"));
    }
    let outcome = many::each(context, &ledgers, ids, |change, _, id| {
        let before = change.get(id)?;
        let after = change.update(id, |issue, _| {
            match add {
                true => issue.add_label(label),
                false => issue.remove_label(label),
            };
            Ok::<_, LedgerError>(())
        })?;
        Ok((id.to_owned(), before != after))
    });
    let status = if add { "added" } else { "removed" };
    if args.json {
        let list: Vec<Value> = outcome
            .done
            .iter()
            .map(|(id, _)| json!({ "issue_id": id, "label": label, "status": status }))
            .collect();
        output::json(&list)?;
        return outcome.end();
    }
    for (id, changed) in &outcome.done {
        let text = match (add, changed) {
            (true, true) => format!("✓ Added label '{label}' to {id}"),
            (false, true) => format!("✓ Removed label '{label}' from {id}"),
            (true, false) => format!("○ {id} has the label '{label}' already"),
            (false, false) => format!("○ {id} has no label '{label}'"),
        };
        output::line(output::one_line(&text))?;
    }
    outcome.end()
}

fn list(context: &Context, args: &ListArgs) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let (opened, id) = Lookup::new(&ledgers).locate(&args.issue)?;
    warn(context, &opened);
    let labels = opened.issues.find(&id).map(|brief| brief.labels()).unwrap_or_default();
    if args.json {
        output::json(&labels)?;
    } else if labels.is_empty() {
        context.say(format_args!("{id} has no labels"));
    } else {
        for label in labels {
            output::line(output::one_line(&label))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list_all(context: &Context, args: &ListAllArgs) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for opened in opened(context, &ledgers, None, false)? {
        for brief in opened.issues.iter().filter(|brief| !brief.is_tombstone()) {
            for label in brief.labels() {
                *counts.entry(label).or_default() += 1;
            }
        }
    }
    if args.json {
        let list: Vec<Value> =
            counts.iter().map(|(label, count)| json!({ "label": label, "count": count })).collect();
        output::json(&list)?;
        return Ok(ExitCode::SUCCESS);
    }
    if counts.is_empty() {
        context.say("no labels");
    }
    for (label, count) in counts {
        output::line(output::one_line(&format!("{label}  {count}")))?;
    }
    Ok(ExitCode::SUCCESS)
}
