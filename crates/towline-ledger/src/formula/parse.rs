//! A formula from what its file says.

use std::path::Path;

use super::node::{self, Node, Value};
use super::{Formula, Kind, Problem, Severity, Step, Var};
use crate::words::{did_you_mean, nearest};

/// Keys of a formula that change which steps there are, and that aren't carried out here.
const BEYOND: [&str; 9] = [
    "template",
    "advice",
    "pointcuts",
    "legs",
    "synthesis",
    "aspects",
    "inputs",
    "prompts",
    "compose",
];
/// Those of a step.
const BEYOND_STEP: [&str; 3] = ["loop", "expand", "expand_vars"];
/// Keys that other tools read and that change nothing here.
const PASSED_OVER: [&str; 6] =
    ["execution", "output", "requires_skills", "runbooks", "source", "squash"];
/// Those of a step.
const PASSED_OVER_STEP: [&str; 5] =
    ["output", "parallel", "on_complete", "requires_skills", "decision"];

type Result<T> = std::result::Result<T, Problem>;

/// Reads a formula.
pub(super) fn parse(file: &Path, text: &str, json: bool) -> Result<Formula> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root = if json { node::json(text) } else { node::toml(text) };
    let root = root.map_err(|(line, text)| error(line, None, text))?;
    let mut table = Table::of(&root, None, "the file")?;
    let mut notes = Vec::new();

    let stem = file.file_name().unwrap_or_default().to_string_lossy();
    let stem = stem
        .strip_suffix(".formula.toml")
        .or_else(|| stem.strip_suffix(".formula.json"))
        .unwrap_or(&stem);
    let name = table.text("formula")?;
    let note = |line, text: String| warning(line, None, text);
    if name.is_empty() {
        notes.push(note(None, format!("it has no name; add formula = {stem:?}")));
    } else if name != stem {
        notes.push(note(
            table.line("formula"),
            format!("it is called {name}, but its file is found as {stem}"),
        ));
    }

    let vars = match table.take("vars") {
        Some(node) => Table::of(node, None, "vars")?.entries(),
        None => Vec::new(),
    };
    let vars = vars
        .into_iter()
        .map(|(name, node)| var(name, node, &mut notes))
        .collect::<Result<Vec<Var>>>()?;

    let mut steps = Vec::new();
    for (index, node) in table.list("steps")?.iter().enumerate() {
        step(node, &format!("step number {}", index + 1), None, &mut steps, &mut notes)?;
    }

    let kind = match table.text("type")?.as_str() {
        "" | "workflow" => Kind::Workflow,
        other => Kind::Other(other.to_owned()),
    };
    for key in BEYOND {
        // Bond points and hooks say where others may attach, and change nothing by themselves.
        let harmless = key == "compose"
            && table.peek(key).is_some_and(|node| match &node.value {
                Value::Table(entries) => {
                    entries.iter().all(|(key, _)| key == "bond_points" || key == "hooks")
                }
                _ => false,
            });
        let (line, there) = (table.line(key), table.take(key).is_some());
        if there && kind == Kind::Workflow {
            let text = format!("{key} is not carried out here");
            let severity = if harmless { Severity::Warning } else { Severity::Error };
            notes.push(Problem { severity, line, step: None, text });
        }
    }
    let formula = Formula {
        name: if name.is_empty() { stem.to_owned() } else { name },
        description: table.text("description")?,
        version: table.integer("version")?.unwrap_or(1),
        kind,
        vapor: table.text("phase")? == "vapor",
        extends: table.texts("extends")?,
        vars,
        steps,
        file: file.to_owned(),
        notes: Vec::new(),
    };
    table.rest(&PASSED_OVER, &mut notes);
    Ok(Formula { notes, ..formula })
}

