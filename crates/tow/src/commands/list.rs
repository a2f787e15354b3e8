//! `tow list`: the panes, and how they are doing.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use towline_client::{Stream, StreamItem};
use towline_protocol::v1::{self, Pane, PaneStatus, reply, request};

use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::pane::json::{HostJson, ListJson, PaneJson};
use crate::pane::state::{lives, state};
use crate::pane::target::targets;
use crate::redraw::Redraw;
use crate::request::{Again, unexpected};
use crate::size::bytes_in_words;
use crate::table::{Align, Cell, Table, terminal_size, terminal_width};
use crate::time;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow list
  tow list --watch                   kept up to date
  tow list --ended                   with the panes that have ended
  tow list --json | jq -r '.panes[].target'";

/// While a list is watched, ages and loads are read again this often where nothing else changes.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// The shortest time between two lists while one is watched: what changes faster can't be read.
const WATCH_PAUSE: Duration = Duration::from_millis(100);

/// How long a watched list waits for a server that has gone.
const WATCH_PATIENCE: Duration = Duration::from_secs(300);

/// What the verb takes.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Also the panes that have ended
    #[arg(long)]
    ended: bool,

    /// Print one JSON document
    #[arg(long)]
    json: bool,

    /// Go on and show each change; with --json one document a line
    #[arg(short, long)]
    watch: bool,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    if args.watch {
        return watch(context, &args).await;
    }
    let (listed, rtt_ms) = ask(context, &args).await?;
    if args.json {
        output::json(&document(&listed, &targets(&listed.panes), rtt_ms))?;
    } else if listed.panes.is_empty() {
        context.say("no panes: start one with `tow spawn`");
    } else {
        let lines = table(&listed.panes, terminal_width(), context.colors());
        output::line(lines.join("\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn ask(context: &Context, args: &Args) -> Result<(v1::Listed, f64), CommandError> {
    let start = Instant::now();
    let request = request::Body::List(v1::List { ended: args.ended });
    match context.ask(request, Again::AsItIs).await? {
        reply::Body::Listed(listed) => Ok((listed, milliseconds(start))),
        _ => Err(unexpected()),
    }
}

/// To the microsecond: more digits say nothing.
fn milliseconds(start: Instant) -> f64 {
    (start.elapsed().as_secs_f64() * 1e6).round() / 1e3
}

/// Shows the list whenever it changes, until it is interrupted.
async fn watch(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    let terminal = std::io::stdout().is_terminal() && !args.json;
    let mut redraw = Redraw::default();
    let mut connection = context.connect().await?;
    loop {
        let watching = connection.open(request::Body::Watch(v1::Watch {})).await;
        if let Ok((_, mut changes)) = watching {
            loop {
                let start = Instant::now();
                let request = request::Body::List(v1::List { ended: args.ended });
                let Ok(reply::Body::Listed(listed)) = connection.request(request).await else {
                    break;
                };
                if args.json {
                    let targets = targets(&listed.panes);
                    output::json_line(&document(&listed, &targets, milliseconds(start)))?;
                } else {
                    show(&listed.panes, terminal, context, &mut redraw)?;
                }
                if !wait_for_change(&mut changes, terminal).await {
                    break;
                }
            }
        }
        output::message("tow: the connection to the server was lost: reconnecting");
        redraw.forget();
        connection = context.reconnect(connection.goodbye(), WATCH_PATIENCE).await?;
    }
}

fn show(
    panes: &[Pane],
    terminal: bool,
    context: &Context,
    redraw: &mut Redraw,
) -> Result<(), CommandError> {
    let lines = table(panes, terminal_width(), context.colors());
    match terminal_size().filter(|_| terminal) {
        Some((_, height)) => {
            output::print(redraw.frame(&topmost(lines, height.saturating_sub(1)), height))
        }
        None => output::line(lines.join("\n") + "\n"),
    }
}

/// The lines from the top that go into so many rows, the last of which says how many more there are.
fn topmost(mut lines: Vec<String>, rows: usize) -> Vec<String> {
    // The header and that line alone would show nothing.
    if lines.len() > rows && rows > 1 {
        let more = lines.len() - (rows - 1);
        lines.truncate(rows - 1);
        lines.push(format!("… {more} more"));
    }
    lines.truncate(rows.max(1));
    lines
}

/// Waits for a change, or on a terminal for the time to look at ages again; `false` where the connection is
/// lost.
async fn wait_for_change(changes: &mut Stream, terminal: bool) -> bool {
    tokio::time::sleep(WATCH_PAUSE).await;
    let mut change = if terminal {
        match tokio::time::timeout(WATCH_INTERVAL, changes.next()).await {
            Ok(change) => change,
            Err(_) => return true,
        }
    } else {
        changes.next().await
    };
    // Several changes make one new list.
    while change == Some(StreamItem::Changed) {
        match changes.try_next() {
            Some(next) => change = Some(next),
            None => return true,
        }
    }
    false
}

fn document<'a>(
    listed: &'a v1::Listed,
    targets: &'a std::collections::HashMap<u64, String>,
    rtt_ms: f64,
) -> ListJson<'a> {
    let target = |pane: &Pane| targets.get(&pane.id).map(String::as_str).unwrap_or_default();
    ListJson {
        hosts: vec![HostJson::local(listed.host.as_ref(), rtt_ms)],
        panes: listed.panes.iter().map(|pane| PaneJson::new(pane, target(pane))).collect(),
    }
}

