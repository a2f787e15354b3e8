//! `tow wait`: until a pane prints something, its agent is in some state, or it ends.

use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;
use towline_agents::State;
use towline_client::{Connection, RequestError};
use towline_protocol::v1::{self, reply, request, wait};

use crate::context::Context;
use crate::duration;
use crate::error::{CommandError, ErrorKind};
use crate::output;
use crate::pane::agent::{asks, doing, parse_state, word};
use crate::pane::json::PaneJson;
use crate::pane::state::{end_in_words, shell_status};
use crate::pane::target::{by_id, host_of, target_of};
use crate::quote::shell_quoted;
use crate::request::{Again, target_to_look_at, unexpected};
use crate::resume::Resume;
use crate::time;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow wait app --output 'tests? passed' --timeout 5m
  tow wait app --state idle          until its agent takes a prompt; prints the state
  tow wait app --state idle,blocked --timeout 1h
  tow wait build --exit              prints how it ended
  tow wait build --exit --propagate && tow send app \"it builds\"";

/// The server ends the wait when its time is over; this much later the client does, where no word comes.
const GRACE: Duration = Duration::from_secs(5);

/// How long it may take to find out how the pane is, where the wait is over.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What the verb takes.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("until").required(true).args(["output", "state", "exit"])))]
pub(crate) struct Args {
    /// The pane; the beginning of its name will do
    #[arg(value_name = "TARGET")]
    target: String,

    /// Until a line of the screen, or one printed later, matches this regular expression
    #[arg(long, value_name = "REGEX")]
    output: Option<String>,

    /// Until its agent is in one of these states: starting, working, blocked, idle (done, too), done, exited, unknown
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = parse_state)]
    state: Vec<State>,

    /// Until its program has ended
    #[arg(long)]
    exit: bool,

    /// Exit with the status that the program ended with
    #[arg(long, requires = "exit", conflicts_with_all = ["output", "state"])]
    propagate: bool,

    /// How long to wait before giving up with status 124: 500ms, 60s, 10m [default: for ever]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    timeout: Option<Duration>,

    /// Print the line, the agent, or how it ended, as JSON
    #[arg(long)]
    json: bool,
}

/// What was waited for.
#[derive(Debug, Serialize)]
struct WaitedJson<'a> {
    pane: PaneJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<&'a str>,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let waited = wait(context, &args).await?;
    let pane = waited.pane.unwrap_or_default();
    if args.json {
        let line = args.output.is_some().then_some(waited.line.as_str());
        output::json(&WaitedJson { pane: PaneJson::new(&pane, &target_of(&pane)), line })?;
    } else if args.output.is_some() {
        output::line(waited.line)?;
    } else if !args.state.is_empty() {
        output::line(pane.agent.as_ref().map_or("", word))?;
    } else if let Some(exit) = &pane.exit {
        output::line(format!("{} {}", output::one_line(&pane.name), end_in_words(exit)))?;
    }
    Ok(match pane.exit.as_ref().filter(|_| args.propagate) {
        Some(exit) => ExitCode::from(shell_status(exit)),
        None => ExitCode::SUCCESS,
    })
}

