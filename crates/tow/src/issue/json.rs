//! Issues as JSON, in the shapes that `bd` prints: names are exact, and fields that are not known here are there too.

use serde_json::{Map, Value, json};
use towline_ledger::{Brief, Dependents, Issue, Issues, LinkKind, Lookup, Opened, dependents};

/// An issue with all that its line says. What every issue has is there where the line leaves it out.
pub(crate) fn full(issue: &Issue) -> Map<String, Value> {
    let mut map = issue.to_json();
    // The mark of a line in a file of several kinds of lines.
    map.remove("_type");
    let mut also = |name: &str, value: Value| {
        map.entry(name).or_insert(value);
    };
    also("status", json!("open"));
    also("priority", json!(0));
    also("issue_type", json!("task"));
    map
}

/// An issue with how many it hangs on by dependencies that block, how many hang on it so, and how many comments it has.
pub(crate) fn with_counts(brief: &Brief<'_>, dependents: &Dependents<'_>) -> Map<String, Value> {
    let issue = brief.issue();
    let mut map = full(&issue);
    let blocks = brief.links().filter(|link| link.kind == LinkKind::Blocks).count();
    map.insert("dependency_count".into(), json!(blocks));
    map.insert("dependent_count".into(), json!(dependents.on(brief.id()).len()));
    map.insert("comment_count".into(), json!(issue.comments().len()));
    map
}

/// An issue with what blocks it.
pub(crate) fn blocked(brief: &Brief<'_>, by: &[Brief<'_>]) -> Map<String, Value> {
    let mut map = full(&brief.issue());
    let ids: Vec<&str> = by.iter().map(Brief::id).collect();
    map.insert("blocked_by_count".into(), json!(ids.len()));
    map.insert("blocked_by".into(), json!(ids));
    map
}

/// An issue at the other end of a dependency.
pub(crate) fn linked(issue: &Issue, kind: &str) -> Map<String, Value> {
    let mut map = full(issue);
    map.insert("dependency_type".into(), json!(kind));
    map
}

/// An issue with those that it is linked with, in full; of those that are in no ledger here, the ids.
pub(crate) fn details(
    lookup: &mut Lookup<'_>,
    opened: &Opened,
    issue: &Issue,
) -> Map<String, Value> {
    let mut map = full(issue);
    for key in ["labels", "dependencies", "comments"] {
        // They come last, and not as the line has them.
        if let Some(value) = map.remove(key)
            && key != "dependencies"
            && value.as_array().is_some_and(|list| !list.is_empty())
        {
            map.insert(key.into(), value);
        }
    }
    let on: Vec<Value> = issue
        .dependencies()
        .iter()
        .map(|one| match find(lookup, opened, &one.depends_on_id) {
            Some(other) => Value::Object(linked(&other, &one.kind)),
            None => json!({ "id": one.depends_on_id, "dependency_type": one.kind }),
        })
        .collect();
    if !on.is_empty() {
        map.insert("dependencies".into(), Value::Array(on));
    }
    let by: Vec<Value> = linked_to(&opened.issues, &issue.id())
        .into_iter()
        .map(|(other, kind)| Value::Object(linked(&other, &kind)))
        .collect();
    if !by.is_empty() {
        map.insert("dependents".into(), Value::Array(by));
    }
    if let Some(parent) = issue.parent() {
        map.insert("parent".into(), json!(parent));
    }
    map
}

/// An issue by its whole id, in the ledger that was opened or in another.
pub(crate) fn find(lookup: &mut Lookup<'_>, opened: &Opened, id: &str) -> Option<Issue> {
    if let Some(brief) = opened.issues.find(id) {
        return Some(brief.issue());
    }
    if id.starts_with("external:") {
        return None;
    }
    let (other, found) = lookup.locate(id).ok()?;
    (found == id).then(|| other.issues.find(id).map(|brief| brief.issue())).flatten()
}

/// The issues that depend on one, each with the kind of the dependency.
pub(crate) fn linked_to(issues: &Issues, id: &str) -> Vec<(Issue, String)> {
    let mut found = Vec::new();
    for brief in dependents(issues, id) {
        let issue = brief.issue();
        for one in issue.dependencies().into_iter().filter(|one| one.depends_on_id == id) {
            found.push((issue.clone(), one.kind));
        }
    }
    found
}
