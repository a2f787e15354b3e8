//! `tow issue dep`: what hangs on what.

use std::process::ExitCode;

use serde_json::{Value, json};
use towline_ledger::ready::Graph;
use towline_ledger::{Change, LedgerError, Ledgers, LinkKind, Lookup, Opened, kinds};

use super::tree;
use crate::context::Context;
use crate::error::CommandError;
use crate::issue::line::{self, Look};
use crate::issue::{json as shapes, opened, warn};
use crate::output;
use crate::work;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "Examples:
  tow issue dep add gt-abc gt-xyz                 gt-abc waits for gt-xyz
  tow issue dep add gt-new gt-abc --type discovered-from
  tow issue dep remove gt-abc gt-xyz
  tow issue dep tree gt-abc
  tow issue dep cycles";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// One issue hangs on another from now on
    #[command(
        after_help = "Examples:\n  tow issue dep add app-x7k app-b2c            x7k waits for b2c\n  tow issue dep add app-x7k app-b2c --type related"
    )]
    Add(AddArgs),
    /// It doesn't any more
    #[command(
        visible_alias = "rm",
        after_help = "Examples:\n  tow issue dep remove app-x7k app-b2c"
    )]
    Remove(RemoveArgs),
    /// What an issue hangs on, and what that hangs on
    #[command(after_help = "Examples:\n  tow issue dep tree app-x7k")]
    Tree(tree::Args),
    /// What an issue hangs on, or what hangs on it
    #[command(
        visible_alias = "ls",
        after_help = "Examples:\n  tow issue dep list app-x7k\n  tow issue dep list app-x7k --json"
    )]
    List(ListArgs),
    /// Issues that wait for each other in a circle
    #[command(after_help = "Examples:\n  tow issue dep cycles")]
    Cycles(CyclesArgs),
}

#[derive(Debug, clap::Args)]
struct AddArgs {
    /// The issue that is to wait
    #[arg(value_name = "ID")]
    issue: String,

    /// The one that it waits for
    #[arg(value_name = "ON")]
    on: String,

