//! `tow ledger sync`, with real clones of a real remote.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use towline_testkit::{Random, Tow};

use crate::common::{git, json_in, ok_in, repository, tow, try_git};

/// A bare remote with a ledger in it, and so many clones.
fn clones(tow: &Tow, count: usize) -> (PathBuf, Vec<PathBuf>) {
    let first = repository(tow, "first");
    ok_in(tow, &first, &["ledger", "init", "--prefix", "gt"]);
    git(&first, &["add", "."]);
    git(&first, &["commit", "-q", "-m", "A ledger"]);
    let remote = tow.work().join("remote.git");
    git(&tow.work(), &["clone", "-q", "--bare", "first", "remote.git"]);
    let clone = |at: usize| {
        let name = format!("clone{at}");
        git(&tow.work(), &["clone", "-q", "remote.git", &name]);
        let folder = tow.work().join(name);
        ok_in(tow, &folder, &["ledger", "init"]);
        folder
    };
    (remote, (0..count).map(clone).collect())
}

fn file(folder: &Path) -> String {
    fs::read_to_string(folder.join(".beads/issues.jsonl")).unwrap()
}

fn create(tow: &Tow, folder: &Path, title: &str) -> String {
    let made = json_in(tow, folder, &["issue", "create", title, "--json"]);
    made["id"].as_str().unwrap().to_owned()
}

fn sync(tow: &Tow, folder: &Path) -> String {
    ok_in(tow, folder, &["ledger", "sync"]).trim_end().to_owned()
}

fn commit(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
    git(folder, &["add", name]);
    git(folder, &["commit", "-q", "-m", name]);
}

#[test]
fn what_is_made_in_one_clone_comes_to_the_other() {
    let tow = tow();
    let (_, clones) = clones(&tow, 2);
    let [one, two] = &clones[..] else { unreachable!() };
    let id = create(&tow, one, "First");
    assert_eq!(sync(&tow, one), "↑ 1 issue");
    assert_eq!(sync(&tow, one), "up to date with origin/main");
    let other = create(&tow, two, "Second");
    assert_eq!(sync(&tow, two), "↓ 1 issue, ↑ 1 issue");
    assert_eq!(sync(&tow, one), "↓ 1 issue");
    assert_eq!(file(one), file(two));
    assert!(file(one).contains(&id) && file(one).contains(&other));
    for folder in [one, two] {
        assert_eq!(git(folder, &["status", "--porcelain"]), "");
        assert_eq!(git(folder, &["rev-parse", "HEAD"]), git(folder, &["rev-parse", "origin/main"]));
    }
    // Nothing but what syncs make, in one line.
    let history = git(one, &["log", "--format=%s %p", "main"]);
    assert_eq!(
        history.lines().filter(|line| line.starts_with("Update the ledger")).count(),
        2,
        "{history}"
    );
    // A comment here, a closing there: both are in.
    ok_in(&tow, one, &["issue", "comment", &id, "Looks good"]);
    ok_in(&tow, two, &["issue", "close", &id]);
    let [_, second] = [one, two].map(|folder| sync(&tow, folder));
    assert_eq!(second, "↓ 1 issue, ↑ 1 issue");
    let synced = json_in(&tow, one, &["ledger", "sync", "--json"]);
    assert_eq!(
        (&synced["came"]["changed"][0], &synced["pushed"], &synced["together"]),
        (&Value::from(id), &true.into(), &true.into())
    );
    assert!(
        file(one).contains("Looks good")
            && file(one).contains("\"closed\"")
            && file(one) == file(two)
    );
}

