//! An input on another host that is opened along with the first thing that is typed.
//!
//! To open an input and then to type takes two round trips, where the client waits for the first answer. So the first is
//! given here, ahead of the host's, and the host is asked along with the `Send` that follows, on the same link.

use std::collections::HashMap;

use towline_protocol::v1::{self, request};

use super::Peer;
use super::link::Reach;

/// How many inputs of one client may wait for their first word: those of a broadcast. The hosts of more are asked at once.
const MOST: usize = 256;

/// Inputs that a client was told are open, and that their hosts have not heard of.
#[derive(Debug, Default)]
pub(crate) struct Openings(HashMap<Vec<u8>, v1::OpenInput>);

impl Openings {
    /// The answer to a request to open an input, where it can be given ahead: the pane is known, and the link is there.
    pub(crate) fn promise(&mut self, peer: &Peer, body: &request::Body) -> Option<v1::InputOpened> {
        let request::Body::OpenInput(open) = body else { return None };
        // After a loss only the host knows what was typed.
        if open.again || self.0.len() >= MOST {
            return None;
        }
        let id = open.target.as_ref()?.text.rsplit_once(":%")?.1.parse::<u64>().ok()?;
        let agent = {
            let known = peer.known();
            let pane = known.panes().find(|pane| pane.id == id && pane.exit.is_none());
            pane.map(|pane| pane.agent.as_ref().is_some_and(|agent| agent.state != "exited"))
        };
        let linked = matches!(peer.fresh(), Some(Reach::Towline(_)));
        let agent = agent.filter(|_| linked)?;
        self.0.insert(open.client.clone(), open.clone());
        let host = peer.alias().to_owned();
        Some(v1::InputOpened { pane: id, host, ahead: true, agent, ..v1::InputOpened::default() })
    }

    /// What the host has to be asked before this.
    pub(crate) fn due(&mut self, body: &request::Body) -> Option<v1::OpenInput> {
        match body {
            request::Body::Send(send) => self.0.remove(&send.client),
            // The client has lost the link meanwhile, and asks for itself.
            request::Body::OpenInput(open) => {
                self.0.remove(&open.client);
                None
            }
            _ => None,
        }
    }
}
