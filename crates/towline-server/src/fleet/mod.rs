//! The other hosts: a link to each that heals by itself, and what was last seen there.
//!
//! [`Fleet`] knows the hosts of `hosts.toml` and those in no list that somebody has asked for. Each has a [`Peer`], whose task
//! keeps the link. [`route`] decides where a request is carried out, [`relay`] carries it on.

mod attach;
mod doubt;
mod here;
mod known;
mod link;
mod opening;
mod peer;
mod relay;
mod route;
mod task;
mod tmux;
mod towards;

use std::collections::HashMap;
use std::collections::btree_map::Values;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use towline_client::hosts::{self, Backend, Host, LocalHost};
use towline_client::target::LOCAL_HOST;
use towline_protocol::Message as _;
use towline_protocol::v1;

pub(crate) use opening::Openings;
pub(crate) use peer::Peer;
pub(crate) use relay::{Onward, Relayed, relay, relay_here};
pub(crate) use route::Route;
pub(crate) use towards::Towards;

use crate::fault::Fault;
use crate::server::Server;

/// The other hosts.
pub(crate) struct Fleet {
    /// `hosts.toml`.
    file: PathBuf,
    /// The tmux of this machine.
    here: here::Here,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// What the file was like when it was read last.
    stamp: Option<Stamp>,
    /// The hosts of the file, in its order.
    listed: Vec<Arc<Peer>>,
    /// Hosts in no list that somebody has asked for, by what they were called.
    unlisted: HashMap<String, Arc<Peer>>,
    /// What the store holds of hosts that have no peer yet.
    stored: HashMap<String, v1::HostState>,
    /// What the file says of this machine.
    local: LocalHost,
    /// Why the file could not be used, while that is so: the hosts that were known before stay.
    trouble: Option<String>,
    /// The `SSH_AUTH_SOCK` of whoever asked for something last.
    ssh_auth_sock: Vec<u8>,
}

/// What tells that a file is another than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

