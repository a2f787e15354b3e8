//! The server's shared state: what every connection and every pane's task needs.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, Semaphore, watch};
use towline_client::Paths;
use towline_client::config::Config;
use towline_client::hosts::Address;
use towline_protocol::holder::ResourceLimit;
use towline_protocol::v1::goodbye;

use crate::agent::queue::{self, Queue};
use crate::agent::{Deliveries, Rulebook, Telling};
use crate::fleet::Fleet;
use crate::ledgers::Ledgers;
use crate::pane::{Command, Pane, folder, takeover};
use crate::panes::Panes;
use crate::processes::Sampler;
use crate::store::{Loaded, Op, RowStatus, Store};

/// At most so many journals are replayed at a time: it takes a whole core each, and whoever looks at a pane
/// while fifty others wake up shall not wait for all of them.
const REPLAYS: usize = 2;

/// Holders are asked whether they answer at most so often, and only when somebody looks: a quiet host stays so.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);

/// How long a server that ends waits for its terminal models to be kept.
const KEEPING: Duration = Duration::from_secs(1);

/// How long after a look.
const PROBE_AFTER: Duration = Duration::from_millis(20);

/// What the configuration says that a server uses.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// `TERM` inside panes.
    pub(crate) term: String,
    /// Lines of scrollback that can be looked at.
    pub(crate) scrollback: usize,
    /// Bytes of each pane's journal that are kept.
    pub(crate) journal_bytes: u64,
    /// Ended panes are removed after so many days, or when they take more than so many bytes.
    pub(crate) keep_days: u32,
    /// What a pane runs that another host starts without a command.
    pub(crate) command: Option<Vec<String>>,
    pub(crate) keep_bytes: u64,
    /// Where to listen beside the Unix socket.
    pub(crate) listen: Vec<Address>,
    /// The file with the secret for clients on this machine.
    pub(crate) secret_file: Option<PathBuf>,
    /// Listeners for tls are announced on the local network.
    pub(crate) discovery: bool,
    /// Where it does not listen, and why.
    pub(crate) listen_troubles: Vec<String>,
    /// What is wrong with the configuration, so that the defaults are used.
    pub(crate) trouble: Option<String>,
}

impl From<Config> for Settings {
    fn from(config: Config) -> Self {
        Self {
            command: config.command,
            term: config.term,
            scrollback: usize::try_from(config.scrollback).unwrap_or(usize::MAX),
            journal_bytes: config.journal_bytes,
            keep_days: config.ended.keep_days,
            keep_bytes: config.ended.keep_bytes,
            listen: config.listen,
            secret_file: config.secret_file,
            discovery: config.discovery,
            listen_troubles: Vec::new(),
            trouble: None,
        }
    }
}

/// Why everything ends, once it does.
pub(crate) async fn ended(
    ending: &mut watch::Receiver<Option<goodbye::Reason>>,
) -> goodbye::Reason {
    match ending.wait_for(Option::is_some).await {
        Ok(reason) => reason.unwrap_or(goodbye::Reason::Stopped),
        Err(_) => goodbye::Reason::Stopped,
    }
}

/// The server's shared state.
pub(crate) struct Server {
    pub(crate) paths: Paths,
    pub(crate) settings: Settings,
    /// The limit of open files for programs that nobody gives one.
    pub(crate) open_files: ResourceLimit,
    pub(crate) store: Store,
    pub(crate) server_id: [u8; 16],
    /// Microseconds since 1970 UTC.
    pub(crate) started_at: u64,
    /// The host was started anew since the last server ran.
    pub(crate) rebooted: bool,
    pub(crate) panes: Panes,
    /// The other hosts.
    pub(crate) fleet: Fleet,
    pub(crate) sampler: Sampler,
    /// How states of agents are told from what they show.
    pub(crate) rulebook: Rulebook,
    /// Prompts on their way to agents.
    pub(crate) deliveries: Deliveries,
    /// Prompts that wait for agents.
    pub(crate) queue: Queue,
    /// Who is told that an agent waits.
    pub(crate) telling: Telling,
    /// What is kept the same as on other hosts.
    pub(crate) ledgers: Ledgers,
    /// Connections open.
    pub(crate) clients: AtomicU32,
    next_connection: AtomicU64,
    /// Rises with every change of the list.
    changes: watch::Sender<u64>,
    /// Rises while panes print, at most once a second.
    activity: watch::Sender<u64>,
    /// Why everything ends, once it does.
    pub(crate) ending: watch::Sender<Option<goodbye::Reason>>,
    stopping: AtomicBool,
    /// Every pane of the last server has been reached or given up.
    taken_over: watch::Sender<bool>,
    replays: Arc<Semaphore>,
    /// Panes that have printed since their journals were synced.
    printed: Mutex<HashSet<u64>>,
    pub(crate) something_printed: Notify,
    /// When holders were last asked whether they answer.
    probed: Mutex<Option<Instant>>,
}

