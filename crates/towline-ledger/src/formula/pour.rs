//! The plan of the issues that a formula is poured into.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::Condition;
use super::text::{substituted, variables};
use super::{Formula, Kind, Problem};
use crate::words::{did_you_mean, nearest};

/// A poured formula: what issues are to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poured {
    /// The formula's name.
    pub formula: String,
    /// The root issue's title: the value of a variable `title`, else the formula's name.
    pub title: String,
    /// The root issue's description: the value of a variable `desc`, else the formula's.
    pub description: String,
    /// Whether all of it is meant to be thrown away after.
    pub vapor: bool,
    /// The values of the variables, defaults among them.
    pub vars: BTreeMap<String, String>,
    /// The steps, each after those it needs and those it is within.
    pub steps: Vec<PouredStep>,
}

/// A step with all values in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PouredStep {
    /// The step's id in the formula.
    pub id: String,
    /// The issue's title.
    pub title: String,
    /// The issue's description.
    pub description: String,
    /// Its notes.
    pub notes: String,
    /// Its acceptance criteria.
    pub acceptance: String,
    /// The ids of the steps that must be done before: all of them are among the steps before this one.
    pub needs: Vec<String>,
    /// The id of the step it is within.
    pub parent: Option<String>,
    /// The issue's type: `task` where none is said, `gate` where it waits for something, `epic` where there are steps within.
    pub issue_type: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// Its priority, 0 to 4.
    pub priority: Option<u8>,
    /// Who it is for; empty where nobody is said.
    pub assignee: String,
    /// What it waits for: `human`, `timer`, …; empty for a step that is worked on.
    pub await_type: String,
    /// Which one of these.
    pub await_id: String,
    /// How long it waits, as it is written.
    pub timeout: String,
}

/// Why a formula can't be poured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PourError {
    /// It isn't a workflow.
    #[error("the formula {formula} is of type {kind}: only a workflow can be poured")]
    Kind {
        /// The formula.
        formula: String,
        /// Its type.
        kind: String,
    },
    /// Something in it makes no sense.
    #[error("the formula {formula} can't be poured: {problem}")]
    Broken {
        /// The formula.
        formula: String,
        /// What is wrong.
        problem: Problem,
    },
    /// A value for a variable that the formula doesn't have.
    #[error("the formula {formula} has no variable {name}{}", did_you_mean(meant.as_deref()))]
    Unknown {
        /// The formula.
        formula: String,
        /// The variable.
        name: String,
        /// The variable that was probably meant.
        meant: Option<String>,
    },
    /// Variables without a value.
    #[error("the formula {formula} needs {}", missing_in_words(missing))]
    Missing {
        /// The formula.
        formula: String,
        /// The variables, each with the first step that uses it.
        missing: Vec<(String, Option<String>)>,
    },
    /// A value that a variable can't have.
    #[error("the variable {name} of the formula {formula} can't have this value: {why}")]
    Value {
        /// The formula.
        formula: String,
        /// The variable.
        name: String,
        /// Why not, in words.
        why: String,
    },
    /// What looks like a variable, but only nearly is one.
    #[error(
        "step {step} of the formula {formula} has {{{{{name}}}}}, which is no variable; did you mean {meant}?"
    )]
    Nearly {
        /// The formula.
        formula: String,
        /// The step.
        step: String,
        /// What stands there.
        name: String,
        /// The variable that was probably meant.
        meant: String,
    },
}

fn missing_in_words(missing: &[(String, Option<String>)]) -> String {
    let one = |(name, step): &(String, Option<String>)| match step {
        Some(step) => format!("--var {name}=VALUE (for step {step})"),
        None => format!("--var {name}=VALUE"),
    };
    missing.iter().map(one).collect::<Vec<_>>().join(" and ")
}

impl Formula {
    /// The plan of the issues to make, with these values for its variables.
    ///
    /// A step whose condition doesn't hold is left out, with those within it; who needs it needs what it needs. Variables that
    /// the formula doesn't declare can be given values all the same; without one they must not be in a title and the like, while
    /// in a longer text they stay as they are written: people write about templates there.
    ///
    /// # Errors
    ///
    /// Where [`Self::check`] finds an error, a value is missing, unknown or not allowed. Each names the step or variable.
    pub fn pour(&self, given: &BTreeMap<String, String>) -> Result<Poured, PourError> {
        let formula = || self.name.clone();
        if let Kind::Other(kind) = &self.kind {
            return Err(PourError::Kind { formula: formula(), kind: kind.clone() });
        }
        if let Some(problem) = self.error() {
            return Err(PourError::Broken { formula: formula(), problem });
        }
        let vars = self.values(given)?;
        let value = |name: &str| vars.get(name).map(String::as_str);
        let taken = self.taken(&value);
        self.all_there(&vars, &taken)?;

        let fill = |text: &str| substituted(text, value);
        let titled = |name: &str| self.var(name).and_then(|_| value(name)).map(str::to_owned);
        let steps = self.order(&taken).into_iter().map(|place| {
            let step = &self.steps[place];
            let within = (0..self.steps.len())
                .any(|other| taken[other] && self.steps[other].parent == Some(place));
            PouredStep {
                id: step.id.clone(),
                title: fill(&step.title),
                description: fill(&step.description),
                notes: fill(&step.notes),
                acceptance: fill(&step.acceptance),
                needs: self
                    .needs_of(place, &taken)
                    .into_iter()
                    .map(|place| self.steps[place].id.clone())
                    .collect(),
                parent: step.parent.map(|parent| self.steps[parent].id.clone()),
                issue_type: match step.issue_type.as_str() {
                    "" if within => "epic".into(),
                    "" if !step.await_type.is_empty() => "gate".into(),
                    "" => "task".into(),
                    said => said.to_owned(),
                },
                labels: step.labels.iter().map(|label| fill(label)).collect(),
                priority: step.priority,
                assignee: fill(&step.assignee),
                await_type: step.await_type.clone(),
                await_id: fill(&step.await_id),
                timeout: step.timeout.clone(),
            }
        });
        let steps: Vec<PouredStep> = steps.collect();
        Ok(Poured {
            formula: formula(),
            title: titled("title").filter(|title| !title.is_empty()).unwrap_or_else(formula),
            description: titled("desc").unwrap_or_else(|| fill(&self.description)),
            vapor: self.vapor,
            steps,
            vars,
        })
    }

