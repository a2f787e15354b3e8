//! The one task that keeps ledgers: it sleeps until a file has changed, a host has told something, or an exchange is over.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use towline_client::exchanges::{self, Exchange};
use towline_client::start;

use super::pace::Pace;
use super::watch::{Folders, Names, Watch};
use crate::child;
use crate::server::Server;

/// Files are looked at when nothing has changed for so long, and at the latest after so long.
const QUIET: Duration = Duration::from_millis(100);
const LATEST: Duration = Duration::from_secs(1);

/// How often folders that are not there are looked for.
const MISSING: Duration = Duration::from_secs(60);

/// How long an exchange may take.
const LONGEST: Duration = Duration::from_secs(300);

/// What says who somebody is, or which server is meant: the starter's of this server, and nobody's here.
const NOT_OURS: [&str; 12] = [
    "TOWLINE_ADDR",
    "TOWLINE_SOCKET",
    "TOWLINE_PANE",
    "TOWLINE_SECRET",
    "TOWLINE_ROLE",
    "GT_ROLE",
    "GT_RIG",
    "GT_POLECAT",
    "GT_CREW",
    "BD_ACTOR",
    "BEADS_ACTOR",
    "BEADS_DIR",
];

/// An exchange that is over.
struct Over {
    id: String,
    /// What the other host had said of its files before.
    before: Option<String>,
    outcome: Result<(), String>,
}

/// What is known of the records and their files.
#[derive(Default)]
struct Kept {
    exchanges: Vec<Exchange>,
    digests: HashMap<String, String>,
    /// What tells that a file is another than when it was read: of all files of an exchange.
    stamps: HashMap<String, Vec<Stamp>>,
    paces: HashMap<String, Pace>,
    /// The last reason for a failure, so that the log has it once.
    troubles: HashMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    file: PathBuf,
    modified: Option<std::time::SystemTime>,
    length: u64,
    inode: u64,
}

/// Keeps ledgers for as long as the server lives.
pub(crate) async fn keep(server: Arc<Server>) {
    let folder = server.paths.exchanges();
    if let Err(error) = exchanges::make_private(&folder) {
        tracing::warn!("ledgers are not exchanged: {}: {error}", folder.display());
        return;
    }
    let mut watch = match Watch::new() {
        Ok(watch) => watch,
        Err(error) => {
            tracing::warn!("ledgers are not watched: {error}");
            return;
        }
    };
    let (tell, mut over) = mpsc::channel::<Over>(16);
    let mut kept = Kept::default();
    loop {
        // Watched before they are looked at, so that nothing is missed in between. Records first: they say what else.
        let records = || (folder.clone(), Names::Ending(".json"));
        watch.follow(&folders(&kept.exchanges, records()));
        kept = look(kept, folder.clone()).await;
        let all = watch.follow(&folders(&kept.exchanges, records()));
        for host in server.ledgers.take_linked() {
            kept.hope(&host);
        }
        announce(&server, &kept);
        begin(&server, &mut kept, &tell);
        let retry = kept.next();
        tokio::select! {
            () = watch.changed() => settle(&watch).await,
            () = server.ledgers.heard.notified() => {}
            Some(ended) = over.recv() => kept.end(&server, ended),
            () = at(retry) => {}
            () = sleep(MISSING), if !all => {}
        }
    }
}

/// Waits until nothing has changed for a while.
async fn settle(watch: &Watch) {
    let storm = async { while timeout(QUIET, watch.changed()).await.is_ok() {} };
    let _ = timeout(LATEST, storm).await;
}

async fn at(when: Option<Instant>) {
    match when {
        Some(when) => sleep_until(when).await,
        None => std::future::pending().await,
    }
}

/// All folders that are to be watched.
fn folders(exchanges: &[Exchange], records: (PathBuf, Names)) -> Folders {
    let mut folders: Folders = BTreeMap::new();
    for file in exchanges.iter().flat_map(|exchange| &exchange.files) {
        let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { continue };
        let names =
            folders.entry(folder.to_owned()).or_insert_with(|| Names::These(Default::default()));
        if let Names::These(names) = names {
            names.insert(name.to_owned());
        }
    }
    folders.extend([records]);
    folders
}

/// Reads the records, and those files that have changed.
async fn look(mut kept: Kept, folder: PathBuf) -> Kept {
    let looking = tokio::task::spawn_blocking(move || {
        kept.exchanges = Exchange::all(&folder);
        let ids: Vec<&str> = kept.exchanges.iter().map(|one| one.id.as_str()).collect();
        kept.digests.retain(|id, _| ids.contains(&id.as_str()));
        kept.stamps.retain(|id, _| ids.contains(&id.as_str()));
        for exchange in &kept.exchanges {
            let now: Vec<Stamp> = exchange.files.iter().map(stamp).collect();
            if kept.stamps.get(&exchange.id) == Some(&now) {
                continue;
            }
            if let Ok(digest) = exchange.digest() {
                kept.digests.insert(exchange.id.clone(), digest);
                kept.stamps.insert(exchange.id.clone(), now);
            }
        }
        kept
    });
    looking.await.unwrap_or_default()
}

