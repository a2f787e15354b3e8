//! `tow send`: type into a pane.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::ExitCode;

use serde::Serialize;
use tokio::time::Instant;
use towline_client::{Connection, RequestError};
use towline_protocol::v1::{self, reply, request, send_step};

use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;
use crate::pane::target::{on_host, target_of};
use crate::quote::{controls_escaped, shell_quoted};
use crate::request::{random_id, target, unexpected};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow send app run the tests         types it and presses Enter
  tow send app /status
  tow send app -- --help             a text that begins with -
  tow send app --key C-c             keys: Enter, Escape, Tab, Up, F5, C-c, M-x …
  tow send app --no-enter \"half a line\"
  tow send app --stdin < prompt.md";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pane
    #[arg(value_name = "TARGET")]
    target: String,

    /// The text, typed literally; several are joined by blanks
    #[arg(value_name = "TEXT")]
    text: Vec<OsString>,

    /// A key to press, after the text; may be repeated, and then Enter is pressed only if named
    #[arg(short, long, value_name = "KEY")]
    key: Vec<String>,

    /// Don't press Enter after the text
    #[arg(long)]
    no_enter: bool,

    /// Take the text from standard input
    #[arg(long, conflicts_with = "text")]
    stdin: bool,

    /// Print what was sent as JSON
    #[arg(long)]
    json: bool,
}

/// What was sent.
#[derive(Debug, Serialize)]
struct SentJson<'a> {
    target: &'a str,
    id: String,
    text: Option<&'a str>,
    keys: &'a [String],
    enter: bool,
}

/// The most bytes of a text: what one request carries, and room for the rest of it.
const TEXT_MAX: usize = towline_protocol::FRAME_CAP - 1024 * 1024;

