//! Telling somebody something in their pane, where they have one.

use std::time::Duration;

use towline_client::target::{LOCAL_HOST, id_text};
use towline_client::{Connection, RequestError};
use towline_ledger::Identity;
use towline_ledger::place::Town;
use towline_protocol::v1::{self, reply, request};

use crate::panes;

/// How long reaching a pane may take. Work never waits for a pane: it is in the ledger already.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// How long hosts that are still being connected to are waited for.
const HOSTS: Duration = Duration::from_millis(500);

/// What came of a nudge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nudged {
    /// Their agent gets it: at once where it is idle, else as soon as it is.
    Typed {
        /// The pane, as a person names it.
        pane: String,
    },
    /// They have no pane that could be reached.
    NoPane {
        /// Why, in words.
        reason: String,
    },
}

impl Nudged {
    /// They have no pane that could be reached.
    pub fn no_pane(reason: impl Into<String>) -> Self {
        Self::NoPane { reason: reason.into() }
    }
}

/// Leaves a text with the agent in somebody's pane, on whichever host that is, as `tow send --when idle` does: into an agent that
/// waits for a prompt it is typed at once, nothing comes between what another one is asked and its answer, and a shell is typed nothing.
/// `connection` is that to the server; `None` where none runs. Never fails, and takes [`PATIENCE`] at most.
pub async fn nudge(
    connection: Option<&Connection>,
    town: &Town,
    identity: &Identity,
    text: &str,
) -> Nudged {
    within(connection, town, identity, text, true).await
}

/// The same for somebody whose pane is on this machine: of news that each host tells its own.
pub async fn nudge_here(
    connection: Option<&Connection>,
    town: &Town,
    identity: &Identity,
    text: &str,
) -> Nudged {
    within(connection, town, identity, text, false).await
}

async fn within(
    connection: Option<&Connection>,
    town: &Town,
    identity: &Identity,
    text: &str,
    fleet: bool,
) -> Nudged {
    let Some(connection) = connection else { return Nudged::no_pane("no server runs") };
    match tokio::time::timeout(PATIENCE, try_to(connection, town, identity, text, fleet)).await {
        Ok(nudged) => nudged,
        Err(_) => {
            Nudged::no_pane(format!("the server did not answer within {} s", PATIENCE.as_secs()))
        }
    }
}

async fn try_to(
    connection: &Connection,
    town: &Town,
    identity: &Identity,
    text: &str,
    fleet: bool,
) -> Nudged {
    let list = v1::List {
        fleet,
        patience_ms: u32::try_from(HOSTS.as_millis()).unwrap_or(0),
        ..v1::List::default()
    };
    let listed = match connection.request(request::Body::List(list)).await {
        Ok(reply::Body::Listed(listed)) => listed,
        Ok(_) => return Nudged::no_pane("the server is of another version"),
        Err(error) => return Nudged::no_pane(in_words(error)),
    };
    let there = listed.hosts.iter().flat_map(|host| &host.panes);
    let Some(pane) = panes::find(listed.panes.iter().chain(there), identity, town) else {
        return Nudged::no_pane(format!("no pane is called {}", panes::name_of(identity, town)));
    };
    if pane.agent.is_none() {
        return Nudged::no_pane(format!(
            "{} runs no agent that is known",
            name_of(pane, &pane.name)
        ));
    }
    // By its id: names may be given to others meanwhile.
    let target = v1::Target { text: name_of(pane, &id_text(pane.id)), ..v1::Target::default() };
    let enqueue = v1::Enqueue { target: Some(target), text: text.to_owned() };
    match connection.request(request::Body::Enqueue(enqueue)).await {
        Ok(reply::Body::Enqueued(_)) => Nudged::Typed { pane: name_of(pane, &pane.name) },
        Ok(_) => Nudged::no_pane("the server is of another version"),
        Err(error) => Nudged::no_pane(in_words(error)),
    }
}

/// A pane as a person names it.
fn name_of(pane: &v1::Pane, name: &str) -> String {
    match pane.host.as_str() {
        "" | LOCAL_HOST => name.to_owned(),
        host => format!("{host}:{name}"),
    }
}

/// Why a server did not do what it was asked for.
pub(crate) fn in_words(error: RequestError) -> String {
    match error {
        RequestError::Remote(error) => error.message,
        RequestError::Timeout => "the server did not answer in time".to_owned(),
        error => error.to_string(),
    }
}
