//! `tow ready`: what can be worked on now.

use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::Value;
use towline_ledger::ready::Graph;
use towline_ledger::{Brief, Dependents};

use crate::context::Context;
use crate::error::CommandError;
use crate::issue::filter::{Below, Filter};
use crate::issue::line::{self, Look};
use crate::issue::{Scope, json};
use crate::output;
use crate::work;

/// How many are shown to a person who doesn't say.
const SHOWN: usize = 100;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Shown is what is open or in progress and waits for nothing: the most urgent first, then the oldest.

Examples:
  tow ready
  tow ready -n 5 --unassigned
  tow ready --all-rigs --json | jq -r '.[0].id'";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// At most so many; 0 for all [default: 100; all with --json]
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,

    #[command(flatten)]
    scope: Scope,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    filter: Filter,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let all = args.scope.opened(context, &ledgers)?;
    let now = Timestamp::now();
    let mut found: Vec<(usize, Brief<'_>)> = Vec::new();
    for (at, opened) in all.iter().enumerate() {
        let sieve = args.filter.sieve(&ledgers, opened, Below::All)?;
        let ready = Graph::of(&opened.issues).ready_of(&opened.issues, now, sieve.types());
        found.extend(ready.into_iter().filter(|brief| sieve.takes(brief)).map(|brief| (at, brief)));
    }
    if all.len() > 1 {
        found.sort_by_cached_key(|(_, brief)| brief.urgency());
    }
    let count = found.len();
    let limit = args.limit.unwrap_or(if args.json { 0 } else { SHOWN });
    if limit > 0 {
        found.truncate(limit);
    }
    if args.json {
        let dependents: Vec<_> = all.iter().map(|opened| Dependents::of(&opened.issues)).collect();
        let issues = found.iter().map(|(at, brief)| json::with_counts(brief, &dependents[*at]));
        output::json(&issues.map(Value::Object).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if count == 0 {
        let open = |brief: Brief<'_>| !brief.status().is_over();
        let any = all.iter().any(|opened| opened.issues.iter().any(open));
        output::line(match any {
            true => "✨ No ready work found (all issues have blocking dependencies)",
            false => "✨ No open issues",
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    output::print(shown(&found, count, Look::of(context)))?;
    if count > found.len() {
        context.say(format_args!("{} of {count}; tow ready -n 0 shows all", found.len()));
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(found: &[(usize, Brief<'_>)], count: usize, look: Look) -> String {
    let issues = if count == 1 { "issue" } else { "issues" };
    let mut text = format!("\n📋 Ready work ({count} {issues} with no blockers):\n\n");
    for (at, (_, brief)) in found.iter().enumerate() {
        let issue = brief.issue();
        let kind = brief.issue_type();
        let parts = vec![
            line::plain(format!("{}.", at + 1)),
            line::priority_part(brief.priority()),
            line::styled(format!("[{kind}]"), line::type_style(kind)),
            line::styled(format!("{}:", brief.id()), line::id_style()),
            line::title(issue.title()),
        ];
        text += &(line::joined(parts, look) + "\n");
        let mut more = |name: &str, value: String| {
            text +=
                &(line::joined(vec![line::plain(format!("   {name}:")), line::title(value)], look)
                    + "\n");
        };
        if let Some(minutes) = issue.number("estimated_minutes") {
            more("Estimate", format!("{minutes} min"));
        }
        if brief.is_assigned() {
            more("Assignee", brief.assignee());
        }
    }
    text + "\n"
}
