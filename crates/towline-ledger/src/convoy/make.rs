//! Making convoys, and adding to them.

use super::{Convoy, TRACKS, TYPE};
use crate::issue::{Issue, Status};
use crate::ledger::{Change, LedgerError, New};

/// What stands between the town's prefix and a convoy's own name.
const INFIX: &str = "cv";

/// The characters of that name, of which it has five: Gas Town's lower-case base 32.
const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const LENGTH: usize = 5;

/// How often a name is made up before it is given up: there are 33 million of them.
const TRIES: usize = 100;

/// What a new convoy is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewConvoy {
    /// Its title.
    pub title: String,
    /// The ids of the issues that it tracks, wherever they are.
    pub issues: Vec<String>,
    /// Who is told when it has arrived; empty: who makes it.
    pub owner: String,
    /// Who else is told then.
    pub notify: String,
    /// The preset that work on its issues is handed over with.
    pub preset: String,
}

/// Makes a convoy in the town's ledger. Whether there are such issues is not asked.
///
/// # Errors
/// Where it has no issues or no title, or something in it breaks the lines it is written as.
pub fn create(change: &mut Change<'_>, new: &NewConvoy) -> Result<Convoy, LedgerError> {
    if new.issues.is_empty() {
        return Err(LedgerError::invalid("a convoy of nothing: it needs issues to track")
            .hint("tow convoy create \"Release 2\" gt-abc bd-xyz"));
    }
    let said = [("Owner", &new.owner), ("Notify", &new.notify), ("Preset", &new.preset)];
    let mut description = format!("Convoy tracking {}", counted(new.issues.len()));
    for (name, value) in said.into_iter().filter(|(_, value)| !value.is_empty()) {
        if value.trim() != value || value.contains(char::is_control) || value.starts_with('"') {
            return Err(LedgerError::invalid(format!(
                "{value:?} can't be a convoy's {}",
                name.to_lowercase()
            )));
        }
        description.push_str(&format!("\n{name}: {value}"));
    }
    let mut depends_on: Vec<(String, String)> = Vec::new();
    for id in &new.issues {
        let one = (id.clone(), TRACKS.to_owned());
        if !depends_on.contains(&one) {
            depends_on.push(one);
        }
    }
    let issue = change.create(&New {
        title: new.title.clone(),
        description,
        issue_type: TYPE.to_owned(),
        id: Some(fresh_id(change)?),
        depends_on,
        ..New::default()
    })?;
    of(&issue)
}

/// Adds issues to a convoy, opens it again where it is closed, and returns it with the ids that are new to it.
///
/// # Errors
/// Where there is none of this id.
pub fn add(
    change: &mut Change<'_>,
    convoy: &str,
    issues: &[String],
) -> Result<(Convoy, Vec<String>), LedgerError> {
    let before = of(&change.get(convoy)?)?;
    let mut new: Vec<String> = Vec::new();
    for id in issues {
        if id == convoy {
            return Err(LedgerError::invalid(format!("{convoy} can't track itself")));
        }
        if !before.tracked.contains(id) && !new.contains(id) {
            new.push(id.clone());
        }
    }
    if new.is_empty() {
        return Ok((before, new));
    }
    let dependencies: Vec<_> = new.iter().map(|id| change.dependency(convoy, id, TRACKS)).collect();
    let issue = change.update(convoy, |issue, now| {
        for dependency in &dependencies {
            issue.add_dependency(dependency);
        }
        if issue.status().is_over() {
            issue.set_status(&Status::Open, now);
        }
        Ok::<_, LedgerError>(())
    })?;
    Ok((of(&issue)?, new))
}

/// The convoy that an issue is.
pub(super) fn of(issue: &Issue) -> Result<Convoy, LedgerError> {
    Convoy::of(issue).ok_or_else(|| {
        LedgerError::invalid(format!(
            "{} is not a convoy (type: {})",
            issue.id(),
            issue.issue_type()
        ))
        .hint("tow convoy list")
    })
}

/// `1 issue`, `2 issues`.
fn counted(count: usize) -> String {
    format!("{count} issue{}", if count == 1 { "" } else { "s" })
}

/// An id that nobody has: `hq-cv-` and five characters.
fn fresh_id(change: &Change<'_>) -> Result<String, LedgerError> {
    let prefix = change.prefix();
    let prefix = prefix.strip_suffix(&format!("-{INFIX}")).unwrap_or(&prefix);
    for _ in 0..TRIES {
        let mut random = [0_u8; LENGTH];
        getrandom::fill(&mut random)
            .map_err(|error| LedgerError::refused(format!("no id can be made up: {error}")))?;
        let name: String =
            random.iter().map(|byte| char::from(DIGITS[usize::from(byte % 32)])).collect();
        let id = format!("{prefix}-{INFIX}-{name}");
        if change.find(&id).is_none() {
            return Ok(id);
        }
    }
    Err(LedgerError::refused("no id is free for it"))
}
