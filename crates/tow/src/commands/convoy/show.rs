//! Showing convoys.

use std::process::ExitCode;

use serde::Serialize;
use towline_ledger::convoy::{Convoy, Known, TYPE, Tracked};
use towline_ledger::{Issues, LedgerError, Ledgers, Lookup, Status};

use crate::error::{CommandError, ErrorKind};
use crate::output::{self, one_line};

/// The end of the help of `list`.
pub(super) const LIST: &str = "Examples:
  tow convoy list
  tow convoy list --all --tree
  tow convoy list --status closed --json";

/// The end of the help of `status`.
pub(super) const STATUS: &str = "Examples:
  tow convoy status                  those under way
  tow convoy status 1                the first of the list
  tow convoy status hq-cv-k2x7a --json";

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Also those that are closed
    #[arg(long)]
    all: bool,

    /// Only those that are so: open or closed
    #[arg(long, value_name = "STATUS", conflicts_with = "all")]
    status: Option<String>,

    /// With what they track
    #[arg(long, conflicts_with = "json")]
    tree: bool,

    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct StatusArgs {
    /// The convoy, or its number in the list; without one, all that are under way
    #[arg(value_name = "CONVOY|N")]
    convoy: Option<String>,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// A convoy in a list, in Gas Town's words.
#[derive(Debug, Serialize)]
struct ListedJson<'a> {
    id: &'a str,
    title: &'a str,
    status: String,
    created_at: Option<String>,
}

/// A convoy in full, in Gas Town's words and a few of ours.
#[derive(Debug, Serialize)]
struct ConvoyJson<'a> {
    id: &'a str,
    title: &'a str,
    status: String,
    tracked: Vec<TrackedJson>,
    completed: usize,
    total: usize,
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    owner: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    notify: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    preset: &'a str,
}

#[derive(Debug, Serialize)]
struct TrackedJson {
    id: String,
    title: String,
    status: String,
    dependency_type: &'static str,
    issue_type: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    assignee: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    worker: String,
}

impl TrackedJson {
    fn of(tracked: &Tracked) -> Self {
        let text = |one: fn(&towline_ledger::Issue) -> String| {
            tracked.issue.as_ref().map(one).unwrap_or_default()
        };
        Self {
            id: tracked.id.clone(),
            title: title(tracked),
            status: tracked.status(),
            dependency_type: tracked.dependency_type(),
            issue_type: text(|issue| issue.issue_type().into_owned()),
            assignee: text(|issue| issue.assignee().into_owned()),
            worker: worker(tracked),
        }
    }
}

fn title(tracked: &Tracked) -> String {
    match &tracked.issue {
        Some(issue) => issue.title().into_owned(),
        None => "(not found)".to_owned(),
    }
}

/// Who works on it now: the last part of the assignee.
fn worker(tracked: &Tracked) -> String {
    let Some(issue) = tracked.issue.as_ref().filter(|issue| is_worked_on(&issue.status())) else {
        return String::new();
    };
    let assignee = issue.assignee();
    let last = assignee.trim_end_matches('/').rsplit('/').next();
    last.unwrap_or_default().to_owned()
}

fn is_worked_on(status: &Status) -> bool {
    matches!(status, Status::InProgress | Status::Hooked | Status::Pinned)
}

/// The convoys of a town's ledger, the newest last.
fn all(issues: &Issues) -> Vec<Convoy> {
    let mut found: Vec<Convoy> = issues
        .iter()
        .filter(|brief| !brief.is_tombstone())
        .filter(|brief| brief.issue_type() == TYPE || brief.has_label("gt:convoy"))
        .filter_map(|brief| Convoy::of(&brief.issue()))
        .collect();
    found.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
    found
}

/// Those that are under way, as they are numbered.
fn under_way(issues: &Issues) -> Vec<Convoy> {
    all(issues).into_iter().filter(|convoy| !convoy.status.is_over()).collect()
}

