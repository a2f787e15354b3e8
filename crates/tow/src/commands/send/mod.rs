//! `tow send`: type into a pane.

mod deliver;
mod many;
mod typing;
mod when_idle;

use std::ffi::OsString;
use std::io::Read;
use std::process::ExitCode;

use anstyle::Style;
use serde::Serialize;
use towline_client::target::id_text;

use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::pane::target::{on_host, target_of};

pub(crate) use deliver::{Manner, send};
pub(crate) use many::{Delivery, report, to_many};
pub(crate) use typing::{Typing, in_words, steps};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "\
To an agent it is sent surely: once that takes input, and it is said when the agent has taken it. One that asks
something is sent nothing. Into other panes it is typed as it is.

Examples:
  tow send app run the tests         types it and presses Enter
  tow send app /status
  tow send thor:app run the tests
  tow send --remote thor,loki app /compact
                                     into the pane app of each of these hosts
  tow send app -- --help             a text that begins with -
  tow send app --key C-c             keys: Enter, Escape, Tab, Up, F5, C-c, M-x …
  tow send app --no-enter \"half a line\"
  tow send app --when idle now the docs
                                     left with the pane's host until its agent is idle; see tow queue
  tow send app --interrupt stop, and look at the log first
  tow send app --id job-17 deploy    the same again is typed once
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

    /// Leave it with the pane's host until its agent is idle
    #[arg(long, value_name = "WHEN", value_enum, conflicts_with_all = ["key", "no_enter", "force", "interrupt"])]
    when: Option<When>,

    /// The same id and text within a day are sent once
    #[arg(long, value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: Option<String>,

    /// Type it whatever an agent is doing, and don't wait until it is taken
    #[arg(long)]
    force: bool,

    /// Interrupt what an agent is doing first
    #[arg(long, conflicts_with_all = ["force", "key", "no_enter"])]
    interrupt: bool,

    /// Print what was sent as JSON
    #[arg(long)]
    json: bool,
}

/// When it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum When {
    /// When the agent is idle.
    Idle,
}

/// What was sent.
#[derive(Debug, Serialize)]
struct SentJson<'a> {
    target: &'a str,
    id: String,
    text: Option<&'a str>,
    keys: &'a [String],
    enter: bool,
    /// What showed that an agent has taken it.
    #[serde(skip_serializing_if = "str::is_empty")]
    taken: &'a str,
}

impl Args {
    /// The panes that are meant.
    fn targets(&self) -> Vec<String> {
        match &self.remote[..] {
            [] => vec![self.target.clone()],
            hosts => hosts.iter().map(|host| on_host(host, &self.target)).collect(),
        }
    }

    fn manner(&self, typing: &Typing) -> Manner {
        Manner {
            sure: typing.enter && !self.force,
            interrupt: self.interrupt,
            id: self.id.as_deref().map(|id| typing::id_of(id, typing)),
        }
    }
}

/// What showed that an agent has taken it, as it stands behind what was sent.
fn taken(context: &Context, taken: &str) -> String {
    if taken.is_empty() {
        return String::new();
    }
    let dim = if context.colors() { Style::new().dimmed() } else { Style::new() };
    format!("{dim} (taken: {}){dim:#}", output::one_line(taken))
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let typing = typing::typing(&args, || {
        let mut text = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut text);
        read.map_err(|error| CommandError::io("cannot read standard input", &error))?;
        Ok(text)
    })?;
    let manner = args.manner(&typing);
    if args.when == Some(When::Idle) {
        return when_idle::leave(context, &args, &typing, manner.id).await;
    }
    if !args.remote.is_empty() {
        let deliveries = to_many(context, args.targets(), &typing, manner).await;
        return report(context, &deliveries, &typing, args.json);
    }
    let sent = send(context, &args.target, steps(&typing), manner).await?;
    let pane = sent.pane.unwrap_or_default();
    let (target, text) = (target_of(&pane), typing.text.as_deref().map(String::from_utf8_lossy));
    if args.json {
        output::json(&SentJson {
            target: &target,
            id: id_text(pane.id),
            text: text.as_deref(),
            keys: &typing.keys,
            enter: typing.enter,
            taken: &sent.taken,
        })?;
    } else if !context.globals.quiet {
        let taken = taken(context, &sent.taken);
        output::line(format!(
            "sent → {}: {}{taken}",
            output::one_line(&target),
            in_words(&typing)
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
