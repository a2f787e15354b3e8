//! `tow blocked`: what waits for something else.

use std::process::ExitCode;

use serde_json::Value;
use towline_ledger::Brief;
use towline_ledger::ready::Graph;

use crate::context::Context;
use crate::error::CommandError;
use crate::issue::filter::{Below, Filter};
use crate::issue::line::{self, Look};
use crate::issue::{Scope, json};
use crate::output;
use crate::work;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow blocked
  tow blocked --assignee me
  tow blocked --json | jq -r '.[] | \"\\(.id): \\(.blocked_by)\"'";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
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
    let mut found: Vec<(Brief<'_>, Vec<Brief<'_>>)> = Vec::new();
    for opened in &all {
        let sieve = args.filter.sieve(&ledgers, opened, Below::All)?;
        let blocked = Graph::of(&opened.issues).blocked(&opened.issues);
        found.extend(blocked.into_iter().filter(|(brief, _)| sieve.takes(brief)));
    }
    if all.len() > 1 {
        found.sort_by_cached_key(|(brief, _)| brief.urgency());
    }
    if args.json {
        let issues = found.iter().map(|(brief, by)| Value::Object(json::blocked(brief, by)));
        output::json(&issues.collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if found.is_empty() {
        output::line("✨ No blocked issues")?;
        return Ok(ExitCode::SUCCESS);
    }
    output::print(shown(&found, Look::of(context)))?;
    Ok(ExitCode::SUCCESS)
}

fn shown(found: &[(Brief<'_>, Vec<Brief<'_>>)], look: Look) -> String {
    let mut text = format!("\n🚫 Blocked issues ({}):\n\n", found.len());
    for (brief, by) in found {
        let parts = vec![
            line::priority_part(brief.priority()),
            line::styled(format!("{}:", brief.id()), line::id_style()),
            line::title(brief.issue().title()),
        ];
        text += &(line::joined(parts, look) + "\n");
        let dependencies = if by.len() == 1 { "dependency" } else { "dependencies" };
        let ids: Vec<&str> = by.iter().map(Brief::id).collect();
        text += &match by.is_empty() {
            true => "  Blocked by what its notes may say\n".to_owned(),
            false => {
                format!("  Blocked by {} open {dependencies}: [{}]\n", by.len(), ids.join(" "))
            }
        };
    }
    text + "\n"
}
