//! `tow ledger import`: issues from a file, merged into the ledger. Nothing that is there is lost.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::Timestamp;
use serde::Serialize;
use towline_dispatch::sync::exchange;
use towline_ledger::merge::{self, Report, Side};

use super::{DeltaJson, RenamedJson, issues, say_renamed};
use crate::context::Context;
use crate::error::CommandError;
use crate::{output, work};

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "An issue that is there already gets what the file has newer. Labels, comments and dependencies are united.

Examples:
  tow ledger import backup.jsonl --dry-run
  bd list --json | tow ledger import -";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file: a ledger's lines or a JSON list; `-` reads the standard input
    file: PathBuf,

    /// Say what would come, and change nothing
    #[arg(long)]
    dry_run: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct ImportedJson<'a> {
    dry_run: bool,
    came: DeltaJson<'a>,
    renamed: Vec<RenamedJson<'a>>,
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    let ledger = work::ledgers(context)?.here()?;
    let shown = args.file.display();
    let text = merge::as_lines(&read(&args.file)?)
        .map_err(|error| CommandError::failed(format!("{shown} is no list of issues: {error}")))?;
    let report = look(&text, ledger.read()?.bytes());
    if let Some(conflict) = report.conflicts.iter().find(|conflict| conflict.side == Side::Theirs) {
        let message = format!("{shown} line {} can't be read: {}", conflict.line, conflict.what);
        return Err(CommandError::failed(message).hint("nothing was imported"));
    }
    let report = match args.dry_run {
        true => report,
        false => exchange(&ledger, &text, b"")?.report,
    };
    say_renamed(context, &report.renamed);
    if args.json {
        let renamed = report.renamed.iter().map(RenamedJson::from).collect();
        output::json(&ImportedJson {
            dry_run: args.dry_run,
            came: (&report.came).into(),
            renamed,
        })?;
    } else {
        output::line(in_words(&report, args.dry_run))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn look(text: &[u8], ours: &[u8]) -> Report {
    merge::merge(b"", ours, text, Timestamp::now()).report
}

fn in_words(report: &Report, dry_run: bool) -> String {
    let (new, changed) = (report.came.added.len(), report.came.changed.len());
    let would = if dry_run { "would come: " } else { "" };
    match (new, changed) {
        (0, 0) => "nothing in it is new".to_owned(),
        (_, 0) => format!("{would}{} new", issues(new)),
        (0, _) => format!("{would}{} changed", issues(changed)),
        _ => format!("{would}{} new, {changed} changed", issues(new)),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    let failed = |error| CommandError::io(format_args!("cannot read {}", path.display()), &error);
    if path != Path::new("-") {
        return std::fs::read(path).map_err(failed);
    }
    let mut text = Vec::new();
    std::io::stdin().lock().read_to_end(&mut text).map_err(failed)?;
    Ok(text)
}
