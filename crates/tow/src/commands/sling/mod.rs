//! `tow sling`: give work to a worker.

pub(crate) mod place;
pub(crate) mod remote;
mod what;

use std::process::ExitCode;

use serde::Serialize;
use towline_dispatch::nudge::Nudged;
use towline_dispatch::panes;
use towline_dispatch::sling::{self, Asked, Said, Slung, Target, Told};
use towline_ledger::mail::{self, Message};
use towline_ledger::{LedgerError, Ledgers, convoy};

use crate::commands::nudge;
use crate::context::Context;
use crate::error::CommandError;
use crate::{output, work};

use place::{Given, Where};
use what::{What, vars};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "The work, and what the worker needs to know for it, are written into the ledger. A pane that is there is told; without one the worker
finds it all by tow prime.

Examples:
  tow sling gt-x7k gastown           to a worker of that rig who is free, or a new one
  tow sling gt-x7k gastown/Toast --args \"patch release\"
  tow sling gt-x7k                   onto one's own hook
  tow sling mol-review mayor --var pr=12
  tow sling mol-polecat-work --on gt-x7k gastown
  tow sling gt-x7k gastown --heavy   where the power is";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// An issue, or a formula
    #[arg(value_name = "ISSUE|FORMULA")]
    work: String,

    /// Who gets it: a rig, RIG/NAME, mayor, deacon, witness, refinery, or . for oneself [default: oneself]
    #[arg(value_name = "TARGET")]
    target: Option<String>,

    /// What the worker is to know, in plain words; kept with the work
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    args: Option<String>,

    /// A value for one of the formula's variables; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    var: Vec<String>,

    /// The issue that the formula's steps are for
    #[arg(long, value_name = "ISSUE")]
    on: Option<String>,

    /// Start the worker's agent as [agent.NAME] of the configuration says, on its host
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,

    /// The same with the preset that is configured for heavy work
    #[arg(long, conflicts_with = "preset")]
    heavy: bool,

    /// The host it is to be done on, whatever the preset says; local is this one
    #[arg(long, value_name = "HOST")]
    host: Option<String>,

    /// What it is about, for the prompt and a mail
    #[arg(short, long, value_name = "TEXT")]
    subject: Option<String>,

    /// More about it, for the prompt and a mail
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    message: Option<String>,

    /// Also what is somebody else's, deferred, or in the way of other work
    #[arg(short, long)]
    force: bool,

    /// Only say what would be done
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
}

