//! `tow attach`: this terminal shows one pane, and what is typed goes to it.
//!
//! The server keeps the terminal equal to the pane by escape sequences that are opaque here; keys go the other
//! way unchanged, but for the prefix. Everything the client decides is a pure part: [`scanner`] (what was typed),
//! [`typed`] (what is kept until it was written), [`screen`] (what waits for the terminal), [`notice`] and
//! [`overlay`] (what is drawn over the pane), [`retry`] (what follows from a lost server). [`session`] joins
//! them in one loop, [`terminal`] is the way to the terminal and back.

mod boundary;
mod chooser;
mod colors;
mod desktop;
mod farewell;
mod keys;
mod newcomer;
mod notice;
mod overlay;
mod retry;
mod scanner;
mod screen;
mod session;
mod signals;
mod terminal;
mod told;
mod typed;

use towline_client::config::ControlKey;
use towline_protocol::v1;

use crate::context::Context;
use crate::error::CommandError;
use crate::quote::shell_quoted;

pub(crate) use chooser::{Choice, choose};
pub(crate) use farewell::AttachEnd;
pub(crate) use session::is_inside;

use session::{Opened, Session};
use signals::Signals;
use terminal::Terminal;

/// How a pane was shown.
#[derive(Debug)]
pub(crate) enum Shown {
    /// Here, until the end.
    Here(AttachEnd),
    /// Not yet: this command shows it.
    Elsewhere(Box<v1::AttachBy>),
}

/// How to attach.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttachOptions {
    /// Only look: keys other than the prefix are dropped.
    pub(crate) read_only: bool,
    /// The key that begins a command.
    pub(crate) prefix: ControlKey,
    /// Rather than through the server's link to the pane's host: `ssh` or `mosh`.
    pub(crate) via: Option<&'static str>,
}

/// Attaches this terminal to a pane, until the person detaches or the pane ends, and says which it was.
///
/// # Errors
/// Where this is no terminal, where there is no such pane, and where the way to the pane is lost for good.
/// The terminal is then as it was before.
pub(crate) async fn run(
    context: &Context,
    target: v1::Target,
    options: AttachOptions,
) -> Result<Shown, CommandError> {
    require_terminal(&target.text)?;
    let terminal = open_terminal()?;
    let mut signals =
        Signals::new().map_err(|error| CommandError::io("cannot receive signals", &error))?;
    // The pane is asked for first: that there is none is told on a terminal that nothing was done to.
    let mut session = match Session::open(context, &terminal, target, options).await? {
        Opened::Here(session) => session,
        Opened::Elsewhere(by) => return Ok(Shown::Elsewhere(by)),
    };
    terminal.enter().map_err(|error| CommandError::io("cannot use the terminal", &error))?;
    let end = session.run(&mut signals).await;
    if session.sees_releases() {
        terminal.drop_release().await;
    }
    terminal.leave();
    let end = session.close(end?).await;
    let farewell = session.farewell(&end);
    // A terminal that takes nothing holds the farewell up, but not the connection: that is closed before, by its tasks,
    // which end when they are given the chance.
    drop(session);
    tokio::task::yield_now().await;
    if let Some(line) = farewell {
        context.say(line);
    }
    Ok(Shown::Here(end))
}

/// Whether [`run`] and [`choose`] have a terminal to work on.
pub(crate) fn on_terminal() -> bool {
    let (stdin, stdout) = (rustix::stdio::stdin(), rustix::stdio::stdout());
    rustix::termios::isatty(stdin) && rustix::termios::isatty(stdout)
}

/// Checks that there is a terminal to work on, before anything is done about `target`.
///
/// # Errors
/// Where there is none, with what works without one.
pub(crate) fn require_terminal(target: &str) -> Result<(), CommandError> {
    let why = if !on_terminal() {
        "standard input and output are not a terminal"
    } else if matches!(std::env::var("TERM").unwrap_or_default().as_str(), "" | "dumb") {
        "TERM names no terminal that can be painted on"
    } else {
        return Ok(());
    };
    let hint = format!("tow peek {} --follow", shell_quoted(target));
    Err(CommandError::usage(format!("cannot attach: {why}")).hint(hint))
}

fn open_terminal() -> Result<Terminal, CommandError> {
    Terminal::open().map_err(|error| CommandError::io("cannot open the terminal", &error))
}
