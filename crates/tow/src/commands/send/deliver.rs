//! Typing into one pane, once.

use std::time::Duration;

use tokio::time::Instant;
use towline_client::{Connection, RequestError};
use towline_protocol::v1::{self, reply, request};

use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::pane::target::on_host;
use crate::quote::shell_quoted;
use crate::request::{random_id, target, unexpected};

/// The pause before a link that broke is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// How long one command may take beyond what it asks for: its way there and back.
const GRACE: Duration = Duration::from_secs(5);

/// How it is typed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Manner {
    /// Make sure that an agent takes it as a prompt.
    pub(crate) sure: bool,
    /// Interrupt the agent first.
    pub(crate) interrupt: bool,
    /// The input's own id, where another command may be the same one once more.
    pub(crate) id: Option<[u8; 16]>,
}

/// Types, and types nothing twice when the connection is lost: the pane knows what it has written for this id.
///
/// # Errors
/// Why nothing was typed, or that nobody knows; that an agent doesn't take it.
pub(crate) async fn send(
    context: &Context,
    text: &str,
    steps: Vec<v1::SendStep>,
    manner: Manner,
) -> Result<v1::Sent, CommandError> {
    let begun = Instant::now();
    let mut patience = context.step_timeout();
    let client = match manner.id {
        Some(id) => id,
        None => random_id()?,
    };
    let typed = Steps { client: client.to_vec(), steps, manner, begun, step: patience };
    let mut connection = context.connect().await?;
    let mut opened = None;
    loop {
        match send_once(&connection, text, &typed, &mut opened).await {
            Err(Failure::Lost(lost)) => {
                if opened.as_ref().is_some_and(|opened| opened.agent) {
                    patience = typed.longest();
                }
                let patience = (begun + patience).saturating_duration_since(Instant::now());
                let outcome = match patience.is_zero() {
                    true => Err(CommandError::from(lost)),
                    // It was a link further on, or the host can't be reached: its server makes the link again.
                    false if connection.is_up() => {
                        tokio::time::sleep(PAUSE).await;
                        Ok(connection)
                    }
                    false => context.reconnect(connection.goodbye(), patience).await,
                };
                connection = outcome.map_err(|error| match opened {
                    Some(_) => unknown(text, &error.message),
                    None => error,
                })?;
            }
            Err(Failure::Told(error)) => return Err(error),
            Ok(sent) => return Ok(sent),
        }
    }
}

/// What is typed, and how.
struct Steps {
    client: Vec<u8>,
    steps: Vec<v1::SendStep>,
    manner: Manner,
    begun: Instant,
    /// How long one step may take.
    step: Duration,
}

impl Steps {
    /// How long it may take with an agent: until that takes input, after it was interrupted, and until it has taken this.
    fn longest(&self) -> Duration {
        let steps = if self.manner.interrupt { 3 } else { 2 };
        self.step * steps + GRACE
    }

    fn sure(&self) -> Option<v1::Sure> {
        let milliseconds = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        self.manner.sure.then(|| v1::Sure {
            force: false,
            interrupt: self.manner.interrupt,
            patience_ms: milliseconds(self.step),
            tried_ms: milliseconds(self.begun.elapsed()),
        })
    }
}

/// An input that was opened.
struct Opened {
    /// The pane, by its id.
    pane: String,
    /// When it was asked for, where its host had not been asked when that was answered.
    ahead: Option<Instant>,
    /// An agent runs in it.
    agent: bool,
}

enum Failure {
    Lost(RequestError),
    Told(CommandError),
}

async fn send_once(
    connection: &Connection,
    text: &str,
    typed: &Steps,
    opened: &mut Option<Opened>,
) -> Result<v1::Sent, Failure> {
    let place = match opened {
        Some(opened) => target(&opened.pane),
        None => target(text),
    };
    let again = opened.is_some();
    let asked = Instant::now();
    // At least one, as none at all means that the host has opened it.
    let since = |ahead: Instant| ahead.elapsed().as_millis().max(1);
    let tried = opened.as_ref().and_then(|opened| opened.ahead).map_or(0, since);
    let open = v1::OpenInput {
        target: place,
        client: typed.client.clone(),
        again,
        tried_ms: u32::try_from(tried).unwrap_or(u32::MAX),
    };
    let reply = match connection.request(request::Body::OpenInput(open)).await {
        // The text was sent before the connection was lost.
        Err(RequestError::Timeout) if again => return Err(Failure::Told(late(text))),
        // The link broke when the text was under way, and is not there yet.
        Err(RequestError::Remote(error)) if again && error.kind() == v1::ErrorKind::Unreachable => {
            return Err(Failure::Lost(RequestError::Remote(error)));
        }
        reply => reply.map_err(failure)?,
    };
    let reply::Body::InputOpened(input) = reply else {
        return Err(Failure::Told(unexpected()));
    };
    if input.unknown {
        return Err(Failure::Told(unknown(text, "the pane no longer knows this input")));
    }
    let pane = on_host(&input.host, &format!("%{}", input.pane));
    let send = v1::Send {
        target: target(&pane),
        client: typed.client.clone(),
        seq: 1,
        steps: typed.steps.clone(),
        sure: typed.sure(),
    };
    let agent = input.agent && typed.manner.sure;
    *opened = Some(Opened { pane, ahead: input.ahead.then_some(asked), agent });
    let send = request::Body::Send(send);
    let asking = match agent {
        true => connection.request_within(Some(typed.longest()), send).await,
        false => connection.request(send).await,
    };
    match asking {
        Ok(reply::Body::Sent(sent)) => Ok(sent),
        Ok(_) => Err(Failure::Told(unexpected())),
        // It is on its way, and nothing calls it back.
        Err(RequestError::Timeout) => Err(Failure::Told(late(text))),
        Err(error) => Err(failure(error)),
    }
}

fn failure(error: RequestError) -> Failure {
    match error {
        lost @ RequestError::Lost { .. } => Failure::Lost(lost),
        RequestError::Remote(error) if error.kind() == v1::ErrorKind::LineTooLong => {
            let mut error = CommandError::from(error);
            if error.hints.is_empty() {
                error = error.hint("send it in shorter lines, or as a file the program can read");
            }
            Failure::Told(error)
        }
        error => Failure::Told(error.into()),
    }
}

/// It was sent to the pane called `target`, and no word came back in time.
fn late(target: &str) -> CommandError {
    unknown(target, "the server did not answer in time, and may type it yet")
}

fn unknown(target: &str, why: &str) -> CommandError {
    let message = format!("nobody can say whether the text was typed: {why}");
    let target = shell_quoted(target);
    CommandError::new(ErrorKind::OutcomeUnknown, message)
        .hint(format!("tow peek {target}    shows what arrived, before you repeat it"))
}
