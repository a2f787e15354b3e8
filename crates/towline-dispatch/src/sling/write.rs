//! Writing into the ledger what a sling is: the hook, what is attached, the steps.

use std::collections::BTreeMap;

use jiff::Timestamp;
use towline_ledger::attachment::Attachment;
use towline_ledger::formula::{PourError, Poured};
use towline_ledger::molecule::{PourOptions, pour};
use towline_ledger::{Change, Identity, Issue, LedgerError, Status, hook};

use super::plan::Plan;
use crate::DispatchError;

/// What is to be written.
pub(super) struct Work<'a> {
    /// The issue's id; empty where a formula alone is slung.
    pub(super) id: &'a str,
    pub(super) who: &'a Identity,
    pub(super) poured: Option<&'a Poured>,
    /// The values that were given for the formula's variables.
    pub(super) vars: &'a BTreeMap<String, String>,
    pub(super) args: &'a str,
    /// What the target has on the hook, which gives way: ids and titles.
    pub(super) release: &'a [(String, String)],
}

/// What was written.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) labels: Vec<String>,
    pub(super) already: bool,
    pub(super) args_stored: bool,
    pub(super) molecule: Option<String>,
    /// Who had it.
    pub(super) from: Option<String>,
    /// What gave way.
    pub(super) released: Vec<(String, String)>,
}

/// Writes it. All of it is one change: a crash leaves all or nothing.
pub(super) fn write(
    change: &mut Change<'_>,
    plan: Plan,
    work: &Work<'_>,
) -> Result<Written, DispatchError> {
    let already = plan == Plan::Already;
    let released = if already { Vec::new() } else { work.release.to_vec() };
    for (id, _) in &released {
        // Those of other ledgers come later.
        if change.find(id).is_some() {
            hook::release(change, id)?;
        }
    }
    let made = match work.poured {
        Some(plan) => {
            let options = PourOptions { wisp: plan.vapor, ..PourOptions::default() };
            Some(pour(change, plan, &options)?)
        }
        None => None,
    };
    let root = made.as_ref().map(|made| made.root.clone());
    let id = if work.id.is_empty() { root.clone().unwrap_or_default() } else { work.id.to_owned() };
    let at = now(change.now());
    let by = change.actor().to_owned();
    let issue = change.update(&id, |issue, now| {
        if !already {
            issue.set_status(&Status::Hooked, now);
            issue.set_text("assignee", &work.who.to_string());
        }
        let mut attachment = attached(issue);
        if !work.args.is_empty() {
            attachment.attached_args = work.args.to_owned();
        }
        if !already || !work.args.is_empty() {
            attachment.dispatched_by = by.clone();
        }
        if let (Some(made), Some(root)) = (&made, &root) {
            attachment.attached_formula = made.formula.clone();
            attachment.attached_vars = in_json(work.vars);
            // A molecule isn't attached to itself.
            if *root != id {
                attachment.attached_molecule = root.clone();
            }
            attachment.attached_at = at.clone();
        }
        let text = attachment.write(&issue.description());
        issue.set_text("description", &text);
        Ok::<_, LedgerError>(())
    })?;
    Ok(Written {
        title: issue.title().into_owned(),
        labels: issue.labels(),
        id,
        already,
        args_stored: !work.args.is_empty(),
        molecule: root,
        from: match plan {
            Plan::Hook { from } => from,
            Plan::Already => None,
        },
        released,
    })
}

/// What is attached to an issue.
pub(super) fn attached(issue: &Issue) -> Attachment {
    Attachment::read(&issue.description())
}

/// Variables as Gas Town writes them: an array of `key=value`.
fn in_json(vars: &BTreeMap<String, String>) -> String {
    if vars.is_empty() {
        return String::new();
    }
    let pairs: Vec<String> = vars.iter().map(|(name, value)| format!("{name}={value}")).collect();
    // Texts can always be written.
    serde_json::to_string(&pairs).unwrap_or_default()
}

/// A time to the second, in UTC, as attachments have it.
fn now(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}

/// A formula that can't be poured.
pub(super) fn pour_error(error: PourError) -> DispatchError {
    let usage = matches!(
        error,
        PourError::Missing { .. } | PourError::Unknown { .. } | PourError::Value { .. }
    );
    let text = error.to_string();
    if usage {
        DispatchError::usage(text).hint("--var NAME=VALUE")
    } else {
        DispatchError::refused(text)
    }
}
