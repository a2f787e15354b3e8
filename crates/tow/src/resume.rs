//! Going on after a connection was lost, for commands that run long.

use std::time::Duration;

use tokio::time::Instant;
use towline_client::Connection;
use towline_protocol::v1;

use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;

/// How long a server that has gone is waited for.
const PATIENCE: Duration = Duration::from_secs(300);

/// So many losses of the server, one after the other without anything new in between, and it is given up: what is asked
/// for ends the server, or the server ends at once by itself.
const LOSSES: u32 = 30;

/// A connection that has held for so long is not lost for what was asked on it.
const HELD: Duration = Duration::from_secs(10);

/// The pause after each loss but the first.
const PAUSE: Duration = Duration::from_millis(200);

/// The longest pause after a link broke: what is asked for may end the server over there, each time.
const LONGEST: Duration = Duration::from_secs(2);

/// The pause while a host can't be reached.
const AWAY: Duration = Duration::from_secs(1);

/// What the host of a pane is called that nothing is known of yet.
pub(crate) const SOME_HOST: &str = "the pane's host";

/// Counts losses, and connects again.
#[derive(Debug, Default)]
pub(crate) struct Resume {
    losses: u32,
    /// The same for the link to the pane's host, which is never given up.
    breaks: u32,
    /// When the last loss was.
    last: Option<Instant>,
    /// What was said of the link to the pane's host since it was there last.
    said: Said,
}

/// What a person was told of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Said {
    #[default]
    Nothing,
    /// That it broke.
    Broke,
    /// Why the host can't be reached.
    Away,
}

/// The pause after a link broke, that many times before without anything new in between.
fn pause(breaks: u32) -> Duration {
    match breaks {
        0 => Duration::ZERO,
        breaks => PAUSE.saturating_mul(1 << (breaks - 1).min(8)).min(LONGEST),
    }
}

impl Resume {
    /// Something new has come.
    pub(crate) fn progress(&mut self) {
        self.losses = 0;
        self.breaks = 0;
    }

    /// The pane's host answers: says so, where it was said that it doesn't.
    pub(crate) fn back(&mut self, context: &Context) {
        if std::mem::take(&mut self.said) != Said::Nothing {
            context.say("tow: connected again");
        }
    }

    /// Whether the pane's host did not answer the last time.
    pub(crate) fn is_away(&self) -> bool {
        self.said != Said::Nothing
    }

    /// The pane's host can't be reached: says so once, and waits a little. It may be away for days.
    pub(crate) async fn away(&mut self, error: &v1::Error) {
        self.say(Said::Away, format_args!("tow: {}: waiting for it", error.message));
        tokio::time::sleep(AWAY).await;
    }

    fn say(&mut self, what: Said, text: impl std::fmt::Display) {
        if self.said < what {
            self.said = what;
            output::message(text);
        }
    }

    /// Goes on after a loss on this connection, and says so on standard error. Where the connection itself is there, it
    /// was the server's link to `host`, which the server makes again.
    ///
    /// # Errors
    /// Where the server was stopped on purpose, or stays away.
    pub(crate) async fn again(
        &mut self,
        context: &Context,
        connection: &Connection,
        host: &str,
    ) -> Result<Connection, CommandError> {
        let last = self.last.replace(Instant::now());
        if last.is_some_and(|last| last.elapsed() > HELD) {
            self.progress();
        }
        if connection.is_up() {
            self.say(Said::Broke, format_args!("tow: the link to {host} broke: reconnecting"));
            tokio::time::sleep(pause(self.breaks)).await;
            self.breaks += 1;
            return Ok(connection.clone());
        }
        self.losses += 1;
        if self.losses > 1 {
            tokio::time::sleep(PAUSE).await;
        }
        if self.losses > LOSSES {
            let message = "the connection to the server is lost again and again";
            return Err(CommandError::new(ErrorKind::Unreachable, message).hint("tow doctor"));
        }
        output::message("tow: the connection to the server was lost: reconnecting");
        let connection = context.reconnect(connection.goodbye(), PATIENCE).await?;
        context.say("tow: connected again");
        Ok(connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_after_broken_links_grow_to_two_seconds() {
        let pauses: Vec<u128> = (0..7).map(|breaks| pause(breaks).as_millis()).collect();
        assert_eq!(pauses, [0, 200, 400, 800, 1600, 2000, 2000]);
        assert_eq!(pause(u32::MAX), LONGEST);
    }
}
