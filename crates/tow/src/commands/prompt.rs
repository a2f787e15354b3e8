//! `tow prompt`: send a prompt, wait until the agent has answered, print the answer.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;
use towline_agents::State;
use towline_client::RequestError;
use towline_protocol::v1::{self, reply, request, wait};

use super::send::{Manner, Typing, send, steps};
use crate::context::Context;
use crate::duration;
use crate::error::{CommandError, ErrorKind};
use crate::output;
use crate::pane::agent::{asks, doing, state_of};
use crate::pane::target::{by_id, host_of, target_of};
use crate::quote::shell_quoted;
use crate::request::{Again, target, target_to_look_at, unexpected};
use crate::resume::Resume;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "An agent that works is waited for first. One that asks something is left alone, and its question told.

Examples:
  tow prompt app what does src/main.rs do
  tow prompt thor:app --timeout 30m run the tests and say what fails
  tow prompt app --json \"which files did you change?\" | jq -r .answer";

/// How long it may take where nobody says.
const TIMEOUT: Duration = Duration::from_secs(600);

/// The server ends the wait when its time is over; this much later the client does, where no word comes.
const GRACE: Duration = Duration::from_secs(5);

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pane
    #[arg(value_name = "TARGET")]
    target: String,

    /// The prompt; several words are joined by blanks
    #[arg(value_name = "TEXT", required = true)]
    text: Vec<OsString>,

    /// How long to wait before giving up with status 124: 60s, 10m, 2h [default: 10m]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    timeout: Option<Duration>,

    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct AnswerJson<'a> {
    target: &'a str,
    prompt: &'a str,
    answer: &'a str,
    state: String,
    seconds: f64,
}

/// What is waited for.
#[derive(Clone, Copy)]
enum Until {
    /// The agent rests, or can't go on.
    Rest,
    /// The end of the turn that began then.
    Turn(u64),
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    use std::os::unix::ffi::OsStrExt;
    let words: Vec<&[u8]> = args.text.iter().map(|word| word.as_bytes()).collect();
    let text = String::from_utf8(words.join(&b' '))
        .map_err(|_| CommandError::usage("a prompt is text, and this is not UTF-8"))?;
    if text.trim().is_empty() {
        return Err(CommandError::usage("nothing to send: the text is empty"));
    }
    let begun = Instant::now();
    let end = begun + args.timeout.unwrap_or(TIMEOUT);
    let info = request::Body::Info(v1::Info { target: target(&args.target) });
    let reply::Body::Info(mut pane) = context.ask(info, Again::AsItIs).await? else {
        return Err(unexpected());
    };
    if pane.agent.is_none() {
        let message = format!("{} runs no agent that is known", target_of(&pane));
        return Err(CommandError::failed(message).hint("tow list --agents    shows which do"));
    }
    if matches!(state_of(&pane), Some(State::Working | State::Starting)) {
        context.say_more(format!("tow: {} is {}: waiting", target_of(&pane), doing(&pane)));
        pane = wait(context, &pane, &text, Until::Rest, end, &args).await?.0;
    }
    can_be_asked(&pane)?;
    let typing = Typing { text: Some(text.clone().into_bytes()), keys: Vec::new(), enter: true };
    let sure = Manner { sure: true, ..Manner::default() };
    let sent = send(context, &by_id(&pane), steps(&typing), sure).await?;
    let (pane, answer) = wait(context, &pane, &text, Until::Turn(sent.at), end, &args).await?;
    let name = target_of(&pane);
    if state_of(&pane) == Some(State::Blocked) {
        can_be_asked(&pane)?;
    }
    if args.json {
        output::json(&AnswerJson {
            target: &name,
            prompt: &text,
            answer: &answer,
            state: doing(&pane),
            seconds: begun.elapsed().as_secs_f64(),
        })?;
    } else if answer.is_empty() {
        context.say(format!("tow: {name} has ended its turn, and no answer of it can be read"));
        context.say(format!("hint: tow peek {}", shell_quoted(&name)));
    } else {
        output::line(answer)?;
    }
    match state_of(&pane) {
        Some(State::Exited) => Err(CommandError::failed(format!("the agent in {name} has ended"))),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Whether the agent is there and asks nothing.
fn can_be_asked(pane: &v1::Pane) -> Result<(), CommandError> {
    let name = target_of(pane);
    let quoted = shell_quoted(&name);
    match state_of(pane) {
        Some(State::Blocked) => {
            let asks = asks(pane).unwrap_or_else(|| "it is blocked".into());
            let permission = pane.agent.as_ref().is_some_and(|agent| agent.reason == "permission");
            let error = CommandError::failed(format!("{name} waits for a person: {asks}"));
            Err(match permission {
                true => error.hint(format!("tow approve {quoted}    or: tow deny {quoted}")),
                false => error.hint(format!("tow attach {quoted}    to answer it")),
            })
        }
        Some(State::Exited) => Err(CommandError::failed(format!("the agent in {name} has ended"))
            .hint(format!("tow peek {quoted}    shows what it printed last"))),
        _ => Ok(()),
    }
}

/// Waits on, across lost connections; the pane and the answer.
async fn wait(
    context: &Context,
    pane: &v1::Pane,
    prompt: &str,
    until: Until,
    end: Instant,
    args: &Args,
) -> Result<(v1::Pane, String), CommandError> {
    let mut resume = Resume::default();
    let mut connection = context.connect().await?;
    let late = || {
        let within = duration::words(args.timeout.unwrap_or(TIMEOUT));
        let message = match until {
            Until::Rest => format!("{} was not idle within {within}", target_of(pane)),
            Until::Turn(_) => format!("{} has not answered within {within}", target_of(pane)),
        };
        let peek = format!("tow peek {}", shell_quoted(&target_of(pane)));
        CommandError::new(ErrorKind::TimedOut, message).hint(peek)
    };
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let rest = [State::Idle, State::Blocked, State::Exited];
        let asked = v1::Wait {
            target: target_to_look_at(&by_id(pane)),
            until: Some(match until {
                Until::Rest => wait::Until::States(v1::States {
                    states: rest.iter().map(|state| state.name().to_owned()).collect(),
                }),
                Until::Turn(at) => wait::Until::Turn(at),
            }),
            // 0 would be for ever.
            timeout_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1),
            since: 0,
            prompt: prompt.to_owned(),
        };
        let wait = request::Body::Wait(asked);
        let failed = match connection.request_within(Some(left + GRACE), wait).await {
            Ok(reply::Body::Waited(waited)) => {
                let pane = waited.pane.unwrap_or_default();
                return Ok((pane, waited.answer));
            }
            Ok(_) => return Err(unexpected()),
            Err(failed) => failed,
        };
        let again = async {
            match failed {
                RequestError::Lost { .. } => {
                    resume.again(context, &connection, host_of(pane)).await
                }
                RequestError::Remote(error) if error.kind() == v1::ErrorKind::Unreachable => {
                    resume.away(&error).await;
                    Ok(connection.clone())
                }
                RequestError::Timeout => Err(late()),
                RequestError::Remote(error) if error.kind() == v1::ErrorKind::TimedOut => {
                    Err(late())
                }
                error => Err(error.into()),
            }
        };
        connection = tokio::time::timeout_at(end, again).await.map_err(|_| late())??;
    }
}
