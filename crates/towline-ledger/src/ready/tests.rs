use super::*;

/// A ledger of issues, each its fields behind the id, and the ids that are ready in it.
#[track_caller]
fn check(issues: &[(&str, &str)], ready: &[&str]) {
    let line = |(id, fields): &(&str, &str)| {
        let comma = if fields.is_empty() { "" } else { "," };
        format!("{{\"id\":\"{id}\"{comma}{fields}}}\n")
    };
    let text: String = issues.iter().map(line).collect();
    let issues = Issues::parse(text.into_bytes());
    assert_eq!(issues.troubles(), []);
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let graph = Graph::of(&issues);
    let found: Vec<&str> = graph.ready(&issues, now).iter().map(|brief| brief.id()).collect();
    assert_eq!(found, ready);
    // What waits and what can begin are different issues.
    let waiting = graph.blocked(&issues);
    assert!(waiting.iter().all(|(brief, _)| !ready.contains(&brief.id())));
}

/// A field of dependencies: of kind and target, the rest of the object behind it.
macro_rules! on {
    ($($kind:literal $target:literal),*) => {
        concat!(r#""dependencies":["#, on!(@ $($kind $target),*), "]")
    };
    (@ $kind:literal $target:literal) => {
        concat!(r#"{"depends_on_id":""#, $target, r#"","type":""#, $kind, r#""}"#)
    };
    (@ $kind:literal $target:literal, $($more:tt)*) => {
        concat!(on!(@ $kind $target), ",", on!(@ $($more)*))
    };
}

#[test]
fn what_is_no_open_work_is_not_ready() {
    for fields in [
        r#""status":"closed""#,
        r#""status":"tombstone""#,
        r#""status":"blocked""#,
        r#""status":"deferred""#,
        r#""status":"hooked""#,
        r#""status":"pinned""#,
        r#""status":"in_review""#,
        r#""pinned":true"#,
        r#""ephemeral":true"#,
        r#""wisp":true"#,
        r#""is_template":true"#,
        r#""labels":["template"]"#,
        r#""labels":["x","gt:message"]"#,
        r#""issue_type":"message""#,
        r#""issue_type":"merge-request""#,
        r#""issue_type":"gate""#,
        r#""issue_type":"molecule""#,
        r#""issue_type":"agent""#,
        r#""defer_until":"2026-02-01T00:00:00Z""#,
    ] {
        check(&[("a-1", fields), ("a-2", "")], &["a-2"]);
    }
    for fields in [
        r#""status":"in_progress""#,
        r#""status":"""#,
        r#""pinned":false"#,
        r#""labels":["gt:task"]"#,
        r#""issue_type":"epic""#,
        r#""defer_until":"2025-02-01T00:00:00Z""#,
    ] {
        check(&[("a-1", fields)], &["a-1"]);
    }
}

#[test]
fn an_open_blocker_holds_up_and_nothing_else_does() {
    for (kind, target, ready) in [
        ("blocks", r#""status":"open""#, false),
        ("blocks", r#""status":"in_progress""#, false),
        ("blocks", r#""status":"deferred""#, false),
        ("blocks", r#""status":"hooked""#, false),
        ("blocks", r#""status":"closed""#, true),
        ("blocks", r#""status":"tombstone""#, true),
        ("blocks", r#""status":"pinned""#, true),
        ("related", r#""status":"hooked""#, true),
        ("discovered-from", r#""status":"hooked""#, true),
        ("parent-child", r#""status":"hooked""#, true),
        ("conditional-blocks", r#""status":"hooked""#, false),
        ("conditional-blocks", r#""status":"closed","close_reason":"done""#, false),
        ("conditional-blocks", r#""status":"closed","close_reason":"Tests FAILED""#, true),
        // It has no children that could be waited for.
        ("waits-for", r#""status":"hooked""#, true),
    ] {
        let waits = format!(r#""dependencies":[{{"depends_on_id":"a-9","type":"{kind}"}}]"#);
        let expected: &[&str] = match (ready, target) {
            (true, _) => &["a-1"],
            (false, r#""status":"open""# | r#""status":"in_progress""#) => &["a-9"],
            (false, _) => &[],
        };
        check(&[("a-1", &waits), ("a-9", target)], expected);
    }
    // What is in no ledger here holds up nobody.
    check(&[("a-1", on!("blocks" "b-7", "blocks" "external:x:y"))], &["a-1"]);
}

#[test]
fn a_blocker_of_an_ancestor_holds_up_too() {
    let issues = [
        ("a-1", on!("blocks" "a-9")),
        ("a-1.1", on!("parent-child" "a-1")),
        ("a-1.1.1", on!("parent-child" "a-1.1")),
        ("a-2", ""),
        ("a-2.1", on!("parent-child" "a-2")),
        ("a-9", ""),
    ];
    check(&issues, &["a-2", "a-2.1", "a-9"]);
}

#[test]
fn who_waits_for_children_waits_for_all_of_them() {
    let with = |last: &'static str| {
        [
            ("a-1", on!("waits-for" "a-5")),
            ("a-5", r#""status":"hooked""#),
            (
                "a-5.1",
                r#""status":"closed","dependencies":[{"depends_on_id":"a-5","type":"parent-child"}]"#,
            ),
            ("a-5.2", last),
        ]
    };
    check(&with(on!("parent-child" "a-5")), &["a-5.2"]);
    let closed =
        r#""status":"closed","dependencies":[{"depends_on_id":"a-5","type":"parent-child"}]"#;
    check(&with(closed), &["a-1"]);
}

#[test]
fn circles_end() {
    check(&[("a-1", on!("blocks" "a-2")), ("a-2", on!("blocks" "a-1"))], &[]);
    check(
        &[("a-1", on!("parent-child" "a-2")), ("a-2", on!("parent-child" "a-1"))],
        &["a-1", "a-2"],
    );
    check(&[("a-1", on!("parent-child" "a-1"))], &["a-1"]);
}

#[test]
fn the_most_urgent_comes_first_and_then_the_oldest() {
    let issues = [
        ("a-1", r#""priority":2,"created_at":"2025-01-02T00:00:00Z""#),
        ("a-2", r#""priority":2,"created_at":"2025-01-02T00:30:00+01:00""#),
        ("a-3", r#""priority":0,"created_at":"2025-01-03T00:00:00Z""#),
        ("a-4", r#""priority":2,"created_at":"2025-01-02T00:00:00Z""#),
    ];
    check(&issues, &["a-3", "a-2", "a-1", "a-4"]);
}
