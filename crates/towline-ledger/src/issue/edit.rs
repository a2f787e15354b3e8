//! Changing one member of a line, and leaving all else as it is written.

use std::fmt::Write;

use super::Issue;
use super::fields::place_of;
use crate::json::{Broken, Member, members};

impl Issue {
    /// Writes a member's value as it is given, which must be JSON; `None` takes it out. A new one comes to its place in
    /// beads' order of fields.
    pub(crate) fn set_raw(&mut self, key: &str, value: Option<&str>) {
        let at = self.members.iter().rposition(|member| member.key.of(&self.line) == key);
        match (at, value) {
            (Some(at), Some(value)) => {
                let range = self.members[at].value.range();
                if &self.line[range.clone()] == value {
                    return;
                }
                self.line.replace_range(range, value);
            }
            (Some(at), None) => self.take_out(at),
            (None, Some(value)) => self.put_in(key, value),
            (None, None) => return,
        }
        // The line was an object, and what was put in is a value.
        self.members = parse(&self.line).unwrap_or_default();
    }

    fn take_out(&mut self, at: usize) {
        let start_of = |member: &Member| member.key.start as usize - 1;
        let range = match (at.checked_sub(1), self.members.get(at + 1)) {
            // With the comma before it,
            (Some(before), _) => {
                self.members[before].value.range().end..self.members[at].value.range().end
            }
            // or with the one behind it.
            (None, Some(next)) => start_of(&self.members[0])..start_of(next),
            (None, None) => start_of(&self.members[0])..self.members[0].value.range().end,
        };
        self.line.replace_range(range, "");
    }

    fn put_in(&mut self, key: &str, value: &str) {
        let (comma, colon) = self.blanks();
        let known = |member: &Member| place_of(member.key.of(&self.line));
        // Behind the last that comes before it; fields that aren't known stay with what they stand behind.
        let place = place_of(key).unwrap_or(usize::MAX);
        let next =
            self.members.iter().position(|member| known(member).is_some_and(|other| other > place));
        let mut text = String::new();
        // Writing to a String can't fail.
        let at = match (next, self.members.last()) {
            (Some(next), _) => {
                let _ = write!(text, "\"{key}\":{colon}{value},{comma}");
                self.members[next].key.start as usize - 1
            }
            (None, Some(last)) => {
                let _ = write!(text, ",{comma}\"{key}\":{colon}{value}");
                last.value.range().end
            }
            (None, None) => {
                let _ = write!(text, "\"{key}\":{colon}{value}");
                self.line.find('{').map_or(0, |at| at + 1)
            }
        };
        self.line.insert_str(at, &text);
    }

    /// The blanks that this line has behind its commas and colons.
    fn blanks(&self) -> (&'static str, &'static str) {
        let blank = |from: usize, to: usize| match self.line[from..to].contains(' ') {
            true => " ",
            false => "",
        };
        let comma = match self.members.as_slice() {
            [first, second, ..] => blank(first.value.range().end, second.key.start as usize),
            _ => "",
        };
        let colon = self
            .members
            .first()
            .map_or("", |first| blank(first.key.range().end, first.value.start as usize));
        (comma, colon)
    }
}

/// Where the members of a line stand.
pub(super) fn parse(line: &str) -> Result<Vec<Member>, Broken> {
    let mut found = Vec::with_capacity(16);
    members(line.as_bytes(), |member| found.push(member))?;
    Ok(found)
}
