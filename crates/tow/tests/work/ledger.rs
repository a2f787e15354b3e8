//! `tow ledger init|export|import`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::{git, json_in, ledger, ok_in, repository, tow};

const A: &str = "{\"id\":\"gt-a\",\"title\":\"A\",\"status\":\"open\",\"priority\":1,\"created_at\":\"2026-01-01T00:00:00.5Z\",\"updated_at\":\"2026-01-01T00:00:00.5Z\",\"labels\":[\"x\"]}\n";
const B: &str = "{\"id\":\"gt-b\",\"title\":\"B <b>\",\"status\":\"closed\",\"priority\":2,\"issue_type\":\"bug\",\"zz\":{\"k\":[1]},\"created_at\":\"2026-01-02T00:00:00.5Z\",\"updated_at\":\"2026-01-02T00:00:00.5Z\",\"closed_at\":\"2026-01-02T00:00:00.5Z\"}\n";

#[test]
fn a_ledger_is_made_once_and_git_is_told() {
    let tow = tow();
    let folder = repository(&tow, "app");
    let said = ok_in(&tow, &folder, &["ledger", "init", "--prefix", "gt-"]);
    assert!(said.contains("ids begin with gt-") && said.contains("merge=tow"), "{said}");
    assert_eq!(
        fs::read_to_string(folder.join(".gitattributes")).unwrap(),
        ".beads/issues.jsonl merge=tow\n"
    );
    let driver = git(&folder, &["config", "merge.tow.driver"]);
    assert!(driver.contains("ledger merge-driver %O %A %B"), "{driver}");
    let again = tow.run_in(&folder, &["ledger", "init"]).expect_status(0);
    assert_eq!(
        (again.stdout.as_str(), again.stderr.contains("is ready already")),
        ("", true),
        "{again:?}"
    );
    // From below, it is the same one; git sees nothing that is this machine's alone.
    fs::create_dir(folder.join("src")).unwrap();
    ok_in(&tow, &folder.join("src"), &["issue", "create", "First"]);
    let status = git(&folder, &["status", "--porcelain", "-uall"]);
    assert_eq!(
        status,
        "?? .beads/.gitignore\n?? .beads/config.yaml\n?? .beads/issues.jsonl\n?? .gitattributes"
    );
    assert!(
        fs::read_to_string(folder.join(".beads/issues.jsonl"))
            .unwrap()
            .starts_with("{\"id\":\"gt-")
    );
}

#[test]
fn the_name_that_beads_uses_stays_and_stands_for_this_driver() {
    let tow = tow();
    let folder = repository(&tow, "app");
    fs::write(
        folder.join(".gitattributes"),
        "# Use bd merge for beads JSONL files\n.beads/issues.jsonl merge=beads",
    )
    .unwrap();
    git(&folder, &["config", "merge.beads.driver", "bd merge %A %O %A %B"]);
    let said = ok_in(&tow, &folder, &["ledger", "init"]);
    assert!(said.contains("it was: bd merge"), "{said}");
    assert!(!fs::read_to_string(folder.join(".gitattributes")).unwrap().contains("merge=tow"));
    assert!(git(&folder, &["config", "merge.beads.driver"]).contains("ledger merge-driver"));
}

#[test]
fn without_git_it_works_and_says_so() {
    let tow = tow();
    let folder = tow.work().join("plain");
    fs::create_dir(&folder).unwrap();
    let made = tow.run_in(&folder, &["ledger", "init"]).expect_status(0);
    assert!(made.stdout.contains("plain-") && made.stderr.contains("no git here"), "{made:?}");
    ok_in(&tow, &folder, &["issue", "create", "First"]);
    tow.run_in(&folder, &["ledger", "sync"]).expect_error(1, "is in no git repository");
    tow.run_in(&folder, &["ledger", "init", "--prefix", "no good"])
        .expect_error(2, "can't be a prefix");
}

