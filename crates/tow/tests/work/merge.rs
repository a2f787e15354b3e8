//! The merge driver, as git runs it.

use std::fs;
use std::path::{Path, PathBuf};

use towline_testkit::Tow;

use crate::common::{git, ok_in, repository, tow, try_git};

fn line(id: &str, more: &str, day: u8) -> String {
    format!(
        "{{\"id\":\"{id}\",\"title\":\"t\",\"status\":\"open\",\"priority\":2{more},\"created_at\":\"2026-01-01T00:00:00.5Z\",\"updated_at\":\"2026-01-{day:02}T00:00:00Z\"}}\n"
    )
}

/// A repository whose branches `main` and `other` have both changed `gt-a`, and each made an issue.
fn apart(tow: &Tow) -> PathBuf {
    let folder = repository(tow, "app");
    ok_in(tow, &folder, &["ledger", "init", "--prefix", "gt"]);
    write(&folder, &line("gt-a", "", 1));
    git(&folder, &["checkout", "-q", "-b", "other"]);
    write(
        &folder,
        &format!(
            "{}{}",
            line("gt-a", r#","labels":["theirs"],"notes":"n""#, 3),
            line("gt-c", "", 1)
        ),
    );
    git(&folder, &["checkout", "-q", "main"]);
    write(&folder, &format!("{}{}", line("gt-a", r#","labels":["ours"]"#, 2), line("gt-b", "", 1)));
    folder
}

fn write(folder: &Path, text: &str) {
    fs::write(folder.join(".beads/issues.jsonl"), text).unwrap();
    git(folder, &["add", "."]);
    git(folder, &["commit", "-q", "-m", "Work"]);
}

fn merged() -> String {
    let a = line("gt-a", r#","notes":"n","labels":["ours","theirs"]"#, 3);
    // Where a field comes that one side lacks is the other's matter.
    let a = a.replace(
        r#""notes":"n","labels":["ours","theirs"]"#,
        r#""labels":["ours","theirs"],"notes":"n""#,
    );
    format!("{a}{}{}", line("gt-b", "", 1), line("gt-c", "", 1))
}

#[test]
fn a_merge_a_rebase_and_a_cherry_pick_come_to_the_same() {
    let tow = tow();
    for (what, onto) in [
        (&["merge", "-q", "other"][..], "main"),
        (&["rebase", "-q", "other"], "main"),
        (&["cherry-pick", "other"], "main"),
        (&["merge", "-q", "main"], "other"),
    ] {
        let folder = apart(&tow);
        git(&folder, &["checkout", "-q", onto]);
        git(&folder, what);
        assert_eq!(
            fs::read_to_string(folder.join(".beads/issues.jsonl")).unwrap(),
            merged(),
            "{what:?}"
        );
        assert_eq!(git(&folder, &["status", "--porcelain"]), "");
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn what_cannot_be_merged_is_a_conflict_with_all_of_it_in_the_file() {
    let tow = tow();
    let folder = apart(&tow);
    write(&folder, &format!("{}{{\"id\":\n", line("gt-a", r#","labels":["ours"]"#, 2)));
    let merge = try_git(&folder, &["merge", "other"]);
    let said = String::from_utf8_lossy(&merge.stderr).into_owned()
        + &String::from_utf8_lossy(&merge.stdout);
    assert!(!merge.status.success() && said.contains("line 2 of ours needs a look"), "{said}");
    let text = fs::read_to_string(folder.join(".beads/issues.jsonl")).unwrap();
    assert!(
        text.contains("[\"ours\",\"theirs\"]")
            && text.contains("gt-c")
            && text.ends_with("{\"id\":\n"),
        "{text}"
    );
    assert!(
        git(&folder, &["status", "--porcelain"]).contains("UU .beads/issues.jsonl")
            || git(&folder, &["status", "--porcelain"]).contains("AA")
    );
}

#[test]
fn where_no_tow_is_left_git_merges_line_by_line() {
    let tow = tow();
    let folder = apart(&tow);
    let driver = git(&folder, &["config", "merge.tow.driver"]);
    let path = env!("CARGO_BIN_EXE_tow");
    // Neither where it was, nor on the search path.
    let moved = driver.replace(path, "/nowhere/it's gone").replace("t=tow;", "t=no-such-tow;");
    assert_ne!(moved, driver);
    git(&folder, &["config", "merge.tow.driver", &moved.replace("it's", "its")]);
    assert!(!try_git(&folder, &["merge", "other"]).status.success());
    let text = fs::read_to_string(folder.join(".beads/issues.jsonl")).unwrap();
    assert!(text.contains("<<<<<<<") && text.contains("theirs") && text.contains("ours"), "{text}");
    let fixed = tow.run_in(&folder, &["ledger", "check", "--fix"]);
    assert!(fixed.stdout.contains("(fixed)"), "{fixed:?}");
    let text = fs::read_to_string(folder.join(".beads/issues.jsonl")).unwrap();
    assert!(
        text.contains("[\"ours\",\"theirs\"]") && text.contains("gt-b") && text.contains("gt-c"),
        "{text}"
    );
}

#[test]
fn the_driver_takes_files_as_they_come() {
    let tow = tow();
    let [base, ours, theirs] = ["base", "ours", "theirs"].map(|name| tow.work().join(name));
    for (before, one, other, expected) in [
        ("", "", "", ""),
        ("", "\u{feff}{\"id\":\"a\"}\r\n", "{\"id\":\"b\"}", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n"),
        ("{\"id\":\"a\"}\n", "", "{\"id\":\"a\"}\n", ""),
    ] {
        fs::write(&base, before).unwrap();
        fs::write(&ours, one).unwrap();
        fs::write(&theirs, other).unwrap();
        tow.ok(&["ledger", "merge-driver", "base", "ours", "theirs"]);
        assert_eq!(fs::read_to_string(&ours).unwrap(), expected);
    }
    tow.run(&["ledger", "merge-driver", "base", "ours", "nowhere"])
        .expect_error(1, "cannot read nowhere");
}
