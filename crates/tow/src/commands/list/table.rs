//! The list for people: aligned columns, and hosts that are away.

use std::path::Path;

use anstyle::{AnsiColor, Style};
use towline_protocol::v1::{self, HostStatus, Pane, PaneStatus};

use super::List;
use crate::context::Context;
use crate::output;
use crate::pane::agent::{self, asks, doing, urgency, waits_since};
use crate::pane::state::lives;
use crate::quote::controls_escaped;
use crate::size::bytes_in_words;
use crate::table::{Align, Cell, Table, folded, shortened};
use crate::time;

/// Columns that come with the first agent: its kind, and how long it has waited for somebody.
const OF_AGENTS: [&str; 2] = ["AGENT", "WAITING"];

/// The columns.
const COLUMNS: &[(&str, Align)] = &[
    ("TARGET", Align::Left),
    ("AGENT", Align::Left),
    ("STATE", Align::Left),
    ("WAITING", Align::Right),
    ("IDLE", Align::Right),
    ("AGE", Align::Right),
    ("CPU", Align::Right),
    ("MEM", Align::Right),
    ("CWD", Align::Left),
];

/// What agents ask: a column where there is room for it, else lines of their own.
const ASKS: (&str, Align) = ("ASKS", Align::Left);

/// The room that column needs for most questions to be read to their end.
const ROOM: usize = 60;

/// A question that has lines of its own gets at most so many.
const LINES: usize = 2;

/// What stands before such a line.
const INDENT: &str = "  ↳ ";

/// What is left out of a narrow list, in this order; with agents also when something happened last, as there is then how long
/// they wait.
const DISPENSABLE: &[&str] = &["MEM", "CPU", "AGE"];
const DISPENSABLE_WITH_AGENTS: &[&str] = &["MEM", "CPU", "AGE", "IDLE"];

/// The lines of a list: a table of the panes, and beneath it each host that is away, with its panes as they were.
pub(super) fn lines(list: &List, width: Option<usize>, context: &Context) -> Vec<String> {
    render(list, width, context.colors(), time::now())
}

/// A pane as it is shown.
struct Shown<'a> {
    pane: &'a Pane,
    target: &'a str,
    /// Its host is away.
    away: bool,
    asks: Option<String>,
}

fn render(list: &List, width: Option<usize>, colors: bool, now: u64) -> Vec<String> {
    let shown = sorted(list);
    let (mut rows, mut beneath) = blocks(&shown, width, colors, now);
    for host in &list.hosts {
        let same = !host.same_as.is_empty();
        if host.status() == HostStatus::Online && !same {
            continue;
        }
        let color = match host.status() {
            HostStatus::Unreachable => Style::new().fg_color(Some(AnsiColor::Red.into())),
            _ => Style::new().dimmed(),
        };
        rows.push(painted(&about(host, now), color, width, colors));
        let panes = shown.iter().filter(|shown| shown.away && shown.pane.host == host.name);
        rows.extend(beneath.by_ref().take(panes.count()));
    }
    rows
}

/// The panes in the order in which they are shown. Who needs a person comes first, hosts that are away last; what has ended is
/// listed apart, after what lives.
fn sorted(list: &List) -> Vec<Shown<'_>> {
    let place = |pane: &Pane| list.hosts.iter().position(|host| host.name == pane.host);
    let is_away =
        |pane: &Pane| place(pane).is_some_and(|at| list.hosts[at].status() != HostStatus::Online);
    let mut sorted: Vec<(&Pane, &String)> = list.panes.iter().zip(&list.targets).collect();
    sorted.sort_by_cached_key(|(pane, _)| {
        let away = is_away(pane);
        let host = place(pane).map_or(0, |at| at + 1);
        let apart = if away { (host, !lives(pane)) } else { (0, !lives(pane)) };
        let calm = (u8::MAX, 0);
        let urgency = if away { calm } else { urgency(pane).unwrap_or(calm) };
        (away, apart, urgency, host, pane.session.clone(), pane.window, pane.pane)
    });
    sorted
        .into_iter()
        .map(|(pane, target)| {
            let away = is_away(pane);
            Shown { pane, target, away, asks: asks(pane).filter(|_| !away) }
        })
        .collect()
}

