//! `tow issue update`: change issues.

use std::path::PathBuf;
use std::process::ExitCode;

use jiff::Timestamp;
use towline_ledger::ready::Graph;
use towline_ledger::{Change, Issue, Issues, Ledger, LedgerError, Ledgers, Lookup, Status};

use crate::context::Context;
use crate::error::CommandError;
use crate::issue::filter::trimmed;
use crate::issue::{assignee, input, many, settle};
use crate::output;
use crate::work;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str =
    "An empty text takes a field out. What is so already is left as it is, with its time.

Examples:
  tow issue update gt-abc --claim               it is mine, and I work on it
  tow issue update gt-abc --status blocked --notes \"waits for the key\"
  tow issue update gt-abc gt-xyz -p 0 --add-label ci
  tow issue update gt-abc --assignee \"\"         nobody has it";

/// What the verb takes.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Args {
    /// The issues
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,

    /// What is to be done, in a line
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,

    /// open, in_progress, blocked, deferred, hooked, pinned, closed
    #[arg(short, long, value_name = "STATUS")]
    status: Option<String>,

    /// 0 (urgent) to 4, or P0 to P4
    #[arg(short, long, value_name = "N", value_parser = input::priority)]
    priority: Option<u8>,

    /// task, bug, feature, epic, chore, or another
    #[arg(short = 't', long = "type", value_name = "TYPE")]
    kind: Option<String>,

    /// Who is to do it; `me` is you
    #[arg(short, long, value_name = "WHO")]
    assignee: Option<String>,

    /// Make them yours and in_progress; refused where somebody else has one
    #[arg(long, conflicts_with_all = ["assignee", "status"])]
    claim: bool,

    /// More about it; `-` reads it from standard input
    #[arg(short, long, value_name = "TEXT", conflicts_with = "body_file")]
    description: Option<String>,

    /// The file that has the description; `-` is standard input
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,

    /// How it is to be done
    #[arg(long, value_name = "TEXT")]
    design: Option<String>,

    /// When it is done
    #[arg(long, value_name = "TEXT")]
    acceptance: Option<String>,

    /// Notes
    #[arg(long, value_name = "TEXT", conflicts_with = "append_notes")]
    notes: Option<String>,

    /// More notes, below those that are there
    #[arg(long, value_name = "TEXT")]
    append_notes: Option<String>,

    /// What it is called elsewhere
    #[arg(long, value_name = "TEXT")]
    external_ref: Option<String>,

    /// How long it will take, in minutes
    #[arg(short, long, value_name = "MIN")]
    estimate: Option<u32>,

    /// Labels to add
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    add_label: Vec<String>,

    /// Labels to take away
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    remove_label: Vec<String>,

    /// These labels, and no others
    #[arg(long, value_name = "LABEL", value_delimiter = ',', num_args = 0..)]
    set_labels: Option<Vec<String>>,

    /// The issue that it is a part of; an empty one for none
    #[arg(long, value_name = "ID")]
    parent: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is to be written, with all that can be read beforehand read.
