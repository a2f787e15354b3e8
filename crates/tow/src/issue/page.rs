//! All of an issue, for a person to read.

use anstyle::Style;
use towline_ledger::{Issue, Lookup, Opened};

use super::json::{find, linked_to};
use super::line::{self, Look};
use crate::quote::controls_escaped;
use crate::table::folded;
use crate::time;

/// The texts of an issue, with their headings as beads has them.
const TEXTS: [(&str, &str); 4] = [
    ("DESCRIPTION", "description"),
    ("DESIGN", "design"),
    ("NOTES", "notes"),
    ("ACCEPTANCE CRITERIA", "acceptance_criteria"),
];

/// The page of an issue. Every line ends with a line end.
pub(crate) fn page(lookup: &mut Lookup<'_>, opened: &Opened, issue: &Issue, look: Look) -> String {
    let mut page = head(issue, look);
    for (heading, field) in TEXTS {
        let text = issue.text(field);
        if !text.is_empty() {
            page += &section(heading, look);
            page += &indented(&text, look);
        }
    }
    let labels = issue.labels();
    if !labels.is_empty() {
        page += &format!(
            "\n{} {}\n",
            look.painted("LABELS:", bold()),
            controls_escaped(&labels.join(", "))
        );
    }
    page += &links(lookup, opened, issue, look);
    let comments = issue.comments();
    if !comments.is_empty() {
        page += &section("COMMENTS", look);
        for comment in comments {
            let at = comment.created_at.map(when).unwrap_or_default();
            let author = look.painted(&comment.author, bold());
            page += &format!("  {author} {at}\n");
            page += &indented_by(&comment.text, "    ", look);
        }
    }
    page
}

fn head(issue: &Issue, look: Look) -> String {
    let status = issue.status();
    let (style, priority) = (line::status_style(&status), issue.priority());
    let name = status.name().to_uppercase();
    let parts = vec![
        line::styled(line::icon(&status), style),
        line::styled(issue.id(), line::id_style().bold()),
        line::plain("·"),
        line::title(issue.title()),
        line::styled(format!("[P{priority} · {name}]"), line::priority_style(priority)),
    ];
    // A title that doesn't fit goes on in the next lines: here all of it is wanted.
    let mut head = line::joined(parts, Look { width: None, ..look }) + "\n";
    let mut facts = vec![format!("Type: {}", issue.issue_type())];
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            facts.push(format!("{name}: {value}"));
        }
    };
    fact("Assignee", &issue.assignee());
    fact("Owner", &issue.text("owner"));
    fact(
        "Estimate",
        &issue.number("estimated_minutes").map(|n| format!("{n} min")).unwrap_or_default(),
    );
    fact("External ref", &issue.text("external_ref"));
    head += &wrapped(&facts.join(" · "), look);
    let at = |field: &str| issue.time(field).map(when).unwrap_or_default();
    let mut times = Vec::new();
    let by = issue.text("created_by");
    for (name, value) in [
        ("Created", with_by(&at("created_at"), &by)),
        ("Updated", at("updated_at")),
        ("Closed", at("closed_at")),
        ("Due", at("due_at")),
        ("Deferred until", at("defer_until")),
    ] {
        if !value.is_empty() {
            times.push(format!("{name}: {value}"));
        }
    }
    head += &wrapped(&times.join(" · "), look);
    let reason = issue.text("close_reason");
    if !reason.is_empty() {
        head += &wrapped(&format!("Close reason: {reason}"), look);
    }
    head
}

fn with_by(at: &str, by: &str) -> String {
    match by.is_empty() {
        true => at.to_owned(),
        false => format!("{at} by {by}").trim_start().to_owned(),
    }
}

/// What it hangs on, and what hangs on it, under a heading for each kind.
fn links(lookup: &mut Lookup<'_>, opened: &Opened, issue: &Issue, look: Look) -> String {
    let mut groups: Vec<(&str, &str, Vec<String>)> = [
        ("PARENT", "↑"),
        ("DEPENDS ON", "→"),
        ("DISCOVERED FROM", "◊"),
        ("TRACKS", "→"),
        ("CHILDREN", "↳"),
        ("BLOCKS", "←"),
        ("DISCOVERED HERE", "◊"),
        ("TRACKED BY", "←"),
        ("RELATED", "↔"),
    ]
    .map(|(heading, arrow)| (heading, arrow, Vec::new()))
    .into();
    let mut add = |heading: &str, text: String| {
        if let Some(group) = groups.iter_mut().find(|group| group.0 == heading)
            && !group.2.contains(&text)
        {
            group.2.push(text);
        }
    };
    let narrower = Look { width: look.width.map(|width| width.saturating_sub(4)), ..look };
    for one in issue.dependencies() {
        let other = find(lookup, opened, &one.depends_on_id);
        let text = other.map_or_else(
            || format!("{} (in no ledger here)", controls_escaped(&one.depends_on_id)),
            |other| line::short(&other, narrower),
        );
        match one.kind.as_str() {
            "parent-child" => add("PARENT", text),
            "blocks" => add("DEPENDS ON", text),
            "discovered-from" => add("DISCOVERED FROM", text),
            "tracks" => add("TRACKS", text),
            "related" | "relates-to" => add("RELATED", text),
            kind => add("DEPENDS ON", format!("{text} ({})", controls_escaped(kind))),
        }
    }
    for (other, kind) in linked_to(&opened.issues, &issue.id()) {
        let text = line::short(&other, narrower);
        match kind.as_str() {
            "parent-child" => add("CHILDREN", text),
            "blocks" => add("BLOCKS", text),
            "discovered-from" => add("DISCOVERED HERE", text),
            "tracks" => add("TRACKED BY", text),
            "related" | "relates-to" => add("RELATED", text),
            kind => add("BLOCKS", format!("{text} ({})", controls_escaped(kind))),
        }
    }
    let mut shown = String::new();
    for (heading, arrow, lines) in groups.iter().filter(|(.., lines)| !lines.is_empty()) {
        shown += &section(heading, look);
        for one in lines {
            shown += &format!("  {arrow} {one}\n");
        }
    }
    shown
}

/// A time as people read it, at the place they are at.
pub(crate) fn when(at: jiff::Timestamp) -> String {
    let microseconds = u64::try_from(at.as_microsecond()).unwrap_or(0);
    time::local(microseconds).chars().take("2026-01-31 12:00".len()).collect()
}

fn bold() -> Style {
    Style::new().bold()
}

fn section(heading: &str, look: Look) -> String {
    format!("\n{}\n", look.painted(heading, bold()))
}

fn indented(text: &str, look: Look) -> String {
    indented_by(text, "  ", look)
}

/// A text of several lines, each folded so that it fits. Tabs stay; what else would move the cursor is shown escaped.
fn indented_by(text: &str, by: &str, look: Look) -> String {
    let line = |line: &str| {
        let line = line.trim_end_matches('\r').replace('\t', "    ");
        let line = folded(by, &controls_escaped(&line), look.width);
        line.trim_end().to_owned() + "\n"
    };
    text.trim_end().split('\n').map(line).collect()
}

fn wrapped(text: &str, look: Look) -> String {
    match text.is_empty() {
        true => String::new(),
        false => folded("", &controls_escaped(text), look.width) + "\n",
    }
}
