use proptest::prelude::*;

use super::*;
use crate::issue::Status;

fn parse(text: &str) -> Issues {
    Issues::parse(text.as_bytes().to_vec())
}

const SORTED: &str = concat!(
    r#"{"id":"a-1","title":"one","status":"open","priority":1,"issue_type":"bug","assignee":"m\u00e9"}"#,
    "\n",
    r#"{"_type":"issue","id":"a-3","title":"three","status":"closed","priority":0,"labels":["x"],"dependencies":[{"issue_id":"a-3","depends_on_id":"a-1","type":"blocks"}],"pinned":true}"#,
    "\n",
    r#"{"_type":"memory","key":"k"}"#,
    "\n",
);

#[test]
fn issues_are_found_with_what_is_asked_of_them() {
    let issues = parse(SORTED);
    assert_eq!(issues.troubles(), []);
    assert_eq!(issues.iter().map(|brief| brief.id()).collect::<Vec<_>>(), ["a-1", "a-3"]);
    let (one, three) = (issues.find("a-1").unwrap(), issues.find("a-3").unwrap());
    assert!(
        issues.find("a-2").is_none() && issues.find("").is_none() && issues.find("b").is_none()
    );
    assert_eq!((one.assignee().as_str(), one.issue_type(), one.priority()), ("mé", "bug", 1));
    assert_eq!((three.status(), three.is_pinned()), (Status::Closed, true));
    let links: Vec<_> = three.links().collect();
    assert_eq!(links, [Link { kind: LinkKind::Blocks, target: "a-1" }]);
    assert!(three.has_label("x") && !one.has_label("x"));
    assert_eq!(issues.beginning_with("3").len(), 1);
    assert_eq!(issues.beginning_with("a-").len(), 2);
}

#[test]
fn lines_that_cannot_be_read_are_told_and_the_others_are_there() {
    let mut bytes = b"\xef\xbb\xbf{\"id\":\"a-2\"}\r\n\r\n{\"id\":\"a-1\"\r\n<<<<<<< HEAD\r\n{\"title\":\"x\"}\r\n".to_vec();
    bytes.extend_from_slice(
        b"{\"id\":\"a-\xff\"}\r\n{\"id\":\"a-1\"}\r\n{\"id\":\"a-2\",\"title\":\"later\"}",
    );
    let issues = Issues::parse(bytes);
    let troubles: Vec<_> =
        issues.troubles().iter().map(|trouble| (trouble.line, trouble.what.to_string())).collect();
    let expected = [
        (3, "an object without its end at column 12"),
        (4, "a merge has left its marks: <<<<<<<"),
        (5, "an issue without an id at column 1"),
        (6, "it is no UTF-8"),
        (8, "a-2 stands there twice"),
    ];
    assert_eq!(troubles, expected.map(|(line, what)| (line, what.to_owned())));
    assert_eq!(issues.find("a-2").unwrap().issue().title(), "later");
    assert!(issues.find("a-1").is_some());
    assert_eq!(issues.with(&Changes::default()), issues.bytes());
}

fn changed(text: &str, change: impl FnOnce(&Issues, &mut Changes)) -> String {
    let issues = parse(text);
    let mut changes = Changes::default();
    change(&issues, &mut changes);
    String::from_utf8(issues.with(&changes)).unwrap()
}

fn put(changes: &mut Changes, line: &str) {
    let issue = Issue::parse(line).unwrap();
    changes.issues.insert(issue.id().into_owned(), Some(issue));
}

#[test]
fn one_changed_issue_changes_one_line_and_a_new_one_comes_to_its_place() {
    let after = changed(SORTED, |issues, changes| {
        let mut one = issues.find("a-1").unwrap().issue();
        one.set_text("title", "uno");
        changes.issues.insert("a-1".into(), Some(one));
        put(changes, r#"{"id":"a-2"}"#);
        put(changes, r#"{"id":"a-0"}"#);
        put(changes, r#"{"id":"a-4"}"#);
    });
    let lines: Vec<_> = SORTED.lines().collect();
    let uno = lines[0].replace("one", "uno");
    let expected =
        [r#"{"id":"a-0"}"#, &uno, r#"{"id":"a-2"}"#, lines[1], r#"{"id":"a-4"}"#, lines[2]];
    assert_eq!(after, expected.map(|line| format!("{line}\n")).concat());
    // The first of all, and one behind a last line without its end.
    assert_eq!(changed("", |_, changes| put(changes, r#"{"id":"b"}"#)), "{\"id\":\"b\"}\n");
    let crlf = "{\"id\":\"a\"}\r\n{\"id\":\"b\"}";
    let after = changed(crlf, |_, changes| put(changes, r#"{"id":"c"}"#));
    assert_eq!(after, "{\"id\":\"a\"}\r\n{\"id\":\"b\"}\r\n{\"id\":\"c\"}\r\n");
    let after = changed(crlf, |_, changes| drop(changes.issues.insert("a".into(), None)));
    assert_eq!(after, "{\"id\":\"b\"}");
    // Two in a row, the first and the last.
    let after = changed(crlf, |_, changes| {
        changes.issues.insert("a".into(), None);
        changes.issues.insert("b".into(), None);
        put(changes, r#"{"id":"aa"}"#);
    });
    assert_eq!(after, "{\"id\":\"aa\"}\r\n");
    // A file in no order gets it at its end.
    let after =
        changed("{\"id\":\"b\"}\n{\"id\":\"a\"}\n", |_, changes| put(changes, r#"{"id":"aa"}"#));
    assert_eq!(after, "{\"id\":\"b\"}\n{\"id\":\"a\"}\n{\"id\":\"aa\"}\n");
}

proptest! {
    /// Any bytes are read without a panic, and come back as they are.
    #[test]
    fn any_bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let issues = Issues::parse(bytes.clone());
        prop_assert_eq!(issues.with(&Changes::default()), bytes);
    }

    /// Lines with changes in any order: those that aren't concerned are the same, and those that are say what was wanted.
    #[test]
    fn only_what_was_changed_is_other(
        there in prop::collection::btree_map("[a-c]-[0-9a-c]{1,2}", "[ -~é]{0,8}", 0..12),
        other in prop::collection::btree_map("[a-c]-[0-9a-c]{1,2}", prop::option::of("[ -~é]{0,8}"), 0..8),
    ) {
        let line = |id: &str, title: &str| {
            let mut issue = Issue::parse(format!(r#"{{"id":"{id}","x":1}}"#)).unwrap();
            issue.set_text("title", title);
            issue
        };
        let text: String = there.iter().map(|(id, title)| format!("{}\n", line(id, title).line())).collect();
        let mut expected = there.clone();
        let mut changes = Changes::default();
        for (id, title) in &other {
            changes.issues.insert(id.clone(), title.as_ref().map(|title| line(id, title)));
            match title {
                Some(title) => drop(expected.insert(id.clone(), title.clone())),
                None => drop(expected.remove(id)),
            }
        }
        let after = String::from_utf8(parse(&text).with(&changes)).unwrap();
        let wanted: String = expected.iter().map(|(id, title)| format!("{}\n", line(id, title).line())).collect();
        prop_assert_eq!(after, wanted);
    }
}