/// What was slung.
#[derive(Debug, Serialize)]
struct SlungJson<'a> {
    issue: &'a str,
    title: &'a str,
    target: String,
    already: bool,
    args_stored: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    molecule: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    formula: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    /// The pane that was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pane: Option<String>,
    /// Why none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let what = What::of(context, &ledgers, &args.work, args.on.as_deref())?;
    let target = sling::read_target(args.target.as_deref(), &ledgers.place)?;
    let given =
        Given { preset: args.preset.as_deref(), heavy: args.heavy, host: args.host.as_deref() };
    let place = where_to(context, &ledgers, given, what.issue.as_deref())?;
    let settings = work::settings()?;
    let asked = Asked {
        issue: what.issue.as_deref(),
        formula: what.formula.as_ref(),
        vars: vars(&args.var, what.formula.as_ref())?,
        target,
        args: args.args.as_deref().unwrap_or_default(),
        force: args.force,
        elsewhere: place.host.is_some(),
        settings: &settings,
    };
    let say = |said: Said| -> Result<(), CommandError> {
        match said {
            Said::Line(text) if !args.json => output::line(output::one_line(&text)),
            Said::Line(text) | Said::Remark(text) => {
                context.say(output::one_line(&text));
                Ok(())
            }
        }
    };
    if args.dry_run {
        return rehearse(context, &ledgers, &asked, &place, &args);
    }
    let mut closed = Ok(());
    let slung = sling::sling(&ledgers, &asked, &mut |said| {
        if closed.is_ok() {
            closed = say(said);
        }
    })?;
    closed?;
    let told = told(&slung, &args);
    if args.subject.is_some() || args.message.is_some() {
        send_mail(context, &ledgers, &slung, &told)?;
    }
    if let Some(host) = &place.host {
        let outcome =
            remote::sling(context, &ledgers, &slung, &place, &sling::prompt(&told), args.json)
                .await?;
        if args.json {
            print_json(&slung, Some(host), None)?;
        }
        return Ok(outcome);
    }
    if let Ok(paths) = context.paths() {
        towline_dispatch::remote::stays_here(paths, &slung.id)?;
    }
    // What was there already, and is no different, they have been told.
    if slung.already && !slung.args_stored && args.subject.is_none() && args.message.is_none() {
        if args.json {
            print_json(&slung, None, None)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let nudged = tell(context, &ledgers, &slung, &sling::prompt(&told)).await;
    if args.json {
        print_json(&slung, None, Some(&nudged))?;
    } else {
        output::line(nudge_line(&nudged))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Where it is to be done.
///
/// # Errors
/// A preset that there isn't; where the ledger can't be read.
pub(crate) fn where_to(
    context: &Context,
    ledgers: &Ledgers,
    given: Given<'_>,
    issue: Option<&str>,
) -> Result<Where, CommandError> {
    // Without folders of the user's there is no configuration.
    let config = match context.paths() {
        Ok(_) => context.config()?,
        Err(_) => towline_client::config::Config::default(),
    };
    let Some(issue) = issue else { return place::decide(given, &[], None, &config) };
    let found = ledgers.locate(issue)?;
    let labels = found.issues.find(&found.id).map(|brief| brief.labels()).unwrap_or_default();
    let of_convoy = convoy::preset_of(ledgers, &found.id)?;
    place::decide(given, &labels, of_convoy.as_deref(), &config)
}

fn rehearse(
    context: &Context,
    ledgers: &Ledgers,
    asked: &Asked<'_>,
    place: &Where,
    args: &Args,
) -> Result<ExitCode, CommandError> {
    let mut lines = Vec::new();
    let target = sling::rehearse(ledgers, asked, &mut |said| match said {
        Said::Line(text) => lines.push(text),
        Said::Remark(text) => context.say(text),
    })?;
    if let Some(subject) = &args.subject {
        lines.push(format!("  subject (in nudge): {subject}"));
    }
    if let Some(message) = &args.message {
        lines.push(format!("  context: {message}"));
    }
    if let Some(host) = &place.host {
        lines.push(format!("Would hand it to host: {host}"));
    }
    if let Some(town) = &ledgers.place.town {
        lines.push(format!("Would nudge pane: {}", panes::name_of(&target, town)));
    }
    if args.json {
        output::json(&lines)?;
        return Ok(ExitCode::SUCCESS);
    }
    lines.iter().try_for_each(|line| output::line(output::one_line(line)))?;
    Ok(ExitCode::SUCCESS)
}

fn told<'a>(slung: &'a Slung, args: &'a Args) -> Told<'a> {
    let formula = if args.on.is_none() { slung.formula.as_str() } else { "" };
    Told {
        id: &slung.id,
        formula,
        subject: args.subject.as_deref().unwrap_or_default(),
        message: args.message.as_deref().unwrap_or_default(),
        args: args.args.as_deref().unwrap_or_default(),
    }
}

/// Leaves the worker a mail about the work, and says so.
///
/// # Errors
/// Where it can't be written. The work is on the hook all the same.
pub(crate) fn send_mail(
    context: &Context,
    ledgers: &Ledgers,
    slung: &Slung,
    told: &Told<'_>,
) -> Result<(), CommandError> {
    let message = Message {
        to: slung.target.to_string(),
        subject: sling::mail_subject(told, &slung.title),
        body: sling::mail_body(told, &slung.title),
        kind: "task".to_owned(),
        ..Message::default()
    };
    let sent = ledgers
        .town()
        .and_then(|ledger| ledger.change(&ledgers.actor(), |change| mail::send(change, &message)))
        .map_err(|error: LedgerError| {
            let error = CommandError::from(error);
            let message = format!(
                "{} is on the hook, but the mail can't be sent: {}",
                slung.id, error.message
            );
            CommandError { message, ..error }
        })?;
    context.say(format_args!("✓ Mail sent to {} ({})", slung.target, sent.id()));
    Ok(())
}

/// Types the prompt into the worker's pane, if there is one.
pub(crate) async fn tell(
    context: &Context,
    ledgers: &Ledgers,
    slung: &Slung,
    prompt: &str,
) -> Nudged {
    if slung.target == ledgers.place.identity {
        return Nudged::no_pane("it is your own hook");
    }
    let reached = nudge::reach(context).await;
    nudge::to(&reached, ledgers.place.town.as_ref(), &slung.target, prompt).await
}

/// The last line of a sling.
pub(crate) fn nudge_line(nudged: &Nudged) -> String {
    match nudged {
        Nudged::Typed { .. } => "▶ Start prompt sent".to_owned(),
        Nudged::NoPane { reason } => format!(
            "○ No pane to nudge (agent will discover work via tow prime): {}",
            output::one_line(reason)
        ),
    }
}

fn print_json(
    slung: &Slung,
    host: Option<&str>,
    nudged: Option<&Nudged>,
) -> Result<(), CommandError> {
    let (pane, reason) = match nudged {
        Some(Nudged::Typed { pane }) => (Some(pane.clone()), None),
        Some(Nudged::NoPane { reason }) => (None, Some(reason.clone())),
        None => (None, None),
    };
    output::json(&SlungJson {
        issue: &slung.id,
        title: &slung.title,
        target: slung.target.to_string(),
        already: slung.already,
        args_stored: slung.args_stored,
        molecule: slung.molecule.as_deref(),
        formula: &slung.formula,
        folder: slung.folder.as_ref().map(|folder| folder.display().to_string()),
        host,
        pane,
        reason,
    })
}

/// A target that must be a worker of a rig, or a rig.
///
/// # Errors
/// Where nobody is called so, or it is somebody else.
pub(crate) fn worker(ledgers: &Ledgers, text: &str) -> Result<Target, CommandError> {
    use towline_ledger::Role;
    let target = sling::read_target(Some(text), &ledgers.place)?;
    match &target {
        Target::Somebody(identity) if !matches!(identity.role(), Role::Polecat | Role::Crew) => {
            Err(CommandError::usage(format!("{identity} is no worker of a rig"))
                .hint("tow spawn RIG/NAME --issue ISSUE"))
        }
        _ => Ok(target),
    }
}
