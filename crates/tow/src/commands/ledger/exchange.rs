//! `tow ledger exchange`: make ledgers the same as another host's, which the server does by itself when they change.

use std::io::{Read, Write};
use std::process::ExitCode;

use serde::Serialize;
use towline_dispatch::remote::{self, Brought, Known};
use towline_dispatch::sling::Said;
use towline_ledger::Ledgers;
use towline_ledger::place::Env;

use crate::commands::host;
use crate::commands::nudge;
use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::{output, work};

/// The end of the verb's help.
pub(super) const EXAMPLES: &str =
    "Ledgers of towns whose workers are on other hosts are exchanged by the server, whenever they
change on either side, for as long as there is a link to the host. This does it now, and
says what stands in the way; work for a host that was away goes there, too.

Examples:
  tow ledger exchange                with all hosts that work for this machine's towns
  tow ledger exchange thor";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A host, or an exchange's id [default: all]
    #[arg(value_name = "HOST")]
    with: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,

    /// Answer another host's tow, on standard input and output
    #[arg(long, hide = true, conflicts_with_all = ["with", "json"])]
    serve: bool,
}

#[derive(Debug, Serialize)]
struct ExchangedJson {
    id: String,
    host: String,
    town: String,
    workers: Vec<String>,
    came: usize,
    went: usize,
    branches: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    if args.serve {
        return serve(context).await;
    }
    let paths = context.paths()?;
    let mut all: Vec<Known> = remote::known(paths);
    all.retain(|one| !one.host.is_empty());
    if let Some(with) = &args.with {
        all.retain(|one| one.host == *with || one.id == *with);
        if all.is_empty() {
            let with = output::one_line(with);
            let message = format!("nothing is exchanged with {with}");
            return Err(CommandError::new(ErrorKind::NotFound, message)
                .hint("tow sling ISSUE RIG --host HOST    has work done there"));
        }
    }
    if all.is_empty() && !args.json {
        context.say("nothing is exchanged with other hosts");
    }
    let mut told = Vec::new();
    let mut failure = None;
    for one in all {
        let outcome = exchange(context, &one).await;
        let mut json = ExchangedJson {
            town: one.town.display().to_string(),
            id: one.id,
            host: one.host,
            workers: one.workers,
            came: 0,
            went: 0,
            branches: Vec::new(),
            error: None,
        };
        match outcome {
            Ok(brought) => {
                if !args.json {
                    context.say(line(&json.host, &brought));
                }
                (json.came, json.went, json.branches) =
                    (brought.came, brought.went, brought.branches);
            }
            Err(error) => {
                json.error = Some(error.message.clone());
                // Each is tried; the last failure is the command's, those before it are told at once.
                if let Some(before) = failure.replace(error) {
                    context.say(format_args!("tow: {before}"));
                }
            }
        }
        told.push(json);
    }
    if args.json {
        output::json(&told)?;
    }
    match failure {
        Some(error) => Err(error),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// One exchange.
async fn exchange(context: &Context, one: &Known) -> Result<Brought, CommandError> {
    let host = host::host(&host::hosts(context)?, &one.host)?;
    // Nobody sits in any of its folders: what is in the environment of whoever runs this says nothing about the town.
    let ledgers = Ledgers::find(&one.town, Env::default());
    let connection = match one.owed.is_empty() {
        true => nudge::reach(context).await,
        false => context.connect().await.map_err(|error| error.message),
    };
    let there = (host, context.dial_options()?);
    let settings = work::settings()?;
    let mut say = |said| match said {
        Said::Line(text) | Said::Remark(text) => context.say(output::one_line(&text)),
    };
    let paths = context.paths()?;
    Ok(remote::exchange_now(paths, &one.id, there, &ledgers, &settings, connection, &mut say)
        .await?)
}

fn line(host: &str, brought: &Brought) -> String {
    let issues =
        |count: usize| if count == 1 { "1 issue".to_owned() } else { format!("{count} issues") };
    let mut line = format!("{host}: ↓ {}, ↑ {}", issues(brought.came), issues(brought.went));
    if !brought.branches.is_empty() {
        line.push_str(&format!("; branches {}", brought.branches.join(", ")));
    }
    line
}

/// Answers the tow of another host: one question, one answer.
async fn serve(context: &Context) -> Result<ExitCode, CommandError> {
    let mut input = Vec::new();
    let broken = |error: &std::io::Error| CommandError::io("cannot speak to the other host", error);
    std::io::stdin().lock().read_to_end(&mut input).map_err(|error| broken(&error))?;
    let served = remote::serve(&input, context.paths()?, &work::settings()?);
    {
        let mut stdout = std::io::stdout().lock();
        let written = stdout.write_all(&served.answer).and_then(|()| stdout.flush());
        written.map_err(|error| broken(&error))?;
    }
    if served.has_news() {
        let connection = nudge::reach(context).await;
        served.deliver(connection.as_ref().ok()).await;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_and_went_is_counted() {
        let brought = |came, went, branches: &[&str]| Brought {
            came,
            went,
            branches: branches.iter().map(|branch| (*branch).to_owned()).collect(),
        };
        assert_eq!(line("thor", &brought(1, 0, &[])), "thor: ↓ 1 issue, ↑ 0 issues");
        let with = brought(2, 1, &["demo: polecat/Toast"]);
        assert_eq!(
            line("thor", &with),
            "thor: ↓ 2 issues, ↑ 1 issue; branches demo: polecat/Toast"
        );
    }
}
