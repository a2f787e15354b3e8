//! Figures, goals, and how they are printed.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use crate::args::Scale;
use crate::field::Values;
use crate::rig::Contender;
use crate::stats::median;

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Millions of bytes per second.
    MegabytesPerSecond,
    /// Millions of bytes.
    Megabytes,
    /// Thousandths of a second.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Hundredths of one processor core.
    PercentOfCore,
    /// Thousands of bytes in a minute.
    KilobytesPerMinute,
    /// Thousandths of a second of processor time in a minute.
    MillisecondsPerMinute,
    /// How many times another figure.
    Times,
}

impl Unit {
    fn symbol(self) -> &'static str {
        match self {
            Unit::MegabytesPerSecond => "MB/s",
            Unit::Megabytes => "MB",
            Unit::Milliseconds => "ms",
            Unit::Seconds => "s",
            Unit::PercentOfCore => "% core",
            Unit::KilobytesPerMinute => "kB/min",
            Unit::MillisecondsPerMinute => "ms/min",
            Unit::Times => "×",
        }
    }
}

/// What Towline's figure has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
    /// At least so many times the other's.
    NoLessThan(f64, Contender),
    /// At most so many times the other's.
    NoMoreThan(f64, Contender),
    /// At most this, in the row's unit.
    Within(f64),
}

/// One line of the table: one thing measured, for each contender that it can be measured of.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    measure: &'static str,
    what: String,
    unit: Unit,
    values: Values,
    goal: Option<Goal>,
}

impl Row {
    /// A line without a goal.
    pub(crate) fn new(
        measure: &'static str,
        what: impl Into<String>,
        unit: Unit,
        values: Values,
    ) -> Self {
        Self { measure, what: what.into(), unit, values, goal: None }
    }

    /// The same with a goal.
    pub(crate) fn goal(self, goal: Goal) -> Self {
        Self { goal: Some(goal), ..self }
    }

    fn samples(&self, contender: Contender) -> Vec<f64> {
        self.values.iter().filter(|(of, _)| *of == contender).map(|(_, value)| *value).collect()
    }

    fn median(&self, contender: Contender) -> Option<f64> {
        median(&self.samples(contender))
    }

    /// Towline's figure over the other's.
    fn ratio(&self, other: Contender) -> Option<f64> {
        let other = self.median(other).filter(|other| *other > 0.0)?;
        Some(self.median(Contender::Towline)? / other)
    }

    /// Whether the goal was reached; `None` without a goal or without the figures.
    fn reached(&self) -> Option<bool> {
        let towline = self.median(Contender::Towline)?;
        Some(match self.goal? {
            Goal::NoLessThan(times, other) => towline >= times * self.median(other)?,
            Goal::NoMoreThan(times, other) => towline <= times * self.median(other)?,
            Goal::Within(most) => towline <= most,
        })
    }

    fn goal_text(&self) -> String {
        let times = |sign, times: f64, other: Contender| {
            if times == 1.0 {
                format!("{sign} {}", other.name())
            } else {
                format!("{sign} {times} × {}", other.name())
            }
        };
        match self.goal {
            None => String::new(),
            Some(Goal::NoLessThan(n, other)) => times("≥", n, other),
            Some(Goal::NoMoreThan(n, other)) => times("≤", n, other),
            Some(Goal::Within(most)) => {
                format!("≤ {} {}", (most * 100.0).round() / 100.0, self.unit.symbol())
            }
        }
    }

    /// The fields of a line of the table in which these stand beside Towline.
    fn cells(&self, others: &[Contender]) -> Vec<String> {
        let figure = |contender| self.median(contender).map_or("–".into(), number);
        let ratio = |other| self.ratio(other).map_or(String::new(), |ratio| format!("{ratio:.2}"));
        let reached = match (self.goal, self.reached()) {
            (None, _) => "",
            (Some(_), Some(true)) => "yes",
            (Some(_), Some(false)) => "NO",
            (Some(_), None) => "unknown",
        };
        let mut cells = vec![format!("{}, {}", self.what, self.unit.symbol())];
        cells.extend(others.iter().map(|other| figure(*other)));
        cells.push(figure(Contender::Towline));
        cells.extend(others.iter().map(|other| ratio(*other)));
        cells.extend([self.goal_text(), reached.into()]);
        cells
    }

    fn json(&self) -> Value {
        let figures: serde_json::Map<String, Value> = Contender::OTHERS
            .into_iter()
            .chain([Contender::Towline])
            .filter_map(|contender| {
                let median = self.median(contender)?;
                let key = json!(contender).as_str()?.to_owned();
                Some((key, json!({ "median": median, "samples": self.samples(contender) })))
            })
            .collect();
        json!({
            "measure": self.measure,
            "what": self.what,
            "unit": self.unit.symbol(),
            "figures": figures,
            "ratio_to_bare": self.ratio(Contender::Bare),
            "ratio_to_tmux": self.ratio(Contender::Tmux),
            "goal": self.goal.map(|_| self.goal_text()),
            "reached": self.reached(),
        })
    }
}

