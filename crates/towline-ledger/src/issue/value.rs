//! An issue as a JSON value, for those who print it.

use serde_json::{Map, Value};

use super::Issue;
use crate::json::{Span, decode, elements, members};

impl Issue {
    /// All that the line says, fields that are not known here too. Texts are read as leniently as elsewhere: half of a surrogate
    /// pair is no reason to show nothing.
    pub fn to_json(&self) -> Map<String, Value> {
        let text = self.line();
        let mut map = Map::new();
        for member in &self.members {
            map.insert(decode(member.key.of(text)).into_owned(), value(member.value.of(text)));
        }
        map
    }
}

/// The value that a text is, which was found to be one.
fn value(raw: &str) -> Value {
    match raw.as_bytes().first() {
        Some(b'"') => Value::String(decode(&raw[1..raw.len() - 1]).into_owned()),
        Some(b'{') => {
            let mut map = Map::new();
            let _ = members(raw.as_bytes(), |member| {
                map.insert(decode(member.key.of(raw)).into_owned(), value(member.value.of(raw)));
            });
            Value::Object(map)
        }
        Some(b'[') => {
            let mut list = Vec::new();
            let _ = elements(raw.as_bytes(), |element: Span| list.push(value(element.of(raw))));
            Value::Array(list)
        }
        // A number that is larger than any is shown as it is written.
        _ => serde_json::from_str(raw).unwrap_or_else(|_| Value::String(raw.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_shown_whole() {
        let line = r#"{"id":"a-1","title":"\ud83d \u003cb\u003e","n":[1,2.5,{"x":null}],"big":1e999,"y":true}"#;
        let issue = Issue::parse(line).unwrap();
        let expected = serde_json::json!({
            "id": "a-1", "title": "\u{fffd} <b>", "n": [1, 2.5, {"x": null}], "big": "1e999", "y": true
        });
        assert_eq!(Value::Object(issue.to_json()), expected);
    }
}