/// The header and the panes of hosts that are there, with what they ask; and the lines of the others.
fn blocks(
    shown: &[Shown<'_>],
    width: Option<usize>,
    colors: bool,
    now: u64,
) -> (Vec<String>, std::vec::IntoIter<String>) {
    let agents = shown.iter().any(|shown| shown.pane.agent.is_some());
    let mut columns: Vec<_> =
        COLUMNS.iter().copied().filter(|(title, _)| agents || !OF_AGENTS.contains(title)).collect();
    let home = std::env::var_os("HOME").unwrap_or_default();
    let fields: Vec<Vec<Cell>> =
        shown.iter().map(|shown| fields(shown, agents, Path::new(&home), now)).collect();
    let dispensable = if agents { DISPENSABLE_WITH_AGENTS } else { DISPENSABLE };
    let mut table = Table::new(&columns).dispensable(dispensable);
    fields.iter().for_each(|fields| table.row(fields.clone()));
    let any = shown.iter().any(|shown| shown.asks.is_some());
    let beside = any && width.is_none_or(|width| table.natural_width() + ROOM <= width);
    let lines = if beside {
        columns.push(ASKS);
        let mut table = Table::new(&columns);
        for (mut fields, shown) in fields.into_iter().zip(shown) {
            fields.push(Cell::styled(shown.asks.as_deref().unwrap_or_default(), asking()));
            table.row(fields);
        }
        table.lines(width, colors)
    } else {
        table.lines(width, colors)
    };
    let online = shown.iter().filter(|shown| !shown.away).count();
    let mut lines = lines.into_iter();
    let mut rows = Vec::new();
    if online > 0 {
        rows.extend(lines.next());
    } else {
        // A header over nothing.
        lines.next();
    }
    for shown in shown.iter().take(online) {
        rows.extend(lines.next());
        if let Some(asks) = shown.asks.as_ref().filter(|_| !beside) {
            rows.extend(question(asks, width, colors));
        }
    }
    (rows, lines.collect::<Vec<_>>().into_iter())
}

fn fields(shown: &Shown<'_>, agents: bool, home: &Path, now: u64) -> Vec<Cell> {
    let Shown { pane, target, away, .. } = shown;
    let lives = lives(pane);
    let load = |text: String| if lives && !away { text } else { "-".into() };
    let dim = |style: Style| if *away { Style::new().dimmed() } else { style };
    let target =
        Cell::styled(target, dim(if lives { Style::new().bold() } else { Style::new().dimmed() }));
    let state = Cell::styled(doing(pane), dim(agent::style(pane).unwrap_or_else(|| style(pane))));
    let mut row = vec![target];
    if agents {
        let kind = pane.agent.as_ref().map_or("-", |agent| agent.kind.as_str());
        row.extend([Cell::styled(kind, dim(Style::new())), state]);
        let urgent = urgency(pane).is_some() && !away;
        let style = if urgent { Style::new().bold() } else { Style::new() };
        let waits = waits_since(pane).map_or_else(|| "-".into(), |since| time::age(since, now));
        row.push(Cell::styled(load(waits), style));
    } else {
        row.push(state);
    }
    row.extend([
        Cell::plain(load(time::age(pane.last_activity_at, now))),
        Cell::plain(time::age(pane.created_at, now)),
        Cell::plain(load(format!("{:.0}%", pane.cpu_percent))),
        Cell::plain(load(bytes_in_words(pane.memory_bytes))),
        // Another host's home folder is not this one's.
        Cell::plain(match pane.host.as_str() {
            "" => short_folder(&pane.cwd, home),
            _ => String::from_utf8_lossy(&pane.cwd).into_owned(),
        }),
    ]);
    row
}

/// How a question is painted.
fn asking() -> Style {
    AnsiColor::Yellow.on_default()
}

/// A question in lines of its own, which end in `…` where there is more of it.
fn question(text: &str, width: Option<usize>, colors: bool) -> Vec<String> {
    let text = controls_escaped(text);
    let folded = folded(INDENT, &text, width);
    let mut lines: Vec<String> = folded.lines().map(str::to_owned).collect();
    if lines.len() > LINES {
        lines.truncate(LINES);
        if let (Some(last), Some(width)) = (lines.last_mut(), width) {
            *last = format!("{}…", shortened(last, width.saturating_sub(1)).trim_end_matches('…'));
        }
    }
    let paint = |line: String| if colors { format!("{0}{line}{0:#}", asking()) } else { line };
    lines.into_iter().map(paint).collect()
}

/// One line about a host that is away.
fn about(host: &v1::HostState, now: u64) -> String {
    let seen = match host.seen_at {
        0 => "never seen".to_owned(),
        at => format!("last seen {} ago", time::age(at, now)),
    };
    let name = &host.name;
    if !host.same_as.is_empty() {
        return format!("{name}  is the same host as {}", host.same_as);
    }
    match host.status() {
        HostStatus::Connecting => format!("{name}  connecting… ({seen})"),
        _ => format!("{name}  unreachable: {} ({seen})", host.error),
    }
}

fn painted(text: &str, style: Style, width: Option<usize>, colors: bool) -> String {
    let text = output::one_line(text);
    let text = width.map_or(text.to_string(), |width| shortened(&text, width));
    if colors { format!("{style}{text}{style:#}") } else { text }
}

fn style(pane: &Pane) -> Style {
    let color = |color: AnsiColor| color.on_default();
    match (pane.exit.as_ref().filter(|_| !lives(pane)), pane.status()) {
        (Some(exit), _) if exit.status == Some(0) => Style::new().dimmed(),
        (Some(_), _) | (None, PaneStatus::Unresponsive) => color(AnsiColor::Red),
        (None, PaneStatus::Starting | PaneStatus::Restarting) => color(AnsiColor::Yellow),
        (None, _) if pane.degraded => color(AnsiColor::Yellow),
        (None, _) => color(AnsiColor::Green),
    }
}

/// A folder with `~` for the home folder.
fn short_folder(folder: &[u8], home: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let folder = Path::new(std::ffi::OsStr::from_bytes(folder));
    match folder.strip_prefix(home) {
        _ if home.as_os_str().is_empty() => folder.display().to_string(),
        Ok(rest) if rest.as_os_str().is_empty() => "~".into(),
        Ok(rest) => format!("~/{}", rest.display()),
        Err(_) => folder.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Args;
    use super::*;

    fn pane(id: u64, name: &str, exit: Option<i32>) -> Pane {
        let exit =
            exit.map(|status| v1::Exit { status: Some(status), at: 1, ..Default::default() });
        Pane {
            id,
            name: name.into(),
            session: "agents".into(),
            window: id as u32,
            status: PaneStatus::Running.into(),
            cwd: b"/src/app".to_vec(),
            cpu_percent: 12.4,
            memory_bytes: 3 << 20,
            exit,
            ..Default::default()
        }
    }

    fn list(panes: Vec<Pane>, hosts: Vec<v1::HostState>) -> List {
        List::new(v1::Listed { panes, hosts, ..Default::default() }, &Args::default(), 0.0)
    }

    /// A time in the past by so many seconds, as [`now`] has it.
    fn ago(seconds: u64) -> u64 {
        NOW - seconds * 1_000_000
    }

    const NOW: u64 = 1_000_000_000_000;

    fn agent(id: u64, name: &str, state: &str, since: u64) -> Pane {
        let agent =
            v1::Agent { kind: "claude".into(), state: state.into(), since, ..v1::Agent::default() };
        Pane { agent: Some(agent), ..pane(id, name, None) }
    }

    fn asking(pane: Pane, reason: &str, question: &str) -> Pane {
        let agent = pane.agent.map(|agent| v1::Agent {
            reason: reason.into(),
            question: question.into(),
            ..agent
        });
        Pane { agent, ..pane }
    }

    /// Agents in each state, in an order that is not that of their need.
    fn agents() -> Vec<Pane> {
        let blocked = agent(4, "late", "blocked", ago(60));
        let first = agent(5, "first", "blocked", ago(7200));
        let command =
            "Do you want to run `find . -name target -prune -exec rm -rf {} +` in /src/app?";
        vec![
            agent(1, "busy", "working", ago(5)),
            agent(2, "idle", "idle", ago(300)),
            agent(3, "ready", "done", ago(90)),
            asking(blocked, "permission", command),
            asking(first, "login", ""),
            pane(6, "sh", None),
        ]
    }

    #[test]
    fn who_needs_a_person_comes_first_with_the_question_beneath() {
        let lines = render(&list(agents(), vec![]), Some(80), false, NOW);
        assert_eq!(
            lines,
            [
                "TARGET  AGENT   STATE    WAITING  IDLE  AGE  CPU   MEM  CWD",
                "first   claude  blocked       2h     -    -  12%  3.0M  /src/app",
                "  ↳ login",
                "late    claude  blocked       1m     -    -  12%  3.0M  /src/app",
                "  ↳ permission: Do you want to run `find . -name target -prune -exec rm -rf {}",
                "    +` in /src/app?",
                "ready   claude  done          1m     -    -  12%  3.0M  /src/app",
                "busy    claude  working        -     -    -  12%  3.0M  /src/app",
                "idle    claude  idle          5m     -    -  12%  3.0M  /src/app",
                "sh      -       running        -     -    -  12%  3.0M  /src/app",
            ]
        );
    }

    #[test]
    fn a_wide_list_has_the_questions_in_their_rows() {
        for width in [Some(200), None] {
            let lines = render(&list(agents(), vec![]), width, false, NOW);
            assert_eq!(
                lines,
                [
                    "TARGET  AGENT   STATE    WAITING  IDLE  AGE  CPU   MEM  CWD       ASKS",
                    "first   claude  blocked       2h     -    -  12%  3.0M  /src/app  login",
                    "late    claude  blocked       1m     -    -  12%  3.0M  /src/app  permission: Do you want to \
                     run `find . -name target -prune -exec rm -rf {} +` in /src/app?",
                    "ready   claude  done          1m     -    -  12%  3.0M  /src/app",
                    "busy    claude  working        -     -    -  12%  3.0M  /src/app",
                    "idle    claude  idle          5m     -    -  12%  3.0M  /src/app",
                    "sh      -       running        -     -    -  12%  3.0M  /src/app",
                ]
            );
        }
    }

    #[test]
    fn a_long_question_ends_within_two_lines() {
        let long = "x ".repeat(300);
        let pane = asking(agent(1, "app", "blocked", ago(1)), "question", &long);
        for width in [20, 40, 80] {
            let lines = render(&list(vec![pane.clone()], vec![]), Some(width), true, NOW);
            assert_eq!(lines.len(), 4, "{lines:#?}");
            let plain = anstyle_free(&lines[3]);
            assert!(plain.ends_with('…'), "{plain:?}");
            assert!(unicode_width::UnicodeWidthStr::width(&*plain) <= width, "{plain:?}");
        }
    }

    /// A line without what paints it.
    fn anstyle_free(line: &str) -> String {
        let parts = line.split("\x1b[");
        let text = |(index, part): (usize, &str)| match index {
            0 => part.to_owned(),
            _ => part.split_once('m').map_or(String::new(), |(_, text)| text.to_owned()),
        };
        parts.enumerate().map(text).collect()
    }

    #[test]
    fn agents_of_a_host_that_is_away_need_nobody() {
        let away = v1::HostState {
            name: "loki".into(),
            status: HostStatus::Unreachable.into(),
            error: "no route to host".into(),
            panes: agents()
                .into_iter()
                .take(4)
                .map(|pane| Pane { host: "loki".into(), ..pane })
                .collect(),
            ..Default::default()
        };
        let lines = render(&list(vec![pane(1, "sh", None)], vec![away]), Some(100), false, NOW);
        assert_eq!(
            lines,
            [
                "TARGET      AGENT   STATE    WAITING  IDLE  AGE  CPU   MEM  CWD",
                "sh          -       running        -     -    -  12%  3.0M  /src/app",
                "loki  unreachable: no route to host (never seen)",
                "loki:busy   claude  working        -     -    -    -     -  /src/app",
                "loki:idle   claude  idle           -     -    -    -     -  /src/app",
                "loki:ready  claude  done           -     -    -    -     -  /src/app",
                "loki:late   claude  blocked        -     -    -    -     -  /src/app",
            ]
        );
    }

    #[test]
    fn a_host_that_is_away_is_a_line_with_its_panes_beneath() {
        let host = |name: &str, status: HostStatus, panes: Vec<Pane>| v1::HostState {
            name: name.into(),
            status: status.into(),
            error: "no route to host".into(),
            panes: panes.into_iter().map(|pane| Pane { host: name.into(), ..pane }).collect(),
            ..Default::default()
        };
        let lines = render(
            &list(
                vec![pane(1, "app", None)],
                vec![
                    host("loki", HostStatus::Unreachable, vec![pane(4, "left", None)]),
                    host("thor", HostStatus::Online, vec![pane(1, "app", None)]),
                    host("odin", HostStatus::Connecting, vec![]),
                ],
            ),
            None,
            false,
            0,
        );
        assert_eq!(
            lines,
            [
                "TARGET     STATE    IDLE  AGE  CPU   MEM  CWD",
                "local:app  running     -    -  12%  3.0M  /src/app",
                "thor:app   running     -    -  12%  3.0M  /src/app",
                "loki  unreachable: no route to host (never seen)",
                "loki:left  running     -    -    -     -  /src/app",
                "odin  connecting… (never seen)",
            ]
        );
    }

    #[test]
    fn what_lives_comes_first() {
        let lines = render(
            &list(vec![pane(1, "old", Some(3)), pane(2, "app", None)], vec![]),
            None,
            false,
            0,
        );
        assert_eq!(
            lines,
            [
                "TARGET  STATE      IDLE  AGE  CPU   MEM  CWD",
                "app     running       -    -  12%  3.0M  /src/app",
                "old     ended (3)     -    -    -     -  /src/app",
            ]
        );
    }

    #[test]
    fn a_narrow_list_leaves_columns_out() {
        let mut long = pane(2, "a-rather-long-name", None);
        long.cwd = b"/a/rather/long/folder/of/some/project".to_vec();
        let panes = [pane(1, "app", None), long];
        for (width, header) in [
            (80, "TARGET STATE IDLE AGE CPU MEM CWD"),
            (60, "TARGET STATE IDLE AGE CWD"),
            (40, "TARGET STATE IDLE CWD"),
            (20, "TARGET STATE IDLE CWD"),
        ] {
            let lines = render(&list(panes.to_vec(), vec![]), Some(width), false, 0);
            let words: Vec<&str> = lines[0].split_whitespace().collect();
            if width >= 40 {
                assert_eq!(words.join(" "), header, "{lines:#?}");
            }
            for line in lines {
                assert!(unicode_width::UnicodeWidthStr::width(&*line) <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn the_home_folder_is_a_tilde() {
        for (folder, home, expected) in [
            ("/home/me/src", "/home/me", "~/src"),
            ("/home/me", "/home/me", "~"),
            ("/home/mean", "/home/me", "/home/mean"),
            ("/x", "", "/x"),
        ] {
            assert_eq!(short_folder(folder.as_bytes(), Path::new(home)), expected);
        }
    }
}
