//! Listing formulas, and showing one.

use std::process::ExitCode;

use serde::Serialize;
use towline_ledger::formula::{Formula, Formulas, Kind, Listed, Source};

use super::load;
use crate::context::Context;
use crate::error::CommandError;
use crate::output::{self, one_line};
use crate::quote::controls_escaped;
use crate::table::{Align, Cell, Table, terminal_width};

/// The end of the help of `list`.
pub(super) const LIST: &str = "Examples:
  tow formula list
  tow formula list --json";

/// The end of the help of `show`.
pub(super) const SHOW: &str = "Examples:
  tow formula show mol-polecat-work
  tow formula show ./release.formula.toml --json";

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Print them as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ShowArgs {
    /// Its name, or its file
    #[arg(value_name = "NAME|FILE")]
    formula: String,

    /// Print it as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// A formula in a list.
#[derive(Debug, Serialize)]
struct ListedJson {
    name: String,
    source: String,
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    steps: usize,
    vars: Vec<String>,
    /// Files of the same name that it stands before.
    shadowed: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl ListedJson {
    fn of(listed: &Listed) -> Self {
        let formula = listed.formula.as_ref().ok();
        Self {
            name: listed.name.clone(),
            source: listed.source.to_string(),
            file: listed.file.display().to_string(),
            description: formula.map(|formula| formula.description.trim().to_owned()),
            version: formula.map(|formula| formula.version),
            kind: formula.map(|formula| kind(&formula.kind).to_owned()),
            steps: formula.map_or(0, |formula| formula.steps.len()),
            vars: formula
                .map(|formula| formula.vars.iter().map(|var| var.name.clone()).collect())
                .unwrap_or_default(),
            shadowed: listed.shadowed.iter().map(|file| file.display().to_string()).collect(),
            error: listed.formula.as_ref().err().map(ToString::to_string),
        }
    }
}

fn kind(kind: &Kind) -> &str {
    match kind {
        Kind::Workflow => "workflow",
        Kind::Other(kind) => kind,
    }
}

/// Lists formulas.
pub(super) fn list(
    context: &Context,
    formulas: &Formulas,
    json: bool,
) -> Result<ExitCode, CommandError> {
    const COLUMNS: &[(&str, Align)] = &[
        ("FORMULA", Align::Left),
        ("SOURCE", Align::Left),
        ("STEPS", Align::Right),
        ("DESCRIPTION", Align::Left),
    ];
    let listed = formulas.list();
    if json {
        output::json(&listed.iter().map(ListedJson::of).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(COLUMNS);
    for one in &listed {
        let (steps, description) = match &one.formula {
            Ok(formula) => (formula.steps.len().to_string(), first_line(&formula.description)),
            Err(error) => ("-".into(), format!("! {error}")),
        };
        let source = one.source.to_string();
        table.row([&one.name, &source, &steps, &description].map(Cell::plain).into());
    }
    for line in table.lines(terminal_width(), context.colors()) {
        output::line(line)?;
    }
    for one in &listed {
        for hidden in &one.shadowed {
            context.say(format_args!(
                "note: {} is not used: {} comes first",
                hidden.display(),
                match one.source {
                    Source::BuiltIn => "the built-in one".to_owned(),
                    _ => one.file.display().to_string(),
                }
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn first_line(text: &str) -> String {
    text.trim().lines().next().unwrap_or_default().to_owned()
}

/// A formula as JSON.
#[derive(Debug, Serialize)]
struct FormulaJson<'a> {
    formula: &'a str,
    description: &'a str,
    version: i64,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    file: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    extends: &'a [String],
    vars: Vec<VarJson<'a>>,
    steps: Vec<StepJson<'a>>,
}

#[derive(Debug, Serialize)]
struct VarJson<'a> {
    name: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'a str>,
    required: bool,
    #[serde(rename = "enum", skip_serializing_if = "<[String]>::is_empty")]
    choices: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct StepJson<'a> {
    id: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    needs: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    condition: &'a str,
    #[serde(rename = "await", skip_serializing_if = "str::is_empty")]
    await_type: &'a str,
    #[serde(rename = "type", skip_serializing_if = "str::is_empty")]
    issue_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a str>,
}

/// Shows a formula.
pub(super) fn show(formulas: &Formulas, args: &ShowArgs) -> Result<ExitCode, CommandError> {
    let (formula, source) = load(formulas, &args.formula)?;
    if args.json {
        let document = FormulaJson {
            formula: &formula.name,
            description: &formula.description,
            version: formula.version,
            kind: kind(&formula.kind),
            source: source.map(|source| source.to_string()),
            file: formula.file.display().to_string(),
            extends: &formula.extends,
            vars: formula
                .vars
                .iter()
                .map(|var| VarJson {
                    name: &var.name,
                    description: &var.description,
                    default: var.default.as_deref(),
                    required: var.required,
                    choices: &var.choices,
                    pattern: var.pattern.as_deref(),
                })
                .collect(),
            steps: formula
                .steps
                .iter()
                .map(|step| StepJson {
                    id: &step.id,
                    title: &step.title,
                    description: &step.description,
                    needs: &step.needs,
                    condition: &step.condition,
                    await_type: &step.await_type,
                    issue_type: &step.issue_type,
                    parent: step.parent.map(|parent| formula.steps[parent].id.as_str()),
                })
                .collect(),
        };
        output::json(&document)?;
        return Ok(ExitCode::SUCCESS);
    }
    output::print(in_words(&formula, source))?;
    Ok(ExitCode::SUCCESS)
}

/// A formula for people.
fn in_words(formula: &Formula, source: Option<Source>) -> String {
    let mut text = String::new();
    let mut line = |one: String| {
        text.push_str(&one);
        text.push('\n');
    };
    let from = match source {
        Some(Source::BuiltIn) => "built in".to_owned(),
        Some(source) => format!("{source}, {}", formula.file.display()),
        None => formula.file.display().to_string(),
    };
    line(format!("{}  ({})", one_line(&formula.name), one_line(&from)));
    for one in formula.description.trim().lines() {
        line(format!("  {}", controls_escaped(one)));
    }
    if !formula.vars.is_empty() {
        line("\nVariables:".into());
    }
    for var in &formula.vars {
        let mut facts = Vec::new();
        match &var.default {
            Some(default) => facts.push(format!("default {default:?}")),
            None if var.required => facts.push("required".into()),
            None => {}
        }
        if !var.choices.is_empty() {
            facts.push(format!("one of {}", var.choices.join(", ")));
        }
        facts.extend(var.pattern.iter().map(|pattern| format!("matches {pattern}")));
        let facts =
            if facts.is_empty() { String::new() } else { format!("  ({})", facts.join("; ")) };
        line(one_line(&format!("  {}  {}{facts}", var.name, var.description.trim())));
    }
    line("\nSteps:".into());
    for (number, step) in formula.steps.iter().enumerate() {
        let deep =
            std::iter::successors(step.parent, |parent| formula.steps[*parent].parent).count();
        let mut facts = Vec::new();
        if !step.needs.is_empty() {
            facts.push(format!("needs {}", step.needs.join(", ")));
        }
        if !step.await_type.is_empty() {
            facts.push(format!("waits for {}", step.await_type));
        }
        if !step.condition.is_empty() {
            facts.push(format!("if {}", step.condition));
        }
        let facts =
            if facts.is_empty() { String::new() } else { format!("  [{}]", facts.join("; ")) };
        let indent = "  ".repeat(deep);
        line(one_line(&format!("  {indent}{}. {}: {}{facts}", number + 1, step.id, step.title)));
    }
    text
}
