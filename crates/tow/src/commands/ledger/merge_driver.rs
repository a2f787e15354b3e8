//! `tow ledger merge-driver`: what git runs for a ledger that both sides have changed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::Timestamp;
use towline_ledger::merge::{self, Side};

use crate::error::CommandError;
use crate::output;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "The outcome is in the second file. Status 1: a person has to look at it; everything is still there.

Examples:
  tow ledger merge-driver BASE OURS THEIRS
  git config merge.tow.driver    what `tow ledger init` has written";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The version that both come from
    base: PathBuf,
    /// Our version; the outcome is written here
    ours: PathBuf,
    /// Their version
    theirs: PathBuf,
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> Result<ExitCode, CommandError> {
    let [base, ours, theirs] = [read(&args.base)?, read(&args.ours)?, read(&args.theirs)?];
    let merged = merge::merge(&base, &ours, &theirs, Timestamp::now());
    std::fs::write(&args.ours, &merged.text).map_err(|error| {
        CommandError::io(format_args!("cannot write {}", args.ours.display()), &error)
    })?;
    for renamed in &merged.report.renamed {
        let (old, new) = (&renamed.old, &renamed.new);
        output::message(format_args!(
            "tow: {old} was given twice: \"{}\" is {new} now",
            output::one_line(&renamed.title)
        ));
    }
    let Some(conflict) = merged.report.conflicts.first() else { return Ok(ExitCode::SUCCESS) };
    let side = match conflict.side {
        Side::Base => "the base",
        Side::Ours => "ours",
        Side::Theirs => "theirs",
    };
    let count = merged.report.conflicts.len();
    let more = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
    output::message(format_args!(
        "tow: line {} of {side} needs a look: {}{more}; all of both sides is in the file: tow ledger check",
        conflict.line, conflict.what
    ));
    Ok(ExitCode::FAILURE)
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    std::fs::read(path)
        .map_err(|error| CommandError::io(format_args!("cannot read {}", path.display()), &error))
}
