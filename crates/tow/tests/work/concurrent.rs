//! Many at once: what was acknowledged is there, whoever else writes and whatever is killed.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use towline_testkit::Tow;

use crate::common::{json_in, ledger, ok_in, tow};

const WRITERS: usize = 20;
const ROUNDS: usize = 6;

fn command(tow: &Tow, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = tow.command(arguments);
    command
        .current_dir(folder)
        .env("PWD", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The issues of a file, each line of which must be one.
#[track_caller]
fn issues(text: &str) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "the last line has no end");
    let issues: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let ids: Vec<&str> = issues.iter().map(|issue| issue["id"].as_str().unwrap()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "not sorted, or twice: {ids:?}");
    issues
}

/// Reads the file again and again until it is told to stop, as another program would; returns how often.
fn reading(file: PathBuf, stop: &AtomicBool) -> usize {
    let mut times = 0;
    while !stop.load(Ordering::Relaxed) {
        issues(&fs::read_to_string(&file).unwrap());
        times += 1;
        thread::sleep(Duration::from_millis(2));
    }
    times
}

#[test]
fn twenty_writers_at_once_lose_nothing() {
    let tow = tow();
    let seed = r#"{"id":"gt-shared","title":"shared","status":"open","priority":2}"#;
    let folder = ledger(&tow, "app", &format!("{seed}\n"));
    let file = folder.join(".beads/issues.jsonl");
    let stop = AtomicBool::new(false);
    let (tow, folder, stop) = (&tow, &folder, &stop);
    thread::scope(|scope| {
        let reader = scope.spawn({
            let file = file.clone();
            move || reading(file, stop)
        });
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                scope.spawn(move || {
                    let title = format!("by writer {writer}");
                    let id = ok_in(tow, folder, &["issue", "create", &title, "--silent"])
                        .trim()
                        .to_owned();
                    let label = format!("w{writer}");
                    ok_in(tow, folder, &["issue", "label", "add", "gt-shared", &label]);
                    ok_in(tow, folder, &["issue", "update", &id, "--notes", &label, "-p", "0"]);
                    ok_in(tow, folder, &["issue", "comment", "gt-shared", &title]);
                    ok_in(tow, folder, &["issue", "dep", "add", "gt-shared", &id]);
                    if writer % 2 == 0 {
                        ok_in(tow, folder, &["issue", "close", &id, "-r", &label]);
                    }
                    (id, label)
                })
            })
            .collect();
        let made: Vec<(String, String)> =
            writers.into_iter().map(|writer| writer.join().unwrap()).collect();
        stop.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
        let all = issues(&fs::read_to_string(&file).unwrap());
        assert_eq!(all.len(), WRITERS + 1);
        let find = |id: &str| all.iter().find(|issue| issue["id"] == id).unwrap();
        for (at, (id, label)) in made.iter().enumerate() {
            let issue = find(id);
            assert_eq!(
                (&issue["notes"], &issue["priority"]),
                (&Value::from(label.as_str()), &Value::from(0))
            );
            let status = if at % 2 == 0 { "closed" } else { "open" };
            assert_eq!(issue["status"], status, "{issue}");
        }
        let shared = find("gt-shared");
        assert_eq!(shared["labels"].as_array().unwrap().len(), WRITERS);
        assert_eq!(shared["dependencies"].as_array().unwrap().len(), WRITERS);
        let comments = shared["comments"].as_array().unwrap();
        let numbers: HashSet<i64> =
            comments.iter().map(|comment| comment["id"].as_i64().unwrap()).collect();
        assert_eq!((comments.len(), numbers.len()), (WRITERS, WRITERS));
    });
    assert!(tow.processes().is_empty());
    assert!(left_over(folder).is_empty(), "{:?}", left_over(folder));
}

/// Files that a writer has left behind.
fn left_over(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder.join(".beads")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.contains(".tmp.")).collect()
}

/// Numbers that look random, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        // Knuth's constants for a linear congruential generator of 64 bits.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[test]
fn a_kill_at_any_instant_leaves_the_old_file_or_the_new() {
    let tow = tow();
    // Large enough that a write takes a while.
    let mut text = String::new();
    for at in 0..3000 {
        text += &format!(
            "{{\"id\":\"gt-{at:04}\",\"title\":\"{}\",\"status\":\"open\",\"priority\":2}}\n",
            "x".repeat(300)
        );
    }
    let folder = ledger(&tow, "app", &text);
    let file = folder.join(".beads/issues.jsonl");
    let mut numbers = Numbers(7);
    let mut acknowledged: Vec<String> = Vec::new();
    let mut killed = 0;
    for round in 0..ROUNDS {
        let children: Vec<(usize, Child, Duration, bool)> = (0..WRITERS)
            .map(|writer| {
                let title = format!("round {round} writer {writer}");
                let child = command(&tow, &folder, &["issue", "create", &title, "--silent"])
                    .spawn()
                    .unwrap();
                let spared = writer % 4 == 0;
                (writer, child, Duration::from_millis(numbers.below(60)), spared)
            })
            .collect();
        thread::scope(|scope| {
            let ends: Vec<_> = children
                .into_iter()
                .map(|(_, mut child, after, spared)| {
                    scope.spawn(move || {
                        if !spared {
                            // The instant is what is random here; nothing is waited for.
                            thread::sleep(after);
                            let _ = child.kill();
                        }
                        let output = child.wait_with_output().unwrap();
                        (spared, output)
                    })
                })
                .collect();
            for end in ends {
                let (spared, output) = end.join().unwrap();
                let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
                if spared {
                    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                }
                killed += usize::from(!output.status.success());
                // What was printed was promised, whatever came after.
                if !id.is_empty() {
                    acknowledged.push(id);
                }
            }
        });
        let all = issues(&fs::read_to_string(&file).unwrap());
        let ids: HashSet<&str> = all.iter().map(|issue| issue["id"].as_str().unwrap()).collect();
        for id in &acknowledged {
            assert!(ids.contains(id.as_str()), "{id} was acknowledged, and is not there");
        }
        for at in 0..3000 {
            assert!(ids.contains(format!("gt-{at:04}").as_str()));
        }
    }
    assert!(killed > 0, "nothing was killed");
    assert!(acknowledged.len() >= ROUNDS * WRITERS / 4);
    // The next one isn't held up by those that died.
    let list = json_in(&tow, &folder, &["issue", "create", "after all", "--json"]);
    assert!(list["id"].is_string());
    assert!(tow.processes().is_empty());
}

#[test]
fn only_one_of_many_claims_an_issue() {
    let tow = tow();
    let folder = ledger(
        &tow,
        "app",
        "{\"id\":\"gt-1\",\"title\":\"x\",\"status\":\"open\",\"priority\":2}\n",
    );
    let children: Vec<Child> = (0..WRITERS)
        .map(|writer| {
            let mut command = command(&tow, &folder, &["issue", "update", "gt-1", "--claim"]);
            command.env("BD_ACTOR", format!("w{writer}")).spawn().unwrap()
        })
        .collect();
    let outputs: Vec<_> =
        children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    let won: Vec<usize> = (0..WRITERS).filter(|at| outputs[*at].status.success()).collect();
    assert_eq!(won.len(), 1, "{outputs:?}");
    let shown = json_in(&tow, &folder, &["issue", "show", "gt-1", "--json"]);
    assert_eq!(shown[0]["assignee"], format!("w{}", won[0]));
}
