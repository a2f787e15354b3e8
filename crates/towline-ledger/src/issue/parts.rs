//! What an issue has many of: labels, dependencies, comments.

use jiff::Timestamp;

use super::Issue;
use crate::json::{self, Span, decode, elements, encode};
use crate::time;

/// How one issue hangs on another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The issue that has it.
    pub issue_id: String,
    /// The issue that it is about.
    pub depends_on_id: String,
    /// `blocks`, `parent-child`, `related`, `discovered-from`, `tracks`, …
    pub kind: String,
    /// When it was made; `None` where nobody wrote that down.
    pub created_at: Option<Timestamp>,
    /// Who made it; empty where nobody wrote that down.
    pub created_by: String,
}

/// What somebody said about an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its number or its id, as the file has it.
    pub id: String,
    /// Who said it.
    pub author: String,
    /// What was said.
    pub text: String,
    /// When.
    pub created_at: Option<Timestamp>,
}

/// A part as the file has it, with what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part<T> {
    pub(crate) raw: String,
    pub(crate) is: T,
}

impl Issue {
    /// The labels, in the file's order.
    pub fn labels(&self) -> Vec<String> {
        self.array("labels").iter().map(|raw| text(raw)).collect()
    }

    /// Whether it has a label.
    pub fn has_label(&self, label: &str) -> bool {
        self.labels().iter().any(|one| one == label)
    }

    /// What stands behind a label's beginning (`from:`), of the first that begins so.
    pub fn label_value(&self, prefix: &str) -> Option<String> {
        self.labels().iter().find_map(|label| label.strip_prefix(prefix).map(str::to_owned))
    }

    /// Writes the labels, sorted and each once, as beads does.
    pub fn set_labels(&mut self, labels: impl IntoIterator<Item = String>) {
        let mut labels: Vec<_> = labels.into_iter().collect();
        labels.sort();
        labels.dedup();
        let html = self.escapes_html();
        let raw = labels.iter().map(|label| encode(label, html)).collect::<Vec<_>>();
        self.set_array("labels", &raw);
    }

    /// Adds a label; whether it was new.
    pub fn add_label(&mut self, label: &str) -> bool {
        let mut labels = self.labels();
        if labels.iter().any(|one| one == label) {
            return false;
        }
        labels.push(label.to_owned());
        self.set_labels(labels);
        true
    }

    /// Takes a label away; whether it was there.
    pub fn remove_label(&mut self, label: &str) -> bool {
        let labels = self.labels();
        let left: Vec<_> = labels.iter().filter(|one| *one != label).cloned().collect();
        let there = left.len() < labels.len();
        if there {
            self.set_labels(left);
        }
        there
    }

    /// What it hangs on, in the file's order.
    pub fn dependencies(&self) -> Vec<Dependency> {
        self.dependency_parts().into_iter().map(|part| part.is).collect()
    }

    pub(crate) fn dependency_parts(&self) -> Vec<Part<Dependency>> {
        self.array("dependencies")
            .into_iter()
            .map(|raw| Part { is: dependency(&raw), raw })
            .collect()
    }

    /// Adds a dependency behind the others; whether there was none of the same kind on the same issue.
    pub fn add_dependency(&mut self, new: &Dependency) -> bool {
        let same =
            |one: &Dependency| one.depends_on_id == new.depends_on_id && one.kind == new.kind;
        if self.dependencies().iter().any(same) {
            return false;
        }
        let mut all = self.array("dependencies");
        all.push(new.to_json(self.escapes_html()));
        self.set_array("dependencies", &all);
        true
    }

    /// Takes the dependencies on an issue away, of one kind or of all; how many there were.
    pub fn remove_dependencies(&mut self, on: &str, kind: Option<&str>) -> usize {
        let parts = self.dependency_parts();
        let goes =
            |one: &Dependency| one.depends_on_id == on && kind.is_none_or(|kind| one.kind == kind);
        let left: Vec<String> =
            parts.iter().filter(|part| !goes(&part.is)).map(|part| part.raw.clone()).collect();
        let gone = parts.len() - left.len();
        if gone > 0 {
            self.set_array("dependencies", &left);
        }
        gone
    }

