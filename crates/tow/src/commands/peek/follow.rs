//! `tow peek --follow`: on a terminal the last rows are drawn again as they change; in a pipe each row comes
//! once, when it has scrolled off or settled.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Instant;

use serde::Serialize;
use towline_client::{Connection, Flow, RequestError, StreamItem};
use towline_protocol::v1::{self, request};
use towline_protocol::{Features, Message};

use super::{Args, peek};
use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::pane::state::end_in_words;
use crate::pane::target::{by_id, host_of};
use crate::redraw::Redraw;
use crate::request::target_to_look_at;
use crate::resume::{Resume, SOME_HOST};
use crate::table::terminal_size;

/// Rows as they came, for programs.
#[derive(Debug, Serialize)]
struct RowsJson<'a> {
    first_line: u64,
    gap: bool,
    lines: &'a [String],
}

/// Where and how rows are shown.
struct Rows {
    /// Drawn over, rather than each once.
    redraw: Option<Redraw>,
    json: bool,
    /// The number of the first row to print, where that was asked for.
    first_line: Option<u64>,
    /// The host of the pane, once that was reached: from then on it is waited for.
    host: Option<String>,
    /// Where the follow is, once it has begun.
    place: Option<v1::FollowPlace>,
}

/// Runs the verb with `--follow`.
pub(super) async fn run(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    let mut connection = context.connect().await?;
    let can_redraw = Features(connection.server().features).has(Features::FOLLOW_REDRAW);
    let terminal = std::io::stdout().is_terminal() && !args.json && can_redraw;
    let mut rows = Rows {
        redraw: terminal.then(Redraw::default),
        json: args.json,
        // The rows that were printed since a time, and all that follow.
        first_line: match args.since {
            Some(_) if !terminal => Some(peek(context, args).await?.first_line),
            _ => None,
        },
        host: None,
        place: None,
    };
    let mut target = args.target.clone();
    let mut resume = Resume::default();
    loop {
        match follow(context, &connection, args, &mut target, &mut rows, &mut resume).await? {
            Outcome::Ended(end) => return finish(context, &target, end),
            Outcome::Away => {}
            Outcome::Lost => {
                if let Some(redraw) = &mut rows.redraw {
                    redraw.forget();
                }
                let host = rows.host.as_deref().unwrap_or(SOME_HOST);
                connection = resume.again(context, &connection, host).await?;
            }
        }
    }
}

enum Outcome {
    Ended(v1::StreamEnd),
    Lost,
    /// The pane's host can't be reached, which has been said.
    Away,
}

async fn follow(
    context: &Context,
    connection: &Connection,
    args: &Args,
    target: &mut String,
    rows: &mut Rows,
    resume: &mut Resume,
) -> Result<Outcome, CommandError> {
    let mut flow = Flow::default();
    let request = v1::Follow {
        target: target_to_look_at(target),
        lines: shown_lines(args, rows),
        ansi: args.ansi,
        from_line: rows.first_line,
        credit: flow.first(),
        redraw: rows.redraw.is_some(),
        place: rows.place.filter(|_| rows.redraw.is_none()),
    };
    let (reply, mut stream) = match connection.open(request::Body::Follow(request)).await {
        Ok(opened) => opened,
        Err(RequestError::Lost { .. }) => return Ok(Outcome::Lost),
        Err(RequestError::Remote(error))
            if rows.host.is_some() && error.kind() == v1::ErrorKind::Unreachable =>
        {
            resume.away(&error).await;
            return Ok(Outcome::Away);
        }
        Err(error) => return Err(error.into()),
    };
    if let v1::reply::Body::Followed(v1::Followed { pane: Some(pane) }) = reply {
        // A later pane of the same name is another pane.
        *target = by_id(&pane);
        rows.host = Some(host_of(&pane).to_owned());
    }
    resume.back(context);
    while let Some(item) = stream.next().await {
        match item {
            StreamItem::Data { data, .. } => {
                resume.progress();
                show(&data, rows)?;
                stream.credit(flow.received(data.len(), Instant::now()));
            }
            StreamItem::End(end) => return Ok(Outcome::Ended(end)),
            StreamItem::Ack(_) | StreamItem::Changed => {}
        }
    }
    Ok(Outcome::Lost)
}

/// On a terminal no more rows than it has are asked for.
fn shown_lines(args: &Args, rows: &Rows) -> u32 {
    let height = terminal_size().filter(|_| rows.redraw.is_some());
    let height = height.and_then(|(_, height)| u32::try_from(height).ok());
    height.map_or(args.lines, |height| args.lines.min(height.saturating_sub(1)).max(1))
}

fn show(data: &[u8], rows: &mut Rows) -> Result<(), CommandError> {
    let decoded = v1::FollowData::decode(data).map_err(|error| {
        CommandError::failed(format!("the server's rows can't be read: {error}"))
    })?;
    let (first_line, lines) = (decoded.first_line, &decoded.lines);
    if let Some(redraw) = &mut rows.redraw {
        let height = terminal_size().map_or(usize::MAX, |(_, height)| height);
        output::print(redraw.frame(&decoded.lines, height))?;
    } else {
        if rows.json {
            output::json_line(&RowsJson { first_line, gap: decoded.gap, lines })?;
        } else {
            if decoded.gap {
                output::message("tow: some lines are missing: they are not kept any more");
            }
            if !lines.is_empty() {
                output::line(lines.join("\n"))?;
            }
        }
    }
    rows.place = decoded.place;
    Ok(())
}

fn finish(context: &Context, target: &str, end: v1::StreamEnd) -> Result<ExitCode, CommandError> {
    if let Some(error) = end.error {
        return Err(error.into());
    }
    if let Some(exit) = end.exit {
        context.say(format_args!("tow: {target} {}", end_in_words(&exit)));
    }
    Ok(ExitCode::SUCCESS)
}
