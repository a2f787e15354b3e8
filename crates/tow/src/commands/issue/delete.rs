//! `tow issue delete`: a tombstone in an issue's place.

use std::process::ExitCode;

use serde_json::{Value, json};
use towline_ledger::{LedgerError, Lookup, Removed, dependents};

use crate::context::Context;
use crate::error::CommandError;
use crate::issue::{many, warn};
use crate::output;
use crate::work;

/// The reason where none is given, as beads has it.
const REASON: &str = "delete";

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "Nothing hangs on a deleted issue any more; where issues that were linked with it name it, [deleted:ID] stands.

Examples:
  tow issue delete gt-abc               says what would go
  tow issue delete gt-abc --force
  tow issue delete gt-abc gt-xyz -f -r \"made twice\"";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The issues
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,

    /// Do it, rather than say what would be done
    #[arg(short, long)]
    force: bool,

    /// Say what would be done
    #[arg(long, conflicts_with = "force")]
    dry_run: bool,

    /// Those below them too
    #[arg(long)]
    cascade: bool,

    /// Why
    #[arg(short, long, value_name = "TEXT", default_value = REASON)]
    reason: String,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// An issue that was deleted.
struct Gone {
    id: String,
    removed: Removed,
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    if !args.force {
        return preview(context, args);
    }
    let ledgers = work::ledgers(context)?;
    let outcome = many::each(context, &ledgers, &args.ids, |change, _, id| {
        let mut ids = vec![id.to_owned()];
        if args.cascade {
            ids.extend(change.descendants(id));
        }
        let mut gone = Vec::new();
        for id in ids {
            // One that was named may lie below another that was.
            if gone.is_empty() || change.get(&id).is_ok() {
                let removed = change.delete_with_mentions(&id, &args.reason)?;
                gone.push(Gone { id, removed });
            }
        }
        Ok(gone)
    });
    let gone: Vec<&Gone> = outcome.done.iter().flatten().collect();
    if args.json {
        if !gone.is_empty() {
            output::json(&as_json(&gone, args.ids.len() > 1 || gone.len() > 1))?;
        }
        return outcome.end();
    }
    for Gone { id, removed } in gone {
        output::line(format!("✓ Deleted {id}"))?;
        if removed.dependencies > 0 {
            output::line(format!("  Removed {} dependency link(s)", removed.dependencies))?;
        }
        if removed.references > 0 {
            output::line(format!("  Updated text references in {} issue(s)", removed.references))?;
        }
    }
    outcome.end()
}

fn as_json(gone: &[&Gone], many: bool) -> Value {
    let dependencies: usize = gone.iter().map(|one| one.removed.dependencies).sum();
    let references: usize = gone.iter().map(|one| one.removed.references).sum();
    let ids: Vec<&str> = gone.iter().map(|one| one.id.as_str()).collect();
    match many {
        false => json!({
            "deleted": ids[0],
            "dependencies_removed": dependencies,
            "references_updated": references,
        }),
        true => json!({
            "deleted": ids,
            "deleted_count": ids.len(),
            "total_count": ids.len(),
            "dependencies_removed": dependencies,
            "references_updated": references,
        }),
    }
}

/// Says what would go.
fn preview(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let mut lookup = Lookup::new(&ledgers);
    let mut failed = Vec::new();
    let mut shown = Vec::new();
    for text in &args.ids {
        let (opened, id) = match lookup.locate(text) {
            Ok(found) => found,
            Err(error) => {
                failed.push(CommandError::from(error));
                continue;
            }
        };
        let issues = &opened.issues;
        let gone = LedgerError::new(towline_ledger::Problem::NoIssue(id.clone()));
        let brief = issues.find(&id).ok_or(gone)?;
        let on = dependents(issues, &id).len();
        let of = brief.links().count();
        let title = brief.issue().title().into_owned();
        shown.push((id, title, of, on));
    }
    lookup.read().iter().for_each(|opened| warn(context, opened));
    if args.json {
        let list: Vec<Value> = shown
            .iter()
            .map(|(id, title, of, on)| {
                json!({ "id": id, "title": title, "dependency_count": of, "dependent_count": on })
            })
            .collect();
        output::json(&json!({ "dry_run": true, "would_delete": list }))?;
    } else if !shown.is_empty() {
        output::line("⚠ Nothing is deleted yet. This would go:")?;
        for (id, title, of, on) in &shown {
            output::line(output::one_line(&format!("  {id}: {title}")))?;
            if of + on > 0 {
                output::line(format!(
                    "    with {of} dependency link(s) of its own, and {on} on it"
                ))?;
            }
        }
        let ids: Vec<&str> = shown.iter().map(|(id, ..)| id.as_str()).collect();
        context.say(format_args!("hint: tow issue delete {} --force", ids.join(" ")));
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