    /// Its parent: that of the `parent-child` dependency, else of its id (`gt-abc.2`), if that is one of a child's.
    pub fn parent(&self) -> Option<String> {
        let parent = self.dependencies().into_iter().find(|one| one.kind == "parent-child");
        parent.map(|one| one.depends_on_id)
    }

    /// What was said about it, in the file's order.
    pub fn comments(&self) -> Vec<Comment> {
        self.comment_parts().into_iter().map(|part| part.is).collect()
    }

    pub(crate) fn comment_parts(&self) -> Vec<Part<Comment>> {
        self.array("comments").into_iter().map(|raw| Part { is: comment(&raw), raw }).collect()
    }

    /// Adds a comment with the next free number, and returns it.
    pub fn add_comment(&mut self, author: &str, said: &str, at: Timestamp) -> Comment {
        let comments = self.comments();
        let highest = comments.iter().filter_map(|one| one.id.parse::<i64>().ok()).max();
        let html = self.escapes_html();
        let (id, at_text) = (highest.unwrap_or(0) + 1, time::write(at));
        let raw = format!(
            "{{\"id\":{id},\"issue_id\":{},\"author\":{},\"text\":{},\"created_at\":\"{at_text}\"}}",
            encode(&self.id(), html),
            encode(author, html),
            encode(said, html),
        );
        let mut all = self.array("comments");
        all.push(raw);
        self.set_array("comments", &all);
        Comment {
            id: id.to_string(),
            author: author.to_owned(),
            text: said.to_owned(),
            created_at: Some(at),
        }
    }

    /// The elements of an array as they are written; empty where there is none.
    pub(crate) fn array(&self, key: &str) -> Vec<String> {
        let Some(raw) = self.raw(key) else { return Vec::new() };
        let mut found = Vec::new();
        match elements(raw.as_bytes(), |span: Span| found.push(span.of(raw).to_owned())) {
            Ok(()) => found,
            Err(_) => Vec::new(),
        }
    }

    /// Writes an array; an empty one is left out.
    pub(crate) fn set_array(&mut self, key: &str, elements: &[String]) {
        let raw = format!("[{}]", elements.join(","));
        self.set_raw(key, (!elements.is_empty()).then_some(raw.as_str()));
    }
}

impl Dependency {
    /// As beads writes it.
    pub(crate) fn to_json(&self, html: bool) -> String {
        let mut raw = format!(
            "{{\"issue_id\":{},\"depends_on_id\":{},\"type\":{}",
            encode(&self.issue_id, html),
            encode(&self.depends_on_id, html),
            encode(&self.kind, html)
        );
        if let Some(at) = self.created_at {
            raw.push_str(&format!(",\"created_at\":\"{}\"", time::write(at)));
        }
        if !self.created_by.is_empty() {
            raw.push_str(&format!(",\"created_by\":{}", encode(&self.created_by, html)));
        }
        raw.push('}');
        raw
    }
}

fn dependency(raw: &str) -> Dependency {
    let field = |key| member(raw, key).map(text).unwrap_or_default();
    Dependency {
        issue_id: field("issue_id"),
        depends_on_id: field("depends_on_id"),
        kind: field("type"),
        created_at: time::read(&field("created_at")),
        created_by: field("created_by"),
    }
}

fn comment(raw: &str) -> Comment {
    let field = |key| member(raw, key).map(text).unwrap_or_default();
    Comment {
        id: field("id"),
        author: field("author"),
        text: field("text"),
        created_at: time::read(&field("created_at")),
    }
}

/// A member of an object; `None` where it has none, or is no object.
fn member<'a>(raw: &'a str, key: &str) -> Option<&'a str> {
    let mut found = None;
    json::members(raw.as_bytes(), |member| {
        if member.key.of(raw) == key {
            found = Some(member.value.of(raw));
        }
    })
    .ok()?;
    found
}

/// The text that a value is; of what is no text, as it is written.
pub(crate) fn text(raw: &str) -> String {
    match raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) {
        Some(inner) => decode(inner).into_owned(),
        None if raw == "null" => String::new(),
        None => raw.to_owned(),
    }
}
