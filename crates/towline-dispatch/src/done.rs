//! Handing work in: the branch goes to the origin, a merge request into the ledger, word to the witness, and the hook is free.
//!
//! Each step can be done again: whoever was stopped in between says it once more, and nothing comes twice.

mod branch;
mod write;

use towline_ledger::attachment::Attachment;
use towline_ledger::hook::hooked;
use towline_ledger::{Identity, Issues, Ledger, Ledgers, Role, convoy};

use crate::DispatchError;
use crate::worktree::State;

pub use branch::Branch;
pub use write::Letter;

/// How a piece of work has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exit {
    /// It is done.
    #[default]
    Completed,
    /// It is put off: somebody else, or the same later, is to go on.
    Deferred,
    /// It can't go on without help.
    Escalated,
}

impl Exit {
    /// Its name, as Gas Town has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "COMPLETED",
            Self::Deferred => "DEFERRED",
            Self::Escalated => "ESCALATED",
        }
    }

    /// The one of that name, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Completed, Self::Deferred, Self::Escalated]
            .into_iter()
            .find(|exit| exit.name().eq_ignore_ascii_case(text.trim()))
    }
}

/// What is handed in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// How it has ended.
    pub exit: Exit,
    /// The issue; what is on the hook where nobody says.
    pub issue: Option<&'a str>,
    /// The merge request's priority; the issue's where nobody says.
    pub priority: Option<u8>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// How the work has ended.
    pub exit: Exit,
    /// Who handed it in.
    pub who: Identity,
    /// The issue; `None` where there is none.
    pub issue: Option<String>,
    /// The branch, where there is one.
    pub branch: Option<Branch>,
    /// The merge request, and whether it was there before.
    pub request: Option<(String, bool)>,
    /// The merge request's priority.
    pub priority: u8,
    /// The issue was on the hook, and no longer is.
    pub released: bool,
    /// Who was told by mail.
    pub told: Vec<Letter>,
    /// The convoys that have arrived, by id and title.
    pub landed: Vec<(String, String)>,
    /// What should be known, each a line.
    pub remarks: Vec<String>,
}

/// Hands work in.
///
/// # Errors
/// Where something is in the way: files that aren't committed, nothing to merge, no issue; where git or the ledger refuses.
pub fn done(ledgers: &Ledgers, asked: Asked<'_>) -> Result<Done, DispatchError> {
    let who = ledgers.place.identity.clone();
    if !matches!(who.role(), Role::Polecat | Role::Crew | Role::Worker) {
        return Err(DispatchError::refused(format!("{who} has no branch to hand in"))
            .hint("tow mol squash    ends a patrol")
            .hint("tow issue close ISSUE    and tow unhook end other work"));
    }
    let branch = Branch::of(ledgers)?;
    let work = find_work(ledgers, asked, branch.as_ref())?;
    let mut remarks = Vec::new();
    // A person's own repository has nobody who merges.
    let has_queue = who.role() != Role::Worker;
    let merged = asked.exit == Exit::Completed
        && has_queue
        && !work.as_ref().is_some_and(|work| work.skips_merge);
    let request_for = branch.as_ref().filter(|branch| merged && branch.has_remote);
    if let Some(branch) = &branch {
        let mut state = State::of(&branch.folder)?;
        // The ledger is written by every verb; who keeps it in git syncs it.
        state.uncommitted.retain(|file| !file.trim_matches('"').starts_with(".beads"));
        if asked.exit == Exit::Completed {
            branch.check(&state, merged)?;
        } else if !state.uncommitted.is_empty() {
            remarks.push(format!("⚠ {} is not committed: {}", branch.name, state.in_words()));
        }
        if request_for.is_some() && work.is_none() {
            let message = format!("cannot determine source issue from branch '{}'", branch.name);
            return Err(DispatchError::refused(message).hint("tow done --issue ISSUE"));
        }
        if has_queue {
            push(branch, asked.exit, &state, &mut remarks)?;
        }
    }
    let written =
        write::ledger(ledgers, asked, work.as_ref(), branch.as_ref(), request_for.is_some())?;
    let mut done = Done {
        exit: asked.exit,
        issue: work.as_ref().map(|work| work.id.clone()),
        branch,
        request: written.request,
        priority: written.priority,
        released: written.released,
        told: Vec::new(),
        landed: Vec::new(),
        remarks,
        who,
    };
    done.told = write::letters(ledgers, &done, work.as_ref())?;
    let landed = convoy::settle(ledgers, &written.closed)?;
    done.landed = landed.into_iter().map(|landed| (landed.id, landed.title)).collect();
    Ok(done)
}

/// Gets the commits to the origin. Without it only work that isn't completed can be handed in.
fn push(
    branch: &Branch,
    exit: Exit,
    state: &State,
    remarks: &mut Vec<String>,
) -> Result<(), DispatchError> {
    if !branch.has_remote || branch.is_target() || state.branch.is_empty() {
        return Ok(());
    }
    match branch.push() {
        Err(error) if exit == Exit::Completed => Err(error),
        Err(error) => {
            remarks.push(format!("⚠ {} is not pushed: {error}", branch.name));
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// The work that is handed in.
pub(crate) struct Work {
    pub(crate) ledger: Ledger,
    pub(crate) id: String,
    pub(crate) dispatched_by: String,
    /// It is not to be merged.
    pub(crate) skips_merge: bool,
}

impl Work {
    fn of(ledger: Ledger, issues: &Issues, id: &str) -> Option<Self> {
        let issue = issues.find(id)?.issue();
        let attached = Attachment::read(&issue.description());
        Some(Self {
            ledger,
            id: id.to_owned(),
            skips_merge: attached.skips_merge()
                || attached.review_only.eq_ignore_ascii_case("true"),
            dispatched_by: attached.dispatched_by,
        })
    }
}

/// The issue: the one that was named, else the one on the hook, else what the branch's name or its merge request says.
fn find_work(
    ledgers: &Ledgers,
    asked: Asked<'_>,
    branch: Option<&Branch>,
) -> Result<Option<Work>, DispatchError> {
    if let Some(issue) = asked.issue {
        let found = ledgers.locate(issue)?;
        return Ok(Work::of(found.ledger, &found.issues, &found.id));
    }
    let here = ledgers.here()?;
    let town = ledgers.town().ok().filter(|town| town.folder() != here.folder());
    let mut own = None;
    for ledger in std::iter::once(here).chain(town) {
        let issues = ledger.read()?;
        if let Some(brief) = hooked(&issues, &ledgers.place.identity).first() {
            return Ok(Work::of(ledger.clone(), &issues, brief.id()));
        }
        own.get_or_insert((ledger, issues));
    }
    let (Some(branch), Some((ledger, issues))) = (branch, own) else { return Ok(None) };
    let known = branch.issue_in_name().filter(|id| issues.find(id).is_some());
    match known.or_else(|| {
        write::request_of(&issues, &branch.name).map(|(_, request)| request.source_issue)
    }) {
        Some(id) => Ok(Work::of(ledger, &issues, &id)),
        None => Ok(None),
    }
}
