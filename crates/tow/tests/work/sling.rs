//! Giving work to workers.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use towline_testkit::{Demo, Random, Tow, process, wait_until};

use crate::common::{git, ok_in, repository, tow, town};

/// Makes an issue of the rig `demo`, and returns its id.
fn issue(tow: &Tow, town: &Path, title: &str) -> String {
    ok_in(tow, town, &["issue", "create", title, "--rig", "demo", "--silent"]).trim().to_owned()
}

fn show(tow: &Tow, town: &Path, id: &str) -> Value {
    let shown: Value =
        serde_json::from_str(&ok_in(tow, town, &["issue", "show", id, "--json"])).unwrap();
    shown[0].clone()
}

#[test]
fn the_way_of_a_person_with_nothing_but_git() {
    let tow = tow();
    let project = repository(&tow, "demo-source");
    let town = tow.work().join("town");
    tow.ok(&["town", "init", "town"]);
    ok_in(&tow, &town, &["rig", "add", "demo", project.to_str().unwrap(), "--prefix", "demo"]);
    let id = ok_in(&tow, &town.join("demo"), &["issue", "create", "Fix the build", "--silent"]);
    let id = id.trim();
    let said = ok_in(&tow, &town, &["sling", id, "demo/polecats/Toast", "--args", "patch release"]);
    assert_eq!(
        said,
        format!(
            "🎯 Slinging {id} to demo/polecats/Toast...\n\
             ✓ Work attached to hook\n\
             ✓ Args stored in bead (durable)\n\
             ○ No pane to nudge (agent will discover work via tow prime): no server runs\n"
        )
    );
    let toast = town.join("demo/polecats/Toast");
    let prime = ok_in(&tow, &toast, &["prime"]);
    for text in [
        "## ATTACHED WORK DETECTED",
        &format!("Pinned bead: {id}"),
        "ARGS (use these to guide execution):\n  patch release\n",
        "Fix the build",
    ] {
        assert!(prime.contains(text), "{text}: {prime}");
    }
    let issue = show(&tow, &town, id);
    assert_eq!(issue["status"], "hooked");
    assert_eq!(issue["assignee"], "demo/polecats/Toast");
    assert_eq!(issue["description"], "attached_args: patch release\ndispatched_by: mayor");
    // What a hand-started agent runs by itself.
    let settings = fs::read_to_string(toast.join(".claude/settings.local.json")).unwrap();
    assert!(settings.contains("prime"), "{settings}");
    assert_eq!(git(&toast, &["status", "--porcelain"]), "");
    assert_eq!(tow.server_pid(), None, "none is started");
}

#[test]
fn slung_twice_it_is_told_and_the_arguments_are_the_newer() {
    let tow = tow();
    let town = town(&tow);
    let id = issue(&tow, &town, "One");
    ok_in(&tow, &town, &["sling", &id, "demo/Toast", "--args", "old"]);
    let before = fs::read(town.join("demo/.beads/issues.jsonl")).unwrap();
    let said = ok_in(&tow, &town, &["sling", &id, "demo/polecats/Toast"]);
    assert_eq!(
        said,
        format!(
            "🎯 Slinging {id} to demo/polecats/Toast...\n\
             ○ Bead {id} is already hooked to demo/polecats/Toast, no-op\n"
        )
    );
    assert_eq!(fs::read(town.join("demo/.beads/issues.jsonl")).unwrap(), before);
    // Whoever of the rig has it has it still.
    let said = ok_in(&tow, &town, &["sling", &id, "demo", "--args", "new"]);
    assert!(said.contains("already hooked to demo/polecats/Toast, no-op\n✓ Args stored in bead (durable)\n○ No pane"), "{said}");
    assert!(ok_in(&tow, &town.join("demo/polecats/Toast"), &["prime"]).contains("\n  new\n"));
}

