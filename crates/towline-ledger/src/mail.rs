//! Mail: messages between those who work, each an issue of type `message` in the town's ledger.
//!
//! The subject is the issue's title, the text its description, whoever gets it its assignee. Labels say the rest: `from:WHO`,
//! `thread:ID`, `reply-to:ID`, `cc:WHO`, `msg-type:KIND`. A message that is open is unread unless it has the label `read`; one
//! that is closed was put away.

mod address;
mod inbox;
#[cfg(test)]
mod tests;

use std::fmt;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::identity::{Identity, Role};
use crate::issue::{Issue, Status};
use crate::ledger::{Change, LedgerError, New};

pub use address::{Address, AddressError, GROUPS, addresses};
pub use inbox::{Filter, by_urgency, find, inbox, thread, unread};

/// The type of an issue that is a message. Newer Gas Towns write a task with the label `gt:message`.
pub const TYPE: &str = "message";

/// That label.
const LABEL: &str = "gt:message";

/// The label of a message that was read and is kept.
pub(crate) const READ: &str = "read";

/// A name for whoever the person is who looks after a town.
pub const OVERSEER: &str = "overseer";

/// How urgent a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Urgency {
    /// Whatever one does, this comes first.
    Urgent,
    /// Soon.
    High,
    /// When there is time.
    #[default]
    Normal,
    /// To be read some day.
    Low,
}

impl Urgency {
    /// The urgency that an issue's priority stands for.
    pub fn of(priority: u8) -> Self {
        match priority {
            0 => Self::Urgent,
            1 => Self::High,
            3 => Self::Low,
            _ => Self::Normal,
        }
    }

    /// The priority that stands for it.
    pub fn priority(self) -> u8 {
        match self {
            Self::Urgent => 0,
            Self::High => 1,
            Self::Normal => 2,
            Self::Low => 3,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

impl fmt::Display for Urgency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What a message is for.
pub const KINDS: [&str; 4] = ["notification", "task", "scavenge", "reply"];

/// A message that is to be sent. What is left empty is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// Who gets it: an identity in any form.
    pub to: String,
    /// Who sends it; whoever makes the change, where empty.
    pub from: String,
    /// What it is about, in a line.
    pub subject: String,
    /// What it says.
    pub body: String,
    /// How urgent it is.
    pub urgency: Urgency,
    /// One of [`KINDS`]; a notification where empty.
    pub kind: String,
    /// The thread it belongs to; a new one where empty.
    pub thread: String,
    /// The message that it answers.
    pub reply_to: String,
    /// Who gets it too.
    pub cc: Vec<String>,
    /// Stays with those to whom it is written in full, because somebody else has the same short name.
    pub exact: bool,
}

/// Puts a message into the ledger, which should be the town's ([`crate::Ledgers::town`]), and returns its issue.
///
/// # Errors
/// Without a subject, or with one that is too long.
pub fn send(change: &mut Change<'_>, message: &Message) -> Result<Issue, LedgerError> {
    if message.subject.trim().is_empty() {
        return Err(LedgerError::invalid("a message needs a subject").hint("-s SUBJECT"));
    }
    let from = sender_of(if message.from.is_empty() { change.actor() } else { &message.from });
    let to = if message.exact { message.to.clone() } else { box_of(&message.to) };
    let thread = match message.thread.is_empty() {
        true => new_thread(&from, message, change.now()),
        false => message.thread.clone(),
    };
    // Newer Gas Towns look for the label, older ones for the type.
    let mut labels = vec![LABEL.to_owned(), format!("from:{from}"), format!("thread:{thread}")];
    if !message.reply_to.is_empty() {
        labels.push(format!("reply-to:{}", message.reply_to));
    }
    if !message.kind.is_empty() && message.kind != KINDS[0] {
        labels.push(format!("msg-type:{}", message.kind));
    }
    labels.extend(message.cc.iter().map(|cc| format!("cc:{}", box_of(cc))));
    change.create(&New {
        title: one_line(&message.subject),
        description: message.body.trim_end().to_owned(),
        issue_type: TYPE.into(),
        priority: Some(message.urgency.priority()),
        assignee: to,
        labels,
        ..New::default()
    })
}

/// The name of the box that somebody's mail goes to, as Gas Town looks for it: `mayor/`, `deacon/`, `RIG/NAME` for polecats and
/// crew alike. What is no identity stays as it is.
pub fn box_of(who: &str) -> String {
    let Ok(identity) = Identity::parse(who) else { return who.trim().to_owned() };
    match (identity.role(), identity.rig(), identity.name()) {
        (Role::Mayor | Role::Deacon, ..) => format!("{identity}/"),
        (Role::Polecat | Role::Crew, Some(rig), Some(name)) => format!("{rig}/{name}"),
        _ => identity.to_string(),
    }
}

/// A sender as Gas Town writes them: as the name of a box, but members of the crew in full.
fn sender_of(who: &str) -> String {
    match Identity::parse(who) {
        Ok(identity) if identity.role() == Role::Crew => identity.to_string(),
        _ => box_of(who),
    }
}

/// A message of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its id.
    pub id: String,
    /// Who sent it: the name of their box.
    pub from: String,
    /// Who sent it, as the message says.
    pub sender: String,
    /// Who gets it: the name of their box.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub body: String,
    /// When it was sent.
    pub at: Option<Timestamp>,
    /// Whether whoever gets it has read it.
    pub read: bool,
    /// Whether it was put away.
    pub closed: bool,
    /// How urgent it is.
    pub urgency: Urgency,
    /// One of [`KINDS`].
    pub kind: String,
    /// The thread it belongs to; may be empty.
    pub thread: String,
    /// The message that it answers; may be empty.
    pub reply_to: String,
    /// Who gets it too.
    pub cc: Vec<String>,
    /// It is kept for good.
    pub pinned: bool,
    /// It leaves no trace when it is over.
    pub wisp: bool,
}

impl Mail {
    /// The message that an issue is; `None` where it is none.
    pub fn of(issue: &Issue) -> Option<Self> {
        if !issue.is_a(TYPE) || issue.status() == Status::Tombstone {
            return None;
        }
        let labels = issue.labels();
        let value = |prefix: &str| labels.iter().find_map(|label| label.strip_prefix(prefix));
        let text = |prefix: &str| value(prefix).unwrap_or_default().to_owned();
        let said = [text("from:").into(), issue.text("sender"), issue.text("created_by")];
        let sender =
            said.into_iter().find(|from| !from.is_empty()).unwrap_or_default().into_owned();
        let closed = issue.status().is_over();
        Some(Self {
            id: issue.id().into_owned(),
            from: box_of(&sender),
            sender,
            to: box_of(&issue.assignee()),
            subject: issue.title().into_owned(),
            body: issue.description().into_owned(),
            at: issue.time("created_at"),
            read: closed || labels.iter().any(|label| label == READ),
            closed,
            urgency: Urgency::of(issue.priority()),
            kind: value("msg-type:").unwrap_or(KINDS[0]).to_owned(),
            thread: text("thread:"),
            reply_to: text("reply-to:"),
            cc: labels.iter().filter_map(|label| label.strip_prefix("cc:")).map(box_of).collect(),
            pinned: issue.status() == Status::Pinned || issue.flag("pinned"),
            wisp: issue.flag("ephemeral") || issue.flag("wisp"),
        })
    }

