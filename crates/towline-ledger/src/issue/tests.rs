use super::*;

fn issue(line: &str) -> Issue {
    Issue::parse(line).unwrap()
}

fn now() -> Timestamp {
    time::read("2026-03-01T10:00:00.5Z").unwrap()
}

#[test]
fn a_change_leaves_all_else_as_it_is_written() {
    for (before, change, after) in [
        (
            r#"{"id":"a-1","title":"\u003cx\u003e","x_new":{ "k" : 1},"status":"open","priority":0}"#,
            ("title", "y <z>"),
            r#"{"id":"a-1","title":"y \u003cz\u003e","x_new":{ "k" : 1},"status":"open","priority":0}"#,
        ),
        // A writer that escapes nothing is followed, with its blanks.
        (
            r#"{"id": "a-1", "title": "a & b", "status": "open"}"#,
            ("notes", "c & d"),
            r#"{"id": "a-1", "title": "a & b", "notes": "c & d", "status": "open"}"#,
        ),
        (
            r#"{"id":"a-1","title":"t","zz":1}"#,
            ("assignee", "me"),
            r#"{"id":"a-1","title":"t","zz":1,"assignee":"me"}"#,
        ),
        (r#"{"zz":1,"id":"a-1"}"#, ("_type", "issue"), r#"{"zz":1,"_type":"issue","id":"a-1"}"#),
        (r#"{"id":"a-1","title":"t"}"#, ("id", ""), r#"{"title":"t"}"#),
        (r#"{"id":"a-1","title":"t"}"#, ("title", ""), r#"{"id":"a-1"}"#),
        (r#"{"id":"a-1"}"#, ("id", ""), "{}"),
        ("{}", ("id", "a"), r#"{"id":"a"}"#),
        // The same in other words is no change.
        (r#"{"title":"\u0061"}"#, ("title", "a"), r#"{"title":"\u0061"}"#),
        // Written twice: the last is what counts.
        (r#"{"title":"a","title":"b"}"#, ("title", "c"), r#"{"title":"a","title":"c"}"#),
    ] {
        let mut issue = issue(before);
        issue.set_text(change.0, change.1);
        assert_eq!(issue.line(), after, "{before}");
        assert_eq!(issue.text(change.0), change.1);
        assert_eq!(Issue::parse(issue.line()).unwrap().members, issue.members);
    }
}

#[test]
fn what_is_closed_has_its_time_and_nothing_else_has() {
    let mut issue = issue(r#"{"id":"a-1","title":"t","status":"open","priority":2}"#);
    issue.set_status(&Status::Closed, now());
    issue.set_text("close_reason", "done");
    assert_eq!(
        issue.line(),
        r#"{"id":"a-1","title":"t","status":"closed","priority":2,"closed_at":"2026-03-01T10:00:00.5Z","close_reason":"done"}"#
    );
    issue.set_status(&Status::Open, now());
    assert_eq!(issue.line(), r#"{"id":"a-1","title":"t","status":"open","priority":2}"#);
}

#[test]
fn labels_dependencies_and_comments_are_changed_one_by_one() {
    let mut issue = issue(
        r#"{"id":"a-1","labels":["x"],"dependencies":[{"issue_id":"a-1","depends_on_id":"a-2","type":"blocks","created_at":"2025-01-01T00:00:00Z","thread_id":"kept"}]}"#,
    );
    assert!(issue.add_label("b"));
    assert!(!issue.add_label("b"));
    assert_eq!(issue.labels(), ["b", "x"]);
    let new = Dependency {
        issue_id: "a-1".into(),
        depends_on_id: "a-3".into(),
        kind: "parent-child".into(),
        created_at: Some(now()),
        created_by: "me".into(),
    };
    assert!(issue.add_dependency(&new));
    assert!(!issue.add_dependency(&new));
    assert_eq!(issue.parent().as_deref(), Some("a-3"));
    assert_eq!(issue.add_comment("me", "a\nb", now()).id, "1");
    assert_eq!(issue.add_comment("me", "c", now()).id, "2");
    assert_eq!(
        issue.line(),
        concat!(
            r#"{"id":"a-1","labels":["b","x"],"dependencies":["#,
            r#"{"issue_id":"a-1","depends_on_id":"a-2","type":"blocks","created_at":"2025-01-01T00:00:00Z","thread_id":"kept"},"#,
            r#"{"issue_id":"a-1","depends_on_id":"a-3","type":"parent-child","created_at":"2026-03-01T10:00:00.5Z","created_by":"me"}],"#,
            r#""comments":[{"id":1,"issue_id":"a-1","author":"me","text":"a\nb","created_at":"2026-03-01T10:00:00.5Z"},"#,
            r#"{"id":2,"issue_id":"a-1","author":"me","text":"c","created_at":"2026-03-01T10:00:00.5Z"}]}"#
        )
    );
    assert_eq!(issue.remove_dependencies("a-3", Some("blocks")), 0);
    assert_eq!(issue.remove_dependencies("a-3", None), 1);
    assert!(issue.remove_label("x") && issue.remove_label("b") && !issue.remove_label("b"));
    assert!(
        issue
            .line()
            .starts_with(r#"{"id":"a-1","dependencies":[{"issue_id":"a-1","depends_on_id":"a-2""#)
    );
}
