//! Text of a JSON file, changed in one place: what is added looks like what is there, and cutting it out again leaves what was
//! there before, byte for byte. (Of an object or a list that held nothing, blanks and line ends are not remembered.)

use serde_json::Value;

use super::json::Container;

/// The text, and how it is laid out.
pub(super) struct Text<'a> {
    text: &'a str,
    /// One step of indentation.
    unit: &'a str,
    line_end: &'a str,
    /// All of it stands in one line.
    compact: bool,
}

impl<'a> Text<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let is_crlf = text.contains("\r\n");
        let indented = text.split('\n').skip(1).find_map(|line| {
            let rest = line.trim_start_matches([' ', '\t']);
            (rest.starts_with('"') && rest.len() < line.len())
                .then(|| &line[..line.len() - rest.len()])
        });
        let bare: String = text.split_whitespace().collect();
        Self {
            text,
            unit: indented.unwrap_or("  "),
            line_end: if is_crlf { "\r\n" } else { "\n" },
            compact: !text.trim_end().contains('\n') && bare != "{}",
        }
    }

    /// Adds an item behind the others.
    pub(super) fn add(
        &self,
        to: Container,
        write: impl FnOnce(&mut Lines<'a>) -> String,
    ) -> String {
        let inside = &self.text[to.start + 1..to.end - 1];
        let spaced = self.text.contains(": ") || self.text.contains(", ");
        let outer = self.indentation(to.start);
        let last = to.items.last();
        // Items that stand in lines of their own have one indentation.
        let own_line = last.and_then(|(start, _)| self.line_begins(*start));
        let indent = own_line.map_or_else(|| format!("{outer}{}", self.unit), str::to_owned);
        let pretty = !self.compact && (last.is_none() || own_line.is_some());
        let (unit, line_end) = (self.unit, self.line_end);
        let mut lines = Lines { unit, line_end, indent: indent.clone(), pretty, spaced };
        let item = write(&mut lines);
        let (at, until, new) = match last {
            Some((_, end)) if pretty => (*end, *end, format!(",{line_end}{indent}{item}")),
            Some((_, end)) => (*end, *end, format!(",{}{item}", if spaced { " " } else { "" })),
            None if !inside.trim().is_empty() => {
                let at = to.start + 1;
                (at, at, format!("{line_end}{indent}{item}"))
            }
            None if pretty => {
                let new = format!("{line_end}{indent}{item}{line_end}{outer}");
                (to.start + 1, to.end - 1, new)
            }
            None => (to.start + 1, to.end - 1, item),
        };
        format!("{}{new}{}", &self.text[..at], &self.text[until..])
    }

    /// Cuts an item out.
    pub(super) fn cut(&self, from: Container, item: usize) -> String {
        let (start, end) = from.items[item];
        let (at, until) = match (item.checked_sub(1), from.items.get(item + 1)) {
            (Some(before), _) => (from.items[before].1, end),
            (None, Some((next, _))) => (start, *next),
            (None, None) => {
                let before = &self.text[from.start + 1..start];
                let after = &self.text[end..from.end - 1];
                match (before.trim(), after.trim()) {
                    ("", "" | ",") => (from.start + 1, from.end - 1),
                    ("", _) => (from.start + 1, end),
                    _ => (start, end),
                }
            }
        };
        format!("{}{}", &self.text[..at], &self.text[until..])
    }

    /// The blanks with which the line begins that this place is in.
    fn indentation(&self, at: usize) -> &'a str {
        let line = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        let rest = self.text[line..].trim_start_matches([' ', '\t']);
        &self.text[line..self.text.len() - rest.len()]
    }

    /// The blanks before this place, where nothing else is before it in its line.
    fn line_begins(&self, at: usize) -> Option<&'a str> {
        let line = self.text[..at].rfind('\n')? + 1;
        let before = &self.text[line..at];
        before.chars().all(|c| c == ' ' || c == '\t').then_some(before)
    }
}

/// Writes what is added.
pub(super) struct Lines<'a> {
    unit: &'a str,
    line_end: &'a str,
    /// The indentation of the line that it begins in.
    indent: String,
    pretty: bool,
    spaced: bool,
}

impl Lines<'_> {
    /// A value.
    pub(super) fn value(&mut self, value: &Value) -> String {
        match value {
            Value::Array(values) => {
                let written = |lines: &mut Self| values.iter().map(|it| lines.value(it)).collect();
                self.block('[', ']', written)
            }
            Value::Object(members) => {
                let written = |lines: &mut Self| {
                    members.iter().map(|(name, value)| lines.named(name, value)).collect()
                };
                self.block('{', '}', written)
            }
            plain => plain.to_string(),
        }
    }

    /// A member of an object.
    pub(super) fn named(&mut self, name: &str, value: &Value) -> String {
        let value = self.value(value);
        self.pair(name, &value)
    }

    /// A member that is an object itself, with its members in this order.
    pub(super) fn member(&mut self, name: &str, members: &[(String, Value)]) -> String {
        let written = |lines: &mut Self| {
            members.iter().map(|(name, value)| lines.named(name, value)).collect()
        };
        let value = self.block('{', '}', written);
        self.pair(name, &value)
    }

    fn pair(&self, name: &str, value: &str) -> String {
        let blank = if self.pretty || self.spaced { " " } else { "" };
        format!("{}:{blank}{value}", Value::from(name))
    }

    fn block(
        &mut self,
        open: char,
        close: char,
        items: impl FnOnce(&mut Self) -> Vec<String>,
    ) -> String {
        let outer = self.indent.clone();
        self.indent.push_str(self.unit);
        let items = items(self);
        let inner = std::mem::replace(&mut self.indent, outer);
        let (line_end, outer) = (self.line_end, &self.indent);
        if items.is_empty() {
            return format!("{open}{close}");
        }
        match (self.pretty, self.spaced) {
            (true, _) => {
                let items = items.join(&format!(",{line_end}{inner}"));
                format!("{open}{line_end}{inner}{items}{line_end}{outer}{close}")
            }
            (false, true) => format!("{open}{}{close}", items.join(", ")),
            (false, false) => format!("{open}{}{close}", items.join(",")),
        }
    }
}
