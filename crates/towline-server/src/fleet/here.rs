//! The tmux of this machine: agents that ran before Towline came are listed beside its own.

use std::path::PathBuf;
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

/// How long a list waits for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// It is looked at at least so often while somebody listens to the list.
const LOOK: Duration = Duration::from_secs(15);

/// The tmux of this machine.
#[derive(Default)]
pub(super) struct Here {
    driver: OnceLock<Arc<Driver>>,
    seen: Mutex<Seen>,
    /// Somebody listens to the list: changes are looked for.
    watched: OnceLock<()>,
}

#[derive(Default)]
struct Seen {
    at: Option<Instant>,
    panes: Vec<v1::Pane>,
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
    pub(crate) async fn agents_in_tmux(&self) -> Vec<v1::Pane> {
        let Some(driver) = self.tmux_here() else { return Vec::new() };
        let here = &self.fleet.here;
        {
            let seen = here.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.at.is_some_and(|at| at.elapsed() < FRESH) {
                return seen.panes.clone();
            }
        }
        let panes = match tokio::time::timeout(PATIENCE, driver.list()).await {
            Ok(Ok(listed)) => tmux::panes(listed),
            Ok(Err(error)) => {
                tracing::debug!("this machine's tmux can't be listed: {error}");
                Vec::new()
            }
            Err(_) => return self.agents_in_tmux_lately(),
        };
        let is_agent = |pane: &v1::Pane| pane.agent.is_some() && pane.id < DETACHED_ID;
        let panes: Vec<_> = panes.into_iter().filter(is_agent).collect();
        let mut seen = here.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Seen { at: Some(Instant::now()), panes: panes.clone() };
        panes
    }

    /// Those that were seen last.
    pub(crate) fn agents_in_tmux_lately(&self) -> Vec<v1::Pane> {
        let seen = self.fleet.here.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.panes.clone()
    }

    /// Somebody listens to the list from now on: looks whenever tmux says that something changed, and now and then.
    pub(crate) fn watch_tmux_here(self: &Arc<Self>) {
        if self.tmux_here().is_none() || self.fleet.here.watched.set(()).is_err() {
            return;
        }
        let server = Arc::clone(self);
        tokio::spawn(async move {
            let Some(driver) = server.tmux_here() else { return };
            let mut changes = driver.changes();
            let mut before = Vec::new();
            loop {
                let change = async { while changes.next().await.is_err() {} };
                let _ = tokio::time::timeout(LOOK, change).await;
                tokio::time::sleep(FRESH).await;
                let now = server.agents_in_tmux().await;
                if now != before {
                    before = now;
                    server.changed();
                }
            }
        });
    }
}

/// The socket of the tmux server that a plain `tmux` talks to (tmux(1), -L).
fn socket() -> PathBuf {
    let folder = std::env::var_os("TMUX_TMPDIR").filter(|folder| !folder.is_empty());
    let folder = folder.map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
    folder.join(format!("tmux-{}", rustix::process::getuid().as_raw())).join("default")
}
