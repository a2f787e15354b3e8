use super::*;
use crate::ledger::{Actor, Ledger, New};

fn who(text: &str) -> Identity {
    Identity::parse(text).unwrap()
}

fn line(id: &str, rest: &str) -> String {
    format!(
        r#"{{"id":"g-{id}","title":"T","priority":2,"created_at":"2026-01-01T00:00:00Z",{rest}}}"#
    ) + "\n"
}

#[test]
fn pinned_is_work_only_where_it_is_some() {
    for (rest, hooked) in [
        (r#""status":"hooked","assignee":"g/polecats/Toast""#, true),
        (r#""status":"hooked","assignee":"g/Toast""#, true),
        (r#""status":"hooked","assignee":"g/Nux""#, false),
        (r#""status":"hooked""#, false),
        (r#""status":"open","assignee":"g/Toast""#, false),
        // Mail can be on a hook, and a molecule's root.
        (r#""status":"hooked","issue_type":"message","assignee":"g/Toast""#, true),
        (r#""status":"hooked","issue_type":"molecule","assignee":"g/Toast""#, true),
        (r#""status":"hooked","issue_type":"agent","assignee":"g/Toast""#, false),
        (r#""status":"pinned","assignee":"g/polecats/Toast""#, true),
        (r#""status":"pinned","assignee":"g/Toast","issue_type":"bug""#, true),
        (r#""status":"pinned","assignee":"g/Toast","issue_type":"agent""#, false),
        (
            r#""status":"pinned","assignee":"g/Toast","issue_type":"task","labels":["gt:agent"]"#,
            false,
        ),
        (r#""status":"pinned","assignee":"g/Toast","issue_type":"message""#, false),
        (r#""status":"pinned","assignee":"g/Toast","pinned":true"#, false),
        (
            r#""status":"pinned","assignee":"g/Toast","pinned":true,"description":"attached_molecule: g-m\n\nx""#,
            true,
        ),
        (r#""status":"pinned","title":"polecat Handoff","assignee":"g/Toast""#, false),
        (
            r#""status":"pinned","title":"polecat Handoff","assignee":"g/Toast","description":"attached_args: x""#,
            true,
        ),
    ] {
        let issues = Issues::parse(line("1", rest).into_bytes());
        assert_eq!(super::hooked(&issues, &who("g/polecats/Toast")).len() == 1, hooked, "{rest}");
    }
}

#[test]
fn the_most_urgent_comes_first_then_the_oldest() {
    let text = [
        line("1", r#""status":"hooked","assignee":"mayor""#),
        line("2", r#""status":"hooked","assignee":"mayor/","created_at":"2025-01-01T00:00:00Z""#),
        line("3", r#""status":"hooked","assignee":"mayor","priority":0"#),
        line("4", r#""status":"in_progress","assignee":"mayor""#),
        line("5", r#""status":"in_progress","assignee":"mayor","issue_type":"message""#),
    ];
    let issues = Issues::parse(text.concat().into_bytes());
    let ids = |briefs: Vec<Brief<'_>>| {
        briefs.iter().map(|brief| brief.id().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(hooked(&issues, &who("mayor"))), ["g-3", "g-2", "g-1"]);
    assert_eq!(ids(begun(&issues, &who("mayor"))), ["g-4"]);
}

#[test]
fn work_is_taken_on_and_released() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::init(folder.path().join(".beads"), "g").unwrap();
    let actor = Actor("me".into());
    let new = |title: &str, kind: &str| New {
        title: title.into(),
        issue_type: kind.into(),
        ..New::default()
    };
    let make =
        |new: New| ledger.change(&actor, |change| change.create(&new)).unwrap().id().into_owned();
    let id = make(new("One", ""));
    let hook = |id: &str, whose: &str, force| {
        ledger.change(&actor, |change| attach(change, id, &who(whose), force))
    };
    let (issue, already) = hook(&id, "g/polecats/Toast", false).unwrap();
    assert_eq!(
        (issue.status(), issue.assignee().as_ref(), already),
        (Status::Hooked, "g/polecats/Toast", false)
    );
    assert!(hook(&id, "g/polecats/Toast", false).unwrap().1);
    let told = hook(&id, "mayor", false).unwrap_err();
    assert_eq!(told.to_string(), format!("{id} is on the hook of g/polecats/Toast"));
    assert_eq!(hook(&id, "mayor", true).unwrap().0.assignee(), "mayor");
    let free = ledger.change(&actor, |change| release(change, &id)).unwrap();
    assert_eq!((free.status(), free.assignee().as_ref()), (Status::Open, ""));
    let agent = make(new("An agent", "agent"));
    assert!(
        hook(&agent, "mayor", true).unwrap_err().to_string().contains("is no work, but a agent")
    );
    ledger
        .change(&actor, |change| {
            change.update(&id, |issue, now| {
                issue.set_status(&Status::Closed, now);
                Ok::<_, LedgerError>(())
            })
        })
        .unwrap();
    assert!(
        hook(&id, "mayor", true).unwrap_err().to_string().ends_with("is closed: its work is done")
    );
}
