//! What came out of many walks, as a table for people: states by agents.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use towline_testkit::real::{self, AGENTS};

use crate::judge::{Finding, Outcome, is_quiet};
use crate::{installed, once};

/// The page that has the table, between two lines.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/agents.md");
const BEGIN: &str = "<!-- what real agents were told to do: begin -->";
const END: &str = "<!-- what real agents were told to do: end -->";

/// How often each agent is walked.
const ROUNDS: usize = 3;

/// Of a hundred delays 95 are shorter, on a machine that has time.
const SOON: Duration = Duration::from_millis(500);

/// Walks all agents, prints the table and writes it into the page.
pub(crate) fn write() {
    let Some(installed) = installed() else { return };
    let mut all = Vec::new();
    let quiet = is_quiet();
    for agent in AGENTS {
        let rounds = (0..ROUNDS).flat_map(|_| once(*agent, &installed));
        all.push((agent.kind(), rounds.collect::<Vec<Finding>>()));
    }
    let versions: Vec<String> =
        AGENTS.iter().map(|agent| format!("{} {}", agent.kind(), real::version(*agent))).collect();
    let date = jiff::Zoned::now().date();
    let load = if quiet { "" } else { " on a machine that was busy with other things" };
    let text = format!(
        "{}\n{ROUNDS} walks of each, measured on {date}{load}: {}.\n",
        markdown(&all),
        versions.join(", ")
    );
    println!("{text}");
    for (kind, findings) in &all {
        for bad in findings.iter().filter(|finding| finding.outcome != Outcome::Right) {
            println!("{kind}: {}: {:?}: {}", bad.step, bad.outcome, bad.told);
        }
    }
    let page = fs::read_to_string(PAGE).expect("the page is there");
    let (before, rest) = page.split_once(BEGIN).expect("the page has the first line");
    let (_, after) = rest.split_once(END).expect("the page has the last line");
    let page = format!("{before}{BEGIN}\n{text}{END}{after}");
    fs::write(PAGE, page).expect("the page can be written");
    for (kind, findings) in all.iter().filter(|_| quiet && is_quiet()) {
        let all: Vec<&Finding> = findings.iter().collect();
        let late = percentiles(&all).filter(|(_, most)| *most > SOON);
        assert!(late.is_none(), "{kind}: late: {late:?}");
    }
}

/// The table: for each step and agent how often it was told rightly, and the delays.
pub(crate) fn markdown(all: &[(&str, Vec<Finding>)]) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for finding in all.iter().flat_map(|(_, findings)| findings) {
        if !steps.contains(&finding.step) {
            steps.push(finding.step);
        }
    }
    let kinds: String = all.iter().map(|(kind, _)| format!(" {kind} |")).collect();
    let mut text = format!("| |{kinds}\n|---|{}\n", "---|".repeat(all.len()));
    for step in steps {
        let _ = write!(text, "| {step} |");
        for (_, findings) in all {
            let found: Vec<&Finding> =
                findings.iter().filter(|finding| finding.step == step).collect();
            let _ = write!(text, " {} |", cell(&found));
        }
        text.push('\n');
    }
    text
}

fn cell(findings: &[&Finding]) -> String {
    let count = |outcome| findings.iter().filter(|finding| finding.outcome == outcome).count();
    let (wrong, unknown) = (count(Outcome::Wrong), count(Outcome::Unknown));
    if findings.is_empty() {
        return "–".into();
    }
    let mut text = format!("{}/{}", count(Outcome::Right), findings.len());
    for (count, word) in [(wrong, "wrong"), (unknown, "unknown")] {
        if count > 0 {
            let _ = write!(text, ", {count} {word}");
        }
    }
    if let Some((half, most)) = percentiles(findings) {
        let _ = write!(text, " · {}/{} ms", half.as_millis(), most.as_millis());
    }
    text
}

/// Half of the delays are no longer than the first, 95 of 100 no longer than the second.
fn percentiles(findings: &[&Finding]) -> Option<(Duration, Duration)> {
    let mut delays: Vec<Duration> = findings.iter().filter_map(|finding| finding.delay).collect();
    delays.sort_unstable();
    let last = delays.len().checked_sub(1)?;
    let at = |part: f64| delays[(last as f64 * part).round() as usize];
    Some((at(0.5), at(0.95)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_counts_and_tells_the_delays() {
        let finding = |step, outcome, delay: Option<u64>| Finding {
            step,
            delay: delay.map(Duration::from_millis),
            outcome,
            told: String::new(),
        };
        let findings = vec![
            finding("works", Outcome::Right, Some(20)),
            finding("works", Outcome::Wrong, Some(1200)),
            finding("works", Outcome::Right, Some(30)),
            finding("rests", Outcome::Right, None),
        ];
        let expected =
            "| | x |\n|---|---|\n| works | 2/3, 1 wrong · 30/1200 ms |\n| rests | 1/1 |\n";
        assert_eq!(markdown(&[("x", findings)]), expected);
    }
}