#[test]
fn issues_are_exported_as_they_are() {
    let tow = tow();
    let dead = A.replace("gt-a", "gt-c").replace("\"open\"", "\"tombstone\"");
    let folder = ledger(&tow, "app", &format!("{A}{B}{dead}"));
    assert_eq!(ok_in(&tow, &folder, &["ledger", "export"]), format!("{A}{B}"));
    assert_eq!(ok_in(&tow, &folder, &["ledger", "export", "--all"]), format!("{A}{B}{dead}"));
    for (filter, expected) in [
        (&["--status", "closed,blocked"][..], B),
        (&["--type", "task"], A),
        (&["--label", "x", "--priority", "1"], A),
        (&["--assignee", "me"], ""),
    ] {
        let arguments = [&["ledger", "export"][..], filter].concat();
        assert_eq!(ok_in(&tow, &folder, &arguments), expected, "{filter:?}");
    }
    let list = json_in(&tow, &folder, &["ledger", "export", "--json"]);
    assert_eq!(list[1]["zz"]["k"][0], 1);
    ok_in(&tow, &folder, &["ledger", "export", "-o", "out.jsonl"]);
    assert_eq!(fs::read_to_string(folder.join("out.jsonl")).unwrap(), format!("{A}{B}"));
}

#[test]
fn what_is_imported_is_merged_and_nothing_is_lost() {
    let tow = tow();
    let folder = ledger(&tow, "app", A);
    let newer = A
        .replace("\"A\"", "\"A new\"")
        .replace("[\"x\"]", "[\"y\"]")
        .replace("updated_at\":\"2026-01-01", "updated_at\":\"2026-01-09");
    let older = A
        .replace("\"A\"", "\"A old\"")
        .replace("updated_at\":\"2026-01-01", "updated_at\":\"2025-12-01");
    fs::write(folder.join("in.jsonl"), format!("{newer}{B}")).unwrap();
    let file = || fs::read_to_string(folder.join(".beads/issues.jsonl")).unwrap();
    let dry = ok_in(&tow, &folder, &["ledger", "import", "in.jsonl", "--dry-run"]);
    assert_eq!((dry.trim_end(), file().as_str()), ("would come: 1 issue new, 1 changed", A));
    let came = json_in(&tow, &folder, &["ledger", "import", "in.jsonl", "--json"]);
    assert_eq!(
        (&came["came"]["added"][0], &came["came"]["changed"][0]),
        (&"gt-b".into(), &"gt-a".into())
    );
    let both = newer.replace("[\"y\"]", "[\"x\",\"y\"]");
    assert_eq!(file(), format!("{both}{B}"));
    fs::write(folder.join("in.jsonl"), older).unwrap();
    assert_eq!(
        ok_in(&tow, &folder, &["ledger", "import", "in.jsonl"]).trim_end(),
        "nothing in it is new"
    );
    // A list, as others print it, from the standard input.
    let list = ok_in(&tow, &folder, &["ledger", "export", "--json"]);
    let other = ledger(&tow, "other", "");
    let mut command = tow.command(&["ledger", "import", "-"]);
    command.current_dir(&other).env("PWD", &other).stdin(std::process::Stdio::piped());
    let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), list.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(fs::read_to_string(other.join(".beads/issues.jsonl")).unwrap(), file());
    fs::write(folder.join("in.jsonl"), format!("{A}{{\n")).unwrap();
    tow.run_in(&folder, &["ledger", "import", "in.jsonl"])
        .expect_error(1, "in.jsonl line 2 can't be read");
    assert_eq!(file(), format!("{both}{B}"));
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let tow = tow();
    let folder = ledger(&tow, "app", "");
    fs::write(folder.join("in.jsonl"), A).unwrap();
    let beads = folder.join(".beads");
    fs::set_permissions(&beads, fs::Permissions::from_mode(0o555)).unwrap();
    let outcome = tow.run_in(&folder, &["ledger", "import", "in.jsonl"]);
    fs::set_permissions(&beads, fs::Permissions::from_mode(0o755)).unwrap();
    // The superuser may write anywhere.
    if outcome.status != 0 {
        outcome.expect_error(1, "permission denied");
    }
}
