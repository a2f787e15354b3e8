//! `tow issue create`: a new issue.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;
use towline_ledger::{Issue, Ledger, LedgerError, Ledgers, Lookup, New, kinds};

use crate::context::Context;
use crate::error::CommandError;
use crate::issue::assignee;
use crate::issue::filter::trimmed;
use crate::issue::{input, json, of_rig};
use crate::output;
use crate::work;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "Examples:
  tow issue create \"Fix the build\"
  tow issue create Fix the build -t bug -p 0 -l ci,urgent -a demo/Toast
  tow issue create \"A part of it\" --parent gt-abc --deps gt-xyz,discovered-from:gt-abc
  git log -1 --format=%B | tow issue create \"Look at this\" -d -
  id=$(tow issue create \"For a script\" --silent)";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What is to be done, in a line
    #[arg(value_name = "TITLE", required = true)]
    title: Vec<String>,

    /// task, bug, feature, epic, chore, or another [default: task]
    #[arg(short = 't', long = "type", value_name = "TYPE")]
    kind: Option<String>,

    /// 0 (urgent) to 4, or P0 to P4 [default: 2]
    #[arg(short, long, value_name = "N", value_parser = input::priority)]
    priority: Option<u8>,

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
    #[arg(long, value_name = "TEXT")]
    notes: Option<String>,

    /// Who is to do it: demo/Toast, mayor, a name; `me` is you
    #[arg(short, long, value_name = "WHO")]
    assignee: Option<String>,

    /// Its labels
    #[arg(short, long, visible_alias = "labels", value_name = "LABEL", value_delimiter = ',')]
    label: Vec<String>,

    /// The issue that it is a part of: its id becomes ID.N
    #[arg(long, value_name = "ID", conflicts_with_all = ["id", "prefix", "rig"])]
    parent: Option<String>,

    /// What it hangs on: an ID that blocks it, or KIND:ID
    #[arg(long, value_name = "KIND:ID", value_delimiter = ',')]
    deps: Vec<String>,

    /// What it is called elsewhere: gh-9, a link
    #[arg(long, value_name = "TEXT")]
    external_ref: Option<String>,

    /// How long it will take, in minutes
    #[arg(short, long, value_name = "MIN")]
    estimate: Option<u32>,

    /// Its id, rather than one that is made
    #[arg(long, value_name = "ID", conflicts_with = "prefix")]
    id: Option<String>,

    /// The prefix of its id, rather than the ledger's
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,

    /// In the ledger of this rig
    #[arg(long, value_name = "NAME")]
    rig: Option<String>,

    /// Print the issue as JSON
    #[arg(long, conflicts_with = "silent")]
    json: bool,

    /// Print its id, and nothing else
    #[arg(long)]
    silent: bool,
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let mut lookup = Lookup::new(&ledgers);
    let parent = args.parent.as_deref().map(|text| lookup.locate(text)).transpose()?;
    let (ledger, parent) = match parent {
        Some((opened, id)) => (opened.ledger, Some(id)),
        None => (of_rig(&ledgers, args.rig.as_deref())?, None),
    };
    if !ledger.exists() {
        return Err(LedgerError::new(towline_ledger::Problem::NoLedger(
            ledger.folder().to_owned(),
        ))
        .into());
    }
    let depends_on = args
        .deps
        .iter()
        .filter(|text| !text.trim().is_empty())
        .map(|text| dependency(&mut lookup, text))
        .collect::<Result<Vec<_>, _>>()?;
    let description = input::text_or_file(args.description.as_deref(), args.body_file.as_ref())?;
    // Read again under the lock: until then it need not be kept.
    drop(lookup);
    let new = New {
        title: args.title.join(" "),
        description: description.unwrap_or_default(),
        priority: args.priority,
        assignee: args
            .assignee
            .as_deref()
            .map(|who| assignee::written(&ledgers, who))
            .unwrap_or_default(),
        labels: trimmed(&args.label),
        parent,
        depends_on,
        id: args.id.clone(),
        prefix: args.prefix.as_deref().map(prefix).transpose()?,
        fields: fields(&args)?,
        ..New::default()
    };
    let issue = create(&ledgers, &ledger, new, args.kind.as_deref(), args.estimate)?;
    if args.silent {
        output::line(issue.id())?;
    } else if args.json {
        output::json(&Value::Object(json::full(&issue)))?;
    } else {
        output::print(told(&issue))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn create(
    ledgers: &Ledgers,
    ledger: &Ledger,
    mut new: New,
    kind: Option<&str>,
    estimate: Option<u32>,
) -> Result<Issue, LedgerError> {
    ledger.change(&ledgers.actor(), |change| {
        if let Some(kind) = kind {
            new.issue_type = ledger.issue_type(change.issues(), kind)?;
        }
        let mut issue = change.create(&new)?;
        if let Some(minutes) = estimate {
            issue.set_number("estimated_minutes", Some(minutes.into()));
            change.put(issue.clone());
        }
        Ok(issue)
    })
}

fn fields(args: &Args) -> Result<Vec<(&'static str, String)>, CommandError> {
    let mut fields = Vec::new();
    for (field, value) in [
        ("design", &args.design),
        ("acceptance_criteria", &args.acceptance),
        ("notes", &args.notes),
        ("external_ref", &args.external_ref),
    ] {
        if let Some(value) = value {
            fields.push((field, input::text(value)?));
        }
    }
    Ok(fields)
}

/// A prefix as it is meant, with or without the hyphen at its end.
fn prefix(text: &str) -> Result<String, CommandError> {
    let prefix = text.trim().trim_end_matches('-');
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match !prefix.is_empty() && prefix.chars().all(fits) {
        true => Ok(prefix.to_owned()),
        false => Err(CommandError::usage(format!("{text:?} can't be a prefix of ids"))
            .hint("letters, digits and hyphens, such as gt")),
    }
}

/// What a text of `--deps` says: the id, and the kind.
fn dependency(lookup: &mut Lookup<'_>, text: &str) -> Result<(String, String), CommandError> {
    let text = text.trim();
    let external = text.starts_with("external:");
    let (kind, id) = match text.split_once(':') {
        Some((kind, id)) if !external => (kinds::dependency(kind)?, id.trim()),
        _ => ("blocks".to_owned(), text),
    };
    if id.starts_with("external:") {
        return Ok((id.to_owned(), kind));
    }
    Ok((lookup.locate(id)?.1, kind))
}

fn told(issue: &Issue) -> String {
    format!(
        "✓ Created issue: {}\n  Title: {}\n  Priority: P{}\n  Status: {}\n",
        issue.id(),
        output::one_line(&issue.title()),
        issue.priority(),
        issue.status()
    )
}
