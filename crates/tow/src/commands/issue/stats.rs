//! `tow issue stats`: how much work there is.

use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::json;
use towline_ledger::Stats;

use crate::context::Context;
use crate::error::CommandError;
use crate::issue::opened;
use crate::output;
use crate::work;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "Examples:
  tow issue stats
  tow issue stats --json | jq .summary.ready_issues";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The issues of this rig
    #[arg(long, value_name = "NAME")]
    rig: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    for opened in opened(context, &ledgers, args.rig.as_deref(), false)? {
        let stats = Stats::of(&opened.issues, Timestamp::now());
        match args.json {
            true => output::json(&json!({ "summary": stats }))?,
            false => output::print(shown(&stats))?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(stats: &Stats) -> String {
    let rows = [
        ("Total Issues", stats.total_issues, true),
        ("Open", stats.open_issues, true),
        ("In Progress", stats.in_progress_issues, true),
        ("Hooked", stats.hooked_issues, false),
        ("Blocked", stats.blocked_issues, true),
        ("Deferred", stats.deferred_issues, false),
        ("Pinned", stats.pinned_issues, false),
        ("Closed", stats.closed_issues, true),
        ("Deleted", stats.tombstone_issues, false),
        ("Ready to Work", stats.ready_issues, true),
        ("Epics to Close", stats.epics_eligible_for_closure, false),
    ];
    let mut text = "\n📊 Issue Statistics\n\n".to_owned();
    for (name, count, always) in rows {
        if always || count > 0 {
            text += &format!("{:<18}{count}\n", format!("{name}:"));
        }
    }
    if stats.average_lead_time_hours > 0.0 {
        text += &format!("{:<18}{:.1} hours\n", "Avg Lead Time:", stats.average_lead_time_hours);
    }
    text + "\n"
}