/// The convoy that is called so: by its id or the beginning of it, or by its number among those that are under way.
///
/// # Errors
/// Where there is none, or it is something else.
pub(super) fn find(ledgers: &Ledgers, text: &str) -> Result<Convoy, CommandError> {
    let no_convoy = |error: LedgerError| CommandError::from(error).hint("tow convoy list");
    let mut lookup = Lookup::new(ledgers);
    let opened = lookup.open(ledgers.town()?)?;
    if let Ok(number) = text.parse::<usize>() {
        let found =
            number.checked_sub(1).and_then(|at| under_way(&opened.issues).into_iter().nth(at));
        let none = || CommandError::new(ErrorKind::NotFound, format!("there is no convoy {text}"));
        return found.ok_or_else(|| none().hint("tow convoy list"));
    }
    let (opened, id) = lookup.locate(text).map_err(no_convoy)?;
    let Some(brief) = opened.issues.find(&id) else {
        return Err(CommandError::failed(format!("convoy '{id}' not found")));
    };
    let issue = brief.issue();
    match Convoy::of(&issue) {
        Some(convoy) => Ok(convoy),
        None => Err(CommandError::usage(format!(
            "'{id}' is not a convoy (type: {})",
            issue.issue_type()
        ))
        .hint("tow convoy list")),
    }
}

fn mark(convoy: &Convoy) -> &'static str {
    if convoy.status.is_over() { "✓" } else { "●" }
}