/// A contender that could not be measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Failure {
    pub(crate) measure: &'static str,
    pub(crate) contender: Contender,
    pub(crate) why: String,
}

/// Everything that one run found.
pub(crate) struct Report {
    pub(crate) scale: Scale,
    pub(crate) quick: bool,
    pub(crate) machine: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) failures: Vec<Failure>,
}

impl Report {
    /// The whole as one JSON document.
    pub(crate) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let document = json!({
            "machine": self.machine,
            "rounds": self.scale.rounds,
            "quick": self.quick,
            "rows": self.rows.iter().map(Row::json).collect::<Vec<_>>(),
            "failures": self.failures,
        });
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)
    }

    /// The whole as a table for people.
    pub(crate) fn write_table(&self, out: &mut impl Write) -> io::Result<()> {
        let kind = if self.quick { "quick: sizes too small to judge by" } else { "full sizes" };
        writeln!(out, "Medians of {} rounds, {kind}. {}\n", self.scale.rounds, self.machine)?;
        // Not all have a part in all measurements: a bare pseudo-terminal is on no other host.
        let measured = |other: &Contender| self.rows.iter().any(|row| row.median(*other).is_some());
        let others: Vec<Contender> = Contender::OTHERS.into_iter().filter(measured).collect();
        let mut head = vec![String::new()];
        head.extend(others.iter().map(|other| other.name().to_owned()));
        head.push(Contender::Towline.name().to_owned());
        let first_word = |other: &Contender| other.name().split(' ').next().unwrap_or_default();
        head.extend(others.iter().map(|other| format!("÷ {}", first_word(other))));
        head.extend(["goal".to_owned(), "reached".to_owned()]);
        let numbers = 1..=2 * others.len() + 1;
        let mut lines = vec![head];
        lines.extend(self.rows.iter().map(|row| row.cells(&others)));
        let widths: Vec<usize> = (0..lines[0].len())
            .map(|column| lines.iter().map(|line| width(&line[column])).max().unwrap_or(0))
            .collect();
        for line in &lines {
            let mut row = String::new();
            for (column, cell) in line.iter().enumerate() {
                let space = " ".repeat(widths[column] - width(cell));
                // Numbers to the right, words to the left.
                row += &match column {
                    0 => format!("{cell}{space}"),
                    column if numbers.contains(&column) => format!("  {space}{cell}"),
                    _ => format!("  {cell}{space}"),
                };
            }
            writeln!(out, "{}", row.trim_end())?;
        }
        if !self.failures.is_empty() {
            writeln!(out)?;
        }
        for Failure { measure, contender, why } in &self.failures {
            writeln!(out, "not measured: {measure}, {}: {why}", contender.name())?;
        }
        Ok(())
    }
}

/// Every character used here is one column wide.
fn width(cell: &str) -> usize {
    cell.chars().count()
}

/// Three figures that count.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(goal: Goal, towline: &[f64]) -> Row {
        let mut values = vec![(Contender::Bare, 100.0), (Contender::Tmux, 50.0)];
        values.extend(towline.iter().map(|value| (Contender::Towline, *value)));
        Row::new("flood", "printed", Unit::MegabytesPerSecond, values).goal(goal)
    }

    #[test]
    fn goals() {
        let at_least = Goal::NoLessThan(0.9, Contender::Bare);
        assert_eq!(row(at_least, &[80.0, 90.0, 99.0]).reached(), Some(true));
        assert_eq!(row(at_least, &[89.0]).reached(), Some(false));
        assert_eq!(row(at_least, &[]).reached(), None);
        let at_most = Goal::NoMoreThan(1.5, Contender::Tmux);
        assert_eq!(row(at_most, &[75.0]).reached(), Some(true));
        assert_eq!(row(at_most, &[76.0]).reached(), Some(false));
        assert_eq!(row(Goal::Within(1.0), &[1.5]).reached(), Some(false));
    }

    #[test]
    fn a_table_lines_up_and_names_what_failed() {
        let report = Report {
            scale: Scale { rounds: 5, ..Scale::of(&clap::Parser::parse_from(["bench"])) },
            quick: false,
            machine: "2 cores".into(),
            rows: vec![
                row(Goal::NoLessThan(0.9, Contender::Bare), &[95.0]),
                row(Goal::Within(5.0), &[]),
            ],
            failures: vec![Failure {
                measure: "flood",
                contender: Contender::Towline,
                why: "no server".into(),
            }],
        };
        let mut out = Vec::new();
        report.write_table(&mut out).unwrap();
        let expected = "\
Medians of 5 rounds, full sizes. 2 cores

               bare PTY  tmux  Towline  ÷ bare  ÷ tmux  goal              reached
printed, MB/s       100  50.0     95.0    0.95    1.90  ≥ 0.9 × bare PTY  yes
printed, MB/s       100  50.0        –                  ≤ 5 MB/s          unknown

not measured: flood, Towline: no server
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
