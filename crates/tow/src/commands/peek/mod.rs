//! `tow peek`: the last lines of a pane, once or as they come.

mod follow;
mod raw;

use std::process::ExitCode;

use serde::Serialize;
use towline_protocol::v1::{self, reply, request};

use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::pane::json::PaneJson;
use crate::pane::target::target_of;
use crate::request::{Again, target_to_look_at, unexpected};
use crate::time;

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "Examples:
  tow peek app                       the last 50 lines
  tow peek app -n 200 --since 10m
  tow peek app --follow              and what comes; Ctrl-C ends it
  tow peek app --screen --ansi       the screen, with its colours
  tow peek app --raw > session.bin   all that is kept, byte for byte";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pane; the beginning of its name will do
    #[arg(value_name = "TARGET")]
    target: String,

    /// How many lines, of scrollback and screen as one
    #[arg(short = 'n', long, value_name = "LINES", default_value_t = 50)]
    lines: u32,

    /// Go on with what comes
    #[arg(short, long, conflicts_with = "screen")]
    follow: bool,

    /// The whole screen, and only that
    #[arg(long, conflicts_with = "raw")]
    screen: bool,

    /// The bytes as they were printed
    #[arg(long, conflicts_with_all = ["json", "ansi", "lines"])]
    raw: bool,

    /// Only what was printed since: 10m (ago), 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time::parse_since)]
    since: Option<u64>,

    /// With colours and attributes
    #[arg(long)]
    ansi: bool,

    /// Print JSON; with --follow one document a line
    #[arg(long)]
    json: bool,
}

/// The lines of a pane.
#[derive(Debug, Serialize)]
struct PeekJson<'a> {
    pane: PaneJson<'a>,
    /// The number of the first of them, counted from the first line the pane ever printed.
    first_line: u64,
    /// What came before it is not kept any more.
    gap: bool,
    lines: &'a [String],
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    if args.raw {
        return raw::run(context, &args).await;
    }
    if args.follow {
        return follow::run(context, &args).await;
    }
    let peeked = peek(context, &args).await?;
    if args.json {
        let pane = peeked.pane.unwrap_or_default();
        let target = target_of(&pane);
        output::json(&PeekJson {
            pane: PaneJson::new(&pane, &target),
            first_line: peeked.first_line,
            gap: peeked.gap,
            lines: &peeked.lines,
        })?;
    } else if !peeked.lines.is_empty() {
        output::line(peeked.lines.join("\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks for the lines that the arguments name.
async fn peek(context: &Context, args: &Args) -> Result<v1::Peeked, CommandError> {
    // In the protocol 0 lines mean the screen.
    let lines = if args.screen { 0 } else { args.lines.max(1) };
    let request = v1::Peek {
        target: target_to_look_at(&args.target),
        lines,
        ansi: args.ansi,
        since: args.since.unwrap_or_default(),
    };
    let reply::Body::Peeked(mut peeked) =
        context.ask(request::Body::Peek(request), Again::AsItIs).await?
    else {
        return Err(unexpected());
    };
    if args.lines == 0 && !args.screen {
        peeked.first_line += peeked.lines.len() as u64;
        peeked.lines.clear();
    }
    Ok(peeked)
}
