//! A host as seen by what is to be handed over to it once it is there.

use std::time::Duration;

use towline_client::Connection;
use towline_client::target::LOCAL_HOST;

use super::Peer;
use super::link::{Link, Reach};
use crate::fault::Fault;

/// The way to a host.
pub(crate) enum Towards {
    /// To its server.
    Towline(Connection),
    /// To its tmux, which keeps nothing.
    Tmux,
}

impl Peer {
    /// The way to the host, made where there is none.
    ///
    /// # Errors
    /// As [`Peer::reach`].
    pub(crate) async fn towards(&self, patience: Duration) -> Result<Towards, Fault> {
        Ok(match self.reach(patience).await? {
            Reach::Towline(connection) => Towards::Towline(connection),
            Reach::Tmux(_) => Towards::Tmux,
        })
    }

    /// Waits until there is a link to the host; its task makes it.
    pub(crate) async fn until_up(&self) {
        let mut state = self.state.subscribe();
        let up = state
            .wait_for(|state| matches!(&state.link, Link::Up(reach) if reach.is_up()))
            .await
            .is_ok();
        if !up {
            std::future::pending().await
        }
    }

    /// The id and the name of the pane that a target means, in the words for that host; 0 where it isn't known.
    pub(crate) fn known_as(&self, target: &str) -> (u64, String) {
        let rest = target.strip_prefix(LOCAL_HOST).and_then(|rest| rest.strip_prefix(':'));
        let rest = rest.unwrap_or(target);
        let id = rest.strip_prefix('%').and_then(|id| id.parse().ok());
        let known = self.known();
        let pane = id.and_then(|id: u64| known.panes().find(|pane| pane.id == id));
        match pane {
            Some(pane) => (pane.id, pane.name.clone()),
            None => (0, rest.to_owned()),
        }
    }
}
