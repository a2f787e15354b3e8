//! Committing the ledger's own changes, and nothing else.

use towline_ledger::Ledger;
use towline_ledger::merge::{self, Side};

use super::{Repository, SUBJECT, Synced, damaged, driver, refused};
use crate::DispatchError;

/// How many ids a commit's message names.
const NAMED: usize = 20;

/// The ledger as it is committed.
#[derive(Debug, Clone)]
pub(super) struct Own {
    /// The branch's commit; `None` where it has none yet.
    pub(super) head: Option<String>,
    /// The ledger's text.
    pub(super) text: Vec<u8>,
}

/// Commits what was changed of the ledger's files.
pub(super) fn commit(
    repository: &Repository,
    ledger: &Ledger,
    branch: &str,
    synced: &mut Synced,
) -> Result<Own, DispatchError> {
    // Somebody may commit by hand at the same time.
    for _ in 0..10 {
        let head = repository.commit("HEAD")?;
        let issues = ledger.read()?;
        let before = repository.file_at(head.as_deref(), &repository.file)?;
        let is_empty = |text: &[u8]| text.trim_ascii().is_empty();
        if is_empty(issues.bytes()) && before.as_ref().is_some_and(|before| !is_empty(before)) {
            let hint = format!("git restore {}", repository.file);
            let message = format!(
                "{} is empty, and {branch} has issues: that is taken for an accident",
                ledger.file().display()
            );
            return Err(refused(
                message,
                &[&hint, "git commit -m MESSAGE .beads    if it is none"],
            ));
        }
        let text = issues.bytes().to_vec();
        let before = before.unwrap_or_default();
        let changes = merge::merge(&before, &before, &text, jiff::Timestamp::now()).report;
        if let Some(conflict) =
            changes.conflicts.iter().find(|conflict| conflict.side == Side::Theirs)
        {
            return Err(damaged(ledger, conflict));
        }
        let mut files = settings(repository, head.as_deref())?;
        if text != before || head.is_none() {
            files.push((repository.file.clone(), text.clone()));
        }
        if files.is_empty() {
            return Ok(Own { head, text });
        }
        let commit = repository.commit_with(head.as_deref(), &files, &message(&changes.came))?;
        if repository.move_branch(branch, head.as_deref(), &commit)? {
            repository.stage(&files)?;
            synced.committed = changes.came;
            return Ok(Own { head: Some(commit), text });
        }
    }
    Err(refused(format!("{branch} is committed to all the time"), &[]))
}

/// The settings of the ledger that are to be committed with it: how git merges it, and what of it git ignores.
fn settings(
    repository: &Repository,
    head: Option<&str>,
) -> Result<Vec<(String, Vec<u8>)>, DispatchError> {
    let mut files = Vec::new();
    let mut add = |path: String, text: Vec<u8>| -> Result<(), DispatchError> {
        // What a person has staged of it is theirs to commit.
        if repository.is_staged_as(head, &path)? {
            files.push((path, text));
        }
        Ok(())
    };
    let here = |path: &str| std::fs::read(repository.root().join(path)).ok();
    let attributes = repository.beside_ledger(driver::ATTRIBUTES);
    let before = repository.file_at(head, &attributes)?.unwrap_or_default();
    if let Some(line) = here(&attributes).and_then(|text| driver::line_in(&text, repository))
        && driver::line_in(&before, repository).is_none()
    {
        add(attributes, driver::with_line(&before, &line))?;
    }
    let ignores = repository.in_ledger(driver::IGNORES);
    if let Some(text) = here(&ignores)
        && repository.file_at(head, &ignores)?.is_none_or(|before| before != text)
    {
        add(ignores, text)?;
    }
    // So that other clones give ids with the same prefix.
    let config = repository.in_ledger("config.yaml");
    if let Some(text) = here(&config)
        && repository.file_at(head, &config)?.is_none()
        && !repository.ignores(&config)?
    {
        add(config, text)?;
    }
    Ok(files)
}

/// A commit's message.
pub(super) fn message(changes: &merge::Delta) -> String {
    let all: Vec<&str> = [&changes.added, &changes.changed, &changes.removed]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let more = all.len().saturating_sub(NAMED);
    let named = all.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match (all.len(), more) {
        (0, _) => SUBJECT.to_owned(),
        (_, 0) => format!("{SUBJECT}\n\n{named}"),
        _ => format!("{SUBJECT}\n\n{named} and {more} more"),
    }
}
