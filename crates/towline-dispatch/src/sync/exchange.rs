//! Exchanging two ledgers without git between them.

use jiff::Timestamp;
use towline_ledger::merge::{self, Merged, Report, Side};
use towline_ledger::{Ledger, LedgerError, Problem, Trouble};

/// What came of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanged {
    /// The text that both have now: to be given to the other, and to be the base of the next exchange.
    pub text: Vec<u8>,
    /// Whether our ledger was changed.
    pub changed_here: bool,
    /// Whether `text` is other than what they had.
    pub changed_there: bool,
    /// What came and went.
    pub report: Report,
}

/// Merges another ledger's text into a ledger, under its lock. `base` is the text that both had after their last exchange; empty
/// where there was none. What is the same already is not written.
///
/// # Errors
/// Where one of the ledgers has lines that can't be read: nothing is written then. Where ours can't be read or written.
pub fn exchange(local: &Ledger, theirs: &[u8], base: &[u8]) -> Result<Exchanged, LedgerError> {
    let mut done: Option<Exchanged> = None;
    local.rewrite(|issues| {
        let ours = issues.bytes();
        let Merged { text, report } = merge::merge(base, ours, theirs, Timestamp::now());
        if let Some(conflict) = report.conflicts.first() {
            return Err(unreadable(local, conflict));
        }
        let changed_here = report.came.count() > 0 || !same_lines(&text, ours);
        // Only in another order: that is no reason to write.
        let text = if changed_here { text } else { ours.to_vec() };
        let changed_there = text != theirs;
        done = Some(Exchanged { text: text.clone(), changed_here, changed_there, report });
        Ok(changed_here.then_some(text))
    })?;
    done.ok_or_else(|| LedgerError::refused("nothing was exchanged"))
}

fn unreadable(local: &Ledger, conflict: &merge::Conflict) -> LedgerError {
    let trouble = Trouble { line: conflict.line, what: conflict.what.clone() };
    match conflict.side {
        Side::Theirs => LedgerError::refused(format!(
            "line {} of the other ledger can't be read: {}",
            trouble.line, trouble.what
        ))
        .hint("tow ledger check --fix    there"),
        _ => LedgerError::new(Problem::Damaged { file: local.file(), trouble }),
    }
}

fn same_lines(one: &[u8], other: &[u8]) -> bool {
    let lines = |text: &[u8]| {
        let mut lines: Vec<Vec<u8>> =
            text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        lines.retain(|line| !line.is_empty());
        lines.sort();
        lines
    };
    one == other || lines(one) == lines(other)
}
