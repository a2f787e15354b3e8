use proptest::prelude::*;

use super::*;

fn keys(text: &str) -> Result<Vec<(String, String)>, Broken> {
    let mut found = Vec::new();
    members(text.as_bytes(), |member| {
        found.push((member.key.of(text).to_owned(), member.value.of(text).to_owned()));
    })?;
    Ok(found)
}

#[test]
fn members_are_found_as_they_are_written() {
    let found = keys(r#" { "a" : [1, {"b":"}\""}] ,"c":-1.5e+3,"d":null } "#).unwrap();
    let found: Vec<_> = found.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(found, [("a", r#"[1, {"b":"}\""}]"#), ("c", "-1.5e+3"), ("d", "null")]);
    assert_eq!(keys("{}").unwrap(), []);
}

#[test]
fn what_is_no_object_is_told_with_its_place() {
    for (text, at, what) in [
        ("", 0, "no object"),
        ("[1]", 0, "no object"),
        (r#"{"a":1"#, 6, "an object without its end"),
        (r#"{"a":1}x"#, 7, "something after the end"),
        (r#"{"a":}"#, 5, "no value"),
        (r#"{"a"}"#, 4, "no colon behind a key"),
        (r#"{"a":1,}"#, 7, "no key"),
        (r#"{"a":"b"#, 7, "a text without its end"),
        (r#"{"a":"\x"}"#, 7, "an escape that is none"),
        (r#"{"a":"\u12g4"}"#, 7, "an escape that is none"),
        (r#"{"a":[1 2]}"#, 8, "an array without its end"),
        (r#"{"a":01}"#, 6, "an object without its end"),
        (r#"{"a":-}"#, 6, "no number"),
        (r#"{"a":trve}"#, 5, "no value"),
    ] {
        assert_eq!(keys(text), Err(Broken { at, what }), "{text}");
    }
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    assert_eq!(whole(deep.as_bytes()).unwrap_err().what, "values too deep within each other");
}

#[test]
fn texts_are_read_as_any_writer_escapes_them() {
    for (raw, text) in [
        ("plain ü", "plain ü"),
        (r#"a\"b\\c\/d"#, "a\"b\\c/d"),
        (r"\n\r\t\b\f", "\n\r\t\u{8}\u{c}"),
        (r"\u003cb\u003e", "<b>"),
        (r"\ud83d\ude80!", "🚀!"),
        (r"\ud83d!", "\u{fffd}!"),
        (r"\ude80", "\u{fffd}"),
        (r"\ud83d\u0041", "\u{fffd}A"),
    ] {
        assert_eq!(decode(raw), text);
    }
}

#[test]
fn texts_are_written_as_go_writes_them() {
    assert_eq!(
        encode("a<b> & \"c\"\\\n\u{1}\u{2028}é\u{7f}", true),
        "\"a\\u003cb\\u003e \\u0026 \\\"c\\\"\\\\\\n\\u0001\\u2028é\u{7f}\""
    );
    assert_eq!(encode("a<b>", false), "\"a<b>\"");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(text in any::<String>(), html in any::<bool>()) {
        let json = encode(&text, html);
        prop_assert!(whole(json.as_bytes()).is_ok());
        prop_assert_eq!(decode(&json[1..json.len() - 1]), text);
    }

    /// What serde_json takes for an object is taken for one here, and nothing else is.
    #[test]
    fn the_same_is_json_as_elsewhere(text in r#"[\{\}\[\],:"\\ a1-]{0,12}"#) {
        let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        prop_assert_eq!(whole(text.as_bytes()).is_ok(), theirs, "{}", text);
    }
}
