//! What can be wrong with one issue, and mending it.

use jiff::Timestamp;

use super::{Finding, Known, Rules, finding};
use crate::id;
use crate::issue::{Issue, LONGEST_TITLE, LOWEST_PRIORITY, Status};
use crate::merge::has_expired;

/// What is wrong with an issue.
pub(super) fn look(issue: &Issue, known: &Known<'_>, rules: &Rules) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |kind, what: String, fix| found.push(finding(kind, what, fix));
    let id = issue.id();
    let status = issue.status();
    if status == Status::Tombstone {
        if has_expired(issue, rules.now) {
            add(
                "expired",
                format!("{id} was deleted more than 30 days ago"),
                Some("takes the line out"),
            );
        }
        return found;
    }
    let title = issue.title();
    let length = title.chars().count();
    if title.trim().is_empty() {
        add("title", format!("{id} has no title"), None);
    } else if length > LONGEST_TITLE {
        add(
            "title",
            format!("{id} has a title of {length} characters; at most {LONGEST_TITLE} fit"),
            None,
        );
    }
    if let Some(raw) = issue.raw("priority").filter(|_| bad_priority(issue)) {
        add("priority", format!("{id} has the priority {raw}"), Some("makes it one from 0 to 4"));
    }
    if let Status::Other(name) = &status
        && !rules.statuses.contains(name)
    {
        add(
            "status",
            format!("{id} has the status {name:?}, which the configuration doesn't name"),
            None,
        );
    }
    match (status == Status::Closed, issue.time("closed_at").is_some()) {
        (true, false) => add(
            "closed",
            format!("{id} is closed, and doesn't say since when"),
            Some("takes the time of its last change"),
        ),
        (false, true) => add(
            "closed",
            format!("{id} is {status}, and says when it was closed"),
            Some("takes that time out"),
        ),
        _ => {}
    }
    if status == Status::Hooked && issue.assignee().is_empty() {
        add("hooked", format!("{id} lies on nobody's hook"), Some("opens it again"));
    }
    for dependency in issue.dependencies() {
        let (on, kind) = (dependency.depends_on_id, dependency.kind);
        if on == *id {
            add(
                "self",
                format!("{id} depends on itself ({kind})"),
                Some("takes the dependency out"),
            );
        } else if known.is_deleted(&on) {
            add(
                "deleted",
                format!("{id} depends on {on} ({kind}), which was deleted"),
                Some("takes the dependency out"),
            );
        } else if known.lacks(&on) {
            add(
                "dangling",
                format!("{id} depends on {on} ({kind}), which isn't there"),
                Some("takes the dependency out"),
            );
        }
    }
    if let Some((parent, _)) = id::parent_of(&id)
        && known.lacks(parent)
    {
        add("parent", format!("{id} is a child of {parent}, which isn't there"), None);
    }
    found
}

/// Mends an issue: `None` where its line goes.
pub(super) fn mend(mut issue: Issue, known: &Known<'_>, now: Timestamp) -> Option<Issue> {
    if issue.status() == Status::Tombstone {
        return (!has_expired(&issue, now)).then_some(issue);
    }
    let before = issue.clone();
    if bad_priority(&issue) {
        let number = issue.number("priority").unwrap_or(2);
        issue.set_priority(u8::try_from(number.clamp(0, LOWEST_PRIORITY.into())).unwrap_or(2));
    }
    match (issue.status() == Status::Closed, issue.time("closed_at")) {
        (true, None) => {
            let at = issue.time("updated_at").unwrap_or(now);
            issue.set_time("closed_at", Some(at));
        }
        (false, Some(_)) => issue.set_text("closed_at", ""),
        _ => {}
    }
    if issue.status() == Status::Hooked && issue.assignee().is_empty() {
        issue.set_status(&Status::Open, now);
    }
    let id = issue.id().into_owned();
    for on in issue.dependencies().into_iter().map(|one| one.depends_on_id) {
        if on == id || known.is_deleted(&on) || known.lacks(&on) {
            issue.remove_dependencies(&on, None);
        }
    }
    if issue != before {
        issue.touch(now);
    }
    Some(issue)
}

fn bad_priority(issue: &Issue) -> bool {
    let good = |number: i64| (0..=i64::from(LOWEST_PRIORITY)).contains(&number);
    issue.raw("priority").is_some() && !issue.number("priority").is_some_and(good)
}