    /// The values of the variables: those that are given, and defaults.
    fn values(
        &self,
        given: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, PourError> {
        let used: BTreeSet<&str> = self
            .steps
            .iter()
            .flat_map(|step| step.variables().map(|(_, name)| name))
            .chain(variables(&self.description))
            .collect();
        let mut values = BTreeMap::new();
        for (name, value) in given {
            match self.var(name) {
                Some(var) => var.allows(value).map_err(|why| PourError::Value {
                    formula: self.name.clone(),
                    name: name.clone(),
                    why,
                })?,
                None if used.contains(name.as_str()) => {}
                None => {
                    let known = self.vars.iter().map(|var| var.name.as_str()).chain(used);
                    return Err(PourError::Unknown {
                        formula: self.name.clone(),
                        name: name.clone(),
                        meant: nearest(name, known).map(str::to_owned),
                    });
                }
            }
            values.insert(name.clone(), value.clone());
        }
        for var in &self.vars {
            if let Some(default) = &var.default {
                values.entry(var.name.clone()).or_insert_with(|| default.clone());
            }
        }
        Ok(values)
    }

    /// Which steps are taken.
    fn taken<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> Vec<bool> {
        let mut taken: Vec<bool> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let holds =
                Condition::parse(&step.condition).is_some_and(|condition| condition.holds(value));
            // Those it is within come before it.
            taken.push(holds && step.parent.is_none_or(|parent| taken[parent]));
        }
        taken
    }

    /// Whether there is a value for everything that needs one.
    fn all_there(&self, vars: &BTreeMap<String, String>, taken: &[bool]) -> Result<(), PourError> {
        let steps =
            || self.steps.iter().zip(taken).filter(|(_, taken)| **taken).map(|(step, _)| step);
        let mut missing: Vec<(String, Option<String>)> = Vec::new();
        for step in steps() {
            for (field, name) in step.variables() {
                if vars.contains_key(name) || missing.iter().any(|(other, _)| other == name) {
                    continue;
                }
                let long = matches!(field, "description" | "notes" | "acceptance");
                match self.nearest_var(name) {
                    _ if self.var(name).is_some() || !long => {
                        missing.push((name.to_owned(), Some(step.id.clone())));
                    }
                    Some(meant) => {
                        return Err(PourError::Nearly {
                            formula: self.name.clone(),
                            step: step.id.clone(),
                            name: name.to_owned(),
                            meant: meant.to_owned(),
                        });
                    }
                    None => {}
                }
            }
        }
        for var in self.vars.iter().filter(|var| var.required) {
            if !vars.contains_key(&var.name) && !missing.iter().any(|(name, _)| *name == var.name) {
                missing.push((var.name.clone(), None));
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        Err(PourError::Missing { formula: self.name.clone(), missing })
    }

    /// The places of the steps that a step needs: in place of one that isn't taken, those that one needs.
    fn needs_of(&self, place: usize, taken: &[bool]) -> BTreeSet<usize> {
        let mut needs = BTreeSet::new();
        let mut been = BTreeSet::new();
        let mut ahead = vec![place];
        while let Some(place) = ahead.pop() {
            for need in &self.steps[place].needs {
                let Some(need) = self.steps.iter().position(|step| step.id == *need) else {
                    continue;
                };
                if taken[need] {
                    needs.insert(need);
                } else if been.insert(need) {
                    ahead.push(need);
                }
            }
        }
        needs
    }

    /// The places of the steps that are taken, each after those it needs and those it is within, and else as they stand.
    fn order(&self, taken: &[bool]) -> Vec<usize> {
        let mut waiting: Vec<(usize, BTreeSet<usize>)> = (0..self.steps.len())
            .filter(|place| taken[*place])
            .map(|place| {
                let mut before = self.needs_of(place, taken);
                before.extend(self.steps[place].parent);
                (place, before)
            })
            .collect();
        let mut order = Vec::with_capacity(waiting.len());
        // There is always one that waits for nothing: a formula whose steps wait for each other isn't poured.
        while !waiting.is_empty() {
            let next = waiting.iter().position(|(_, before)| before.is_empty()).unwrap_or(0);
            let (place, _) = waiting.remove(next);
            for (_, before) in &mut waiting {
                before.remove(&place);
            }
            order.push(place);
        }
        order
    }
}