    /// The subject of an answer to it.
    pub fn reply_subject(&self) -> String {
        match self.subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:")) {
            true => self.subject.clone(),
            false => format!("Re: {}", self.subject),
        }
    }
}

/// Whether a text that stands for somebody in a message (its assignee, a copy's label) means this one. `overseer` is any person.
pub(crate) fn is_for(who: &Identity, text: &str) -> bool {
    who.same_as(text) || who.role() == Role::Worker && text.trim() == OVERSEER
}

/// Marks a message as read by somebody; whether it was unread. Of a copy, that they have read it.
///
/// # Errors
/// Where it is no message.
pub fn mark_read(change: &mut Change<'_>, id: &str, who: &Identity) -> Result<bool, LedgerError> {
    let label = mark_of(&message(change, id)?, who);
    let mut new = false;
    change.update(id, |issue, _| {
        new = issue.add_label(&label);
        Ok::<_, LedgerError>(())
    })?;
    Ok(new)
}

/// Takes the mark back; whether it was there.
///
/// # Errors
/// Where it is no message.
pub fn mark_unread(change: &mut Change<'_>, id: &str, who: &Identity) -> Result<bool, LedgerError> {
    let label = mark_of(&message(change, id)?, who);
    let mut gone = false;
    change.update(id, |issue, _| {
        gone = issue.remove_label(&label);
        Ok::<_, LedgerError>(())
    })?;
    Ok(gone)
}

/// Puts a message away: it is closed. Of a copy, only this one's is; whoever else has it keeps it.
///
/// # Errors
/// Where it is no message.
pub fn archive(change: &mut Change<'_>, id: &str, who: &Identity) -> Result<(), LedgerError> {
    let issue = message(change, id)?;
    let copies = copies_of(&issue, who);
    change.update(id, |issue, now| {
        if is_for(who, &issue.assignee()) || copies.is_empty() {
            issue.set_status(&Status::Closed, now);
        } else {
            for label in &copies {
                issue.remove_label(label);
            }
        }
        Ok::<_, LedgerError>(())
    })?;
    Ok(())
}

/// The label that says that somebody has read a message.
fn mark_of(issue: &Issue, who: &Identity) -> String {
    match is_for(who, &issue.assignee()) || copies_of(issue, who).is_empty() {
        true => READ.to_owned(),
        false => read_by(who),
    }
}

/// The label that says that somebody has read their copy.
pub(crate) fn read_by(who: &Identity) -> String {
    format!("read-by:{}", box_of(&who.to_string()))
}

/// The labels that send somebody a copy.
fn copies_of(issue: &Issue, who: &Identity) -> Vec<String> {
    let for_them = |label: &String| label.strip_prefix("cc:").is_some_and(|cc| is_for(who, cc));
    issue.labels().into_iter().filter(for_them).collect()
}

fn message(change: &Change<'_>, id: &str) -> Result<Issue, LedgerError> {
    let issue = change.get(id)?;
    match issue.is_a(TYPE) {
        true => Ok(issue),
        false => Err(no_message(id, &issue)),
    }
}

/// An issue was called a message.
pub fn no_message(id: &str, issue: &Issue) -> LedgerError {
    LedgerError::invalid(format!("{id} is no message, but a {}", issue.issue_type()))
        .hint(format!("tow issue show {id}"))
}

/// A thread's name, as Gas Town makes them: twelve hexadecimal digits.
fn new_thread(from: &str, message: &Message, now: Timestamp) -> String {
    let seed = format!("{from}\n{}\n{}\n{}\n{now}", message.to, message.subject, message.body);
    let digest = Sha256::digest(seed.as_bytes());
    let digits: String = digest[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("thread-{digits}")
}

/// A subject: one line, and not longer than a title may be.
fn one_line(text: &str) -> String {
    let line: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut short: String = line.chars().take(crate::issue::LONGEST_TITLE).collect();
    if short.len() < line.len() {
        short.pop();
        short.push('…');
    }
    short
}
