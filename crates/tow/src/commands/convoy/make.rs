//! Making convoys, adding to them, and closing those that have arrived.

use std::process::ExitCode;

use serde::Serialize;
use towline_ledger::convoy::{self, Landed, NewConvoy};
use towline_ledger::{Ledgers, Lookup};

use super::show;
use crate::context::Context;
use crate::error::CommandError;
use crate::issue::assignee;
use crate::output::{self, one_line};

/// The end of the help of `create`.
pub(super) const CREATE: &str = "Examples:
  tow convoy create \"Release 2\" gt-abc bd-xyz
  tow convoy create gt-abc           called as that issue is
  tow convoy create \"Big jobs\" gt-abc gt-def --owner mayor --preset remote-polecat";

/// The end of the help of `add`.
pub(super) const ADD: &str = "Examples:
  tow convoy add hq-cv-k2x7a gt-def gt-ghi";

/// The end of the help of `check`.
pub(super) const CHECK: &str = "Whoever closes the last issue closes its convoys too; this is for issues that others have closed.

Examples:
  tow convoy check";

#[derive(Debug, clap::Args)]
pub(super) struct CreateArgs {
    /// What it is called, then the issues that it tracks; issues alone: it is called as the first is
    #[arg(value_name = "TITLE|ISSUE", required = true, num_args = 1..)]
    words: Vec<String>,

    /// Who is told when it has arrived: an identity; without one, you
    #[arg(long, value_name = "WHO")]
    owner: Option<String>,

    /// Who else is told then; alone, the mayor
    #[arg(long, value_name = "WHO", num_args = 0..=1, require_equals = true, default_missing_value = "mayor")]
    notify: Option<String>,

    /// The preset that work on its issues is handed over with
    #[arg(long, value_name = "PRESET")]
    preset: Option<String>,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// The convoy
    #[arg(value_name = "CONVOY")]
    convoy: String,

    /// The issues
    #[arg(value_name = "ISSUE", required = true)]
    issues: Vec<String>,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// Print those that were closed as JSON
    #[arg(long)]
    json: bool,
}

/// Makes a convoy.
pub(super) fn create(
    context: &Context,
    ledgers: &Ledgers,
    args: &CreateArgs,
) -> Result<ExitCode, CommandError> {
    let mut lookup = Lookup::new(ledgers);
    let (title, texts) = match args.words.split_first() {
        // A title has blanks, or is no issue's name.
        Some((first, rest)) => match titled_by(&mut lookup, first) {
            Some(title) => (title, args.words.as_slice()),
            None => (first.clone(), rest),
        },
        None => (String::new(), args.words.as_slice()),
    };
    let issues = located(&mut lookup, texts)?;
    let who = |text: &Option<String>| {
        text.as_ref().map(|who| assignee::written(ledgers, who)).unwrap_or_default()
    };
    let new = NewConvoy {
        title,
        issues,
        owner: who(&args.owner),
        notify: who(&args.notify),
        preset: args.preset.clone().unwrap_or_default(),
    };
    let made = ledgers.town()?.change(&ledgers.actor(), |change| convoy::create(change, &new))?;
    if args.json {
        show::print_json(ledgers, &made)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = format!("✓ Created convoy 🚚 {}\n\n", made.id);
    text += &format!("  Name:     {}\n", one_line(&made.title));
    text += &format!("  Tracking: {}\n", counted(made.tracked.len()));
    text += &format!("  Issues:   {}\n", made.tracked.join(", "));
    for (name, value) in
        [("Owner:   ", &new.owner), ("Notify:  ", &new.notify), ("Preset:  ", &new.preset)]
    {
        if !value.is_empty() {
            text += &format!("  {name} {}\n", one_line(value));
        }
    }
    text += "\n  Convoy auto-closes when all tracked issues complete\n";
    output::print(text)?;
    if convoy::Known::of(ledgers).are_over(&made.tracked) {
        context.say("note: all of them are closed already; tow convoy check closes it");
    }
    Ok(ExitCode::SUCCESS)
}

/// The title of the issue that the first word is; `None` where it is the convoy's own title.
fn titled_by(lookup: &mut Lookup<'_>, first: &str) -> Option<String> {
    if first.contains(char::is_whitespace) || !first.contains('-') {
        return None;
    }
    let (opened, id) = lookup.locate(first).ok()?;
    Some(opened.issues.find(&id)?.issue().title().into_owned())
}

fn located(lookup: &mut Lookup<'_>, texts: &[String]) -> Result<Vec<String>, CommandError> {
    let mut ids = Vec::new();
    for text in texts {
        let (_, id) = lookup.locate(text)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Adds to a convoy.
pub(super) fn add(ledgers: &Ledgers, args: &AddArgs) -> Result<ExitCode, CommandError> {
    let issue = show::find(ledgers, &args.convoy)?;
    let issues = located(&mut Lookup::new(ledgers), &args.issues)?;
    let (made, new) = ledgers
        .town()?
        .change(&ledgers.actor(), |change| convoy::add(change, &issue.id, &issues))?;
    if args.json {
        show::print_json(ledgers, &made)?;
        return Ok(ExitCode::SUCCESS);
    }
    if new.is_empty() {
        output::line(format!("○ Convoy 🚚 {} tracks them already", made.id))?;
        return Ok(ExitCode::SUCCESS);
    }
    if issue.status.is_over() {
        output::line(format!("↺ Reopened convoy {}", made.id))?;
    }
    output::line(format!("✓ Added {} issue(s) to convoy 🚚 {}", new.len(), made.id))?;
    output::line(format!("  Issues: {}", new.join(", ")))?;
    Ok(ExitCode::SUCCESS)
}

/// A convoy that was closed.
#[derive(Debug, Serialize)]
struct LandedJson<'a> {
    id: &'a str,
    title: &'a str,
    notified: &'a [String],
}

/// Closes those that have arrived.
pub(super) fn check(ledgers: &Ledgers, args: &CheckArgs) -> Result<ExitCode, CommandError> {
    let landed = convoy::check(ledgers)?;
    if args.json {
        let json = |one: &Landed| {
            serde_json::json!(LandedJson { id: &one.id, title: &one.title, notified: &one.told })
        };
        output::json(&landed.iter().map(json).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if landed.is_empty() {
        output::line("No convoys ready to close.")?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(format!("✓ Auto-closed {} convoy(s):", landed.len()))?;
    for one in &landed {
        output::line(format!("  🚚 {}: {}", one.id, one_line(&one.title)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `1 issue`, `2 issues`.
fn counted(count: usize) -> String {
    format!("{count} issue{}", if count == 1 { "" } else { "s" })
}
