//! Who waits for an issue: dependencies read the other way round.

use std::collections::HashMap;

use crate::issues::{Brief, Issues, LinkKind};

/// The issues that wait for each of a ledger's issues by a dependency that blocks, whatever has become of them.
pub struct Dependents<'a> {
    by_target: HashMap<&'a str, Vec<Brief<'a>>>,
}

impl<'a> Dependents<'a> {
    /// Those of a ledger.
    pub fn of(issues: &'a Issues) -> Self {
        let mut by_target: HashMap<&str, Vec<Brief<'_>>> = HashMap::new();
        for brief in issues.iter().filter(|brief| !brief.is_tombstone()) {
            for link in brief.links().filter(|link| link.kind == LinkKind::Blocks) {
                by_target.entry(link.target).or_default().push(brief);
            }
        }
        Self { by_target }
    }

    /// Those of an issue.
    pub fn on(&self, id: &str) -> &[Brief<'a>] {
        self.by_target.get(id).map_or(&[], Vec::as_slice)
    }
}

/// The issues that depend on one in any way, in the file's order.
pub fn dependents<'a>(issues: &'a Issues, id: &str) -> Vec<Brief<'a>> {
    let live = issues.iter().filter(|brief| !brief.is_tombstone());
    live.filter(|brief| brief.links().any(|link| link.target == id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_read_the_other_way_round() {
        let issues = Issues::parse(
            concat!(
                r#"{"id":"a-1"}"#, "\n",
                r#"{"id":"a-2","dependencies":[{"depends_on_id":"a-1","type":"blocks"}]}"#, "\n",
                r#"{"id":"a-3","dependencies":[{"depends_on_id":"a-1","type":"related"}]}"#, "\n",
                r#"{"id":"a-4","status":"tombstone","dependencies":[{"depends_on_id":"a-1","type":"blocks"}]}"#, "\n",
            )
            .into(),
        );
        let ids = |found: &[Brief<'_>]| {
            found.iter().map(|brief| brief.id().to_owned()).collect::<Vec<_>>()
        };
        let blocking = Dependents::of(&issues);
        assert_eq!(ids(blocking.on("a-1")), ["a-2"]);
        assert!(blocking.on("a-2").is_empty());
        assert_eq!(ids(&dependents(&issues, "a-1")), ["a-2", "a-3"]);
    }
}
