//! `tow mail`.

use std::fs;

use serde_json::Value;
use towline_testkit::Tow;

use crate::by_hand::{add, folder, town};
use crate::common::{json_in, ok_in, tow};

fn inbox(tow: &Tow, folder: &std::path::Path) -> Vec<Value> {
    json_in(tow, folder, &["mail", "inbox", "--json"]).as_array().unwrap().clone()
}

#[test]
fn a_message_goes_from_one_to_another_and_back() {
    let tow = tow();
    let town = town(&tow);
    let (mayor, toast) = (folder(&town, "mayor"), folder(&town, "polecats/Toast"));
    let sent = ok_in(
        &tow,
        &mayor,
        &["mail", "send", "demo/Toast", "-s", "Look", "-m", "at the log", "--cc", "demo/witness"],
    );
    assert_eq!(sent, "✓ Message sent to demo/Toast\n  Subject: Look\n  CC: demo/witness\n");
    // In the town's ledger, as Gas Town looks for it.
    let text = fs::read_to_string(town.join(".beads/issues.jsonl")).unwrap();
    let issue: Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!(
        (&issue["issue_type"], &issue["assignee"], &issue["status"]),
        (&"message".into(), &"demo/Toast".into(), &"open".into())
    );
    assert!(issue["labels"].as_array().unwrap().contains(&"from:mayor/".into()), "{issue}");
    let id = issue["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("hq-"), "{id}");

    assert_eq!(
        tow.run_in(&toast, &["mail", "check"]).expect_status(0).stdout,
        "📬 1 unread message(s)\n"
    );
    let shown = ok_in(&tow, &toast, &["mail", "inbox"]);
    assert!(
        shown.starts_with("📬 Inbox: demo/Toast (1 message, 1 unread)\n\n  ● Look\n"),
        "{shown}"
    );
    let peeked = ok_in(&tow, &toast, &["mail", "peek"]);
    assert_eq!(peeked, format!("📬 Look\nFrom: mayor/\nID: {id}\n\nat the log\n"));
    let read = ok_in(&tow, &toast, &["mail", "read", &id]);
    assert!(
        read.starts_with("Subject: Look\n\nFrom: mayor/\nTo: demo/Toast\nCC: demo/witness\n"),
        "{read}"
    );
    assert!(read.ends_with("\n\nat the log\n"), "{read}");
    tow.run_in(&toast, &["mail", "peek"]).expect_status(1);
    assert_eq!(tow.run_in(&toast, &["mail", "check"]).expect_status(1).stdout, "No new mail\n");
    assert_eq!(inbox(&tow, &toast)[0]["read"], true);
    // The copy is another's to read.
    tow.run_in(&folder(&town, "witness"), &["mail", "check"]).expect_status(0);

    let replied = ok_in(&tow, &toast, &["mail", "reply", &id, "will do"]);
    assert!(
        replied.starts_with("✓ Reply sent to mayor/\n  Subject: Re: Look\n  Thread: thread-"),
        "{replied}"
    );
    let answer = &inbox(&tow, &mayor)[0];
    assert_eq!(
        (&answer["from"], &answer["type"], &answer["reply_to"]),
        (&"demo/Toast".into(), &"reply".into(), &id.clone().into())
    );
    let thread = json_in(&tow, &mayor, &["mail", "thread", &id, "--json"]);
    assert_eq!(thread.as_array().unwrap().len(), 2);
    assert!(ok_in(&tow, &mayor, &["mail", "thread", &id]).starts_with("🧵 Thread: thread-"));

    assert_eq!(ok_in(&tow, &toast, &["mail", "archive", &id]), "✓ Message archived\n");
    assert!(inbox(&tow, &toast).is_empty());
    assert_eq!(
        json_in(&tow, &toast, &["mail", "inbox", "--all", "--json"]).as_array().unwrap().len(),
        1
    );
    let answer = answer["id"].as_str().unwrap();
    assert_eq!(ok_in(&tow, &mayor, &["mail", "delete", answer]), "✓ Message deleted\n");
    tow.run_in(&mayor, &["mail", "read", answer]).expect_error(3, "there is no issue");
    assert!(tow.server_pid().is_none());
}

#[test]
fn a_body_comes_from_standard_input_and_groups_are_expanded() {
    let tow = tow();
    let town = town(&tow);
    let mayor = folder(&town, "mayor");
    let mut command =
        tow.command(&["mail", "send", "@polecats/demo", "demo/", "-s", "All", "-m", "-", "--json"]);
    command
        .current_dir(&mayor)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), "line one\nline two\n".as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let sent: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut to: Vec<&str> =
        sent.as_array().unwrap().iter().map(|mail| mail["to"].as_str().unwrap()).collect();
    to.sort_unstable();
    assert_eq!(to, ["demo/Nux", "demo/Toast", "demo/max", "demo/refinery", "demo/witness"]);
    assert_eq!(inbox(&tow, &folder(&town, "polecats/Nux"))[0]["body"], "line one\nline two");
    let own = ok_in(&tow, &mayor, &["mail", "send", "--self", "-s", "For later"]);
    assert_eq!(own, "✓ Message sent to mayor/\n  Subject: For later\n");
}

