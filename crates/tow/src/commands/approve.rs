//! `tow approve` and `tow deny`: answer a permission prompt.

use std::process::ExitCode;

use serde::Serialize;
use towline_protocol::v1::{self, reply, request};

use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::pane::agent::{asks, doing, state_of};
use crate::pane::target::{by_id, target_of};
use crate::quote::shell_quoted;
use crate::request::{Again, random_id, target, unexpected};

/// The end of the help of `approve`.
pub(crate) const APPROVE: &str =
    "It allows what the agent asks once, and only while it asks what is shown.

Examples:
  tow approve app
  tow approve thor:app loki:web      a line for each";

/// The end of the help of `deny`.
pub(crate) const DENY: &str = "Examples:
  tow deny app
  tow deny app && tow send app \"use the other folder\"";

/// Rows of the screen that are shown where the question isn't known in words.
const ROWS: u32 = 12;

/// What the verbs take.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The panes
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<String>,

    /// Print what was answered as JSON
    #[arg(long)]
    json: bool,
}

/// What became of one target.
struct Answered {
    /// In the form that is a target.
    target: String,
    /// What it asked.
    question: String,
    /// What it does since then.
    now: String,
}

#[derive(Debug, Serialize)]
struct AnsweredJson<'a> {
    target: &'a str,
    answer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// Runs either verb: each target is tried, whatever became of those before.
pub(crate) async fn run(
    context: &Context,
    args: Args,
    approve: bool,
) -> Result<ExitCode, CommandError> {
    let (answer_word, done) = if approve { ("approve", "approved") } else { ("deny", "denied") };
    let mut outcomes = Vec::new();
    for wanted in &args.targets {
        let outcome = answer(context, wanted, approve, args.json).await;
        if let (Ok(answered), false, false) = (&outcome, args.json, context.globals.quiet) {
            let Answered { target, question, now } = answered;
            let question = match question.as_str() {
                "" => String::new(),
                question => format!(": {}", output::one_line(question)),
            };
            output::line(format!("{done} → {}{question} ({now})", output::one_line(target)))?;
        }
        outcomes.push(outcome);
    }
    if args.json {
        let in_json = |(wanted, outcome): (&'_ String, &Result<Answered, CommandError>)| {
            let answered = outcome.as_ref().ok();
            serde_json::to_value(AnsweredJson {
                target: answered.map_or(wanted.as_str(), |answered| &answered.target),
                answer: answer_word,
                question: answered.map(|answered| answered.question.as_str()),
                error: outcome.as_ref().err().map(|error| error.message.as_str()),
            })
        };
        let document = args.targets.iter().zip(&outcomes).map(in_json);
        let document = document
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| CommandError::failed(format!("cannot write JSON: {error}")))?;
        output::json(&document)?;
    }
    let only = outcomes.len() == 1;
    let mut failures: Vec<CommandError> = outcomes.into_iter().filter_map(Result::err).collect();
    match failures.pop() {
        None => Ok(ExitCode::SUCCESS),
        // The failure of an only target has its own exit status; of several, some were answered.
        Some(failure) if only => Err(failure),
        Some(last) => {
            failures.push(last);
            failures.iter().for_each(output::error);
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn answer(
    context: &Context,
    wanted: &str,
    approve: bool,
    quiet: bool,
) -> Result<Answered, CommandError> {
    let info = request::Body::Info(v1::Info { target: target(wanted) });
    let reply::Body::Info(pane) = context.ask(info, Again::AsItIs).await? else {
        return Err(unexpected());
    };
    let name = target_of(&pane);
    let agent = asking(&pane, &name)?;
    let question = asks(&pane).unwrap_or_default();
    if !quiet {
        show(context, &pane, &name, &agent.question).await?;
    }
    let request = v1::Answer {
        target: target(&by_id(&pane)),
        approve,
        client: random_id()?.to_vec(),
        since: agent.since,
        question: agent.question.clone(),
    };
    // Its keys have an id of their own, so that nothing is pressed twice.
    let reply = context.ask(request::Body::Answer(request), Again::AsItIs).await?;
    let reply::Body::Sent(sent) = reply else { return Err(unexpected()) };
    Ok(Answered { target: name, question, now: sent.taken })
}

/// The agent, where it asks for leave.
fn asking<'a>(pane: &'a v1::Pane, name: &str) -> Result<&'a v1::Agent, CommandError> {
    let Some(agent) = &pane.agent else {
        return Err(CommandError::failed(format!("{name} runs no agent that is known"))
            .hint("tow list --agents    shows which do"));
    };
    if state_of(pane) == Some(towline_agents::State::Blocked) && agent.reason == "permission" {
        return Ok(agent);
    }
    let hint = format!("tow attach {}    to answer it", shell_quoted(name));
    Err(match asks(pane) {
        Some(asks) => {
            CommandError::failed(format!("{name} asks for no leave, but waits: {asks}")).hint(hint)
        }
        None => CommandError::failed(format!("{name} asks for nothing: it is {}", doing(pane))),
    })
}

/// Shows what is about to be answered.
async fn show(
    context: &Context,
    pane: &v1::Pane,
    name: &str,
    question: &str,
) -> Result<(), CommandError> {
    let name = output::one_line(name);
    if !question.is_empty() {
        context.say(format!("{name} asks: {}", output::one_line(question)));
        return Ok(());
    }
    let target = target(&by_id(pane));
    let peek = v1::Peek { target, lines: ROWS, ..v1::Peek::default() };
    if let reply::Body::Peeked(peeked) =
        context.ask(request::Body::Peek(peek), Again::AsItIs).await?
    {
        context.say(format!("{name} asks:"));
        peeked.lines.iter().for_each(|line| context.say(format!("  {line}")));
    }
    Ok(())
}