async fn wait(context: &Context, args: &Args) -> Result<v1::Waited, CommandError> {
    let began = time::now();
    let end = args.timeout.map(|timeout| Instant::now() + timeout);
    // Its id, so that a later pane of the same name is not waited for.
    let info = v1::Info { target: target_to_look_at(&args.target) };
    let reply::Body::Info(pane) = context.ask(request::Body::Info(info), Again::AsItIs).await?
    else {
        return Err(unexpected());
    };
    // By the clock of the pane's own host, which may be another's: what it printed last before this began, which is
    // looked at anyway.
    let began = if pane.host.is_empty() { began } else { pane.last_activity_at.max(1) };
    let mut resume = Resume::default();
    let mut connection = context.connect().await?;
    let mut since = 0;
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        let target = target_to_look_at(&by_id(&pane));
        let asked = if resume.is_away() {
            // A wait says nothing until it is over, and a person wants to know that the host is back.
            let info = connection.request(request::Body::Info(v1::Info { target }));
            within(left, info).await
        } else {
            let until = Some(match &args.output {
                Some(regex) => wait::Until::Output(regex.clone()),
                None if !args.state.is_empty() => wait::Until::States(v1::States {
                    states: args.state.iter().map(|state| state.name().to_owned()).collect(),
                }),
                None => wait::Until::Exit(v1::Done {}),
            });
            // 0 would be for ever.
            let milliseconds = |left: Duration| u64::try_from(left.as_millis()).unwrap_or(0).max(1);
            let timeout_ms = left.map_or(0, milliseconds);
            let wait = request::Body::Wait(v1::Wait {
                target,
                until,
                timeout_ms,
                since,
                ..v1::Wait::default()
            });
            Some(connection.request_within(left.map(|left| left + GRACE), wait).await)
        };
        let failed = match asked {
            None => return Err(timed_out(args, None)),
            Some(Ok(reply::Body::Waited(waited))) => return Ok(waited),
            Some(Ok(reply::Body::Info(_))) => {
                resume.back(context);
                continue;
            }
            Some(Ok(_)) => return Err(unexpected()),
            Some(Err(failed)) => failed,
        };
        let again = async {
            match failed {
                RequestError::Lost { .. } => {
                    resume.again(context, &connection, host_of(&pane)).await
                }
                RequestError::Remote(error) if error.kind() == v1::ErrorKind::Unreachable => {
                    resume.away(&error).await;
                    Ok(connection.clone())
                }
                // Of the host; the wait itself has another end.
                RequestError::Timeout if resume.is_away() => Ok(connection.clone()),
                RequestError::Timeout => Err(timed_out(args, None)),
                RequestError::Remote(error) if error.kind() == v1::ErrorKind::TimedOut => {
                    Err(timed_out(args, now(&connection, &pane).await.as_ref()))
                }
                RequestError::Remote(error)
                    if error.kind() == v1::ErrorKind::Ended && !args.state.is_empty() =>
                {
                    let now = now(&connection, &pane).await;
                    Err(gone(args, now.as_ref().unwrap_or(&pane)))
                }
                RequestError::Remote(error) if args.output.is_some() => Err(refused(error)),
                RequestError::Remote(error) => Err(error.into()),
                error => Err(error.into()),
            }
        };
        connection = match within(left.map(|left| left.max(LAST_WORDS)), again).await {
            Some(again) => again?,
            None => return Err(timed_out(args, None)),
        };
        // What it printed while nobody looked counts too.
        since = began;
    }
}

/// What comes of it, where that takes no longer than is left.
async fn within<T>(left: Option<Duration>, future: impl Future<Output = T>) -> Option<T> {
    match left {
        None => Some(future.await),
        Some(left) => tokio::time::timeout(left, future).await.ok(),
    }
}

/// What is wrong with a regular expression comes as a hint, and belongs to the message.
fn refused(error: v1::Error) -> CommandError {
    let mut error = CommandError::from(error);
    if error.kind == ErrorKind::Usage {
        for why in std::mem::take(&mut error.hints) {
            error.message.push_str(": ");
            error.message.push_str(why.strip_prefix("error: ").unwrap_or(&why));
        }
    }
    error
}

/// The pane as it is now, where that is soon known.
async fn now(connection: &Connection, pane: &v1::Pane) -> Option<v1::Pane> {
    let info = v1::Info { target: target_to_look_at(&by_id(pane)) };
    match connection.request_within(Some(LAST_WORDS), request::Body::Info(info)).await {
        Ok(reply::Body::Info(pane)) => Some(pane),
        _ => None,
    }
}

/// The agent has ended before it came to what was waited for.
fn gone(args: &Args, pane: &v1::Pane) -> CommandError {
    let how = match &pane.exit {
        Some(exit) => format!("{} {}", args.target, end_in_words(exit)),
        None => {
            let kind = pane.agent.as_ref().map_or("the agent", |agent| agent.kind.as_str());
            format!("{kind} in {} has exited", args.target)
        }
    };
    CommandError::failed(format!("{how}, and was not {} before", wanted(args)))
        .hint(format!("tow peek {}", shell_quoted(&by_id(pane))))
}

fn timed_out(args: &Args, now: Option<&v1::Pane>) -> CommandError {
    let within = args.timeout.map(|timeout| format!(" within {}", duration::words(timeout)));
    let within = within.unwrap_or_default();
    let message = match &args.output {
        Some(regex) => format!("{} printed nothing that matches `{regex}`{within}", args.target),
        None if !args.state.is_empty() => {
            let now = now.map_or(String::new(), |pane| match asks(pane) {
                Some(asks) => format!(": it is {} ({asks})", doing(pane)),
                None => format!(": it is {}", doing(pane)),
            });
            format!("{} was not {}{within}{now}", args.target, wanted(args))
        }
        None => format!("{} did not end{within}", args.target),
    };
    CommandError::new(ErrorKind::TimedOut, message)
}

/// The states that are waited for, in words.
fn wanted(args: &Args) -> String {
    let names: Vec<&str> = args.state.iter().map(|state| state.name()).collect();
    names.join(" or ")
}
