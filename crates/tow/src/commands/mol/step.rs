//! `tow mol step done`: finishing a step.

use std::process::ExitCode;

use serde::Serialize;
use towline_ledger::molecule::{Done, step_done};
use towline_ledger::{LedgerError, Ledgers, Lookup};

use crate::context::Context;
use crate::error::CommandError;
use crate::issue::settle::settle;
use crate::output::{self, one_line};

const DONE: &str = "Examples:
  tow mol step done gt-abc.1
  tow mol step done gt-abc.1 -r \"all tests pass\" --json";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Close a step, and say which comes next
    #[command(after_help = DONE)]
    Done(DoneArgs),
}

#[derive(Debug, clap::Args)]
struct DoneArgs {
    /// The step
    #[arg(value_name = "STEP")]
    step: String,

    /// What came of it
    #[arg(short, long, value_name = "TEXT", default_value = "")]
    reason: String,

    /// Also where it waits for other steps
    #[arg(short, long)]
    force: bool,

    /// Only say what would be done
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// Print what came of it as JSON
    #[arg(long)]
    json: bool,
}

/// What came of it, in Gas Town's words.
#[derive(Debug, Serialize)]
struct DoneJson<'a> {
    step_id: &'a str,
    molecule_id: &'a str,
    step_closed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_step_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_step_title: Option<&'a str>,
    complete: bool,
    /// continue, done or no_more_ready.
    action: &'a str,
}

/// Ends a change without making it.
enum Stop {
    Failed(LedgerError),
    DryRun(Box<Done>),
}

impl From<LedgerError> for Stop {
    fn from(error: LedgerError) -> Self {
        Self::Failed(error)
    }
}

/// Runs the verb.
pub(crate) fn run(
    context: &Context,
    ledgers: &Ledgers,
    args: Args,
) -> Result<ExitCode, CommandError> {
    let Action::Done(args) = args.action;
    let (opened, id) = Lookup::new(ledgers).locate(&args.step)?;
    let changed = opened.ledger.change(&ledgers.actor(), |change| {
        let done = step_done(change, &id, &args.reason, args.force)?;
        if args.dry_run { Err(Stop::DryRun(Box::new(done))) } else { Ok(done) }
    });
    let done = match changed {
        Ok(done) => done,
        Err(Stop::DryRun(done)) => *done,
        Err(Stop::Failed(error)) => return Err(error.into()),
    };
    if !args.dry_run {
        settle(context, ledgers, &done.closed);
    }
    match args.json {
        true => output::json(&json(&done, args.dry_run))?,
        false => output::print(in_words(&done, args.dry_run))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn json(done: &Done, dry_run: bool) -> DoneJson<'_> {
    DoneJson {
        step_id: &done.step_id,
        molecule_id: &done.molecule_id,
        step_closed: !dry_run,
        next_step_id: done.next.as_ref().map(|next| next.id.as_str()),
        next_step_title: done.next.as_ref().map(|next| next.title.as_str()),
        complete: done.complete,
        action: match (&done.next, done.complete) {
            (_, true) => "done",
            (Some(_), _) => "continue",
            (None, _) => "no_more_ready",
        },
    }
}

fn in_words(done: &Done, dry_run: bool) -> String {
    let title = one_line(&done.step_title);
    let mut text = match (dry_run, done.already) {
        (true, _) => format!("Would close step {}: {title}\n", done.step_id),
        (false, true) => format!("○ Step {} is closed already: {title}\n", done.step_id),
        (false, false) => format!("✓ Closed step {}: {title}\n", done.step_id),
    };
    text.push('\n');
    let molecule = &done.molecule_id;
    if done.complete {
        text += "🎉 Molecule complete!\n";
        text += &format!("Molecule {molecule} is complete. Finish the work: tow done\n");
    } else if let Some(next) = &done.next {
        text += &format!("→ Next step: {}\n  {}\n\n", next.id, one_line(&next.title));
        text += &format!("  What to do: tow issue show {}\n", next.id);
        text += &format!("  At its end: tow mol step done {}\n", next.id);
    } else {
        text += "ℹ All remaining steps are blocked - waiting on dependencies\n";
        for gate in &done.gates {
            text += &format!("  {gate} waits for somebody's word: tow gate approve {gate}\n");
        }
        text += &format!("Run 'tow mol progress {molecule}' to see blocked steps\n");
    }
    text
}
