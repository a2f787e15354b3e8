//! Saying what is wrong with formulas.

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use towline_ledger::formula::{FindError, Formula, Formulas, Severity};

use super::{find_error, is_file, load};
use crate::error::CommandError;
use crate::output;
use crate::quote::controls_escaped;

/// The end of the help of `check`.
pub(super) const CHECK: &str = "Exits with 1 where one has an error: it can't be poured.

Examples:
  tow formula check
  tow formula check release ./other.formula.toml --json";

#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// Their names or files; without any: all
    #[arg(value_name = "NAME|FILE")]
    formulas: Vec<String>,

    /// Print what is found as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// What is wrong with a formula.
#[derive(Debug, Serialize)]
struct CheckedJson {
    formula: String,
    file: String,
    ok: bool,
    problems: Vec<ProblemJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shadowed: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ProblemJson {
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    text: String,
}

impl CheckedJson {
    fn of(name: &str, formula: Result<Formula, FindError>) -> Self {
        let (file, problems) = match formula {
            Ok(formula) => (formula.file.clone(), formula.check()),
            Err(FindError::Formula(error)) => (error.file, vec![error.problem]),
            Err(error) => {
                let text = error.to_string();
                let problem = ProblemJson { severity: "error", line: None, step: None, text };
                return Self {
                    formula: name.to_owned(),
                    file: String::new(),
                    ok: false,
                    problems: vec![problem],
                    shadowed: Vec::new(),
                };
            }
        };
        let problems: Vec<ProblemJson> = problems
            .into_iter()
            .map(|problem| ProblemJson {
                severity: match problem.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                },
                line: problem.line,
                step: problem.step,
                text: problem.text,
            })
            .collect();
        Self {
            formula: name.to_owned(),
            file: file.display().to_string(),
            ok: problems.iter().all(|problem| problem.severity != "error"),
            problems,
            shadowed: Vec::new(),
        }
    }

    fn lines(&self) -> Vec<String> {
        let mark = if self.ok { "✓" } else { "✗" };
        let mut lines = vec![format!("{mark} {}", self.formula)];
        let place = |problem: &ProblemJson| match problem.line {
            Some(line) => format!("{}:{line}: ", self.file),
            None if self.file.is_empty() => String::new(),
            None => format!("{}: ", self.file),
        };
        for problem in &self.problems {
            let step =
                problem.step.as_ref().map(|step| format!("step {step}: ")).unwrap_or_default();
            let severity = problem.severity;
            lines.push(format!("  {}{severity}: {step}{}", place(problem), problem.text));
        }
        for file in &self.shadowed {
            lines.push(format!("  {file} is not used: {} comes first", self.file));
        }
        lines
    }
}

/// Says what is wrong with formulas.
pub(super) fn check(formulas: &Formulas, args: &CheckArgs) -> Result<ExitCode, CommandError> {
    let mut checked = Vec::new();
    if args.formulas.is_empty() {
        for listed in formulas.list() {
            let shadowed = listed.shadowed.iter().map(|file| file.display().to_string()).collect();
            checked.push(CheckedJson { shadowed, ..CheckedJson::of(&listed.name, listed.formula) });
        }
    }
    for text in &args.formulas {
        let formula = match is_file(text) {
            false => match formulas.find(text) {
                Err(error @ (FindError::None { .. } | FindError::Name { .. })) => {
                    return Err(find_error(error));
                }
                found => found.map(|found| found.formula),
            },
            true => of_file(formulas, text)?,
        };
        checked.push(CheckedJson::of(text, formula));
    }
    if args.json {
        output::json(&checked)?;
    } else {
        for line in checked.iter().flat_map(CheckedJson::lines) {
            output::line(controls_escaped(&line))?;
        }
    }
    let good = checked.iter().all(|one| one.ok);
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The formula in a file, or what is wrong with its text. A file that can't be read is an error.
fn of_file(formulas: &Formulas, text: &str) -> Result<Result<Formula, FindError>, CommandError> {
    let path = Path::new(text);
    let read = std::fs::read_to_string(path).map_err(|error| {
        CommandError::io(format_args!("cannot read {}", path.display()), &error)
    })?;
    match Formula::parse(path, &read) {
        Err(error) => Ok(Err(FindError::Formula(error))),
        Ok(formula) if formula.extends.is_empty() => Ok(Ok(formula)),
        Ok(_) => load(formulas, text).map(|(formula, _)| Ok(formula)),
    }
}
