//! What handing work in writes into the ledgers: the merge request, the issue's end, mail.

use towline_ledger::hook::is_on_a_hook;
use towline_ledger::mail::{self, Message};
use towline_ledger::merge_request::MergeRequest;
use towline_ledger::molecule;
use towline_ledger::{Change, Identity, Issues, Ledger, LedgerError, Ledgers, New, Role, Status};

use super::{Asked, Branch, Done, Exit, Work};
use crate::DispatchError;
use crate::worker::MERGE_REQUEST;

/// A mail about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Who got it.
    pub to: Identity,
    /// The message's id.
    pub id: String,
    /// What it is about.
    pub subject: String,
    /// Who got it handed the work out, rather than looking after the rig.
    pub dispatcher: bool,
    /// It was sent before.
    pub already: bool,
}

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) request: Option<(String, bool)>,
    pub(super) priority: u8,
    pub(super) released: bool,
    /// The ids of issues that were closed.
    pub(super) closed: Vec<String>,
}

/// The open merge request for a branch.
pub(super) fn request_of(issues: &Issues, branch: &str) -> Option<(String, MergeRequest)> {
    let open = issues.iter().filter(|brief| !brief.status().is_over());
    let requests = open
        .filter(|brief| brief.issue_type() == MERGE_REQUEST || brief.has_label("gt:merge-request"));
    requests
        .map(|brief| (brief.id().to_owned(), MergeRequest::read(&brief.issue().description())))
        .find(|(_, request)| request.branch == branch)
}

/// Makes the merge request, and ends the issue's time on the hook: of work that is completed the issue is closed, as Gas Town does
/// (the merge request stays open until it is merged); what is deferred is open again and anybody's; what is escalated is blocked.
pub(super) fn ledger(
    ledgers: &Ledgers,
    asked: Asked<'_>,
    work: Option<&Work>,
    branch: Option<&Branch>,
    merged: bool,
) -> Result<Written, DispatchError> {
    let Some(work) = work else {
        return Ok(Written { priority: asked.priority.unwrap_or(2), ..Written::default() });
    };
    let rig = match &ledgers.place.rig {
        Some(rig) => ledgers.rig(rig)?,
        None => work.ledger.clone(),
    };
    let actor = ledgers.actor();
    let to_merge = branch.filter(|_| merged);
    if same(&rig, &work.ledger) {
        return Ok(rig.change(&actor, |change| {
            let request =
                to_merge.map(|branch| request(change, ledgers, asked, work, branch)).transpose()?;
            end(change, asked, work, branch, request)
        })?);
    }
    // The town's issue, the rig's merge request: first what nothing is lost by.
    let request = match to_merge {
        Some(branch) => {
            Some(rig.change(&actor, |change| request(change, ledgers, asked, work, branch))?)
        }
        None => None,
    };
    Ok(work.ledger.change(&actor, |change| end(change, asked, work, branch, request.clone()))?)
}

fn same(one: &Ledger, other: &Ledger) -> bool {
    let real = |ledger: &Ledger| std::fs::canonicalize(ledger.folder()).ok();
    one.folder() == other.folder() || real(one).is_some_and(|path| real(other) == Some(path))
}

/// The merge request, made where there is none, and whether there was.
fn request(
    change: &mut Change<'_>,
    ledgers: &Ledgers,
    asked: Asked<'_>,
    work: &Work,
    branch: &Branch,
) -> Result<(String, bool), LedgerError> {
    if let Some((id, _)) = request_of(change.issues(), &branch.name) {
        return Ok((id, true));
    }
    let source = match change.get(&work.id) {
        Ok(issue) => Some(issue),
        Err(_) => work.ledger.read()?.find(&work.id).map(|brief| brief.issue()),
    };
    let priority = asked.priority.or(source.as_ref().map(|issue| issue.priority())).unwrap_or(2);
    let fields = MergeRequest {
        branch: branch.name.clone(),
        target: branch.target.clone(),
        source_issue: work.id.clone(),
        worker: ledgers.place.identity.name().unwrap_or_default().to_owned(),
        rig: ledgers.place.rig.clone().unwrap_or_default(),
        ..MergeRequest::default()
    };
    let made = change.create(&New {
        title: format!("Merge: {}", work.id),
        description: fields.write(""),
        issue_type: MERGE_REQUEST.into(),
        priority: Some(priority),
        ..New::default()
    })?;
    Ok((made.id().into_owned(), false))
}

