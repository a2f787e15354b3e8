//! The prefix of a ledger's ids.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use super::LedgerError;
use crate::id::prefix_of;
use crate::issues::Issues;

const FILE: &str = "config.yaml";

/// The keys that it goes by in beads' configuration.
const KEYS: [&str; 3] = ["issue-prefix", "issue_prefix", "prefix"];

/// The longest prefix, as Gas Town has it.
const LONGEST: usize = 20;

/// Whether a text can be a prefix.
pub(super) fn check(prefix: &str) -> Result<(), LedgerError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let good = (1..=LONGEST).contains(&prefix.len())
        && prefix.bytes().all(fits)
        && !prefix.starts_with('-')
        && !prefix.ends_with('-');
    if good {
        return Ok(());
    }
    Err(LedgerError::invalid(format!("{prefix:?} can't be a prefix of ids"))
        .hint(format!("at most {LONGEST} letters, digits and hyphens, such as gt")))
}

pub(super) fn of(folder: &Path, issues: &Issues) -> String {
    configured(folder).or_else(|| most(issues)).unwrap_or_else(|| of_folder(folder))
}

/// The prefix that the configuration names: a line `issue-prefix: gt` of it.
fn configured(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join(FILE)).ok()?;
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        let value = value.split(" #").next()?.trim().trim_matches(['"', '\'']);
        let value = value.trim_end_matches('-');
        (KEYS.contains(&key.trim_end()) && check(value).is_ok()).then(|| value.to_owned())
    })
}

/// The prefix that most issues have.
fn most(issues: &Issues) -> Option<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for brief in issues.iter() {
        if let Some(prefix) = prefix_of(brief.id()) {
            *counts.entry(prefix).or_default() += 1;
        }
    }
    let most =
        counts.into_iter().max_by_key(|(prefix, count)| (*count, std::cmp::Reverse(*prefix)));
    most.map(|(prefix, _)| prefix.to_owned())
}

/// The project folder's name, as far as it can be one.
fn of_folder(folder: &Path) -> String {
    let project = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let name = project.parent().and_then(Path::file_name).unwrap_or_default();
    let name: String =
        name.to_string_lossy()
            .chars()
            .map(|one| {
                if one.is_ascii_alphanumeric() || matches!(one, '-' | '_' | '.') {
                    one
                } else {
                    '-'
                }
            })
            .take(LONGEST)
            .collect();
    let name = name.trim_matches('-');
    if check(name).is_ok() { name.to_owned() } else { "tow".to_owned() }
}

/// Writes the prefix into the configuration, unless that names one.
pub(super) fn write(folder: &Path, prefix: &str) -> Result<(), LedgerError> {
    if configured(folder).is_some() {
        return Ok(());
    }
    let path = folder.join(FILE);
    let before = fs::read_to_string(&path).unwrap_or_default();
    let blank = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    let text = format!("{before}{blank}issue-prefix: {prefix}\n");
    fs::write(&path, text).map_err(|error| LedgerError::io("write", &path, error))
}
