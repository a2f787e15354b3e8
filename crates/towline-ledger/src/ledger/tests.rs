use std::fs;

use super::*;
use crate::issue::Status;

fn ledger() -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::init(folder.path().join(".beads"), "gt").unwrap();
    (folder, ledger)
}

fn me() -> Actor {
    Actor("me".into())
}

fn create(ledger: &Ledger, new: New) -> Result<String, LedgerError> {
    ledger.change(&me(), |change| Ok(change.create(&new)?.id().into_owned()))
}

fn titled(title: &str) -> New {
    New { title: title.into(), ..New::default() }
}

#[test]
fn an_issue_is_made_changed_closed_and_deleted() {
    let (_folder, ledger) = ledger();
    let id =
        create(&ledger, New { description: "a <b>".into(), ..titled("Fix the build") }).unwrap();
    assert!(id.starts_with("gt-") && id.len() == 6, "{id}");
    let line = fs::read_to_string(ledger.file()).unwrap();
    let begins = format!(
        r#"{{"id":"{id}","title":"Fix the build","description":"a \u003cb\u003e","status":"open","priority":2,"issue_type":"task","created_at":""#
    );
    assert!(line.starts_with(&begins) && line.ends_with("\"}\n"), "{line}");
    let child = create(&ledger, New { parent: Some(id.clone()), ..titled("A part") }).unwrap();
    assert_eq!(child, format!("{id}.1"));
    let closed = ledger
        .change(&me(), |change| {
            change.update(&id, |issue, now| {
                issue.set_status(&Status::Closed, now);
                Ok::<_, LedgerError>(())
            })
        })
        .unwrap();
    assert!(closed.time("closed_at").is_some());
    assert!(closed.time("updated_at") > closed.time("created_at"));
    ledger.change(&me(), |change| change.delete(&child, "a mistake")).unwrap();
    let issues = ledger.read().unwrap();
    let gone = issues.find(&child).unwrap().issue();
    assert_eq!(
        (gone.status(), gone.text("delete_reason").as_ref()),
        (Status::Tombstone, "a mistake")
    );
    // Its number is not given again, and it is not there any longer.
    let next = create(&ledger, New { parent: Some(id.clone()), ..titled("Another") }).unwrap();
    assert_eq!(next, format!("{id}.2"));
    let again = ledger.change(&me(), |change| change.get(&child)).unwrap_err();
    assert_eq!(again.to_string(), format!("there is no issue {child}"));
}

#[test]
fn what_cannot_be_an_issue_is_refused() {
    let (_folder, ledger) = ledger();
    for (new, message) in [
        (titled(" "), "an issue needs a title"),
        (titled(&"x".repeat(501)), "the title has 501 characters; at most 500 fit"),
        (New { priority: Some(5), ..titled("x") }, "there is no priority 5"),
        (New { parent: Some("gt-no".into()), ..titled("x") }, "there is no issue gt-no"),
        (New { id: Some("a b".into()), ..titled("x") }, "\"a b\" can't be an id"),
    ] {
        assert_eq!(create(&ledger, new).unwrap_err().to_string(), message);
    }
    assert_eq!(fs::read(ledger.file()).unwrap(), b"");
    let id = create(&ledger, New { id: Some("gt-x".into()), ..titled("x") }).unwrap();
    assert_eq!(
        create(&ledger, New { id: Some(id), ..titled("y") }).unwrap_err().to_string(),
        "gt-x is taken"
    );
}

#[test]
fn a_line_that_cannot_be_read_keeps_all_from_being_written() {
    let (_folder, ledger) = ledger();
    fs::write(ledger.file(), "{\"id\":\"gt-1\",\"title\":\"a\"}\n{\"id\":\n").unwrap();
    let error = create(&ledger, titled("x")).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("issues.jsonl line 2 can't be read: the line ends too early at column 7"),
        "{error}"
    );
    assert_eq!(ledger.read().unwrap().len(), 1);
}

#[test]
fn a_writer_that_takes_no_lock_loses_nothing() {
    let (_folder, ledger) = ledger();
    let mut tries = 0;
    let made = ledger.change(&me(), |change| {
        tries += 1;
        if tries == 1 {
            fs::write(ledger.file(), "{\"id\":\"gt-other\",\"title\":\"theirs\"}\n").unwrap();
        }
        change.create(&titled("ours"))
    });
    let id = made.unwrap().id().into_owned();
    let issues = ledger.read().unwrap();
    assert!(
        tries == 2
            && issues.len() == 2
            && issues.find(&id).is_some()
            && issues.find("gt-other").is_some()
    );
    let left: Vec<_> =
        fs::read_dir(ledger.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains(".tmp.")), "{left:?}");
}

#[test]
fn whoever_waits_too_long_is_told() {
    let (_folder, ledger) = ledger();
    let _held = lock::Lock::take(ledger.folder(), Duration::ZERO).unwrap();
    let hurried = ledger.clone().with_patience(Duration::from_millis(30));
    let error = create(&hurried, titled("x")).unwrap_err();
    assert!(error.to_string().contains("is locked by another program"), "{error}");
    assert_eq!(error.hints.len(), 1);
}

#[test]
fn the_prefix_is_the_configurations_or_most_issues_or_the_folders() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("my app");
    let ledger = Ledger::at(project.join(".beads"));
    fs::create_dir_all(ledger.folder()).unwrap();
    let prefix = || ledger.prefix(&ledger.read().unwrap());
    assert_eq!(prefix(), "my-app");
    fs::write(ledger.file(), "{\"id\":\"de-dupe-1\"}\n{\"id\":\"de-dupe-2\"}\n{\"id\":\"x-1\"}\n")
        .unwrap();
    assert_eq!(prefix(), "de-dupe");
    fs::write(
        ledger.folder().join("config.yaml"),
        "# issue-prefix: no\nissue-prefix: \"gt-\" # yes\n",
    )
    .unwrap();
    assert_eq!(prefix(), "gt");
}
