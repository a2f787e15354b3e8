//! `tow issue search`: find issues by what they say.

use std::process::ExitCode;

use towline_ledger::Brief;
use towline_ledger::search::search;

use super::list;
use crate::context::Context;
use crate::error::CommandError;
use crate::issue::Scope;
use crate::issue::filter::{Below, Filter, StatusFilter};
use crate::output;
use crate::work;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "Searches ids, titles, descriptions, designs, notes and comments, whatever the case. Closed issues come last.

Examples:
  tow issue search build
  tow issue search \"out of memory\" --status open
  tow issue search login token --json";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Words or phrases; an issue must say all of them
    #[arg(value_name = "TEXT", required = true)]
    texts: Vec<String>,

    /// At most so many; 0 for all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    limit: usize,

    #[command(flatten)]
    scope: Scope,

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
    if args.texts.iter().all(|text| text.trim().is_empty()) {
        return Err(CommandError::usage("what to search for is empty"));
    }
    let ledgers = work::ledgers(context)?;
    let all = args.scope.opened(context, &ledgers)?;
    let mut found: Vec<(usize, Brief<'_>)> = Vec::new();
    for (at, opened) in all.iter().enumerate() {
        let sieve = args.filter.sieve(&ledgers, opened, Below::All)?;
        let status = args.status.for_search(opened)?;
        let fits = |brief: &Brief<'_>| status.takes(brief, sieve.types()) && sieve.takes(brief);
        let said = search(&opened.issues, &args.texts).into_iter();
        found.extend(said.filter(fits).map(|brief| (at, brief)));
    }
    list::by_urgency(&mut found);
    found.sort_by_key(|(_, brief)| brief.status().is_over());
    let count = found.len();
    if args.limit > 0 {
        found.truncate(args.limit);
    }
    if !args.json && count > 0 {
        let issues = if count == 1 { "issue" } else { "issues" };
        output::line(output::one_line(&format!(
            "Found {count} {issues} matching '{}':",
            args.texts.join(" ")
        )))?;
    }
    list::show(context, &all, &found, args.json, false)?;
    if count > found.len() && !args.json {
        context.say(format_args!("{} of {count}; -n 0 shows all", found.len()));
    }
    Ok(ExitCode::SUCCESS)
}
