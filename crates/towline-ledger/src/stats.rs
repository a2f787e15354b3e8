//! How much work there is, and how it goes.

use jiff::Timestamp;

use crate::issue::Status;
use crate::issues::Issues;
use crate::ready::Graph;

/// Numbers of issues, as beads counts them.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Stats {
    /// All but tombstones.
    pub total_issues: usize,
    /// Those that nobody has begun.
    pub open_issues: usize,
    /// Those that somebody works on.
    pub in_progress_issues: usize,
    /// Those that are finished.
    pub closed_issues: usize,
    /// Those that wait for others.
    pub blocked_issues: usize,
    /// Those that were put off.
    pub deferred_issues: usize,
    /// Those on somebody's hook.
    pub hooked_issues: usize,
    /// Those that can be worked on now.
    pub ready_issues: usize,
    /// Those that were deleted.
    pub tombstone_issues: usize,
    /// Those that are kept for good.
    pub pinned_issues: usize,
    /// Epics that aren't closed though all their children are.
    pub epics_eligible_for_closure: usize,
    /// From being made to being closed, in hours: the mean over those that are closed.
    pub average_lead_time_hours: f64,
}

impl Stats {
    /// Those of a ledger at a time.
    pub fn of(issues: &Issues, now: Timestamp) -> Self {
        let graph = Graph::of(issues);
        let mut stats = Self {
            ready_issues: graph.ready(issues, now).len(),
            blocked_issues: graph.blocked(issues).len(),
            ..Self::default()
        };
        let (mut hours, mut timed) = (0.0, 0_u32);
        for brief in issues.iter() {
            let status = brief.status();
            match status {
                Status::Open => stats.open_issues += 1,
                Status::InProgress => stats.in_progress_issues += 1,
                Status::Deferred => stats.deferred_issues += 1,
                Status::Hooked => stats.hooked_issues += 1,
                Status::Tombstone => {
                    stats.tombstone_issues += 1;
                    continue;
                }
                Status::Closed => {
                    stats.closed_issues += 1;
                    let times = (brief.created_at(), brief.issue().time("closed_at"));
                    // Some writers' clocks went back.
                    if let (Some(made), Some(closed)) = times
                        && closed >= made
                    {
                        hours += closed.duration_since(made).as_secs_f64() / 3600.0;
                        timed += 1;
                    }
                }
                Status::Pinned | Status::Blocked | Status::Other(_) => {}
            }
            stats.total_issues += 1;
            if brief.is_pinned() || status == Status::Pinned {
                stats.pinned_issues += 1;
            }
            let children = graph.children(brief.id());
            let all_over =
                !children.is_empty() && children.iter().all(|child| child.status().is_over());
            if brief.issue_type() == "epic" && !status.is_over() && all_over {
                stats.epics_eligible_for_closure += 1;
            }
        }
        if timed > 0 {
            stats.average_lead_time_hours = hours / f64::from(timed);
        }
        stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_are_counted_by_what_has_become_of_them() {
        let issues = Issues::parse(
            concat!(
                r#"{"id":"a-1","status":"open","issue_type":"epic"}"#, "\n",
                r#"{"id":"a-1.1","status":"closed","created_at":"2026-01-01T00:00:00Z","closed_at":"2026-01-01T03:00:00Z","dependencies":[{"issue_id":"a-1.1","depends_on_id":"a-1","type":"parent-child"}]}"#, "\n",
                r#"{"id":"a-2","status":"in_progress","dependencies":[{"issue_id":"a-2","depends_on_id":"a-1","type":"blocks"}]}"#, "\n",
                r#"{"id":"a-3","status":"tombstone"}"#, "\n",
                r#"{"id":"a-4","status":"hooked","assignee":"me"}"#, "\n",
            )
            .into(),
        );
        let expected = Stats {
            total_issues: 4,
            open_issues: 1,
            in_progress_issues: 1,
            closed_issues: 1,
            blocked_issues: 1,
            hooked_issues: 1,
            ready_issues: 1,
            tombstone_issues: 1,
            epics_eligible_for_closure: 1,
            average_lead_time_hours: 3.0,
            ..Stats::default()
        };
        assert_eq!(Stats::of(&issues, Timestamp::UNIX_EPOCH), expected);
    }
}
