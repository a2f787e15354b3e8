//! Issues while they are changed, under the lock.

use jiff::Timestamp;

use super::{Ledger, LedgerError, Problem};
use crate::id::{self, Seed};
use crate::issue::{Dependency, Issue, LONGEST_TITLE, LOWEST_PRIORITY, Status};
use crate::issues::{Changes, Issues, Trouble, Wrong};
use crate::time;

/// Who makes changes, as the ledger writes them down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor(pub String);

/// What a new issue is to be. What is left empty is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct New {
    /// Its title, at most [`LONGEST_TITLE`] characters in one line.
    pub title: String,
    /// Its description.
    pub description: String,
    /// Its type; `task` where empty.
    pub issue_type: String,
    /// Its priority, 0 (urgent) to 4; 2 where `None`.
    pub priority: Option<u8>,
    /// Who has it.
    pub assignee: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// The issue that it is a child of: its id becomes `PARENT.N`.
    pub parent: Option<String>,
    /// The issues that it depends on, each with the kind of the dependency.
    pub depends_on: Vec<(String, String)>,
    /// Its id, where that is not to be made.
    pub id: Option<String>,
    /// The prefix of its id, where that is not the ledger's.
    pub prefix: Option<String>,
    /// Other fields that are texts: `design`, `acceptance_criteria`, `notes`, `sender`, …
    pub fields: Vec<(&'static str, String)>,
    /// Its status; open where `None`.
    pub status: Option<Status>,
    /// It leaves no trace when it is over.
    pub wisp: bool,
}

/// The issues under the lock, and what is to become of them.
pub struct Change<'a> {
    ledger: &'a Ledger,
    issues: &'a Issues,
    actor: &'a Actor,
    now: Timestamp,
    changes: Changes,
}

impl<'a> Change<'a> {
    pub(super) fn new(
        ledger: &'a Ledger,
        issues: &'a Issues,
        actor: &'a Actor,
        now: Timestamp,
    ) -> Self {
        Self { ledger, issues, actor, now, changes: Changes::default() }
    }

    pub(super) fn into_changes(self) -> Changes {
        self.changes
    }

