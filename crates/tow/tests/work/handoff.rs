//! `tow handoff`.

use std::fs;

use towline_testkit::{Demo, Outer, wait_until};

use crate::by_hand::{add, folder, line, town};
use crate::common::{json_in, ok_in, tow};

#[test]
fn a_note_is_shown_to_the_next_session_as_long_as_its_work_goes_on() {
    let tow = tow();
    let town = town(&tow);
    let (toast, nux) = (folder(&town, "polecats/Toast"), folder(&town, "polecats/Nux"));
    add(&town, "demo", &[&line("demo-a", r#""status":"hooked","assignee":"demo/polecats/Toast""#)]);
    let outcome = tow
        .run_in(&toast, &["handoff", "-s", "Half of it", "-m", "the parser is done"])
        .expect_status(0);
    assert!(
        outcome.stdout.starts_with(
            "🤝 Handing off demo/polecats/Toast...\n✓ Note left for your next session: hq-"
        ),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stdout.contains("○ No pane to restart (this is no pane of Towline's)"),
        "{}",
        outcome.stdout
    );
    assert!(outcome.stderr.contains(&format!("  cd {}\n", toast.display())), "{}", outcome.stderr);
    let told = ok_in(&tow, &toast, &["prime"]);
    assert!(told.contains("## Handoff from Previous Session\n\nLeft just now.\n\nHalf of it\n\nthe parser is done\n"), "{told}");
    // Again, and to nobody else.
    assert!(ok_in(&tow, &toast, &["prime"]).contains("the parser is done"));
    assert!(!ok_in(&tow, &nux, &["prime"]).contains("Handoff from"));
    // The next takes its place.
    let again = json_in(&tow, &toast, &["handoff", "--no-restart", "-m", "tests too", "--json"]);
    assert_eq!(
        (&again["restarting"], &again["agent"]),
        (&false.into(), &"demo/polecats/Toast".into())
    );
    let told = ok_in(&tow, &toast, &["prime"]);
    assert!(told.contains("tests too") && !told.contains("the parser"), "{told}");
    let text = fs::read_to_string(town.join(".beads/issues.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(
        text.contains(r#""title":"demo/polecats/Toast Handoff""#)
            && text.contains(r#""status":"pinned""#),
        "{text}"
    );
    // What it was about is over.
    let closed = line(
        "demo-a",
        r#""status":"closed","closed_at":"2026-01-02T00:00:00Z","assignee":"demo/polecats/Toast""#,
    );
    fs::write(town.join("demo/.beads/issues.jsonl"), closed + "\n").unwrap();
    assert!(!ok_in(&tow, &toast, &["prime"]).contains("Handoff from"));
    assert!(tow.server_pid().is_none());
}

#[test]
fn every_role_can_leave_one_and_clear_it() {
    let tow = tow();
    let town = town(&tow);
    for place in ["mayor", "deacon", "witness", "refinery/rig", "crew/max"] {
        let folder = folder(&town, place);
        ok_in(&tow, &folder, &["handoff", "--no-restart", "-m", &format!("from {place}")]);
        assert!(
            ok_in(&tow, &folder, &["prime", "-n"]).contains(&format!("from {place}\n")),
            "{place}"
        );
        assert!(
            ok_in(&tow, &folder, &["handoff", "--clear"])
                .starts_with("✓ Cleared handoff content for ")
        );
        assert!(!ok_in(&tow, &folder, &["prime", "-n"]).contains("Handoff from"), "{place}");
    }
    let plain = crate::common::ledger(&tow, "plain", "");
    ok_in(&tow, &plain, &["handoff", "--no-restart", "-m", "go on"]);
    assert!(ok_in(&tow, &plain, &["prime"]).contains("go on"));
    assert!(ok_in(&tow, &plain, &["handoff"]).contains("○ No note was left"));
    assert!(ok_in(&tow, &plain, &["prime"]).contains("go on"));
}

#[test]
fn the_agent_of_a_pane_is_started_anew_in_it() {
    let tow = tow();
    let demo = Demo::install(&tow);
    let town = town(&tow);
    let program = demo.program().to_str().unwrap().to_owned();
    let toast = folder(&town, "polecats/Toast");
    ok_in(&tow, &toast, &["spawn", "--detach", "--name", "demo-Toast", "--", &program]);
    tow.wait_output("demo-Toast", "^> ready");
    let person = Outer::attach(&tow, &["demo-Toast"], (80, 24));
    person.wait_text("> ready");
    let before = tow.pane("demo-Toast");
    let pid = before["pid"].as_i64().unwrap();
    // As the agent would run it: with what its pane gave it.
    let environ = fs::read(format!("/proc/{pid}/environ")).unwrap();
    let mut command = tow.command(&["handoff", "-m", "go on with the tests"]);
    for pair in environ.split(|byte| *byte == 0) {
        let pair = String::from_utf8_lossy(pair).into_owned();
        if let Some((name, value)) =
            pair.split_once('=').filter(|(name, _)| name.starts_with("TOWLINE_"))
        {
            command.env(name, value);
        }
    }
    let output = command.current_dir(&toast).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && told.ends_with("🔄 Restarting the agent in this pane...\n"),
        "{told}"
    );
    wait_until("it runs again", || {
        let pane = tow.pane("demo-Toast");
        (pane["pid"].as_i64().is_some_and(|now| now > 0 && now != pid) && pane["exit"].is_null())
            .then_some(())
    });
    let after = tow.pane("demo-Toast");
    assert_eq!((&after["id"], &after["command"]), (&before["id"], &before["command"]));
    wait_until("it is ready", || {
        (tow.pane("demo-Toast")["agent"]["state"] == "idle").then_some(())
    });
    // Whoever is attached stays so, and types to the new one.
    wait_until("they are attached again", || {
        (tow.pane("demo-Toast")["attached"] == 1).then_some(())
    });
    person.type_in("hello\r");
    wait_until("it takes that", || {
        (fs::read_to_string(toast.join("taken")).ok()? == "hello\n").then_some(())
    });
}

#[test]
fn a_shell_that_an_agent_was_started_in_is_left_alone() {
    let tow = tow();
    let town = town(&tow);
    tow.spawn("shell", "exec sleep 1000");
    let pid = tow.pane("shell")["pid"].as_i64().unwrap();
    let environ = fs::read(format!("/proc/{pid}/environ")).unwrap();
    let mut command = tow.command(&["handoff", "-m", "x"]);
    for pair in environ.split(|byte| *byte == 0) {
        let pair = String::from_utf8_lossy(pair).into_owned();
        if let Some((name, value)) =
            pair.split_once('=').filter(|(name, _)| name.starts_with("TOWLINE_"))
        {
            command.env(name, value);
        }
    }
    let output = command.current_dir(folder(&town, "mayor")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success()
            && said.contains("could not be restarted: the command of shell is no agent"),
        "{said}"
    );
    assert_eq!(tow.pane("shell")["pid"], pid);
}
