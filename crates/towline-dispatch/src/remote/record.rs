//! What is written down of an exchange, on either side: its ledgers, the texts that both sides last had in common, and what a sling
//! still owes.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use towline_client::exchanges::{self, Exchange, Settled, make_private, read_or_empty};
use towline_client::transport::write_private;
use towline_ledger::Ledger;

use crate::DispatchError;

/// How long another process that works on the same exchange is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// The pause between two looks whether it is through.
const PAUSE: Duration = Duration::from_millis(25);

/// An exchange with all that belongs to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    #[serde(skip)]
    pub(super) id: String,
    /// On the near side, the other host. Empty on the far side.
    pub(super) host: String,
    /// The town's folder on this side, and its name.
    pub(super) town: PathBuf,
    pub(super) town_name: String,
    /// The ledgers' folders on this side, by the rig's name; the town's own has none.
    pub(super) ledgers: BTreeMap<String, PathBuf>,
    /// On the near side: repositories there that commits are pushed to and fetched from, by the rig.
    pub(super) repositories: BTreeMap<String, PathBuf>,
    /// On the near side: who works there, with the folder.
    pub(super) workers: BTreeMap<String, PathBuf>,
    /// On the near side: what is still to be done.
    pub(super) owed: Vec<Owed>,
}

/// A sling that isn't through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Owed {
    /// The issue.
    pub(super) issue: String,
    /// The worker's identity.
    pub(super) worker: String,
    /// What the pane is to be: an encoded `Spawn`, in hexadecimal.
    pub(super) spawn: String,
    /// What is typed into it.
    pub(super) prompt: String,
}

/// The folder of all exchanges, and what is in it.
#[derive(Debug, Clone)]
pub(super) struct Records {
    folder: PathBuf,
}

/// The right to work on an exchange, until it is dropped.
#[derive(Debug)]
pub(super) struct Lock(#[allow(dead_code, reason = "it is let go of when it is dropped")] File);

impl Records {
    pub(super) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn of(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }

    /// The record of this id.
    pub(super) fn read(&self, id: &str) -> Result<Option<Record>, DispatchError> {
        if !exchanges::is_id(id) {
            return Ok(None);
        }
        let file = self.of(id).join("plan.json");
        let text =
            read_or_empty(&file).map_err(|error| DispatchError::io("read", &file, &error))?;
        if text.is_empty() {
            return Ok(None);
        }
        let record: Record = serde_json::from_slice(&text)
            .map_err(|error| DispatchError::refused(format!("{}: {error}", file.display())))?;
        Ok(Some(Record { id: id.to_owned(), ..record }))
    }

    /// All records; those that can't be read are left out.
    pub(super) fn all(&self) -> Vec<Record> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut all: Vec<Record> = names.filter_map(|id| self.read(&id).ok().flatten()).collect();
        all.sort_by(|one, other| one.id.cmp(&other.id));
        all
    }

    /// The near side's record for a town and a host; a new one where there is none, which isn't written yet.
    pub(super) fn between(&self, town: &Path, host: &str) -> Result<Record, DispatchError> {
        let found =
            self.all().into_iter().find(|record| record.host == host && record.town == town);
        if let Some(record) = found {
            return Ok(record);
        }
        let id = exchanges::new_id()
            .map_err(|error| DispatchError::Io(format!("cannot make an id: {error}")))?;
        Ok(Record { id, host: host.to_owned(), town: town.to_owned(), ..Record::default() })
    }

    /// Writes the record, and what the server is to know of it.
    pub(super) fn write(
        &self,
        record: &Record,
        settled: Option<Settled>,
    ) -> Result<(), DispatchError> {
        let folder = self.of(&record.id);
        let fail = |path: &Path| {
            let path = path.to_owned();
            move |error| DispatchError::io("write", &path, &error)
        };
        make_private(&folder).map_err(fail(&folder))?;
        let file = folder.join("plan.json");
        // Structures with texts for keys, but for paths that are no UTF-8.
        let text = serde_json::to_vec_pretty(record)
            .map_err(|error| DispatchError::refused(format!("{}: {error}", file.display())))?;
        if read_or_empty(&file).ok().as_ref() != Some(&text) {
            write_private(&file, &text).map_err(fail(&file))?;
        }
        let before = Exchange::read(&self.folder, &record.id).ok().flatten();
        let told = Exchange {
            id: record.id.clone(),
            host: record.host.clone(),
            files: record.files(),
            settled: settled.or_else(|| before.and_then(|before| before.settled)),
            owed: !record.owed.is_empty(),
        };
        told.write(&self.folder).map_err(fail(&self.folder))
    }

    /// The text that both sides last had of a ledger; empty where there was no exchange yet.
    pub(super) fn base(&self, id: &str, ledger: &str) -> Result<Vec<u8>, DispatchError> {
        let file = self.base_file(id, ledger);
        read_or_empty(&file).map_err(|error| DispatchError::io("read", &file, &error))
    }

    pub(super) fn set_base(
        &self,
        id: &str,
        ledger: &str,
        text: &[u8],
    ) -> Result<(), DispatchError> {
        if self.base(id, ledger)? == text {
            return Ok(());
        }
        let file = self.base_file(id, ledger);
        write_private(&file, text).map_err(|error| DispatchError::io("write", &file, &error))
    }

    fn base_file(&self, id: &str, ledger: &str) -> PathBuf {
        self.of(id).join(match ledger {
            "" => "base.jsonl".to_owned(),
            rig => format!("base.{rig}.jsonl"),
        })
    }

    /// Waits until nobody else works on the exchange.
    pub(super) fn lock(&self, id: &str) -> Result<Lock, DispatchError> {
        let folder = self.of(id);
        let path = folder.join("lock");
        let fail = |error: std::io::Error| DispatchError::io("lock", &path, &error);
        make_private(&folder).map_err(fail)?;
        let file = File::create(&path).map_err(fail)?;
        let end = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock(file)),
                Err(std::fs::TryLockError::Error(error)) => return Err(fail(error)),
                Err(std::fs::TryLockError::WouldBlock) if Instant::now() > end => {
                    return Err(DispatchError::refused(format!(
                        "another command has been exchanging these ledgers for {} s",
                        PATIENCE.as_secs()
                    )));
                }
                Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            }
        }
    }
}

