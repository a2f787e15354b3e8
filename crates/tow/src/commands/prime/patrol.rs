//! The rounds of those who look after others: with an empty hook, they get the next one.

use std::collections::BTreeMap;
use std::time::Duration;

use towline_ledger::molecule::{self, PourOptions};
use towline_ledger::{LedgerError, Ledgers, Role, hook};

use crate::commands::formula;
use crate::context::Context;
use crate::error::CommandError;

/// An agent's start doesn't wait longer for others who write.
const PATIENCE: Duration = Duration::from_secs(2);

/// The formula of a role's round; `None` for those who make none.
pub(super) fn formula_of(role: Role) -> Option<&'static str> {
    match role {
        Role::Witness => Some("mol-witness-patrol"),
        Role::Refinery => Some("mol-refinery-patrol"),
        Role::Deacon => Some("mol-deacon-patrol"),
        _ => None,
    }
}

/// Makes the next round of whoever runs this, puts it on their hook, and returns its root's id.
///
/// # Errors
/// Where the formula can't be had, or the ledger can't be written.
pub(super) fn pour(
    context: &Context,
    ledgers: &Ledgers,
    name: &str,
) -> Result<String, CommandError> {
    let failed = |why: String| CommandError::failed(why);
    let found = formula::formulas(context, ledgers).find(name);
    let found = found.map_err(|error| failed(error.to_string()))?;
    let who = &ledgers.place.identity;
    let mut vars = BTreeMap::new();
    let known = [("rig", ledgers.place.rig.clone()), ("agent", Some(who.to_string()))];
    for (key, value) in known {
        if let (Some(_), Some(value)) = (found.formula.var(key), value) {
            vars.insert(key.to_owned(), value);
        }
    }
    let plan = found.formula.pour(&vars).map_err(|error| failed(error.to_string()))?;
    let options = PourOptions { wisp: true, ..PourOptions::default() };
    let ledger = ledgers.here()?.with_patience(PATIENCE);
    let root = ledger.change(&ledgers.actor(), |change| {
        // Two sessions of the same role that begin at once make one round.
        if let Some(there) = hook::hooked(change.issues(), who).first() {
            return Ok::<_, LedgerError>(there.id().to_owned());
        }
        let made = molecule::pour(change, &plan, &options)?;
        hook::attach(change, &made.root, who, false)?;
        Ok(made.root)
    })?;
    Ok(root)
}
