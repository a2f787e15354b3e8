//! A stream of the list: all of it at first, then what changes. What another host's server listens to.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use towline_protocol::Message as _;
use towline_protocol::v1::{self, reply};

use super::Window;
use super::looking::sample;
use super::requests::{Job, answer};
use crate::ledgers;

/// A burst of changes (fifty panes started at once) makes one update.
const BURST: Duration = Duration::from_millis(5);

/// While panes do nothing but print, that they did is told so often.
const ACTIVITY: Duration = Duration::from_secs(2);

impl Job {
    /// Sends updates for as long as the client wants them.
    pub(super) async fn subscribe(self, window: Arc<Window>) {
        answer(&self.out, self.id, Ok(reply::Body::Done(v1::Done {})));
        let mut changes = self.server.changes();
        let mut activity = self.server.activity();
        self.server.watch_tmux_here();
        self.server.agents_in_tmux().await;
        let mut sent = HashMap::new();
        let mut sent_exchanges = BTreeMap::new();
        let mut whole = true;
        // When panes that print are looked at, and whether any has printed since that was set.
        let (mut due, mut printed) = (None, false);
        loop {
            window.opened().await;
            changes.mark_unchanged();
            let now = self.described();
            let exchanges = self.server.ledgers.here();
            let update = v1::ListUpdate {
                whole,
                exchanges: ledgers::difference(&sent_exchanges, &exchanges),
                ..difference(&sent, &now)
            };
            (sent, sent_exchanges) = (now, exchanges);
            if whole || update != v1::ListUpdate::default() {
                let bytes = update.encode_to_vec();
                window.take(bytes.len());
                self.out.whole(self.id, bytes);
            }
            whole = false;
            loop {
                tokio::select! {
                    changed = changes.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        tokio::time::sleep(BURST).await;
                        break;
                    }
                    _ = activity.changed() => {
                        printed = true;
                        due.get_or_insert_with(|| Instant::now() + ACTIVITY);
                    }
                    () = at(due) => {
                        // Once more when they have become quiet: what they use then is what stays.
                        due = printed.then(|| Instant::now() + ACTIVITY);
                        printed = false;
                        break;
                    }
                }
            }
        }
    }

    fn described(&self) -> HashMap<u64, v1::Pane> {
        let panes = self.server.panes.all();
        let panes: Vec<_> = panes.into_iter().filter(|pane| !pane.facts().removing).collect();
        sample(&self.server, &panes);
        let in_tmux = self.server.agents_in_tmux_lately();
        let panes = panes.iter().map(|pane| pane.describe()).chain(in_tmux);
        panes.map(|pane| (pane.id, rounded(pane))).collect()
    }
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Less exact where more says nothing, so that a pane that idles has no news.
fn rounded(pane: v1::Pane) -> v1::Pane {
    v1::Pane { cpu_percent: pane.cpu_percent.round(), ..pane }
}

/// What takes a client from one list to another.
fn difference(before: &HashMap<u64, v1::Pane>, now: &HashMap<u64, v1::Pane>) -> v1::ListUpdate {
    let changed = now.iter().filter(|(id, pane)| before.get(id) != Some(*pane));
    let gone = before.keys().filter(|id| !now.contains_key(id));
    let mut update = v1::ListUpdate {
        whole: false,
        panes: changed.map(|(_, pane)| pane.clone()).collect(),
        gone: gone.copied().collect(),
        exchanges: Vec::new(),
    };
    update.panes.sort_by_key(|pane| pane.id);
    update.gone.sort_unstable();
    update
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_is_sent() {
        let list = |panes: &[(u64, &str)]| -> HashMap<u64, v1::Pane> {
            let pane =
                |id: u64, name: &str| v1::Pane { id, name: name.into(), ..v1::Pane::default() };
            panes.iter().map(|(id, name)| (*id, pane(*id, name))).collect()
        };
        let told = |before: &[(u64, &str)], now: &[(u64, &str)]| {
            let update = difference(&list(before), &list(now));
            let names: Vec<String> = update.panes.into_iter().map(|pane| pane.name).collect();
            (names.join(" "), update.gone)
        };
        let text = |text: &str| text.to_owned();
        assert_eq!(told(&[], &[(1, "a"), (2, "b")]), (text("a b"), vec![]));
        assert_eq!(told(&[(1, "a"), (2, "b")], &[(1, "a"), (2, "c")]), (text("c"), vec![]));
        assert_eq!(told(&[(1, "a"), (2, "b")], &[(2, "b")]), (text(""), vec![1]));
        assert_eq!(told(&[(1, "a")], &[(1, "a")]), (text(""), vec![]));
    }
}
