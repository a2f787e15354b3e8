//! `tow prime`.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use towline_testkit::Tow;

use crate::by_hand::{add, folder, line, town};
use crate::common::{json_in, ledger, ok_in, tow};

const ATTACHED: &str = r#""status":"hooked","assignee":"demo/polecats/Toast""#;

fn attached(fields: &str) -> String {
    line("demo-a", ATTACHED).replace("It fails.", &format!("{fields}\\n\\nIt fails."))
}

#[test]
fn arguments_are_shown_whether_or_not_there_is_a_molecule() {
    let tow = tow();
    let town = town(&tow);
    add(&town, "demo", &[&attached("attached_args: patch release\\ndispatched_by: mayor")]);
    let toast = folder(&town, "polecats/Toast");
    let told = ok_in(&tow, &toast, &["prime"]);
    assert!(told.starts_with("# Polecat Context\n"), "{told}");
    for expected in [
        "You are **demo/polecats/Toast**",
        "## ATTACHED WORK DETECTED\n\nPinned bead: demo-a\n",
        "ARGS (use these to guide execution):\n  patch release\n",
        "  Title: Fix the build\n",
        "    It fails.\n",
        "`tow done`",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(!told.contains("Progress") && !told.contains("Attached molecule"), "{told}");
    let json = json_in(&tow, &toast, &["prime", "--json"]);
    assert_eq!(json["hook"][0]["attached_args"], "patch release");
    assert_eq!(json["hook"][0]["description"], "It fails.");
    // From anywhere in the worktree, with the older short name too, and without a server.
    fs::create_dir_all(toast.join("src/deep")).unwrap();
    assert!(ok_in(&tow, &toast.join("src/deep"), &["prime"]).contains("Pinned bead: demo-a"));
    assert!(tow.server_pid().is_none());
}

#[test]
fn a_molecule_is_shown_with_its_current_step() {
    let tow = tow();
    let town = town(&tow);
    let step = |n: u32, status: &str, needs: &str| {
        format!(
            r#"{{"id":"demo-m.{n}","title":"Step {n}","description":"Do {n}.","status":"{status}","priority":2,"issue_type":"task","dependencies":[{{"issue_id":"demo-m.{n}","depends_on_id":"demo-m","type":"parent-child"}}{needs}]}}"#
        )
    };
    let needs = |n: u32, on: u32| {
        format!(r#",{{"issue_id":"demo-m.{n}","depends_on_id":"demo-m.{on}","type":"blocks"}}"#)
    };
    add(
        &town,
        "demo",
        &[
            &attached(
                "attached_molecule: demo-m\\nattached_at: 2025-12-26T12:00:00Z\\nattached_args: patch release",
            ),
            r#"{"id":"demo-m","title":"Work","status":"open","priority":2,"issue_type":"molecule"}"#,
            &step(1, "closed", ""),
            &step(2, "open", &needs(2, 1)),
            &step(3, "open", &needs(3, 2)),
        ],
    );
    let toast = folder(&town, "polecats/Toast");
    let told = ok_in(&tow, &toast, &["prime"]);
    let expected = "Pinned bead: demo-a\nAttached molecule: demo-m\nAttached at: 2025-12-26T12:00:00Z\n\n\
        ARGS (use these to guide execution):\n  patch release\n\n**Progress:** 1/3 steps complete\n\n\
        ## CURRENT STEP: Step 2\n\n**Step ID:** demo-m.2\n**Status:** open (ready to execute)\n\n### Instructions\n\nDo 2.\n";
    assert!(told.contains(expected), "{told}");
    assert!(told.contains("`tow mol step done demo-m.2`"), "{told}");
    let json = json_in(&tow, &toast, &["prime", "--json"]);
    assert_eq!(json["hook"][0]["progress"]["done_steps"], 1);
    assert_eq!(json["hook"][0]["current_step"]["id"], "demo-m.2");
}

#[test]
fn an_empty_hook_shows_what_is_ready_and_mail_comes_along() {
    let tow = tow();
    let town = town(&tow);
    add(
        &town,
        "demo",
        &[
            &line("demo-a", r#""status":"open""#),
            &line("demo-b", r#""status":"in_progress","assignee":"demo/max""#),
            &line("demo-c", r#""status":"open","assignee":"demo/Nux""#),
        ],
    );
    ok_in(
        &tow,
        &folder(&town, "mayor"),
        &["mail", "send", "demo/crew/max", "-s", "Hello\u{7}", "--urgent"],
    );
    let max = folder(&town, "crew/max");
    let told = ok_in(&tow, &max, &["prime"]);
    for expected in [
        "# Crew Worker Context",
        "## Work in Progress\n\n- [P1] [bug] demo-b: Fix the build\n",
        "## Ready Work\n\n- [P1] [bug] demo-a: Fix the build\n",
        "## Unread Mail (1)\n\n- hq-",
        " from mayor/: Hello [URGENT]\n",
        "Announce: \"demo Crew max, checking in.\"",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(!told.contains("demo-c"), "another's: {told}");
    assert!(!told.contains("ATTACHED WORK"), "{told}");
}

#[test]
fn a_patrol_role_with_an_empty_hook_gets_its_patrol_once() {
    let tow = tow();
    let town = town(&tow);
    for (place, formula) in [
        ("witness", "mol-witness-patrol"),
        ("refinery/rig", "mol-refinery-patrol"),
        ("deacon", "mol-deacon-patrol"),
    ] {
        let folder = folder(&town, place);
        let first = ok_in(&tow, &folder, &["prime"]);
        assert!(first.contains(&format!("({formula})")), "{first}");
        assert!(
            first.contains("## CURRENT STEP:") && first.contains("**Progress:** 0/"),
            "{first}"
        );
        let second = ok_in(&tow, &folder, &["prime"]);
        assert!(
            second.contains("ATTACHED WORK DETECTED") && !second.contains("## Patrol Status"),
            "{second}"
        );
        let pinned = |text: &str| {
            text.lines().find(|line| line.starts_with("Pinned bead:")).unwrap().to_owned()
        };
        assert_eq!(pinned(&first), pinned(&second));
    }
    // Others aren't given any.
    assert!(!ok_in(&tow, &folder(&town, "mayor"), &["prime"]).contains("Patrol"));
}

#[test]
fn it_never_fails() {
    let tow = tow();
    let empty = tow.work().join("empty");
    fs::create_dir_all(&empty).unwrap();
    assert_eq!(ok_in(&tow, &empty, &["prime"]), "");
    let plain =
        ledger(&tow, "plain", &(line("gt-a", r#""status":"hooked","assignee":"me""#) + "\n"));
    let told = ok_in(&tow, &plain, &["prime"]);
    assert!(told.starts_with("# Worker Context") && told.contains("Pinned bead: gt-a"), "{told}");
    fs::write(
        plain.join(".beads/issues.jsonl"),
        line("gt-a", r#""status":"hooked","assignee":"me""#) + "\n<<<<<<< x\n",
    )
    .unwrap();
    let told = ok_in(&tow, &plain, &["prime"]);
    assert!(told.contains("> warning: ") && told.contains("line 2 can't be read"), "{told}");
    assert!(told.contains("Pinned bead: gt-a"), "{told}");
    fs::write(plain.join(".beads/redirect"), "../nowhere/.beads\n").unwrap();
    tow.run_in(&plain, &["prime"]).expect_status(0);
    // A ledger that nobody may write still tells a witness who it is.
    let town = town(&tow);
    let witness = folder(&town, "witness");
    fs::write(town.join("demo/.beads/issues.jsonl"), "{broken\n").unwrap();
    let told = ok_in(&tow, &witness, &["prime"]);
    assert!(
        told.starts_with("# Witness Context") && told.contains("> warning: there is no patrol: "),
        "{told}"
    );
    // A role that isn't where it belongs.
    let told = tow
        .command(&["prime"])
        .current_dir(&witness)
        .env("TOWLINE_ROLE", "mayor")
        .output()
        .unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(
        told.starts_with("# Mayor Context") && told.contains("> warning: TOWLINE_ROLE says mayor"),
        "{told}"
    );
}

/// Primes with a standard input that says this, and isn't closed.
fn with_input(tow: &Tow, folder: &Path, input: &str) -> (String, Duration) {
    let mut command = tow.command(&["prime", "--hook"]);
    command.current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
    let begun = Instant::now();
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert!(output.status.success());
    (String::from_utf8(output.stdout).unwrap(), begun.elapsed())
}

#[test]
fn a_hooks_input_is_read_without_waiting_for_its_end() {
    let tow = tow();
    let town = town(&tow);
    let toast = folder(&town, "polecats/Toast");
    let (told, _) =
        with_input(&tow, &toast, r#"{"session_id":"abc","source":"compact","cwd":"/x"}"#);
    assert!(told.starts_with("[session:abc]\n[source:compact]\n# Polecat Context"), "{told}");
    for input in ["", "no json", "{\"session_id\":"] {
        let (told, took) = with_input(&tow, &toast, input);
        assert!(told.starts_with("# Polecat Context"), "{told}");
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}
