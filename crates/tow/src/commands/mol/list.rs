//! `tow mol list`: the molecules that are under way.

use std::process::ExitCode;

use serde::Serialize;
use towline_ledger::Ledgers;
use towline_ledger::molecule::{Progress, holders, is_root, is_wisp};
use towline_ledger::ready::Graph;

use crate::context::Context;
use crate::error::CommandError;
use crate::issue::opened;
use crate::output;
use crate::table::{Align, Cell, Table, terminal_width};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow mol list
  tow mol list --all --json";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Also those that are closed
    #[arg(long)]
    all: bool,

    /// Only those of this rig
    #[arg(long, value_name = "RIG")]
    rig: Option<String>,

    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

/// A molecule.
#[derive(Debug, Serialize)]
struct MoleculeJson {
    id: String,
    title: String,
    status: String,
    /// Who has it, or the work that is done by it.
    assignee: String,
    /// The work that is done by it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attached_to: Vec<String>,
    is_wisp: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<Progress>,
}

/// Runs the verb.
pub(crate) fn run(
    context: &Context,
    ledgers: &Ledgers,
    args: &Args,
) -> Result<ExitCode, CommandError> {
    const COLUMNS: &[(&str, Align)] = &[
        ("ID", Align::Left),
        ("STATUS", Align::Left),
        ("STEPS", Align::Right),
        ("WHO", Align::Left),
        ("TITLE", Align::Left),
    ];
    let mut found = Vec::new();
    for opened in opened(context, ledgers, args.rig.as_deref(), args.rig.is_none())? {
        let graph = Graph::of(&opened.issues);
        let roots = opened.issues.iter().filter(|brief| is_root(brief) && !brief.is_template());
        let shown = roots.filter(|brief| match args.all {
            true => !brief.is_tombstone(),
            false => !brief.status().is_over(),
        });
        for brief in shown {
            let issue = brief.issue();
            let attached_to = holders(&opened.issues, brief.id());
            let carrier = attached_to.first().and_then(|id| opened.issues.find(id));
            found.push(MoleculeJson {
                id: brief.id().to_owned(),
                title: issue.title().into_owned(),
                status: brief.status().to_string(),
                assignee: match carrier.filter(|_| !brief.is_assigned()) {
                    Some(carrier) => carrier.assignee(),
                    None => brief.assignee(),
                },
                attached_to,
                is_wisp: is_wisp(&issue),
                progress: Progress::of(&graph, brief.id()),
            });
        }
    }
    if args.json {
        output::json(&found)?;
        return Ok(ExitCode::SUCCESS);
    }
    if found.is_empty() {
        context.say("no molecule is under way");
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(COLUMNS).dispensable(&["WHO"]);
    for one in &found {
        let steps = match &one.progress {
            Some(progress) => format!("{}/{}", progress.done_steps, progress.total_steps),
            None => "-".to_owned(),
        };
        let title = if one.is_wisp { format!("{} (wisp)", one.title) } else { one.title.clone() };
        table.row([&one.id, &one.status, &steps, &one.assignee, &title].map(Cell::plain).into());
    }
    for line in table.lines(terminal_width(), context.colors()) {
        output::line(line)?;
    }
    Ok(ExitCode::SUCCESS)
}
