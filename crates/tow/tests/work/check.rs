//! `tow ledger check`, on what a merge, a crash or an editor leaves.

use std::fs;

use crate::common::{git, json_in, ledger, ok_in, repository, tow};

fn line(id: &str, more: &str) -> String {
    format!(
        "{{\"id\":\"{id}\",\"title\":\"t\",\"priority\":2{more},\"created_at\":\"2026-01-01T00:00:00.5Z\",\"updated_at\":\"2026-01-02T00:00:00Z\"}}\n"
    )
}

#[test]
fn a_ledger_that_is_fine_is_left_alone() {
    let tow = tow();
    let folder = ledger(&tow, "app", &line("gt-a", ""));
    let outcome = tow.run_in(&folder, &["ledger", "check", "--fix"]).expect_status(0);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.contains("is fine")), ("", true));
    assert_eq!(ok_in(&tow, &ledger(&tow, "empty", ""), &["ledger", "check"]), "");
}

#[test]
fn all_that_can_be_mended_is_and_nothing_is_thrown_away() {
    let tow = tow();
    let on_nothing =
        r#","dependencies":[{"issue_id":"gt-d","depends_on_id":"gt-gone","type":"blocks"}]"#;
    let text = [
        "\u{feff}".to_owned(),
        line("gt-b", r#","status":"closed""#),
        line("gt-a", r#","status":"hooked""#).replace('\n', "\r\n"),
        "{\"id\":\"gt-half\n".to_owned(),
        line("gt-c", r#","labels":["one"]"#),
        line("gt-c", r#","labels":["two"]"#),
        line("gt-d", on_nothing),
    ]
    .concat();
    let folder = ledger(&tow, "app", &text);
    let beads = folder.join(".beads");
    fs::write(beads.join(".issues.jsonl.tmp.999999999"), "half").unwrap();
    let found = tow.run_in(&folder, &["ledger", "check"]).expect_status(1);
    let lines: Vec<&str> = found.stdout.lines().collect();
    assert_eq!(lines.len(), 9, "{}", found.stdout);
    assert!(
        lines.iter().enumerate().all(
            |(at, line)| line.starts_with(&format!("{}  ", at + 1)) && line.contains("(--fix ")
        )
    );
    assert_eq!(fs::read_to_string(beads.join("issues.jsonl")).unwrap(), text);
    let fixed = json_in(&tow, &folder, &["ledger", "check", "--fix", "--json"]);
    assert_eq!(fixed["left"], 0, "{fixed:#}");
    let after = fs::read_to_string(beads.join("issues.jsonl")).unwrap();
    let ids: Vec<&str> = after.lines().map(|line| &line[7..11]).collect();
    assert_eq!(ids, ["gt-a", "gt-b", "gt-c", "gt-d"]);
    assert!(
        after.contains(r#"["one","two"]"#)
            && after.contains("closed_at")
            && !after.contains("gt-gone"),
        "{after}"
    );
    let kept = fs::read_to_string(fixed["kept"].as_str().unwrap()).unwrap();
    assert!(
        kept.contains("{\"id\":\"gt-half\n")
            && kept.contains("[\"one\"]")
            && kept.contains("gt-gone"),
        "{kept}"
    );
    assert!(!beads.join(".issues.jsonl.tmp.999999999").exists());
    assert_eq!(ok_in(&tow, &folder, &["ledger", "check"]), "");
}

#[test]
fn what_a_person_has_to_decide_is_left_and_told() {
    let tow = tow();
    let on = |id: &str, other: &str| {
        line(
            id,
            &format!(
                r#","dependencies":[{{"issue_id":"{id}","depends_on_id":"{other}","type":"blocks"}}]"#
            ),
        )
    };
    let text = format!(
        "{}{}{}",
        on("gt-a", "gt-b"),
        on("gt-b", "gt-a"),
        line("gt-c.1", r#","status":"odd""#)
    );
    let folder = ledger(&tow, "app", &text);
    let outcome = tow.run_in(&folder, &["ledger", "check", "--fix"]).expect_status(1);
    assert_eq!(outcome.stdout.lines().count(), 3, "{}", outcome.stdout);
    assert!(outcome.stdout.contains("gt-a → gt-b → gt-a  (needs you)"), "{}", outcome.stdout);
    assert_eq!(fs::read_to_string(folder.join(".beads/issues.jsonl")).unwrap(), text);
    // What the configuration names is no trouble.
    fs::write(folder.join(".beads/config.yaml"), "status.custom: \"odd:active,b\"\n").unwrap();
    assert!(!tow.run_in(&folder, &["ledger", "check"]).stdout.contains("odd"));
}

#[test]
fn a_conflict_that_git_left_is_resolved_issue_by_issue() {
    let tow = tow();
    let folder = repository(&tow, "app");
    fs::create_dir(folder.join(".beads")).unwrap();
    let file = folder.join(".beads/issues.jsonl");
    // Nobody has told git of the driver.
    let commit = |text: &str| {
        fs::write(&file, text).unwrap();
        git(&folder, &["add", "."]);
        git(&folder, &["commit", "-q", "-m", "Work"]);
    };
    commit(&format!("{}{}", line("gt-0", ""), line("gt-a", r#","labels":["gone"]"#)));
    git(&folder, &["checkout", "-q", "-b", "other"]);
    commit(&format!("{}{}", line("gt-0", ""), line("gt-a", r#","labels":["gone","theirs"]"#)));
    git(&folder, &["checkout", "-q", "main"]);
    // Took out a label and an issue.
    commit(&format!("{}{}", line("gt-a", r#","labels":["ours"]"#), line("gt-b", "")));
    assert!(!crate::common::try_git(&folder, &["merge", "-q", "other"]).status.success());
    tow.run_in(&folder, &["issue", "create", "Not now"])
        .expect_error(1, "a merge has left its marks");
    let outcome = ok_in(&tow, &folder, &["ledger", "check", "--fix"]);
    assert!(
        outcome.contains("a merge has left its marks") && outcome.contains("(fixed)"),
        "{outcome}"
    );
    let both = line("gt-a", r#","labels":["ours","theirs"]"#);
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{both}{}", line("gt-b", "")));
}

#[test]
fn a_driver_that_is_asked_for_and_not_there_is_installed() {
    let tow = tow();
    let folder = repository(&tow, "app");
    ok_in(&tow, &folder, &["ledger", "init"]);
    git(&folder, &["config", "--unset", "merge.tow.driver"]);
    let outcome = tow.run_in(&folder, &["ledger", "check"]).expect_status(1);
    assert!(outcome.stdout.contains("merge=tow"), "{outcome:?}");
    ok_in(&tow, &folder, &["ledger", "check", "--fix"]);
    assert!(git(&folder, &["config", "merge.tow.driver"]).contains("merge-driver"));
}

#[test]
fn routes_and_redirects_that_lead_nowhere_are_told() {
    let tow = tow();
    let town = crate::common::town(&tow);
    assert_eq!(ok_in(&tow, &town, &["ledger", "check"]), "");
    let routes = town.join(".beads/routes.jsonl");
    let before = fs::read_to_string(&routes).unwrap_or_default();
    fs::write(&routes, format!("{before}{{\"prefix\":\"zz-\",\"path\":\"nowhere\"}}\n")).unwrap();
    let crew = town.join("demo/crew/ann/.beads");
    fs::create_dir_all(&crew).unwrap();
    fs::write(crew.join("redirect"), "../../gone/.beads\n").unwrap();
    let found = tow.run_in(&town, &["ledger", "check"]).expect_status(1).stdout;
    assert!(found.contains("zz-") && found.contains("which is no folder"), "{found}");
    assert_eq!(found.lines().filter(|line| line.ends_with("(needs you)")).count(), 2, "{found}");
}
