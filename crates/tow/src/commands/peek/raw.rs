//! `tow peek --raw`: what the program printed, byte for byte.

use std::process::ExitCode;

use towline_client::{Connection, RequestError, StreamItem};
use towline_protocol::v1::{self, request};

use super::Args;
use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::pane::target::by_id;
use crate::request::target_to_look_at;
use crate::resume::Resume;

/// How many bytes may be under way: enough that a pipe is never empty.
const CREDIT: u64 = 1024 * 1024;

/// Runs the verb with `--raw`.
pub(super) async fn run(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    let mut connection = context.connect().await?;
    let mut target = args.target.clone();
    let mut next_offset = None;
    let mut resume = Resume::default();
    // The pane was reached once: from then on its host is waited for.
    let mut begun = false;
    loop {
        match copy(&connection, args, &mut target, &mut next_offset, &mut resume, &mut begun)
            .await?
        {
            Copied::Ended(v1::StreamEnd { error: Some(error), .. }) => return Err(error.into()),
            Copied::Ended(_) => return Ok(ExitCode::SUCCESS),
            Copied::Away => {}
            Copied::Lost => connection = resume.again(context, connection.goodbye()).await?,
        }
    }
}

/// How copying came to an end.
enum Copied {
    Ended(v1::StreamEnd),
    /// The connection was lost.
    Lost,
    /// The pane's host can't be reached, which has been said.
    Away,
}

/// Copies until the stream ends.
async fn copy(
    connection: &Connection,
    args: &Args,
    target: &mut String,
    next_offset: &mut Option<u64>,
    resume: &mut Resume,
    begun: &mut bool,
) -> Result<Copied, CommandError> {
    let request = v1::Raw {
        target: target_to_look_at(target),
        from_offset: *next_offset,
        follow: args.follow,
        credit: CREDIT,
        // After a lost connection the offset says it better.
        since: args.since.filter(|_| next_offset.is_none()).unwrap_or_default(),
    };
    let (reply, mut stream) = match connection.open(request::Body::Raw(request)).await {
        Ok(opened) => opened,
        Err(RequestError::Lost { .. }) => return Ok(Copied::Lost),
        Err(RequestError::Remote(error))
            if *begun && error.kind() == v1::ErrorKind::Unreachable =>
        {
            resume.away(&error).await;
            return Ok(Copied::Away);
        }
        Err(error) => return Err(error.into()),
    };
    if let v1::reply::Body::Followed(v1::Followed { pane: Some(pane) }) = reply {
        *target = by_id(&pane);
        *begun = true;
    }
    while let Some(item) = stream.next().await {
        match item {
            StreamItem::Data { data, offset } => {
                resume.progress();
                if next_offset.is_some_and(|next| next < offset) {
                    output::message("tow: some bytes are missing: they are not kept any more");
                }
                let known = next_offset.map_or(0, |next| next.saturating_sub(offset));
                let known = usize::try_from(known).unwrap_or(usize::MAX).min(data.len());
                output::print(&data[known..])?;
                *next_offset = Some(offset + data.len() as u64);
                stream.credit(data.len() as u64);
            }
            StreamItem::End(end) => return Ok(Copied::Ended(end)),
            StreamItem::Ack(_) | StreamItem::Changed => {}
        }
    }
    Ok(Copied::Lost)
}
