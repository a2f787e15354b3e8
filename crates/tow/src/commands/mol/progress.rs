//! `tow mol progress`: how far a molecule is.

use std::process::ExitCode;

use towline_ledger::molecule::Progress;
use towline_ledger::ready::Graph;
use towline_ledger::{Ledgers, Lookup};

use crate::error::CommandError;
use crate::output::{self, one_line};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow mol progress gt-abc
  tow mol progress gt-abc --json";

/// How wide the bar is, in columns, as Gas Town draws it.
const BAR: usize = 20;

/// Steps that can be begun are named where there are no more than these.
const NAMED: usize = 3;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The molecule's root
    #[arg(value_name = "ROOT")]
    root: String,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub(crate) fn run(ledgers: &Ledgers, args: &Args) -> Result<ExitCode, CommandError> {
    let (opened, id) = Lookup::new(ledgers).locate(&args.root)?;
    let graph = Graph::of(&opened.issues);
    let Some(progress) = Progress::of(&graph, &id) else {
        return Err(CommandError::failed(format!("{id} has no steps: it is no molecule"))
            .hint("tow mol list"));
    };
    if args.json {
        output::json(&progress)?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(format!("🧬 Molecule Progress: {}", one_line(&progress.root_title)))?;
    output::line(format!("  Root: {id}"))?;
    for line in counts("", &progress) {
        output::line(format!("  {line}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The bar, and what it stands for.
pub(crate) fn counts(heading: &str, progress: &Progress) -> Vec<String> {
    let mut lines = vec![
        format!(
            "{heading}[{}] {}% ({}/{}{})",
            bar(progress.percent_complete),
            progress.percent_complete,
            progress.done_steps,
            progress.total_steps,
            if heading.is_empty() { "" } else { " steps" }
        ),
        format!("  Done:        {}", progress.done_steps),
        format!("  In Progress: {}", progress.in_progress_steps),
        format!("  Ready:       {}{}", progress.ready_steps.len(), named(&progress.ready_steps)),
        format!("  Blocked:     {}", progress.blocked_steps.len()),
    ];
    if !progress.gates.is_empty() {
        lines.push(format!("  Gates:       {}", progress.gates.join(", ")));
    }
    if progress.complete {
        lines.push("✓ Molecule complete!".into());
    }
    lines
}

fn named(ids: &[String]) -> String {
    match (1..=NAMED).contains(&ids.len()) {
        true => format!(" ({})", ids.join(", ")),
        false => String::new(),
    }
}

fn bar(percent: usize) -> String {
    let full = (percent * BAR / 100).min(BAR);
    format!("{}{}", "█".repeat(full), "░".repeat(BAR - full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_the_part_that_is_done() {
        for (percent, full) in [(0, 0), (4, 0), (5, 1), (25, 5), (99, 19), (100, 20), (200, 20)] {
            assert_eq!(bar(percent).chars().filter(|one| *one == '█').count(), full, "{percent}");
            assert_eq!(bar(percent).chars().count(), BAR);
        }
    }
}
