//! The types and statuses that issues may have, and which one somebody meant.

use std::collections::BTreeSet;
use std::fs;

use crate::issue::{LOWEST_PRIORITY, Status};
use crate::issues::Issues;
use crate::ledger::{Ledger, LedgerError};
use crate::words::nearest;

/// The types that beads and Gas Town know.
pub const TYPES: [&str; 18] = [
    "task",
    "bug",
    "feature",
    "epic",
    "chore",
    "decision",
    "spike",
    "story",
    "milestone",
    "message",
    "merge-request",
    "molecule",
    "gate",
    "agent",
    "role",
    "convoy",
    "event",
    "slot",
];

/// Other names of types, as beads takes them.
const ALIASES: [(&str, &str); 12] = [
    ("feat", "feature"),
    ("enhancement", "feature"),
    ("mr", "merge-request"),
    ("mol", "molecule"),
    ("dec", "decision"),
    ("adr", "decision"),
    ("investigation", "spike"),
    ("timebox", "spike"),
    ("user-story", "story"),
    ("ms", "milestone"),
    ("merge_request", "merge-request"),
    ("tasks", "task"),
];

/// The kinds of dependencies that beads knows; any other word is a kind too.
pub const DEPENDENCIES: [&str; 19] = [
    "blocks",
    "parent-child",
    "conditional-blocks",
    "waits-for",
    "related",
    "discovered-from",
    "replies-to",
    "relates-to",
    "duplicates",
    "supersedes",
    "authored-by",
    "assigned-to",
    "approved-by",
    "attests",
    "tracks",
    "until",
    "caused-by",
    "validates",
    "delegated-from",
];

/// The longest kind of a dependency, in bytes, as beads has it.
const LONGEST_DEPENDENCY: usize = 50;

impl Ledger {
    /// The type that somebody calls so: one that is known, that is configured (`types.custom`), or that issues of this ledger have.
    ///
    /// # Errors
    /// Where it is none of these, with the nearest.
    pub fn issue_type(&self, issues: &Issues, text: &str) -> Result<String, LedgerError> {
        let word = text.trim().to_lowercase();
        let word = ALIASES
            .iter()
            .find(|(alias, _)| *alias == word)
            .map_or(word, |(_, name)| (*name).into());
        if TYPES.contains(&word.as_str()) || issues.iter().any(|brief| brief.issue_type() == word) {
            return Ok(word);
        }
        let custom = self.configured("types.custom");
        if custom.contains(&word) {
            return Ok(word);
        }
        let used: BTreeSet<&str> = issues.iter().map(|brief| brief.issue_type()).collect();
        let known = TYPES.into_iter().chain(used).chain(custom.iter().map(String::as_str));
        Err(unknown("type", text, nearest(&word, known), &TYPES[..5]))
    }

    /// The status that somebody calls so, in the same way (`status.custom`). Nobody gives an issue the status of a tombstone.
    ///
    /// # Errors
    /// Where there is no such status, with the nearest.
    pub fn status(&self, issues: &Issues, text: &str) -> Result<Status, LedgerError> {
        let word = text.trim().to_lowercase().replace('-', "_");
        let word = match word.as_str() {
            "inprogress" | "wip" | "started" => "in_progress".to_owned(),
            "done" => "closed".to_owned(),
            _ => word,
        };
        if Status::NAMES.contains(&word.as_str()) {
            return Ok(Status::of(&word));
        }
        if word == "tombstone" {
            return Err(LedgerError::invalid("tombstones are what deleted issues leave")
                .hint("tow issue delete ID"));
        }
        let custom = self.configured("status.custom");
        let own = text.trim();
        if custom.iter().any(|name| name == own)
            || issues.iter().any(|brief| brief.status().name() == own)
        {
            return Ok(Status::of(own));
        }
        let known = Status::NAMES.into_iter().chain(custom.iter().map(String::as_str));
        Err(unknown("status", text, nearest(&word, known), &Status::NAMES))
    }

    /// The words that the ledger's configuration adds to a list: `types.custom: "a,b"`, each perhaps with `:category` behind it.
    fn configured(&self, key: &str) -> Vec<String> {
        let text = fs::read_to_string(self.folder().join("config.yaml")).unwrap_or_default();
        let value = text
            .lines()
            .find_map(|line| line.trim_end().strip_prefix(key)?.trim_start().strip_prefix(':'));
        let words = value.unwrap_or_default().split(" #").next().unwrap_or_default();
        let words = words.trim().trim_matches(['"', '\'', '[', ']']).split(',');
        let word = |word: &str| {
            let name = word.trim().trim_matches(['"', '\'']);
            name.split(':').next().unwrap_or_default().to_owned()
        };
        words.map(word).filter(|word| !word.is_empty()).collect()
    }
}

