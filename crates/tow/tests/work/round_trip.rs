//! Files of every writer: a change of one issue changes one line, and no change changes nothing.

use std::fs;
use std::path::Path;

use crate::common::{json_in, ledger, ok_in, tow};

/// What ledgers of the several writers look like. In each, `gt-b` is the issue that is changed.
fn styles() -> Vec<(&'static str, Vec<u8>)> {
    let lines = |lines: &[&str]| {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        text.into_bytes()
    };
    let plain = lines(&[
        r#"{"id":"gt-a","title":"a \u003cb\u003e \u0026","status":"open","priority":1,"issue_type":"task","created_at":"2026-01-07T10:52:33.512583507-05:00","updated_at":"2026-01-07T10:52:33.5-05:00"}"#,
        r#"{"id":"gt-b","title":"b → „ü“ 🚀","status":"open","priority":1,"issue_type":"task","created_at":"2026-01-07T10:52:33.512583507-05:00","created_by":"me","updated_at":"2026-01-07T10:52:33.5-05:00"}"#,
        r#"{"id":"gt-c","title":"c","status":"open","priority":1,"created_at":"2026-01-07T10:52:33Z"}"#,
    ]);
    let with_ending =
        |ending: &str| String::from_utf8(plain.clone()).unwrap().replace('\n', ending).into_bytes();
    let without_end = plain[..plain.len() - 1].to_vec();
    let with_bom = [b"\xef\xbb\xbf".as_slice(), &plain].concat();
    let with_blank_lines = [b"\n".as_slice(), &plain, b"\n  \n"].concat();
    vec![
        (
            "Nov 2025, with a hash of the content and empty descriptions",
            lines(&[
                r#"{"id":"gt-a","content_hash":"23a251","title":"a","description":"","status":"closed","priority":1,"issue_type":"feature","created_at":"2025-10-31T21:08:09.092473-07:00","updated_at":"2025-11-01T20:10:41.957435-07:00","closed_at":"2025-11-01T20:10:41.957435-07:00","source_repo":".","dependencies":[{"issue_id":"gt-a","depends_on_id":"gt-2752a7a2","type":"discovered-from","created_at":"2025-10-31T21:08:09.093276-07:00","created_by":"stevey"}]}"#,
                r#"{"id":"gt-b","content_hash":"23a252","title":"b","description":"","status":"open","priority":1,"issue_type":"task","created_at":"2025-10-31T21:08:09.092473-07:00","updated_at":"2025-11-01T20:10:41.957435-07:00","source_repo":"."}"#,
            ]),
        ),
        (
            "Dec 2025, with tombstones that keep their text",
            lines(&[
                r#"{"id":"gt-00ur","title":"Merge: x","description":"branch: fix/x\ntarget: main","status":"tombstone","priority":2,"issue_type":"merge-request","created_at":"2025-12-20T01:12:22.587758-08:00","updated_at":"2025-12-27T21:27:22.921152-08:00","dependencies":[{"issue_id":"gt-00ur","depends_on_id":"gt-b","type":"blocks","created_at":"2025-12-20T01:12:22.587758-08:00","created_by":"daemon"}],"deleted_at":"2025-12-27T21:27:22.921152-08:00","deleted_by":"daemon","delete_reason":"delete","original_type":"merge-request"}"#,
                r#"{"id":"gt-b","title":"b","description":"","status":"open","priority":0,"issue_type":"bug","created_at":"2025-12-20T01:12:22.587758-08:00","updated_at":"2025-12-20T01:12:22.587758-08:00"}"#,
            ]),
        ),
        ("Jan 2026", plain.clone()),
        (
            "version 1, with types, counts and texts as comments' ids, in its own order",
            lines(&[
                r#"{"_type":"issue","id":"gt-z","title":"z","description":"-\u003e {x:false}","status":"closed","priority":0,"issue_type":"task","owner":"m@example.org","created_at":"2026-08-24T00:17:32Z","created_by":"m","updated_at":"2026-08-24T00:53:54Z","closed_at":"2026-08-24T00:53:54Z","close_reason":"Done","dependency_count":0,"dependent_count":1,"comment_count":0}"#,
                r#"{"_type":"issue","id":"gt-b","title":"b","status":"open","priority":2,"issue_type":"task","created_at":"2026-08-24T00:17:32Z","updated_at":"2026-08-24T00:53:54Z","metadata":{"b":1,"a":[1, 2]},"dependencies":[{"issue_id":"gt-b","depends_on_id":"gt-z","type":"parent-child","created_at":"2026-08-24T03:48:23Z","created_by":"m","metadata":"{}"}],"comments":[{"id":"0198e","issue_id":"gt-b","author":"m","text":"x","created_at":"2026-08-24T03:48:23Z"}],"dependency_count":0,"dependent_count":0,"comment_count":1}"#,
                r#"{"_type":"memory","key":"k","value":"v"}"#,
            ]),
        ),
        (
            "a writer that escapes nothing and writes zeros",
            lines(&[
                r#"{"id":"gt-a","title":"a <b> & c","status":"open","priority":2,"issue_type":"task","created_at":"2026-07-14T19:35:55.206407793Z","updated_at":"2026-07-14T19:35:55.206407793Z","source_repo":"x","source_repo_path":"/data/x","compaction_level":0,"original_size":0}"#,
                r#"{"id":"gt-b","title":"b","description":"no marks","status":"open","priority":2,"issue_type":"task","created_at":"2026-07-14T19:35:55.206407793Z","updated_at":"2026-07-14T19:35:55.206407793Z","source_repo":"x","compaction_level":0,"original_size":0,"comments":[{"id":1,"issue_id":"gt-b","author":"u","text":"x <y>","created_at":"2026-07-14T19:35:55Z"}]}"#,
            ]),
        ),
        (
            "created_by last, fields that nobody knows, blanks, escapes",
            lines(&[
                r#"{ "id": "gt-a", "x_new": {"z": [1, {"y": null}], "a": 1.50}, "title": "\u0041\ud83d\ude80\/" }"#,
                r#"{"id":"gt-b","my_field":[true,false],"title":"b\u2028\u0001\"\\","status":"open","priority":2,"created_at":"2026-01-07T09:35:10.80329401-05:00","zz":"kept","updated_at":"2026-01-07T09:54:58.923908862-05:00","created_by":"mason","aa":{"k" : "v"}}"#,
            ]),
        ),
        ("carriage returns", with_ending("\r\n")),
        ("no end of the last line", without_end),
        ("a byte order mark", with_bom),
        ("blank lines", with_blank_lines),
    ]
}

