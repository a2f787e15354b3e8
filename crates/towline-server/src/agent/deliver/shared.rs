//! Deliveries that are under way, and the last that were done: who asks for one of them again gets the same answer.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use towline_protocol::v1;

use super::{Prompt, Undelivered, deliver};
use crate::fault::Fault;
use crate::pane::{ClientId, Pane};
use crate::server::Server;

/// So many are remembered. What is forgotten the pane's holder still knows, though not what proved it.
const REMEMBERED: usize = 256;

type Outcome = Option<Result<v1::Sent, Undelivered>>;

/// The deliveries of a server.
#[derive(Debug, Default)]
pub(crate) struct Deliveries(Mutex<VecDeque<Delivery>>);

#[derive(Debug)]
struct Delivery {
    pane: u64,
    client: ClientId,
    outcome: watch::Receiver<Outcome>,
}

impl Deliveries {
    /// Delivers a prompt, once: where that is under way, or done, its outcome is waited for.
    pub(crate) async fn once(
        &self,
        server: &Arc<Server>,
        pane: &Arc<Pane>,
        prompt: Prompt,
    ) -> Result<v1::Sent, Undelivered> {
        let mut outcome = self.join(server, pane, prompt);
        let done = outcome.wait_for(Option::is_some).await.ok().and_then(|done| done.clone());
        done.unwrap_or_else(|| {
            // Its task has died of a bug: nobody knows what it did.
            Err(Undelivered::typed(Fault::outcome_unknown(&pane.name())))
        })
    }

    fn join(
        &self,
        server: &Arc<Server>,
        pane: &Arc<Pane>,
        prompt: Prompt,
    ) -> watch::Receiver<Outcome> {
        let mut all = self.all();
        let same = |known: &&Delivery| known.pane == pane.id && known.client == prompt.client;
        if let Some(known) = all.iter().find(same) {
            return known.outcome.clone();
        }
        let (done, outcome) = watch::channel(None);
        let client = prompt.client;
        if all.len() >= REMEMBERED
            && let Some(oldest) = all.iter().position(|known| known.outcome.borrow().is_some())
        {
            all.remove(oldest);
        }
        all.push_back(Delivery { pane: pane.id, client, outcome: outcome.clone() });
        drop(all);
        let (server, pane) = (Arc::clone(server), Arc::clone(pane));
        // Of its own, as it goes on also when whoever asked for it has gone.
        tokio::spawn(async move {
            let delivered = deliver(&server, &pane, &prompt).await;
            if delivered.is_err() {
                // It may be tried again.
                let mut all = server.deliveries.all();
                all.retain(|known| known.pane != pane.id || known.client != client);
            }
            let _ = done.send(Some(delivered));
        });
        outcome
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Delivery>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