#[test]
fn what_a_person_is_at_work_on_is_left_alone() {
    let tow = tow();
    let (remote, clones) = clones(&tow, 2);
    let [one, two] = &clones[..] else { unreachable!() };
    // Staged, changed and untracked, and none of it is the ledger's.
    commit(one, "code", "a\n");
    git(one, &["push", "-q"]);
    fs::write(one.join("staged"), "staged\n").unwrap();
    git(one, &["add", "staged"]);
    fs::write(one.join("code"), "changed\n").unwrap();
    fs::write(one.join("untracked"), "new\n").unwrap();
    let before = git(one, &["status", "--porcelain"]);
    create(&tow, one, "First");
    assert_eq!(sync(&tow, one), "↑ 1 issue");
    assert_eq!(git(one, &["status", "--porcelain"]), before);
    assert_eq!(git(one, &["show", "--format=", "--name-only", "HEAD"]), ".beads/issues.jsonl");
    // The remote goes on with other files: they come, where nothing is in the way,
    git(two, &["pull", "-q"]);
    commit(two, "other", "theirs\n");
    git(two, &["push", "-q"]);
    create(&tow, two, "Second");
    sync(&tow, two);
    assert_eq!(sync(&tow, one), "↓ 1 issue");
    assert_eq!(
        (
            fs::read_to_string(one.join("other")).unwrap().as_str(),
            git(one, &["status", "--porcelain"])
        ),
        ("theirs\n", before.clone())
    );
    // and where something is, the ledger comes alone.
    commit(two, "code", "theirs too\n");
    git(two, &["push", "-q"]);
    let third = create(&tow, two, "Third");
    sync(&tow, two);
    let head = git(one, &["rev-parse", "HEAD"]);
    let outcome = tow.run_in(one, &["ledger", "sync"]).expect_status(0);
    assert!(
        outcome.stdout.contains("↓ 1 issue") && outcome.stderr.contains("in the way"),
        "{outcome:?}"
    );
    assert_eq!(
        (
            fs::read_to_string(one.join("code")).unwrap().as_str(),
            git(one, &["status", "--porcelain"])
        ),
        ("changed\n", before)
    );
    assert_eq!(git(one, &["rev-parse", "HEAD~"]), head);
    assert_eq!(file(one), file(two));
    // What was taken out elsewhere since stays out, though the branches have not met.
    let gone = file(two)
        .lines()
        .filter(|line| !line.contains(&third))
        .map(|line| format!("{line}\n"))
        .collect::<String>();
    fs::write(two.join(".beads/issues.jsonl"), gone).unwrap();
    sync(&tow, two);
    let fourth = create(&tow, one, "Fourth");
    assert_eq!(sync(&tow, one), "↓ 1 issue, ↑ 1 issue");
    sync(&tow, two);
    assert!(!file(one).contains(&third) && file(one).contains(&fourth) && file(one) == file(two));
    assert_eq!(git(&remote, &["show", "main:code"]), "theirs too");
}

#[test]
fn commits_of_a_person_are_never_pushed() {
    let tow = tow();
    let (remote, clones) = clones(&tow, 2);
    let [one, two] = &clones[..] else { unreachable!() };
    commit(one, "secret", "not yet\n");
    let head = git(one, &["rev-parse", "HEAD"]);
    create(&tow, one, "First");
    let outcome = tow.run_in(one, &["ledger", "sync"]).expect_status(0);
    assert!(
        outcome.stdout.contains("↑ 1 issue") && outcome.stderr.contains("1 commit of yours"),
        "{outcome:?}"
    );
    assert!(!try_git(&remote, &["cat-file", "-e", &head]).status.success());
    assert_eq!(sync(&tow, two), "↓ 1 issue");
    create(&tow, two, "Second");
    sync(&tow, two);
    assert_eq!(sync(&tow, one), "↓ 1 issue");
    assert_eq!(sync(&tow, one), "up to date with origin/main");
    assert_eq!(file(one), file(two));
    // The person goes on as ever, by a rebase and by a merge.
    git(one, &["pull", "-q", "--rebase"]);
    git(one, &["push", "-q"]);
    assert_eq!(sync(&tow, one), "up to date with origin/main");
    commit(one, "more", "x\n");
    create(&tow, one, "Third");
    sync(&tow, one);
    git(one, &["pull", "-q", "--no-rebase", "--no-edit"]);
    git(one, &["push", "-q"]);
    sync(&tow, one);
    sync(&tow, two);
    assert_eq!(file(one), file(two));
    assert_eq!(file(one).lines().count(), 3);
}

