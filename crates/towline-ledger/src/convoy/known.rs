//! Looking up issues by their ids wherever they are, with each ledger read once.

use std::rc::Rc;

use super::TRACKS;
use crate::issue::Issue;
use crate::issues::Issues;
use crate::ledger::LedgerError;
use crate::ledgers::Ledgers;
use crate::lookup::Lookup;

/// An issue that a convoy tracks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// Its id.
    pub id: String,
    /// The issue; `None` where no ledger that can be reached has it.
    pub issue: Option<Issue>,
}

impl Tracked {
    /// Nothing is left to do. One that can't be found may not be over.
    pub fn is_over(&self) -> bool {
        self.issue.as_ref().is_some_and(|issue| issue.status().is_over())
    }

    /// What has become of it, in a word.
    pub fn status(&self) -> String {
        self.issue.as_ref().map_or("unknown".to_owned(), |issue| issue.status().to_string())
    }

    /// How the convoy hangs on it.
    pub fn dependency_type(&self) -> &'static str {
        TRACKS
    }
}

/// The issues of all ledgers that can be reached, each ledger read when it is first asked.
pub struct Known<'a> {
    ledgers: &'a Ledgers,
    lookup: Lookup<'a>,
}

impl<'a> Known<'a> {
    /// Nothing is read yet.
    pub fn of(ledgers: &'a Ledgers) -> Self {
        Self { ledgers, lookup: Lookup::new(ledgers) }
    }

    /// The issues of the town's ledger.
    ///
    /// # Errors
    /// Where there is none, or it can't be read.
    pub fn town(&mut self) -> Result<Rc<Issues>, LedgerError> {
        Ok(self.lookup.open(self.ledgers.town()?)?.issues)
    }

    /// The ledger's issues with this one among them, tombstones too: those that its prefix leads to, else any.
    fn holding(&mut self, id: &str) -> Option<Rc<Issues>> {
        let first = self.ledgers.of(id).ok();
        let found = first.and_then(|ledger| self.lookup.open(ledger).ok());
        if let Some(opened) = found.filter(|opened| opened.issues.find(id).is_some()) {
            return Some(opened.issues);
        }
        let mut others = self.ledgers.all().into_iter();
        others.find_map(|ledger| {
            let opened = self.lookup.open(ledger).ok()?;
            opened.issues.find(id).is_some().then_some(opened.issues)
        })
    }

    /// The issue with this id, a tombstone too.
    pub fn find(&mut self, id: &str) -> Option<Issue> {
        Some(self.holding(id)?.find(id)?.issue())
    }

    /// Whether the issues with these ids are all over. One that can't be found may not be.
    pub fn are_over(&mut self, ids: &[String]) -> bool {
        ids.iter().all(|id| {
            let issues = self.holding(id);
            issues.and_then(|issues| Some(issues.find(id)?.status().is_over())) == Some(true)
        })
    }

    /// The issues with these ids.
    pub fn tracked(&mut self, ids: &[String]) -> Vec<Tracked> {
        ids.iter().map(|id| Tracked { id: id.clone(), issue: self.find(id) }).collect()
    }
}
