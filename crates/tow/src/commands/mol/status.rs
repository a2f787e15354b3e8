//! `tow mol status`: what is on a hook, and how far it is. `tow hook` shows the same.

use std::process::ExitCode;

use serde::Serialize;
use serde_json::{Map, Value};
use towline_ledger::attachment::Attachment;
use towline_ledger::hook::{self, Held};
use towline_ledger::mail::Mail;
use towline_ledger::molecule::{self, Progress};
use towline_ledger::{Identity, Issue, LedgerError, Ledgers, Lookup};

use super::identity;
use super::progress::counts;
use crate::error::CommandError;
use crate::issue::json;
use crate::output::{self, one_line};
use crate::quote::controls_escaped;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow mol status
  tow mol status demo/Toast --json";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose hook: mayor, deacon, RIG/witness, RIG/NAME, …; without one, your own
    #[arg(value_name = "TARGET")]
    target: Option<String>,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// What is on somebody's hook, in Gas Town's words. What isn't there is left out.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    target: String,
    role: &'static str,
    has_work: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pinned_bead: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "String::is_empty")]
    attached_molecule: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    attached_at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    attached_args: String,
    is_wisp: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<Progress>,
    next_action: String,
}

/// Runs the verb.
pub(crate) fn run(ledgers: &Ledgers, args: &Args) -> Result<ExitCode, CommandError> {
    show(ledgers, &identity(ledgers, args.target.as_deref())?, args.json)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints what is on somebody's hook, for people or as JSON.
///
/// # Errors
/// Where no ledger can be read.
pub(crate) fn show(ledgers: &Ledgers, who: &Identity, json: bool) -> Result<(), CommandError> {
    let mut lookup = Lookup::new(ledgers);
    let work = Work::of(ledgers, &mut lookup, who)?;
    let status = status(who, work.as_ref());
    match json {
        true => output::json(&status),
        false => output::print(in_words(&status, work.as_ref())),
    }
}

/// The work on a hook.
pub(crate) struct Work {
    /// The issue.
    pub(crate) issue: Issue,
    /// What is attached to it.
    pub(crate) attachment: Attachment,
    /// The root of the molecule that it is done by: attached, or itself.
    pub(crate) molecule: Option<Issue>,
    /// How far that is.
    pub(crate) progress: Option<Progress>,
    /// The title of the step to work on.
    pub(crate) current_title: Option<String>,
    /// What else is on the hook.
    others: Vec<String>,
}

impl Work {
    /// The first piece of work on somebody's hook. Mail that lies there comes after other work.
    ///
    /// # Errors
    /// Where there is no ledger.
    pub(crate) fn of(
        ledgers: &Ledgers,
        lookup: &mut Lookup<'_>,
        who: &Identity,
    ) -> Result<Option<Self>, LedgerError> {
        let mut held = hook::held(ledgers, lookup, who);
        if held.is_empty() {
            ledgers.here()?;
            return Ok(None);
        }
        let work = held.iter().position(|one| Mail::of(&one.issue).is_none());
        let Held { issue, attachment, progress, .. } = held.remove(work.unwrap_or(0));
        held.retain(|one| Mail::of(&one.issue).is_none());
        let root =
            progress.as_ref().map_or(&attachment.attached_molecule, |progress| &progress.root_id);
        let molecule = find(lookup, root);
        let current = progress.as_ref().and_then(|progress| progress.current.as_ref());
        let current_title =
            current.and_then(|id| find(lookup, id)).map(|step| step.title().into_owned());
        let others = held.iter().map(|one| one.issue.id().into_owned()).collect();
        Ok(Some(Self { issue, attachment, molecule, progress, current_title, others }))
    }
}

fn find(lookup: &mut Lookup<'_>, id: &str) -> Option<Issue> {
    let (opened, found) = lookup.locate(id).ok()?;
    (found == id).then(|| opened.issues.find(id).map(|brief| brief.issue())).flatten()
}

fn status(who: &Identity, work: Option<&Work>) -> Status {
    let attachment = work.map(|work| work.attachment.clone()).unwrap_or_default();
    Status {
        target: who.to_string(),
        role: who.role().name(),
        has_work: work.is_some(),
        pinned_bead: work.map(|work| json::full(&work.issue)),
        attached_molecule: attachment.attached_molecule,
        attached_at: attachment.attached_at,
        attached_args: attachment.attached_args,
        is_wisp: work.is_some_and(|work| {
            molecule::is_wisp(&work.issue) || work.molecule.as_ref().is_some_and(molecule::is_wisp)
        }),
        progress: work.and_then(|work| work.progress.clone()),
        next_action: next_action(work),
    }
}

/// What is to be done next, in a line.
fn next_action(work: Option<&Work>) -> String {
    let Some(work) = work else {
        return "Check inbox for work assignments: tow mail inbox".into();
    };
    if Mail::of(&work.issue).is_some() {
        return format!("Read the message: tow mail read {}", work.issue.id());
    }
    let Some(progress) = &work.progress else {
        return format!("Do the work: tow issue show {}, and at its end tow done", work.issue.id());
    };
    if progress.complete {
        return "Molecule complete! Finish the work: tow done".into();
    }
    if progress.in_progress_steps > 0 {
        return "Continue working on in-progress steps".into();
    }
    if let Some(step) = progress.ready_steps.first() {
        return format!(
            "Start next ready step: tow issue show {step}, and at its end tow mol step done {step}"
        );
    }
    match progress.gates.first() {
        Some(gate) => format!("Wait until somebody opens the gate: tow gate approve {gate}"),
        None => "All remaining steps are blocked - waiting on dependencies".into(),
    }
}

fn in_words(status: &Status, work: Option<&Work>) -> String {
    let mut lines = vec![String::new(), format!("🪝 Hook Status: {}", status.target)];
    lines.push(format!("Role: {}", status.role));
    lines.push(String::new());
    let Some(work) = work else {
        lines.push("Nothing on hook - no work slung".into());
        return ended(lines, status);
    };
    let (id, title) = (work.issue.id(), one_line(&work.issue.title()));
    if let Some(mail) = Mail::of(&work.issue) {
        lines.push(format!("🪝 Hook: {id} (mail)"));
        lines.push(format!("   From: {}", one_line(&mail.from)));
        lines.push(format!("   Subject: {title}"));
        lines.push(format!("   Run: tow mail read {id}"));
        return ended(lines, status);
    }
    lines.push("🚀 AUTONOMOUS MODE - Work on hook triggers immediate execution".into());
    lines.push(String::new());
    lines.push(format!("🪝 Hooked: {id}: {title}"));
    let kind = if status.is_wisp { "🧬 Wisp:" } else { "🧬 Molecule:" };
    match (&work.molecule, status.attached_molecule.as_str()) {
        (Some(root), _) => lines.push(format!("{kind} {}: {}", root.id(), one_line(&root.title()))),
        (None, "") => {
            lines.push("No molecule attached (hooked bead still triggers autonomous work)".into())
        }
        (None, gone) => lines.push(format!("{kind} {} (not found)", one_line(gone))),
    }
    if !status.attached_at.is_empty() {
        lines.push(format!("   Attached: {}", one_line(&status.attached_at)));
    }
    for (number, text) in status.attached_args.lines().enumerate() {
        let heading = if number == 0 { "   Args:" } else { "        " };
        lines.push(format!("{heading} {}", controls_escaped(text)));
    }
    if let Some(progress) = &status.progress {
        lines.push(String::new());
        lines.extend(counts("Progress: ", progress));
    }
    if !work.others.is_empty() {
        lines.push(String::new());
        lines.push(format!("ℹ Also on the hook: {}", work.others.join(", ")));
    }
    ended(lines, status)
}

fn ended(mut lines: Vec<String>, status: &Status) -> String {
    lines.push(String::new());
    lines.push(format!("Next: {}", status.next_action));
    lines.push(String::new());
    lines.join("\n")
}
