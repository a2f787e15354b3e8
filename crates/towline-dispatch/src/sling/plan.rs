//! Whether work can be put on a hook, and what has to give way. Pure.

use towline_ledger::{Identity, Status};

use crate::DispatchError;

/// Types of issues that are nobody's work.
const NO_WORK: [&str; 7] = ["convoy", "agent", "role", "rig", "slot", "event", "gate"];

/// What is asked for, as things stand.
#[derive(Debug, Clone)]
pub(super) struct Facts<'a> {
    /// The issue's id.
    pub(super) id: &'a str,
    pub(super) issue_type: &'a str,
    pub(super) status: Status,
    /// It is on its assignee's hook.
    pub(super) on_hook: bool,
    pub(super) assignee: &'a str,
    /// Who is to get it; `None` where that is still to be found.
    pub(super) target: Option<&'a Identity>,
    /// What the target has on the hook, without this issue: ids and titles.
    pub(super) others: &'a [(String, String)],
    /// The molecule that is attached to it, where another is to be.
    pub(super) molecule: &'a str,
    pub(super) force: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Plan {
    /// It is on that hook already.
    Already,
    /// It is to be put there, taken from whoever has it.
    Hook {
        /// Who has it now.
        from: Option<String>,
    },
}

/// Decides.
///
/// # Errors
/// Why it can't be done, with what would help.
pub(super) fn plan(facts: &Facts<'_>) -> Result<Plan, DispatchError> {
    let Facts { id, .. } = facts;
    let refuse = |message: String| Err(DispatchError::refused(message));
    let forced = |message: String| {
        Err(DispatchError::refused(message).hint("--force slings it all the same"))
    };
    if facts.status.is_over() {
        return refuse(format!("{id} is closed (work already completed)"))
            .map_err(|error| error.hint(format!("tow issue reopen {id}")));
    }
    if NO_WORK.contains(&facts.issue_type) {
        return refuse(format!("{id} is no work, but a {}", facts.issue_type));
    }
    let theirs = facts.target.is_some_and(|target| target.same_as(facts.assignee));
    if facts.on_hook && theirs && facts.molecule.is_empty() {
        return Ok(Plan::Already);
    }
    if facts.status == Status::Deferred && !facts.force {
        return forced(format!("{id} is deferred"));
    }
    let whose = facts.assignee;
    let taken = !theirs && !whose.is_empty();
    if taken && !facts.force {
        match facts.status {
            _ if facts.on_hook => return forced(format!("{id} is already hooked to {whose}")),
            Status::InProgress => return forced(format!("{id} is being worked on by {whose}")),
            _ => {}
        }
    }
    if !facts.molecule.is_empty() && !facts.force {
        return forced(format!("{id} has the molecule {} already", facts.molecule));
    }
    if let (Some(target), Some((other, title))) = (facts.target, facts.others.first())
        && !facts.force
    {
        let error = DispatchError::refused(format!(
            "{target} has unfinished work on the hook: {other} ({title})"
        ));
        return Err(error.hint("--force puts that back to open"));
    }
    let from = (taken && facts.on_hook).then(|| whose.to_owned());
    Ok(Plan::Hook { from })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_slung_is_decided_by_how_things_stand() {
        let toast = Identity::parse("demo/polecats/Toast").unwrap();
        let busy = [("demo-2".to_owned(), "Other".to_owned())];
        let free = Facts {
            id: "demo-1",
            issue_type: "task",
            status: Status::Open,
            on_hook: false,
            assignee: "",
            target: Some(&toast),
            others: &[],
            molecule: "",
            force: false,
        };
        let hook = || Ok(Plan::Hook { from: None });
        let hooked = Facts { status: Status::Hooked, on_hook: true, ..free.clone() };
        let from = |who: &str| Ok(Plan::Hook { from: Some(who.to_owned()) });
        type Decided = Result<Plan, &'static str>;
        // What comes of it as it is, and by force.
        let cases: Vec<(&str, Facts<'_>, Decided, Decided)> = vec![
            ("open", free.clone(), hook(), hook()),
            ("to be found", Facts { target: None, ..free.clone() }, hook(), hook()),
            (
                "closed",
                Facts { status: Status::Closed, ..free.clone() },
                Err("is closed"),
                Err("is closed"),
            ),
            (
                "a convoy",
                Facts { issue_type: "convoy", ..free.clone() },
                Err("a convoy"),
                Err("a convoy"),
            ),
            (
                "deferred",
                Facts { status: Status::Deferred, ..free.clone() },
                Err("is deferred"),
                hook(),
            ),
            (
                "theirs",
                Facts { assignee: "demo/Toast", ..hooked.clone() },
                Ok(Plan::Already),
                Ok(Plan::Already),
            ),
            (
                "another's",
                Facts { assignee: "mayor/", ..hooked.clone() },
                Err("is already hooked to mayor/"),
                from("mayor/"),
            ),
            (
                "theirs, with steps anew",
                Facts { assignee: "demo/Toast", molecule: "demo-m", ..hooked },
                Err("has the molecule demo-m"),
                hook(),
            ),
            (
                "worked on by another",
                Facts { status: Status::InProgress, assignee: "ann", ..free.clone() },
                Err("is being worked on by ann"),
                hook(),
            ),
            (
                "worked on by them",
                Facts {
                    status: Status::InProgress,
                    assignee: "demo/polecats/Toast",
                    ..free.clone()
                },
                hook(),
                hook(),
            ),
            ("meant for another", Facts { assignee: "ann", ..free.clone() }, hook(), hook()),
            (
                "they have other work",
                Facts { others: &busy, ..free },
                Err("demo/polecats/Toast has unfinished work on the hook: demo-2 (Other)"),
                hook(),
            ),
        ];
        for (what, facts, plain, forced) in cases {
            for (force, expected) in [(false, plain), (true, forced)] {
                let found = plan(&Facts { force, ..facts.clone() });
                match (&found, &expected) {
                    (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{what}, {force}"),
                    (Err(error), Err(expected)) => {
                        assert!(error.to_string().contains(expected), "{what}, {force}: {error}");
                    }
                    _ => panic!("{what}, {force}: {found:?}, not {expected:?}"),
                }
            }
        }
    }
}
