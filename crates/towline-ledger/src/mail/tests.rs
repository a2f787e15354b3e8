use std::fs;

use super::*;
use crate::issues::Issues;
use crate::ledger::{Actor, Ledger};
use crate::place::Town;

fn ledger() -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::init(folder.path().join(".beads"), "hq").unwrap();
    (folder, ledger)
}

fn sent(ledger: &Ledger, by: &str, message: &Message) -> Issue {
    ledger.change(&Actor(by.into()), |change| send(change, message)).unwrap()
}

fn who(text: &str) -> Identity {
    Identity::parse(text).unwrap()
}

#[test]
fn boxes_are_named_as_gas_town_looks_for_them() {
    for (text, name) in [
        ("mayor", "mayor/"),
        ("mayor/", "mayor/"),
        ("deacon", "deacon/"),
        ("gastown/polecats/Toast", "gastown/Toast"),
        ("gastown/Toast", "gastown/Toast"),
        ("gastown/crew/max", "gastown/max"),
        ("gastown/witness", "gastown/witness"),
        ("gastown/refinery", "gastown/refinery"),
        ("overseer", "overseer"),
        ("../x", "../x"),
    ] {
        assert_eq!(box_of(text), name, "{text}");
    }
}

#[test]
fn a_message_is_an_issue_that_both_sides_read() {
    let (_folder, ledger) = ledger();
    let message = Message {
        to: "gastown/polecats/Toast".into(),
        subject: " Two\nlines ".into(),
        body: "Look at <this>.\n".into(),
        urgency: Urgency::High,
        kind: "task".into(),
        cc: vec!["mayor".into()],
        ..Message::default()
    };
    let issue = sent(&ledger, "gastown/crew/max", &message);
    assert!(issue.id().starts_with("hq-"));
    assert_eq!((issue.assignee().as_ref(), issue.priority()), ("gastown/Toast", 1));
    let labels = issue.labels();
    for label in ["cc:mayor/", "from:gastown/crew/max", "msg-type:task"] {
        assert!(labels.iter().any(|one| one == label), "{labels:?}");
    }
    let mail = Mail::of(&issue).unwrap();
    assert_eq!((mail.subject.as_str(), mail.body.as_str()), ("Two lines", "Look at <this>."));
    assert_eq!(mail.sender, "gastown/crew/max");
    assert_eq!((mail.from.as_str(), mail.to.as_str()), ("gastown/max", "gastown/Toast"));
    assert!(!mail.read && mail.thread.starts_with("thread-") && mail.thread.len() == 19);
    let nothing = ledger.change(&Actor("me".into()), |change| send(change, &Message::default()));
    assert_eq!(nothing.unwrap_err().to_string(), "a message needs a subject");
}

