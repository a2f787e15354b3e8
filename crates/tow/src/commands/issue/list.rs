//! `tow issue list`: the issues of a ledger.

use std::process::ExitCode;

use serde_json::Value;
use towline_ledger::ready::Graph;
use towline_ledger::{Brief, Dependents, Ledgers, Opened};

use crate::context::Context;
use crate::error::CommandError;
use crate::issue::filter::{Below, Filter, StatusFilter, open_blocks};
use crate::issue::line::{self, Look};
use crate::issue::{Scope, json};
use crate::output;
use crate::work;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "Closed issues, messages, gates, templates and wisps are shown with --all, or where they are asked for.

Examples:
  tow issue list
  tow issue list --assignee me --status in_progress
  tow issue list -t bug -p 0,1 --label ci
  tow issue list --all --json | jq -r '.[].id'";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// At most so many; 0 for all [default: all]
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,

    #[command(flatten)]
    scope: Scope,

    /// Several lines for each
    #[arg(long, conflicts_with = "json")]
    long: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    filter: Filter,

    #[command(flatten)]
    status: StatusFilter,
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let all = args.scope.opened(context, &ledgers)?;
    let chosen = |ledgers: &Ledgers| -> Result<_, CommandError> {
        let mut found: Vec<(usize, Brief<'_>)> = Vec::new();
        for (at, opened) in all.iter().enumerate() {
            let sieve = args.filter.sieve(ledgers, opened, Below::Children)?;
            let status = args.status.sieve(opened)?;
            let fits = |brief: &Brief<'_>| status.takes(brief, sieve.types()) && sieve.takes(brief);
            found.extend(opened.issues.iter().filter(fits).map(|brief| (at, brief)));
        }
        Ok(found)
    };
    let mut found = chosen(&ledgers)?;
    by_urgency(&mut found);
    let count = found.len();
    if let Some(limit) = args.limit.filter(|limit| *limit > 0) {
        found.truncate(limit);
    }
    show(context, &all, &found, args.json, args.long)?;
    if count > found.len() && !args.json {
        context.say(format_args!("{} of {count}; -n 0 shows all", found.len()));
    }
    Ok(ExitCode::SUCCESS)
}

/// The most urgent first, then the newest.
pub(super) fn by_urgency(found: &mut [(usize, Brief<'_>)]) {
    found.sort_by_cached_key(|(_, brief)| {
        (brief.priority(), std::cmp::Reverse(brief.created_at()), brief.id().to_owned())
    });
}

/// Prints issues, each with the place of its ledger among those that were opened.
pub(super) fn show(
    context: &Context,
    all: &[Opened],
    found: &[(usize, Brief<'_>)],
    as_json: bool,
    long: bool,
) -> Result<(), CommandError> {
    let dependents: Vec<_> = all.iter().map(|opened| Dependents::of(&opened.issues)).collect();
    if as_json {
        let issues = found.iter().map(|(at, brief)| json::with_counts(brief, &dependents[*at]));
        return output::json(&issues.map(Value::Object).collect::<Vec<_>>());
    }
    if found.is_empty() {
        context.say("no issues");
        return Ok(());
    }
    let graphs: Vec<_> = all.iter().map(|opened| Graph::of(&opened.issues)).collect();
    let look = Look::of(context);
    let mut text = String::new();
    for (at, brief) in found {
        let by = open_blocks(&graphs[*at], brief);
        let on = dependents[*at].on(brief.id()).iter();
        let on: Vec<&str> = on
            .filter(|one| !one.status().is_over() && !brief.status().is_over())
            .map(Brief::id)
            .collect();
        match long {
            true => text += &paragraph(brief, &by, &on, look),
            false => text += &(line::compact(brief, &behind(&by, &on), look) + "\n"),
        }
    }
    output::print(text)
}

/// What stands behind a title: `(blocked by: X, blocks: Y, Z)`.
fn behind(by: &[&str], on: &[&str]) -> String {
    let mut parts = Vec::new();
    if !by.is_empty() {
        parts.push(format!("blocked by: {}", by.join(", ")));
    }
    if !on.is_empty() {
        parts.push(format!("blocks: {}", on.join(", ")));
    }
    if parts.is_empty() { String::new() } else { format!("({})", parts.join(", ")) }
}

fn paragraph(brief: &Brief<'_>, by: &[&str], on: &[&str], look: Look) -> String {
    let issue = brief.issue();
    let (status, kind) = (brief.status(), brief.issue_type());
    let head = vec![
        line::styled(brief.id(), line::id_style()),
        line::priority_part(brief.priority()),
        line::styled(format!("[{kind}]"), line::type_style(kind)),
        line::styled(status.name(), line::status_style(&status)),
    ];
    let mut text = line::joined(head, look) + "\n";
    let mut add = |name: &str, value: String| {
        if !value.is_empty() {
            let parts = if name.is_empty() {
                vec![line::plain(" "), line::title(value)]
            } else {
                vec![line::plain(format!("  {name}:")), line::title(value)]
            };
            text += &(line::joined(parts, look) + "\n");
        }
    };
    add("", issue.title().into_owned());
    add("Assignee", issue.assignee().into_owned());
    let labels = issue.labels();
    add(
        "Labels",
        if labels.is_empty() { String::new() } else { format!("[{}]", labels.join(" ")) },
    );
    add("Blocked by", by.join(", "));
    add("Blocks", on.join(", "));
    text + "\n"
}
