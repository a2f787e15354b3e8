//! `tow done`: hand work in.

use std::process::ExitCode;

use serde::Serialize;
use towline_dispatch::done::{self, Asked, Done, Exit};

use crate::commands::nudge;
use crate::context::Context;
use crate::error::CommandError;
use crate::{output, work};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Work that is completed: all of it must be committed, on a branch of its own; that is pushed, a merge request is made, the issue closed (the
merge request stays open until it is merged) and the witness told. What is deferred goes back to open, what is escalated to blocked.
Said again, it goes on from where it was stopped, and nothing comes twice.

Examples:
  tow done
  tow done --exit DEFERRED           somebody else is to go on
  tow done --exit ESCALATED          it needs help
  tow done --issue gt-x7k            where it isn't on your hook";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How the work has ended: COMPLETED, DEFERRED or ESCALATED
    #[arg(long, visible_alias = "status", value_name = "HOW", default_value = "COMPLETED", value_parser = exit)]
    exit: Exit,

    /// The issue [default: the one on your hook]
    #[arg(long, value_name = "ISSUE")]
    issue: Option<String>,

    /// The merge request's priority, 0 to 4 [default: the issue's]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=4))]
    priority: Option<u8>,

    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
}

fn exit(text: &str) -> Result<Exit, String> {
    Exit::parse(text).ok_or_else(|| "must be COMPLETED, ESCALATED, or DEFERRED".to_owned())
}

/// What was handed in.
#[derive(Debug, Serialize)]
struct DoneJson<'a> {
    exit: &'static str,
    worker: String,
    issue: Option<&'a str>,
    branch: Option<&'a str>,
    target: Option<&'a str>,
    merge_request: Option<&'a str>,
    already: bool,
    released: bool,
    told: Vec<String>,
    convoys: Vec<&'a str>,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let asked = Asked { exit: args.exit, issue: args.issue.as_deref(), priority: args.priority };
    let done = done::done(&ledgers, asked)?;
    for remark in &done.remarks {
        context.say(remark);
    }
    if args.json {
        print_json(&done)?;
    } else {
        in_words(&done)?;
    }
    tell(context, &ledgers, &done).await;
    Ok(ExitCode::SUCCESS)
}

fn in_words(done: &Done) -> Result<(), CommandError> {
    let field = |name: &str, value: Option<&str>| match value.filter(|value| !value.is_empty()) {
        Some(value) => output::line(format!("  {name} {}", output::one_line(value))),
        None => Ok(()),
    };
    let branch = done.branch.as_ref();
    let name = branch.map(|branch| branch.name.as_str());
    match &done.request {
        Some((id, already)) => {
            output::line(match already {
                true => "✓ MR already exists (idempotent)",
                false => "✓ Work submitted to merge queue",
            })?;
            field("MR ID:", Some(id))?;
            field("Source:", name)?;
            field("Target:", branch.map(|branch| branch.target.as_str()))?;
            field("Issue:", done.issue.as_deref())?;
            field("Worker:", done.who.name())?;
            field("Priority:", Some(&format!("P{}", done.priority)))?;
            output::line("\nThe Refinery will process your merge request.")?;
        }
        None => {
            output::line(format!("→ Signaling {}", done.exit.name()))?;
            field("Issue:", done.issue.as_deref())?;
            field("Branch:", name)?;
        }
    }
    if done.released {
        output::line("✓ Hook released")?;
    }
    for letter in &done.told {
        let exit = done.exit.name();
        let again = if letter.already { " (told before)" } else { "" };
        output::line(match letter.dispatcher {
            false => format!("✓ Witness notified of {exit}{again}"),
            true => format!("✓ Dispatcher {} notified of {exit}{again}", letter.to),
        })?;
    }
    for (id, title) in &done.landed {
        output::line(format!("🚚 Convoy landed: {} ({id})", output::one_line(title)))?;
    }
    Ok(())
}

fn print_json(done: &Done) -> Result<(), CommandError> {
    let branch = done.branch.as_ref();
    output::json(&DoneJson {
        exit: done.exit.name(),
        worker: done.who.to_string(),
        issue: done.issue.as_deref(),
        branch: branch.map(|branch| branch.name.as_str()),
        target: branch.map(|branch| branch.target.as_str()),
        merge_request: done.request.as_ref().map(|(id, _)| id.as_str()),
        already: done.request.as_ref().is_some_and(|(_, already)| *already),
        released: done.released,
        told: done.told.iter().map(|letter| letter.to.to_string()).collect(),
        convoys: done.landed.iter().map(|(id, _)| id.as_str()).collect(),
    })
}

/// Those who got mail are told so in their panes, where they have any.
async fn tell(context: &Context, ledgers: &towline_ledger::Ledgers, done: &Done) {
    let new: Vec<_> = done.told.iter().filter(|letter| !letter.already).collect();
    if new.is_empty() {
        return;
    }
    let reached = nudge::reach(context).await;
    for letter in new {
        let text = format!(
            "[from {}] {}. Run `tow mail read {}` to read it.",
            done.who, letter.subject, letter.id
        );
        nudge::to(&reached, ledgers.place.town.as_ref(), &letter.to, &text).await;
    }
}