#[test]
fn what_others_wrote_is_read() {
    let tow = tow();
    let town = town(&tow);
    add(
        &town,
        "",
        &[
            r#"{"id":"hq-a","title":"Old","description":"x","status":"open","priority":0,"issue_type":"message","assignee":"mayor","created_at":"2026-01-01T00:00:00Z","labels":["from:gastown/crew/max","thread:thread-1"],"sender":"gastown/crew/max","unknown":{"kept":1}}"#,
            r#"{"id":"hq-b","title":"New","status":"open","priority":2,"issue_type":"task","assignee":"mayor/","created_at":"2026-01-02T00:00:00Z","labels":["gt:message","from:demo/Toast","delivery:pending"]}"#,
        ],
    );
    let mayor = folder(&town, "mayor");
    let mails = inbox(&tow, &mayor);
    assert_eq!(
        mails.iter().map(|mail| mail["id"].as_str().unwrap()).collect::<Vec<_>>(),
        ["hq-b", "hq-a"]
    );
    assert_eq!(
        (&mails[1]["from"], &mails[1]["priority"]),
        (&"gastown/max".into(), &"urgent".into())
    );
    let injected = ok_in(&tow, &mayor, &["mail", "check", "--inject"]);
    assert!(injected.starts_with("<system-reminder>\nURGENT: 1 urgent message(s) require immediate attention.\n\n- hq-a from gastown/max: Old\n"), "{injected}");
    assert!(injected.ends_with("\n</system-reminder>\n"), "{injected}");
    ok_in(&tow, &mayor, &["mail", "read", "a", "hq-b"]);
    let text = fs::read_to_string(town.join(".beads/issues.jsonl")).unwrap();
    assert!(
        text.contains(r#""unknown":{"kept":1}"#) && text.contains("delivery:pending"),
        "{text}"
    );
    assert_eq!(ok_in(&tow, &mayor, &["mail", "check", "--inject"]), "");
}

#[test]
fn a_check_for_agents_never_fails_and_is_silent_without_mail() {
    let tow = tow();
    let empty = tow.work().join("empty");
    fs::create_dir_all(&empty).unwrap();
    for arguments in [&["mail", "check", "--inject"][..], &["mail", "check", "--inject", "a//b"]] {
        let outcome = tow.run_in(&empty, arguments).expect_status(0);
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""));
    }
    tow.run_in(&empty, &["mail", "inbox"]).expect_error(1, "there is no ledger in");
    let town = town(&tow);
    fs::write(town.join(".beads/issues.jsonl"), "{broken\n").unwrap();
    let outcome = tow.run_in(&town, &["mail", "check", "--inject"]).expect_status(0);
    assert_eq!(outcome.stdout, "");
    let refused = tow.run_in(&town, &["mail", "send", "deacon/", "-s", "x"]);
    refused.expect_error(1, "line 1 can't be read");
}

#[test]
fn wrong_addresses_are_told() {
    let tow = tow();
    let town = town(&tow);
    let send = |to: &str| tow.run_in(&town, &["mail", "send", to, "-s", "x"]);
    send("nowhere/Toast").expect_error(3, "has no rig nowhere");
    send("@witneses").expect_error(2, "did you mean @witnesses?");
    send("a//b").expect_error(2, "is no identity");
    let odd = send("demo/Tost").expect_status(0);
    assert!(odd.stderr.contains("did you mean Toast?"), "{}", odd.stderr);
    let task = r#"{"id":"demo-t","title":"T","status":"open","priority":2}"#;
    add(&town, "demo", &[task]);
    tow.run_in(&town, &["mail", "read", "demo-t"])
        .expect_error(2, "demo-t is no message, but a task");
    let both = tow.run_in(&town, &["mail", "archive", "demo-t", "hq-none"]).expect_status(1);
    assert_eq!(both.stdout, "⚠ Archived 0/2 messages\n");
}

#[test]
fn mail_works_in_a_plain_repository() {
    let tow = tow();
    let folder = crate::common::ledger(&tow, "plain", "");
    ok_in(&tow, &folder, &["mail", "send", "ada", "-s", "Hello"]);
    let ada =
        tow.command(&["mail", "inbox", "ada", "--json"]).current_dir(&folder).output().unwrap();
    let mails: Value = serde_json::from_slice(&ada.stdout).unwrap();
    assert_eq!((&mails[0]["from"], &mails[0]["to"]), (&"me".into(), &"ada".into()));
    tow.run_in(&folder, &["mail", "send", "@town", "-s", "x"]).expect_error(1, "a group of a town");
}