    /// The issues as the file has them, without what was changed here.
    pub fn issues(&self) -> &'a Issues {
        self.issues
    }

    /// The issues with what was changed so far: for what is to be decided over all of them.
    pub fn as_changed(&self) -> Issues {
        Issues::parse(self.issues.with(&self.changes))
    }

    /// Who makes the change.
    pub fn actor(&self) -> &'a str {
        &self.actor.0
    }

    /// When it is made.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The prefix of new ids, without its hyphen.
    pub fn prefix(&self) -> String {
        self.ledger.prefix(self.issues)
    }

    /// An issue with what was changed so far. Tombstones are not there.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn get(&self, id: &str) -> Result<Issue, LedgerError> {
        self.find(id)
            .filter(|issue| issue.status() != Status::Tombstone)
            .ok_or_else(|| LedgerError::new(Problem::NoIssue(id.to_owned())))
    }

    /// An issue with what was changed so far, or a tombstone.
    pub fn find(&self, id: &str) -> Option<Issue> {
        match self.changes.issues.get(id) {
            Some(changed) => changed.clone(),
            None => self.issues.find(id).map(|brief| brief.issue()),
        }
    }

    /// Changes an issue, and returns it. What leaves it as it is changes nothing, not even its time.
    ///
    /// # Errors
    /// Where there is none of this id, and those of `with`.
    pub fn update<E: From<LedgerError>>(
        &mut self,
        id: &str,
        with: impl FnOnce(&mut Issue, Timestamp) -> Result<(), E>,
    ) -> Result<Issue, E> {
        let mut issue = self.get(id)?;
        let before = issue.clone();
        with(&mut issue, self.now)?;
        if issue != before {
            issue.touch(self.now);
            self.changes.issues.insert(id.to_owned(), Some(issue.clone()));
        }
        Ok(issue)
    }

    /// Writes an issue as it is, its time too: for merges and imports.
    pub fn put(&mut self, issue: Issue) {
        self.changes.issues.insert(issue.id().into_owned(), Some(issue));
    }

    /// Takes an issue's line out of the file. Most deletions leave a tombstone instead, so that a merge doesn't bring it back.
    pub fn remove(&mut self, id: &str) {
        self.changes.issues.insert(id.to_owned(), None);
    }

    /// Makes a new issue, and returns it.
    ///
    /// # Errors
    /// Where what is asked for can't be an issue, its parent isn't there, or its id is taken.
    pub fn create(&mut self, new: &New) -> Result<Issue, LedgerError> {
        check(new)?;
        let id = self.id_for(new)?;
        let mut issue = Issue::empty();
        issue.set_escapes_html(self.issues.escapes_html());
        if self.issues.is_typed() {
            issue.set_text("_type", "issue");
        }
        issue.set_text("id", &id);
        issue.set_text("title", new.title.trim());
        issue.set_text("description", &new.description);
        issue.set_priority(new.priority.unwrap_or(2));
        issue.set_text(
            "issue_type",
            if new.issue_type.is_empty() { "task" } else { &new.issue_type },
        );
        issue.set_text("assignee", &new.assignee);
        for (field, text) in &new.fields {
            issue.set_text(field, text);
        }
        issue.set_time("created_at", Some(self.now));
        issue.set_text("created_by", &self.actor.0);
        issue.set_time("updated_at", Some(self.now));
        issue.set_status(new.status.as_ref().unwrap_or(&Status::Open), self.now);
        if issue.text("status").is_empty() {
            issue.set_text("status", "open");
        }
        issue.set_labels(new.labels.iter().cloned());
        issue.set_flag("ephemeral", new.wisp);
        let parent = new.parent.iter().map(|parent| (parent.as_str(), "parent-child"));
        let others = new.depends_on.iter().map(|(on, kind)| (on.as_str(), kind.as_str()));
        for (on, kind) in parent.chain(others) {
            issue.add_dependency(&self.dependency(&id, on, kind));
        }
        self.put(issue.clone());
        Ok(issue)
    }

    /// A dependency that is made now.
    pub fn dependency(&self, issue_id: &str, depends_on_id: &str, kind: &str) -> Dependency {
        Dependency {
            issue_id: issue_id.to_owned(),
            depends_on_id: depends_on_id.to_owned(),
            kind: kind.to_owned(),
            created_at: Some(self.now),
            created_by: self.actor.0.clone(),
        }
    }

    /// Leaves a tombstone in an issue's place, and takes it out of what others depend on.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn delete(&mut self, id: &str, reason: &str) -> Result<Issue, LedgerError> {
        let now = self.now;
        let by = self.actor.0.clone();
        let dependents: Vec<String> = self
            .issues
            .iter()
            .filter(|brief| brief.links().any(|link| link.target == id))
            .map(|brief| brief.id().to_owned())
            .collect();
        for dependent in dependents {
            if self.get(&dependent).is_ok() {
                self.update(&dependent, |issue, _| {
                    issue.remove_dependencies(id, None);
                    Ok::<_, LedgerError>(())
                })?;
            }
        }
        self.update(id, |issue, _| {
            let kind = issue.issue_type().into_owned();
            issue.set_status(&Status::Tombstone, now);
            issue.set_time("deleted_at", Some(now));
            issue.set_text("deleted_by", &by);
            issue.set_text("delete_reason", reason);
            issue.set_text("original_type", &kind);
            issue.set_array("dependencies", &[]);
            Ok(())
        })
    }

    fn id_for(&self, new: &New) -> Result<String, LedgerError> {
        let taken = |id: &str| self.find(id).is_some();
        if let Some(id) = &new.id {
            check_id(id)?;
            if taken(id) {
                return Err(LedgerError::refused(format!("{id} is taken"))
                    .hint(format!("tow issue show {id}")));
            }
            return Ok(id.clone());
        }
        if let Some(parent) = &new.parent {
            self.get(parent)?;
            return self.child_of(parent);
        }
        let prefix = new.prefix.clone().unwrap_or_else(|| self.ledger.prefix(self.issues));
        let seed = Seed {
            title: new.title.trim(),
            description: &new.description,
            creator: &self.actor.0,
            at: self.now,
        };
        let of_prefix =
            |id: &str| id::prefix_of(id) == Some(prefix.as_str()) && id::parent_of(id).is_none();
        let count = self.issues.iter().filter(|brief| of_prefix(brief.id())).count()
            + self.changes.issues.keys().filter(|id| of_prefix(id)).count();
        id::fresh(&prefix, &seed, count, taken)
            .ok_or_else(|| LedgerError::refused("no id is free for it").hint("give one with --id"))
    }

    /// The next free child of an issue. Those that were deleted have had their number.
    fn child_of(&self, parent: &str) -> Result<String, LedgerError> {
        let mut above = parent;
        let mut depth = 1;
        while let Some((next, _)) = id::parent_of(above) {
            above = next;
            depth += 1;
        }
        if depth > id::DEEPEST {
            return Err(LedgerError::refused(format!(
                "{parent} is as deep below others as issues go"
            ))
            .hint(format!("at most {} levels of children", id::DEEPEST)));
        }
        let there = self.issues.iter().map(|brief| brief.id());
        let all = there.chain(self.changes.issues.keys().map(String::as_str));
        let numbers = all.filter_map(id::parent_of).filter(|(of, _)| *of == parent);
        let highest = numbers.map(|(_, number)| number).max().unwrap_or(0);
        Ok(format!("{parent}.{}", highest + 1))
    }
}

