//! What a person is told of a pane that was started: its target, or its terminal.

use std::process::ExitCode;

use towline_client::target::id_text;
use towline_protocol::v1::{self, reply, request, wait};

use crate::commands::attach::attach_to;
use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;
use crate::pane::json::PaneJson;
use crate::pane::target::target_of;
use crate::quote::shell_quoted;
use crate::request::{Again, unexpected};

/// An agent whose conversation is gone says so and ends within so many milliseconds.
const ENDS_AT_ONCE: u64 = 4000;

/// The states of an agent that has begun.
const BEGUN: [&str; 4] = ["working", "blocked", "idle", "done"];

/// What to do about a pane that was started.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Begun {
    /// Attach to it.
    pub(crate) attach: bool,
    /// Print it as JSON.
    pub(crate) json: bool,
    /// It goes on with a conversation, which it may not find.
    pub(crate) continues: bool,
}

impl Begun {
    /// Attaches to the pane, or prints its target and how to attach; and what could not be had.
    ///
    /// # Errors
    /// An agent that ended at once; as `tow attach`.
    pub(crate) async fn tell(
        self,
        context: &Context,
        spawned: v1::Spawned,
    ) -> Result<ExitCode, CommandError> {
        let v1::Spawned { pane: Some(pane), warnings } = spawned else { return Err(unexpected()) };
        for warning in &warnings {
            output::message(format_args!("warning: {}: {warning}", pane.name));
        }
        if self.attach {
            return attach_to(context, &pane).await;
        }
        if self.continues && !pane.tmux {
            see_it_begin(context, &pane).await?;
        }
        let target = target_of(&pane);
        if self.json {
            output::json(&PaneJson::new(&pane, &target))?;
        } else {
            output::line(output::one_line(&target))?;
            context.say(format_args!("attach with: tow attach {}", shell_quoted(&target)));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Waits until the agent has begun or ended, for a little.
async fn see_it_begin(context: &Context, pane: &v1::Pane) -> Result<(), CommandError> {
    let target = Some(v1::Target {
        text: match pane.host.as_str() {
            "" => id_text(pane.id),
            host => format!("{host}:{}", id_text(pane.id)),
        },
        allow_ended: true,
        ..v1::Target::default()
    });
    let states = BEGUN.map(str::to_owned).to_vec();
    let wait = v1::Wait {
        target: target.clone(),
        until: Some(wait::Until::States(v1::States { states })),
        timeout_ms: ENDS_AT_ONCE,
        ..v1::Wait::default()
    };
    match context.ask(request::Body::Wait(wait), Again::AsItIs).await {
        Ok(_) => return Ok(()),
        Err(error) if error.kind == ErrorKind::TimedOut => return Ok(()),
        Err(_) => {}
    }
    let info = request::Body::Info(v1::Info { target: target.clone() });
    let reply::Body::Info(now) = context.ask(info, Again::AsItIs).await? else {
        return Err(unexpected());
    };
    if now.exit.is_none() {
        return Ok(());
    }
    let peek = v1::Peek { target, lines: 20, since: pane.last_activity_at, ..v1::Peek::default() };
    let last = match context.ask(request::Body::Peek(peek), Again::AsItIs).await {
        Ok(reply::Body::Peeked(peeked)) => {
            peeked.lines.into_iter().rev().find(|line| !line.trim().is_empty())
        }
        _ => None,
    };
    let kind = pane.agent.as_ref().map_or("the program", |agent| agent.kind.as_str());
    let said = last.map_or_else(String::new, |line| format!(": {}", output::one_line(line.trim())));
    let how = match &now.exit {
        Some(v1::Exit { status: Some(status), .. }) => format!("status {status}"),
        Some(v1::Exit { signal: Some(signal), .. }) => format!("signal {signal}"),
        _ => "nobody knows how".to_owned(),
    };
    let name = output::one_line(&now.name);
    Err(CommandError::failed(format!("{kind} in {name} ended at once ({how}){said}"))
        .hint(format!("tow peek {}", shell_quoted(&target_of(&now)))))
}
