use std::fs;
use std::path::Path;

use super::*;
use crate::ledger::{Actor, Change, Ledger, LedgerError, New};
use crate::ledgers::Ledgers;
use crate::place::Env;

/// A town with the rigs `demo` (prefix dm) and `other` (prefix ot).
fn town() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("mayor")).unwrap();
    fs::write(root.join("mayor/town.json"), r#"{"type":"town","version":2,"name":"t"}"#).unwrap();
    Ledger::init(root.join(".beads"), "hq").unwrap();
    for (rig, prefix) in [("demo", "dm"), ("other", "ot")] {
        fs::create_dir_all(root.join(rig)).unwrap();
        fs::write(
            root.join(rig).join("config.json"),
            format!(r#"{{"type":"rig","name":"{rig}"}}"#),
        )
        .unwrap();
        Ledger::init(root.join(rig).join(".beads"), prefix).unwrap();
    }
    let routes = "{\"prefix\":\"hq-\",\"path\":\".\"}\n{\"prefix\":\"dm-\",\"path\":\"demo\"}\n{\"prefix\":\"ot-\",\"path\":\"other\"}\n";
    fs::write(root.join(".beads/routes.jsonl"), routes).unwrap();
    folder
}

fn ledgers(folder: &Path) -> Ledgers {
    Ledgers::find(folder, Env { user: Some("me".into()), ..Env::default() })
}

fn change<T>(
    ledger: &Ledger,
    with: impl Fn(&mut Change<'_>) -> Result<T, LedgerError>,
) -> Result<T, String> {
    ledger.change(&Actor("mayor".into()), with).map_err(|error| error.to_string())
}

fn issue(ledger: &Ledger, title: &str) -> String {
    let new = New { title: title.into(), ..New::default() };
    change(ledger, |change| change.create(&new)).unwrap().id().into_owned()
}

fn close(ledger: &Ledger, id: &str) {
    change(ledger, |change| {
        change.update(id, |issue, now| {
            issue.set_status(&Status::Closed, now);
            Ok::<_, LedgerError>(())
        })
    })
    .unwrap();
}

fn mail(ledger: &Ledger) -> Vec<(String, String)> {
    let issues = ledger.read().unwrap();
    let messages = issues.iter().filter(|brief| brief.issue_type() == "message");
    messages.map(|brief| (brief.assignee(), brief.issue().title().into_owned())).collect()
}

#[test]
fn a_convoy_lands_with_the_last_issue_wherever_that_is() {
    let town = town();
    let root = town.path();
    let [demo, other] = ["demo", "other"].map(|rig| Ledger::at(root.join(rig).join(".beads")));
    let (one, two) = (issue(&demo, "One"), issue(&other, "Two"));
    let hq = Ledger::at(root.join(".beads"));
    let new = NewConvoy {
        title: "Release".into(),
        issues: vec![one.clone(), two.clone(), one.clone()],
        owner: "demo/polecats/Toast".into(),
        notify: "mayor/".into(),
        preset: "big".into(),
    };
    let made = change(&hq, |change| create(change, &new)).unwrap();
    let name = made.id.strip_prefix("hq-cv-").unwrap();
    assert!(name.len() == 5 && name.bytes().all(is_digit), "{}", made.id);
    assert_eq!(made.tracked, [one.as_str(), two.as_str()]);
    assert_eq!(
        (made.owner.as_str(), made.notify.as_str(), made.preset.as_str()),
        ("demo/polecats/Toast", "mayor/", "big")
    );

    // From a rig's folder, as a polecat would.
    let here = ledgers(&root.join("demo"));
    assert_eq!(preset_of(&here, &two).unwrap().as_deref(), Some("big"));
    assert_eq!(preset_of(&here, "dm-none").unwrap(), None);
    close(&demo, &one);
    assert_eq!(settle(&here, std::slice::from_ref(&one)).unwrap(), []);
    close(&other, &two);
    assert_eq!(settle(&here, &["ot-none".into()]).unwrap(), []);
    assert_eq!(settle(&here, &[]).unwrap(), []);
    let landed = settle(&here, std::slice::from_ref(&two)).unwrap();
    assert_eq!(landed.len(), 1);
    assert_eq!(
        (&landed[0].id, &landed[0].told),
        (&made.id, &vec!["demo/polecats/Toast".to_owned(), "mayor/".into()])
    );
    assert_eq!(settle(&here, std::slice::from_ref(&two)).unwrap(), []);
    let convoy = hq.read().unwrap().find(&made.id).unwrap().issue();
    assert_eq!((convoy.status(), &*convoy.text("close_reason")), (Status::Closed, CLOSE_REASON));
    let subject = "🚚 Convoy landed: Release".to_owned();
    let mut told = mail(&hq);
    told.sort();
    assert_eq!(told, [("demo/Toast".to_owned(), subject.clone()), ("mayor/".to_owned(), subject)]);
    assert_eq!(preset_of(&here, &two).unwrap(), None);

    // Added to, it is under way again.
    let three = issue(&demo, "Three");
    let (again, new) =
        change(&hq, |change| add(change, &made.id, &[two.clone(), three.clone()])).unwrap();
    assert!(again.is_open() && new == [three.as_str()]);
    close(&demo, &three);
    assert_eq!(check(&here).unwrap().len(), 1);
    assert_eq!(check(&here).unwrap(), []);
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte)
}

#[test]
fn the_convoys_of_gas_town_are_read() {
    let town = town();
    let demo = Ledger::at(town.path().join("demo/.beads"));
    let one = issue(&demo, "One");
    let dependency = |target: &str| {
        format!(r#"{{"issue_id":"hq-cv-aaaaa","depends_on_id":"{target}","type":"tracks"}}"#)
    };
    let line = |id: &str, labels: &str, target: &str| {
        format!(
            "{{\"id\":\"{id}\",\"title\":\"Work: One\",\"description\":\"Convoy tracking 1 issues\\nNotify: mayor/\\nMolecule: X\",\
             \"status\":\"open\",\"priority\":2,\"issue_type\":\"convoy\",\"created_at\":\"2026-01-01T00:00:00Z\",\
             \"created_by\":\"gastown/crew/joe\",\"updated_at\":\"2026-01-01T00:00:00Z\",\"labels\":[{labels}],\
             \"dependencies\":[{}]}}\n",
            dependency(target)
        )
    };
    let text = line("hq-cv-aaaaa", "", &format!("external:demo:{one}"))
        + &line("hq-cv-bbbbb", "\"gt:owned\"", &one)
        + &line("hq-cv-ccccc", "", "zz-unknown");
    fs::write(town.path().join(".beads/issues.jsonl"), text).unwrap();
    let here = ledgers(town.path());
    let convoy = Convoy::of(&Known::of(&here).find("hq-cv-aaaaa").unwrap()).unwrap();
    assert_eq!(
        (convoy.tracked, convoy.notify.as_str(), convoy.owner.as_str()),
        (vec![one.clone()], "mayor/", "gastown/crew/joe")
    );
    close(&demo, &one);
    // The one that somebody looks after, and the one whose issue can't be found, stay.
    let landed = check(&here).unwrap();
    assert_eq!(landed.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["hq-cv-aaaaa"]);
    let tracked = Known::of(&here).tracked(&["zz-unknown".into()]);
    assert_eq!((tracked[0].status(), tracked[0].is_over()), ("unknown".to_owned(), false));
    for (target, id) in
        [("gt-a", "gt-a"), ("external:gt-mol:gt-mol-x", "gt-mol-x"), ("external:odd", "odd")]
    {
        assert_eq!(tracked_id(target), id);
    }
}

#[test]
fn what_makes_no_convoy_is_refused() {
    let town = town();
    let hq = Ledger::at(town.path().join(".beads"));
    let plain = issue(&hq, "Plain");
    let nothing = NewConvoy { title: "Empty".into(), ..NewConvoy::default() };
    let broken = NewConvoy {
        title: "x".into(),
        issues: vec![plain.clone()],
        owner: "a\nPreset: b".into(),
        ..NewConvoy::default()
    };
    let untitled = NewConvoy { issues: vec![plain.clone()], ..NewConvoy::default() };
    for new in [nothing, broken, untitled] {
        assert!(change(&hq, |change| create(change, &new)).is_err(), "{new:?}");
    }
    let error = change(&hq, |change| add(change, &plain, &["dm-1".into()])).unwrap_err();
    assert_eq!(error, format!("{plain} is not a convoy (type: task)"));
}

#[test]
fn outside_of_a_town_convoys_are_in_the_projects_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::init(folder.path().join(".beads"), "pr").unwrap();
    let one = issue(&ledger, "One");
    let new = NewConvoy { title: "All".into(), issues: vec![one.clone()], ..NewConvoy::default() };
    let made = change(&ledger, |change| create(change, &new)).unwrap();
    assert!(made.id.starts_with("pr-cv-"), "{}", made.id);
    close(&ledger, &one);
    let landed = settle(&ledgers(folder.path()), &[one]).unwrap();
    assert_eq!(landed[0].told, ["mayor"]);
    let nowhere = tempfile::tempdir().unwrap();
    assert_eq!(settle(&ledgers(nowhere.path()), &["pr-1".into()]).unwrap(), []);
}
