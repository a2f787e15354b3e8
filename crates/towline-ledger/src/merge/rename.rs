//! Telling issues apart that have the same id: the older one keeps it, the others get new ones.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::lines::{Line, Version};
use super::same::Known;
use super::{Renamed, decide, fold};
use crate::id::{self, Seed};
use crate::issue::Issue;
use crate::json::{encode, members};

/// As many issues as ask for an id of six characters: so long that it meets no other by chance.
const ENOUGH: usize = 6000;

/// A line: the version, and its place among those of its id there.
type At = (usize, usize);

/// One issue's lines in all versions.
struct Class {
    lines: Vec<At>,
    known: Known,
}

/// Gives new ids where several issues have the same, in all versions at once, so that each version says of an issue the same id.
pub(super) fn apart(versions: &mut [Version<'_>; 3], now: Timestamp) -> Vec<Renamed> {
    let mut renamed = Vec::new();
    for id in doubtful(versions) {
        let mut classes = classes(versions, &id);
        if classes.len() == 1 {
            continue;
        }
        // What goes leaves its id to another.
        let goes = |class: &mut Class| !stays(versions, &id, class, now);
        let gone: Vec<Class> = classes.extract_if(.., goes).collect();
        for (version, place) in gone.into_iter().flat_map(|class| class.lines) {
            mark_gone(versions, &id, version, place);
        }
        classes.sort_by(|one, other| one.known.age(&other.known));
        let mut given = BTreeSet::new();
        for class in classes.iter().skip(1) {
            let new = new_id(versions, &id, class, &given);
            given.insert(new.clone());
            let title = class.known.title.clone();
            renamed.push(Renamed { old: id.clone(), new: new.clone(), title });
            rename(versions, &id, &new, class);
        }
        for version in versions.iter_mut() {
            sweep(version, &id);
        }
    }
    renamed.sort();
    renamed
}

/// The ids under which there is more than one text.
fn doubtful(versions: &[Version<'_>; 3]) -> Vec<String> {
    let ids: BTreeSet<&String> =
        versions.iter().flat_map(|version| version.issues.keys()).collect();
    let differs = |id: &&&String| {
        let mut texts = versions.iter().filter_map(|version| version.issues.get(**id)).flatten();
        let first = texts.next();
        texts.any(|line| first.is_some_and(|first| first.text != line.text))
    };
    ids.iter().filter(differs).map(|id| (*id).clone()).collect()
}

fn classes(versions: &[Version<'_>; 3], id: &str) -> Vec<Class> {
    let mut classes: Vec<Vec<(At, Known)>> = Vec::new();
    for (version, lines) in versions.iter().enumerate() {
        for (place, line) in lines.issues.get(id).into_iter().flatten().enumerate() {
            let new = ((version, place), Known::of(&line.text));
            let belongs = |class: &mut Vec<(At, Known)>| class.iter().any(|one| related(one, &new));
            let mut joined: Vec<(At, Known)> = classes.extract_if(.., belongs).flatten().collect();
            joined.push(new);
            classes.push(joined);
        }
    }
    let of = |lines: Vec<(At, Known)>| {
        let oldest = lines.iter().map(|(_, known)| known).min_by(|one, other| one.age(other));
        let known = oldest.cloned().unwrap_or_else(|| Known::of("{}"));
        Class { known, lines: lines.into_iter().map(|(at, _)| at).collect() }
    };
    classes.into_iter().map(of).collect()
}

fn related((one_at, one): &(At, Known), (other_at, other): &(At, Known)) -> bool {
    match (one_at.0, other_at.0) {
        (0, _) => other.comes_from(one),
        (_, 0) => one.comes_from(other),
        _ => one.same(other),
    }
}

/// Whether an issue is there after the merge.
fn stays(versions: &[Version<'_>; 3], id: &str, class: &Class, now: Timestamp) -> bool {
    let lines = |version: usize| -> Vec<Line<'_>> {
        let lines = versions[version].issues.get(id).map_or(&[][..], Vec::as_slice);
        class.lines.iter().filter(|at| at.0 == version).map(|at| lines[at.1].clone()).collect()
    };
    let (base, one, other) = fold(&lines(0), &lines(1), &lines(2), now);
    decide(base, one, other, now).is_some()
}

/// An id that is made of what the issue is, and that no other has.
fn new_id(
    versions: &[Version<'_>; 3],
    old: &str,
    class: &Class,
    given: &BTreeSet<String>,
) -> String {
    let taken = |id: &str| {
        let lines = versions.iter().filter_map(|version| version.issues.get(id)).flatten();
        given.contains(id)
            || lines.into_iter().any(|line| !Known::of(&line.text).same(&class.known))
    };
    let seed = Seed {
        title: old,
        description: "",
        creator: &class.known.by,
        at: class.known.made.unwrap_or(Timestamp::UNIX_EPOCH),
    };
    let prefix = id::prefix_of(old).unwrap_or(old);
    id::fresh(prefix, &seed, ENOUGH, taken).unwrap_or_else(|| format!("{old}-other"))
}

/// A line that is no longer there; its place stays until [`sweep`], so that the others' are what they were.
fn mark_gone(versions: &mut [Version<'_>; 3], id: &str, version: usize, place: usize) {
    if let Some(line) = versions[version].issues.get_mut(id).and_then(|lines| lines.get_mut(place))
    {
        line.text = Cow::Borrowed("");
    }
}

fn sweep(version: &mut Version<'_>, id: &str) {
    if let Some(lines) = version.issues.get_mut(id) {
        lines.retain(|line| !line.text.is_empty());
        if lines.is_empty() {
            version.issues.remove(id);
        }
    }
}

fn rename(versions: &mut [Version<'_>; 3], old: &str, new: &str, class: &Class) {
    for at in 0..versions.len() {
        let places: Vec<usize> =
            class.lines.iter().filter(|line| line.0 == at).map(|line| line.1).collect();
        let Some(lines) = versions[at].issues.get(old) else { continue };
        let moved: Vec<Line<'static>> = places
            .iter()
            .map(|place| Line {
                number: lines[*place].number,
                text: Cow::Owned(called(&lines[*place].text, old, new)),
            })
            .collect();
        // With another issue of this id in the same version, nobody can tell which one is meant.
        let alone = places.len() == lines.iter().filter(|line| !line.text.is_empty()).count();
        if moved.is_empty() {
            continue;
        }
        for place in places {
            mark_gone(versions, old, at, place);
        }
        if alone {
            follow(versions, at, old, new);
        }
        versions[at].issues.entry(new.to_owned()).or_default().extend(moved);
    }
}

/// An issue under its new id.
fn called(line: &str, old: &str, new: &str) -> String {
    let Ok(mut issue) = Issue::parse(line) else { return line.to_owned() };
    let html = issue.escapes_html();
    let raw = encode(new, html);
    issue.set_raw("id", Some(&raw));
    for key in ["dependencies", "comments"] {
        let parts: Vec<String> =
            issue.array(key).iter().map(|part| with_member(part, "issue_id", old, &raw)).collect();
        issue.set_array(key, &parts);
    }
    // What its id said of its parent is to be said by a dependency.
    if let Some((parent, _)) = id::parent_of(old)
        && issue.parent().is_none()
    {
        issue.add_dependency(&crate::issue::Dependency {
            issue_id: new.to_owned(),
            depends_on_id: parent.to_owned(),
            kind: "parent-child".to_owned(),
            created_at: issue.time("created_at"),
            created_by: issue.text("created_by").into_owned(),
        });
    }
    issue.line().to_owned()
}

/// Lets what hung on an issue of a version hang on it under its new id. What hung on the id already in the base, where another issue has
/// it, is about that one.
fn follow(versions: &mut [Version<'_>; 3], at: usize, old: &str, new: &str) {
    let base_has_other = at != 0
        && versions[0]
            .issues
            .get(old)
            .is_some_and(|lines| lines.iter().any(|line| !line.text.is_empty()));
    let before: BTreeMap<String, BTreeSet<String>> = match base_has_other {
        true => kinds_on(&versions[0], old),
        false => BTreeMap::new(),
    };
    let quoted = encode(new, true);
    for (id, lines) in &mut versions[at].issues {
        let known = before.get(id);
        for line in lines.iter_mut().filter(|line| line.text.contains(old)) {
            let Ok(mut issue) = Issue::parse(line.text.as_ref()) else { continue };
            let parts = issue.dependency_parts();
            let theirs = |kind: &str| known.is_some_and(|known| known.contains(kind));
            let follows =
                |part: &crate::issue::Dependency| part.depends_on_id == old && !theirs(&part.kind);
            if parts.iter().any(|part| follows(&part.is)) {
                let parts: Vec<String> = parts
                    .iter()
                    .map(|part| match follows(&part.is) {
                        true => with_member(&part.raw, "depends_on_id", old, &quoted),
                        false => part.raw.clone(),
                    })
                    .collect();
                issue.set_array("dependencies", &parts);
            }
            if known.is_none() {
                let description = attached(&issue.description(), old, new);
                if let Some(description) = description {
                    issue.set_text("description", &description);
                }
            }
            if issue.line() != &*line.text {
                line.text = Cow::Owned(issue.line().to_owned());
            }
        }
    }
}

/// The issues of a version that hang on an id, and how.
fn kinds_on(version: &Version<'_>, on: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (id, lines) in &version.issues {
        for line in lines.iter().filter(|line| line.text.contains(on)) {
            let Ok(issue) = Issue::parse(line.text.as_ref()) else { continue };
            let kinds = issue.dependencies().into_iter().filter(|one| one.depends_on_id == on);
            let kinds: BTreeSet<String> = kinds.map(|one| one.kind).collect();
            if !kinds.is_empty() {
                found.entry(id.clone()).or_default().extend(kinds);
            }
        }
    }
    found
}

/// A description in which the molecule that is attached has its new id; `None` where it is another's.
fn attached(description: &str, old: &str, new: &str) -> Option<String> {
    let is = |line: &str| {
        line.split_once(':')
            .is_some_and(|(key, value)| key.trim() == "attached_molecule" && value.trim() == old)
    };
    if !description.lines().any(is) {
        return None;
    }
    let lines = description.split('\n').map(|line| match is(line) {
        true => Cow::Owned(format!("attached_molecule: {new}")),
        false => Cow::Borrowed(line),
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// An object in which a member that says `old` says what `raw` is.
fn with_member(object: &str, key: &str, old: &str, raw: &str) -> String {
    let Ok(mut parsed) = Issue::parse(object) else { return object.to_owned() };
    if parsed.text(key) == old {
        parsed.set_raw(key, Some(raw));
    }
    debug_assert!(members(parsed.line().as_bytes(), |_| ()).is_ok());
    parsed.line().to_owned()
}
