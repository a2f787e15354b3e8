//! A ledger on the disk: where its file is, reading it, and changing it so that nothing is lost.

mod change;
mod error;
mod file;
mod lock;
mod mention;
mod prefix;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

pub use change::{Actor, Change, New};
pub use error::{LedgerError, Problem};
pub use mention::Removed;

use crate::issues::Issues;

/// How long a writer waits for the others, as beads does (`--lock-timeout`).
const PATIENCE: Duration = Duration::from_secs(30);

/// A ledger: a `.beads` folder with its file of issues.
#[derive(Debug, Clone)]
pub struct Ledger {
    folder: PathBuf,
    patience: Duration,
}

impl Ledger {
    /// The ledger in a `.beads` folder. Nothing is read.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), patience: PATIENCE }
    }

    /// Makes the folder and an empty file, with the prefix of its ids; what is there already stays.
    ///
    /// # Errors
    /// Where they can't be written, or the prefix is none.
    pub fn init(folder: impl Into<PathBuf>, prefix: &str) -> Result<Self, LedgerError> {
        let ledger = Self::at(folder);
        prefix::check(prefix)?;
        file::make_folder(&ledger.folder)?;
        prefix::write(&ledger.folder, prefix)?;
        file::make(&ledger.file())?;
        Ok(ledger)
    }

    /// The same with another patience for other writers.
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The `.beads` folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of issues: `issues.jsonl`, or the name that older ledgers gave it.
    pub fn file(&self) -> PathBuf {
        let name = |name| self.folder.join(name);
        let older = name("beads.jsonl");
        let usual = name("issues.jsonl");
        if !usual.exists() && older.exists() { older } else { usual }
    }

    /// Whether there is a ledger at all: a folder with a file of issues, or with a configuration of one.
    pub fn exists(&self) -> bool {
        self.file().exists()
            || self.folder.join("config.yaml").exists()
            || self.folder.join("metadata.json").exists()
    }

    /// The prefix of new ids, without its hyphen: that of the configuration, else the one that most of its issues have, else
    /// the project folder's name.
    pub fn prefix(&self, issues: &Issues) -> String {
        prefix::of(&self.folder, issues)
    }

    /// Reads all issues. A missing file is an empty ledger. Lines that can't be read are told by the issues.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn read(&self) -> Result<Issues, LedgerError> {
        Ok(Issues::parse(file::read(&self.file())?.unwrap_or_default()))
    }

    /// Changes issues: waits for other writers, reads the file, lets `change` decide, and puts the new file in the old one's
    /// place. `change` is asked again where a writer that knows no locks came between. What it returns is passed on once all is on
    /// the disk; its error leaves the file as it is.
    ///
    /// # Errors
    /// Those of `change`; where the file can't be read or written; where lines of it can't be read, which are to be mended first;
    /// where others write for too long.
    pub fn change<T, E: From<LedgerError>>(
        &self,
        actor: &Actor,
        mut change: impl FnMut(&mut Change<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        if !self.folder.is_dir() {
            return Err(LedgerError::new(Problem::NoLedger(self.folder.clone())).into());
        }
        let _lock = lock::Lock::take(&self.folder, self.patience)?;
        loop {
            let path = self.file();
            let stamp = file::stamp(&path)?;
            let issues = self.read()?;
            let mut asked = Change::new(self, &issues, actor, Timestamp::now());
            let outcome = change(&mut asked)?;
            let changes = asked.into_changes();
            if changes.issues.is_empty() {
                return Ok(outcome);
            }
            if let Some(trouble) = issues.troubles().iter().find(|trouble| trouble.is_damage()) {
                return Err(LedgerError::new(Problem::Damaged {
                    file: path,
                    trouble: trouble.clone(),
                })
                .into());
            }
            if file::replace(&path, &issues.with(&changes), stamp)? {
                return Ok(outcome);
            }
        }
    }

    /// Puts a whole new text in the file's place, made from the old one: for merges and repairs.
    ///
    /// # Errors
    /// As [`change`](Self::change), but that lines which can't be read are no obstacle.
    pub fn rewrite<E: From<LedgerError>>(
        &self,
        mut make: impl FnMut(&Issues) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<(), E> {
        let _lock = lock::Lock::take(&self.folder, self.patience)?;
        loop {
            let path = self.file();
            let stamp = file::stamp(&path)?;
            let issues = self.read()?;
            let Some(text) = make(&issues)? else { return Ok(()) };
            if text == issues.bytes() || file::replace(&path, &text, stamp)? {
                return Ok(());
            }
        }
    }
}
