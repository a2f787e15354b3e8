//! Merging lists whose order says nothing: what a side added is there, what a side took out is not.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::issue::Issue;
use crate::json::{Span, decode, elements};

/// What an element is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key(Option<Timestamp>, String, String);

/// Of two ways to write the same element, the greater is taken.
type Rank<'a> = (Option<i64>, Option<Timestamp>, &'a str);

/// Merges labels, dependencies or comments; the inner `None` is an empty list, which is left out. `None` where a value is no list.
#[allow(clippy::option_option, reason = "no list, and a list that is left out, are two things")]
pub(super) fn merge(
    field: &str,
    base: Option<&str>,
    one: Option<&str>,
    other: Option<&str>,
) -> Option<Option<String>> {
    let owned = |raw: Option<&str>| raw.map(str::to_owned);
    let [before, first, second] = [list(base)?, list(one)?, list(other)?];
    if one == other || base == other {
        return Some(owned(one));
    }
    if base == one {
        return Some(owned(other));
    }
    let [before, mine, theirs] = [&before, &first, &second].map(|list| by_key(field, list));
    let keys: BTreeSet<&Key> = mine.keys().chain(theirs.keys()).collect();
    let mut merged: Vec<(&Key, String)> = Vec::new();
    for key in keys {
        let raw = match (before.get(key), mine.get(key), theirs.get(key)) {
            (None, Some(raw), None) | (None, None, Some(raw)) => raw,
            (base, Some(one), Some(other)) => match base {
                Some(base) if base == other => one,
                Some(base) if base == one => other,
                _ => std::cmp::max_by_key(one, other, |raw| rank(field, raw)),
            },
            _ => continue,
        };
        merged.push((key, (*raw).to_owned()));
    }
    if field == "comments" {
        number(&mut merged, |key| before.contains_key(key));
    }
    // As one of them has it, where that is the same.
    let elements: BTreeSet<&str> = merged.iter().map(|(_, raw)| raw.as_str()).collect();
    let is = |(list, _): &(&Vec<&str>, Option<&str>)| {
        list.len() == merged.len() && list.iter().all(|raw| elements.contains(raw))
    };
    let as_it_was =
        [(&first, one), (&second, other)].into_iter().filter(is).map(|(_, raw)| raw).max();
    if let Some(raw) = as_it_was {
        return Some(owned(raw));
    }
    let raw: Vec<String> = merged.into_iter().map(|(_, raw)| raw).collect();
    Some((!raw.is_empty()).then(|| format!("[{}]", raw.join(","))))
}

/// A list's elements as they are written. What is absent or `null` has none.
fn list(raw: Option<&str>) -> Option<Vec<&str>> {
    let Some(raw) = raw.filter(|raw| !matches!(*raw, "null" | "\"\"")) else {
        return Some(Vec::new());
    };
    let mut found = Vec::new();
    elements(raw.as_bytes(), |span: Span| found.push(span.of(raw))).ok()?;
    Some(found)
}

fn by_key<'a>(field: &str, list: &[&'a str]) -> BTreeMap<Key, &'a str> {
    let mut found: BTreeMap<Key, &str> = BTreeMap::new();
    for raw in list {
        let kept = found.entry(key(field, raw)).or_insert(raw);
        *kept = std::cmp::max_by_key(*kept, *raw, |raw| rank(field, raw));
    }
    found
}

/// Sorts as beads does after merges: labels by their text, dependencies by whom they are on, comments by their time.
fn key(field: &str, raw: &str) -> Key {
    let text = || {
        let inner = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"'));
        inner.map_or_else(|| raw.to_owned(), |inner| decode(inner).into_owned())
    };
    match (field, Issue::parse(raw)) {
        ("labels", _) | (_, Err(_)) => Key(None, text(), String::new()),
        ("dependencies", Ok(it)) => {
            Key(None, it.text("depends_on_id").into_owned(), it.text("type").into_owned())
        }
        (_, Ok(it)) => {
            Key(it.time("created_at"), it.text("author").into_owned(), it.text("text").into_owned())
        }
    }
}

/// Comments get greater numbers only: the greater one was given later. Of dependencies the later one is kept, as beads does.
fn rank<'a>(field: &str, raw: &'a str) -> Rank<'a> {
    let Ok(it) = Issue::parse(raw) else { return (None, None, raw) };
    let number = if field == "comments" { id_of(&it).parse().ok() } else { None };
    (number, it.time("created_at"), raw)
}

/// Gives comments that have the same number others: those of the base keep theirs, then the earlier ones. Numbers that are given are
/// greater than all there are, so that it is the same in whatever order replicas meet.
fn number(comments: &mut [(&Key, String)], in_base: impl Fn(&Key) -> bool) {
    let parsed: Vec<Option<Issue>> =
        comments.iter().map(|(_, raw)| Issue::parse(raw.as_str()).ok()).collect();
    let ids: Vec<String> =
        parsed.iter().map(|it| it.as_ref().map(id_of).unwrap_or_default()).collect();
    let highest = ids.iter().filter_map(|id| id.parse::<i64>().ok()).max();
    let mut next = highest.unwrap_or(0).saturating_add(1);
    let mut order: Vec<usize> = (0..comments.len()).filter(|at| !ids[*at].is_empty()).collect();
    order.sort_by_key(|at| (!in_base(comments[*at].0), *at));
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for at in order {
        if used.insert(&ids[at]) {
            continue;
        }
        if let Some(mut comment) = parsed[at].clone() {
            // Newer beads has texts for ids.
            let raw = match comment.raw("id").is_some_and(|raw| raw.starts_with('"')) {
                true => format!("\"{next}\""),
                false => next.to_string(),
            };
            comment.set_raw("id", Some(&raw));
            comments[at].1 = comment.line().to_owned();
            next = next.saturating_add(1);
        }
    }
}

fn id_of(comment: &Issue) -> String {
    match comment.raw("id") {
        Some(raw) => raw.trim_matches('"').to_owned(),
        None => String::new(),
    }
}
