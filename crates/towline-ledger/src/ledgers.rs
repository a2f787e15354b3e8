//! Which ledger is meant: that of the place where somebody stands, of the town, of a rig, or the one that holds an id.

use std::path::{Path, PathBuf};

use crate::issues::Issues;
use crate::ledger::{Actor, Ledger, LedgerError, Problem};
use crate::place::{Env, Place};
use crate::routes::{RouteError, Routes, follow};

/// The ledgers that can be reached from a place.
#[derive(Debug, Clone)]
pub struct Ledgers {
    /// The place.
    pub place: Place,
    env: Env,
}

/// An issue that was found by what somebody called it.
#[derive(Debug)]
pub struct Found {
    /// The ledger that holds it.
    pub ledger: Ledger,
    /// That ledger's issues.
    pub issues: Issues,
    /// Its whole id.
    pub id: String,
}

impl Ledgers {
    /// Those that can be reached from a folder, which is an absolute path.
    pub fn find(folder: &Path, env: Env) -> Self {
        Self { place: Place::find(folder, &env), env }
    }

    /// Who makes changes from here.
    pub fn actor(&self) -> Actor {
        Actor(self.place.identity.to_string())
    }

    /// The ledger of the place, which for most roles is their rig's.
    ///
    /// # Errors
    /// Where there is none, or a redirect leads nowhere.
    pub fn here(&self) -> Result<Ledger, LedgerError> {
        match self.place.ledger(&self.env)? {
            Some(folder) => Ok(Ledger::at(folder)),
            None => Err(LedgerError::new(Problem::NoLedger(self.place.folder.clone()))),
        }
    }

    /// The town's own ledger, which holds mail and convoys; outside of a town that of the place.
    ///
    /// # Errors
    /// Where there is none.
    pub fn town(&self) -> Result<Ledger, LedgerError> {
        let Some(town) = &self.place.town else { return self.here() };
        let folder = town.root.join(".beads");
        if !folder.is_dir() {
            return Err(LedgerError::new(Problem::NoLedger(town.root.clone())));
        }
        Ok(Ledger::at(follow(&folder)?))
    }

    /// A rig's ledger.
    ///
    /// # Errors
    /// Where there is no such rig, or it has none.
    pub fn rig(&self, name: &str) -> Result<Ledger, LedgerError> {
        let Some(town) = &self.place.town else {
            return Err(
                LedgerError::refused("this is no town, and has no rigs").hint("tow town init DIR")
            );
        };
        let rig = town
            .rig(name)
            .map_err(|error| LedgerError::refused(error.to_string()).hint("tow rig list"))?;
        // What is tracked in the rig's own repository, else the rig's.
        let folders = [rig.folder.join("mayor/rig/.beads"), rig.folder.join(".beads")];
        match folders.into_iter().find(|folder| folder.is_dir()) {
            Some(folder) => Ok(Ledger::at(follow(&folder)?)),
            None => Err(LedgerError::new(Problem::NoLedger(rig.folder))),
        }
    }

    /// The ledger that holds an id, by the routes of the town; that of the place where no route says more.
    ///
    /// # Errors
    /// Where a route leads nowhere, or there is no ledger.
    pub fn of(&self, id: &str) -> Result<Ledger, LedgerError> {
        if let Some(town) = &self.place.town {
            let routes = Routes::read(&town.root)?;
            if let Some(folder) = routes.ledger_of(id)? {
                return Ok(Ledger::at(folder));
            }
        }
        self.here()
    }

    /// The issue that is called so: by its id, by the beginning of it, or by its hash without the prefix.
    ///
    /// # Errors
    /// Where there is none, or more than one.
    pub fn locate(&self, text: &str) -> Result<Found, LedgerError> {
        let ledger = self.of(text)?;
        let issues = ledger.read()?;
        if let Some(id) = resolve(&issues, text)? {
            return Ok(Found { ledger, issues, id });
        }
        for other in self.all() {
            if other.folder() == ledger.folder() {
                continue;
            }
            let issues = other.read()?;
            if let Some(id) = resolve(&issues, text)? {
                return Ok(Found { ledger: other, issues, id });
            }
        }
        Err(LedgerError::new(Problem::NoIssue(text.to_owned())))
    }

    /// All ledgers of the town, each once, the place's first. Those that can't be found are left out.
    pub fn all(&self) -> Vec<Ledger> {
        let mut ledgers: Vec<Ledger> = self.here().into_iter().collect();
        let mut add = |ledger: Result<Ledger, LedgerError>| {
            let Ok(ledger) = ledger else { return };
            if !ledgers.iter().any(|one| same(one.folder(), ledger.folder())) {
                ledgers.push(ledger);
            }
        };
        add(self.town());
        if let Some(town) = &self.place.town {
            for rig in town.rigs().rigs {
                add(self.rig(&rig.name));
            }
        }
        ledgers
    }
}

/// The id of the issue that is called so, in one ledger: by its id, by the beginning of it, or by its hash without the prefix.
///
/// # Errors
/// Where it could be several.
pub fn resolve(issues: &Issues, text: &str) -> Result<Option<String>, LedgerError> {
    if issues.find(text).is_some_and(|brief| !brief.is_tombstone()) {
        return Ok(Some(text.to_owned()));
    }
    let ids: Vec<String> =
        issues.beginning_with(text).iter().map(|brief| brief.id().to_owned()).collect();
    match ids.len() {
        0 => Ok(None),
        1 => Ok(ids.into_iter().next()),
        _ => Err(LedgerError::new(Problem::Ambiguous { text: text.to_owned(), ids })),
    }
}

fn same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| -> PathBuf {
        std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    };
    one == other || real(one) == real(other)
}

impl From<RouteError> for LedgerError {
    fn from(error: RouteError) -> Self {
        Self::refused(error.to_string())
    }
}
