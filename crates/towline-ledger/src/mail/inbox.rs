//! Finding messages: whose they are, and which are new.

use super::{LABEL, Mail, TYPE, is_for, read_by};
use crate::identity::Identity;
use crate::issues::{Brief, Issues};

/// Which messages are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filter {
    /// Those that weren't put away.
    #[default]
    Kept,
    /// Those that weren't read.
    Unread,
    /// All, those too that were put away.
    All,
}

/// Somebody's messages, copies too, the newest first.
pub fn inbox(issues: &Issues, who: &Identity, filter: Filter) -> Vec<Mail> {
    let mine = read_by(who);
    let mut found: Vec<Mail> = issues
        .iter()
        .filter(|brief| filter == Filter::All || !brief.status().is_over())
        .filter(|brief| !brief.is_tombstone())
        // What is cheap to ask comes first: few issues are messages, and fewer are theirs.
        .filter(|brief| is_mail(brief) && goes_to(brief, who))
        .filter_map(|brief| {
            let issue = brief.issue();
            let mut mail = Mail::of(&issue)?;
            if !is_for(who, &issue.assignee()) {
                mail.read = mail.closed || issue.has_label(&mine);
            }
            Some(mail)
        })
        .filter(|mail| filter != Filter::Unread || !mail.read)
        .collect();
    found.sort_by(|one, other| (other.at, &one.id).cmp(&(one.at, &other.id)));
    found
}

/// The messages that somebody hasn't read, the newest first.
pub fn unread(issues: &Issues, who: &Identity) -> Vec<Mail> {
    inbox(issues, who, Filter::Unread)
}

/// A message by its id.
pub fn find(issues: &Issues, id: &str) -> Option<Mail> {
    Mail::of(&issues.find(id)?.issue())
}

/// The messages of a thread, the oldest first. A message's id stands for the thread that it is in.
pub fn thread(issues: &Issues, name: &str) -> Vec<Mail> {
    let of_message = find(issues, name).map(|mail| mail.thread).filter(|thread| !thread.is_empty());
    let name = of_message.as_deref().unwrap_or(name);
    let mut found: Vec<Mail> = issues
        .iter()
        .filter(|brief| says(brief, name) && is_mail(brief))
        .filter_map(|brief| Mail::of(&brief.issue()))
        .filter(|mail| mail.thread == name)
        .collect();
    found.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
    found
}

/// Sorts messages for somebody who has to read them: the most urgent first, of these the oldest.
pub fn by_urgency(mails: &mut [Mail]) {
    mails.sort_by(|one, other| {
        (one.urgency, one.at, &one.id).cmp(&(other.urgency, other.at, &other.id))
    });
}

fn is_mail(brief: &Brief<'_>) -> bool {
    brief.issue_type() == TYPE || says(brief, LABEL) && brief.has_label(LABEL)
}

/// Whether a message goes to somebody, as its addressee or by a copy.
fn goes_to(brief: &Brief<'_>, who: &Identity) -> bool {
    if brief.is_assigned() && is_for(who, &brief.assignee()) {
        return true;
    }
    let copy = |label: &String| label.strip_prefix("cc:").is_some_and(|cc| is_for(who, cc));
    says(brief, "\"cc:") && brief.labels().iter().any(copy)
}

/// Whether a line has these characters anywhere: a quick look before it is taken apart.
fn says(brief: &Brief<'_>, text: &str) -> bool {
    memchr::memmem::find(brief.line().as_bytes(), text.as_bytes()).is_some()
}
