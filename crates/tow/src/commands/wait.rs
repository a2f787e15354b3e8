//! `tow wait`: until a pane prints something, or ends.

use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;
use towline_client::RequestError;
use towline_protocol::v1::{self, reply, request, wait};

use crate::context::Context;
use crate::duration;
use crate::error::{CommandError, ErrorKind};
use crate::output;
use crate::pane::json::PaneJson;
use crate::pane::state::{end_in_words, shell_status};
use crate::pane::target::{by_id, host_of, target_of};
use crate::request::{Again, target_to_look_at, unexpected};
use crate::resume::Resume;
use crate::time;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow wait app --output 'tests? passed' --timeout 5m
  tow wait build --exit              prints how it ended
  tow wait build --exit --propagate && tow send app \"it builds\"";

/// The server ends the wait when its time is over; this much later the client does, where no word comes.
const GRACE: Duration = Duration::from_secs(5);

/// What the verb takes.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("until").required(true).args(["output", "exit"])))]
pub(crate) struct Args {
    /// The pane; the beginning of its name will do
    #[arg(value_name = "TARGET")]
    target: String,

    /// Until a line of the screen, or one printed later, matches this regular expression
    #[arg(long, value_name = "REGEX")]
    output: Option<String>,

    /// Until its program has ended
    #[arg(long)]
    exit: bool,

    /// Exit with the status that the program ended with
    #[arg(long, requires = "exit", conflicts_with = "output")]
    propagate: bool,

    /// How long to wait before giving up with status 124: 500ms, 60s, 10m [default: for ever]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    timeout: Option<Duration>,

    /// Print the line, or how it ended, as JSON
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
                None => wait::Until::Exit(v1::Done {}),
            });
            // 0 would be for ever.
            let milliseconds = |left: Duration| u64::try_from(left.as_millis()).unwrap_or(0).max(1);
            let timeout_ms = left.map_or(0, milliseconds);
            let wait = request::Body::Wait(v1::Wait { target, until, timeout_ms, since });
            Some(connection.request_within(left.map(|left| left + GRACE), wait).await)
        };
        let failed = match asked {
            None => return Err(timed_out(args)),
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
                RequestError::Timeout => Err(timed_out(args)),
                RequestError::Remote(error) if error.kind() == v1::ErrorKind::TimedOut => {
                    Err(timed_out(args))
                }
                RequestError::Remote(error) => Err(refused(error)),
                error => Err(error.into()),
            }
        };
        connection = within(left, again).await.ok_or_else(|| timed_out(args))??;
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

fn timed_out(args: &Args) -> CommandError {
    let within = args.timeout.map(|timeout| format!(" within {}", duration::words(timeout)));
    let within = within.unwrap_or_default();
    let message = match &args.output {
        Some(regex) => format!("{} printed nothing that matches `{regex}`{within}", args.target),
        None => format!("{} did not end{within}", args.target),
    };
    CommandError::new(ErrorKind::TimedOut, message)
}
