//! `tow list`: the panes, and how they are doing.

mod table;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use towline_agents::State;
use towline_client::{RequestError, Stream, StreamItem};
use towline_protocol::v1::{self, HostStatus, Pane, reply, request};

use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;
use crate::pane::agent::{parse_state, state_of};
use crate::pane::json::{HostJson, ListJson, PaneJson};
use crate::pane::target::targets;
use crate::redraw::Redraw;
use crate::request::{Again, unexpected};
use crate::table::{terminal_size, terminal_width};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow list
  tow list --watch                   kept up to date
  tow list --host thor --host local  only those hosts
  tow list --state blocked,done      only agents that need you
  tow list --ended                   with the panes that have ended
  tow list --json | jq -r '.panes[].target'";

/// While a list is watched, ages and loads are read again this often where nothing else changes.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// The shortest time between two lists while one is watched: what changes faster can't be read.
const WATCH_PAUSE: Duration = Duration::from_millis(100);

/// How long hosts that are still being connected to are waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a watched list waits for a server that has gone.
const WATCH_PATIENCE: Duration = Duration::from_secs(300);

/// What the verb takes.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Only this host: an alias, `local`, or [user@]host[:port]; may be repeated
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,

    /// Only panes in which a coding agent runs
    #[arg(long)]
    agents: bool,

    /// Only agents in these states: starting, working, blocked, idle (done, too), done, exited, unknown
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = parse_state)]
    state: Vec<State>,

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

impl Args {
    /// Whether a pane is one of those that are asked for.
    fn shows(&self, pane: &Pane) -> bool {
        let is = |asked: &State| state_of(pane).is_some_and(|state| state.answers_to(*asked));
        (!self.agents || pane.agent.is_some())
            && (self.state.is_empty() || self.state.iter().any(is))
    }

    /// Whether panes that have ended are. Where an agent has gone its pane has, as a rule.
    fn wants_ended(&self) -> bool {
        self.ended || self.state.contains(&State::Exited)
    }
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    if args.watch {
        return watch(context, &args).await;
    }
    let terminal = terminal_size().filter(|_| std::io::stdout().is_terminal() && !args.json);
    let mut shown = Redraw::default();
    let mut list = ask(context, &args, Duration::ZERO).await?;
    if list.is_waiting() {
        // What is known is shown at once where it can be shown again.
        let lines = table::lines(&list, terminal_width(), context);
        if let Some((_, height)) = terminal.filter(|(_, height)| lines.len() < *height) {
            output::print(shown.frame(&lines, height))?;
        }
        list = ask(context, &args, PATIENCE).await?;
    }
    output::print(shown.erase())?;
    list.warnings.iter().for_each(|warning| output::message(format_args!("tow: {warning}")));
    if args.json {
        output::json(&list.document())?;
    } else if list.is_empty() {
        context.say(match args.state.is_empty() {
            true => "no panes: start one with `tow spawn`",
            false => "no agent is in that state",
        });
    } else {
        output::line(table::lines(&list, terminal_width(), context).join("\n"))?;
    }
    Ok(list.status(&args.host))
}

/// A list as it came.
struct List {
    /// The panes of all hosts; those of this one come first.
    panes: Vec<Pane>,
    /// For each pane the form that means it alone.
    targets: Vec<String>,
    /// This host, where it was asked for.
    here: Option<v1::Host>,
    hosts: Vec<v1::HostState>,
    warnings: Vec<String>,
    rtt_ms: f64,
}

impl List {
    fn new(listed: v1::Listed, args: &Args, rtt_ms: f64) -> Self {
        let v1::Listed { mut panes, host: here, mut hosts, warnings } = listed;
        panes.extend(hosts.iter_mut().flat_map(|host| std::mem::take(&mut host.panes)));
        let targets = targets(&panes, &hosts);
        let (panes, targets) =
            panes.into_iter().zip(targets).filter(|(pane, _)| args.shows(pane)).unzip();
        Self { panes, targets, here, hosts, warnings, rtt_ms }
    }

