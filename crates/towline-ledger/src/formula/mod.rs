//! Formulas: how a kind of work is done, as steps that are poured into issues.
//!
//! A formula is a file `NAME.formula.toml` (or, older, `NAME.formula.json`). [`Formula::parse`] reads one,
//! [`Formula::check`] says what is wrong with it, [`Formula::pour`] makes the plan of the issues: all without I/O. [`Formulas`]
//! finds the files.

mod built_in;
mod check;
mod condition;
mod find;
mod node;
mod parse;
mod pour;
mod text;

use std::fmt;
use std::path::{Path, PathBuf};

pub use built_in::BUILT_IN;
pub use find::{FindError, Formulas, Found, Listed, Source};
pub use pour::{PourError, Poured, PouredStep};

/// A formula.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// Its name.
    pub name: String,
    /// What it is for. The root issue's description.
    pub description: String,
    /// The version of the format it says it is written in.
    pub version: i64,
    /// What kind of formula it is.
    pub kind: Kind,
    /// Whether what is poured of it is meant to be thrown away after: `phase = "vapor"`, as patrols are.
    pub vapor: bool,
    /// The formulas whose variables and steps come before its own.
    pub extends: Vec<String>,
    /// Its variables.
    pub vars: Vec<Var>,
    /// Its steps, those within others after these.
    pub steps: Vec<Step>,
    /// The file it was read from.
    pub file: PathBuf,
    /// What was passed over in reading, and what stands in the way of pouring.
    notes: Vec<Problem>,
}

/// What kind of formula one is. Only workflows are poured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Steps to work through.
    Workflow,
    /// A kind that other tools know: a part of other formulas, or work side by side.
    Other(String),
}

/// A variable of a formula.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Var {
    /// Its name, as it stands between `{{` and `}}`.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its value where none is given.
    pub default: Option<String>,
    /// Whether a value must be given.
    pub required: bool,
    /// The values it can have; empty: any.
    pub choices: Vec<String>,
    /// A regular expression that must be found in the value.
    pub pattern: Option<String>,
    /// `int` or `bool`: the value must be one. Else any text will do.
    pub kind: String,
    /// The line it is declared in, from 1.
    line: Option<usize>,
}

/// A step of a formula, which is poured into one issue. Texts may have `{{variables}}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// What other steps call it by.
    pub id: String,
    /// The issue's title.
    pub title: String,
    /// The issue's description: how the step is done.
    pub description: String,
    /// Notes for the issue.
    pub notes: String,
    /// What has to be there for the step to be done.
    pub acceptance: String,
    /// The steps that must be done before.
    pub needs: Vec<String>,
    /// Whether the step is taken at all: `{{x}}`, `!{{x}}`, `{{x}} == v` or `{{x}} != v`. Empty: always.
    pub condition: String,
    /// What the step waits for: `human`, `timer`, … Empty for a step that is worked on.
    pub await_type: String,
    /// Which one of these.
    pub await_id: String,
    /// How long it waits, as it is written.
    pub timeout: String,
    /// The issue's type. Empty: a task, or a gate, or an epic where there are steps within.
    pub issue_type: String,
    /// The issue's labels.
    pub labels: Vec<String>,
    /// The issue's priority, 0 to 4.
    pub priority: Option<u8>,
    /// Who the step is for.
    pub assignee: String,
    /// The step it is within, by its place among the formula's.
    pub parent: Option<usize>,
    /// The line it begins in, from 1.
    line: Option<usize>,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It is said, and passed over.
    Warning,
    /// The formula can't be poured.
    Error,
}

/// Something that is wrong with a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// The line, from 1, where that is known.
    pub line: Option<usize>,
    /// The step, where it is about one.
    pub step: Option<String>,
    /// What is wrong, in words.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(step) = &self.step {
            write!(f, "step {step}: ")?;
        }
        f.write_str(&self.text)
    }
}

/// Why a file is no formula.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{problem}", file.display(), if problem.line.is_some() { ", " } else { ": " })]
pub struct FormulaError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub problem: Problem,
}

impl Formula {
    /// Reads a formula from the text of a file: by its name TOML or JSON.
    ///
    /// # Errors
    ///
    /// Where the text isn't of that form, or something in it isn't what it should be. What only makes no sense,
    /// [`Self::check`] finds.
    pub fn parse(file: &Path, text: &str) -> Result<Self, FormulaError> {
        let json = file.extension().is_some_and(|extension| extension == "json");
        parse::parse(file, text, json)
            .map_err(|problem| FormulaError { file: file.to_owned(), problem })
    }

    /// The step of this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// The variable of this name.
    pub fn var(&self, name: &str) -> Option<&Var> {
        self.vars.iter().find(|var| var.name == name)
    }

    /// This formula with the variables and steps of those it extends before its own. A variable of its own takes the place of
    /// theirs, and so does a step.
    pub(crate) fn extending(mut self, parents: Vec<Self>) -> Self {
        let own_vars = std::mem::take(&mut self.vars);
        let own_steps = std::mem::take(&mut self.steps);
        let mut notes = Vec::new();
        for parent in parents {
            if self.description.is_empty() {
                self.description = parent.description;
            }
            notes.extend(parent.notes);
            for var in parent.vars {
                if self.var(&var.name).is_none() {
                    self.vars.push(var);
                }
            }
            let offset = self.steps.len();
            self.steps.extend(parent.steps.into_iter().map(|step| moved(step, offset)));
        }
        for var in own_vars {
            match self.vars.iter_mut().find(|other| other.name == var.name) {
                Some(other) => *other = var,
                None => self.vars.push(var),
            }
        }
        let inherited = self.steps.len();
        let mut places = Vec::new();
        for step in own_steps {
            let parent = step.parent.map(|parent| places[parent]);
            let step = Step { parent, ..step };
            match self.steps[..inherited].iter().position(|other| other.id == step.id) {
                Some(place) => {
                    let parent = step.parent.or(self.steps[place].parent);
                    self.steps[place] = Step { parent, ..step };
                    places.push(place);
                }
                None => {
                    places.push(self.steps.len());
                    self.steps.push(step);
                }
            }
        }
        notes.append(&mut self.notes);
        self.notes = notes;
        self
    }
}

fn moved(step: Step, by: usize) -> Step {
    Step { parent: step.parent.map(|parent| parent + by), ..step }
}

#[cfg(test)]
mod tests;
