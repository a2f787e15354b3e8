//! A TOML text as a flat list of entries that know their lines.

use std::fmt;

use toml::de::{DeTable, DeValue};

/// A line and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// One line for people.
    pub message: String,
}

/// A value, as far as settings use them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A whole number.
    Number(i64),
    /// True or false.
    Flag(bool),
    /// A list of strings.
    List(Vec<String>),
    /// Anything else, as it stands in the file.
    Other(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Number(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// A basic string of TOML.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// One key and its value.
#[derive(Debug)]
pub(super) struct Entry {
    /// The key with its table: `ended.keep_days`.
    pub key: String,
    /// The same in its parts.
    pub path: Vec<String>,
    /// The line the key stands on, counted from 1.
    pub line: usize,
    /// What it is set to.
    pub value: Value,
}

/// The tables that settings lie in.
const TABLES: [&str; 2] = ["ended", "agent"];

/// All entries, in the order of the file.
pub(super) fn entries(text: &str) -> Result<Vec<Entry>, Problem> {
    let table = DeTable::parse(text).map_err(|error| no_toml(text, &error))?;
    let mut entries = Vec::new();
    for (key, value) in table.get_ref() {
        collect(text, &[], key, value, &mut entries)?;
    }
    entries.sort_by_key(|entry| entry.line);
    Ok(entries)
}

/// Where a text is no TOML, and why.
pub(crate) fn no_toml(text: &str, error: &toml::de::Error) -> Problem {
    Problem {
        line: error.span().map_or(1, |span| line_of(text, span.start)),
        message: error.message().lines().collect::<Vec<_>>().join(", "),
    }
}

type Key<'i> = toml::Spanned<toml::de::DeString<'i>>;

fn collect(
    text: &str,
    within: &[String],
    key: &Key<'_>,
    value: &toml::Spanned<DeValue<'_>>,
    entries: &mut Vec<Entry>,
) -> Result<(), Problem> {
    let line = line_of(text, key.span().start);
    let path = [within, &[key.get_ref().to_string()]].concat();
    if let DeValue::Table(table) = value.get_ref() {
        for (key, value) in table {
            collect(text, &path, key, value, entries)?;
        }
        // A preset may say no more than its name.
        if let ([table, _], true) = (&path[..], table.is_empty())
            && table == "agent"
        {
            let value = Value::Other(String::new());
            entries.push(Entry { key: path.join("."), path, line, value });
        }
        return Ok(());
    }
    let value = settle(text, value);
    let key = path.join(".");
    if TABLES.contains(&key.as_str()) || matches!(&path[..], [table, _] if table == "agent") {
        return Err(Problem { line, message: format!("{key} must be a table, not {value}") });
    }
    entries.push(Entry { key, path, line, value });
    Ok(())
}

/// The value that stands there.
pub(crate) fn settle(text: &str, value: &toml::Spanned<DeValue<'_>>) -> Value {
    let as_written = || {
        Value::Other(text.get(value.span()).unwrap_or("that").lines().collect::<Vec<_>>().join(" "))
    };
    match value.get_ref() {
        DeValue::String(string) => Value::Text(string.to_string()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map_or_else(|_| as_written(), Value::Number),
        DeValue::Array(array) => array
            .iter()
            .map(|item| item.get_ref().as_str().map(str::to_owned))
            .collect::<Option<Vec<String>>>()
            .map_or_else(as_written, Value::List),
        _ => as_written(),
    }
}

/// The number of the line, counted from 1, that byte `offset` stands on.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(text: &str) -> Vec<(String, usize, String)> {
        entries(text).unwrap().into_iter().map(|e| (e.key, e.line, e.value.to_string())).collect()
    }

    #[test]
    fn entries_know_their_table_and_line() {
        let text = "a = 1\n\n[t]\nb = \"x\\ty\" # c\nc = [\n \"1\",\n \"2\" ]\nd = [1]\n[t.u]\ne = 1.5\nf = 0x10\n";
        let expected = [
            ("a", 1, "1"),
            ("t.b", 4, "\"x\\ty\""),
            ("t.c", 5, "[\"1\", \"2\"]"),
            ("t.d", 8, "[1]"),
            ("t.u.e", 10, "1.5"),
            ("t.u.f", 11, "16"),
        ];
        assert_eq!(flat(text), expected.map(|(k, l, v)| (k.to_owned(), l, v.to_owned())));
    }

    #[test]
    fn strings_are_quoted_so_that_they_come_back() {
        for text in ["", "a b", "\"\\", "\n\t\u{1b}\u{7f}", "ü✓"] {
            let line = format!("k = {}", quoted(text));
            assert_eq!(entries(&line).unwrap()[0].value, Value::Text(text.to_owned()), "{line}");
        }
    }
}
