//! Each step of a sling to another host is cut short once, and run again; and a storm of changes.

use std::path::PathBuf;

use towline_testkit::{Cut, wait_until};

use crate::remote::Scene;

/// On the other host: stands before its `tow`, counts how often it is asked about ledgers, and holds up the `hang`th question: before
/// it is asked (`before`), or before the answer comes back (`after`).
const GATE: &str = r#"
cd "$HOME" || exit 1
if [ "$*" = "ledger exchange --serve" ]; then
  echo asked >> asked
  count=$(wc -l < asked)
  if [ -e hang ] && [ "$count" -eq "$(cat hang)" ]; then
    if [ "$(cat when)" = after ]; then REAL "$@" > answer; fi
    echo here > hanging
    sleep 1000
  fi
fi
exec REAL "$@"
"#;

fn gated() -> (Scene, PathBuf) {
    let scene = Scene::new();
    let thor = scene.thor();
    thor.uninstall("tow");
    thor.install("tow", &GATE.replace("REAL", env!("CARGO_BIN_EXE_tow")));
    let home = thor.home();
    (scene, home)
}

#[test]
fn whichever_step_is_cut_the_same_command_goes_on() {
    let (scene, home) = gated();
    let link = &scene.thor().relay;
    let mut names = Vec::new();
    // Where its commits go; its worktree; its ledgers: each asked for in vain, or with the answer lost.
    for (number, step) in [1, 2, 3].into_iter().enumerate() {
        for (shift, when) in ["before", "after"].into_iter().enumerate() {
            let name = format!("Worker{number}{shift}");
            let target = format!("demo/{name}");
            let id = scene.issue(&format!("Step {step} {when}"));
            // What the server does by itself is over.
            if step > 1 || shift > 0 {
                scene.agree();
            }
            std::fs::write(home.join("asked"), "").unwrap();
            std::fs::write(home.join("when"), when).unwrap();
            std::fs::write(home.join("hang"), step.to_string()).unwrap();
            let _ = std::fs::remove_file(home.join("hanging"));
            let outcome = std::thread::scope(|scope| {
                let sling = scope.spawn(|| run(&scene, &["sling", &id, &target, "--heavy"]));
                wait_until("it hangs", || home.join("hanging").exists().then_some(()));
                link.cut(Cut::Refuse);
                sling.join().expect("it runs")
            });
            std::fs::remove_file(home.join("hang")).unwrap();
            assert_eq!(outcome.status, 0, "{step} {when}: {outcome:?}");
            assert!(outcome.stdout.contains("○ thor is away"), "{step} {when}: {outcome:?}");
            assert_eq!(scene.status(&id), "hooked");
            link.restore();
            let said = scene.here(&["sling", &id, &target, "--heavy"]);
            assert!(said.contains("✓ Pane "), "{step} {when}: {said}");
            let primed = prime(&scene, &name);
            assert!(primed.contains(&id), "{step} {when}: {primed}");
            names.push(format!("demo-{name}"));
        }
    }
    let mut panes = scene.panes();
    panes.sort();
    assert_eq!(panes, names, "each once");
    scene.agree();
}

fn run(scene: &Scene, words: &[&str]) -> towline_testkit::Outcome {
    scene.fleet.tow.run_in(&scene.town, words)
}

fn prime(scene: &Scene, worker: &str) -> String {
    crate::common::ok_in(scene.thor().there(), &scene.there(worker), &["prime"])
}

#[test]
fn a_git_that_fails_says_so_and_what_is_done_already() {
    let scene = Scene::new();
    let thor = scene.thor();
    let script = "if [ -e \"$HOME/full-$1\" ]; then echo 'fatal: No space left on device' >&2; exit 128; fi\nexec /usr/bin/git \"$@\"";
    thor.install("git", script);
    let id = scene.issue("Fix the build");
    let words = ["sling", &id, "demo/Toast", "--heavy"];
    for (verb, done) in [
        ("init", "(done already: the work is hooked)"),
        ("receive-pack", "(done already: the work is hooked)"),
        ("clone", "(done already: the work is hooked, the branch is pushed)"),
        ("worktree", "(done already: the work is hooked, the branch is pushed)"),
    ] {
        let full = thor.home().join(format!("full-{verb}"));
        std::fs::write(&full, "").unwrap();
        let outcome = run(&scene, &words).expect_status(1);
        assert!(outcome.stderr.contains(done), "{verb}: {outcome:?}");
        assert!(
            outcome.stderr.contains("No space left") || verb == "receive-pack",
            "{verb}: {outcome:?}"
        );
        let hint =
            format!("hint: tow sling {id} demo/polecats/Toast --host thor    goes on from there");
        assert!(outcome.stderr.contains(&hint), "{verb}: {outcome:?}");
        assert_eq!(scene.status(&id), "hooked");
        std::fs::remove_file(&full).unwrap();
    }
    let said = scene.here(&words);
    assert!(said.contains("✓ Pane "), "{said}");
    wait_until("there is one pane", || (scene.panes() == ["demo-Toast"]).then_some(()));
}