/// The priority that a text is: `0` (urgent) to `4`, also written `P0`.
///
/// # Errors
/// Where it is none.
pub fn priority(text: &str) -> Result<u8, LedgerError> {
    let digits = text.trim().trim_start_matches(['p', 'P']);
    let number = digits.parse::<u8>().ok().filter(|number| *number <= LOWEST_PRIORITY);
    number.ok_or_else(|| {
        LedgerError::invalid(format!("there is no priority {}", text.trim()))
            .hint(format!("0 (urgent) to {LOWEST_PRIORITY}, or P0 to P{LOWEST_PRIORITY}"))
    })
}

/// The kind of a dependency that a text is. One that is nearly a known one is refused: it would hold nobody up.
///
/// # Errors
/// Where it can't be one.
pub fn dependency(text: &str) -> Result<String, LedgerError> {
    let word = text.trim();
    if DEPENDENCIES.contains(&word) {
        return Ok(word.to_owned());
    }
    if word.is_empty() || word.len() > LONGEST_DEPENDENCY {
        return Err(LedgerError::invalid(format!("{text:?} can't be a kind of dependency"))
            .hint(DEPENDENCIES[..6].join(", ")));
    }
    match nearest(&word.to_lowercase().replace('_', "-"), DEPENDENCIES) {
        Some(meant) => Err(unknown("kind of dependency", text, Some(meant), &DEPENDENCIES[..6])),
        None => Ok(word.to_owned()),
    }
}

fn unknown(what: &str, text: &str, meant: Option<&str>, some: &[&str]) -> LedgerError {
    let error = LedgerError::invalid(format!("there is no {what} {:?}", text.trim()));
    match meant {
        Some(meant) => error.hint(format!("did you mean {meant}?")),
        None => error.hint(format!("such as {}", some.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_statuses_are_known_configured_or_used() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::init(folder.path().join(".beads"), "gt").unwrap();
        let config =
            "issue-prefix: gt\ntypes.custom: \"rig, warrant\"\nstatus.custom: 'in_review:wip,qa'\n";
        fs::write(ledger.folder().join("config.yaml"), config).unwrap();
        let issues = Issues::parse(
            b"{\"id\":\"gt-1\",\"issue_type\":\"odd\",\"status\":\"parked\"}\n".to_vec(),
        );
        for (text, expected) in [
            ("bug", Ok("bug")),
            ("Feat", Ok("feature")),
            ("mr", Ok("merge-request")),
            ("warrant", Ok("warrant")),
            ("odd", Ok("odd")),
            ("bgu", Err("did you mean bug?")),
            ("nonsense", Err("such as task, bug, feature, epic, chore")),
        ] {
            let found = ledger.issue_type(&issues, text).map_err(|error| error.hints[0].clone());
            assert_eq!(found.as_deref().map_err(|hint| hint.as_str()), expected, "{text}");
        }
        for (text, expected) in [
            ("open", Ok("open")),
            ("in-progress", Ok("in_progress")),
            ("done", Ok("closed")),
            ("in_review", Ok("in_review")),
            ("parked", Ok("parked")),
            ("clsoed", Err("did you mean closed?")),
            ("tombstone", Err("tow issue delete ID")),
        ] {
            let found = ledger.status(&issues, text).map_err(|error| error.hints[0].clone());
            assert_eq!(
                found.as_ref().map(Status::name).map_err(|hint| hint.as_str()),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn priorities_and_dependencies_are_read() {
        for (text, expected) in [
            ("0", Some(0)),
            ("P2", Some(2)),
            (" p4 ", Some(4)),
            ("5", None),
            ("", None),
            ("high", None),
        ] {
            assert_eq!(priority(text).ok(), expected, "{text}");
        }
        for (text, good) in [
            ("blocks", true),
            ("my-own-kind", true),
            ("block", false),
            ("parent_child", false),
            ("", false),
        ] {
            assert_eq!(dependency(text).is_ok(), good, "{text}");
        }
    }
}