/// Ends the issue's time on the hook.
fn end(
    change: &mut Change<'_>,
    asked: Asked<'_>,
    work: &Work,
    branch: Option<&Branch>,
    request: Option<(String, bool)>,
) -> Result<Written, LedgerError> {
    let mut written = Written { request, ..Written::default() };
    let issues = change.as_changed();
    let Some(brief) = issues.find(&work.id) else { return Ok(written) };
    written.priority = asked.priority.unwrap_or(brief.priority());
    if brief.status().is_over() {
        return Ok(written);
    }
    written.released = is_on_a_hook(&brief);
    let reason = match &written.request {
        Some((id, _)) => format!("Completed; merge request {id}"),
        None => "Completed".to_owned(),
    };
    if asked.exit == Exit::Completed {
        // Steps that are left open would look like work that is to be done.
        let root = molecule::carried_by(&brief).filter(|root| change.get(root).is_ok());
        if let Some(root) = root {
            let by = change.actor().to_owned();
            let gone = match root == work.id {
                true => molecule::squash(change, &root, &by, &reason)?,
                false => molecule::burn(change, &root, &format!("Completed with {}", work.id))?,
            };
            written.closed.extend(gone.closed);
        }
    }
    if change.get(&work.id).is_err() {
        return Ok(written);
    }
    let who = change.actor().to_owned();
    let was_open = !change.get(&work.id)?.status().is_over();
    change.update(&work.id, |issue, now| {
        let on = branch.map(|branch| format!(" on branch {}", branch.name)).unwrap_or_default();
        match asked.exit {
            Exit::Completed if issue.status().is_over() => {}
            Exit::Completed => {
                issue.set_status(&Status::Closed, now);
                issue.set_text("close_reason", &reason);
            }
            Exit::Deferred => {
                issue.set_status(&Status::Open, now);
                issue.set_text("assignee", "");
                issue.add_comment(&who, &format!("Deferred{on}."), now);
            }
            Exit::Escalated => {
                issue.set_status(&Status::Blocked, now);
                issue.set_text("assignee", "");
                issue.add_comment(&who, &format!("Escalated{on}: needs help."), now);
            }
        }
        Ok::<_, LedgerError>(())
    })?;
    if asked.exit == Exit::Completed && was_open {
        written.closed.push(work.id.clone());
    }
    Ok(written)
}

/// Tells the rig's witness, and whoever handed the work out. What they have been told already they are not told again.
pub(super) fn letters(
    ledgers: &Ledgers,
    done: &Done,
    work: Option<&Work>,
) -> Result<Vec<Letter>, DispatchError> {
    let who = &done.who;
    let mut letters = Vec::new();
    if matches!(who.role(), Role::Polecat | Role::Crew)
        && let Some(rig) = who.rig()
    {
        let subject = format!("POLECAT_DONE {}", who.name().unwrap_or_default());
        letters.push((Identity::witness(rig)?, subject, false));
    }
    let dispatcher = work.and_then(|work| Identity::parse(&work.dispatched_by).ok());
    if let (Some(dispatcher), Some(issue)) =
        (dispatcher.filter(|dispatcher| dispatcher != who), &done.issue)
        && !letters.iter().any(|(to, ..)| *to == dispatcher)
    {
        letters.push((dispatcher, format!("WORK_DONE: {issue}"), true));
    }
    if letters.is_empty() {
        return Ok(Vec::new());
    }
    let body = body(done);
    let made = ledgers.town()?.change(&ledgers.actor(), |change| {
        let mut made = Vec::new();
        for (to, subject, dispatcher) in &letters {
            let there = sent_before(change.issues(), to, subject, &body);
            let already = there.is_some();
            let id = match there {
                Some(id) => id,
                None => {
                    let message = Message {
                        to: to.to_string(),
                        subject: subject.clone(),
                        body: body.clone(),
                        ..Message::default()
                    };
                    mail::send(change, &message)?.id().into_owned()
                }
            };
            made.push(Letter {
                to: to.clone(),
                id,
                subject: subject.clone(),
                dispatcher: *dispatcher,
                already,
            });
        }
        Ok::<_, LedgerError>(made)
    })?;
    Ok(made)
}

/// The same message, where it lies unread: whoever was stopped after it was sent says it again.
fn sent_before(issues: &Issues, to: &Identity, subject: &str, body: &str) -> Option<String> {
    let unread = mail::unread(issues, to);
    unread
        .into_iter()
        .find(|mail| mail.subject == subject && mail.body.trim_end() == body.trim_end())
        .map(|mail| mail.id)
}

/// What they are told, line by line as Gas Town's witness reads it.
fn body(done: &Done) -> String {
    let mut lines = vec![format!("Exit: {}", done.exit.name())];
    lines.extend(done.issue.iter().map(|issue| format!("Issue: {issue}")));
    lines.extend(done.request.iter().map(|(id, _)| format!("MR: {id}")));
    let branch = done.branch.iter().filter(|branch| !branch.name.is_empty());
    lines.extend(branch.map(|branch| format!("Branch: {}", branch.name)));
    lines.join("\n")
}