struct Wanted {
    texts: Vec<(&'static str, String)>,
    title: Option<String>,
    append_notes: Option<String>,
    assignee: Option<String>,
    /// The parent's whole id; empty for none.
    parent: Option<String>,
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    if !wants_something(args) {
        return Err(
            CommandError::usage("nothing to change was named").hint("tow issue update --help")
        );
    }
    let ledgers = work::ledgers(context)?;
    let wanted = wanted(&ledgers, args)?;
    let mut closed = Vec::new();
    let outcome = many::each(context, &ledgers, &args.ids, |change, ledger, id| {
        let before = change.get(id)?;
        let after = update(change, ledger, id, args, &wanted)?;
        if after.status() == Status::Closed && before.status() != Status::Closed {
            closed.push(id.to_owned());
        }
        Ok((before != after, after))
    });
    if args.json {
        outcome.print_json()?;
    } else {
        for (changed, issue) in &outcome.done {
            output::line(match changed {
                true => format!("✓ Updated issue: {}", issue.id()),
                false => format!("○ {} is so already", issue.id()),
            })?;
        }
    }
    settle::settle(context, &ledgers, &closed);
    outcome.end()
}

fn wants_something(args: &Args) -> bool {
    let Args { title, status, kind, assignee, description, design, acceptance, notes, .. } = args;
    let texts = [title, status, kind, assignee, description, design, acceptance, notes];
    let others = [&args.append_notes, &args.external_ref, &args.parent];
    texts.into_iter().chain(others).any(Option::is_some)
        || args.priority.is_some()
        || args.body_file.is_some()
        || args.estimate.is_some()
        || args.claim
        || args.set_labels.is_some()
        || !args.add_label.is_empty()
        || !args.remove_label.is_empty()
}

fn wanted(ledgers: &Ledgers, args: &Args) -> Result<Wanted, CommandError> {
    let mut texts = Vec::new();
    if let Some(text) = input::text_or_file(args.description.as_deref(), args.body_file.as_ref())? {
        texts.push(("description", text));
    }
    for (field, value) in [
        ("design", &args.design),
        ("acceptance_criteria", &args.acceptance),
        ("notes", &args.notes),
        ("external_ref", &args.external_ref),
    ] {
        if let Some(value) = value {
            texts.push((field, input::text(value)?));
        }
    }
    let parent = match args.parent.as_deref() {
        None => None,
        Some("") => Some(String::new()),
        Some(text) => Some(Lookup::new(ledgers).locate(text)?.1),
    };
    let me = || ledgers.place.identity.to_string();
    Ok(Wanted {
        texts,
        title: args.title.clone(),
        append_notes: args.append_notes.as_deref().map(input::text).transpose()?,
        assignee: match (&args.assignee, args.claim) {
            (_, true) => Some(me()),
            (Some(who), _) => Some(assignee::written(ledgers, who)),
            (None, _) => None,
        },
        parent,
    })
}

fn update(
    change: &mut Change<'_>,
    ledger: &Ledger,
    id: &str,
    args: &Args,
    wanted: &Wanted,
) -> Result<Issue, LedgerError> {
    let issues = change.issues();
    let status = args.status.as_deref().map(|text| ledger.status(issues, text)).transpose()?;
    let kind = args.kind.as_deref().map(|text| ledger.issue_type(issues, text)).transpose()?;
    if args.claim {
        claimable(&change.get(id)?, wanted.assignee.as_deref().unwrap_or_default())?;
    }
    let parent = match wanted.parent.as_deref() {
        Some(parent) if !parent.is_empty() => {
            can_be_below(&change.as_changed(), id, parent)?;
            Some(Some(change.dependency(id, parent, "parent-child")))
        }
        Some(_) => Some(None),
        None => None,
    };
    change.update(id, |issue, now| {
        if let Some(title) = &wanted.title {
            issue.set_title(title)?;
        }
        for (field, text) in &wanted.texts {
            issue.set_text(field, text);
        }
        if let Some(more) = &wanted.append_notes {
            let notes = issue.text("notes");
            let notes = if notes.is_empty() { more.clone() } else { format!("{notes}\n{more}") };
            issue.set_text("notes", &notes);
        }
        if let Some(priority) = args.priority.filter(|priority| *priority != issue.priority()) {
            issue.set_priority(priority);
        }
        if let Some(kind) = kind.as_ref().filter(|kind| **kind != issue.issue_type()) {
            issue.set_text("issue_type", kind);
        }
        if let Some(who) = &wanted.assignee {
            issue.set_text("assignee", who);
        }
        if let Some(minutes) = args.estimate {
            issue.set_number("estimated_minutes", Some(minutes.into()));
        }
        labels(issue, args);
        match &parent {
            Some(Some(parent)) if issue.parent().as_deref() != Some(&parent.depends_on_id) => {
                leave_parent(issue);
                issue.add_dependency(parent);
            }
            Some(None) => leave_parent(issue),
            _ => {}
        }
        let status = if args.claim { Some(&Status::InProgress) } else { status.as_ref() };
        if let Some(status) = status {
            set_status(issue, status, now);
        }
        Ok(())
    })
}

fn labels(issue: &mut Issue, args: &Args) {
    if let Some(labels) = &args.set_labels {
        let labels = trimmed(labels);
        let mut there = issue.labels();
        there.sort();
        let mut wanted = labels.clone();
        wanted.sort();
        wanted.dedup();
        if there != wanted {
            issue.set_labels(labels);
        }
    }
    for label in trimmed(&args.add_label) {
        issue.add_label(&label);
    }
    for label in trimmed(&args.remove_label) {
        issue.remove_label(&label);
    }
}

/// Takes it out of its parent's children.
fn leave_parent(issue: &mut Issue) {
    while let Some(parent) = issue.parent() {
        if issue.remove_dependencies(&parent, Some("parent-child")) == 0 {
            return;
        }
    }
}

/// Writes the status; one that is closed by a change of its status has a reason too, as beads gives it.
fn set_status(issue: &mut Issue, status: &Status, now: Timestamp) {
    if issue.status() == *status {
        return;
    }
    issue.set_status(status, now);
    if *status == Status::Closed && issue.text("close_reason").is_empty() {
        issue.set_text("close_reason", "Closed");
    }
}

/// Whether somebody may take an issue: nobody else has it, and it isn't over.
fn claimable(issue: &Issue, who: &str) -> Result<(), LedgerError> {
    let (id, has) = (issue.id(), issue.assignee());
    if issue.status().is_over() {
        return Err(
            LedgerError::refused(format!("{id} is closed")).hint(format!("tow issue reopen {id}"))
        );
    }
    let mine = has.is_empty() || has == who || same(who, &has);
    if mine {
        return Ok(());
    }
    Err(LedgerError::refused(format!("{id} is already claimed by {has}")).hint(format!(
        "tow issue update {id} --assignee {}    takes it over",
        crate::quote::shell_quoted(who)
    )))
}

fn same(who: &str, other: &str) -> bool {
    towline_ledger::Identity::parse(who).is_ok_and(|who| who.same_as(other))
}

/// Whether an issue may become a child of another.
fn can_be_below(issues: &Issues, id: &str, parent: &str) -> Result<(), LedgerError> {
    if id == parent {
        return Err(LedgerError::refused(format!("{id} can't be its own parent")));
    }
    match Graph::of(issues).path(parent, id) {
        Some(path) => Err(super::dep::circle(id, &path)),
        None => Ok(()),
    }
}
