//! `tow gate`: what waits for somebody's word before it goes on.

use std::process::ExitCode;

use serde::Serialize;
use towline_dispatch::nudge::Nudged;
use towline_ledger::gate::{self, Approved, Gate};
use towline_ledger::{Ledgers, Lookup, mail};

use super::mol::identity;
use super::nudge;
use crate::context::Context;
use crate::error::CommandError;
use crate::issue::settle::settle;
use crate::issue::{input, opened};
use crate::output::{self, one_line};
use crate::work;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "A step of a formula with `await = \"human\"` is a gate: what needs it waits until somebody approves it.

Examples:
  tow gate list
  tow gate approve gt-abc.3
  tow gate approve gt-abc.3 -m \"ship it, but not before ten\"";

const LIST: &str = "Examples:
  tow gate list
  tow gate list --json";

const APPROVE: &str = "Whoever waits is told by mail and, where there is one, in their pane.

Examples:
  tow gate approve gt-abc.3
  tow gate approve gt-abc.3 -m \"ship it\"";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the gates that are shut
    #[command(visible_alias = "ls", after_help = LIST)]
    List(ListArgs),
    /// Open a gate, and tell who waits
    #[command(after_help = APPROVE)]
    Approve(ApproveArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Only those of this rig
    #[arg(long, value_name = "RIG")]
    rig: Option<String>,

    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct ApproveArgs {
    /// The gate
    #[arg(value_name = "ID")]
    gate: String,

    /// What is to be told to whoever waits; - reads it from standard input
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,

    /// Also where other steps come before it
    #[arg(short, long)]
    force: bool,

    /// Print what came of it as JSON
    #[arg(long)]
    json: bool,
}

/// A gate.
#[derive(Debug, Serialize)]
struct GateJson<'a> {
    id: &'a str,
    title: &'a str,
    status: String,
    await_type: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    await_id: &'a str,
    /// Nothing but somebody's word keeps it shut.
    reached: bool,
    /// What must be closed before it is reached.
    waits_for: &'a [String],
    /// What is behind it.
    blocks: &'a [String],
    waiters: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    molecule: &'a str,
}

impl<'a> GateJson<'a> {
    fn of(gate: &'a Gate) -> Self {
        Self {
            id: &gate.id,
            title: &gate.title,
            status: gate.status.to_string(),
            await_type: &gate.await_type,
            await_id: &gate.await_id,
            reached: gate.is_reached(),
            waits_for: &gate.waits_for,
            blocks: &gate.blocks,
            waiters: &gate.waiters,
            molecule: &gate.molecule,
        }
    }
}

/// What came of approving.
#[derive(Debug, Serialize)]
struct ApprovedJson<'a> {
    id: &'a str,
    approved_by: &'a str,
    reason: &'a str,
    /// What can be begun now.
    ready: &'a [String],
    /// Who was told by mail.
    mailed: &'a [String],
    /// The panes that were told.
    nudged: &'a [String],
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    match args.action {
        Action::List(args) => list(context, &ledgers, &args),
        Action::Approve(args) => approve(context, &ledgers, &args).await,
    }
}

fn list(context: &Context, ledgers: &Ledgers, args: &ListArgs) -> Result<ExitCode, CommandError> {
    let mut gates = Vec::new();
    for opened in opened(context, ledgers, args.rig.as_deref(), args.rig.is_none())? {
        gates.extend(gate::shut(&opened.issues));
    }
    gates.sort_by_key(|gate| !gate.is_reached());
    if args.json {
        output::json(&gates.iter().map(GateJson::of).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if gates.is_empty() {
        context.say("no gate is shut");
    }
    for gate in &gates {
        output::print(in_words(gate))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A gate in a few lines.
fn in_words(gate: &Gate) -> String {
    let kind = match gate.await_id.as_str() {
        "" => gate.await_type.clone(),
        id => format!("{} {id}", gate.await_type),
    };
    let mark = if gate.is_reached() { "🚦" } else { "○" };
    let mut text = format!("{mark} {} [{}] {}\n", gate.id, one_line(&kind), one_line(&gate.title));
    let mut more = |name: &str, ids: &[String]| {
        if !ids.is_empty() {
            text.push_str(&format!("   {name} {}\n", one_line(&ids.join(", "))));
        }
    };
    more("First comes:", &gate.waits_for);
    more("Behind it:  ", &gate.blocks);
    more("Who waits:  ", &gate.waiters);
    if gate.is_reached() {
        text.push_str(&format!("   tow gate approve {}\n", gate.id));
    }
    text
}

async fn approve(
    context: &Context,
    ledgers: &Ledgers,
    args: &ApproveArgs,
) -> Result<ExitCode, CommandError> {
    let note = args.message.as_deref().map(input::text).transpose()?.unwrap_or_default();
    let (opened, id) = Lookup::new(ledgers).locate(&args.gate)?;
    let actor = ledgers.actor();
    let approved =
        opened.ledger.change(&actor, |change| gate::approve(change, &id, &note, args.force))?;
    if !args.json {
        output::line(format!("✓ Approved gate {id}: {}", one_line(&approved.gate.title)))?;
        for ready in &approved.ready {
            output::line(format!("  Ready now: {ready}"))?;
        }
    }
    // The gate is open, whatever comes of telling so.
    let mailed =
        ledgers.town().and_then(|town| town.change(&actor, |change| gate::tell(change, &approved)));
    let mailed = mailed.unwrap_or_else(|error| {
        context.say(format_args!("warning: nobody was told by mail: {error}"));
        Vec::new()
    });
    let nudged = nudge_waiters(context, ledgers, &approved, &mailed, args.json).await?;
    settle(context, ledgers, &approved.closed);
    if args.json {
        output::json(&ApprovedJson {
            id: &id,
            approved_by: &actor.0,
            reason: &approved.reason,
            ready: &approved.ready,
            mailed: &mailed,
            nudged: &nudged,
        })?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells those who have a pane there. Returns the panes.
async fn nudge_waiters(
    context: &Context,
    ledgers: &Ledgers,
    approved: &Approved,
    mailed: &[String],
    quiet: bool,
) -> Result<Vec<String>, CommandError> {
    let mut panes = Vec::new();
    if mailed.is_empty() {
        return Ok(panes);
    }
    let reached = nudge::reach(context).await;
    let town = ledgers.place.town.as_ref();
    let text = format!(
        "[from {}] Gate {} ({}) is open. {}. Run `tow prime` to go on.",
        mail::box_of(&ledgers.actor().0),
        approved.gate.id,
        one_line(&approved.gate.title),
        one_line(&approved.reason)
    );
    for who in mailed {
        let nudged = match identity(ledgers, Some(who)) {
            Ok(identity) => nudge::to(&reached, town, &identity, &text).await,
            Err(error) => Nudged::no_pane(error.message),
        };
        let said = match nudged {
            Nudged::Typed { pane } => {
                let said = format!("  ▶ Nudged {} in {pane}", one_line(who));
                panes.push(pane);
                said
            }
            Nudged::NoPane { reason } => {
                format!("  📬 Mailed {}; no pane to nudge: {}", one_line(who), one_line(&reason))
            }
        };
        if !quiet {
            output::line(said)?;
        }
    }
    Ok(panes)
}