/// The columns; those about agents come with the first agent.
const COLUMNS: &[(&str, Align)] = &[
    ("TARGET", Align::Left),
    ("STATE", Align::Left),
    ("IDLE", Align::Right),
    ("AGE", Align::Right),
    ("CPU", Align::Right),
    ("MEM", Align::Right),
    ("CWD", Align::Left),
];

/// What is left out of a narrow list, in this order.
const DISPENSABLE: &[&str] = &["MEM", "CPU", "AGE"];

fn table(panes: &[Pane], width: Option<usize>, colors: bool) -> Vec<String> {
    let home = std::env::var_os("HOME").unwrap_or_default();
    let (now, targets) = (time::now(), targets(panes));
    let mut sorted: Vec<&Pane> = panes.iter().collect();
    // What has ended is listed apart, after what lives.
    let order = |pane: &&Pane| (!lives(pane), pane.session.clone(), pane.window, pane.pane);
    sorted.sort_by_cached_key(order);
    let mut table = Table::new(COLUMNS).dispensable(DISPENSABLE);
    for pane in sorted {
        let target = targets.get(&pane.id).map(String::as_str).unwrap_or_default();
        let lives = lives(pane);
        let load = |text: String| if lives { text } else { "-".into() };
        table.row(vec![
            Cell::styled(target, if lives { Style::new().bold() } else { Style::new().dimmed() }),
            Cell::styled(state(pane), style(pane)),
            Cell::plain(load(time::age(pane.last_activity_at, now))),
            Cell::plain(time::age(pane.created_at, now)),
            Cell::plain(load(format!("{:.0}%", pane.cpu_percent))),
            Cell::plain(load(bytes_in_words(pane.memory_bytes))),
            Cell::plain(short_folder(&pane.cwd, Path::new(&home))),
        ]);
    }
    table.lines(width, colors)
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

    #[test]
    fn what_lives_comes_first() {
        let lines = table(&[pane(1, "old", Some(3)), pane(2, "app", None)], None, false);
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
            let lines = table(&panes, Some(width), false);
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
    fn a_list_that_is_too_long_shows_its_top() {
        let lines = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
        for (count, rows, expected) in [
            (3, 3, vec!["0", "1", "2"]),
            (9, 3, vec!["0", "1", "… 7 more"]),
            (9, 2, vec!["0", "… 8 more"]),
            (9, 1, vec!["0"]),
            (9, 0, vec!["0"]),
        ] {
            assert_eq!(topmost(lines(count), rows), expected);
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
