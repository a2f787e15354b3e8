//! An issue in one line.

use anstyle::{AnsiColor, Style};
use towline_ledger::{Brief, Status};
use unicode_width::UnicodeWidthStr;

use crate::context::Context;
use crate::quote::controls_escaped;
use crate::table::{shortened, terminal_width};

/// The narrowest that a title is made before a line is just cut.
const NARROWEST: usize = 16;

/// For whom lines are made: a terminal's width and colours, or neither.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// With colours.
    pub(crate) colors: bool,
    /// In so many columns.
    pub(crate) width: Option<usize>,
}

impl Look {
    /// That of standard output.
    pub(crate) fn of(context: &Context) -> Self {
        Self { colors: context.colors(), width: terminal_width() }
    }

    /// A text in a style. What would move the cursor is shown escaped.
    pub(crate) fn painted(self, text: &str, style: Style) -> String {
        let text = controls_escaped(text);
        match self.colors && style != Style::new() {
            true => format!("{style}{text}{style:#}"),
            false => text,
        }
    }
}

/// A part of a line.
pub(crate) struct Part {
    text: String,
    style: Style,
    gives_way: bool,
}

/// A part in the usual colours.
pub(crate) fn plain(text: impl Into<String>) -> Part {
    styled(text, Style::new())
}

/// A part in a style.
pub(crate) fn styled(text: impl Into<String>, style: Style) -> Part {
    Part { text: controls_escaped(&text.into()), style, gives_way: false }
}

/// The part that is shortened where the line has too little room: a title.
pub(crate) fn title(text: impl Into<String>) -> Part {
    Part { gives_way: true, ..plain(text) }
}

/// The parts with a blank between each two, in one line that fits.
pub(crate) fn joined(parts: Vec<Part>, look: Look) -> String {
    let parts: Vec<Part> = parts.into_iter().filter(|part| !part.text.is_empty()).collect();
    let mut room = usize::MAX;
    let mut title_room = usize::MAX;
    if let Some(width) = look.width {
        room = width;
        let all: usize = parts.iter().map(|part| part.text.width()).sum::<usize>()
            + parts.len().saturating_sub(1);
        let titles = parts.iter().filter(|part| part.gives_way);
        let title = titles.map(|part| part.text.width()).max().unwrap_or(0);
        title_room = title.saturating_sub(all.saturating_sub(width)).max(NARROWEST.min(title));
    }
    let mut line = String::new();
    for (at, part) in parts.iter().enumerate() {
        let blank = usize::from(at > 0);
        if room <= blank {
            break;
        }
        if at > 0 {
            line.push(' ');
        }
        room -= blank;
        let text = shortened(&part.text, if part.gives_way { title_room.min(room) } else { room });
        room = room.saturating_sub(text.width());
        match look.colors && part.style != Style::new() {
            true => line.push_str(&format!("{}{text}{:#}", part.style, part.style)),
            false => line.push_str(&text),
        }
    }
    line
}

/// A character for what has become of an issue, as beads has them.
pub(crate) fn icon(status: &Status) -> &'static str {
    match status {
        Status::Open => "○",
        Status::InProgress => "◐",
        Status::Blocked => "●",
        Status::Closed => "✓",
        Status::Deferred => "❄",
        Status::Pinned => "📌",
        Status::Hooked => "◇",
        Status::Tombstone => "✗",
        Status::Other(_) => "○",
    }
}

/// The colour of what has become of an issue.
pub(crate) fn status_style(status: &Status) -> Style {
    let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
    match status {
        Status::InProgress => color(AnsiColor::Yellow),
        Status::Blocked => color(AnsiColor::Red),
        Status::Closed | Status::Tombstone => Style::new().dimmed(),
        Status::Deferred => color(AnsiColor::Cyan),
        Status::Hooked | Status::Pinned => color(AnsiColor::Blue),
        Status::Open | Status::Other(_) => Style::new(),
    }
}

/// The colour of a priority: what is urgent stands out.
pub(crate) fn priority_style(priority: u8) -> Style {
    match priority {
        0 => Style::new().fg_color(Some(AnsiColor::Red.into())).bold(),
        1 => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
        _ => Style::new(),
    }
}

/// The colour of a type.
pub(crate) fn type_style(kind: &str) -> Style {
    match kind {
        "bug" => Style::new().fg_color(Some(AnsiColor::Red.into())),
        "epic" | "molecule" | "convoy" => Style::new().fg_color(Some(AnsiColor::Magenta.into())),
        _ => Style::new(),
    }
}

/// The colour of an id.
pub(crate) fn id_style() -> Style {
    Style::new().fg_color(Some(AnsiColor::Cyan.into()))
}

/// `[P2]` in its colour.
pub(crate) fn priority_part(priority: u8) -> Part {
    styled(format!("[P{priority}]"), priority_style(priority))
}

/// An issue in one line: `○ gt-abc [P2] [task] @somebody [label] - Title (blocked by: gt-x)`.
pub(crate) fn compact(brief: &Brief<'_>, behind: &str, look: Look) -> String {
    let issue = brief.issue();
    let status = brief.status();
    let mut parts = vec![
        styled(icon(&status), status_style(&status)),
        styled(brief.id(), id_style()),
        priority_part(brief.priority()),
        styled(format!("[{}]", brief.issue_type()), type_style(brief.issue_type())),
    ];
    if brief.is_assigned() {
        parts.push(plain(format!("@{}", brief.assignee())));
    }
    let labels = issue.labels();
    if !labels.is_empty() {
        parts.push(plain(format!("[{}]", labels.join(" "))));
    }
    parts.push(plain("-"));
    parts.push(title(issue.title()));
    parts.push(styled(behind, Style::new().dimmed()));
    joined(parts, look)
}

/// An issue in a few words, for lists of what it is linked with: `○ gt-abc: Title [P2]`.
pub(crate) fn short(issue: &towline_ledger::Issue, look: Look) -> String {
    let status = issue.status();
    let parts = vec![
        styled(icon(&status), status_style(&status)),
        styled(format!("{}:", issue.id()), id_style()),
        title(issue.title()),
        priority_part(issue.priority()),
    ];
    joined(parts, look)
}

#[cfg(test)]
mod tests {
    use towline_ledger::Issues;

    use super::*;

    #[test]
    fn a_line_fits_its_terminal() {
        let line = r#"{"id":"gt-abc","title":"A title that is rather long\u001b[2J","status":"in_progress","priority":1,"issue_type":"bug","assignee":"me","labels":["x","y"]}"#;
        let issues = Issues::parse(line.into());
        let brief = issues.find("gt-abc").unwrap();
        for (width, expected) in [
            (
                None,
                r"◐ gt-abc [P1] [bug] @me [x y] - A title that is rather long\u{1b}[2J (blocks: gt-z)",
            ),
            (Some(70), "◐ gt-abc [P1] [bug] @me [x y] - A title that is rather… (blocks: gt-z)"),
            (Some(40), "◐ gt-abc [P1] [bug] @me [x y] - A title…"),
            (Some(10), "◐ gt-abc …"),
        ] {
            let shown = compact(&brief, "(blocks: gt-z)", Look { colors: false, width });
            assert!(width.is_none_or(|width| shown.width() <= width), "{shown}");
            assert_eq!(shown, expected);
        }
        let shown = compact(&brief, "", Look { colors: true, width: Some(30) });
        assert!(shown.contains("\u{1b}[33m[P1]"), "{shown:?}");
    }
}
