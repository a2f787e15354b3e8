//! `tow mol pour` and `tow mol wisp`: making the issues of a formula.

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde::Serialize;
use towline_ledger::Ledgers;
use towline_ledger::formula::Poured;
use towline_ledger::molecule::{self, Made, PourOptions};

use crate::commands::formula::{formulas, load, pour_error, variables};
use crate::context::Context;
use crate::error::CommandError;
use crate::issue::{assignee, of_rig};
use crate::output::{self, one_line};

/// The end of the help of `pour`.
pub(crate) const POUR: &str = "Examples:
  tow mol pour release --var version=2.0
  tow mol pour release --var version=2.0 --dry-run
  tow mol pour mol-polecat-work --var issue=gt-xyz --json";

/// The end of the help of `wisp`.
pub(crate) const WISP: &str = "Examples:
  tow mol wisp mol-witness-patrol
  tow mol squash gt-abc              it is over: one line tells of it";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The formula's name, or its file
    #[arg(value_name = "FORMULA")]
    formula: String,

    /// A value for a variable of the formula; may be given several times
    #[arg(long = "var", value_name = "NAME=VALUE")]
    vars: Vec<String>,

    /// Who has the root
    #[arg(short, long, value_name = "WHO")]
    assignee: Option<String>,

    /// Make the root a child of this issue
    #[arg(long, value_name = "ID")]
    parent: Option<String>,

    /// Make them in the ledger of this rig
    #[arg(long, value_name = "RIG", conflicts_with = "parent")]
    rig: Option<String>,

    /// The root's title
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,

    /// Only say what would be made
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// Print what was made as JSON
    #[arg(long)]
    json: bool,
}

/// What was made, in the words of beads and a few of ours.
#[derive(Debug, Serialize)]
struct PouredJson<'a> {
    new_epic_id: &'a str,
    root_title: &'a str,
    formula: &'a str,
    /// The ids by what the formula calls the steps; the root's by the formula's name.
    id_mapping: BTreeMap<&'a str, &'a str>,
    /// How many issues were made.
    created: usize,
    /// liquid, or vapor for a wisp.
    phase: &'static str,
    steps: Vec<StepJson<'a>>,
}

#[derive(Debug, Serialize)]
struct StepJson<'a> {
    step: &'a str,
    id: &'a str,
    title: &'a str,
}

/// What would be made.
#[derive(Debug, Serialize)]
struct PlanJson<'a> {
    dry_run: bool,
    formula: &'a str,
    root_title: &'a str,
    phase: &'static str,
    steps: Vec<PlannedJson<'a>>,
}

#[derive(Debug, Serialize)]
struct PlannedJson<'a> {
    step: &'a str,
    title: &'a str,
    issue_type: &'a str,
    needs: &'a [String],
}

/// Runs the verb.
pub(crate) fn run(
    context: &Context,
    ledgers: &Ledgers,
    args: &Args,
    wisp: bool,
) -> Result<ExitCode, CommandError> {
    let plan = plan(context, ledgers, &args.formula, &args.vars)?;
    if args.dry_run {
        match args.json {
            true => output::json(&planned(&plan, wisp))?,
            false => output::print(plan_in_words(&plan, wisp))?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    if plan.vapor && !wisp {
        let name = one_line(&plan.formula);
        context.say(format_args!("note: {name} is meant to leave no trace: tow mol wisp {name}"));
    }
    let (ledger, parent) = match &args.parent {
        Some(parent) => {
            let found = ledgers.locate(parent)?;
            (found.ledger, Some(found.id))
        }
        None => (of_rig(ledgers, args.rig.as_deref())?, None),
    };
    let options = PourOptions {
        wisp,
        assignee: args
            .assignee
            .as_ref()
            .map(|who| assignee::written(ledgers, who))
            .unwrap_or_default(),
        parent,
        title: args.title.clone(),
        ..PourOptions::default()
    };
    let made = ledger.change(&ledgers.actor(), |change| molecule::pour(change, &plan, &options))?;
    match args.json {
        true => output::json(&json(&made))?,
        false => output::print(in_words(&made))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The plan of a formula's issues, with the values of `--var`.
///
/// # Errors
/// Where there is no such formula, it can't be read, or a value is missing or wrong.
pub(crate) fn plan(
    context: &Context,
    ledgers: &Ledgers,
    formula: &str,
    vars: &[String],
) -> Result<Poured, CommandError> {
    let vars = variables(vars)?;
    let (formula, _) = load(&formulas(context, ledgers), formula)?;
    formula.pour(&vars).map_err(pour_error)
}

fn phase(wisp: bool) -> &'static str {
    if wisp { "vapor" } else { "liquid" }
}

fn json(made: &Made) -> PouredJson<'_> {
    let steps = made.steps.iter();
    let mut id_mapping: BTreeMap<&str, &str> =
        steps.clone().map(|step| (step.step.as_str(), step.id.as_str())).collect();
    id_mapping.insert(&made.formula, &made.root);
    PouredJson {
        new_epic_id: &made.root,
        root_title: &made.title,
        formula: &made.formula,
        id_mapping,
        created: made.steps.len() + 1,
        phase: phase(made.wisp),
        steps: steps
            .map(|step| StepJson { step: &step.step, id: &step.id, title: &step.title })
            .collect(),
    }
}

fn in_words(made: &Made) -> String {
    let count = made.steps.len() + 1;
    let (what, phase) = match made.wisp {
        true => ("Created wisp", "vapor (leaves no trace when it is over)"),
        false => ("Poured mol", "liquid (persistent in .beads/)"),
    };
    let mut text = format!("✓ {what}: created {count} issues\n");
    text += &format!("  Root issue: {}\n  Phase: {phase}\n\n", made.root);
    for step in &made.steps {
        let gate = if step.gate { " (gate)" } else { "" };
        text += &format!("  {}: {}{gate}\n", step.id, one_line(&step.title));
    }
    text
}

fn planned(plan: &Poured, wisp: bool) -> PlanJson<'_> {
    PlanJson {
        dry_run: true,
        formula: &plan.formula,
        root_title: &plan.title,
        phase: phase(wisp),
        steps: plan
            .steps
            .iter()
            .map(|step| PlannedJson {
                step: &step.id,
                title: &step.title,
                issue_type: &step.issue_type,
                needs: &step.needs,
            })
            .collect(),
    }
}

fn plan_in_words(plan: &Poured, wisp: bool) -> String {
    let what = if wisp { "create a wisp of" } else { "pour" };
    let count = plan.steps.len() + 1;
    let mut text = format!("Would {what} {count} issues from {}\n\n", one_line(&plan.formula));
    text += &format!("  {}\n", one_line(&plan.title));
    for step in &plan.steps {
        let needs = match step.needs.is_empty() {
            true => String::new(),
            false => format!("  [needs {}]", step.needs.join(", ")),
        };
        let kind = if step.issue_type == "task" { "" } else { &step.issue_type };
        let kind = if kind.is_empty() { String::new() } else { format!(" ({kind})") };
        text += &format!("  - {}: {}{kind}{needs}\n", step.id, one_line(&step.title));
    }
    text
}
