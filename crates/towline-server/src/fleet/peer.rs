//! A host as the rest of the server sees it: its link, and what is known of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use towline_client::Connection;
use towline_client::hosts::Host;
use towline_protocol::v1;

use super::doubt::{Doubt, Need, STALE};
use super::known::Known;
use super::link::{Link, Reach, State, Trouble};
use super::{task, tmux};
use crate::fault::Fault;
use crate::server::Server;

/// A list has a host that is away tried again where the last try is so long ago.
const HOPE: Duration = Duration::from_secs(5);

/// Another host.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) host: Host,
    /// It is in hosts.toml, so that what was seen there is kept in the store.
    pub(super) listed: bool,
    pub(super) state: watch::Sender<State>,
    known: Mutex<Known>,
    /// The agents in its tmux, where its panes are driven from here.
    pub(super) agents: Arc<tmux::Agents>,
    /// Somebody wants the host: the next try is due now.
    pub(super) wanted: Notify,
    /// Somebody closed the link: it is made again when somebody wants the host.
    pub(super) parked: AtomicBool,
    pub(super) doubt: Doubt,
    /// The link is to be closed.
    pub(super) leave: Notify,
    task: OnceLock<AbortHandle>,
}

impl Peer {
    /// A peer and its task. `state` is what was last known of it.
    pub(super) fn start(
        server: &Arc<Server>,
        host: Host,
        state: Option<v1::HostState>,
        listed: bool,
    ) -> Arc<Self> {
        let before = state.as_ref().map_or(&[][..], |state| &state.panes);
        let peer = Arc::new(Self {
            agents: Arc::new(tmux::Agents::of(before)),
            host,
            listed,
            state: watch::channel(State::new()).0,
            known: Mutex::new(state.map(Known::from_state).unwrap_or_default()),
            wanted: Notify::new(),
            parked: AtomicBool::new(false),
            doubt: Doubt::default(),
            leave: Notify::new(),
            task: OnceLock::new(),
        });
        let task = tokio::spawn(task::run(Arc::clone(server), Arc::clone(&peer)));
        let _ = peer.task.set(task.abort_handle());
        peer
    }

    /// The host is in no list any more.
    pub(super) fn end(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
        self.close(Trouble::new("it was taken out of hosts.toml"));
    }

    /// What people call it.
    pub(crate) fn alias(&self) -> &str {
        &self.host.alias
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of its panes.
    pub(super) fn panes(&self) -> Vec<v1::Pane> {
        self.known().panes().cloned().collect()
    }

    /// Whether there is a link to it.
    pub(super) fn is_online(&self) -> bool {
        matches!(self.state.borrow().link, Link::Up(_))
    }

    /// Whether there is a link to its Towline.
    pub(super) fn is_linked(&self) -> bool {
        matches!(self.state.borrow().link, Link::Up(Reach::Towline(_)))
    }

    /// The host as a client is told of it.
    pub(crate) fn state(&self) -> v1::HostState {
        let mut state = self.known().state(self.alias());
        let now = self.state.borrow().clone();
        let status = match (now.link, now.trouble) {
            (Link::Up(_), _) => v1::HostStatus::Online,
            (_, Some(trouble)) => {
                state.error = trouble.message;
                state.hints = trouble.hints;
                v1::HostStatus::Unreachable
            }
            (_, None) => v1::HostStatus::Connecting,
        };
        state.status = status.into();
        state
    }

    /// The way to the host, made where there is none.
    ///
    /// # Errors
    /// Why the host can't be reached: what the next try says, or that it says nothing within `patience`.
    pub(crate) async fn reach(&self, patience: Duration) -> Result<Reach, Fault> {
        match self.fresh() {
            Some(reach) => Ok(reach),
            None => {
                let connecting = tokio::time::timeout(patience, self.connect());
                connecting.await.unwrap_or_else(|_| {
                    let trouble = Trouble::new(format!("no answer within {patience:?}"));
                    Err(trouble.fault(self.alias()))
                })
            }
        }
    }

    /// The way to the host, where there is one that was heard of lately.
    pub(super) fn fresh(&self) -> Option<Reach> {
        match &self.state.borrow().link {
            Link::Up(Reach::Towline(connection)) if connection.silence() >= STALE => None,
            // Each thing that is asked of tmux finds out by itself whether the host is there.
            Link::Up(reach) if reach.is_up() => Some(reach.clone()),
            Link::Up(_) | Link::Connecting | Link::Down(_) => None,
        }
    }

    fn live(&self) -> Option<Connection> {
        match &self.state.borrow().link {
            Link::Up(Reach::Towline(connection)) => Some(connection.clone()),
            Link::Up(Reach::Tmux(_)) | Link::Connecting | Link::Down(_) => None,
        }
    }

    async fn connect(&self) -> Result<Reach, Fault> {
        self.prove().await;
        let mut state = self.state.subscribe();
        let counts = state.borrow_and_update().next_try();
        self.parked.store(false, Ordering::Relaxed);
        loop {
            let now = state.borrow_and_update().clone();
            match now.link {
                Link::Up(reach) if reach.is_up() => return Ok(reach),
                // Its task has yet to see that it is closed.
                Link::Up(_) => {}
                Link::Down(trouble) if now.tries >= counts => {
                    return Err(trouble.fault(self.alias()));
                }
                Link::Down(_) => self.wanted.notify_one(),
                Link::Connecting => {}
            }
            if state.changed().await.is_err() {
                return Err(Trouble::new("the server is stopping").fault(self.alias()));
            }
        }
    }

    /// Asks a link from which nothing was heard for long whether it is one; closes it where it does not answer.
    async fn prove(&self) {
        let stale = |connection: &Connection| connection.silence() >= STALE;
        if let Some(connection) = self.live().filter(stale) {
            self.ask(&connection, Need::Request).await;
        }
    }

    /// For a list: waits while the link is being made for the first time or again after a loss, but not for a host that
    /// did not answer the last try; that is tried again, for the next list.
    pub(super) async fn settle(&self, patience: Duration) {
        let settling = async {
            self.prove().await;
            let mut state = self.state.subscribe();
            let _ = state.wait_for(|state| !state.settling()).await;
        };
        let _ = tokio::time::timeout(patience, settling).await;
        let due = {
            let state = self.state.borrow();
            matches!(state.link, Link::Down(_)) && state.tried.elapsed() > HOPE
        };
        if due && !self.parked.load(Ordering::Relaxed) {
            self.wanted.notify_one();
        }
    }

    /// Closes the link until somebody asks for the host.
    pub(crate) fn park(&self) {
        self.parked.store(true, Ordering::Relaxed);
        self.leave.notify_waiters();
        if let Some(connection) = self.live() {
            connection.close();
        }
    }

    fn close(&self, why: Trouble) {
        if let Some(connection) = self.live() {
            connection.close();
        }
        self.state.send_modify(|state| {
            state.down(why);
        });
    }
}