fn check(new: &New) -> Result<(), LedgerError> {
    check_title(&new.title)?;
    if let Some(priority) = new.priority.filter(|priority| *priority > LOWEST_PRIORITY) {
        return Err(LedgerError::invalid(format!("there is no priority {priority}"))
            .hint(format!("0 (urgent) to {LOWEST_PRIORITY}")));
    }
    Ok(())
}

/// Whether a text can be a title.
pub(crate) fn check_title(title: &str) -> Result<(), LedgerError> {
    let title = title.trim();
    if title.is_empty() {
        return Err(LedgerError::invalid("an issue needs a title"));
    }
    let length = title.chars().count();
    if length > LONGEST_TITLE {
        return Err(LedgerError::invalid(format!(
            "the title has {length} characters; at most {LONGEST_TITLE} fit"
        ))
        .hint("the rest fits the description: -d TEXT"));
    }
    Ok(())
}

fn check_id(id: &str) -> Result<(), LedgerError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    match !id.is_empty() && id.bytes().all(fits) && id::prefix_of(id).is_some() {
        true => Ok(()),
        false => Err(LedgerError::invalid(format!("{id:?} can't be an id"))
            .hint("PREFIX-NAME, such as gt-abc")),
    }
}

impl Trouble {
    /// It must be mended before anything is written: a rewrite could lose what the line says.
    pub fn is_damage(&self) -> bool {
        !matches!(self.what, Wrong::Twice(_))
    }
}

impl Issue {
    /// Writes its title.
    ///
    /// # Errors
    /// Where it can't be one.
    pub fn set_title(&mut self, title: &str) -> Result<(), LedgerError> {
        check_title(title)?;
        self.set_text("title", title.trim());
        Ok(())
    }

    /// Whether it is of a type, as its type or, in ledgers of newer Gas Towns, by a label `gt:TYPE`.
    pub fn is_a(&self, kind: &str) -> bool {
        self.issue_type() == kind || self.has_label(&format!("gt:{kind}"))
    }

    /// When it was deleted, for a tombstone.
    pub fn deleted_at(&self) -> Option<Timestamp> {
        time::read(&self.text("deleted_at"))
    }
}
