//! Finding many issues by what somebody called them, with each ledger read once.

use std::rc::Rc;

use crate::issues::Issues;
use crate::ledger::{Ledger, LedgerError, Problem};
use crate::ledgers::{Ledgers, resolve};

/// The ledgers that were read so far.
pub struct Lookup<'a> {
    ledgers: &'a Ledgers,
    read: Vec<Opened>,
}

/// A ledger with its issues, as they were when it was read.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The ledger.
    pub ledger: Ledger,
    /// Its issues.
    pub issues: Rc<Issues>,
}

impl<'a> Lookup<'a> {
    /// Nothing is read yet.
    pub fn new(ledgers: &'a Ledgers) -> Self {
        Self { ledgers, read: Vec::new() }
    }

    /// The ledgers that were read, in the order in which they were.
    pub fn read(&self) -> &[Opened] {
        &self.read
    }

    /// A ledger with its issues.
    ///
    /// # Errors
    /// Where it can't be read.
    pub fn open(&mut self, ledger: Ledger) -> Result<Opened, LedgerError> {
        if let Some(opened) = self.read.iter().find(|one| one.ledger.folder() == ledger.folder()) {
            return Ok(opened.clone());
        }
        let opened = Opened { issues: Rc::new(ledger.read()?), ledger };
        self.read.push(opened.clone());
        Ok(opened)
    }

    /// The ledger and the whole id of the issue that is called so: by its id, by the beginning of it, or by its hash without the prefix.
    ///
    /// # Errors
    /// Where there is none, or more than one.
    pub fn locate(&mut self, text: &str) -> Result<(Opened, String), LedgerError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(LedgerError::invalid("an empty text is no id"));
        }
        let first = self.ledgers.of(text)?;
        let opened = self.open(first)?;
        if let Some(id) = resolve(&opened.issues, text)? {
            return Ok((opened, id));
        }
        for other in self.ledgers.all() {
            // One that can't be read has nothing that could be found.
            let Ok(opened) = self.open(other) else { continue };
            if let Some(id) = resolve(&opened.issues, text)? {
                return Ok((opened, id));
            }
        }
        Err(LedgerError::new(Problem::NoIssue(text.to_owned())))
    }
}
