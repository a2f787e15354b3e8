//! Ledgers that travel: over git with `tow ledger sync`, and between two hosts without it.
//!
//! **Over git.** What a person has in the working tree is theirs: a sync commits the ledger's own files and nothing else, never merges
//! code, and never pushes commits that a person has made. What goes to the remote is one commit on top of the remote's branch in which
//! nothing but the ledger's files is other. Then there are two ways for the branch that is checked out:
//!
//! - Nobody has made commits on it that the remote lacks: it goes to that commit, as a fast-forward does. Files that were
//!   changed by hand stay; where one of them is in the way, the branch stays where it is.
//! - Else it stays where it is, and gets a commit of its own with the merged ledger. `refs/towline/synced/BRANCH` then says how far
//!   the two have been merged, so that the next sync knows what was taken out since, and brings nothing back.
//!
//! [`exchange`] is the same for two ledgers without git between them.

mod branch;
pub mod driver;
mod exchange;
mod own;
mod remote;
mod repository;

use std::time::Duration;

use jiff::Timestamp;
use towline_ledger::merge::{self, Delta, Merged, Renamed, Side};
use towline_ledger::{Ledger, LedgerError, Problem, Trouble};

use crate::DispatchError;

pub use exchange::{Exchanged, exchange};
pub use repository::Repository;

use remote::{Pushed, Upstream};

/// The first line of commits that a sync makes.
pub const SUBJECT: &str = "Update the ledger";

/// How often it begins again where others push at the same time.
const TRIES: u32 = 30;

/// The longest pause before it begins again grows to this.
const LONGEST_PAUSE: Duration = Duration::from_millis(800);

/// How long another sync of the same repository is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is asked of a sync.
#[derive(Debug, Clone)]
pub struct Options {
    /// The remote, where it isn't the branch's own.
    pub remote: Option<String>,
    /// Whether what is new here goes to the remote.
    pub push: bool,
    /// How long one step with the remote may take.
    pub deadline: Duration,
}

/// What came of a sync.
#[derive(Debug, Clone, Default)]
pub struct Synced {
    /// The branch.
    pub branch: String,
    /// The remote, and its branch; `None` where there is none.
    pub remote: Option<(String, String)>,
    /// What changes of the ledger were committed before all else.
    pub committed: Delta,
    /// What came from the remote.
    pub came: Delta,
    /// What went there; with [`Options::push`] off, what would go.
    pub went: Delta,
    /// Whether the remote has all now.
    pub pushed: bool,
    /// Whether the branch is at the same commit as the remote's.
    pub together: bool,
    /// Issues that had the id of another.
    pub renamed: Vec<Renamed>,
    /// What else is to be known, each in one line.
    pub notes: Vec<String>,
    /// What went wrong with the remote; what is told above was done all the same.
    pub failed: Option<Failed>,
}

/// What went wrong with the remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// Nothing could be fetched.
    Fetch(String),
    /// It took nothing.
    Push(String),
}

/// Commits a ledger's changes, merges what came to the remote's since, and pushes.
///
/// # Errors
/// Where the ledger lies in no git repository, or something there has to be finished first; where the ledger itself has to be mended.
/// What fails with the remote is told in [`Synced::failed`].
pub fn sync(ledger: &Ledger, options: &Options) -> Result<Synced, DispatchError> {
    let repository = ready(ledger)?;
    let _lock = repository.lock(PATIENCE)?;
    let Some(branch) = repository.branch()? else {
        return Err(refused(
            "HEAD is at no branch: nothing was committed or fetched",
            &["git switch BRANCH", "all else about the ledger works as ever"],
        ));
    };
    let mut synced = Synced { branch: branch.clone(), ..Synced::default() };
    let mut own = own::commit(&repository, ledger, &branch, &mut synced)?;
    let upstream = match remote::upstream(&repository, &branch, options.remote.as_deref())? {
        Ok(upstream) => upstream,
        Err(why) => {
            synced.notes.push(why);
            return Ok(synced);
        }
    };
    synced.remote = Some((upstream.remote.clone(), upstream.branch.clone()));
    for again in 0..TRIES {
        pause(again);
        let theirs = match remote::fetch(&repository, &upstream, options.deadline) {
            Ok(Some(theirs)) => theirs,
            Ok(None) => {
                let Upstream { remote, branch: theirs } = &upstream;
                synced.notes.push(format!("{theirs} isn't on {remote} yet, so nothing came or went: git push -u {remote} {branch}"));
                return Ok(synced);
            }
            Err(error) => {
                synced.failed = Some(Failed::Fetch(error.why));
                return Ok(synced);
            }
        };
        let place = branch::Place::of(&repository, &branch, &own, &theirs)?;
        let merged = merged(&repository, ledger, &place, &own, &upstream)?;
        let target = place.target(&repository, &own, &merged, &synced)?;
        let push = options.push && target != theirs;
        let mut failed = None;
        if push {
            match remote::push(&repository, &upstream, &target, options.deadline)? {
                Pushed::Taken => {}
                Pushed::Raced => continue,
                Pushed::Refused(why) => failed = Some(Failed::Push(why)),
            }
        }
        // Whoever commits at the same time by hand: once more from the start.
        if !place.settle(&repository, ledger, &own, &merged, &target, &mut synced)? {
            own = own::commit(&repository, ledger, &branch, &mut synced)?;
            continue;
        }
        synced.pushed = failed.is_none() && (push || target == theirs);
        synced.came = merged.report.came;
        synced.went = merged.report.went;
        synced.renamed = merged.report.renamed;
        synced.failed = failed;
        return Ok(synced);
    }
    let why = format!("others were faster {TRIES} times");
    synced.failed = Some(Failed::Push(why));
    Ok(synced)
}