/// A variable: a table, or a text that is its default.
fn var(name: &str, node: &Node, notes: &mut Vec<Problem>) -> Result<Var> {
    if !super::text::is_name(name) {
        let text = format!(
            "{name:?} can't be a variable: letters, digits and _ are, and no word of templates"
        );
        return Err(error(node.line, None, text));
    }
    let mut var = Var { name: name.to_owned(), line: node.line, ..Var::default() };
    let what = format!("vars.{name}");
    if !matches!(node.value, Value::Table(_)) {
        var.default = Some(plain(node, None, &what)?);
        return Ok(var);
    }
    let mut table = Table::of(node, None, &what)?;
    var.description = table.text("description")?;
    var.default = table.take("default").map(|node| plain(node, None, &what)).transpose()?;
    var.required = table.boolean("required")?;
    let choices = table.list("enum")?;
    var.choices =
        choices.iter().map(|node| plain(node, None, &what)).collect::<Result<Vec<String>>>()?;
    var.pattern = Some(table.text("pattern")?).filter(|pattern| !pattern.is_empty());
    var.kind = table.text("type")?;
    table.rest(&[], notes);
    Ok(var)
}

/// A step and those within it, put after those that are there.
fn step(
    node: &Node,
    what: &str,
    parent: Option<usize>,
    steps: &mut Vec<Step>,
    notes: &mut Vec<Problem>,
) -> Result<()> {
    let mut table = Table::of(node, None, what)?;
    let id = table.text("id")?;
    if id.is_empty() {
        return Err(error(node.line, None, format!("{what} has no id")));
    }
    table.step = Some(id.clone());
    let mut needs = table.texts("needs")?;
    for need in table.texts("depends_on")? {
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    let priority = match table.integer("priority")? {
        None => None,
        Some(priority @ 0..=4) => u8::try_from(priority).ok(),
        Some(other) => {
            let text = format!("priority is {other}, and goes from 0 (urgent) to 4");
            return Err(error(node.line, Some(&id), text));
        }
    };
    let mut labels = table.texts("labels")?;
    let waits_for = table.text("waits_for")?;
    if !waits_for.is_empty() {
        labels.push(format!("gate:{waits_for}"));
    }
    let mut made = Step {
        title: table.text("title")?,
        description: table.text("description")?,
        notes: table.text("notes")?,
        acceptance: table.text("acceptance")?,
        needs,
        condition: table.text("condition")?,
        await_type: table.text("await")?,
        await_id: table.text("await_id")?,
        timeout: table.text("timeout")?,
        issue_type: table.text("type")?,
        labels,
        priority,
        assignee: table.text("assignee")?,
        parent,
        line: node.line,
        id,
    };
    // As beads writes a gate: it stands before a step that is work, rather than being one.
    if let Some(node) = table.take("gate") {
        if made.issue_type.is_empty() {
            made.issue_type = "task".into();
        }
        let mut gate = Table::of(node, table.step.as_deref(), "gate")?;
        made.await_type = gate.text("type")?;
        made.await_id = gate.text("id")?;
        made.timeout = gate.text("timeout")?;
        gate.rest(&[], notes);
    }
    for key in BEYOND_STEP {
        let line = table.line(key);
        if table.take(key).is_some() {
            notes.push(error(line, Some(&made.id), format!("{key} is not carried out here")));
        }
    }
    let children = table.list("children")?;
    table.rest(&PASSED_OVER_STEP, notes);
    let (own, id) = (steps.len(), made.id.clone());
    steps.push(made);
    for (index, child) in children.iter().enumerate() {
        let what = format!("step number {} within {id}", index + 1);
        step(child, &what, Some(own), steps, notes)?;
    }
    Ok(())
}

/// A table that is being read: what is taken is known, what is left is not.
struct Table<'a> {
    line: Option<usize>,
    step: Option<String>,
    what: String,
    entries: Vec<(&'a str, &'a Node)>,
    /// The keys that were asked for.
    known: Vec<&'static str>,
}

impl<'a> Table<'a> {
    fn of(node: &'a Node, step: Option<&str>, what: &str) -> Result<Self> {
        let Value::Table(entries) = &node.value else {
            return Err(error(node.line, step, format!("{what} is not a table")));
        };
        Ok(Self {
            line: node.line,
            step: step.map(str::to_owned),
            what: what.to_owned(),
            entries: entries.iter().map(|(key, node)| (key.as_str(), node)).collect(),
            known: Vec::new(),
        })
    }

