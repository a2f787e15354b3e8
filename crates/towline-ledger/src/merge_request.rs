//! What a merge request says of itself: the branch, where it goes, whose work it is, what became of it.
//!
//! Kept in the issue's description as `key: value` lines, like what is attached to an issue.

use crate::fields::{self, Key};

/// The keys, in the order they are written.
const KEYS: [Key; 12] = [
    Key::anywhere("branch"),
    Key::anywhere("target"),
    Key::anywhere("source_issue"),
    Key::anywhere("worker"),
    Key::anywhere("rig"),
    Key::anywhere("merge_commit"),
    Key::anywhere("close_reason"),
    Key::anywhere("agent_bead"),
    Key::anywhere("retry_count"),
    Key::anywhere("last_conflict_sha"),
    Key::anywhere("conflict_task_id"),
    Key::anywhere("convoy_id"),
];

/// The fields of an issue of type `merge-request`. One that isn't there is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergeRequest {
    /// The branch to merge.
    pub branch: String,
    /// The branch it goes to.
    pub target: String,
    /// The issue that the work was for.
    pub source_issue: String,
    /// The identity that did the work.
    pub worker: String,
    /// The rig it belongs to.
    pub rig: String,
    /// The commit it was merged as.
    pub merge_commit: String,
    /// What became of it: `merged`, `rejected`, `conflict` or `superseded`.
    pub close_reason: String,
    /// The issue that stands for the agent that made it.
    pub agent_bead: String,
    /// How often a conflict was resolved and the merge tried again.
    pub retry_count: String,
    /// The target's commit at the last conflict.
    pub last_conflict_sha: String,
    /// The issue to resolve that conflict.
    pub conflict_task_id: String,
    /// The convoy that tracks the source issue.
    pub convoy_id: String,
}

impl MergeRequest {
    /// Reads the fields from a description, by the rules of [`crate::attachment::Attachment::read`]. `null`, which Gas Town
    /// writes where there is nothing yet, is nothing.
    pub fn read(description: &str) -> Self {
        let [
            branch,
            target,
            source_issue,
            worker,
            rig,
            merge_commit,
            close_reason,
            agent_bead,
            retry_count,
            last_conflict_sha,
            conflict_task_id,
            convoy_id,
        ] = fields::read(description, &KEYS)
            .map(|value| if value == "null" { String::new() } else { value });
        Self {
            branch,
            target,
            source_issue,
            worker,
            rig,
            merge_commit,
            close_reason,
            agent_bead,
            retry_count,
            last_conflict_sha,
            conflict_task_id,
            convoy_id,
        }
    }

    /// The description with these fields, by the rules of [`crate::attachment::Attachment::write`].
    pub fn write(&self, description: &str) -> String {
        let values: [&str; 12] = [
            &self.branch,
            &self.target,
            &self.source_issue,
            &self.worker,
            &self.rig,
            &self.merge_commit,
            &self.close_reason,
            &self.agent_bead,
            &self.retry_count,
            &self.last_conflict_sha,
            &self.conflict_task_id,
            &self.convoy_id,
        ];
        fields::write(description, &KEYS, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_and_written() {
        let description = "branch: polecat/Toast\ntarget: main\nsource_issue: gt-abc\nworker: gastown/polecats/Toast\n\
            rig: gastown\n\nAll tests pass.";
        let mut request = MergeRequest::read(description);
        assert_eq!(
            request,
            MergeRequest {
                branch: "polecat/Toast".into(),
                target: "main".into(),
                source_issue: "gt-abc".into(),
                worker: "gastown/polecats/Toast".into(),
                rig: "gastown".into(),
                ..MergeRequest::default()
            }
        );
        assert_eq!(request.write(description), description);
        request.merge_commit = "0a1b2c".into();
        request.close_reason = "merged".into();
        let written = request.write(description);
        assert_eq!(
            written,
            "branch: polecat/Toast\ntarget: main\nsource_issue: gt-abc\nworker: gastown/polecats/Toast\n\
             rig: gastown\nmerge_commit: 0a1b2c\nclose_reason: merged\n\nAll tests pass."
        );
        assert_eq!(MergeRequest::read(&written), request);
    }

    #[test]
    fn fields_among_text_are_read() {
        let request =
            MergeRequest::read("Please merge.\nBranch: fix\nsource-issue: gt-1\nWhy: it works");
        assert_eq!(request.branch, "fix");
        assert_eq!(request.source_issue, "gt-1");
        assert_eq!(MergeRequest::read("last_conflict_sha: null"), MergeRequest::default());
    }
}
