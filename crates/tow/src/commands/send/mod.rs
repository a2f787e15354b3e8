//! `tow send`: type into a pane.

mod deliver;
mod many;
mod typing;

use std::ffi::OsString;
use std::io::Read;
use std::process::ExitCode;

use serde::Serialize;
use towline_client::target::id_text;

use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::pane::target::{on_host, target_of};

pub(crate) use deliver::send;
pub(crate) use many::{Delivery, report, to_many};
pub(crate) use typing::{Typing, in_words, steps};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow send app run the tests         types it and presses Enter
  tow send app /status
  tow send thor:app run the tests
  tow send --remote thor,loki app /compact
                                     into the pane app of each of these hosts
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

    /// The pane of that name on each of these hosts
    #[arg(long, value_name = "HOST,…", value_delimiter = ',')]
    remote: Vec<String>,

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

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let typing = typing::typing(&args, || {
        let mut text = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut text);
        read.map_err(|error| CommandError::io("cannot read standard input", &error))?;
        Ok(text)
    })?;
    if !args.remote.is_empty() {
        let targets = args.remote.iter().map(|host| on_host(host, &args.target)).collect();
        let deliveries = to_many(context, targets, &typing).await;
        return report(context, &deliveries, &typing, args.json);
    }
    let sent = send(context, &args.target, steps(&typing)).await?;
    let pane = sent.pane.unwrap_or_default();
    let (target, text) = (target_of(&pane), typing.text.as_deref().map(String::from_utf8_lossy));
    if args.json {
        output::json(&SentJson {
            target: &target,
            id: id_text(pane.id),
            text: text.as_deref(),
            keys: &typing.keys,
            enter: typing.enter,
        })?;
    } else if !context.globals.quiet {
        output::line(format!("sent → {}: {}", output::one_line(&target), in_words(&typing)))?;
    }
    Ok(ExitCode::SUCCESS)
}
