//! Reading: one pass over the file, which takes each line's members as they come.

use super::brief::{LinkKind, PINNED, TEMPLATE, WISP};
use super::text::Text;
use super::{Issues, RawLink, Row, Trouble, Wrong};
use crate::json::{Broken, Span, elements, members};

const BOM: &[u8] = b"\xef\xbb\xbf";

pub(super) fn issues(text: Text) -> Issues {
    // What an issue takes in most ledgers, so that the rows need not be moved often.
    let guess = text.len() / 400;
    let mut issues = Issues { rows: Vec::with_capacity(guess), ..Issues::default() };
    let all_utf8 = text.is_utf8();
    let mut start = if text.starts_with(BOM) { BOM.len() } else { 0 };
    let mut number = 0;
    while start < text.len() {
        number += 1;
        let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |at| start + at);
        let line = Span { start: start as u32, end: end as u32 };
        start = end + 1;
        let bytes = line.of(&text[..]).trim_ascii();
        if bytes.is_empty() {
            continue;
        }
        if !all_utf8 && std::str::from_utf8(bytes).is_err() {
            issues.troubles.push(Trouble { line: number, what: Wrong::NotUtf8 });
            continue;
        }
        if let Some(mark) = conflict(bytes) {
            issues.troubles.push(Trouble { line: number, what: Wrong::Conflict(mark) });
            continue;
        }
        // Without a carriage return at its end.
        let line = match text[line.range()].ends_with(b"\r") {
            true => Span { end: line.end - 1, ..line },
            false => line,
        };
        if let Err(broken) = row(&mut issues, &text, line) {
            issues.troubles.push(Trouble { line: number, what: Wrong::Broken(broken) });
        }
    }
    issues.text = text;
    sort(&mut issues);
    issues
}

/// The mark of an unfinished merge that a line is.
fn conflict(line: &[u8]) -> Option<&'static str> {
    ["<<<<<<<", "|||||||", "=======", ">>>>>>>"]
        .into_iter()
        .find(|mark| line.starts_with(mark.as_bytes()))
}

/// Takes a line in, where it is an issue's.
fn row(issues: &mut Issues, text: &[u8], line: Span) -> Result<(), Broken> {
    let offset = line.start as usize;
    let bytes = line.of(text);
    let mut row = Row { line, ..Row::default() };
    let mut links: Option<Span> = None;
    let mut typed = false;
    members(bytes, |member| {
        let value = member.value;
        match member.key.of(bytes) {
            b"id" => row.id = inner(bytes, value).shifted(offset),
            b"status" => row.status = inner(bytes, value).shifted(offset),
            b"issue_type" => row.issue_type = inner(bytes, value).shifted(offset),
            b"assignee" => row.assignee = inner(bytes, value).shifted(offset),
            b"created_at" => row.created_at = inner(bytes, value).shifted(offset),
            b"updated_at" => row.updated_at = inner(bytes, value).shifted(offset),
            b"labels" => row.labels = value.shifted(offset),
            b"dependencies" => links = Some(value),
            b"priority" => row.priority = priority(value.of(bytes)),
            b"pinned" => row.flags |= flag(value.of(bytes), PINNED),
            b"wisp" | b"ephemeral" => row.flags |= flag(value.of(bytes), WISP),
            b"is_template" => row.flags |= flag(value.of(bytes), TEMPLATE),
            b"_type" => typed = true,
            _ => {}
        }
    })?;
    issues.typed |= typed;
    if row.id.is_empty() {
        // Newer beads keeps other things in the same file, each with its `_type`.
        return if typed { Ok(()) } else { Err(Broken { at: 0, what: "an issue without an id" }) };
    }
    let first = issues.links.len() as u32;
    if let Some(links) = links {
        dependencies(issues, bytes, links, offset);
    }
    row.links = Span { start: first, end: issues.links.len() as u32 };
    issues.rows.push(row);
    Ok(())
}

fn dependencies(issues: &mut Issues, line: &[u8], array: Span, offset: usize) {
    let bytes = array.of(line);
    // `null`, as some writers have it, is none.
    let _ = elements(bytes, |element| {
        let object = element.of(bytes);
        let (mut kind, mut target) = (LinkKind::Blocks, Span::default());
        let found = members(object, |member| match member.key.of(object) {
            b"type" => {
                let name = inner(object, member.value);
                kind = LinkKind::of(std::str::from_utf8(name.of(object)).unwrap_or_default());
            }
            b"depends_on_id" => target = inner(object, member.value),
            _ => {}
        });
        if found.is_ok() && !target.is_empty() {
            let before = offset + array.start as usize + element.start as usize;
            issues.links.push(RawLink { kind, target: target.shifted(before) });
        }
    });
}

/// What stands between a string's quotes; nothing where the value is none.
fn inner(text: &[u8], value: Span) -> Span {
    match value.of(text) {
        [b'"', .., b'"'] => Span { start: value.start + 1, end: value.end - 1 },
        _ => Span::default(),
    }
}

fn priority(raw: &[u8]) -> u8 {
    std::str::from_utf8(raw).ok().and_then(|raw| raw.parse().ok()).unwrap_or(0)
}

fn flag(raw: &[u8], flag: u8) -> u8 {
    if raw == b"true" { flag } else { 0 }
}

/// Finds the order of ids, where the file is in another, and those that stand there twice.
fn sort(issues: &mut Issues) {
    let id = |row: &Row| row.id.of(&issues.text[..]);
    let sorted = issues.rows.windows(2).all(|pair| id(&pair[0]) < id(&pair[1]));
    if sorted {
        return;
    }
    let mut order: Vec<u32> = (0..issues.rows.len() as u32).collect();
    order.sort_by_key(|at| (id(&issues.rows[*at as usize]), *at));
    let mut twice = Vec::new();
    for pair in order.windows(2) {
        let (one, other) = (&issues.rows[pair[0] as usize], &issues.rows[pair[1] as usize]);
        if id(one) == id(other) {
            let before = &issues.text[..other.line.start as usize];
            let line = 1 + memchr::memchr_iter(b'\n', before).count();
            twice.push(Trouble { line, what: Wrong::Twice(issues.str(other.id).to_owned()) });
        }
    }
    issues.by_id = Some(order);
    issues.troubles.extend(twice);
    issues.troubles.sort_by_key(|trouble| trouble.line);
}