#[test]
fn every_form_of_an_addressee_is_read() {
    let line = |id: &str, rest: &str| {
        format!(
            r#"{{"id":"hq-{id}","title":"T","priority":2,"created_at":"2026-01-0{id}T00:00:00Z",{rest}}}"#
        ) + "\n"
    };
    let text = [
        line("1", r#""status":"open","issue_type":"message","assignee":"mayor/""#),
        line("2", r#""status":"hooked","issue_type":"message","assignee":"mayor""#),
        line(
            "3",
            r#""status":"open","issue_type":"task","labels":["gt:message","from:a/b"],"assignee":"mayor/""#,
        ),
        line("4", r#""status":"closed","issue_type":"message","assignee":"mayor/""#),
        line(
            "5",
            r#""status":"open","issue_type":"message","assignee":"g/polecats/Toast","labels":["cc:mayor/"]"#,
        ),
        line(
            "6",
            r#""status":"open","issue_type":"message","assignee":"g/Toast","labels":["read"]"#,
        ),
        line(
            "7",
            r#""status":"open","issue_type":"task","assignee":"mayor/","description":"no gt:message""#,
        ),
        line("8", r#""status":"open","issue_type":"message","assignee":"overseer""#),
        line("9", r#""status":"tombstone","issue_type":"message","assignee":"mayor/""#),
    ];
    let issues = Issues::parse(text.concat().into_bytes());
    for (whose, filter, ids) in [
        ("mayor", Filter::Kept, "5 3 2 1"),
        ("mayor/", Filter::All, "5 4 3 2 1"),
        ("g/polecats/Toast", Filter::Kept, "6 5"),
        ("g/polecats/Toast", Filter::Unread, "5"),
        // The short form may be a member of the crew.
        ("g/crew/Toast", Filter::Kept, "6"),
        ("me", Filter::Kept, "8"),
        ("deacon", Filter::Kept, ""),
    ] {
        let found: Vec<String> = inbox(&issues, &who(whose), filter)
            .iter()
            .map(|mail| mail.id.trim_start_matches("hq-").to_owned())
            .collect();
        assert_eq!(found.join(" "), ids, "{whose} {filter:?}");
    }
}

#[test]
fn a_copy_is_read_and_put_away_by_itself() {
    let (_folder, ledger) = ledger();
    let message = Message {
        to: "g/Toast".into(),
        subject: "S".into(),
        cc: vec!["mayor".into(), "g/witness".into()],
        ..Message::default()
    };
    let id = sent(&ledger, "deacon", &message).id().into_owned();
    let actor = Actor("mayor".into());
    let count = |whose: &str, filter| inbox(&ledger.read().unwrap(), &who(whose), filter).len();
    assert!(ledger.change(&actor, |change| mark_read(change, &id, &who("mayor"))).unwrap());
    assert_eq!(
        [
            count("mayor", Filter::Unread),
            count("g/Toast", Filter::Unread),
            count("g/witness", Filter::Unread)
        ],
        [0, 1, 1]
    );
    ledger.change(&actor, |change| archive(change, &id, &who("mayor"))).unwrap();
    assert_eq!([count("mayor", Filter::Kept), count("g/Toast", Filter::Kept)], [0, 1]);
    ledger.change(&actor, |change| mark_read(change, &id, &who("g/Toast"))).unwrap();
    assert_eq!([count("g/Toast", Filter::Unread), count("g/Toast", Filter::Kept)], [0, 1]);
    assert!(ledger.change(&actor, |change| mark_unread(change, &id, &who("g/Toast"))).unwrap());
    assert_eq!(count("g/Toast", Filter::Unread), 1);
    ledger.change(&actor, |change| archive(change, &id, &who("g/Toast"))).unwrap();
    assert_eq!([count("g/Toast", Filter::Kept), count("g/Toast", Filter::All)], [0, 1]);
}

#[test]
fn a_thread_is_its_messages_in_their_order() {
    let (_folder, ledger) = ledger();
    let first = Mail::of(&sent(
        &ledger,
        "mayor",
        &Message { to: "g/Toast".into(), subject: "Ask".into(), ..Message::default() },
    ))
    .unwrap();
    let answer = Message {
        to: first.from.clone(),
        subject: first.reply_subject(),
        thread: first.thread.clone(),
        reply_to: first.id.clone(),
        kind: "reply".into(),
        ..Message::default()
    };
    let second = Mail::of(&sent(&ledger, "g/Toast", &answer)).unwrap();
    sent(
        &ledger,
        "mayor",
        &Message { to: "g/Toast".into(), subject: "Other".into(), ..Message::default() },
    );
    assert_eq!((second.subject.as_str(), second.reply_subject().as_str()), ("Re: Ask", "Re: Ask"));
    let issues = ledger.read().unwrap();
    for name in [&first.thread, &first.id, &second.id] {
        let ids: Vec<String> = thread(&issues, name).into_iter().map(|mail| mail.id).collect();
        assert_eq!(ids, [first.id.clone(), second.id.clone()], "{name}");
    }
    assert!(thread(&issues, "thread-none").is_empty());
}

#[test]
fn groups_are_those_who_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let make = |path: &str| fs::create_dir_all(folder.path().join(path)).unwrap();
    for path in [
        "mayor",
        "demo/polecats/Toast",
        "demo/polecats/max",
        "demo/crew/max",
        "demo/witness",
        "other",
    ] {
        make(path);
    }
    fs::write(folder.path().join("mayor/town.json"), "{}").unwrap();
    for rig in ["demo", "other"] {
        fs::write(folder.path().join(rig).join("config.json"), "{\"type\":\"rig\"}").unwrap();
    }
    let town = Town::read(folder.path()).unwrap();
    let told = |text: &str| match addresses(Some(&town), text) {
        Ok(all) => all
            .iter()
            .map(|one| {
                let mark = if one.exact { "!" } else { "" };
                let doubt =
                    one.doubt.as_ref().map(|doubt| format!(" ({doubt})")).unwrap_or_default();
                format!("{}{mark}{doubt}", one.who)
            })
            .collect::<Vec<_>>()
            .join(", "),
        Err(error) => format!("error: {error}"),
    };
    for (text, expected) in [
        ("mayor/", "mayor"),
        ("demo/Toast", "demo/polecats/Toast"),
        ("demo/max", "demo/polecats/max!"),
        ("demo/crew/max", "demo/crew/max!"),
        (
            "demo/Tost",
            "demo/polecats/Tost (demo has no worker Tost at present; did you mean Toast?)",
        ),
        (
            "demo/",
            "demo/witness, demo/refinery, demo/crew/max!, demo/polecats/Toast, demo/polecats/max!",
        ),
        ("@rig/other", "other/witness, other/refinery"),
        ("@crew/demo", "demo/crew/max!"),
        ("@polecats", "demo/polecats/Toast, demo/polecats/max!"),
        ("@witnesses", "demo/witness, other/witness"),
        ("@overseer", "overseer"),
        ("mayr", "mayr (mayr is taken for a person; did you mean mayor?)"),
        ("demo", "demo (demo is a rig: demo/ would be all of it)"),
        ("ada", "ada"),
        ("@polecats/other", "error: @polecats/other is nobody at present"),
        ("@witneses", "error: @witneses is no group; did you mean @witnesses?"),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
    assert!(told("@town").starts_with("mayor, deacon, demo/witness"));
    assert!(told("nowhere/Toast").starts_with("error: the town"), "{}", told("nowhere/Toast"));
    assert!(matches!(addresses(None, "@town"), Err(AddressError::NoTown(_))));
}