impl Record {
    /// The ledgers' files, in the order of their names.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.ledgers.values().map(|folder| Ledger::at(folder).file()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_by_town_and_host() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::at(folder.path().join("x"));
        let mut record = records.between(Path::new("/t"), "thor").unwrap();
        record.ledgers.insert(String::new(), "/t/.beads".into());
        record.owed.push(Owed { issue: "demo-1".into(), ..Owed::default() });
        let settled = Settled { here: "a".into(), there: "b".into() };
        records.write(&record, Some(settled.clone())).unwrap();
        assert_eq!(records.between(Path::new("/t"), "thor").unwrap(), record);
        assert_ne!(records.between(Path::new("/t"), "loki").unwrap().id, record.id);
        assert_ne!(records.between(Path::new("/u"), "thor").unwrap().id, record.id);
        let told = || Exchange::read(&records.folder, &record.id).unwrap().unwrap();
        assert!(told().owed && told().settled == Some(settled.clone()));
        assert_eq!(told().files, [PathBuf::from("/t/.beads/issues.jsonl")]);
        record.owed.clear();
        records.write(&record, None).unwrap();
        assert!(!told().owed && told().settled == Some(settled), "what was settled stays so");
    }

    #[test]
    fn bases_are_kept_and_one_works_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::at(folder.path().to_owned());
        let id = exchanges::new_id().unwrap();
        let lock = records.lock(&id).unwrap();
        assert_eq!(records.base(&id, "demo").unwrap(), b"");
        records.set_base(&id, "demo", b"x").unwrap();
        records.set_base(&id, "", b"y").unwrap();
        assert_eq!(records.base(&id, "demo").unwrap(), b"x");
        assert_eq!(records.base(&id, "").unwrap(), b"y");
        drop(lock);
        records.lock(&id).unwrap();
    }
}
