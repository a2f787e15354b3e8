//! Making the issues of a poured formula.

use std::collections::HashMap;

use jiff::SignedDuration;

use crate::formula::{Poured, PouredStep};
use crate::ledger::{Change, LedgerError, New};

/// What is up to whoever pours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PourOptions {
    /// It leaves no trace when it is over.
    pub wisp: bool,
    /// Who has the root.
    pub assignee: String,
    /// The issue that the root becomes a child of.
    pub parent: Option<String>,
    /// The root's title, where it isn't to be the plan's.
    pub title: Option<String>,
    /// The priority of the root, and of steps that say none.
    pub priority: Option<u8>,
    /// Labels of the root.
    pub labels: Vec<String>,
}

/// A molecule that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The root's id.
    pub root: String,
    /// The root's title.
    pub title: String,
    /// The formula's name.
    pub formula: String,
    /// It leaves no trace when it is over.
    pub wisp: bool,
    /// The steps, in the molecule's order.
    pub steps: Vec<MadeStep>,
}

/// A step that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeStep {
    /// What the formula calls it.
    pub step: String,
    /// The issue's id.
    pub id: String,
    /// The issue's title.
    pub title: String,
    /// It is a gate: somebody has to open it.
    pub gate: bool,
}

/// Makes the root and the steps of a plan.
///
/// A step that waits for something becomes an issue of type `gate`; one that is to be worked on after it has waited (its type
/// says so) gets a gate of its own before it.
///
/// # Errors
/// Where the parent isn't there, or a step can't be an issue, naming the step.
pub fn pour(
    change: &mut Change<'_>,
    plan: &Poured,
    options: &PourOptions,
) -> Result<Made, LedgerError> {
    let source = || vec![("source_formula", plan.formula.clone())];
    let root = change.create(&New {
        title: options.title.clone().unwrap_or_else(|| plan.title.clone()),
        description: plan.description.clone(),
        issue_type: super::TYPE.to_owned(),
        priority: options.priority,
        assignee: options.assignee.clone(),
        labels: options.labels.clone(),
        parent: options.parent.clone(),
        fields: source(),
        wisp: options.wisp,
        ..New::default()
    })?;
    let root_id = root.id().into_owned();
    let mut ids: HashMap<&str, String> = HashMap::new();
    let mut steps = Vec::new();
    for step in &plan.steps {
        let above = step.parent.as_ref().and_then(|parent| ids.get(parent.as_str()));
        let parent = above.unwrap_or(&root_id).clone();
        let mut depends_on: Vec<(String, String)> = step
            .needs
            .iter()
            .filter_map(|need| ids.get(need.as_str()))
            .map(|id| blocking(id))
            .collect();
        let is_gate = step.issue_type == "gate";
        if waits(step) && !is_gate {
            let gate = change.create(&New {
                title: format!("Gate: {} {}", step.await_type, step.await_id).trim().to_owned(),
                description: format!("Async gate for step {}", step.id),
                issue_type: "gate".to_owned(),
                priority: step.priority.or(options.priority),
                parent: Some(parent.clone()),
                depends_on: std::mem::take(&mut depends_on),
                fields: [source(), gate_fields(step)].concat(),
                wisp: options.wisp,
                ..New::default()
            });
            let gate = gate.map_err(|error| of_step(error, step))?;
            let (id, title) = (gate.id().into_owned(), gate.title().into_owned());
            set_timeout(change, &id, step)?;
            depends_on.push(blocking(&id));
            steps.push(MadeStep { step: format!("gate-{}", step.id), id, title, gate: true });
        }
        let issue = change.create(&New {
            title: step.title.clone(),
            description: step.description.clone(),
            issue_type: step.issue_type.clone(),
            priority: step.priority.or(options.priority),
            assignee: step.assignee.clone(),
            labels: step.labels.clone(),
            parent: Some(parent),
            depends_on,
            fields: [source(), texts(step), if is_gate { gate_fields(step) } else { vec![] }]
                .concat(),
            wisp: options.wisp,
            ..New::default()
        });
        let issue = issue.map_err(|error| of_step(error, step))?;
        let (id, title) = (issue.id().into_owned(), issue.title().into_owned());
        if is_gate {
            set_timeout(change, &id, step)?;
        }
        ids.insert(&step.id, id.clone());
        steps.push(MadeStep { step: step.id.clone(), id, title, gate: is_gate });
    }
    late_needs(change, plan, &ids)?;
    Ok(Made {
        root: root_id,
        title: root.title().into_owned(),
        formula: plan.formula.clone(),
        wisp: options.wisp,
        steps,
    })
}

/// Adds the dependencies on steps that come later in the plan: a step may wait for one that is within it.
fn late_needs(
    change: &mut Change<'_>,
    plan: &Poured,
    ids: &HashMap<&str, String>,
) -> Result<(), LedgerError> {
    for step in &plan.steps {
        let Some(id) = ids.get(step.id.as_str()) else { continue };
        let there = change.get(id)?.dependencies();
        let missing = |need: &&String| !there.iter().any(|one| one.depends_on_id == **need);
        // What a gate of its own waits for, the step needn't.
        let gated = waits(step) && step.issue_type != "gate";
        let needs = step.needs.iter().filter_map(|need| ids.get(need.as_str()));
        for need in needs.filter(missing).filter(|_| !gated) {
            let dependency = change.dependency(id, need, "blocks");
            change.update(id, |issue, _| {
                issue.add_dependency(&dependency);
                Ok::<_, LedgerError>(())
            })?;
        }
    }
    Ok(())
}

/// It waits for somebody or something else than steps.
fn waits(step: &PouredStep) -> bool {
    !step.await_type.is_empty()
}

fn blocking(id: &str) -> (String, String) {
    (id.to_owned(), "blocks".to_owned())
}

fn texts(step: &PouredStep) -> Vec<(&'static str, String)> {
    vec![("notes", step.notes.clone()), ("acceptance_criteria", step.acceptance.clone())]
}

fn gate_fields(step: &PouredStep) -> Vec<(&'static str, String)> {
    let kind = if waits(step) { &step.await_type } else { "human" };
    vec![("await_type", kind.to_owned()), ("await_id", step.await_id.clone())]
}

/// How long a gate waits, in nanoseconds as beads has it. What is no length of time is left out: nothing here acts on it.
fn set_timeout(change: &mut Change<'_>, id: &str, step: &PouredStep) -> Result<(), LedgerError> {
    let Ok(timeout) = step.timeout.parse::<SignedDuration>() else { return Ok(()) };
    let Ok(nanoseconds) = i64::try_from(timeout.as_nanos()) else { return Ok(()) };
    let mut issue = change.get(id)?;
    issue.set_number("timeout", Some(nanoseconds));
    change.put(issue);
    Ok(())
}

fn of_step(error: LedgerError, step: &PouredStep) -> LedgerError {
    let mut named = LedgerError::refused(format!("step {}: {error}", step.id));
    named.hints = error.hints;
    named
}