fn modified(file: &Path) -> std::time::SystemTime {
    fs::metadata(file).unwrap().modified().unwrap()
}

#[test]
fn a_change_of_one_issue_changes_its_line_alone() {
    let tow = tow();
    for (at, (style, text)) in styles().into_iter().enumerate() {
        let folder = ledger(&tow, &format!("style{at}"), "");
        let file = folder.join(".beads/issues.jsonl");
        fs::write(&file, &text).unwrap();
        let before = modified(&file);
        // Reading, and a change that is none, leave the file as it is.
        ok_in(&tow, &folder, &["issue", "list", "--all"]);
        ok_in(&tow, &folder, &["issue", "update", "gt-b", "--status", "open"]);
        assert_eq!((fs::read(&file).unwrap(), modified(&file)), (text.clone(), before), "{style}");
        ok_in(&tow, &folder, &["issue", "update", "gt-b", "--notes", "one <two> & three"]);
        let after = fs::read(&file).unwrap();
        let lines =
            |text: &[u8]| text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        let (old, new) = (lines(&text), lines(&after));
        assert_eq!(old.len(), new.len(), "{style}");
        let other: Vec<usize> = (0..old.len()).filter(|at| old[*at] != new[*at]).collect();
        assert_eq!(other.len(), 1, "{style}: {}", String::from_utf8_lossy(&after));
        let (old, new) = (&old[other[0]], &new[other[0]]);
        let new = String::from_utf8(new.clone()).unwrap();
        assert!(
            new.contains("gt-b") && new.ends_with('\r') == old.ends_with(b"\r"),
            "{style}: {new}"
        );
        // As its writer would have written it.
        let literal = style.starts_with("a writer that escapes nothing");
        let notes = if literal { "one <two> & three" } else { r"one \u003ctwo\u003e \u0026 three" };
        assert!(new.contains(notes), "{style}: {new}");
        let shown = json_in(&tow, &folder, &["issue", "show", "gt-b", "--json"]);
        assert_eq!(shown[0]["notes"], "one <two> & three", "{style}");
        // And taken out again it is as before, but for the time.
        ok_in(&tow, &folder, &["issue", "update", "gt-b", "--notes", ""]);
        let line =
            fs::read(&file).unwrap().split(|byte| *byte == b'\n').nth(other[0]).unwrap().to_vec();
        let time = |line: &[u8]| {
            serde_json::from_slice::<serde_json::Value>(
                line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line),
            )
            .unwrap()["updated_at"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let (was, is) = (time(old), time(&line));
        let back = String::from_utf8(line).unwrap().replace(&is, &was);
        assert_eq!(back, String::from_utf8(old.clone()).unwrap(), "{style}");
    }
}

#[test]
fn fields_that_nobody_knows_are_shown() {
    let tow = tow();
    let text = r#"{"id":"gt-a","title":"a","x_new":{"z":[1]},"status":"open","priority":2}"#;
    let folder = ledger(&tow, "app", &format!("{text}\n"));
    for arguments in [
        &["issue", "show", "gt-a", "--json"][..],
        &["issue", "list", "--json"],
        &["ready", "--json"],
    ] {
        assert_eq!(
            json_in(&tow, &folder, arguments)[0]["x_new"],
            serde_json::json!({"z": [1]}),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_new_issue_comes_to_its_place_in_the_writers_style() {
    let tow = tow();
    for (at, (style, text)) in styles().into_iter().enumerate() {
        let folder = ledger(&tow, &format!("style{at}"), "");
        let file = folder.join(".beads/issues.jsonl");
        fs::write(&file, &text).unwrap();
        ok_in(&tow, &folder, &["issue", "create", "New <one>", "--id", "gt-ba"]);
        let after = fs::read_to_string(&file).unwrap();
        let old = String::from_utf8(text).unwrap();
        let new: Vec<&str> = after.lines().filter(|line| line.contains("gt-ba")).collect();
        assert_eq!(new.len(), 1, "{style}");
        assert_eq!(
            new[0].contains("\"_type\":\"issue\""),
            style.starts_with("version 1"),
            "{style}"
        );
        assert_eq!(new[0].contains("<one>"), style.starts_with("a writer"), "{style}: {}", new[0]);
        // All others are there as they were.
        let others = |text: &str| {
            text.lines()
                .filter(|line| !line.contains("gt-ba"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(others(&after), others(&old), "{style}");
    }
}

#[test]
fn ten_thousand_issues_are_changed_one_by_one() {
    let tow = tow();
    let mut text = String::new();
    for at in 0..10_000 {
        text += &format!(
            "{{\"id\":\"gt-{at:05}\",\"title\":\"Issue {at}\",\"description\":\"{}\",\"status\":\"open\",\"priority\":{},\"created_at\":\"2026-01-01T00:00:00Z\",\"updated_at\":\"2026-01-01T00:00:00Z\"}}\n",
            "x".repeat(400),
            at % 5
        );
    }
    let folder = ledger(&tow, "app", &text);
    ok_in(&tow, &folder, &["issue", "update", "gt-07000", "-p", "4"]);
    let after = fs::read_to_string(folder.join(".beads/issues.jsonl")).unwrap();
    let other: Vec<usize> = text
        .lines()
        .zip(after.lines())
        .enumerate()
        .filter(|(_, (one, two))| one != two)
        .map(|(at, _)| at)
        .collect();
    assert_eq!((other, after.lines().count()), (vec![7000], 10_000));
    let ready = json_in(&tow, &folder, &["ready", "-n", "3", "--json"]);
    assert_eq!(ready.as_array().unwrap().len(), 3);
}
