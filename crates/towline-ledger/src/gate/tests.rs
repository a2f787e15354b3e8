use super::*;
use crate::ledger::{Actor, Ledger, New};

fn ledger() -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::init(folder.path().join(".beads"), "gt").unwrap();
    (folder, ledger)
}

fn create(ledger: &Ledger, new: &New) -> String {
    let made = ledger.change(&Actor("mayor".into()), |change| change.create(new));
    made.unwrap().id().into_owned()
}

fn gate(title: &str, on: &[&str]) -> New {
    New {
        title: title.into(),
        issue_type: "gate".into(),
        depends_on: on.iter().map(|id| ((*id).to_owned(), "blocks".to_owned())).collect(),
        ..New::default()
    }
}

#[test]
fn gates_are_listed_opened_and_told_of() {
    let (_folder, ledger) = ledger();
    let first = create(&ledger, &New { title: "First".into(), ..New::default() });
    let later = create(&ledger, &gate("Later", &[&first]));
    let now = create(&ledger, &gate("Now", &[]));
    let behind = create(
        &ledger,
        &New {
            title: "Behind".into(),
            assignee: "demo/polecats/Toast".into(),
            depends_on: vec![(now.clone(), "blocks".into())],
            ..New::default()
        },
    );
    let shut = shut(&ledger.read().unwrap());
    let facts: Vec<_> = shut
        .iter()
        .map(|gate| (gate.id.as_str(), gate.is_reached(), gate.await_type.as_str()))
        .collect();
    assert_eq!(facts, [(now.as_str(), true, "human"), (later.as_str(), false, "human")]);
    assert_eq!(
        (&shut[0].blocks, &shut[1].waits_for),
        (&vec![behind.clone()], &vec![first.clone()])
    );
    assert_eq!(shut[0].waiters, ["demo/polecats/Toast"]);

    let actor = Actor("mayor".into());
    let try_approve = |id: &str, force: bool| {
        ledger
            .change(&actor, |change| approve(change, id, " yes ", force))
            .map_err(|error| error.to_string())
    };
    assert_eq!(try_approve(&first, true).unwrap_err(), format!("{first} is no gate, but a task"));
    assert_eq!(
        try_approve(&later, false).unwrap_err(),
        format!("{later} is not reached yet: first comes [{first}]")
    );
    let approved = try_approve(&now, false).unwrap();
    assert_eq!((&approved.ready, &approved.closed), (&vec![behind], &vec![now.clone()]));
    assert_eq!(approved.reason, "Approved by mayor: yes");
    assert_eq!(
        try_approve(&now, true).unwrap_err(),
        format!("{now} is open already: Approved by mayor: yes")
    );
    assert!(try_approve(&later, true).is_ok());

    let told = ledger.change(&actor, |change| tell(change, &approved)).unwrap();
    assert_eq!(told, ["demo/polecats/Toast"]);
    let issues = ledger.read().unwrap();
    let mail = issues.iter().find(|brief| brief.issue_type() == "message").unwrap().issue();
    assert_eq!((&*mail.assignee(), mail.priority()), ("demo/Toast", 1));
    assert_eq!(mail.title(), format!("🚦 GATE CLEARED: {now}"));
}

#[test]
fn waiters_are_those_that_a_gate_names_too_each_once() {
    let line = r#"{"id":"gt-1","title":"Gate: gh:run 7","status":"open","priority":2,"issue_type":"gate","created_at":"2026-01-01T00:00:00Z","await_type":"gh:run","await_id":"7","waiters":["mayor/","demo/Toast"]}
{"id":"gt-2","title":"x","status":"open","priority":2,"assignee":"demo/polecats/Toast","created_at":"2026-01-01T00:00:00Z","dependencies":[{"issue_id":"gt-2","depends_on_id":"gt-1","type":"blocks"}]}
"#;
    let shut = shut(&Issues::parse(line.into()));
    assert_eq!((shut[0].await_type.as_str(), shut[0].await_id.as_str()), ("gh:run", "7"));
    assert_eq!(shut[0].waiters, ["mayor/", "demo/Toast"]);
}