impl Fleet {
    /// No hosts yet; [`Fleet::refresh`] reads them.
    pub(crate) fn new(file: PathBuf, stored: Vec<(String, Vec<u8>)>) -> Self {
        let decode = |(alias, state): (String, Vec<u8>)| {
            v1::HostState::decode(&*state).ok().map(|state| (alias, state))
        };
        let stored = stored.into_iter().filter_map(decode).collect();
        Self {
            file,
            here: here::Here::default(),
            inner: Mutex::new(Inner { stored, ..Inner::default() }),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever asks has this ssh agent now.
    pub(crate) fn lend_ssh_agent(&self, socket: &[u8]) {
        if !socket.is_empty() {
            self.inner().ssh_auth_sock = socket.to_vec();
        }
    }

    /// The `SSH_AUTH_SOCK` of whoever asked for something last.
    pub(crate) fn ssh_agent(&self) -> Vec<u8> {
        self.inner().ssh_auth_sock.clone()
    }

    /// Why `hosts.toml` can't be used, while it can't.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.inner().trouble.clone()
    }

    /// What keeps the panes of this machine, and its tmux.
    fn local(&self) -> (Backend, String) {
        let local = self.inner().local.clone();
        (local.backend, local.tmux.unwrap_or_else(|| "tmux".into()))
    }

    /// The peers of the hosts of the file.
    pub(crate) fn listed(&self) -> Vec<Arc<Peer>> {
        self.inner().listed.clone()
    }

    /// Shows the panes of each other host that is there now; those of a server with two aliases once.
    pub(crate) fn visit_online<F>(&self, own_id: &[u8], mut visit: F)
    where
        F: FnMut(&str, Values<'_, u64, v1::Pane>),
    {
        let mut seen: Vec<Vec<u8>> = vec![own_id.to_vec()];
        for peer in self.listed().iter().filter(|peer| peer.is_online()) {
            let known = peer.known();
            let id = known.host.as_ref().map_or(&[][..], |host| &host.id);
            if id.is_empty() || !seen.iter().any(|other| other == id) {
                seen.push(id.to_vec());
                visit(peer.alias(), known.panes());
            }
        }
    }

    fn stamp(&self) -> Option<Stamp> {
        use std::os::unix::fs::MetadataExt;
        let data = std::fs::metadata(&self.file).ok()?;
        Some(Stamp { modified: data.modified().ok(), length: data.len(), inode: data.ino() })
    }
}

impl Server {
    /// Reads `hosts.toml` where it has changed, and starts and ends links accordingly.
    pub(crate) fn refresh_fleet(self: &Arc<Self>) {
        let fleet = &self.fleet;
        let stamp = fleet.stamp();
        if stamp == fleet.inner().stamp {
            return;
        }
        let loaded = hosts::load(&fleet.file);
        let mut inner = fleet.inner();
        inner.stamp = stamp;
        let hosts = match loaded {
            Ok(hosts) => hosts,
            Err(error) => {
                tracing::warn!("{error}");
                inner.trouble = Some(error.to_string());
                return;
            }
        };
        inner.trouble = None;
        inner.local = hosts.local.clone();
        let mut before = std::mem::take(&mut inner.listed);
        for host in hosts.iter() {
            let same = before.iter().position(|peer| peer.host == *host);
            let peer = match same {
                Some(index) => before.swap_remove(index),
                None => {
                    let state = before
                        .iter()
                        .find(|peer| peer.alias() == host.alias)
                        .map(|peer| peer.state())
                        .or_else(|| inner.stored.remove(&host.alias));
                    Peer::start(self, host.clone(), state, true)
                }
            };
            inner.listed.push(peer);
        }
        for peer in before {
            peer.end();
            if !inner.listed.iter().any(|listed| listed.alias() == peer.alias()) {
                self.store.write(crate::store::Op::DeleteHost(peer.alias().to_owned()));
            }
        }
        drop(inner);
        self.changed();
    }

    /// The peer of a host: by its alias, or one in no list as `[user@]host[:port]`.
    ///
    /// # Errors
    /// Where it is neither.
    pub(crate) fn peer(self: &Arc<Self>, host: &str) -> Result<Arc<Peer>, Fault> {
        self.refresh_fleet();
        let mut inner = self.fleet.inner();
        if let Some(peer) = inner.listed.iter().find(|peer| peer.alias() == host) {
            return Ok(Arc::clone(peer));
        }
        if host == LOCAL_HOST {
            return Err(Fault::internal("this host is not another one"));
        }
        if let Some(peer) = inner.unlisted.get(host) {
            return Ok(Arc::clone(peer));
        }
        let unlisted = Host::unlisted(host).map_err(|error| Fault::invalid(error.to_string()))?;
        // As long as the server lives, so that the next command finds the link.
        let peer = Peer::start(self, unlisted, None, false);
        inner.unlisted.insert(host.to_owned(), Arc::clone(&peer));
        Ok(peer)
    }

    /// Whether there is a link to a host's Towline now. One to a host in no list is begun.
    pub(crate) fn is_linked(self: &Arc<Self>, host: &str) -> bool {
        self.peer(host).is_ok_and(|peer| peer.is_linked())
    }

    /// The hosts that a list is to show, with what is known of them.
    ///
    /// # Errors
    /// Where one that was asked for is none.
    pub(crate) async fn list_fleet(
        self: &Arc<Self>,
        wanted: &[String],
        patience: Duration,
    ) -> Result<Vec<v1::HostState>, Fault> {
        self.refresh_fleet();
        let peers = if wanted.is_empty() {
            self.fleet.listed()
        } else {
            let others = wanted.iter().filter(|host| *host != LOCAL_HOST);
            others.map(|host| self.peer(host)).collect::<Result<_, _>>()?
        };
        // Only those that are still being connected to, or from which nothing was heard for long, are waited for.
        let mut settling = tokio::task::JoinSet::new();
        for peer in &peers {
            let peer = Arc::clone(peer);
            settling.spawn(async move { peer.settle(patience).await });
        }
        settling.join_all().await;
        Ok(self.states(&peers))
    }

    /// What is known of hosts. Those that are another one's server under a second alias come without panes.
    fn states(&self, peers: &[Arc<Peer>]) -> Vec<v1::HostState> {
        let mut states: Vec<v1::HostState> = peers.iter().map(|peer| peer.state()).collect();
        known::mark_same(&mut states, &self.server_id);
        states
    }
}
