//! `tow server`: start, stop and look at the server.

pub(crate) mod pair;

use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::Serialize;
use towline_client::hosts::Address;
use towline_client::paths::connect_unix;
use towline_client::{Connection, RequestError};
use towline_protocol::v1::{self, reply, request};

use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;
use crate::pane::json::uuid_text;
use crate::request::{Again, unexpected};
use crate::size::bytes_in_words;
use crate::table::{folded, terminal_width};
use crate::time;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str =
    "Any command that a person gives starts the server again, also after a stop.
Only what reconnects in the background (an attached terminal, a watched list)
leaves a server that was stopped alone.

Examples:
  tow server status
  tow server stop                    the panes run on
  tow server stop --kill             the panes end too
  tow server restart                 after an upgrade; the panes run on";

/// How long a server may take to end, with all of its panes where those are to end too.
const STOP_DEADLINE: Duration = Duration::from_secs(20);

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) what: What,
}

/// The end of the help of `run`.
const RUN_EXAMPLES: &str =
    "Plain tcp is for this machine only, for the end of a tunnel; it is encrypted too.
`listen` in the configuration does the same as --listen, however the server is started.

Examples:
  tow server run
  tow server run --listen tls://0.0.0.0:9999     for machines that are paired
  tow server run --listen tcp://127.0.0.1:9999   and on the other machine:
      ssh -L 9999:localhost:9999 thor
      tow --addr tcp://localhost:9999 list";

/// How it is run in the foreground.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct RunArgs {
    /// Listen at this address too: tls://ADDRESS:PORT or tcp://127.0.0.1:PORT
    #[arg(long, value_name = "ADDRESS", value_parser = Address::parse)]
    listen: Vec<Address>,

    /// The same as --listen tcp://ADDRESS
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = |text: &str| Address::parse(&format!("tcp://{text}")))]
    listen_tcp: Vec<Address>,
}

impl RunArgs {
    /// All addresses.
    pub(crate) fn addresses(self) -> Vec<Address> {
        [self.listen, self.listen_tcp].concat()
    }
}

/// What to do with the server.
#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Start it; any other command you give does that too, also after a stop
    #[command(after_help = "Examples:\n  tow server start")]
    Start,
    /// Stop it; the panes run on
    #[command(after_help = "Examples:\n  tow server stop\n  tow server stop --kill")]
    Stop {
        /// End the panes too
        #[arg(long)]
        kill: bool,
    },
    /// Stop it and start it again; the panes run on
    #[command(after_help = "Examples:\n  tow server restart")]
    Restart,
    /// Show how it is doing; the exit status is 1 where it doesn't run
    #[command(after_help = "Examples:\n  tow server status\n  tow server status --json | jq .pid")]
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Run it in the foreground, for a service manager or to look for a fault
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Let a client connect by tls: make its secret, and print a code for it
    #[command(after_help = pair::EXAMPLES)]
    Pair(pair::Args),
    /// List the clients that are paired
    #[command(after_help = "Examples:\n  tow server clients")]
    Clients(pair::ClientsArgs),
    /// Let a client connect no more; what it has open is closed
    #[command(after_help = "Examples:\n  tow server revoke old-laptop")]
    Revoke(pair::RevokeArgs),
}

/// How the server is doing.
#[derive(Debug, Serialize)]
struct StatusJson {
    running: bool,
    socket: String,
    #[serde(flatten)]
    running_as: Option<RunningJson>,
}

/// What a server that runs tells of itself.
#[derive(Debug, Serialize)]
struct RunningJson {
    pid: i32,
    version: String,
    id: String,
    started_at: Option<String>,
    panes: u32,
    clients: u32,
    memory_bytes: u64,
    state_dir: String,
    protocol_min: u32,
    protocol_max: u32,
    degraded: Vec<String>,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    match args.what {
        What::Start => start(context).await,
        What::Stop { kill } => stop(context, kill).await,
        What::Restart => restart(context).await,
        What::Status { json } => status(context, json).await,
        What::Pair(args) => pair::pair(context, args),
        What::Clients(args) => pair::clients(context, args),
        What::Revoke(args) => pair::revoke(context, &args),
        // It brings its own runtime, and was started before this one.
        What::Run(_) => Err(CommandError::failed("the server can't be run from here")),
    }
}

async fn start(context: &Context) -> Result<ExitCode, CommandError> {
    let connection = context.connect().await?;
    context.say(format_args!("the server runs (pid {})", connection.server().pid));
    Ok(ExitCode::SUCCESS)
}

async fn stop(context: &Context, kill: bool) -> Result<ExitCode, CommandError> {
    let panes = match context.connect_running().await {
        Ok(Some(connection)) => Some(count_and_stop(context, &connection, kill).await?),
        // Panes outlive their server; only a server can end them.
        Ok(None) if kill && context.paths()?.panes().exists() => {
            Some(count_and_stop(context, &context.connect().await?, kill).await?)
        }
        Ok(None) => {
            context.say("the server does not run");
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) if error.kind == ErrorKind::Version && !kill => {
            terminate(context).await?;
            None
        }
        Err(error) => return Err(error),
    };
    context.say(format_args!("the server has stopped; {}", fate(panes, kill)));
    Ok(ExitCode::SUCCESS)
}

