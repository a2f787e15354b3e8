//! `tow ledger sync`: commits the ledger, merges it with the remote's, and pushes it.

use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use towline_dispatch::sync::{self, Failed, Options, Synced};

use super::{DeltaJson, RenamedJson, issues, say_renamed};
use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::{output, work};

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "Only the ledger's own files are committed and pushed. Commits of yours that aren't pushed stay here.

Examples:
  tow ledger sync
  tow ledger sync --no-push          take in what is new there, and no more
  tow ledger sync --remote backup";

/// How long a step with the remote may take where `--timeout` doesn't say: a fetch may bring much.
const DEADLINE: Duration = Duration::from_secs(120);

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Sync with this remote [default: the branch's, else the only one, else origin]
    #[arg(long, value_name = "REMOTE")]
    remote: Option<String>,

    /// Push nothing
    #[arg(long)]
    no_push: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct SyncedJson<'a> {
    branch: &'a str,
    remote: Option<&'a str>,
    remote_branch: Option<&'a str>,
    committed: DeltaJson<'a>,
    came: DeltaJson<'a>,
    went: DeltaJson<'a>,
    /// The remote has all of this ledger.
    pushed: bool,
    /// The branch is at the remote branch's commit.
    together: bool,
    renamed: Vec<RenamedJson<'a>>,
    notes: &'a [String],
    error: Option<String>,
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    let ledger = work::ledgers(context)?.here()?;
    let options = Options {
        remote: args.remote.clone(),
        push: !args.no_push,
        deadline: context.globals.timeout.unwrap_or(DEADLINE),
    };
    let synced = sync::sync(&ledger, &options)?;
    let failed = synced.failed.as_ref().map(|failed| told(failed, &synced));
    for note in &synced.notes {
        context.say(note);
    }
    say_renamed(context, &synced.renamed);
    if args.json {
        output::json(&json(&synced, failed.as_ref()))?;
    } else {
        output::line(in_words(&synced, args.no_push))?;
    }
    match failed {
        None => Ok(ExitCode::SUCCESS),
        Some(error) => Err(error),
    }
}

/// What came and went, in a line.
fn in_words(synced: &Synced, no_push: bool) -> String {
    let (came, went) = (synced.came.count(), synced.went.count());
    let place = synced.remote.as_ref().map(|(remote, branch)| format!("{remote}/{branch}"));
    let there = match &place {
        Some(place) if synced.failed.is_none() => place,
        _ => {
            return match synced.committed.count() {
                0 => "nothing to commit".to_owned(),
                count => format!("committed {} on {}", issues(count), synced.branch),
            };
        }
    };
    let up = if no_push { "to go" } else { "↑" };
    match (came, went) {
        (0, 0) if !synced.pushed && !no_push => {
            format!("committed {} on {}", issues(synced.committed.count()), synced.branch)
        }
        (0, 0) => format!("up to date with {there}"),
        (_, 0) => format!("↓ {}", issues(came)),
        (0, _) => format!("{up} {}", issues(went)),
        _ => format!("↓ {}, {up} {}", issues(came), issues(went)),
    }
}

/// What failed with the remote. What was done before stays done.
fn told(failed: &Failed, synced: &Synced) -> CommandError {
    let remote = synced.remote.as_ref().map_or("", |(remote, _)| remote);
    let error = match failed {
        Failed::Fetch(why) => {
            CommandError::new(ErrorKind::Unreachable, format!("cannot fetch from {remote}: {why}"))
        }
        Failed::Push(why) => CommandError::failed(format!("cannot push to {remote}: {why}")),
    };
    error.hint("what was changed here is committed; tow ledger sync    goes on from there")
}

fn json<'a>(synced: &'a Synced, failed: Option<&CommandError>) -> SyncedJson<'a> {
    let (remote, branch) =
        synced.remote.as_ref().map(|(remote, branch)| (remote.as_str(), branch.as_str())).unzip();
    SyncedJson {
        branch: &synced.branch,
        remote,
        remote_branch: branch,
        committed: (&synced.committed).into(),
        came: (&synced.came).into(),
        went: (&synced.went).into(),
        pushed: synced.pushed,
        together: synced.together,
        renamed: synced.renamed.iter().map(RenamedJson::from).collect(),
        notes: &synced.notes,
        error: failed.map(|error| error.message.clone()),
    }
}
