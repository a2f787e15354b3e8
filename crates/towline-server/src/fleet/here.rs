//! The tmux of this machine: agents that ran before Towline came are listed beside its own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use towline_client::hosts::Backend;
use towline_client::target::DETACHED_ID;
use towline_client::tmux::Driver;
use towline_protocol::v1;

use super::tmux;
use crate::server::Server;

/// What was seen of it is used again for so long: lists in a loop shall not cost more than its panes.
const FRESH: Duration = Duration::from_millis(500);

/// After it could not be watched, it is tried again after so long.
const PAUSE: Duration = Duration::from_secs(15);

/// How long a list waits for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where no agent has been for so long, and nobody listens to the list, it isn't watched any longer.
const DESERTED: Duration = Duration::from_secs(60);

/// The tmux of this machine.
#[derive(Default)]
pub(super) struct Here {
    driver: OnceLock<Arc<Driver>>,
    seen: Mutex<Seen>,
    agents: Arc<tmux::Agents>,
    /// A task watches it.
    watched: AtomicBool,
    /// Somebody listens to the list: it is watched whether there are agents or not.
    listened: AtomicBool,
}

#[derive(Default)]
struct Seen {
    at: Option<Instant>,
}

impl Server {
    /// The tmux of this machine, where one runs and its panes are wanted.
    pub(crate) fn tmux_here(&self) -> Option<Arc<Driver>> {
        let (backend, program) = self.fleet.local();
        // Without a socket there is no server, and a list costs nothing for it.
        if backend == Backend::Towline || !socket().exists() {
            return None;
        }
        Some(Arc::clone(self.fleet.here.driver.get_or_init(|| Arc::new(Driver::local(&program)))))
    }

    /// The panes of this machine's tmux in which agents run.
    pub(crate) async fn agents_in_tmux(self: &Arc<Self>) -> Vec<v1::Pane> {
        let Some(driver) = self.tmux_here() else { return Vec::new() };
        let here = &self.fleet.here;
        if !here.seen.lock().unwrap_or_else(PoisonError::into_inner).is_fresh() {
            driver.recognise(self.rulebook.own_programs());
            let listing = async {
                match driver.list().await {
                    Ok(listed) => drop(here.agents.listed(&self.rulebook, listed)),
                    Err(error) => tracing::debug!("this machine's tmux can't be listed: {error}"),
                }
            };
            if tokio::time::timeout(PATIENCE, listing).await.is_ok() {
                here.note();
            }
            if here.agents.any() {
                let begun = !here.watched.load(Ordering::Relaxed);
                self.watch_agents_here();
                if begun {
                    let _ = tokio::time::timeout(PATIENCE, here.agents.all_seen()).await;
                }
            }
        }
        self.agents_in_tmux_lately()
    }

    /// Those that were seen last.
    pub(crate) fn agents_in_tmux_lately(&self) -> Vec<v1::Pane> {
        let is_agent = |pane: &v1::Pane| pane.agent.is_some() && pane.id < DETACHED_ID;
        self.fleet.here.agents.panes().into_iter().filter(is_agent).collect()
    }

    /// Somebody listens to the list from now on: it is watched also where no agent runs in it yet.
    pub(crate) fn watch_tmux_here(self: &Arc<Self>) {
        if self.tmux_here().is_some() {
            self.fleet.here.listened.store(true, Ordering::Relaxed);
            self.watch_agents_here();
        }
    }

    /// Watches it in a task, until there is nothing to watch.
    pub(super) fn watch_agents_here(self: &Arc<Self>) {
        if self.fleet.here.watched.swap(true, Ordering::Relaxed) {
            return;
        }
        let server = Arc::clone(self);
        tokio::spawn(async move {
            let here = &server.fleet.here;
            while let Some(driver) = server.tmux_here() {
                let mut before = Vec::new();
                let mut busy = Instant::now();
                let watching = tmux::watch(&driver, &here.agents, &server.rulebook, |told| {
                    if told.listed.is_some() {
                        here.note();
                    }
                    let now = server.agents_in_tmux_lately();
                    if now != before {
                        before = now;
                        server.changed();
                    }
                    if here.agents.any() || here.listened.load(Ordering::Relaxed) {
                        busy = Instant::now();
                    }
                    busy.elapsed() < DESERTED
                });
                match watching.await {
                    Ok(()) => break,
                    Err(error) => tracing::debug!("this machine's tmux can't be watched: {error}"),
                }
                tokio::time::sleep(PAUSE).await;
            }
            here.watched.store(false, Ordering::Relaxed);
        });
    }
}

impl Here {
    /// It was listed just now.
    fn note(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.at = Some(Instant::now());
    }
}

impl Seen {
    fn is_fresh(&self) -> bool {
        self.at.is_some_and(|at| at.elapsed() < FRESH)
    }
}

impl super::Fleet {
    /// What is known of the agents in this machine's tmux.
    pub(super) fn agents_here(&self) -> Arc<tmux::Agents> {
        Arc::clone(&self.here.agents)
    }
}

/// The socket of the tmux server that a plain `tmux` talks to (tmux(1), -L).
fn socket() -> PathBuf {
    let folder = std::env::var_os("TMUX_TMPDIR").filter(|folder| !folder.is_empty());
    let folder = folder.map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
    folder.join(format!("tmux-{}", rustix::process::getuid().as_raw())).join("default")
}
