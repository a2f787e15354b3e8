//! What makes no sense in a formula.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::condition::Condition;
use super::parse::{error, warning};
use super::text::variables;
use super::{Formula, Kind, Problem, Severity, Step, Var};
use crate::words::{did_you_mean, nearest};

impl Formula {
    /// What is wrong with it: errors, with which it isn't poured, and warnings, in the order of lines.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = self.notes.clone();
        if let Kind::Other(kind) = &self.kind {
            problems.push(warning(
                None,
                None,
                format!("a formula of type {kind} isn't poured; only a workflow is"),
            ));
        } else if self.steps.is_empty() {
            problems.push(error(None, None, "it has no steps".into()));
        }
        self.vars.iter().for_each(|var| check_var(var, &mut problems));
        let places = self.places(&mut problems);
        for step in &self.steps {
            self.check_step(step, &places, &mut problems);
        }
        problems.extend(self.cycle(&places));
        problems.sort_by_key(|problem| (problem.line, std::cmp::Reverse(problem.severity)));
        problems
    }

    /// The first thing that stands in the way of pouring.
    pub(super) fn error(&self) -> Option<Problem> {
        self.check().into_iter().find(|problem| problem.severity == Severity::Error)
    }

    /// The steps' places by their ids; ids that come twice are told.
    fn places<'a>(&'a self, problems: &mut Vec<Problem>) -> BTreeMap<&'a str, usize> {
        let mut places = BTreeMap::new();
        for (place, step) in self.steps.iter().enumerate() {
            match places.get(step.id.as_str()) {
                None => {
                    places.insert(step.id.as_str(), place);
                }
                Some(first) => {
                    let first: &Step = &self.steps[*first];
                    let there = first.line.map(|line| format!(", in line {line}"));
                    problems.push(error(
                        step.line,
                        Some(&step.id),
                        format!("there is a step of this id already{}", there.unwrap_or_default()),
                    ));
                }
            }
        }
        places
    }

    fn check_step(&self, step: &Step, places: &BTreeMap<&str, usize>, problems: &mut Vec<Problem>) {
        let mut tell = |problem: fn(Option<usize>, Option<&str>, String) -> Problem, text| {
            problems.push(problem(step.line, Some(&step.id), text));
        };
        if step.title.trim().is_empty() {
            tell(error, "it has no title".into());
        }
        for need in &step.needs {
            match places.get(need.as_str()) {
                None => {
                    let meant = did_you_mean(nearest(need, places.keys().copied()));
                    tell(error, format!("it needs {need}, which is no step{meant}"));
                }
                Some(place) if self.ancestors(step).any(|ancestor| ancestor == *place) => {
                    tell(error, format!("it needs {need}, which it is within"));
                }
                Some(_) => {}
            }
        }
        match Condition::parse(&step.condition) {
            None => tell(
                error,
                format!(
                    "its condition is {:?}; use {{{{x}}}}, !{{{{x}}}}, {{{{x}}}} == value or {{{{x}}}} != value",
                    step.condition
                ),
            ),
            Some(condition) => {
                if let Some(name) = condition.variable().filter(|name| self.var(name).is_none()) {
                    let meant = did_you_mean(self.nearest_var(name));
                    tell(
                        error,
                        format!("its condition asks for {name}, which is no variable{meant}"),
                    );
                }
            }
        }
        let mut told = BTreeSet::new();
        for (field, name) in step.variables().filter(|(_, name)| self.var(name).is_none()) {
            if told.insert(name) {
                let meant = did_you_mean(self.nearest_var(name));
                let text =
                    format!("{{{{{name}}}}} in its {field} is no variable of the formula{meant}");
                tell(warning, text);
            }
        }
    }

    /// The variable whose name is nearest, where one is near.
    pub(super) fn nearest_var(&self, name: &str) -> Option<&str> {
        nearest(name, self.vars.iter().map(|var| var.name.as_str()))
    }

    /// The steps that a step is within, from the nearest.
    pub(super) fn ancestors(&self, step: &Step) -> impl Iterator<Item = usize> {
        // Steps come after those they are within, so this ends.
        std::iter::successors(step.parent, |parent| self.steps[*parent].parent)
    }

    /// A circle of steps that wait for each other, told once, at its first step. A step within another waits for what that one
    /// needs.
    fn cycle(&self, places: &BTreeMap<&str, usize>) -> Option<Problem> {
        let needs = |step: &Step| -> Vec<usize> {
            step.needs.iter().filter_map(|need| places.get(need.as_str())).copied().collect()
        };
        let waits: Vec<Vec<usize>> = self
            .steps
            .iter()
            .map(|step| needs(step).into_iter().chain(step.parent).collect())
            .collect();
        let circle = circle(&waits)?;
        let first = &self.steps[circle[0]];
        let mut text = format!("steps wait for each other: {}", first.id);
        for (place, step) in circle.iter().enumerate() {
            let next = circle[(place + 1) % circle.len()];
            let how = if needs(&self.steps[*step]).contains(&next) { "needs" } else { "is within" };
            text.push_str(&format!(" {how} {}", self.steps[next].id));
        }
        Some(error(first.line, Some(&first.id), text))
    }
}