fn stamp(file: &PathBuf) -> Stamp {
    use std::os::unix::fs::MetadataExt;
    let data = std::fs::metadata(file).ok();
    Stamp {
        file: file.clone(),
        modified: data.as_ref().and_then(|data| data.modified().ok()),
        length: data.as_ref().map_or(0, std::fs::Metadata::len),
        inode: data.as_ref().map_or(0, MetadataExt::ino),
    }
}

/// Has other hosts told what theirs of this host's files are like now.
fn announce(server: &Server, kept: &Kept) {
    let theirs = kept.exchanges.iter().filter(|exchange| exchange.host.is_empty());
    let here = theirs.filter_map(|exchange| {
        Some((exchange.id.clone(), kept.digests.get(&exchange.id)?.clone()))
    });
    if server.ledgers.set_here(here.collect()) {
        server.changed();
    }
}

/// Begins those exchanges that are due and can be had.
fn begin(server: &Arc<Server>, kept: &mut Kept, tell: &mpsc::Sender<Over>) {
    let now = Instant::now();
    for exchange in kept.exchanges.iter().filter(|exchange| !exchange.host.is_empty()) {
        // The link is asked for, too, so that it is made for hosts in no list.
        let linked = server.is_linked(&exchange.host);
        let Some(here) = kept.digests.get(&exchange.id) else { continue };
        let there = server.ledgers.there(&exchange.host, &exchange.id);
        let pace = kept.paces.entry(exchange.id.clone()).or_default();
        if !linked || !exchange.is_due(here, there.as_deref()) || !pace.may_begin(now) {
            continue;
        }
        pace.begin();
        let (id, tell) = (exchange.id.clone(), tell.clone());
        let agent = server.fleet.ssh_agent();
        tokio::spawn(async move {
            let outcome = exchange_now(&id, agent).await;
            let _ = tell.send(Over { id, before: there, outcome }).await;
        });
    }
}

/// Runs the command that exchanges them.
async fn exchange_now(id: &str, ssh_agent: Vec<u8>) -> Result<(), String> {
    let program = start::program().map_err(|error| error.to_string())?;
    let words = ["--quiet", "ledger", "exchange", id].map(OsString::from);
    let argv: Vec<OsString> = std::iter::once(program.into()).chain(words).collect();
    let mut variables: Vec<(&str, Option<OsString>)> =
        NOT_OURS.iter().map(|name| (*name, None)).collect();
    if !ssh_agent.is_empty() {
        variables.push(("SSH_AUTH_SOCK", Some(OsString::from_vec(ssh_agent))));
    }
    child::run(&argv, variables, LONGEST).await
}

impl Kept {
    /// The link to a host is new: what failed before may work.
    fn hope(&mut self, host: &str) {
        for exchange in self.exchanges.iter().filter(|exchange| exchange.host == host) {
            self.paces.entry(exchange.id.clone()).or_default().hope();
        }
    }

    /// When something may have to be begun that can't be now.
    fn next(&self) -> Option<Instant> {
        let now = Instant::now();
        let waiting = self.paces.values().filter_map(Pace::next);
        waiting.filter(|at| *at > now).min()
    }

    fn end(&mut self, server: &Server, over: Over) {
        let Over { id, before, outcome } = over;
        self.paces.entry(id.clone()).or_default().end(Instant::now(), outcome.is_ok());
        match outcome {
            Ok(()) => {
                self.troubles.remove(&id);
                // It has written down what it left there; what this host hears of it is no news.
                let record = Exchange::read(&server.paths.exchanges(), &id).ok().flatten();
                if let Some(Exchange { host, settled: Some(settled), .. }) = record {
                    server.ledgers.settle(&host, &id, before.as_deref(), &settled.there);
                }
            }
            Err(why) => {
                if self.troubles.get(&id) != Some(&why) {
                    tracing::warn!("the ledgers of exchange {id}: {why}");
                }
                self.troubles.insert(id, why);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_folder_are_watched_together() {
        let exchange = |files: &[&str]| Exchange {
            files: files.iter().map(PathBuf::from).collect(),
            ..Exchange::default()
        };
        let exchanges = [exchange(&["/a/x", "/b/x"]), exchange(&["/a/y", "/a/x"])];
        let names = |names: &[&str]| Names::These(names.iter().map(OsString::from).collect());
        let expected: Folders = [
            (PathBuf::from("/a"), names(&["x", "y"])),
            (PathBuf::from("/b"), names(&["x"])),
            (PathBuf::from("/r"), Names::Ending(".json")),
        ]
        .into();
        assert_eq!(folders(&exchanges, ("/r".into(), Names::Ending(".json"))), expected);
    }
}