#[test]
fn unfinished_work_stays_unless_it_is_forced_away() {
    let tow = tow();
    let town = town(&tow);
    let (one, two) = (issue(&tow, &town, "One"), issue(&tow, &town, "Two"));
    ok_in(&tow, &town, &["sling", &one, "demo/Toast"]);
    let refused = tow.run_in(&town, &["sling", &two, "demo/Toast"]);
    let refused = refused.expect_error(
        1,
        &format!("demo/polecats/Toast has unfinished work on the hook: {one} (One)"),
    );
    assert!(refused.stderr.contains("--force"), "{refused:?}");
    assert_eq!(show(&tow, &town, &two)["status"], "open");
    // Also the town's work counts.
    let hq = ok_in(&tow, &town, &["issue", "create", "Town", "--silent"]);
    ok_in(&tow, &town, &["sling", hq.trim(), "demo/Nux"]);
    tow.run_in(&town, &["sling", &two, "demo/Nux"]).expect_error(1, hq.trim());
    let forced = tow.run_in(&town, &["sling", &two, "demo/Nux", "--force"]).expect_status(0);
    assert!(
        forced.stderr.contains(&format!("{} (Town) was taken off the hook", hq.trim())),
        "{forced:?}"
    );
    assert_eq!(show(&tow, &town, hq.trim())["status"], "open");
    let taken = tow.run_in(&town, &["sling", &two, "demo/Toast"]).expect_status(1);
    assert!(taken.stderr.contains("is already hooked to demo/polecats/Nux"), "{taken:?}");
    let forced = tow.run_in(&town, &["sling", &two, "demo/Toast", "-f"]).expect_status(0);
    assert!(
        forced.stderr.contains(&format!("{two} was hooked to demo/polecats/Nux")),
        "{forced:?}"
    );
    assert_eq!(show(&tow, &town, &one)["status"], "open");
    assert_eq!(show(&tow, &town, &two)["assignee"], "demo/polecats/Toast");
}

#[test]
fn a_rig_gives_it_to_whoever_is_free() {
    let tow = tow();
    let town = town(&tow);
    let ids: Vec<String> = (1..=4).map(|n| issue(&tow, &town, &format!("Issue {n}"))).collect();
    let to = |id: &str| {
        let json = ok_in(&tow, &town, &["sling", id, "demo", "--json"]);
        let json: Value = serde_json::from_str(&json).unwrap();
        json["target"].as_str().unwrap().to_owned()
    };
    assert_eq!(to(&ids[0]), "demo/polecats/Toast");
    assert_eq!(to(&ids[1]), "demo/polecats/Nux");
    let toast = town.join("demo/polecats/Toast");
    ok_in(&tow, &toast, &["unhook", "--force"]);
    fs::write(toast.join("left.txt"), "x").unwrap();
    // Toast has no work, but files that are nowhere else.
    assert_eq!(to(&ids[2]), "demo/polecats/Furiosa");
    fs::remove_file(toast.join("left.txt")).unwrap();
    // The newest of the origin is what work begins with.
    let source = tow.work().join("demo-source");
    fs::write(source.join("new.txt"), "x").unwrap();
    git(&source, &["add", "."]);
    git(&source, &["commit", "-q", "-m", "New"]);
    git(&source, &["push", "-q", "../demo.git", "main"]);
    assert_eq!(to(&ids[3]), "demo/polecats/Toast");
    assert!(toast.join("new.txt").exists());
    assert_eq!(git(&toast, &["branch", "--show-current"]), "polecat/Toast");
}

#[test]
fn many_slung_at_once_get_a_worker_each() {
    let tow = tow();
    let town = town(&tow);
    let ids: Vec<String> = (1..=5).map(|n| issue(&tow, &town, &format!("Issue {n}"))).collect();
    let mut children: Vec<_> = ids
        .iter()
        .map(|id| {
            let mut command = tow.command(&["-q", "sling", id, "demo", "--json"]);
            command.current_dir(&town).env("PWD", &town).stdout(std::process::Stdio::null());
            command.spawn().unwrap()
        })
        .collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let mut workers: Vec<String> = ids
        .iter()
        .map(|id| show(&tow, &town, id)["assignee"].as_str().unwrap().to_owned())
        .collect();
    workers.sort();
    workers.dedup();
    assert_eq!(workers.len(), 5, "{workers:?}");
}

