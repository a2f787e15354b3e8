//! Changing several issues at once, in whatever ledgers they are: each ledger is written once, and what fails for one issue
//! keeps nobody from the others.

use std::process::ExitCode;

use serde_json::Value;
use towline_ledger::{Change, Issue, Ledger, LedgerError, Ledgers, Lookup, resolve};

use super::json;
use crate::context::Context;
use crate::error::CommandError;
use crate::output;

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome<T> {
    /// What was done, in the order of the ledgers and then of what was asked for.
    pub(crate) done: Vec<T>,
    failed: Vec<CommandError>,
    asked: usize,
}

impl Outcome<(bool, Issue)> {
    /// Prints the issues, changed or not, as a list in JSON; nothing where there are none.
    ///
    /// # Errors
    /// Where nobody reads it.
    pub(crate) fn print_json(&self) -> Result<(), CommandError> {
        let issues = self.done.iter().map(|(_, issue)| Value::Object(json::full(issue)));
        let issues: Vec<Value> = issues.collect();
        if issues.is_empty() { Ok(()) } else { output::json(&issues) }
    }
}

/// Issues of one ledger, by what they were called.
type Group = (Ledger, Vec<String>);

/// Finds issues by what they were called, and does something with each under the lock of its ledger. `act` may be called again
/// for the same issues where another writer came between. What fails is in the outcome.
pub(crate) fn each<T>(
    context: &Context,
    ledgers: &Ledgers,
    texts: &[String],
    mut act: impl FnMut(&mut Change<'_>, &Ledger, &str) -> Result<T, LedgerError>,
) -> Outcome<T> {
    let mut outcome = Outcome { done: Vec::new(), failed: Vec::new(), asked: texts.len() };
    let mut groups: Vec<Group> = Vec::new();
    for text in texts {
        match ledgers.of(text) {
            Ok(ledger) => add(&mut groups, ledger, text.clone()),
            Err(error) => outcome.failed.push(error.into()),
        }
    }
    // Each ledger is read once, under its lock, and there nearly all are found.
    let mut elsewhere = Vec::new();
    for (ledger, texts) in &groups {
        elsewhere.extend(change(ledgers, ledger, texts, &mut act, &mut outcome));
    }
    if elsewhere.is_empty() {
        return outcome;
    }
    let mut groups: Vec<Group> = Vec::new();
    let mut lookup = Lookup::new(ledgers);
    for text in elsewhere {
        match lookup.locate(&text) {
            Ok((opened, id)) => add(&mut groups, opened.ledger, id),
            Err(error) => outcome.failed.push(error.into()),
        }
    }
    // An id that isn't found may stand on a line that can't be read.
    if !outcome.failed.is_empty() {
        lookup.read().iter().for_each(|opened| super::warn(context, opened));
    }
    drop(lookup);
    for (ledger, ids) in &groups {
        change(ledgers, ledger, ids, &mut act, &mut outcome);
    }
    outcome
}

fn add(groups: &mut Vec<Group>, ledger: Ledger, text: String) {
    match groups.iter_mut().find(|(one, _)| one.folder() == ledger.folder()) {
        Some((_, texts)) => texts.push(text),
        None => groups.push((ledger, vec![text])),
    }
}

/// Does it with those that this ledger has; returns the others.
fn change<T>(
    ledgers: &Ledgers,
    ledger: &Ledger,
    texts: &[String],
    act: &mut impl FnMut(&mut Change<'_>, &Ledger, &str) -> Result<T, LedgerError>,
    outcome: &mut Outcome<T>,
) -> Vec<String> {
    let changed = ledger.change(&ledgers.actor(), |change| {
        let (mut results, mut others, mut done) = (Vec::new(), Vec::new(), Vec::new());
        for text in texts {
            match resolve(change.issues(), text.trim()) {
                Ok(None) => others.push(text.clone()),
                // Named twice.
                Ok(Some(id)) if done.contains(&id) => {}
                Ok(Some(id)) => {
                    results.push(act(change, ledger, &id));
                    done.push(id);
                }
                Err(error) => results.push(Err(error)),
            }
        }
        Ok::<_, LedgerError>((results, others))
    });
    let (results, others) = match changed {
        Ok(changed) => changed,
        Err(error) => {
            outcome.failed.push(error.into());
            return Vec::new();
        }
    };
    for result in results {
        match result {
            Ok(done) => outcome.done.push(done),
            Err(error) => outcome.failed.push(error.into()),
        }
    }
    others
}

impl<T> Outcome<T> {
    /// Tells what failed, and with which exit status the command ends: of several, 1.
    ///
    /// # Errors
    /// That of the one issue that was asked for.
    pub(crate) fn end(mut self) -> Result<ExitCode, CommandError> {
        if self.failed.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        if self.asked == 1 {
            return Err(self.failed.remove(0));
        }
        self.failed.iter().for_each(output::error);
        Ok(ExitCode::FAILURE)
    }
}