/// Stops the server; how many panes it had that lived.
async fn count_and_stop(
    context: &Context,
    connection: &Connection,
    kill: bool,
) -> Result<usize, CommandError> {
    let list = request::Body::List(v1::List::default());
    let reply::Body::Listed(listed) = connection.request(list).await? else {
        return Err(unexpected());
    };
    shut_down(context, connection, v1::Shutdown { kill, restart: false }).await?;
    // Those of a tmux are not its own, and go on.
    Ok(listed.panes.iter().filter(|pane| !pane.tmux).count())
}

/// What has become of the panes; their number is not known of a server of another version.
fn fate(panes: Option<usize>, killed: bool) -> String {
    match (panes, killed) {
        (None, _) => "the panes run on".into(),
        (Some(0), _) => "no pane was running".into(),
        (Some(1), false) => "1 pane runs on".into(),
        (Some(count), false) => format!("{count} panes run on"),
        (Some(1), true) => "1 pane was ended".into(),
        (Some(count), true) => format!("{count} panes were ended"),
    }
}

async fn restart(context: &Context) -> Result<ExitCode, CommandError> {
    match context.connect_running().await {
        Ok(Some(connection)) => {
            shut_down(context, &connection, v1::Shutdown { kill: false, restart: true }).await?;
        }
        Ok(None) => {}
        Err(error) if error.kind == ErrorKind::Version => terminate(context).await?,
        Err(error) => return Err(error),
    }
    start(context).await
}

/// Ends a server that speaks only other versions of the protocol: signals are the same in all of them.
async fn terminate(context: &Context) -> Result<(), CommandError> {
    let failed = |error| CommandError::io("cannot end the server", &error);
    let peer = connect_unix(&context.socket()?).await.and_then(|stream| stream.peer_cred());
    let pid = peer.map_err(failed)?.pid().and_then(Pid::from_raw);
    let Some(pid) = pid else { return Err(CommandError::failed("the server is no process here")) };
    let process = pidfd_open(pid, PidfdFlags::empty()).map_err(|error| failed(error.into()))?;
    pidfd_send_signal(&process, Signal::TERM).map_err(|error| failed(error.into()))?;
    if has_ended(&process) { Ok(()) } else { Err(slow()) }
}

/// Tells the server to end, and waits until its process has, where that is one of this machine's.
async fn shut_down(
    context: &Context,
    connection: &Connection,
    request: v1::Shutdown,
) -> Result<(), CommandError> {
    let pid = Pid::from_raw(connection.server().pid).filter(|_| context.socket().is_ok());
    let process = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    let body = request::Body::Shutdown(request);
    match connection.request_within(Some(STOP_DEADLINE), body).await {
        // It may be gone before its answer has been read.
        Ok(_) | Err(RequestError::Lost { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    tokio::time::timeout(STOP_DEADLINE, connection.lost()).await.map_err(|_| slow())?;
    match process {
        Some(process) if !has_ended(&process) => Err(slow()),
        _ => Ok(()),
    }
}

fn slow() -> CommandError {
    let message = format!("the server did not end within {} s", STOP_DEADLINE.as_secs());
    CommandError::new(ErrorKind::TimedOut, message).hint("tow server status")
}

/// Waits for the end of a process; `false` where it takes too long.
fn has_ended(process: &OwnedFd) -> bool {
    let deadline =
        Timespec { tv_sec: i64::try_from(STOP_DEADLINE.as_secs()).unwrap_or(i64::MAX), tv_nsec: 0 };
    let mut polled = [PollFd::new(process, PollFlags::IN)];
    rustix::io::retry_on_intr(|| rustix::event::poll(&mut polled, Some(&deadline)))
        .is_ok_and(|ready| ready > 0)
}

async fn status(context: &Context, json: bool) -> Result<ExitCode, CommandError> {
    let socket = context.server_name()?;
    if context.connect_running().await?.is_none() {
        if json {
            output::json(&StatusJson { running: false, socket, running_as: None })?;
        } else {
            output::line("the server does not run")?;
        }
        return Ok(ExitCode::FAILURE);
    }
    let request = request::Body::Status(v1::Status {});
    let reply::Body::Status(status) = context.ask(request, Again::AsItIs).await? else {
        return Err(unexpected());
    };
    if json {
        let running_as = Some(running(status));
        output::json(&StatusJson { running: true, socket, running_as })?;
    } else {
        output::line(in_words(&status, &socket))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn running(status: v1::StatusReply) -> RunningJson {
    RunningJson {
        pid: status.pid,
        version: status.version,
        id: uuid_text(&status.server_id),
        started_at: time::rfc3339(status.started_at),
        panes: status.panes,
        clients: status.clients,
        memory_bytes: status.memory_bytes,
        state_dir: String::from_utf8_lossy(&status.state_dir).into_owned(),
        protocol_min: status.protocol_min,
        protocol_max: status.protocol_max,
        degraded: status.degraded,
    }
}

fn in_words(status: &v1::StatusReply, socket: &str) -> String {
    let mut lines = vec![
        ("running", format!("pid {}, since {}", status.pid, time::local(status.started_at))),
        ("version", status.version.clone()),
        ("id", uuid_text(&status.server_id)),
        ("panes", status.panes.to_string()),
        ("clients", status.clients.to_string()),
        ("memory", bytes_in_words(status.memory_bytes)),
        ("state", String::from_utf8_lossy(&status.state_dir).into_owned()),
        ("socket", socket.to_owned()),
    ];
    lines.extend(status.degraded.iter().map(|fault| ("degraded", fault.clone())));
    let width = terminal_width();
    let line = |(name, value): &(&str, String)| {
        folded(&format!("{name:<9} "), &output::one_line(value), width)
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}