    /// blocks, parent-child, related, discovered-from, ...
    #[arg(short = 't', long = "type", value_name = "KIND", default_value = "blocks")]
    kind: String,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct RemoveArgs {
    /// The issue that waits
    #[arg(value_name = "ID")]
    issue: String,

    /// The one that it waits for
    #[arg(value_name = "ON")]
    on: String,

    /// Only a dependency of this kind
    #[arg(short = 't', long = "type", value_name = "KIND")]
    kind: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// The issue
    #[arg(value_name = "ID")]
    issue: String,

    /// down: what it hangs on; up: what hangs on it
    #[arg(long, value_name = "WAY", value_parser = ["down", "up"], default_value = "down")]
    direction: String,

    /// Only dependencies of this kind
    #[arg(short = 't', long = "type", value_name = "KIND")]
    kind: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct CyclesArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    match args.what {
        What::Add(args) => add(context, &args),
        What::Remove(args) => remove(context, &args),
        What::Tree(args) => tree::run(context, &args),
        What::List(args) => list(context, &args),
        What::Cycles(args) => cycles(context, &args),
    }
}

/// The whole id of an issue in any ledger; one of another project (`external:PROJECT:ID`) as it is.
fn target(lookup: &mut Lookup<'_>, text: &str) -> Result<String, LedgerError> {
    match text.starts_with("external:") {
        true => Ok(text.to_owned()),
        false => Ok(lookup.locate(text)?.1),
    }
}

fn add(context: &Context, args: &AddArgs) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let kind = kinds::dependency(&args.kind)?;
    let mut lookup = Lookup::new(&ledgers);
    let (opened, id) = lookup.locate(&args.issue)?;
    let on = target(&mut lookup, &args.on)?;
    drop(lookup);
    let new = opened.ledger.change(&ledgers.actor(), |change| {
        change.get(&id)?;
        may_hang(change, &id, &on, &kind)?;
        let dependency = change.dependency(&id, &on, &kind);
        let mut new = false;
        change.update(&id, |issue, _| {
            new = issue.add_dependency(&dependency);
            Ok::<_, LedgerError>(())
        })?;
        Ok::<_, LedgerError>(new)
    })?;
    if args.json {
        let shown = json!({ "depends_on_id": on, "issue_id": id, "status": "added", "type": kind });
        output::json(&shown)?;
    } else if new {
        output::line(format!("✓ Added dependency: {id} depends on {on} ({kind})"))?;
    } else {
        output::line(format!("○ {id} depends on {on} already ({kind})"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether one issue may depend on another: not on itself, not in a circle, and in one way.
fn may_hang(change: &Change<'_>, id: &str, on: &str, kind: &str) -> Result<(), LedgerError> {
    if id == on {
        return Err(LedgerError::refused(format!("{id} cannot depend on itself")));
    }
    let issue = change.get(id)?;
    let there = issue.dependencies().into_iter().find(|one| one.depends_on_id == on);
    if let Some(there) = there {
        // One record for each pair, as beads keeps them.
        return match there.kind == kind {
            true => Ok(()),
            false => Err(LedgerError::refused(format!(
                "{id} depends on {on} already, by {}",
                there.kind
            ))
            .hint(format!("tow issue dep remove {id} {on}"))),
        };
    }
    let below = id.strip_prefix(on).is_some_and(|rest| rest.starts_with('.'));
    if below && kind != "parent-child" {
        return Err(LedgerError::refused(format!(
            "{id} is already a child of {on}, and can't wait for it"
        )));
    }
    // Two that are related are so both ways.
    if kind == "relates-to" {
        return Ok(());
    }
    let graph = Graph::of(change.issues());
    match graph.path(on, id) {
        Some(path) => Err(circle(id, &path)),
        None => Ok(()),
    }
}

/// The refusal of what would close a circle: `path` leads back to `id`.
pub(super) fn circle(id: &str, path: &[String]) -> LedgerError {
    let way = std::iter::once(id).chain(path.iter().map(String::as_str)).collect::<Vec<_>>();
    let error = LedgerError::refused(format!(
        "cannot add dependency: would create a cycle ({})",
        way.join(" → ")
    ));
    match path {
        [.., before, last] => error.hint(format!("tow issue dep remove {before} {last}")),
        _ => error,
    }
}

fn remove(context: &Context, args: &RemoveArgs) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let mut lookup = Lookup::new(&ledgers);
    let (opened, id) = lookup.locate(&args.issue)?;
    // What it depends on may be gone, or in a ledger that isn't here.
    let issue = opened.issues.find(&id).map(|brief| brief.issue());
    let own = issue.map(|issue| issue.dependencies()).unwrap_or_default();
    let on = match own.iter().any(|one| one.depends_on_id == args.on) {
        true => args.on.clone(),
        false => target(&mut lookup, &args.on)?,
    };
    drop(lookup);
    let count = opened.ledger.change(&ledgers.actor(), |change| {
        let mut count = 0;
        change.update(&id, |issue, _| {
            count = issue.remove_dependencies(&on, args.kind.as_deref());
            Ok::<_, LedgerError>(())
        })?;
        Ok::<_, LedgerError>(count)
    })?;
    if count == 0 {
        return Err(CommandError::failed(format!("{id} doesn't depend on {on}"))
            .hint(format!("tow issue dep list {id}")));
    }
    match args.json {
        true => output::json(&json!({ "depends_on_id": on, "issue_id": id, "status": "removed" }))?,
        false => output::line(format!("✓ Removed dependency: {id} no longer depends on {on}"))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(context: &Context, args: &ListArgs) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let mut lookup = Lookup::new(&ledgers);
    let (opened, id) = lookup.locate(&args.issue)?;
    warn(context, &opened);
    let linked = linked(&mut lookup, &opened, &id, args.direction == "up");
    let fits = |kind: &str| args.kind.as_deref().is_none_or(|wanted| wanted == kind);
    let linked: Vec<_> = linked.into_iter().filter(|(_, _, kind)| fits(kind)).collect();
    if args.json {
        let list: Vec<Value> = linked
            .iter()
            .map(|(id, issue, kind)| match issue {
                Some(issue) => Value::Object(shapes::linked(issue, kind)),
                None => json!({ "id": id, "dependency_type": kind }),
            })
            .collect();
        output::json(&list)?;
        return Ok(ExitCode::SUCCESS);
    }
    if linked.is_empty() {
        let what = if args.direction == "up" { "nothing depends on" } else { "no dependencies of" };
        context.say(format_args!("{what} {id}"));
    }
    let look = Look::of(context);
    for (id, issue, kind) in &linked {
        let text = match issue {
            Some(issue) => format!("{} via {kind}", line::short(issue, look)),
            None => format!("{id} (in no ledger here) via {kind}"),
        };
        output::line(text)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What an issue hangs on, or what hangs on it: the id, the issue where it is found, and the kind.
fn linked(
    lookup: &mut Lookup<'_>,
    opened: &Opened,
    id: &str,
    up: bool,
) -> Vec<(String, Option<towline_ledger::Issue>, String)> {
    if up {
        let found = shapes::linked_to(&opened.issues, id).into_iter();
        return found.map(|(issue, kind)| (issue.id().into_owned(), Some(issue), kind)).collect();
    }
    let Some(brief) = opened.issues.find(id) else { return Vec::new() };
    let own = brief.issue().dependencies().into_iter();
    own.map(|one| {
        let issue = shapes::find(lookup, opened, &one.depends_on_id);
        (one.depends_on_id, issue, one.kind)
    })
    .collect()
}

fn cycles(context: &Context, args: &CyclesArgs) -> Result<ExitCode, CommandError> {
    let ledgers: Ledgers = work::ledgers(context)?;
    let mut found: Vec<Vec<Value>> = Vec::new();
    let mut shown = Vec::new();
    for opened in opened(context, &ledgers, None, false)? {
        let graph = Graph::of(&opened.issues);
        for circle in graph.cycles(&opened.issues) {
            let issues = circle.iter().filter_map(|id| opened.issues.find(id));
            found.push(issues.map(|brief| Value::Object(shapes::full(&brief.issue()))).collect());
            let first = circle.first().cloned();
            shown.push(circle.into_iter().chain(first).collect::<Vec<_>>().join(" → "));
        }
    }
    if args.json {
        output::json(&found)?;
    } else if shown.is_empty() {
        output::line("✓ No dependency cycles detected")?;
    } else {
        output::line(format!("⚠ Found {} dependency cycle(s):", shown.len()))?;
        for way in shown {
            output::line(format!("  {way}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether a tree of dependencies shows a link.
pub(super) fn is_in_tree(kind: LinkKind) -> bool {
    kind.holds_up() || matches!(kind, LinkKind::ParentChild | LinkKind::Tracks)
}
