//! Bad surroundings: what works works, and the rest is one clear line with a hint.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use towline_testkit::{Outcome, Tow};

use crate::common::{git, json_in, ledger, ok_in, repository, tow};

const GOOD: &str = r#"{"id":"gt-1","title":"one","status":"open","priority":2}"#;

/// Runs a command with some variables other than usual, and only these programs.
fn run_with(
    tow: &Tow,
    folder: &Path,
    variables: &[(&str, Option<&str>)],
    arguments: &[&str],
) -> Outcome {
    let mut command = tow.command(arguments);
    command.current_dir(folder).env("PWD", folder);
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.output().unwrap();
    Outcome {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The verbs that read, and those that write.
const READING: [&[&str]; 5] =
    [&["ready"], &["blocked"], &["issue", "list"], &["issue", "show", "gt-1"], &["issue", "stats"]];
const WRITING: [&[&str]; 4] = [
    &["issue", "create", "x"],
    &["issue", "update", "gt-1", "-p", "0"],
    &["issue", "comment", "gt-1", "x"],
    &["issue", "close", "gt-1"],
];

#[test]
fn nothing_but_the_ledger_is_needed() {
    let tow = tow();
    let bare: &[(&str, Option<&str>)] = &[
        ("HOME", None),
        ("USER", None),
        ("TOWLINE_HOME", None),
        ("SHELL", None),
        ("PATH", Some("/nonexistent")),
    ];
    for (at, arguments) in READING.into_iter().chain(WRITING).enumerate() {
        let folder = ledger(&tow, &format!("app{at}"), &format!("{GOOD}\n"));
        let told = run_with(&tow, &folder, bare, arguments).expect_status(0);
        assert_eq!(told.stderr, "", "{arguments:?}");
    }
}

#[test]
fn without_a_ledger_the_way_to_one_is_told() {
    let tow = tow();
    let folder = repository(&tow, "app");
    for arguments in READING.into_iter().chain(WRITING) {
        let told = tow.run_in(&folder, arguments).expect_error(1, "there is no ledger in");
        assert!(told.stderr.contains("hint: tow ledger init"), "{told:?}");
    }
    assert!(!folder.join(".beads").exists());
}

#[test]
fn a_detached_head_is_no_obstacle() {
    let tow = tow();
    let folder = repository(&tow, "app");
    git(&folder, &["checkout", "-q", "--detach"]);
    fs::create_dir(folder.join(".beads")).unwrap();
    fs::write(folder.join(".beads/issues.jsonl"), format!("{GOOD}\n")).unwrap();
    for arguments in READING.into_iter().chain(WRITING) {
        ok_in(&tow, &folder, arguments);
    }
    // From a folder below, too.
    fs::create_dir_all(folder.join("src/deep")).unwrap();
    ok_in(&tow, &folder.join("src/deep"), &["issue", "show", "gt-1"]);
}

/// What is done about a file with something that can't be read: it is told with its place, reading goes on, nothing is
/// written.
#[track_caller]
fn reads_and_refuses(text: &[u8], place: &str, what: &str) {
    let tow = tow();
    let folder = ledger(&tow, "app", "");
    let file = folder.join(".beads/issues.jsonl");
    fs::write(&file, text).unwrap();
    for arguments in READING {
        let told = tow.run_in(&folder, arguments).expect_status(0);
        assert!(
            told.stderr.contains(place) && told.stderr.contains(what),
            "{arguments:?}: {told:?}"
        );
        assert!(told.stderr.contains("hint: tow ledger check"), "{told:?}");
    }
    assert_eq!(json_in(&tow, &folder, &["issue", "list", "--json"])[0]["id"], "gt-1");
    for arguments in WRITING {
        let told = tow.run_in(&folder, arguments).expect_error(1, place);
        assert!(
            told.stderr.contains("can't be read") && told.stderr.contains("hint: tow ledger check"),
            "{told:?}"
        );
    }
    assert_eq!(fs::read(&file).unwrap(), text);
}

#[test]
fn a_broken_line_is_told_and_never_dropped() {
    let text = format!("{GOOD}\n{{\"id\":\"gt-2\",\"title\":\n");
    reads_and_refuses(text.as_bytes(), "line 2", "the line ends too early");
}

#[test]
fn bytes_that_are_no_text_are_told() {
    let text = [b"{\"id\":\"gt-0\",\"title\":\"\xff\xfe\"}\n", GOOD.as_bytes(), b"\n"].concat();
    reads_and_refuses(&text, "line 1", "no UTF-8");
}

#[test]
fn the_marks_of_a_merge_are_told() {
    let text = format!(
        "<<<<<<< HEAD\n{GOOD}\n=======\n{{\"id\":\"gt-2\",\"title\":\"two\",\"priority\":3}}\n>>>>>>> other\n"
    );
    reads_and_refuses(text.as_bytes(), "line 1", "a merge has left its marks");
}

#[test]
fn many_broken_lines_are_counted() {
    let tow = tow();
    let folder = ledger(&tow, "app", &format!("{GOOD}\n{}", "nonsense\n".repeat(50)));
    let told = tow.run_in(&folder, &["ready"]).expect_status(0);
    assert_eq!(told.stderr.lines().count(), 5, "{told:?}");
    assert!(told.stderr.contains("47 more lines like these"));
}

#[test]
fn an_issue_that_stands_there_twice_is_told_and_the_last_counts() {
    let tow = tow();
    let folder = ledger(&tow, "app", &format!("{GOOD}\n{}\n", GOOD.replace("one", "again")));
    let told = tow.run_in(&folder, &["issue", "show", "gt-1", "--json"]).expect_status(0);
    assert!(
        told.stderr.contains("line 2: gt-1 stands there twice") && told.stdout.contains("again"),
        "{told:?}"
    );
    ok_in(&tow, &folder, &["issue", "update", "gt-1", "-p", "0"]);
}

#[test]
fn empty_files_and_folders_are_ledgers() {
    let tow = tow();
    for (at, text) in ["", "\n", "\u{feff}", "\r\n\r\n"].into_iter().enumerate() {
        let folder = ledger(&tow, &format!("app{at}"), text);
        ok_in(&tow, &folder, &["ready"]);
        let id = ok_in(&tow, &folder, &["issue", "create", "x", "--silent"]);
        ok_in(&tow, &folder, &["issue", "show", id.trim()]);
    }
    let folder = ledger(&tow, "none", "");
    fs::remove_file(folder.join(".beads/issues.jsonl")).unwrap();
    ok_in(&tow, &folder, &["ready"]);
    ok_in(&tow, &folder, &["issue", "create", "x"]);
}

#[test]
fn a_ledger_behind_a_redirect_is_found() {
    let tow = tow();
    let folder = ledger(&tow, "app", &format!("{GOOD}\n"));
    let worktree = tow.work().join("worktree");
    fs::create_dir_all(worktree.join(".beads")).unwrap();
    fs::write(worktree.join(".beads/redirect"), "../app/.beads\n").unwrap();
    ok_in(&tow, &worktree, &["issue", "update", "gt-1", "-p", "0"]);
    assert_eq!(json_in(&tow, &folder, &["issue", "show", "gt-1", "--json"])[0]["priority"], 0);
    assert!(!worktree.join(".beads/issues.jsonl").exists());
}

#[test]
fn a_redirect_that_leads_nowhere_or_round_is_told() {
    let tow = tow();
    let folder = tow.work().join("app");
    for (at, target) in [("round", ".beads\n"), ("nowhere", "../nothing/.beads\n")] {
        let folder = folder.join(at);
        fs::create_dir_all(folder.join(".beads")).unwrap();
        fs::write(folder.join(".beads/redirect"), target).unwrap();
        for arguments in READING.into_iter().chain(WRITING) {
            let told = tow.run_in(&folder, arguments).expect_error(1, "redirect");
            assert!(told.stderr.lines().count() <= 3, "{told:?}");
        }
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_told_where_it_is_tried() {
    let tow = tow();
    let folder = ledger(&tow, "app", &format!("{GOOD}\n"));
    let beads = folder.join(".beads");
    fs::set_permissions(&beads, fs::Permissions::from_mode(0o555)).unwrap();
    // For root, no permission is a hindrance.
    let hinders = fs::write(beads.join("probe"), "").is_err();
    if hinders {
        for arguments in READING {
            ok_in(&tow, &folder, arguments);
        }
        for arguments in WRITING {
            tow.run_in(&folder, arguments).expect_error(1, "permission denied");
        }
    }
    fs::set_permissions(&beads, fs::Permissions::from_mode(0o755)).unwrap();
    // A folder in the file's place is one for everybody.
    let _ = fs::remove_file(beads.join("probe"));
    fs::remove_file(beads.join("issues.jsonl")).unwrap();
    fs::create_dir(beads.join("issues.jsonl")).unwrap();
    for arguments in READING.into_iter().chain(WRITING) {
        tow.run_in(&folder, arguments).expect_error(1, "is a directory");
    }
}
