//! The list for people: aligned columns, and hosts that are away.

use std::path::Path;

use anstyle::{AnsiColor, Style};
use towline_protocol::v1::{self, HostStatus, Pane, PaneStatus};

use super::List;
use crate::context::Context;
use crate::output;
use crate::pane::state::{lives, state};
use crate::size::bytes_in_words;
use crate::table::{Align, Cell, Table, shortened};
use crate::time;

/// The column of the agents' kinds, which comes with the first agent.
const AGENT: &str = "AGENT";

/// The columns.
const COLUMNS: &[(&str, Align)] = &[
    ("TARGET", Align::Left),
    (AGENT, Align::Left),
    ("STATE", Align::Left),
    ("IDLE", Align::Right),
    ("AGE", Align::Right),
    ("CPU", Align::Right),
    ("MEM", Align::Right),
    ("CWD", Align::Left),
];

/// What is left out of a narrow list, in this order.
const DISPENSABLE: &[&str] = &["MEM", "CPU", "AGE"];

/// The lines of a list: a table of the panes, and beneath it each host that is away, with its panes as they were.
pub(super) fn lines(list: &List, width: Option<usize>, context: &Context) -> Vec<String> {
    render(list, width, context.colors(), time::now())
}

fn render(list: &List, width: Option<usize>, colors: bool, now: u64) -> Vec<String> {
    let home = std::env::var_os("HOME").unwrap_or_default();
    let place = |pane: &Pane| list.hosts.iter().position(|host| host.name == pane.host);
    let is_away =
        |pane: &Pane| place(pane).is_some_and(|at| list.hosts[at].status() != HostStatus::Online);
    let mut sorted: Vec<(&Pane, &String)> = list.panes.iter().zip(&list.targets).collect();
    // Hosts that are away come last; what has ended is listed apart, after what lives.
    sorted.sort_by_cached_key(|(pane, _)| {
        let away = is_away(pane);
        let host = place(pane).map_or(0, |at| at + 1);
        let apart = if away { (host, !lives(pane)) } else { (0, !lives(pane)) };
        (away, apart, host, pane.session.clone(), pane.window, pane.pane)
    });
    let agents = list.panes.iter().any(|pane| pane.agent.is_some());
    let columns: Vec<_> =
        COLUMNS.iter().copied().filter(|(title, _)| agents || *title != AGENT).collect();
    let mut table = Table::new(&columns).dispensable(DISPENSABLE);
    for (pane, target) in &sorted {
        let lives = lives(pane);
        let away = is_away(pane);
        let load = |text: String| if lives && !away { text } else { "-".into() };
        let dim = |style: Style| if away { Style::new().dimmed() } else { style };
        let target = Cell::styled(
            target.as_str(),
            dim(if lives { Style::new().bold() } else { Style::new().dimmed() }),
        );
        let kind = pane.agent.as_ref().map_or("-", |agent| agent.kind.as_str());
        let agent = agents.then(|| Cell::styled(kind, dim(Style::new())));
        let mut row = vec![target];
        row.extend(agent);
        row.extend([
            Cell::styled(state(pane), dim(style(pane))),
            Cell::plain(load(time::age(pane.last_activity_at, now))),
            Cell::plain(time::age(pane.created_at, now)),
            Cell::plain(load(format!("{:.0}%", pane.cpu_percent))),
            Cell::plain(load(bytes_in_words(pane.memory_bytes))),
            // Another host's home folder is not this one's.
            Cell::plain(match pane.host.as_str() {
                "" => short_folder(&pane.cwd, Path::new(&home)),
                _ => String::from_utf8_lossy(&pane.cwd).into_owned(),
            }),
        ]);
        table.row(row);
    }
    let mut rows = if sorted.is_empty() { Vec::new() } else { table.lines(width, colors) };
    // What stays in `rows` are the header and the panes of hosts that are there.
    let online = sorted.iter().filter(|(pane, _)| !is_away(pane)).count();
    let mut beneath = rows.split_off(rows.len().min(online + 1)).into_iter();
    if online == 0 {
        rows.clear();
    }
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
        let panes = sorted.iter().filter(|(pane, _)| is_away(pane) && pane.host == host.name);
        rows.extend(beneath.by_ref().take(panes.count()));
    }
    rows
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
        List::new(v1::Listed { panes, hosts, ..Default::default() }, false, 0.0)
    }

    #[test]
    fn agents_have_a_column() {
        let agent = Pane {
            agent: Some(v1::Agent { kind: "claude".into(), ..v1::Agent::default() }),
            ..pane(1, "app", None)
        };
        let lines = render(&list(vec![agent, pane(2, "sh", None)], vec![]), None, false, 0);
        assert_eq!(
            lines,
            [
                "TARGET  AGENT   STATE    IDLE  AGE  CPU   MEM  CWD",
                "app     claude  running     -    -  12%  3.0M  /src/app",
                "sh      -       running     -    -  12%  3.0M  /src/app",
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
