//! What a formula's file says, whichever of the two forms it is written in: values with the lines they stand in.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// The line it begins in, from 1; `None` in JSON, whose reader doesn't tell.
    pub(super) line: Option<usize>,
    pub(super) value: Value,
}

/// The kinds of values that formulas are made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Bool(bool),
    List(Vec<Node>),
    /// In the order of the keys' names.
    Table(Vec<(String, Node)>),
    /// A number with a fraction, a date, JSON's null: as it is written.
    Other(String),
}

/// Why a text is no file of its kind: the line, and what is wrong, in words.
pub(super) type Broken = (Option<usize>, String);

/// Reads a TOML file.
pub(super) fn toml(text: &str) -> Result<Node, Broken> {
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map(|span| line_at(text, span.start));
        // Some of its messages have lines of their own.
        (line, error.message().split('\n').collect::<Vec<_>>().join(": "))
    })?;
    let line = Some(line_at(text, table.span().start));
    Ok(Node { line, value: table_of(text, table.get_ref()) })
}

fn table_of(text: &str, table: &DeTable<'_>) -> Value {
    let entries = table.iter().map(|(key, value)| {
        // A key's place is nearer to what people look for than that of a table's first line.
        let node = node_of(text, value);
        (key.get_ref().to_string(), Node { line: Some(line_at(text, key.span().start)), ..node })
    });
    Value::Table(entries.collect())
}

fn node_of(text: &str, value: &Spanned<DeValue<'_>>) -> Node {
    let line = Some(line_at(text, value.span().start));
    let value = match value.get_ref() {
        DeValue::String(string) => Value::Text(string.to_string()),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(integer) => Value::Integer(integer),
            Err(_) => Value::Other(integer.to_string()),
        },
        DeValue::Boolean(boolean) => Value::Bool(*boolean),
        DeValue::Float(float) => Value::Other(float.to_string()),
        DeValue::Datetime(time) => Value::Other(time.to_string()),
        DeValue::Array(array) => {
            Value::List(array.iter().map(|value| node_of(text, value)).collect())
        }
        DeValue::Table(table) => table_of(text, table),
    };
    Node { line, value }
}

/// The number of the line, from 1, that a byte of a text is in.
fn line_at(text: &str, byte: usize) -> usize {
    text.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count() + 1
}

/// Reads a JSON file.
pub(super) fn json(text: &str) -> Result<Node, Broken> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| {
        let words = error.to_string();
        let words = words.split(" at line ").next().unwrap_or_default().to_owned();
        (Some(error.line()).filter(|line| *line > 0), words)
    })?;
    Ok(from_json(&value))
}

fn from_json(value: &serde_json::Value) -> Node {
    use serde_json::Value as Json;
    let value = match value {
        Json::String(text) => Value::Text(text.clone()),
        Json::Bool(boolean) => Value::Bool(*boolean),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::Integer(integer),
            None => Value::Other(number.to_string()),
        },
        Json::Array(list) => Value::List(list.iter().map(from_json).collect()),
        Json::Object(map) => {
            // What is null is as if it weren't there.
            let entries = map.iter().filter(|(_, value)| !value.is_null());
            Value::Table(entries.map(|(key, value)| (key.clone(), from_json(value))).collect())
        }
        Json::Null => Value::Other("null".into()),
    };
    Node { line: None, value }
}
