//! `tow ledger init`: a ledger in this project, and git told how to merge it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use towline_dispatch::git::Git;
use towline_dispatch::sync::{Repository, driver};
use towline_ledger::routes::BEADS;
use towline_ledger::{Ledger, Ledgers, Problem};

use super::driver_trouble;
use crate::context::Context;
use crate::error::CommandError;
use crate::{output, work};

/// The end of the verb's help.
pub(super) const EXAMPLES: &str =
    "What is there already stays; each clone needs it once, for its git configuration.

Examples:
  tow ledger init
  tow ledger init --prefix gt";

/// What of a ledger's folder belongs to one machine: locks, new files that aren't finished, what beads' daemon and database keep, and
/// the lines that `check --fix` took out.
const IGNORED: &str = "\
*.lock
.*.jsonl.tmp.*
*.jsonl.tmp*
check-*.jsonl
*.db
*.db-*
*.db?*
daemon.log
daemon.pid
bd.sock
bd.sock.startlock
last-touched
.local_version
sync-state.json
export-state.json
sync_base.jsonl
";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What the ids of its issues begin with [default: the folder's name]
    #[arg(long, short)]
    prefix: Option<String>,
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let folder = folder(&ledgers)?;
    let there = Ledger::at(&folder);
    let made = !there.exists();
    let issues = there.read()?;
    let known = there.prefix(&issues);
    let asked = args.prefix.as_deref().map(|prefix| prefix.trim_end_matches('-'));
    let prefix = asked.unwrap_or(&known).to_owned();
    let ledger = Ledger::init(&folder, &prefix)?;
    let prefix = ledger.prefix(&issues);
    let mut done = Vec::new();
    if made {
        done.push(format!("{}: a ledger whose ids begin with {prefix}-", folder.display()));
    } else if asked.is_some_and(|asked| asked != prefix) {
        context.say(format_args!("its ids begin with {prefix}- already: that stays"));
    }
    if let Some(path) = ignore(&folder)? {
        done.push(format!("{}: locks and what is not finished", path.display()));
    }
    match Repository::of(&ledger) {
        Ok(Some(repository)) => {
            let program = super::program()?;
            done.extend(driver::install(&repository, &program)?);
            let state = driver::state(&repository, &program)
                .map_err(towline_dispatch::DispatchError::from)?;
            if let Some(trouble) = driver_trouble(&state) {
                context.say(format_args!("warning: {trouble}"));
            }
        }
        Ok(None) => context.say("no git here: the ledger works, and stays on this machine"),
        Err(error) => context.say(format_args!("git can't be told of it: {}", error.why)),
    }
    if done.is_empty() {
        context.say(format_args!("{} is ready already", folder.display()));
    }
    for line in done {
        output::line(line)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The ledger's folder: the one that is there, else `.beads` at the root of the repository, else in the folder itself.
fn folder(ledgers: &Ledgers) -> Result<PathBuf, CommandError> {
    match ledgers.here() {
        Ok(ledger) => return Ok(ledger.folder().to_owned()),
        Err(error) if matches!(error.problem, Problem::NoLedger(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let here = &ledgers.place.folder;
    let root =
        Git::at(here).run(&["rev-parse", "--show-toplevel"]).ok().filter(|root| !root.is_empty());
    Ok(root.map_or_else(|| here.clone(), PathBuf::from).join(BEADS))
}

/// Has git ignore what belongs to one machine; the file, if it was changed.
fn ignore(folder: &Path) -> Result<Option<PathBuf>, CommandError> {
    let path = folder.join(driver::IGNORES);
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let missing: Vec<&str> =
        IGNORED.lines().filter(|line| !before.lines().any(|known| known.trim() == *line)).collect();
    if missing.is_empty() {
        return Ok(None);
    }
    let blank = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    let text = format!("{before}{blank}{}\n", missing.join("\n"));
    std::fs::write(&path, text).map_err(|error| {
        CommandError::io(format_args!("cannot write {}", path.display()), &error)
    })?;
    Ok(Some(path))
}