#[test]
fn what_stands_in_the_way_is_one_clear_line() {
    let tow = tow();
    let (remote, clones) = clones(&tow, 2);
    let [one, two] = &clones[..] else { unreachable!() };
    create(&tow, one, "First");
    // No remote: it is committed.
    git(one, &["remote", "rename", "origin", "away"]);
    git(one, &["branch", "--unset-upstream"]);
    git(one, &["remote", "remove", "away"]);
    let outcome = tow.run_in(one, &["ledger", "sync"]).expect_status(0);
    assert!(
        outcome.stdout.contains("committed 1 issue on main")
            && outcome.stderr.contains("there is no remote"),
        "{outcome:?}"
    );
    tow.run_in(one, &["ledger", "sync", "--remote", "nowhere"])
        .expect_error(3, "no remote is called \"nowhere\"");
    // A remote that isn't there, and one that refuses.
    git(one, &["remote", "add", "origin", "/nowhere.git"]);
    let outcome = tow.run_in(one, &["ledger", "sync"]);
    assert!(
        outcome.status == 5 && outcome.stderr.contains("cannot fetch from origin"),
        "{outcome:?}"
    );
    git(one, &["remote", "set-url", "origin", remote.to_str().unwrap()]);
    let hook = remote.join("hooks/pre-receive");
    fs::write(&hook, "#!/bin/sh\necho main is protected\nexit 1\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let outcome = tow.run_in(one, &["ledger", "sync"]);
    assert!(outcome.status == 1 && outcome.stderr.contains("main is protected"), "{outcome:?}");
    fs::remove_file(&hook).unwrap();
    // No upstream, but a remote that has the branch.
    assert_eq!(sync(&tow, one), "↑ 1 issue");
    git(one, &["checkout", "-q", "-b", "feature"]);
    create(&tow, one, "Second");
    let outcome = tow.run_in(one, &["ledger", "sync"]).expect_status(0);
    assert!(
        outcome.stderr.contains("feature isn't on origin yet")
            && outcome.stdout.contains("committed 1 issue"),
        "{outcome:?}"
    );
    // At no branch, and in the middle of something.
    git(two, &["checkout", "-q", "--detach"]);
    tow.run_in(two, &["ledger", "sync"]).expect_error(1, "HEAD is at no branch");
    git(two, &["checkout", "-q", "main"]);
    fs::write(two.join(".git/MERGE_HEAD"), git(two, &["rev-parse", "HEAD"])).unwrap();
    tow.run_in(two, &["ledger", "sync"]).expect_error(1, "a merge is under way");
    fs::remove_file(two.join(".git/MERGE_HEAD")).unwrap();
    // A file that was emptied is no deletion of everything; one that can't be read goes nowhere.
    sync(&tow, two);
    fs::write(two.join(".beads/issues.jsonl"), "").unwrap();
    tow.run_in(two, &["ledger", "sync"]).expect_error(1, "taken for an accident");
    git(two, &["checkout", "-q", ".beads/issues.jsonl"]);
    fs::write(two.join(".beads/issues.jsonl"), file(two) + "{\n").unwrap();
    tow.run_in(two, &["ledger", "sync"]).expect_error(1, "line 2 can't be read");
    fs::write(two.join(".git/info/exclude"), ".beads\n").unwrap();
    git(two, &["rm", "-rq", "--cached", ".beads"]);
    tow.run_in(two, &["ledger", "sync"]).expect_error(1, "git is told to ignore");
}

#[test]
fn a_ledger_that_the_remote_has_lost_is_not_lost_here() {
    let tow = tow();
    let (_, clones) = clones(&tow, 2);
    let [one, two] = &clones[..] else { unreachable!() };
    create(&tow, one, "First");
    sync(&tow, one);
    sync(&tow, two);
    git(one, &["rm", "-q", ".beads/issues.jsonl"]);
    git(one, &["commit", "-q", "-m", "Tidy"]);
    git(one, &["push", "-q"]);
    tow.run_in(two, &["ledger", "sync"]).expect_error(1, "has lost its .beads/issues.jsonl");
    assert_eq!(file(two).lines().count(), 1);
}

#[test]
fn nothing_is_pushed_where_that_is_not_wanted() {
    let tow = tow();
    let (_, clones) = clones(&tow, 2);
    let [one, two] = &clones[..] else { unreachable!() };
    create(&tow, one, "First");
    sync(&tow, one);
    create(&tow, two, "Second");
    assert_eq!(
        ok_in(&tow, two, &["ledger", "sync", "--no-push"]).trim_end(),
        "↓ 1 issue, to go 1 issue"
    );
    assert_eq!(file(two).lines().count(), 2);
    assert_eq!(sync(&tow, one), "up to date with origin/main");
    assert_eq!(sync(&tow, two), "↑ 1 issue");
    assert_eq!(sync(&tow, one), "↓ 1 issue");
}

#[test]
fn a_ledger_in_a_folder_below_and_one_that_nobody_has_committed_travel_too() {
    let tow = tow();
    let first = repository(&tow, "first");
    git(&tow.work(), &["clone", "-q", "--bare", "first", "remote.git"]);
    git(&first, &["remote", "add", "origin", "../remote.git"]);
    let below = first.join("sub dir");
    fs::create_dir(&below).unwrap();
    fs::create_dir(below.join(".beads")).unwrap();
    fs::write(below.join(".beads/config.yaml"), "issue-prefix: gt\n").unwrap();
    ok_in(&tow, &below, &["ledger", "init"]);
    create(&tow, &below, "First");
    assert_eq!(sync(&tow, &below), "↑ 1 issue");
    let there = git(&first, &["ls-tree", "-r", "--name-only", "origin/main"]);
    assert_eq!(
        there,
        "README.md\nsub dir/.beads/.gitignore\nsub dir/.beads/config.yaml\nsub dir/.beads/issues.jsonl\nsub dir/.gitattributes"
    );
    assert_eq!(git(&first, &["status", "--porcelain"]), "");
}

/// What can be done to a ledger, through the binary.
fn work(tow: &Tow, random: &mut Random, folder: &Path, name: usize, made: &mut Made) {
    let issues = json_in(tow, folder, &["ledger", "export", "--json"]);
    let ids: Vec<String> = issues
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| issue["id"].as_str().unwrap().to_owned())
        .collect();
    let number = made.titles.len() + made.comments.len() + made.labels.len();
    let pick = |random: &mut Random| ids[random.below(ids.len() as u64) as usize].clone();
    match random.below(if ids.is_empty() { 1 } else { 6 }) {
        0 | 1 => {
            let title = format!("{name} makes {number}");
            create(tow, folder, &title);
            made.titles.insert(title);
        }
        2 => {
            let said = format!("{name} says {number}");
            ok_in(tow, folder, &["issue", "comment", &pick(random), &said]);
            made.comments.insert(said);
        }
        3 => {
            let label = format!("l{name}-{number}");
            let id = pick(random);
            ok_in(tow, folder, &["issue", "label", "add", &id, &label]);
            made.labels.insert(label);
        }
        4 => {
            _ = ok_in(
                tow,
                folder,
                &["issue", "update", &pick(random), "--priority", &random.below(5).to_string()],
            )
        }
        _ => _ = ok_in(tow, folder, &["issue", "close", &pick(random)]),
    }
}

