//! Going on after a connection was lost, for commands that run long.

use std::time::Duration;

use towline_client::Connection;
use towline_protocol::v1::{self, goodbye};

use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;

/// How long a server that has gone is waited for.
const PATIENCE: Duration = Duration::from_secs(300);

/// So many losses without anything new in between, and it is given up: what is asked for ends the server, or
/// the server ends at once by itself.
const LOSSES: u32 = 10;

/// The pause after each loss but the first.
const PAUSE: Duration = Duration::from_millis(200);

/// The pause while a host can't be reached.
const AWAY: Duration = Duration::from_secs(1);

/// Counts losses, and connects again.
#[derive(Debug, Default)]
pub(crate) struct Resume {
    losses: u32,
    /// That the host can't be reached has been said.
    away: bool,
}

impl Resume {
    /// Something new has come.
    pub(crate) fn progress(&mut self) {
        self.losses = 0;
        self.away = false;
    }

    /// The pane's host can't be reached: says so once, and waits a little. It may be away for days.
    pub(crate) async fn away(&mut self, error: &v1::Error) {
        if !std::mem::replace(&mut self.away, true) {
            output::message(format_args!("tow: {}: waiting for it", error.message));
        }
        tokio::time::sleep(AWAY).await;
    }

    /// Connects again, and says so on standard error.
    ///
    /// # Errors
    /// Where the server was stopped on purpose, or stays away.
    pub(crate) async fn again(
        &mut self,
        context: &Context,
        goodbye: Option<goodbye::Reason>,
    ) -> Result<Connection, CommandError> {
        self.losses += 1;
        if self.losses > LOSSES {
            let message = "the connection to the server is lost again and again";
            return Err(CommandError::new(ErrorKind::Unreachable, message).hint("tow doctor"));
        }
        output::message("tow: the connection to the server was lost: reconnecting");
        if self.losses > 1 {
            tokio::time::sleep(PAUSE).await;
        }
        let connection = context.reconnect(goodbye, PATIENCE).await?;
        context.say("tow: connected again");
        Ok(connection)
    }
}