    /// Whether a host is still being connected to.
    fn is_waiting(&self) -> bool {
        self.hosts.iter().any(|host| host.status() == HostStatus::Connecting)
    }

    /// Whether there is nothing to show.
    fn is_empty(&self) -> bool {
        self.panes.is_empty() && self.hosts.iter().all(|host| host.status() == HostStatus::Online)
    }

    fn document(&self) -> ListJson<'_> {
        let here = self.here.as_ref().map(|host| HostJson::local(host, self.rtt_ms));
        let hosts = self.hosts.iter().map(HostJson::remote);
        ListJson {
            hosts: here.into_iter().chain(hosts).collect(),
            panes: self
                .panes
                .iter()
                .zip(&self.targets)
                .map(|(pane, target)| PaneJson::new(pane, target))
                .collect(),
        }
    }

    /// A list is a success, also where hosts are away: unless all are that were asked for by name.
    fn status(&self, asked: &[String]) -> ExitCode {
        let away = |host: &v1::HostState| host.status() != HostStatus::Online;
        let all = !asked.is_empty() && self.here.is_none() && self.hosts.iter().all(away);
        if all { ErrorKind::Unreachable.exit_status().into() } else { ExitCode::SUCCESS }
    }
}

fn request(args: &Args, context: &Context, patience: Duration) -> request::Body {
    request::Body::List(v1::List {
        ended: args.wants_ended(),
        // A server that was named is asked for itself.
        fleet: context.is_own() || !args.host.is_empty(),
        hosts: args.host.clone(),
        patience_ms: u32::try_from(patience.as_millis()).unwrap_or(u32::MAX),
    })
}

async fn ask(context: &Context, args: &Args, patience: Duration) -> Result<List, CommandError> {
    let start = Instant::now();
    match context.ask(request(args, context, patience), Again::AsItIs).await? {
        reply::Body::Listed(listed) => Ok(List::new(listed, args, milliseconds(start))),
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
                let request = request(args, context, Duration::ZERO);
                let listed = match connection.request(request).await {
                    Ok(reply::Body::Listed(listed)) => listed,
                    Err(RequestError::Remote(error)) => return Err(error.into()),
                    _ => break,
                };
                let list = List::new(listed, args, milliseconds(start));
                if args.json {
                    output::json_line(&list.document())?;
                } else {
                    show(&list, terminal, context, &mut redraw)?;
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
    list: &List,
    terminal: bool,
    context: &Context,
    redraw: &mut Redraw,
) -> Result<(), CommandError> {
    let lines = table::lines(list, terminal_width(), context);
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn only_when_all_hosts_asked_for_are_away_is_it_a_failure() {
        let host =
            |status: HostStatus| v1::HostState { status: status.into(), ..Default::default() };
        let (up, away) = (host(HostStatus::Online), host(HostStatus::Unreachable));
        let code = |hosts: &[&v1::HostState], here: bool, asked: &[&str]| {
            let listed = v1::Listed {
                hosts: hosts.iter().map(|host| (*host).clone()).collect(),
                host: here.then(v1::Host::default),
                ..Default::default()
            };
            let asked: Vec<String> = asked.iter().map(|host| (*host).to_owned()).collect();
            List::new(listed, &Args::default(), 0.0).status(&asked)
        };
        let unreachable = ExitCode::from(5);
        assert_eq!(format!("{:?}", code(&[&away], true, &[])), format!("{:?}", ExitCode::SUCCESS));
        assert_eq!(format!("{:?}", code(&[&away], false, &["a"])), format!("{unreachable:?}"));
        assert_eq!(
            format!("{:?}", code(&[&away, &up], false, &["a", "b"])),
            format!("{:?}", ExitCode::SUCCESS)
        );
    }
}
