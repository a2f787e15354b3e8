//! `tow send --when idle`: leaving a prompt with the pane's host.

use std::process::ExitCode;

use serde::Serialize;
use towline_protocol::v1::{self, reply, request};

use super::{Args, Typing, in_words};
use crate::commands::queue::{QueuedJson, id_of, is_held};
use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::pane::target::on_host;
use crate::request::{Again, target, unexpected};

/// What became of one.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum LeftJson<'a> {
    Left(QueuedJson<'a>),
    Refused { target: &'a str, error: &'a str },
}

/// Leaves it for each of the targets, and tells where.
///
/// # Errors
/// Why it can't be left, where there is one target; of several each is told of.
pub(super) async fn leave(
    context: &Context,
    args: &Args,
    typing: &Typing,
    id: Option<[u8; 16]>,
) -> Result<ExitCode, CommandError> {
    let text = typing.text.clone().unwrap_or_default();
    let text = String::from_utf8(text).map_err(|_| {
        CommandError::usage("what is left for an agent is text, and this is not UTF-8")
    })?;
    let targets = args.targets();
    let mut outcomes = Vec::new();
    for wanted in &targets {
        outcomes.push(enqueue(context, wanted, &text, id).await);
    }
    let failed = outcomes.iter().any(Result::is_err);
    if args.json {
        let of = |(target, outcome): (&'_ String, &Result<v1::Queued, CommandError>)| match outcome
        {
            Ok(item) => serde_json::to_value(LeftJson::Left(QueuedJson::of(item))),
            Err(error) => serde_json::to_value(LeftJson::Refused { target, error: &error.message }),
        };
        let all = targets.iter().zip(&outcomes).map(of).collect::<Result<Vec<_>, _>>();
        let mut all =
            all.map_err(|error| CommandError::failed(format!("cannot write JSON: {error}")))?;
        match (args.remote.is_empty(), failed) {
            (true, false) => output::json(&all.pop())?,
            (true, true) => {}
            (false, _) => output::json(&all)?,
        }
    }
    for (target, outcome) in targets.iter().zip(outcomes) {
        match outcome {
            Ok(item) if !args.json && !context.globals.quiet => output::line(told(&item, typing))?,
            Ok(_) => {}
            Err(error) if args.remote.is_empty() => return Err(error),
            Err(error) if !args.json => {
                let target = output::one_line(target);
                output::line(format!("failed → {target}: {}", output::one_line(&error.message)))?;
            }
            Err(_) => {}
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn enqueue(
    context: &Context,
    wanted: &str,
    text: &str,
    id: Option<[u8; 16]>,
) -> Result<v1::Queued, CommandError> {
    let request = v1::Enqueue { target: target(wanted), text: text.to_owned() };
    let again = id.map_or(Again::WithKey, Again::WithThisKey);
    match context.ask(request::Body::Enqueue(request), again).await? {
        reply::Body::Enqueued(v1::Enqueued { item: Some(item) }) => Ok(item),
        _ => Err(unexpected()),
    }
}

fn told(item: &v1::Queued, typing: &Typing) -> String {
    let target = output::one_line(&on_host(&item.host, &item.name));
    let place = match (item.held_here, is_held(item)) {
        (_, true) => format!(" here, until {} is back", output::one_line(&item.host)),
        (true, false) => " here".to_owned(),
        (false, false) => String::new(),
    };
    format!("queued{place} → {target}: {} (prompt {})", in_words(typing), id_of(item))
}
