//! A version of the file, taken apart into lines by what they are about.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::issues::Wrong;
use crate::json::{Broken as NoJson, decode, members};

/// A line's text: that of the file, or one that was made.
pub(crate) type Text<'a> = Cow<'a, str>;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// A line that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Its number, counted from 1.
    pub(crate) number: usize,
    /// Its text, without its end.
    pub(crate) text: Text<'a>,
}

/// A line that can't be read.
#[derive(Debug)]
pub(super) struct Broken<'a> {
    pub(super) number: usize,
    pub(super) bytes: &'a [u8],
    pub(super) what: Wrong,
}

/// A version's lines.
#[derive(Debug, Default)]
pub(super) struct Version<'a> {
    /// Issues by id. A file that was put together badly can have several lines of one.
    pub(super) issues: BTreeMap<String, Vec<Line<'a>>>,
    /// Lines of other kinds, by kind and key; by their whole text where they have none.
    pub(super) others: BTreeMap<(String, String), Vec<Line<'a>>>,
    pub(super) broken: Vec<Broken<'a>>,
}

pub(super) fn read(text: &[u8]) -> Version<'_> {
    let mut version = Version::default();
    for (at, bytes) in text.split(|byte| *byte == b'\n').enumerate() {
        let number = at + 1;
        // However many there are: what is written ends with a line feed alone, and must be the same when it is read again.
        let end = bytes.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
        let mut bytes = &bytes[..end];
        // At the beginning of the file, or where one was put behind another.
        while let Some(rest) = bytes.strip_prefix(BOM) {
            bytes = rest;
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        match place(bytes) {
            Ok((text, Place::Issue(id))) => {
                let lines = version.issues.entry(id).or_default();
                lines.push(Line { number, text: Cow::Borrowed(text) });
            }
            Ok((text, Place::Other(kind, key))) => {
                let lines = version.others.entry((kind, key)).or_default();
                lines.push(Line { number, text: Cow::Borrowed(text) });
            }
            Err(what) => version.broken.push(Broken { number, bytes, what }),
        }
    }
    version
}

enum Place {
    Issue(String),
    Other(String, String),
}

/// What a line is about.
fn place(bytes: &[u8]) -> Result<(&str, Place), Wrong> {
    let text = std::str::from_utf8(bytes).map_err(|_| Wrong::NotUtf8)?;
    if let Some(mark) = super::marks::mark(text) {
        return Err(Wrong::Conflict(mark));
    }
    let (mut id, mut kind, mut key) = (String::new(), None, None);
    members(bytes, |member| {
        let value = member.value.of(text);
        let said = || {
            let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            inner.map(|inner| decode(inner).into_owned())
        };
        match member.key.of(text) {
            "id" => id = said().unwrap_or_default(),
            "_type" => kind = said(),
            "key" => key = said(),
            _ => {}
        }
    })?;
    let place = match kind {
        Some(kind) if kind != "issue" => {
            let id = Some(id).filter(|id| !id.is_empty());
            Place::Other(kind, id.or(key).unwrap_or_else(|| text.to_owned()))
        }
        // Newer beads keeps other things in the same file, each with its `_type`.
        Some(kind) if id.is_empty() => Place::Other(kind, text.to_owned()),
        None if id.is_empty() => {
            return Err(NoJson { at: 0, what: "an issue without an id" }.into());
        }
        _ => Place::Issue(id),
    };
    Ok((text, place))
}
