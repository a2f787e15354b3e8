//! A stream of agents that come to wait for a person: what an attached client tells of.

use std::sync::Arc;

use tokio::sync::broadcast::error::RecvError;
use towline_protocol::Message as _;
use towline_protocol::v1::{self, reply};

use super::Window;
use super::requests::{Job, answer};

impl Job {
    /// Tells of each agent that comes to wait, for as long as the client wants to know.
    pub(super) async fn notices(self, window: Arc<Window>) {
        let mut news = self.server.telling.listen();
        // Agents in this machine's tmux are looked at only while somebody wants to know of them.
        self.server.watch_tmux_here();
        answer(&self.out, self.id, Ok(reply::Body::Done(v1::Done {})));
        loop {
            match news.recv().await {
                Ok(pane) => {
                    window.opened().await;
                    let bytes = v1::Notice { pane: Some(pane) }.encode_to_vec();
                    window.take(bytes.len());
                    self.out.whole(self.id, bytes);
                }
                // It was slow: what is newest counts.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }
}
