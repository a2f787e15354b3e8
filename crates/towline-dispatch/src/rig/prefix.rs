//! The prefix of a rig's issues: the one that its repository's ledger has, else the one asked for, else one from its name.

use std::path::Path;

use towline_ledger::Ledger;
use towline_ledger::place::{Town, check_prefix, prefix_for};
use towline_ledger::routes::{BEADS, Routes};

use super::Asked;
use crate::{DispatchError, files};

/// Whether the prefix that was asked for can be one, before anything is made.
pub(super) fn check_asked(town: &Town, asked: &Asked<'_>) -> Result<(), DispatchError> {
    let Some(prefix) = asked.prefix else { return Ok(()) };
    let prefix = prefix.trim_end_matches('-');
    check_prefix(prefix)?;
    match taken(town, asked.name)?.iter().find(|(taken, _)| taken == prefix) {
        Some((_, path)) => Err(is_taken(prefix, path)),
        None => Ok(()),
    }
}

/// The prefix, and whether it is that of issues that are there.
pub(super) fn decide(
    town: &Town,
    asked: &Asked<'_>,
    folder: &Path,
) -> Result<(String, bool), DispatchError> {
    let taken = taken(town, asked.name)?;
    let path_of = |prefix: &str| {
        taken.iter().find(|(taken, _)| taken == prefix).map(|(_, path)| path.as_str())
    };
    let asked_for = asked.prefix.map(|prefix| prefix.trim_end_matches('-').to_owned());
    if let Some(found) = found(&folder.join("mayor/rig").join(BEADS))? {
        if let Some(asked_for) = asked_for.filter(|asked_for| *asked_for != found) {
            let message = format!("the project's issues have the prefix {found}, not {asked_for}");
            return Err(DispatchError::refused(message).hint("leave --prefix out"));
        }
        return match path_of(&found) {
            Some(path) => Err(is_taken(&found, path)),
            None => Ok((found, true)),
        };
    }
    let prefix = asked_for.unwrap_or_else(|| free(asked.name, |prefix| path_of(prefix).is_some()));
    Ok((prefix, false))
}

/// The prefix that a ledger's issues have, or that its configuration says.
fn found(beads: &Path) -> Result<Option<String>, DispatchError> {
    let ledger = Ledger::at(beads);
    if !ledger.exists() {
        return Ok(None);
    }
    let issues = ledger.read()?;
    let configured = files::read(&beads.join("config.yaml"))?;
    let says = |line: &str| {
        ["issue-prefix:", "issue_prefix:", "prefix:"].iter().any(|key| line.starts_with(key))
    };
    let known = !issues.is_empty() || configured.lines().any(says);
    Ok(known.then(|| ledger.prefix(&issues)))
}

/// A prefix for a rig that no other has: the one derived from its name, more of its name, or a number behind it.
fn free(rig: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let derived = prefix_for(rig);
    let letters: String =
        rig.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let longer = (3..=letters.len().min(8)).map(|length| letters[..length].to_owned());
    let numbered = (2..).map(|number| format!("{derived}{number}"));
    let mut all = std::iter::once(derived.clone()).chain(longer).chain(numbered);
    all.find(|prefix| check_prefix(prefix).is_ok() && !is_taken(prefix)).unwrap_or(derived)
}

/// The prefixes of the town and its other rigs, with where they lead.
fn taken(town: &Town, rig: &str) -> Result<Vec<(String, String)>, DispatchError> {
    let routes = Routes::read(&town.root)?;
    let others = routes.all().iter().filter(|route| route.rig() != Some(rig));
    Ok(others
        .map(|route| (route.prefix.trim_end_matches('-').to_owned(), route.path.clone()))
        .collect())
}

fn is_taken(prefix: &str, path: &str) -> DispatchError {
    let whose = if path == "." { "the town".to_owned() } else { path.to_owned() };
    DispatchError::refused(format!("the prefix {prefix} is that of {whose}"))
        .hint("--prefix ANOTHER")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_made_longer_where_it_is_taken() {
        for (rig, taken, expected) in [
            ("demo", &[][..], "demo"),
            ("party", &[][..], "pa"),
            ("party", &["pa"][..], "par"),
            ("party", &["pa", "par", "part", "party"][..], "pa2"),
            ("gastown", &["gt"][..], "gas"),
            ("x", &["x"][..], "x2"),
        ] {
            assert_eq!(free(rig, |prefix| taken.contains(&prefix)), expected, "{rig} {taken:?}");
        }
    }
}
