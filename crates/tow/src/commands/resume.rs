//! `tow resume`: start an ended agent's conversation again.

use std::process::ExitCode;

use towline_protocol::v1::{self, reply, request};

use crate::commands::spawn::{Begun, can_attach};
use crate::context::Context;
use crate::error::CommandError;
use crate::request::{Again, unexpected};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str = "The agent is started again in its pane, below what it had printed, and goes on with its conversation.

Examples:
  tow list --ended                   what has ended
  tow resume app
  tow resume --detach thor:app";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pane of an agent that has ended
    #[arg(value_name = "TARGET")]
    target: String,

    /// Don't attach
    #[arg(short, long)]
    detach: bool,

    /// Print the pane as JSON, and don't attach
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let target =
        v1::Target { text: args.target.clone(), allow_ended: true, ..v1::Target::default() };
    let request = request::Body::Resume(v1::Resume { target: Some(target) });
    let reply::Body::Spawned(spawned) = context.ask(request, Again::WithKey).await? else {
        return Err(unexpected());
    };
    let attach = !args.detach && !args.json && can_attach();
    Begun { attach, json: args.json, continues: true }.tell(context, spawned).await
}
