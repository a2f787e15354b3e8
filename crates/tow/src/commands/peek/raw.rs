//! `tow peek --raw`: what the program printed, byte for byte.

use std::process::ExitCode;
use std::time::Instant;

use towline_client::{Connection, Flow, RequestError, StreamItem};
use towline_protocol::v1::{self, request};

use super::Args;
use crate::context::Context;
use crate::error::CommandError;
use crate::output;
use crate::pane::target::{by_id, host_of};
use crate::request::target_to_look_at;
use crate::resume::{Resume, SOME_HOST};

/// Runs the verb with `--raw`.
pub(super) async fn run(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    let mut connection = context.connect().await?;
    let mut copy =
        Copy { context, args, target: args.target.clone(), next_offset: None, host: None };
    let mut resume = Resume::default();
    loop {
        match copy.run(&connection, &mut resume).await? {
            Copied::Ended(v1::StreamEnd { error: Some(error), .. }) => return Err(error.into()),
            Copied::Ended(_) => return Ok(ExitCode::SUCCESS),
            Copied::Away => {}
            Copied::Lost => {
                let host = copy.host.as_deref().unwrap_or(SOME_HOST);
                connection = resume.again(context, &connection, host).await?;
            }
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

/// What is copied, and how far.
struct Copy<'a> {
    context: &'a Context,
    args: &'a Args,
    target: String,
    /// The offset of the first byte that was not printed yet, once there is one.
    next_offset: Option<u64>,
    /// The host of the pane, once that was reached: from then on it is waited for.
    host: Option<String>,
}

impl Copy<'_> {
    /// Copies until the stream ends.
    async fn run(
        &mut self,
        connection: &Connection,
        resume: &mut Resume,
    ) -> Result<Copied, CommandError> {
        let mut flow = Flow::default();
        let request = v1::Raw {
            target: target_to_look_at(&self.target),
            from_offset: self.next_offset,
            follow: self.args.follow,
            credit: flow.first(),
            // After a lost connection the offset says it better.
            since: self.args.since.filter(|_| self.next_offset.is_none()).unwrap_or_default(),
        };
        let (reply, mut stream) = match connection.open(request::Body::Raw(request)).await {
            Ok(opened) => opened,
            Err(RequestError::Lost { .. }) => return Ok(Copied::Lost),
            Err(RequestError::Remote(error))
                if self.host.is_some() && error.kind() == v1::ErrorKind::Unreachable =>
            {
                resume.away(&error).await;
                return Ok(Copied::Away);
            }
            Err(error) => return Err(error.into()),
        };
        if let v1::reply::Body::Followed(v1::Followed { pane: Some(pane) }) = reply {
            self.target = by_id(&pane);
            self.host = Some(host_of(&pane).to_owned());
        }
        resume.back(self.context);
        while let Some(item) = stream.next().await {
            match item {
                StreamItem::Data { data, offset } => {
                    resume.progress();
                    self.print(&data, offset)?;
                    stream.credit(flow.received(data.len(), Instant::now()));
                }
                StreamItem::End(end) => return Ok(Copied::Ended(end)),
                StreamItem::Ack(_) | StreamItem::Changed => {}
            }
        }
        Ok(Copied::Lost)
    }

    /// Prints what was not printed yet.
    fn print(&mut self, data: &[u8], offset: u64) -> Result<(), CommandError> {
        if self.next_offset.is_some_and(|next| next < offset) {
            output::message("tow: some bytes are missing: they are not kept any more");
        }
        let known = self.next_offset.map_or(0, |next| next.saturating_sub(offset));
        let known = usize::try_from(known).unwrap_or(usize::MAX).min(data.len());
        output::print(&data[known..])?;
        self.next_offset = Some(offset + data.len() as u64);
        Ok(())
    }
}