#[derive(Default)]
struct Made {
    titles: BTreeSet<String>,
    comments: BTreeSet<String>,
    labels: BTreeSet<String>,
}

#[test]
fn five_clones_that_work_at_once_come_to_the_same_and_lose_nothing() {
    let tow = tow();
    let (remote, clones) = clones(&tow, 5);
    let mut seeds = Random::new();
    let seeds: Vec<u64> = clones.iter().map(|_| seeds.below(1 << 40)).collect();
    let all = std::thread::scope(|scope| {
        let tow = &tow;
        let workers: Vec<_> = clones
            .iter()
            .zip(seeds)
            .enumerate()
            .map(|(name, (folder, seed))| {
                scope.spawn(move || {
                    let mut random = Random::seeded(seed);
                    let mut made = Made::default();
                    for _ in 0..12 {
                        work(tow, &mut random, folder, name, &mut made);
                        if random.below(3) == 0 {
                            sync(tow, folder);
                        }
                    }
                    // One of them has work of its own that it doesn't push.
                    if name == 4 {
                        commit(folder, "own", "x\n");
                    }
                    sync(tow, folder);
                    made
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect::<Vec<_>>()
    });
    for folder in &clones {
        sync(&tow, folder);
    }
    let texts: BTreeSet<String> = clones.iter().map(|folder| file(folder)).collect();
    assert_eq!(texts.len(), 1, "{texts:#?}");
    assert_eq!(git(&remote, &["show", "main:.beads/issues.jsonl"]), file(&clones[0]).trim_end());
    let issues = json_in(&tow, &clones[0], &["ledger", "export", "--json"]);
    let issues = issues.as_array().unwrap();
    let found = |of: &dyn Fn(&Value) -> Vec<String>| -> BTreeSet<String> {
        issues.iter().flat_map(of).collect()
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let titles = found(&|issue| vec![text(&issue["title"])]);
    let comments = found(&|issue| {
        list(&issue["comments"]).iter().map(|comment| text(&comment["text"])).collect()
    });
    let labels = found(&|issue| list(&issue["labels"]).iter().map(&text).collect());
    let expected = |of: &dyn Fn(&Made) -> &BTreeSet<String>| -> BTreeSet<String> {
        all.iter().flat_map(|made| of(made).clone()).collect()
    };
    assert_eq!(titles, expected(&|made| &made.titles));
    assert_eq!(comments, expected(&|made| &made.comments));
    assert_eq!(labels, expected(&|made| &made.labels));
    assert_eq!(ok_in(&tow, &clones[0], &["ledger", "check"]), "");
    assert!(!try_git(&remote, &["cat-file", "-e", "main:own"]).status.success());
}

#[test]
fn what_is_written_while_a_sync_runs_is_not_lost() {
    let tow = tow();
    let (_, clones) = clones(&tow, 2);
    let [one, two] = &clones[..] else { unreachable!() };
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..2)
            .map(|name| {
                let tow = &tow;
                scope.spawn(move || {
                    (0..8)
                        .for_each(|number| _ = create(tow, one, &format!("{name} makes {number}")))
                })
            })
            .collect();
        // Two at once in the same clone, and others from elsewhere.
        while !writers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            let other = scope.spawn(|| sync(&tow, one));
            sync(&tow, one);
            create(&tow, two, "elsewhere");
            sync(&tow, two);
            other.join().unwrap();
        }
    });
    for folder in [one, two, one] {
        sync(&tow, folder);
    }
    assert_eq!(file(one), file(two));
    assert_eq!(file(one).matches(" makes ").count(), 16);
    for folder in [one, two] {
        assert_eq!(git(folder, &["status", "--porcelain"]), "");
    }
}