/// The ledger's repository, where it can be synced.
fn ready(ledger: &Ledger) -> Result<Repository, DispatchError> {
    let folder = ledger.folder().display();
    let Some(repository) = Repository::of(ledger)? else {
        return Err(refused(
            format!("{folder} is in no git repository: it has nowhere to go"),
            &["git init    all else about the ledger works without"],
        ));
    };
    if let Some(what) = repository.under_way()? {
        let hint = "git status    tells how to end it";
        return Err(refused(
            format!("{what} is under way in {}", repository.root().display()),
            &[hint],
        ));
    }
    if repository.ignores(&repository.file)? {
        let hint = format!("git check-ignore -v {}", repository.file);
        return Err(refused(
            format!("git is told to ignore {}: it doesn't travel", repository.file),
            &[&hint],
        ));
    }
    Ok(repository)
}

/// Merges the ledgers of both sides.
fn merged(
    repository: &Repository,
    ledger: &Ledger,
    place: &branch::Place,
    own: &own::Own,
    upstream: &Upstream,
) -> Result<Merged, DispatchError> {
    let text = |commit: Option<&str>| repository.file_at(commit, &repository.file);
    let base = text(place.base.as_deref())?.unwrap_or_default();
    let theirs = text(Some(&place.theirs))?.unwrap_or_default();
    let Upstream { remote, branch } = upstream;
    // Of all the ways to end a ledger for everybody, that is the least likely one to be meant.
    if theirs.trim_ascii().is_empty() && !base.trim_ascii().is_empty() {
        let message = format!(
            "{remote}/{branch} has lost its {}: that is taken for an accident",
            repository.file
        );
        let log =
            format!("git log {remote}/{branch} -- {}    says who took it out", repository.file);
        return Err(refused(message, &[&log, "git pull    takes it over if it was meant"]));
    }
    let merged = merge::merge(&base, &own.text, &theirs, Timestamp::now());
    let Some(conflict) = merged.report.conflicts.first() else { return Ok(merged) };
    if conflict.side == Side::Ours {
        return Err(damaged(ledger, conflict));
    }
    let message = format!(
        "{remote}/{branch}:{} line {} can't be read: {}",
        repository.file, conflict.line, conflict.what
    );
    Err(refused(message, &["tow ledger check --fix    where that was pushed from, and push again"]))
}

fn damaged(ledger: &Ledger, conflict: &merge::Conflict) -> DispatchError {
    let trouble = Trouble { line: conflict.line, what: conflict.what.clone() };
    LedgerError::new(Problem::Damaged { file: ledger.file(), trouble }).into()
}

fn refused(message: impl Into<String>, hints: &[&str]) -> DispatchError {
    DispatchError::Refused {
        message: message.into(),
        hints: hints.iter().map(|hint| (*hint).to_owned()).collect(),
    }
}

/// Lets others go first, each time for longer, and not all for the same time.
fn pause(again: u32) {
    if again == 0 {
        return;
    }
    let longest = (Duration::from_millis(40) * again).min(LONGEST_PAUSE);
    let random = (Timestamp::now().subsec_nanosecond().unsigned_abs() / 1000) ^ std::process::id();
    std::thread::sleep(longest * (random % 100) / 100);
}
