//! What the server does by itself: journals to the disk, closed segments compressed, old ended panes removed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::clock;
use crate::pane::{Pane, end};
use crate::server::Server;

/// Journals are synced at most so often: a power cut takes at most a second of output.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// A segment that was closed for so long will stay for a while, so that compressing it pays. While a program
/// floods, segments are gone before.
const COMPRESS_AFTER: Duration = Duration::from_secs(30);

/// How often old panes are looked for. They are counted in days.
const CLEAN_INTERVAL: Duration = Duration::from_secs(3600);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Syncs journals while panes print; sleeps while none does.
pub(crate) async fn sync(server: Arc<Server>) {
    loop {
        server.something_printed.notified().await;
        tokio::time::sleep(SYNC_INTERVAL).await;
        let printed = server.take_printed();
        let journals: Vec<PathBuf> = server
            .panes
            .all()
            .iter()
            .filter(|pane| printed.contains(&pane.id))
            .map(|pane| pane.journal())
            .collect();
        let done = tokio::task::spawn_blocking(move || {
            for journal in journals {
                if let Err(error) = towline_journal::sync(&journal) {
                    tracing::debug!("{} is not synced: {error}", journal.display());
                }
                if let Err(error) = towline_journal::compress_closed(&journal, COMPRESS_AFTER) {
                    tracing::debug!("{} is not compressed: {error}", journal.display());
                }
            }
        });
        let _ = done.await;
    }
}

/// Removes ended panes that are too old or take too much, and compresses what has been quiet.
pub(crate) async fn clean(server: Arc<Server>) {
    loop {
        let panes = server.panes.all();
        let ended: Vec<Ended> = panes.iter().filter_map(|pane| Ended::of(pane)).collect();
        let age = DAY.saturating_mul(server.settings.keep_days);
        for id in surplus(ended, clock::now(), age, server.settings.keep_bytes) {
            if let Some(pane) = panes.iter().find(|pane| pane.id == id) {
                tracing::info!("removing {}, which ended long ago", pane.name());
                end::remove(&server, pane).await;
            }
        }
        let journals: Vec<PathBuf> = panes.iter().map(|pane| pane.journal()).collect();
        let compressed = tokio::task::spawn_blocking(move || {
            for journal in journals {
                let _ = towline_journal::compress_closed(&journal, COMPRESS_AFTER);
            }
        });
        let _ = compressed.await;
        tokio::time::sleep(CLEAN_INTERVAL).await;
    }
}

#[derive(Debug, Clone, Copy)]
struct Ended {
    id: u64,
    at: u64,
    bytes: u64,
}

impl Ended {
    fn of(pane: &Pane) -> Option<Self> {
        if !pane.pulse.borrow().ended {
            // It is about to be started again.
            return None;
        }
        let (_, at) = pane.facts().row.ended.clone()?;
        let bytes =
            towline_journal::summary(&pane.journal()).map_or(0, |summary| summary.disk_bytes);
        Some(Self { id: pane.id, at, bytes })
    }
}

/// Which ended panes go: those older than `age`, and the oldest until the rest takes at most `bytes`.
fn surplus(mut ended: Vec<Ended>, now: u64, age: Duration, bytes: u64) -> Vec<u64> {
    ended.sort_by_key(|pane| std::cmp::Reverse(pane.at));
    let mut total = 0u64;
    ended
        .into_iter()
        .filter(|pane| {
            total = total.saturating_add(pane.bytes);
            total > bytes || Duration::from_micros(now.saturating_sub(pane.at)) > age
        })
        .map(|pane| pane.id)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_and_the_too_many_go() {
        let now = 100 * 24 * 3600 * 1_000_000;
        let day = |days: u64| now - days * 24 * 3600 * 1_000_000;
        let ended = [(1, day(40), 1), (2, day(3), 500), (3, day(2), 600), (4, day(1), 10)]
            .map(|(id, at, bytes)| Ended { id, at, bytes });
        assert_eq!(surplus(ended.to_vec(), now, DAY * 30, 10_000), [1]);
        assert_eq!(surplus(ended.to_vec(), now, DAY * 30, 700), [2, 1]);
        assert_eq!(surplus(ended.to_vec(), now, DAY * 30, 0), [4, 3, 2, 1]);
    }
}