    fn entries(self) -> Vec<(&'a str, &'a Node)> {
        self.entries
    }

    fn peek(&self, key: &str) -> Option<&'a Node> {
        self.entries.iter().find(|(name, _)| *name == key).map(|(_, node)| *node)
    }

    fn line(&self, key: &str) -> Option<usize> {
        self.peek(key).map_or(self.line, |node| node.line)
    }

    fn take(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        let place = self.entries.iter().position(|(name, _)| *name == key)?;
        Some(self.entries.remove(place).1)
    }

    fn wrong(&self, node: &Node, key: &str, expected: &str) -> Problem {
        error(node.line, self.step.as_deref(), format!("{key} is not {expected}"))
    }

    /// A text; empty where there is none.
    fn text(&mut self, key: &'static str) -> Result<String> {
        match self.take(key) {
            None => Ok(String::new()),
            Some(Node { value: Value::Text(text), .. }) => Ok(text.clone()),
            Some(node) => Err(self.wrong(node, key, "a text")),
        }
    }

    fn boolean(&mut self, key: &'static str) -> Result<bool> {
        match self.take(key) {
            None => Ok(false),
            Some(Node { value: Value::Bool(value), .. }) => Ok(*value),
            Some(node) => Err(self.wrong(node, key, "true or false")),
        }
    }

    fn integer(&mut self, key: &'static str) -> Result<Option<i64>> {
        match self.take(key) {
            None => Ok(None),
            Some(Node { value: Value::Integer(value), .. }) => Ok(Some(*value)),
            Some(node) => Err(self.wrong(node, key, "a number")),
        }
    }

    /// A list; empty where there is none.
    fn list(&mut self, key: &'static str) -> Result<&'a [Node]> {
        match self.take(key) {
            None => Ok(&[]),
            Some(Node { value: Value::List(list), .. }) => Ok(list),
            Some(node) => Err(self.wrong(node, key, "a list")),
        }
    }

    /// A list of texts, or one text.
    fn texts(&mut self, key: &'static str) -> Result<Vec<String>> {
        let Some(node) = self.take(key) else { return Ok(Vec::new()) };
        match &node.value {
            Value::Text(text) => Ok(vec![text.clone()]),
            Value::List(list) => list
                .iter()
                .map(|item| match &item.value {
                    Value::Text(text) => Ok(text.clone()),
                    _ => Err(self.wrong(item, key, "a list of texts")),
                })
                .collect(),
            _ => Err(self.wrong(node, key, "a list of texts")),
        }
    }

    /// Tells of the keys that nobody asked for.
    fn rest(self, passed_over: &[&str], notes: &mut Vec<Problem>) {
        for (key, node) in &self.entries {
            if passed_over.contains(key) {
                continue;
            }
            let meant = did_you_mean(nearest(key, self.known.iter().copied()));
            let place = match self.step {
                Some(_) => String::new(),
                None => format!(" in {}", self.what),
            };
            let text = format!("unknown key {key}{place}{meant}");
            notes.push(warning(node.line, self.step.as_deref(), text));
        }
    }
}

/// A value that stands for a text: a text, a number, true or false.
fn plain(node: &Node, step: Option<&str>, what: &str) -> Result<String> {
    match &node.value {
        Value::Text(text) | Value::Other(text) => Ok(text.clone()),
        Value::Integer(integer) => Ok(integer.to_string()),
        Value::Bool(boolean) => Ok(boolean.to_string()),
        Value::List(_) | Value::Table(_) => {
            Err(error(node.line, step, format!("a value of {what} is not a text")))
        }
    }
}

/// A problem that stands in the way.
pub(super) fn error(line: Option<usize>, step: Option<&str>, text: String) -> Problem {
    Problem { severity: Severity::Error, line, step: step.map(str::to_owned), text }
}

/// A problem that is passed over.
pub(super) fn warning(line: Option<usize>, step: Option<&str>, text: String) -> Problem {
    Problem { severity: Severity::Warning, line, step: step.map(str::to_owned), text }
}