/// Lists convoys.
pub(super) fn list(ledgers: &Ledgers, args: &ListArgs) -> Result<ExitCode, CommandError> {
    let mut known = Known::of(ledgers);
    let issues = known.town()?;
    let wanted = match args.status.as_deref() {
        Some("open") => Some(false),
        Some("closed") => Some(true),
        Some(other) => {
            return Err(CommandError::usage(format!("no convoy is {other}"))
                .hint("--status open or closed"));
        }
        None if args.all => None,
        None => Some(false),
    };
    let mut convoys = all(&issues);
    convoys.retain(|convoy| wanted.is_none_or(|over| convoy.status.is_over() == over));
    if args.json {
        let json: Vec<_> = convoys
            .iter()
            .map(|convoy| ListedJson {
                id: &convoy.id,
                title: &convoy.title,
                status: convoy.status.to_string(),
                created_at: convoy.created_at.map(towline_ledger::time::write),
            })
            .collect();
        output::json(&json)?;
        return Ok(ExitCode::SUCCESS);
    }
    if convoys.is_empty() {
        output::line("No convoys found.")?;
        output::line("Create a convoy with: tow convoy create <name> [issues...]")?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.tree {
        for convoy in &convoys {
            output::print(tree(convoy, &known.tracked(&convoy.tracked)))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    output::line("Convoys")?;
    output::line("")?;
    for (number, convoy) in convoys.iter().enumerate() {
        let title = one_line(&convoy.title);
        output::line(format!("  {}. 🚚 {}: {title} {}", number + 1, convoy.id, mark(convoy)))?;
    }
    output::line("")?;
    output::line("Use 'tow convoy status <id>' or 'tow convoy status <n>' for detailed view.")?;
    Ok(ExitCode::SUCCESS)
}

fn tree(convoy: &Convoy, tracked: &[Tracked]) -> String {
    let done = tracked.iter().filter(|one| one.is_over()).count();
    let mut text =
        format!("🚚 {}: {} ({done}/{})\n", convoy.id, one_line(&convoy.title), tracked.len());
    for (number, one) in tracked.iter().enumerate() {
        let branch = if number + 1 == tracked.len() { "└──" } else { "├──" };
        text += &format!("{branch} {} {}: {}\n", state(one), one.id, one_line(&title(one)));
    }
    text
}

fn state(tracked: &Tracked) -> &'static str {
    match &tracked.issue {
        Some(issue) if issue.status().is_over() => "✓",
        Some(issue) if is_worked_on(&issue.status()) => "▶",
        _ => "○",
    }
}

/// Shows one convoy, or those under way.
pub(super) fn status(ledgers: &Ledgers, args: &StatusArgs) -> Result<ExitCode, CommandError> {
    let Some(text) = &args.convoy else { return active(ledgers, args.json) };
    let convoy = find(ledgers, text)?;
    if args.json {
        print_json(ledgers, &convoy)?;
        return Ok(ExitCode::SUCCESS);
    }
    let tracked = Known::of(ledgers).tracked(&convoy.tracked);
    output::print(in_words(&convoy, &tracked))?;
    Ok(ExitCode::SUCCESS)
}

fn active(ledgers: &Ledgers, json: bool) -> Result<ExitCode, CommandError> {
    let mut known = Known::of(ledgers);
    let convoys = under_way(&*known.town()?);
    if json {
        let tracked: Vec<_> = convoys.iter().map(|one| known.tracked(&one.tracked)).collect();
        let json = convoys.iter().zip(&tracked).map(|(convoy, tracked)| in_full(convoy, tracked));
        output::json(&json.collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if convoys.is_empty() {
        output::line("No active convoys")?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line("Active Convoys")?;
    output::line("")?;
    for (number, convoy) in convoys.iter().enumerate() {
        let tracked = known.tracked(&convoy.tracked);
        let done = tracked.iter().filter(|one| one.is_over()).count();
        let title = one_line(&convoy.title);
        let total = tracked.len();
        output::line(format!("  {}. 🚚 {}: {title} ({done}/{total})", number + 1, convoy.id))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints a convoy as JSON.
///
/// # Errors
/// Where it can't be printed.
pub(super) fn print_json(ledgers: &Ledgers, convoy: &Convoy) -> Result<(), CommandError> {
    output::json(&in_full(convoy, &Known::of(ledgers).tracked(&convoy.tracked)))
}

fn in_full<'a>(convoy: &'a Convoy, tracked: &[Tracked]) -> ConvoyJson<'a> {
    ConvoyJson {
        id: &convoy.id,
        title: &convoy.title,
        status: convoy.status.to_string(),
        completed: tracked.iter().filter(|one| one.is_over()).count(),
        total: tracked.len(),
        tracked: tracked.iter().map(TrackedJson::of).collect(),
        created_at: convoy.created_at.map(towline_ledger::time::write),
        closed_at: convoy.closed_at.map(towline_ledger::time::write),
        owner: &convoy.owner,
        notify: &convoy.notify,
        preset: &convoy.preset,
    }
}

fn in_words(convoy: &Convoy, tracked: &[Tracked]) -> String {
    let done = tracked.iter().filter(|one| one.is_over()).count();
    let mut text = format!("🚚 {}: {}\n\n", convoy.id, one_line(&convoy.title));
    text += &format!("  Status:    {} {}\n", mark(convoy), convoy.status);
    text += &format!("  Progress:  {done}/{} completed\n", tracked.len());
    let mut more = |name: &str, value: String| {
        if !value.is_empty() {
            text.push_str(&format!("  {name:<10} {}\n", one_line(&value)));
        }
    };
    let at = |at: Option<jiff::Timestamp>| at.map(towline_ledger::time::write).unwrap_or_default();
    more("Created:", at(convoy.created_at));
    more("Closed:", at(convoy.closed_at));
    more("Owner:", convoy.owner.clone());
    more("Notify:", convoy.notify.clone());
    more("Preset:", convoy.preset.clone());
    text += "\n  Tracked Issues:\n";
    for one in tracked {
        let json = TrackedJson::of(one);
        let kind = if json.issue_type.is_empty() {
            String::new()
        } else {
            format!(" [{}]", json.issue_type)
        };
        let worker =
            if json.worker.is_empty() { String::new() } else { format!("  @{}", json.worker) };
        text += &one_line(&format!("    {} {}: {}{kind}{worker}", state(one), one.id, json.title));
        text.push('\n');
    }
    text
}