/// The first circle in a graph, from its lowest node on, following the edges.
fn circle(edges: &[Vec<usize>]) -> Option<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        No,
        OnTheWay,
        Done,
    }
    let mut seen = vec![Seen::No; edges.len()];
    for start in 0..edges.len() {
        // The way from the start to here: each node, and which of its edges comes next.
        let mut way: Vec<(usize, usize)> = Vec::new();
        if seen[start] == Seen::No {
            seen[start] = Seen::OnTheWay;
            way.push((start, 0));
        }
        while let Some((node, next)) = way.last_mut() {
            let Some(to) = edges[*node].get(*next).copied() else {
                seen[*node] = Seen::Done;
                way.pop();
                continue;
            };
            *next += 1;
            match seen[to] {
                Seen::Done => {}
                Seen::No => {
                    seen[to] = Seen::OnTheWay;
                    way.push((to, 0));
                }
                Seen::OnTheWay => {
                    let from = way.iter().position(|(node, _)| *node == to).unwrap_or(0);
                    let mut circle: Vec<usize> =
                        way[from..].iter().map(|(node, _)| *node).collect();
                    let lowest = circle.iter().enumerate().min_by_key(|(_, node)| **node);
                    let lowest = lowest.map_or(0, |(place, _)| place);
                    circle.rotate_left(lowest);
                    return Some(circle);
                }
            }
        }
    }
    None
}

fn check_var(var: &Var, problems: &mut Vec<Problem>) {
    let name = &var.name;
    if let Some(pattern) = &var.pattern
        && let Err(wrong) = Regex::new(pattern)
    {
        let wrong = wrong.to_string();
        let wrong =
            wrong.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        problems.push(error(
            var.line,
            None,
            format!("the pattern of the variable {name} can't be read: {wrong}"),
        ));
    } else if let Some(default) = &var.default
        && let Err(why) = var.allows(default)
    {
        problems.push(error(
            var.line,
            None,
            format!("the default of the variable {name} is none of its values: {why}"),
        ));
    }
    if var.required && var.default.is_some() {
        problems.push(warning(
            var.line,
            None,
            format!("the variable {name} is required, but has a default"),
        ));
    }
}

impl Var {
    /// Whether it may have this value; an empty one always.
    ///
    /// # Errors
    ///
    /// Why not, in words.
    pub(super) fn allows(&self, value: &str) -> Result<(), String> {
        if value.is_empty() {
            return Ok(());
        }
        if !self.choices.is_empty() && !self.choices.iter().any(|choice| choice == value) {
            return Err(format!("{value:?} is not one of {}", self.choices.join(", ")));
        }
        let fits = match self.kind.as_str() {
            "int" => value.parse::<i64>().is_ok(),
            "bool" => matches!(value, "true" | "false"),
            _ => true,
        };
        if !fits {
            let kind = if self.kind == "int" { "a whole number" } else { "true or false" };
            return Err(format!("{value:?} is not {kind}"));
        }
        if let Some(pattern) = &self.pattern
            && let Ok(regex) = Regex::new(pattern)
            && !regex.is_match(value)
        {
            return Err(format!("{value:?} does not match {pattern}"));
        }
        Ok(())
    }
}

impl Step {
    /// The variables in its texts but its condition, each with the name of the field.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let texts = [
            ("title", &self.title),
            ("description", &self.description),
            ("notes", &self.notes),
            ("acceptance", &self.acceptance),
            ("assignee", &self.assignee),
            ("await_id", &self.await_id),
        ];
        let labels = self.labels.iter().map(|label| ("labels", label));
        texts
            .into_iter()
            .chain(labels)
            .flat_map(|(field, text)| variables(text).map(move |name| (field, name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found() {
        for (edges, expected) in [
            (vec![], None),
            (vec![vec![], vec![0], vec![0, 1]], None),
            (vec![vec![0]], Some(vec![0])),
            (vec![vec![], vec![2], vec![1]], Some(vec![1, 2])),
            (vec![vec![1], vec![3], vec![1], vec![2]], Some(vec![1, 3, 2])),
        ] {
            assert_eq!(circle(&edges), expected, "{edges:?}");
        }
    }
}
