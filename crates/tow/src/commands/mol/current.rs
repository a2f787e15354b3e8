//! `tow mol current`: the step that somebody works on.

use std::process::ExitCode;

use serde::Serialize;
use towline_ledger::{Ledgers, Lookup};

use super::identity;
use super::status::Work;
use crate::error::CommandError;
use crate::output::{self, one_line};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow mol current
  tow mol current demo/Toast --json";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose: mayor, deacon, RIG/witness, RIG/NAME, …; without one, your own
    #[arg(value_name = "TARGET")]
    target: Option<String>,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// Where somebody is, in Gas Town's words.
#[derive(Debug, Default, Serialize)]
struct Current {
    identity: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    handoff_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handoff_title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    molecule_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    molecule_title: Option<String>,
    steps_complete: usize,
    steps_total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_step_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_step: Option<String>,
    /// working, naked, complete or blocked.
    status: &'static str,
}

/// Runs the verb.
pub(crate) fn run(ledgers: &Ledgers, args: &Args) -> Result<ExitCode, CommandError> {
    let who = identity(ledgers, args.target.as_deref())?;
    let work = Work::of(ledgers, &mut Lookup::new(ledgers), &who)?;
    let current = current(who.to_string(), work.as_ref());
    match args.json {
        true => output::json(&current)?,
        false => output::print(in_words(&current))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn current(identity: String, work: Option<&Work>) -> Current {
    let Some(work) = work else {
        return Current { identity, status: "naked", ..Current::default() };
    };
    let progress = work.progress.as_ref();
    Current {
        identity,
        handoff_id: Some(work.issue.id().into_owned()),
        handoff_title: Some(work.issue.title().into_owned()),
        molecule_id: work.molecule.as_ref().map(|root| root.id().into_owned()),
        molecule_title: work.molecule.as_ref().map(|root| root.title().into_owned()),
        steps_complete: progress.map_or(0, |progress| progress.done_steps),
        steps_total: progress.map_or(0, |progress| progress.total_steps),
        current_step_id: progress.and_then(|progress| progress.current.clone()),
        current_step: work.current_title.clone(),
        status: match progress {
            Some(progress) if progress.complete => "complete",
            Some(progress) if progress.current.is_none() => "blocked",
            _ => "working",
        },
    }
}

fn in_words(current: &Current) -> String {
    let both = |id: &Option<String>, title: &Option<String>, none: &str| match (id, title) {
        (Some(id), Some(title)) => format!("{id} ({})", one_line(title)),
        (Some(id), None) => id.clone(),
        _ => none.to_owned(),
    };
    let mut text = format!("Identity: {}\n", current.identity);
    text += &format!("Hooked:   {}\n", both(&current.handoff_id, &current.handoff_title, "(none)"));
    let none = "(none attached)";
    text += &format!("Molecule: {}\n", both(&current.molecule_id, &current.molecule_title, none));
    if current.molecule_id.is_some() {
        text += &format!(
            "Progress: {}/{} steps complete\n",
            current.steps_complete, current.steps_total
        );
    }
    if let (Some(id), Some(title)) = (&current.current_step_id, &current.current_step) {
        text += &format!("Current:  {id} - {}\n", one_line(title));
        return text;
    }
    text += &format!(
        "Status:   {}\n",
        match current.status {
            "naked" => "naked - awaiting work assignment",
            "complete" => "complete - molecule finished",
            "blocked" => "blocked - waiting on dependencies",
            other => other,
        }
    );
    text
}
