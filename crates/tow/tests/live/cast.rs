//! Recordings of terminals: asciicast v2, with what was so and what hooks told as markers.

use std::fmt::Write as _;

use serde_json::json;

/// What happened at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Happened {
    /// The program printed.
    Printed(Vec<u8>),
    /// A marker.
    Marked(String),
}

/// A recording as a file's text. Times are microseconds of any clock; the first event's is the recording's start. On a `busy`
/// machine the agent itself is late.
pub(crate) fn text(
    title: &str,
    (cols, rows): (u16, u16),
    busy: bool,
    mut events: Vec<(u64, Happened)>,
) -> String {
    events.sort_by_key(|(at, _)| *at);
    let start = events.first().map_or(0, |(at, _)| *at);
    let mut head = json!({ "version": 2, "width": cols, "height": rows, "title": title });
    if busy {
        head["busy"] = true.into();
    }
    let mut text = head.to_string();
    text.push('\n');
    let mut cut = Vec::new();
    for (at, happened) in events {
        let (code, data) = match happened {
            Happened::Marked(marker) => ("m", marker),
            Happened::Printed(bytes) => {
                cut.extend(bytes);
                let whole = whole(&cut);
                (
                    "o",
                    String::from_utf8_lossy(&cut.drain(..whole).collect::<Vec<u8>>()).into_owned(),
                )
            }
        };
        if !data.is_empty() {
            let seconds = (at - start) as f64 / 1e6;
            let _ = writeln!(text, "[{seconds:.3}, {}, {}]", json!(code), json!(data));
        }
    }
    text
}

/// How many bytes are whole characters: one that is cut off at the end comes with the next piece.
fn whole(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_were_cut_are_whole_again() {
        let printed = |at, bytes: &[u8]| (at, Happened::Printed(bytes.to_vec()));
        let events = vec![
            printed(5_000_000, b"a\xe2\x94"),
            (6_500_000, Happened::Marked("is idle".into())),
            printed(6_000_000, b"\x80b\x1b[m"),
        ];
        let expected = "{\"version\":2,\"width\":80,\"height\":24,\"title\":\"x\"}\n[0.000, \"o\", \"a\"]\n\
            [1.000, \"o\", \"\u{2500}b\\u001b[m\"]\n[1.500, \"m\", \"is idle\"]\n";
        let text = text("x", (80, 24), false, events);
        let parsed = |text: &str| -> Vec<serde_json::Value> {
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
        };
        assert_eq!(parsed(&text), parsed(expected));
    }
}
