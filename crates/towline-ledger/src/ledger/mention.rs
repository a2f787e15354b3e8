//! What is left in other issues' texts of one that is deleted.

use super::{Change, LedgerError};
use crate::issues::LinkKind;
use crate::mentions::replaced;

/// The fields that name other issues.
const FIELDS: [&str; 4] = ["description", "design", "acceptance_criteria", "notes"];

/// What else a deletion changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Dependencies that go, its own and others' on it.
    pub dependencies: usize,
    /// Issues whose text names it.
    pub references: usize,
}

impl Change<'_> {
    /// Deletes an issue as beads does: a tombstone stays, nobody depends on it any more, and in the texts of those that are linked
    /// with it `[deleted:ID]` stands in the place of its id.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn delete_with_mentions(&mut self, id: &str, reason: &str) -> Result<Removed, LedgerError> {
        let issue = self.get(id)?;
        let mut removed =
            Removed { dependencies: issue.dependencies().len(), ..Removed::default() };
        let mut linked: Vec<String> =
            issue.dependencies().into_iter().map(|one| one.depends_on_id).collect();
        for brief in self.issues().iter() {
            let count = brief.links().filter(|link| link.target == id).count();
            if count > 0 && !brief.is_tombstone() {
                removed.dependencies += count;
                linked.push(brief.id().to_owned());
            }
        }
        linked.sort();
        linked.dedup();
        let by = format!("[deleted:{id}]");
        for other in linked.iter().filter(|other| *other != id) {
            if self.get(other).is_err() {
                continue;
            }
            let before = self.get(other)?;
            let after = self.update(other, |issue, _| {
                for field in FIELDS {
                    if let Some(text) = replaced(&issue.text(field), id, &by) {
                        issue.set_text(field, &text);
                    }
                }
                Ok::<_, LedgerError>(())
            })?;
            removed.references += usize::from(before != after);
        }
        self.delete(id, reason)?;
        Ok(removed)
    }

    /// The issues below one in the tree, and those below them, by their ids.
    pub fn descendants(&self, id: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut above = vec![id.to_owned()];
        while let Some(parent) = above.pop() {
            for brief in self.issues().iter().filter(|brief| !brief.is_tombstone()) {
                let is_child = brief
                    .links()
                    .any(|link| link.kind == LinkKind::ParentChild && link.target == parent);
                let child = brief.id();
                if is_child && child != id && !found.iter().any(|one| one == child) {
                    found.push(child.to_owned());
                    above.push(child.to_owned());
                }
            }
        }
        found
    }
}
