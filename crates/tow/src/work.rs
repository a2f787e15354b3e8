//! What the verbs of the ledger start from: where somebody stands, who they are, and their ledgers. None of it needs a server.

use std::path::Path;

use towline_dispatch::DispatchError;
use towline_ledger::place::{Env, Town};
use towline_ledger::{LedgerError, Ledgers, Problem};

use crate::caller;
use crate::context::Context;
use crate::error::{CommandError, ErrorKind};

/// The ledgers of the folder that the command runs in. What doesn't fit there is warned of.
///
/// # Errors
/// Where the folder can't be told.
pub(crate) fn ledgers(context: &Context) -> Result<Ledgers, CommandError> {
    let found = quiet_ledgers(None)?;
    for warning in &found.place.warnings {
        context.say(format_args!("warning: {warning}"));
    }
    Ok(found)
}

/// The same from a folder that is named, without a word.
///
/// # Errors
/// Where the folder can't be told.
pub(crate) fn quiet_ledgers(folder: Option<&Path>) -> Result<Ledgers, CommandError> {
    let folder = caller::folder(folder)?;
    Ok(Ledgers::find(&folder, Env::from_variables(|name| std::env::var(name).ok())))
}

/// The town that somebody stands in.
///
/// # Errors
/// Where they stand in none.
pub(crate) fn town(ledgers: &Ledgers) -> Result<&Town, CommandError> {
    ledgers.place.town.as_ref().ok_or_else(|| {
        let message = format!("{} is in no town", ledgers.place.folder.display());
        CommandError::failed(message).hint("tow town init DIR    makes one")
    })
}

/// The text of the settings that give an agent in a folder of a town the hooks by which it finds its work.
///
/// # Errors
/// Where this program can't be found.
pub(crate) fn settings() -> Result<String, CommandError> {
    let program = std::env::current_exe()
        .map_err(|error| CommandError::io("cannot tell where tow is", &error))?;
    Ok(towline_agents::integrate::work_settings(&program))
}

impl From<DispatchError> for CommandError {
    fn from(error: DispatchError) -> Self {
        let kind = match error {
            DispatchError::Ledger(error) => return error.into(),
            DispatchError::Usage { .. } => ErrorKind::Usage,
            DispatchError::NotFound { .. } => ErrorKind::NotFound,
            _ => ErrorKind::Failed,
        };
        Self { kind, message: error.to_string(), hints: error.hints().to_vec() }
    }
}

impl From<LedgerError> for CommandError {
    fn from(error: LedgerError) -> Self {
        let kind = match &error.problem {
            Problem::NoIssue(_) => ErrorKind::NotFound,
            Problem::Ambiguous { .. } => ErrorKind::Ambiguous,
            Problem::Invalid(_) => ErrorKind::Usage,
            Problem::Busy { .. } => ErrorKind::TimedOut,
            _ => ErrorKind::Failed,
        };
        let message = error.to_string();
        Self { kind, message, hints: error.hints }
    }
}