/// What is to be typed.
#[derive(Debug, PartialEq, Eq)]
struct Typing {
    text: Option<Vec<u8>>,
    keys: Vec<String>,
    enter: bool,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let typing = typing(&args, || {
        let mut text = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut text);
        read.map_err(|error| CommandError::io("cannot read standard input", &error))?;
        Ok(text)
    })?;
    let sent = send(context, &args.target, steps(&typing)).await?;
    let pane = sent.pane.unwrap_or_default();
    let (target, text) = (target_of(&pane), typing.text.as_deref().map(String::from_utf8_lossy));
    if args.json {
        output::json(&SentJson {
            target: &target,
            id: format!("%{}", pane.id),
            text: text.as_deref(),
            keys: &typing.keys,
            enter: typing.enter,
        })?;
    } else if !context.globals.quiet {
        output::line(format!("sent → {}: {}", output::one_line(&target), in_words(&typing)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What the arguments ask to type.
fn typing(
    args: &Args,
    stdin: impl FnOnce() -> Result<Vec<u8>, CommandError>,
) -> Result<Typing, CommandError> {
    let text = if args.stdin {
        let mut text = stdin()?;
        // The last line's end is the Enter that follows.
        if !args.no_enter && text.last() == Some(&b'\n') {
            text.pop();
        }
        Some(text)
    } else if args.text.is_empty() {
        None
    } else {
        let parts: Vec<&[u8]> = args.text.iter().map(|part| part.as_bytes()).collect();
        Some(parts.join(&b' '))
    };
    if text.is_none() && args.key.is_empty() {
        return Err(CommandError::usage("nothing to send: no TEXT, no --key, no --stdin")
            .hint("tow send --help"));
    }
    // A variable or a file that is empty by mistake must not press Enter.
    if text.as_ref().is_some_and(Vec::is_empty) && args.key.is_empty() {
        let target = shell_quoted(&args.target);
        return Err(CommandError::usage("nothing to send: the text is empty")
            .hint(format!("tow send {target} --key Enter    presses Enter alone")));
    }
    if let Some(text) = text.as_ref().filter(|text| text.len() > TEXT_MAX) {
        let message = format!("{} bytes are too many to type: {TEXT_MAX} go at once", text.len());
        return Err(CommandError::usage(message).hint("send the name of a file that holds them"));
    }
    let enter = text.is_some() && args.key.is_empty() && !args.no_enter;
    Ok(Typing { text, keys: args.key.clone(), enter })
}

/// The steps that type it: one transaction for the pane.
fn steps(typing: &Typing) -> Vec<v1::SendStep> {
    let text = typing.text.clone().filter(|text| !text.is_empty()).map(|text| {
        match String::from_utf8(text) {
            Ok(text) => send_step::Step::Text(text),
            // A name in an old encoding, say: bytes are all that is known of it.
            Err(error) => send_step::Step::Raw(error.into_bytes()),
        }
    });
    let enter = typing.enter.then(|| "Enter".to_owned());
    let keys = typing.keys.iter().cloned().chain(enter).map(send_step::Step::Key);
    let mut steps: Vec<v1::SendStep> = text
        .into_iter()
        .chain(keys)
        .map(|step| v1::SendStep { step: Some(step), calm: false })
        .collect();
    // A program that is still taking in the text would take an Enter for a part of it.
    if let [_, .., enter] = steps.as_mut_slice() {
        enter.calm = typing.enter;
    }
    steps
}

/// Types, and types nothing twice when the connection is lost: the pane knows what it has written for this id.
async fn send(
    context: &Context,
    text: &str,
    steps: Vec<v1::SendStep>,
) -> Result<v1::Sent, CommandError> {
    let end = Instant::now() + context.step_timeout();
    let client = random_id()?.to_vec();
    let mut connection = context.connect().await?;
    let mut opened = None;
    loop {
        match send_once(&connection, text, &client, &steps, &mut opened).await {
            Err(Failure::Lost(lost)) => {
                let patience = end.saturating_duration_since(Instant::now());
                let outcome = match patience.is_zero() {
                    true => Err(CommandError::from(lost)),
                    false => context.reconnect(connection.goodbye(), patience).await,
                };
                connection = outcome.map_err(|error| match opened {
                    Some(_) => unknown(text, &error.message),
                    None => error,
                })?;
            }
            Err(Failure::Told(error)) => return Err(error),
            Ok(sent) => return Ok(sent),
        }
    }
}

enum Failure {
    Lost(RequestError),
    Told(CommandError),
}

async fn send_once(
    connection: &Connection,
    text: &str,
    client: &[u8],
    steps: &[v1::SendStep],
    opened: &mut Option<String>,
) -> Result<v1::Sent, Failure> {
    let place = match opened {
        Some(pane) => target(pane),
        None => target(text),
    };
    let again = opened.is_some();
    let open = v1::OpenInput { target: place, client: client.to_vec(), again };
    let reply = match connection.request(request::Body::OpenInput(open)).await {
        // The text was sent before the connection was lost.
        Err(RequestError::Timeout) if again => return Err(Failure::Told(late(text))),
        reply => reply.map_err(failure)?,
    };
    let reply::Body::InputOpened(input) = reply else {
        return Err(Failure::Told(unexpected()));
    };
    if input.unknown {
        return Err(Failure::Told(unknown(text, "the pane no longer knows this input")));
    }
    let pane = on_host(&input.host, &format!("%{}", input.pane));
    let send =
        v1::Send { target: target(&pane), client: client.to_vec(), seq: 1, steps: steps.to_vec() };
    *opened = Some(pane);
    match connection.request(request::Body::Send(send)).await {
        Ok(reply::Body::Sent(sent)) => Ok(sent),
        Ok(_) => Err(Failure::Told(unexpected())),
        // It is on its way, and nothing calls it back.
        Err(RequestError::Timeout) => Err(Failure::Told(late(text))),
        Err(error) => Err(failure(error)),
    }
}

fn failure(error: RequestError) -> Failure {
    match error {
        lost @ RequestError::Lost { .. } => Failure::Lost(lost),
        RequestError::Remote(error) if error.kind() == v1::ErrorKind::LineTooLong => {
            let mut error = CommandError::from(error);
            if error.hints.is_empty() {
                error = error.hint("send it in shorter lines, or as a file the program can read");
            }
            Failure::Told(error)
        }
        error => Failure::Told(error.into()),
    }
}

/// It was sent to the pane called `target`, and no word came back in time.
fn late(target: &str) -> CommandError {
    unknown(target, "the server did not answer in time, and may type it yet")
}

fn unknown(target: &str, why: &str) -> CommandError {
    let message = format!("nobody can say whether the text was typed: {why}");
    let target = shell_quoted(target);
    CommandError::new(ErrorKind::OutcomeUnknown, message)
        .hint(format!("tow peek {target}    shows what arrived, before you repeat it"))
}

/// What was sent, as its confirmation shows it.
fn in_words(typing: &Typing) -> String {
    /// A confirmation is one line.
    const SHOWN: usize = 200;
    let mut words = Vec::new();
    if let Some(text) = &typing.text {
        let text = OsString::from_vec(text.clone()).to_string_lossy().into_owned();
        let mut short: String = text.chars().take(SHOWN).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        words.push(format!(
            "\"{}\"",
            controls_escaped(&short.replace('\\', r"\\").replace('"', "\\\""))
        ));
    }
    words.extend(typing.keys.iter().map(|key| output::one_line(key)));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> Args {
        use clap::Parser;
        #[derive(Parser)]
        struct Line {
            #[command(flatten)]
            args: Args,
        }
        Line::parse_from(["send", "x"].iter().chain(words)).args
    }

    fn told(words: &[&str], stdin: &str) -> String {
        let typing = match typing(&args(words), || Ok(stdin.into())) {
            Ok(typing) => typing,
            Err(error) => return error.message,
        };
        let show = |step: &v1::SendStep| {
            let calm = if step.calm { " when calm" } else { "" };
            match step.step.clone().unwrap() {
                send_step::Step::Text(text) => format!("text {text:?}{calm}"),
                send_step::Step::Key(key) => format!("key {key}{calm}"),
                send_step::Step::Raw(raw) => format!("raw {raw:?}{calm}"),
            }
        };
        steps(&typing).iter().map(show).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn words_become_steps() {
        for (words, stdin, expected) in [
            (vec!["/status"], "", r#"text "/status", key Enter when calm"#),
            (vec!["run", "the tests"], "", r#"text "run the tests", key Enter when calm"#),
            (vec!["--", "-x"], "", r#"text "-x", key Enter when calm"#),
            (vec!["half", "--no-enter"], "", r#"text "half""#),
            (vec!["--key", "C-c"], "", "key C-c"),
            (vec!["y", "--key", "Tab", "--key", "Enter"], "", r#"text "y", key Tab, key Enter"#),
            (vec![""], "", "nothing to send: the text is empty"),
            (vec!["", "--no-enter"], "", "nothing to send: the text is empty"),
            (vec!["--stdin"], "", "nothing to send: the text is empty"),
            (vec!["--stdin"], "\n", "nothing to send: the text is empty"),
            (vec!["", "--key", "Enter"], "", "key Enter"),
            (vec!["--stdin"], "a\nb\n", r#"text "a\nb", key Enter when calm"#),
            (vec!["--stdin", "--no-enter"], "a\n", r#"text "a\n""#),
            (vec![], "", "nothing to send: no TEXT, no --key, no --stdin"),
        ] {
            assert_eq!(told(&words, stdin), expected, "{words:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_sent_as_bytes() {
        let typing = Typing { text: Some(vec![0xff]), keys: vec![], enter: false };
        assert_eq!(steps(&typing)[0].step, Some(send_step::Step::Raw(vec![0xff])));
    }

    #[test]
    fn a_confirmation_is_one_line() {
        for (text, keys, expected) in [
            (Some("/status"), vec![], r#""/status""#),
            (Some("a\n\"b\" ü\x1b"), vec![], r#""a\n\"b\" ü\u{1b}""#),
            (None, vec!["Escape", "C-c"], "Escape C-c"),
            (Some("y"), vec!["Tab"], r#""y" Tab"#),
        ] {
            let typing = Typing {
                text: text.map(|text| text.as_bytes().to_vec()),
                keys: keys.into_iter().map(str::to_owned).collect(),
                enter: false,
            };
            assert_eq!(in_words(&typing), expected);
        }
        let long = Typing { text: Some(vec![b'x'; 300]), keys: vec![], enter: true };
        assert_eq!(in_words(&long).chars().count(), 203);
    }
}
