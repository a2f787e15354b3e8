//! `tow attach`: work in a pane, on this terminal.

mod elsewhere;

use std::process::ExitCode;

use clap::ValueEnum;
use towline_protocol::v1::{self, reply, request};

use crate::attach::{self, AttachOptions, Choice, Shown};
use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::pane::target::{by_id, targets};
use crate::quote::shell_quoted;
use crate::request::{Again, target, unexpected};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str =
    "Ctrl-b d detaches (the program runs on), Ctrl-b ? helps, and Ctrl-b Ctrl-b types Ctrl-b. \
Another key is set by `prefix` in the configuration.

Examples:
  tow attach app               work in the pane app
  tow attach                   choose from a list
  tow attach thor:app          on another host
  tow attach thor:app --via mosh
  tow attach app --read-only   watch it, and type nothing by accident";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pane [default: the only one, or one chosen from a list]
    target: Option<String>,

    /// Only look: what is typed is dropped
    #[arg(short, long)]
    read_only: bool,

    /// By a program of its own to another host, rather than through the server's link to it
    #[arg(long, value_name = "HOW", value_enum)]
    via: Option<Via>,

    /// In this terminal, also inside tmux, where a pane of tmux gets a new window otherwise
    #[arg(long)]
    here: bool,
}

/// A program that goes to another host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Via {
    Ssh,
    Mosh,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let target = match args.target {
        Some(text) => {
            attach::require_terminal(&text)?;
            target(&text).unwrap_or_default()
        }
        None => match find(context).await? {
            Found::Pane(pane) => exactly(&pane),
            Found::None(status) => return Ok(status),
        },
    };
    let how = How { read_only: args.read_only, via: args.via, here: args.here };
    attach(context, target, how).await
}

/// How to attach.
#[derive(Debug, Clone, Copy, Default)]
struct How {
    read_only: bool,
    via: Option<Via>,
    here: bool,
}

/// Attaches to a pane that was just started.
///
/// # Errors
/// As [`attach::run`].
pub(crate) async fn attach_to(
    context: &Context,
    pane: &v1::Pane,
) -> Result<ExitCode, CommandError> {
    attach(context, exactly(pane), How::default()).await
}

async fn attach(context: &Context, target: v1::Target, how: How) -> Result<ExitCode, CommandError> {
    let via = how.via.map(|via| match via {
        Via::Ssh => "ssh",
        Via::Mosh => "mosh",
    });
    let options = AttachOptions { read_only: how.read_only, prefix: context.config()?.prefix, via };
    let text = target.text.clone();
    let shown = attach::run(context, target, options).await;
    match shown.map_err(|error| of_ended(error, &text))? {
        Shown::Here(end) => Ok(ExitCode::from(end.exit_status())),
        Shown::Elsewhere(by) => elsewhere::run(context, *by, how.here),
    }
}

/// A pane that has ended can still be read.
fn of_ended(mut error: CommandError, target: &str) -> CommandError {
    if error.message.ends_with("has ended") {
        error.hints = vec![format!("tow peek {}", shell_quoted(target))];
    }
    error
}

fn exactly(pane: &v1::Pane) -> v1::Target {
    v1::Target { text: by_id(pane), allow_ended: true, ..Default::default() }
}

/// How long hosts that are still being connected to are waited for, in milliseconds.
const PATIENCE_MS: u32 = 2000;

/// Which pane was meant by saying none.
enum Found {
    Pane(Box<v1::Pane>),
    /// None is to be attached to; the exit status.
    None(ExitCode),
}

async fn find(context: &Context) -> Result<Found, CommandError> {
    if !attach::on_terminal() {
        let message = "attach needs a terminal, and without one a TARGET can't be chosen";
        return Err(CommandError::usage(message).hint("tow list"));
    }
    let list =
        v1::List { fleet: context.is_own(), patience_ms: PATIENCE_MS, ..v1::List::default() };
    let reply = context.ask(request::Body::List(list), Again::AsItIs).await?;
    let reply::Body::Listed(v1::Listed { mut panes, mut hosts, .. }) = reply else {
        return Err(unexpected());
    };
    // Those of hosts that are away can't be attached to.
    for host in hosts.iter_mut().filter(|host| host.status() == v1::HostStatus::Online) {
        panes.append(&mut host.panes);
    }
    let targets = targets(&panes, &hosts);
    match panes.as_slice() {
        [] => Err(CommandError::new(ErrorKind::NotFound, "there is no pane to attach to")
            .hint("tow spawn")),
        [only] => Ok(Found::Pane(Box::new(only.clone()))),
        panes => Ok(match attach::choose(panes, &targets).await? {
            Choice::Pane(index) => Found::Pane(Box::new(panes[index].clone())),
            Choice::Left => Found::None(ExitCode::SUCCESS),
            Choice::Signal(signal) => {
                Found::None(ExitCode::from(attach::AttachEnd::Signal(signal).exit_status()))
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ended_pane_is_read_instead() {
        let error = CommandError::failed("pane `e e` has ended").hint("tow list --ended");
        assert_eq!(of_ended(error, "e e").hints, ["tow peek 'e e'"]);
        let error = CommandError::failed("no pane `e`").hint("tow list");
        assert_eq!(of_ended(error, "e").hints, ["tow list"]);
    }
}
