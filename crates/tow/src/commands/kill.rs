//! `tow kill`: end panes and remove them, or send them a signal.

use std::process::ExitCode;

use serde::Serialize;
use towline_client::target::id_text;
use towline_protocol::v1::{self, reply, request};

use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::pane::target::{self, on_host};
use crate::request::{Again, unexpected};
use crate::signals;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow kill app                       ends all that runs in it, and removes it
  tow kill app notes agents:3.0
  tow kill app --signal INT          as Ctrl-C would";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The panes; also those that have ended
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<String>,

    /// Send this signal to what runs in the foreground, and remove the pane if that ends it
    #[arg(short, long, value_name = "SIGNAL", value_parser = signals::parse, allow_hyphen_values = true)]
    signal: Option<i32>,

    /// Print what was done to each as JSON
    #[arg(long)]
    json: bool,
}

/// What became of one target.
#[derive(Debug, Serialize)]
struct KilledJson {
    target: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    removed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Runs the verb: each target is tried, whatever became of those before.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let mut document = Vec::new();
    let mut failures = Vec::new();
    for target in &args.targets {
        let outcome = kill(context, target, args.signal.unwrap_or_default()).await;
        if args.json {
            document.push(in_json(target, &outcome));
        } else if let Ok(killed) = &outcome {
            output::line(in_words(killed, args.signal))?;
        }
        failures.extend(outcome.err());
    }
    if args.json {
        output::json(&document)?;
    }
    // The failure of an only target has its own exit status; of several, some may have been done.
    match (args.targets.len(), failures.pop()) {
        (_, None) => Ok(ExitCode::SUCCESS),
        (1, Some(failure)) => Err(failure),
        (_, Some(last)) => {
            failures.push(last);
            failures.iter().for_each(output::error);
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Ends a pane, and removes it.
///
/// # Errors
/// Where it can't be reached.
pub(crate) async fn by_id(context: &Context, pane: &v1::Pane) -> Result<v1::Killed, CommandError> {
    kill(context, &target::by_id(pane), 0).await
}

async fn kill(context: &Context, target: &str, signal: i32) -> Result<v1::Killed, CommandError> {
    let target = v1::Target { text: target.to_owned(), allow_prefix: false, allow_ended: true };
    if signal != 0 {
        let request = v1::Kill { target: Some(target), signal };
        return match context.ask(request::Body::Kill(request), Again::AsItIs).await? {
            reply::Body::Killed(killed) => Ok(killed),
            _ => Err(unexpected()),
        };
    }
    // By its id: asked again after a lost connection, a name might mean another pane, that ended before.
    let info = request::Body::Info(v1::Info { target: Some(target) });
    let reply::Body::Info(pane) = context.ask(info, Again::AsItIs).await? else {
        return Err(unexpected());
    };
    let by_id = v1::Target { text: target::by_id(&pane), allow_prefix: false, allow_ended: true };
    let request = v1::Kill { target: Some(by_id), signal };
    match context.ask(request::Body::Kill(request), Again::UntilGone).await? {
        reply::Body::Killed(killed) => Ok(killed),
        reply::Body::Done(_) => Ok(v1::Killed { pane: Some(pane), removed: true }),
        _ => Err(unexpected()),
    }
}

fn in_words(killed: &v1::Killed, signal: Option<i32>) -> String {
    let pane = killed.pane.clone().unwrap_or_default();
    let name = output::one_line(&on_host(&pane.host, &pane.name));
    match signal {
        Some(signal) if !killed.removed => format!("sent {} to {name}", signals::name(signal)),
        Some(signal) => format!("ended {name} by {}", signals::name(signal)),
        None => format!("killed {name}"),
    }
}

fn in_json(target: &str, outcome: &Result<v1::Killed, CommandError>) -> KilledJson {
    let id = |killed: &v1::Killed| Some(id_text(killed.pane.as_ref()?.id));
    KilledJson {
        target: target.to_owned(),
        id: outcome.as_ref().ok().and_then(id),
        removed: outcome.as_ref().is_ok_and(|killed| killed.removed),
        error: outcome.as_ref().err().map(ToString::to_string),
    }
}