#[test]
fn killed_at_any_moment_it_is_said_again_and_done_once() {
    let tow = tow();
    let mut random = Random::new();
    let town = town(&tow);
    for n in 0..15 {
        let id = issue(&tow, &town, &format!("Issue {n}"));
        let worker = format!("demo/w{n}");
        let mut command = tow.command(&["-q", "sling", &id, &worker, "--args", "x"]);
        command.current_dir(&town).env("PWD", &town).stdout(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        random.moment(120);
        child.kill().unwrap();
        child.wait().unwrap();
        ok_in(&tow, &town, &["sling", &id, &worker, "--args", "x"]);
        let folder = town.join(format!("demo/polecats/w{n}"));
        assert_eq!(git(&folder, &["status", "--porcelain"]), "", "{worker}");
        assert_eq!(git(&folder, &["branch", "--show-current"]), format!("polecat/w{n}"));
        let hook: Value = serde_json::from_str(&ok_in(&tow, &folder, &["hook", "--json"])).unwrap();
        assert_eq!((&hook["pinned_bead"]["id"], &hook["attached_args"]), (&id.into(), &"x".into()));
    }
}

#[test]
fn hostile_texts_come_back_whole() {
    let tow = tow();
    let town = town(&tow);
    let toast = town.join("demo/polecats/Toast");
    let id = issue(&tow, &town, "One");
    ok_in(
        &tow,
        &town,
        &["issue", "update", &id, "--description", "Note: keep this.\n\nattached_args: not this"],
    );
    for args in [
        "say \"hi\" & 'bye' $(x) `y` \\ {z} %s",
        "two\nlines\n\n  and more  ",
        "attached_molecule: demo-evil",
        "\"quoted\"",
        "status: closed\nassignee: mayor",
        "-x --force",
        "ünï → 🎯 \u{1b}[31m",
    ] {
        ok_in(&tow, &town, &["sling", &id, "demo/Toast", "--args", args]);
        let hook: Value = serde_json::from_str(&ok_in(&tow, &toast, &["hook", "--json"])).unwrap();
        assert_eq!(hook["attached_args"], args, "{hook}");
        assert_eq!(hook["attached_molecule"], Value::Null, "{hook}");
        let issue = show(&tow, &town, &id);
        assert_eq!(
            (&issue["status"], &issue["assignee"]),
            (&"hooked".into(), &"demo/polecats/Toast".into())
        );
        assert!(issue["description"].as_str().unwrap().ends_with("Note: keep this."), "{issue}");
    }
}

#[test]
fn what_can_not_be_slung_is_refused_with_a_reason() {
    let tow = tow();
    let town = town(&tow);
    let (open, closed) = (issue(&tow, &town, "Open"), issue(&tow, &town, "Closed"));
    ok_in(&tow, &town, &["issue", "close", &closed]);
    ok_in(&tow, &town, &["polecat", "add", "demo/Toast"]);
    ok_in(&tow, &town, &["rig", "add", "other", "../demo.git", "--prefix", "ot"]);
    let other = ok_in(&tow, &town, &["issue", "create", "X", "--rig", "other", "--silent"]);
    for (arguments, status, text) in [
        (&[&closed, "demo/Toast"][..], 1, "is closed (work already completed)"),
        (&[&closed, "demo/Toast", "--force"], 1, "is closed"),
        (&["demo-none", "demo/Toast"], 3, "'demo-none' is not a valid bead or formula"),
        (&[&open, "none"], 3, "has no rig none"),
        (&[&open, "none/Toast"], 3, "has no rig none"),
        (&[&open, "demo/crew/max"], 3, "demo/crew/max has no folder"),
        (&[&open, "demo/crew"], 2, "requires a name"),
        (&[&open, "wit"], 2, "which rig's wit is meant"),
        (&[&open, "demo/Toast", "--var", "a=b"], 2, "--var is for formulas"),
        (&[&open, "demo/Toast", "--preset", "none"], 2, "no preset [agent.none]"),
        (&[&open, "demo/Toast", "--heavy"], 2, "which preset is for heavy work"),
        (&[other.trim(), "demo/Toast"], 1, "is an issue of another rig than demo"),
        (
            &["mol-polecat-work", "demo", "--on", &open, "--var", "nope=1"],
            2,
            "has no variable nope",
        ),
    ] {
        let outcome = tow.run_in(&town, &[&["sling"], arguments].concat()).expect_status(status);
        assert!(outcome.stderr.contains(text), "{arguments:?}: {outcome:?}");
        assert_eq!(outcome.stdout, "", "{arguments:?}");
    }
    assert_eq!(show(&tow, &town, &open)["status"], "open");
    let toast = town.join("demo/polecats/Toast");
    tow.run_in(&toast, &["sling", &open, "mayor"]).expect_error(1, "polecats cannot sling");
    let own = ok_in(&tow, &toast, &["sling", &open]);
    assert!(
        own.ends_with(
            "○ No pane to nudge (agent will discover work via tow prime): it is your own hook\n"
        ),
        "{own}"
    );
    assert_eq!(
        fs::read_dir(town.join("demo/polecats"))
            .unwrap()
            .flatten()
            .filter(|e| e.path().is_dir())
            .count(),
        1
    );
    // Without a town.
    let alone = repository(&tow, "alone");
    tow.run_in(&alone, &["sling", "x-1"]).expect_status(1);
}

#[test]
fn a_rehearsal_changes_nothing() {
    let tow = tow();
    let town = town(&tow);
    let id = issue(&tow, &town, "One");
    let before = fs::read(town.join("demo/.beads/issues.jsonl")).unwrap();
    let said = ok_in(&tow, &town, &["sling", &id, "demo", "--args", "x y", "-s", "Soon", "-n"]);
    assert_eq!(
        said,
        format!(
            "Would make polecat demo/polecats/Toast\n\
             🎯 Slinging {id} to demo/polecats/Toast...\n\
             Would run: tow issue update {id} --status hooked --assignee demo/polecats/Toast\n\
             Would store args: x y\n  subject (in nudge): Soon\nWould nudge pane: demo-Toast\n"
        )
    );
    ok_in(&tow, &town, &["sling", "mol-polecat-work", "demo", "--on", &id, "-n"]);
    assert_eq!(fs::read(town.join("demo/.beads/issues.jsonl")).unwrap(), before);
    assert!(!town.join("demo/polecats/Toast").exists());
}

#[test]
fn formulas_are_poured_and_hooked() {
    let tow = tow();
    let town = town(&tow);
    let formula = "formula = \"ship\"\ndescription = \"Ship {{what}}\"\nversion = 1\n[vars.what]\nrequired = true\n\
        [vars.issue]\ndefault = \"\"\n[[steps]]\nid = \"a\"\ntitle = \"Build {{what}}\"\n[[steps]]\nid = \"b\"\ntitle = \"Push {{issue}}\"\nneeds = [\"a\"]\n";
    fs::write(town.join(".beads/formulas/ship.formula.toml"), formula).unwrap();
    let id = issue(&tow, &town, "Release it");
    tow.run_in(&town, &["sling", "ship", "--on", &id, "demo/Toast"]).expect_status(2);
    assert_eq!(show(&tow, &town, &id)["status"], "open");
    let said = ok_in(
        &tow,
        &town,
        &["sling", "ship", "--on", &id, "demo/Toast", "--var", "what=v2", "--args", "slowly"],
    );
    assert!(
        said.starts_with(&format!(
            "🎯 Slinging formula ship on {id} to demo/polecats/Toast...\n✓ Formula poured: demo-"
        )),
        "{said}"
    );
    let toast = town.join("demo/polecats/Toast");
    let hook: Value = serde_json::from_str(&ok_in(&tow, &toast, &["hook", "--json"])).unwrap();
    assert_eq!(hook["progress"]["total_steps"], 2, "{hook}");
    assert_eq!(hook["attached_args"], "slowly");
    assert!(hook["attached_at"].as_str().unwrap().ends_with('Z'), "{hook}");
    let prime = ok_in(&tow, &toast, &["prime"]);
    for text in [
        format!("Pinned bead: {id}"),
        "Attached molecule: ".into(),
        "**Progress:** 0/2 steps complete".into(),
        "Build v2".into(),
        "\n  slowly\n".into(),
    ] {
        assert!(prime.contains(&text), "{text}: {prime}");
    }
    let again =
        tow.run_in(&town, &["sling", "ship", "--on", &id, "demo/Toast", "--var", "what=v3"]);
    again.expect_error(1, "has the molecule");
    // A formula alone is work of its own.
    let said = ok_in(&tow, &town, &["sling", "ship", "demo/Nux", "--var", "what=v3"]);
    assert!(
        said.starts_with("🎯 Slinging formula ship to demo/polecats/Nux...\n✓ Formula poured: "),
        "{said}"
    );
    let hook: Value =
        serde_json::from_str(&ok_in(&tow, &town.join("demo/polecats/Nux"), &["hook", "--json"]))
            .unwrap();
    assert_eq!(hook["progress"]["total_steps"], 2, "{hook}");
}

#[test]
fn the_mayor_has_one_piece_of_work_of_whatever_rig() {
    let tow = tow();
    let town = town(&tow);
    ok_in(&tow, &town, &["rig", "add", "other", "../demo.git", "--prefix", "ot"]);
    let one = issue(&tow, &town, "One");
    let two = ok_in(&tow, &town, &["issue", "create", "Two", "--rig", "other", "--silent"]);
    ok_in(&tow, &town, &["sling", &one, "mayor"]);
    tow.run_in(&town, &["sling", two.trim()])
        .expect_error(1, &format!("unfinished work on the hook: {one} (One)"));
    ok_in(&tow, &town, &["sling", two.trim(), "may", "--force"]);
    assert_eq!(show(&tow, &town, &one)["status"], "open");
}

#[test]
fn subjects_and_messages_go_by_mail_too() {
    let tow = tow();
    let town = town(&tow);
    let id = issue(&tow, &town, "One");
    ok_in(&tow, &town, &["sling", &id, "demo/Toast", "-s", "Soon", "-m", "Ask Ann."]);
    let mails = ok_in(&tow, &town.join("demo/polecats/Toast"), &["mail", "inbox", "--json"]);
    let mails: Value = serde_json::from_str(&mails).unwrap();
    assert_eq!(mails[0]["subject"], "Soon");
    assert!(mails[0]["body"].as_str().unwrap().starts_with("Ask Ann.\n"), "{mails}");
}

#[test]
fn an_agent_in_its_pane_is_told() {
    let tow = tow();
    let demo = Demo::install(&tow);
    let town = town(&tow);
    let (one, two) = (issue(&tow, &town, "One"), issue(&tow, &town, "Two"));
    demo.spawn(&tow, "demo-Toast", &["work=1"]);
    let said = ok_in(&tow, &town, &["sling", &one, "demo/Toast", "--args", "patch release"]);
    assert!(said.ends_with("✓ Args stored in bead (durable)\n▶ Start prompt sent\n"), "{said}");
    let taken = wait_until("it is taken", || demo.taken().first().cloned());
    assert_eq!(
        taken,
        format!(
            "Work slung: {one}. Args: patch release. Start working now - use these args to guide your execution."
        )
    );
    // A busy one gets it when it is idle again.
    let said = ok_in(&tow, &town, &["sling", &two, "demo/Toast", "--force"]);
    assert!(said.ends_with("▶ Start prompt sent\n"), "{said}");
    let taken = wait_until("it is taken", || demo.taken().get(1).cloned());
    assert!(taken.starts_with(&format!("Work slung: {two}. ")), "{taken}");
}

#[test]
fn a_server_that_stands_still_holds_nobody_up() {
    let tow = tow();
    let town = town(&tow);
    let id = issue(&tow, &town, "One");
    tow.spawn("x", "exec sleep 1000");
    let server = tow.server_pid().unwrap();
    process::signal(server, Signal::STOP);
    let begun = Instant::now();
    let outcome = tow.run_in(&town, &["sling", &id, "demo/Toast"]);
    let took = begun.elapsed();
    process::signal(server, Signal::CONT);
    let said = outcome.expect_status(0).stdout;
    assert!(
        said.contains("✓ Work attached to hook\n○ No pane to nudge") && said.contains("within 2 s"),
        "{said}"
    );
    assert!(took < Duration::from_secs(20), "{took:?}");
}
