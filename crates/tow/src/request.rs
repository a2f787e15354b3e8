//! One request and its reply, over as many connections as that takes.

use std::time::Duration;

use towline_client::RequestError;
use towline_protocol::v1::{self, reply, request};

use crate::context::Context;
use crate::error::{CommandError, ErrorKind};

/// The pause before a request is sent again over a link that broke, and while its host can't be reached.
const PAUSE: Duration = Duration::from_millis(20);
const AWAY: Duration = Duration::from_millis(500);

/// How a request may be repeated when the connection is lost before its reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It changes nothing: as it is.
    AsItIs,
    /// With a key by which the server knows that it is the same.
    WithKey,
    /// The same, with this key: also another command's may be the same.
    WithThisKey([u8; 16]),
    /// It removes what it names, by a name that is never used twice: where that is gone when it is asked again,
    /// it was done.
    UntilGone,
}

impl Context {
    /// Connects, sends a request and returns its reply. When the connection is lost meanwhile (the server was
    /// killed, or restarts), it is asked again, for as long as one step may take. [`Again::UntilGone`] may have the
    /// answer `Done`.
    ///
    /// # Errors
    /// What the server says, or why it can't be asked.
    pub(crate) async fn ask(
        &self,
        body: request::Body,
        again: Again,
    ) -> Result<reply::Body, CommandError> {
        self.ask_on("", body, again).await
    }

    /// As [`Context::ask`], to be carried out by another host of the server's fleet.
    ///
    /// # Errors
    /// As [`Context::ask`].
    pub(crate) async fn ask_on(
        &self,
        host: &str,
        body: request::Body,
        again: Again,
    ) -> Result<reply::Body, CommandError> {
        let end = tokio::time::Instant::now() + self.step_timeout();
        let key = match again {
            Again::AsItIs | Again::UntilGone => None,
            Again::WithKey => Some(random_id()?),
            Again::WithThisKey(key) => Some(key),
        };
        let mut connection = self.connect().await?;
        let mut lost = false;
        loop {
            let outcome = match key {
                Some(key) => connection.request_keyed(key, host, body.clone()).await,
                None => connection.request_on(host, body.clone()).await,
            };
            match outcome {
                Err(RequestError::Lost { goodbye }) => {
                    let patience = end.saturating_duration_since(tokio::time::Instant::now());
                    if patience.is_zero() {
                        return Err(RequestError::Lost { goodbye }.into());
                    }
                    if connection.is_up() {
                        self.say_more("tow: the link to the host broke: asking again");
                        tokio::time::sleep(PAUSE).await;
                    } else {
                        self.say_more("tow: the connection to the server was lost: asking again");
                        connection = self.reconnect(goodbye, patience).await?;
                    }
                    lost = true;
                }
                // It was asked before, and may have been done: that the host can't be reached now is not all there is
                // to say.
                Err(RequestError::Remote(error))
                    if lost
                        && again != Again::AsItIs
                        && error.kind() == v1::ErrorKind::Unreachable =>
                {
                    if tokio::time::Instant::now() + AWAY > end {
                        let message =
                            format!("nobody can say whether it was done: {}", error.message);
                        return Err(CommandError::new(ErrorKind::OutcomeUnknown, message));
                    }
                    tokio::time::sleep(AWAY).await;
                }
                Err(RequestError::Remote(error))
                    if lost
                        && again == Again::UntilGone
                        && error.kind() == v1::ErrorKind::NotFound =>
                {
                    return Ok(reply::Body::Done(v1::Done {}));
                }
                outcome => return Ok(outcome?),
            }
        }
    }
}

/// 128 random bits.
///
/// # Errors
/// Where the system has none.
pub(crate) fn random_id() -> Result<[u8; 16], CommandError> {
    let mut id = [0; 16];
    match getrandom::fill(&mut id) {
        Ok(()) => Ok(id),
        Err(error) => {
            Err(CommandError::failed(format!("the system has no random numbers: {error}")))
        }
    }
}

/// The server answered with something else than was asked for: it is of another version.
pub(crate) fn unexpected() -> CommandError {
    CommandError::new(ErrorKind::Failed, "the server's answer is not one this version knows")
        .hint("tow server restart")
}

/// A target that the server is to resolve.
pub(crate) fn target(text: &str) -> Option<v1::Target> {
    Some(v1::Target { text: text.to_owned(), allow_prefix: false, allow_ended: false })
}

/// A target of a verb that only looks: a beginning will do, and so will a pane that has ended.
pub(crate) fn target_to_look_at(text: &str) -> Option<v1::Target> {
    Some(v1::Target { text: text.to_owned(), allow_prefix: true, allow_ended: true })
}
