//! `tow ledger check`: what a merge, a crash or an editor has left in a ledger, and mending it.

mod outside;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::Timestamp;
use serde::Serialize;
use towline_ledger::check::{self, Finding, Rules};
use towline_ledger::{Ledger, LedgerError};

use crate::context::Context;
use crate::error::CommandError;
use crate::quote::shell_quoted;
use crate::{output, work};

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "Lines that --fix changes or takes out are kept in .beads/check-TIME.jsonl. Status 1 while anything is left.

Examples:
  tow ledger check
  tow ledger check --fix
  tow ledger check --json | jq '.findings[] | select(.fix == null)'";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Mend what can be mended without a person
    #[arg(long)]
    fix: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct CheckedJson<'a> {
    ledger: String,
    findings: Vec<FindingJson<'a>>,
    /// The file with the lines that were changed or taken out.
    kept: Option<String>,
    /// How many are left.
    left: usize,
}

#[derive(Debug, Serialize)]
struct FindingJson<'a> {
    number: usize,
    line: Option<usize>,
    id: Option<&'a str>,
    kind: &'a str,
    what: &'a str,
    /// What --fix does; null where a person has to decide.
    fix: Option<&'a str>,
    fixed: bool,
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let ledger = ledgers.here()?;
    let look = || -> Result<Vec<Finding>, CommandError> {
        let mut found = outside::look(&ledgers, &ledger);
        found.extend(check::look(ledger.read()?.bytes(), &rules(&ledger)));
        Ok(found)
    };
    let found = look()?;
    let (mut kept, mut left) = (None, found.clone());
    if args.fix && found.iter().any(|finding| finding.fix.is_some()) {
        outside::fix(&ledger, &found)?;
        kept = fix(&ledger)?;
        left = look()?;
    }
    let is_left = |finding: &Finding| {
        left.iter().any(|one| (one.kind, &one.what) == (finding.kind, &finding.what))
    };
    if args.json {
        let findings = found.iter().enumerate().map(|(at, finding)| FindingJson {
            number: at + 1,
            line: finding.line,
            id: finding.id.as_deref(),
            kind: finding.kind,
            what: &finding.what,
            fix: finding.fix,
            fixed: !is_left(finding),
        });
        let kept = kept.as_deref().map(|path| path.display().to_string());
        let ledger = ledger.file().display().to_string();
        output::json(&CheckedJson {
            ledger,
            findings: findings.collect(),
            kept,
            left: left.len(),
        })?;
    } else {
        for (at, finding) in found.iter().enumerate() {
            output::line(in_words(at + 1, finding, args.fix.then(|| !is_left(finding))))?;
        }
        if found.is_empty() {
            context.say(format_args!("{} is fine", ledger.file().display()));
        }
        if args.fix && outside::merge_base(&ledger).is_some() {
            context.say(format_args!(
                "git add {}    tells git that its merge is done",
                shell_quoted(&ledger.file().display().to_string())
            ));
        }
        if let Some(kept) = &kept {
            context.say(format_args!("the lines as they were are in {}", kept.display()));
        }
        if !left.is_empty() && !args.fix && left.iter().any(|finding| finding.fix.is_some()) {
            context.say("hint: tow ledger check --fix");
        }
    }
    Ok(if left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A finding in a line.
fn in_words(number: usize, finding: &Finding, fixed: Option<bool>) -> String {
    let line = finding.line.map(|line| format!("line {line}: ")).unwrap_or_default();
    let what = output::one_line(&finding.what);
    let fix = match (finding.fix, fixed) {
        (_, Some(true)) => "  (fixed)".to_owned(),
        (Some(fix), _) => format!("  (--fix {fix})"),
        (None, _) => "  (needs you)".to_owned(),
    };
    format!("{number}  {line}{what}{fix}")
}

/// What the ledger's configuration adds to what is right.
fn rules(ledger: &Ledger) -> Rules {
    let config = std::fs::read_to_string(ledger.folder().join("config.yaml")).unwrap_or_default();
    let custom = config.lines().find_map(|line| line.strip_prefix("status.custom:"));
    let names = custom.unwrap_or_default().split(" #").next().unwrap_or_default();
    let names = names.trim().trim_matches(['"', '\'']).split(',');
    let names = names.map(|name| name.split(':').next().unwrap_or_default().trim().to_owned());
    Rules { now: Timestamp::now(), statuses: names.filter(|name| !name.is_empty()).collect() }
}

/// Mends the file, and tells where the lines are that were changed or taken out.
fn fix(ledger: &Ledger) -> Result<Option<PathBuf>, CommandError> {
    let mut kept = None;
    let base = outside::merge_base(ledger);
    ledger.rewrite(|issues| {
        let fixed = check::fix(issues.bytes(), base.as_deref(), Timestamp::now());
        if fixed.text == issues.bytes() {
            return Ok(None);
        }
        if !fixed.replaced.is_empty() {
            kept = Some(keep(ledger.folder(), &fixed.replaced)?);
        }
        Ok::<_, LedgerError>(Some(fixed.text))
    })?;
    Ok(kept)
}

/// Writes lines to a file that isn't there yet.
fn keep(folder: &Path, lines: &[Vec<u8>]) -> Result<PathBuf, LedgerError> {
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut text = lines.join(&b'\n');
    text.push(b'\n');
    for again in 0..1000 {
        let more = if again == 0 { String::new() } else { format!("-{again}") };
        let path = folder.join(format!("check-{time}{more}.jsonl"));
        let file = std::fs::File::options().write(true).create_new(true).open(&path);
        let written = file.and_then(|mut file| {
            std::io::Write::write_all(&mut file, &text)?;
            file.sync_all()
        });
        match written {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(LedgerError::io("write", &path, error)),
        }
    }
    Err(LedgerError::refused("there is no name left for the lines that are taken out"))
}
