//! One issue: a line of the ledger's file, of which single fields are read and changed.

mod edit;
mod fields;
mod parts;
mod status;
#[cfg(test)]
mod tests;
mod value;

use std::borrow::Cow;

use jiff::Timestamp;

pub(crate) use parts::text;
pub use parts::{Comment, Dependency};
pub use status::Status;

use crate::json::{Broken, Member, decode, encode};
use crate::time;

/// The longest title, in characters, as beads has it.
pub const LONGEST_TITLE: usize = 500;

/// The lowest priority; 0 is the most urgent.
pub const LOWEST_PRIORITY: u8 = 4;

/// An issue's line. What it says is read when it is asked for, and what is not changed stays as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    line: String,
    members: Vec<Member>,
    html: bool,
}

impl Issue {
    /// Takes a line of a ledger, without its line end.
    ///
    /// # Errors
    /// Where it is no JSON object.
    pub fn parse(line: impl Into<String>) -> Result<Self, Broken> {
        let line = line.into();
        let members = edit::parse(&line)?;
        let html = !line.contains(['<', '>', '&']);
        Ok(Self { line, members, html })
    }

    /// An issue that says nothing yet.
    pub(crate) fn empty() -> Self {
        Self { line: "{}".into(), members: Vec::new(), html: true }
    }

    /// The line as it stands in the file, without its end.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Whether texts in it are written with `<`, `>` and `&` escaped, as Go does where it isn't told otherwise.
    pub(crate) fn escapes_html(&self) -> bool {
        self.html
    }

    pub(crate) fn set_escapes_html(&mut self, html: bool) {
        self.html = html;
    }

    /// A field's value as it is written; the last one where it is written twice, as readers of JSON take it.
    pub(crate) fn raw(&self, key: &str) -> Option<&str> {
        let member = self.members.iter().rfind(|member| member.key.of(&self.line) == key)?;
        Some(member.value.of(&self.line))
    }

    /// The fields' names, in the line's order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| member.key.of(self.line.as_str()))
    }

    /// A field that is a text; empty where it is absent or something else.
    pub fn text(&self, key: &str) -> Cow<'_, str> {
        let raw = self.raw(key).unwrap_or_default();
        let inner = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"'));
        inner.map_or(Cow::Borrowed(""), decode)
    }

    /// Writes a field that is a text; an empty one is left out.
    pub fn set_text(&mut self, key: &str, text: &str) {
        let raw = encode(text, self.html);
        // What says the same stays as it is written.
        if !text.is_empty() && self.text(key) == text {
            return;
        }
        self.set_raw(key, (!text.is_empty()).then_some(raw.as_str()));
    }

    /// A field that is a time.
    pub fn time(&self, key: &str) -> Option<Timestamp> {
        time::read(&self.text(key))
    }

    /// Writes a field that is a time, or takes it out.
    pub fn set_time(&mut self, key: &str, at: Option<Timestamp>) {
        self.set_text(key, &at.map(time::write).unwrap_or_default());
    }

    /// A field that is true or not.
    pub fn flag(&self, key: &str) -> bool {
        self.raw(key) == Some("true")
    }

    /// Writes a field that is true, or takes it out.
    pub fn set_flag(&mut self, key: &str, on: bool) {
        if self.flag(key) != on {
            self.set_raw(key, on.then_some("true"));
        }
    }

    /// A field that is a whole number.
    pub fn number(&self, key: &str) -> Option<i64> {
        self.raw(key)?.parse().ok()
    }

    /// Writes a field that is a whole number, or takes it out.
    pub fn set_number(&mut self, key: &str, number: Option<i64>) {
        let raw = number.map(|number| number.to_string());
        self.set_raw(key, raw.as_deref());
    }

    /// Its id; empty for a line of another kind (newer beads keeps other things in the same file).
    pub fn id(&self) -> Cow<'_, str> {
        self.text("id")
    }

    /// Its title.
    pub fn title(&self) -> Cow<'_, str> {
        self.text("title")
    }

    /// Its description, with the attachment block that may be in it.
    pub fn description(&self) -> Cow<'_, str> {
        self.text("description")
    }

    /// What has become of it.
    pub fn status(&self) -> Status {
        Status::of(&self.text("status"))
    }

    /// Its priority, 0 (urgent) to 4; 0 where the line has none, as beads reads it.
    pub fn priority(&self) -> u8 {
        self.number("priority").and_then(|number| u8::try_from(number).ok()).unwrap_or(0)
    }

    /// Its type: `task`, `bug`, `feature`, `epic`, `message`, …; `task` where it says none.
    pub fn issue_type(&self) -> Cow<'_, str> {
        match self.text("issue_type") {
            kind if kind.is_empty() => Cow::Borrowed("task"),
            kind => kind,
        }
    }

    /// Who has it; empty where nobody does.
    pub fn assignee(&self) -> Cow<'_, str> {
        self.text("assignee")
    }

    /// Writes its priority, which is written also where it is 0.
    pub fn set_priority(&mut self, priority: u8) {
        self.set_raw("priority", Some(&priority.to_string()));
    }

    /// Writes what has become of it, with the time of its end, which a closed issue has and no other.
    pub fn set_status(&mut self, status: &Status, at: Timestamp) {
        if self.status() != *status {
            self.set_text("status", status.name());
        }
        match status {
            Status::Closed if self.time("closed_at").is_none() => {
                self.set_time("closed_at", Some(at));
            }
            Status::Closed | Status::Tombstone => {}
            _ => {
                self.set_text("closed_at", "");
                self.set_text("close_reason", "");
            }
        }
    }

    /// Notes that it was changed at a time, or just after the last change where that is later.
    pub fn touch(&mut self, now: Timestamp) {
        let at = time::after(now, self.time("updated_at"));
        self.set_time("updated_at", Some(at));
    }
}
