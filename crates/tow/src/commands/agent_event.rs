//! `tow agent-event`: what an agent's hook runs, to tell the pane's server what happens.
//!
//! It must never stand in an agent's way: it starts no server, waits for nothing long, prints nothing that an agent would read, and ends
//! with 0 whatever goes wrong.

use std::io::{IsTerminal, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use towline_protocol::v1::{self, request};

use crate::context::Context;
use crate::error::CommandError;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Agents run this by their hooks. Outside a pane it does nothing.

Examples:
  echo '{\"hook_event_name\":\"Stop\"}' | tow agent-event claude";

/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest event that is read. A tool's whole output may be in it.
const LONGEST: u64 = 4 << 20;

/// Names a file to which each event is added as a line of JSON, for those who record agents or look for what their hooks tell.
/// (Variables that begin with `TOWLINE_` are the server's to set: a pane gets no others of them.)
const WRITTEN: &str = "TOW_EVENTS_FILE";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The kind of agent (claude, codex, gemini, opencode)
    kind: String,
    /// The event, as JSON; without it, what standard input says
    event: Option<String>,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    match tokio::time::timeout(PATIENCE, tell(context, args)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => context.say_more(format!("tow: {error}")),
        Err(_) => context.say_more("tow: the server did not take the event in time"),
    }
    Ok(ExitCode::SUCCESS)
}

async fn tell(context: &Context, args: Args) -> Result<(), CommandError> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let pane = variable("TOWLINE_PANE").and_then(|text| text.strip_prefix('%')?.parse().ok());
    let (Some(pane), Some(secret)) = (pane, variable("TOWLINE_SECRET")) else {
        context.say_more("tow: not in a pane of Towline's: nobody is told");
        return Ok(());
    };
    let event = match args.event {
        Some(event) => event.into_bytes(),
        None => read().await,
    };
    if let Some(file) = variable(WRITTEN) {
        write_down(&file, &args.kind, &event);
    }
    let pid = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
    let body = v1::AgentEvent { pane, secret, kind: args.kind, event, pid };
    let Some(connection) = context.connect_running().await? else {
        context.say_more("tow: no server runs: nobody is told");
        return Ok(());
    };
    connection.request_on("", request::Body::AgentEvent(body)).await?;
    Ok(())
}

/// Adds a line to the file. What can't be written is not missed by any agent.
fn write_down(file: &str, kind: &str, event: &[u8]) {
    let Ok(event) = serde_json::from_slice::<serde_json::Value>(event) else { return };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let at = now.map_or(0, |since| since.as_micros());
    let line = format!("{}\n", serde_json::json!({ "at": at, "kind": kind, "event": event }));
    if let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(file) {
        let _ = file.write_all(line.as_bytes());
    }
}

/// Standard input, on a thread of its own: a hook whose input is never closed must end all the same.
async fn read() -> Vec<u8> {
    if std::io::stdin().is_terminal() {
        return Vec::new();
    }
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut event = Vec::new();
        let _ = std::io::stdin().lock().take(LONGEST).read_to_end(&mut event);
        let _ = tell.send(event);
    });
    told.await.unwrap_or_default()
}