#[test]
fn a_pane_that_cannot_be_started_says_so_and_is_started_by_the_same_command() {
    let scene = Scene::with("\"late-agent 600\"");
    let id = scene.issue("Fix the build");
    let words = ["sling", &id, "demo/Toast", "--heavy"];
    let outcome = run(&scene, &words).expect_status(1);
    assert!(outcome.stderr.contains("late-agent"), "{outcome:?}");
    assert!(outcome.stderr.contains("the ledgers are exchanged)"), "{outcome:?}");
    assert!(
        outcome.stderr.contains(&format!("hint: tow sling {id} demo/polecats/Toast")),
        "{outcome:?}"
    );
    assert_eq!((scene.status(&id).as_str(), scene.panes().len()), ("hooked", 0));
    // Found by whoever begins it by hand, all the same.
    assert!(prime(&scene, "Toast").contains(&id));
    scene.thor().install("late-agent", "exec sleep \"$@\"");
    let said = scene.here(&words);
    assert!(said.contains("✓ Pane "), "{said}");
    wait_until("there is one pane", || (scene.panes() == ["demo-Toast"]).then_some(()));
    // Once more: nothing is begun twice.
    scene.here(&words);
    assert_eq!(scene.panes(), ["demo-Toast"]);
}

#[test]
fn another_town_there_is_left_alone() {
    let scene = Scene::new();
    let thor = scene.thor();
    let other = thor.projects().join("town");
    thor.tow(&["town", "init", other.to_str().unwrap(), "--name", "other"]).expect_status(0);
    let id = scene.issue("Fix the build");
    let outcome = run(&scene, &["sling", &id, "demo", "--heavy"]).expect_status(1);
    assert!(outcome.stderr.contains("is the town other"), "{outcome:?}");
    assert!(!other.join("demo").exists());
    // Back here it stays here.
    scene.here(&["sling", &id, "demo/Toast", "--host", "local", "--force"]);
    assert!(scene.town.join("demo/polecats/Toast/README.md").is_file());
}

#[test]
fn a_storm_of_changes_makes_few_exchanges_and_then_it_is_quiet() {
    const CHANGES: usize = 40;
    let (scene, home) = gated();
    let id = scene.issue("Fix the build");
    scene.here(&["sling", &id, "demo/Toast", "--heavy"]);
    scene.agree();
    let asked = || std::fs::read_to_string(home.join("asked")).unwrap_or_default().lines().count();
    std::fs::write(home.join("asked"), "").unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for change in 0..CHANGES {
                scene.toast(&["issue", "comment", &id, &format!("there {change}")]);
            }
        });
        for change in 0..CHANGES {
            scene.issue(&format!("here {change}"));
        }
    });
    let all = |text: &str| (0..CHANGES).all(|change| text.contains(&format!("there {change}")));
    wait_until("all of it comes home", || {
        all(&scene.here(&["issue", "show", &id, "--json"])).then_some(())
    });
    scene.agree();
    let there = scene.toast(&["issue", "list", "--all", "--json", "-n", "1000"]);
    assert!((0..CHANGES).all(|change| there.contains(&format!("\"here {change}\""))), "{there}");
    // An exchange takes at most a few questions; it is over when nobody asks for a while.
    let mut before = asked();
    wait_until("it is quiet", || {
        std::thread::sleep(std::time::Duration::from_millis(1500));
        let now = asked();
        let quiet = now == before;
        before = now;
        quiet.then_some(())
    });
    eprintln!("{} changes, {} questions", 2 * CHANGES, asked());
    assert!(asked() < 2 * CHANGES, "{}", asked());
}