impl Server {
    pub(crate) fn new(
        paths: Paths,
        settings: Settings,
        store: Store,
        loaded: &mut Loaded,
        rebooted: bool,
    ) -> Arc<Self> {
        let rulebook = Rulebook::new(paths.agents());
        let fleet = Fleet::new(paths.hosts(), std::mem::take(&mut loaded.hosts));
        Arc::new(Self {
            paths,
            settings,
            open_files: crate::system::raise_open_files(),
            store,
            server_id: loaded.server_id,
            started_at: crate::clock::now(),
            rebooted,
            panes: Panes::new(loaded.next_pane),
            fleet,
            sampler: Sampler::default(),
            rulebook,
            deliveries: Deliveries::default(),
            queue: Queue::new(std::mem::take(&mut loaded.prompts), loaded.next_prompt),
            telling: Telling::default(),
            ledgers: Ledgers::default(),
            clients: AtomicU32::new(0),
            next_connection: AtomicU64::new(1),
            changes: watch::channel(0).0,
            activity: watch::channel(0).0,
            ending: watch::channel(None).0,
            stopping: AtomicBool::new(false),
            taken_over: watch::channel(false).0,
            replays: Arc::new(Semaphore::new(REPLAYS)),
            printed: Mutex::default(),
            something_printed: Notify::new(),
            probed: Mutex::new(None),
        })
    }

    /// A number for a connection.
    pub(crate) fn next_connection(&self) -> u64 {
        self.next_connection.fetch_add(1, Ordering::Relaxed)
    }

    /// The list changed: whoever watches it is told.
    pub(crate) fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Panes print, and nothing else about them changes.
    pub(crate) fn activity(&self) -> watch::Receiver<u64> {
        self.activity.subscribe()
    }

    /// The panes are to be ended with the server: nothing is started again.
    pub(crate) fn stop_restarts(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// The server lives on after all.
    pub(crate) fn allow_restarts(&self) {
        self.stopping.store(false, Ordering::Release);
    }

    pub(crate) fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Writes a pane's row down, sometime soon; not that of one that was removed, which its task may still be
    /// finding out.
    pub(crate) fn write_down(&self, pane: &Pane) {
        if !self.panes.has(pane.id) {
            return;
        }
        self.store.write(Op::Put(Box::new(pane.facts().row.clone())));
    }

    /// A pane has printed: its journal wants to be synced.
    pub(crate) fn printed(&self, id: u64) {
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        let first = printed.is_empty();
        printed.insert(id);
        if first {
            self.something_printed.notify_one();
            self.activity.send_modify(|count| *count += 1);
        }
    }

    /// The panes that have printed since this was last asked.
    pub(crate) fn take_printed(&self) -> HashSet<u64> {
        std::mem::take(&mut self.printed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Somebody looks at the panes: sees to it that soon it is known which holders don't answer.
    pub(crate) fn probe_holders(self: &Arc<Self>) {
        let now = Instant::now();
        {
            let mut probed = self.probed.lock().unwrap_or_else(PoisonError::into_inner);
            if probed.is_some_and(|at| now - at < PROBE_INTERVAL) {
                return;
            }
            *probed = Some(now);
        }
        let server = Arc::clone(self);
        tokio::spawn(async move {
            // Whoever looks has an answer by then, which this must not delay.
            tokio::time::sleep(PROBE_AFTER).await;
            for pane in server.panes.all() {
                let _ = pane.tell(crate::pane::Command::Probe);
            }
        });
    }

    /// Runs a replay on another thread, when its turn has come.
    pub(crate) fn replay(&self, replay: impl FnOnce() + Send + 'static) {
        let turns = Arc::clone(&self.replays);
        tokio::spawn(async move {
            let Ok(turn) = turns.acquire_owned().await else { return };
            let _ = tokio::task::spawn_blocking(move || {
                replay();
                drop(turn);
            })
            .await;
        });
    }

    /// Has the terminal models kept, so that the next server need not replay for them. Takes a second at most.
    pub(crate) async fn keep_models(&self) {
        let mut kept = tokio::task::JoinSet::new();
        for pane in self.panes.all() {
            kept.spawn(async move { pane.ask(|done| Command::Keep { done }).await });
        }
        let _ = tokio::time::timeout(KEEPING, kept.join_all()).await;
    }

    /// Takes up what the last server left: every pane of the store and every one of which only a folder is left.
    /// Returns when each has been reached or given up; those that must be started again are being so.
    pub(crate) async fn take_over(self: &Arc<Self>, loaded: Loaded) {
        let mut known = HashSet::new();
        let mut alive = Vec::new();
        for row in loaded.panes {
            known.insert(row.id);
            let status = row.status;
            let pane = self.adopt(row);
            if status != RowStatus::Ended {
                alive.push(pane);
            }
        }
        let panes = self.paths.panes();
        for id in folder::ids(&panes).unwrap_or_default() {
            if known.contains(&id) {
                continue;
            }
            if let Some(row) = takeover::unknown(&panes, id) {
                tracing::info!(
                    "adopting pane %{id}, {:?}, which the store does not know",
                    row.name
                );
                let ended = row.status == RowStatus::Ended;
                let pane = self.adopt(row);
                self.write_down(&pane);
                if !ended {
                    alive.push(pane);
                }
            }
        }
        let mut reached = tokio::task::JoinSet::new();
        for pane in alive {
            let server = Arc::clone(self);
            reached.spawn(async move { takeover::serve(&server, &pane, None).await });
        }
        reached.join_all().await;
        queue::take_over(self);
        self.taken_over.send_replace(true);
        self.changed();
    }

    fn adopt(&self, row: crate::store::PaneRow) -> Arc<Pane> {
        let id = row.id;
        let folder = folder::of(&self.paths.panes(), id);
        let pane = Pane::new(id, folder, crate::pane::Facts::from_row(row));
        self.panes.insert(Arc::clone(&pane));
        pane
    }

    /// Waits until the last server's panes have been taken up.
    pub(crate) async fn ready(&self) {
        let mut taken_over = self.taken_over.subscribe();
        let _ = taken_over.wait_for(|done| *done).await;
    }
}
