//! The note that somebody leaves for their own next session.
//!
//! It is an issue of status `pinned` that is nobody's, with the title `WHO Handoff` and the note as its description: one for each identity,
//! replaced by the next. Gas Town knows the form, but keeps one for each role; those are read where there is none of one's own.

use jiff::Timestamp;

use crate::identity::{Identity, Role};
use crate::issue::{Issue, Status};
use crate::issues::{Brief, Issues};
use crate::ledger::{Change, LedgerError, New};

/// What stands behind the identity in a note's title.
pub const SUFFIX: &str = " Handoff";

/// What stands before the id of the work that was on the hook, in a label of the note.
const WORK: &str = "work:";

/// A note that was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The issue's id.
    pub id: String,
    /// What it says.
    pub text: String,
    /// When it was left.
    pub at: Option<Timestamp>,
    /// What was on the hook then.
    pub work: Vec<String>,
}

impl Note {
    /// Whether it still says something: as long as some of the work that was on the hook is still theirs. What was left with an
    /// empty hook holds until the next.
    pub fn holds(&self, is_theirs: impl FnMut(&str) -> bool) -> bool {
        self.work.is_empty() || self.work.iter().map(String::as_str).any(is_theirs)
    }
}

/// Leaves a note, in the place of the last one, and returns its issue. `work` is what is on the hook.
///
/// # Errors
/// Where the ledger can't have it.
pub fn leave(
    change: &mut Change<'_>,
    who: &Identity,
    text: &str,
    work: &[String],
) -> Result<Issue, LedgerError> {
    let labels = work.iter().map(|id| format!("{WORK}{id}"));
    if let Some(id) = own(change.issues(), who).map(|brief| brief.id().to_owned()) {
        return change.update(&id, |issue, now| {
            issue.set_text("description", text.trim());
            let kept = issue.labels().into_iter().filter(|label| !label.starts_with(WORK));
            issue.set_labels(kept.chain(labels).collect::<Vec<_>>());
            // One that says the same was left now, all the same.
            issue.touch(now);
            Ok(())
        });
    }
    change.create(&New {
        title: format!("{who}{SUFFIX}"),
        description: text.trim().to_owned(),
        labels: labels.collect(),
        status: Some(Status::Pinned),
        ..New::default()
    })
}

/// Empties the note that somebody would be shown; whether there was one.
///
/// # Errors
/// Where the ledger can't be changed.
pub fn clear(change: &mut Change<'_>, who: &Identity) -> Result<bool, LedgerError> {
    let Some(note) = find(change.issues(), who) else { return Ok(false) };
    change.update(&note.id, |issue, _| {
        issue.set_text("description", "");
        Ok::<_, LedgerError>(())
    })?;
    Ok(true)
}

/// The note for somebody; `None` where there is none that says anything.
pub fn find(issues: &Issues, who: &Identity) -> Option<Note> {
    both(issues, who).map(|brief| note(&brief.issue())).find(|note| !note.text.is_empty())
}

fn note(issue: &Issue) -> Note {
    let labels = issue.labels();
    Note {
        id: issue.id().into_owned(),
        text: issue.description().trim().to_owned(),
        at: issue.time("updated_at"),
        work: labels
            .iter()
            .filter_map(|label| label.strip_prefix(WORK))
            .map(str::to_owned)
            .collect(),
    }
}

/// One's own, and then that of one's role as Gas Town leaves it.
fn both<'a>(issues: &'a Issues, who: &Identity) -> impl Iterator<Item = Brief<'a>> {
    let role = (who.role() != Role::Worker).then(|| titled(issues, who.role().name())).flatten();
    let own = own(issues, who);
    let role = role.filter(|role| own.is_none_or(|own| own.id() != role.id()));
    own.into_iter().chain(role)
}

fn own<'a>(issues: &'a Issues, who: &Identity) -> Option<Brief<'a>> {
    titled(issues, &who.to_string())
}

/// Of several, the one that was changed last: two hosts may have left one each.
fn titled<'a>(issues: &'a Issues, name: &str) -> Option<Brief<'a>> {
    let title = format!("{name}{SUFFIX}");
    issues
        .iter()
        .filter(|brief| brief.status() == Status::Pinned && brief.issue().title() == title)
        .max_by_key(|brief| (brief.updated_at(), brief.id()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Actor, Ledger};

    #[test]
    fn a_note_is_replaced_and_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::init(folder.path().join(".beads"), "hq").unwrap();
        let toast = Identity::parse("demo/polecats/Toast").unwrap();
        let actor = Actor(toast.to_string());
        let put = |text: &str, work: &[&str]| {
            let work: Vec<String> = work.iter().map(|id| (*id).to_owned()).collect();
            ledger.change(&actor, |change| leave(change, &toast, text, &work)).unwrap()
        };
        let first = put("first\n", &["demo-a", "demo-b"]);
        assert_eq!(
            (first.title().as_ref(), first.status(), first.assignee().as_ref()),
            ("demo/polecats/Toast Handoff", Status::Pinned, "")
        );
        let note = find(&ledger.read().unwrap(), &toast).unwrap();
        assert_eq!((note.text.as_str(), note.work.len()), ("first", 2));
        assert!(note.holds(|id| id == "demo-a") && !note.holds(|_| false));
        let second = put("second", &[]);
        assert_eq!((second.id(), ledger.read().unwrap().len()), (first.id(), 1));
        let note = find(&ledger.read().unwrap(), &toast).unwrap();
        assert!(note.text == "second" && note.work.is_empty() && note.holds(|_| false));
        assert!(find(&ledger.read().unwrap(), &Identity::mayor()).is_none());
        assert!(ledger.change(&actor, |change| clear(change, &toast)).unwrap());
        assert!(!ledger.change(&actor, |change| clear(change, &toast)).unwrap());
        assert!(find(&ledger.read().unwrap(), &toast).is_none());
    }

    #[test]
    fn gas_towns_notes_for_a_role_are_read() {
        let line = |title: &str, status: &str| {
            format!(
                r#"{{"id":"hq-{}","title":"{title}","description":"go on","status":"{status}","priority":2}}"#,
                title.len()
            ) + "\n"
        };
        let issues = Issues::parse(
            [line("polecat Handoff", "pinned"), line("mayor Handoff", "open")]
                .concat()
                .into_bytes(),
        );
        assert_eq!(find(&issues, &Identity::parse("g/Toast").unwrap()).unwrap().text, "go on");
        assert!(find(&issues, &Identity::mayor()).is_none());
        assert!(find(&issues, &Identity::person("polecat2").unwrap()).is_none());
    }
}
