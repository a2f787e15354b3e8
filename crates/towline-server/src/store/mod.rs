//! The store: the truth about panes and names, in one SQLite database, written by one thread.
//!
//! Callers send [`Op`]s; the thread takes what has gathered, applies it in one transaction, and tells those
//! that wait once it is committed. So identity and intent can be durable before the deed, and a hundred
//! changes at once cost one commit.

mod row;
mod schema;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use rusqlite::Connection;
use tokio::sync::oneshot;

pub(crate) use row::{EndedAs, PaneRow, RowStatus};
pub use schema::StoreError;

use crate::agent::queue;

/// One change of the store.
#[derive(Debug)]
pub(crate) enum Op {
    /// Insert the pane, or replace all that is known of it.
    Put(Box<PaneRow>),
    /// Forget the pane.
    Delete(u64),
    /// Remember a value under a name.
    Set(&'static str, Vec<u8>),
    /// Remember what was last seen of a host, as an encoded `HostState`.
    PutHost(String, Vec<u8>),
    /// Forget the host.
    DeleteHost(String),
    /// Insert the prompt, or replace all that is known of it.
    PutPrompt(Box<queue::Item>),
    /// Forget these prompts.
    ForgetPrompts(Vec<u64>),
}

enum Job {
    Apply(Op, Option<oneshot::Sender<Result<(), StoreError>>>),
    Close(oneshot::Sender<()>),
}

/// What the store held when the server started.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) panes: Vec<PaneRow>,
    /// What was last seen of each host, by alias, as encoded `HostState`s.
    pub(crate) hosts: Vec<(String, Vec<u8>)>,
    /// The server's UUID.
    pub(crate) server_id: [u8; 16],
    /// The boot the panes ran in, as far as it was known.
    pub(crate) boot_id: Option<Vec<u8>>,
    /// The next pane id; ids below it have been used.
    pub(crate) next_pane: u64,
    /// Prompts that wait, and those that were through lately.
    pub(crate) prompts: Vec<queue::Item>,
    /// The next id of a prompt; ids below it have been used.
    pub(crate) next_prompt: u64,
}

/// A handle to the store's thread.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    jobs: mpsc::Sender<Job>,
    /// Why the last batch could not be written, while that is so.
    trouble: Arc<Mutex<Option<String>>>,
}

impl Store {
    /// Opens the database at `path`, makes or checks its schema, and starts the thread.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be opened or written, or was made by a newer Towline.
    pub(crate) fn open(path: &Path) -> Result<(Self, Loaded), StoreError> {
        let connection = schema::open(path)?;
        let loaded = schema::load(&connection, path)?;
        let (jobs, inbox) = mpsc::channel();
        let trouble = Arc::new(Mutex::new(None));
        let (path, told) = (path.to_owned(), Arc::clone(&trouble));
        std::thread::Builder::new()
            .name("store".into())
            .spawn(move || serve(connection, &path, &inbox, &told))
            .map_err(StoreError::Thread)?;
        Ok((Self { jobs, trouble }, loaded))
    }

    /// Why the store can't be written, while it can't.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Applies `op` and returns once it is committed.
    ///
    /// # Errors
    /// [`StoreError`] when it could not be written (a full disk, say).
    pub(crate) async fn commit(&self, op: Op) -> Result<(), StoreError> {
        let (done, wait) = oneshot::channel();
        self.jobs.send(Job::Apply(op, Some(done))).map_err(|_| StoreError::Closed)?;
        wait.await.map_err(|_| StoreError::Closed)?
    }

    /// Applies `op` sometime soon; a failure is logged.
    pub(crate) fn write(&self, op: Op) {
        if self.jobs.send(Job::Apply(op, None)).is_err() {
            tracing::warn!("the store is closed: a change is lost");
        }
    }

    /// Commits what was sent and closes the database.
    pub(crate) async fn close(&self) {
        let (done, wait) = oneshot::channel();
        if self.jobs.send(Job::Close(done)).is_ok() {
            let _ = wait.await;
        }
    }
}

fn serve(
    mut connection: Connection,
    path: &Path,
    inbox: &mpsc::Receiver<Job>,
    trouble: &Mutex<Option<String>>,
) {
    while let Ok(first) = inbox.recv() {
        let mut batch = vec![first];
        batch.extend(inbox.try_iter());
        let mut waiting = Vec::new();
        let mut closing = Vec::new();
        let applied = apply(&mut connection, batch, &mut waiting, &mut closing);
        if let Err(error) = &applied {
            tracing::warn!("the store {} could not be written: {error}", path.display());
        }
        let reason = applied.err().map(|error| error.to_string());
        for done in waiting {
            let _ = done.send(match &reason {
                None => Ok(()),
                Some(reason) => {
                    Err(StoreError::Write { path: path.to_owned(), reason: reason.clone() })
                }
            });
        }
        *trouble.lock().unwrap_or_else(PoisonError::into_inner) = reason;
        if !closing.is_empty() {
            drop(connection);
            for done in closing {
                let _ = done.send(());
            }
            return;
        }
    }
}

fn apply(
    connection: &mut Connection,
    batch: Vec<Job>,
    waiting: &mut Vec<oneshot::Sender<Result<(), StoreError>>>,
    closing: &mut Vec<oneshot::Sender<()>>,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction();
    let mut outcome = match &transaction {
        Ok(_) => Ok(()),
        Err(_) => Err(rusqlite::Error::InvalidQuery),
    };
    for job in batch {
        match job {
            Job::Apply(op, done) => {
                waiting.extend(done);
                if let (Ok(transaction), Ok(())) = (&transaction, &outcome) {
                    outcome = row::apply(transaction, &op);
                }
            }
            Job::Close(done) => closing.push(done),
        }
    }
    let transaction = transaction?;
    outcome?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use towline_protocol::v1;

    use super::*;

    #[tokio::test]
    async fn what_is_committed_is_there_after_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        let (store, loaded) = Store::open(&path).unwrap();
        assert!(loaded.panes.is_empty());
        assert_eq!(loaded.next_pane, 1);
        let row = PaneRow {
            id: 7,
            name: "it's a \"name\"\u{e9}".into(),
            command: vec![b"sh".to_vec(), b"\xff\n'".to_vec()],
            ended: Some((EndedAs::Signal(9), 42)),
            ..PaneRow::default()
        };
        store.commit(Op::Put(Box::new(row.clone()))).await.unwrap();
        store.commit(Op::Set("boot_id", b"boot".to_vec())).await.unwrap();
        store.commit(Op::PutHost("thor".into(), vec![1])).await.unwrap();
        store.commit(Op::PutHost("thor".into(), vec![2])).await.unwrap();
        store.commit(Op::PutHost("loki".into(), vec![3])).await.unwrap();
        store.commit(Op::DeleteHost("loki".into())).await.unwrap();
        let queued = |id, text: &str| v1::Queued { id, text: text.into(), ..v1::Queued::default() };
        let item = |queued| queue::Item { key: b"k".to_vec(), host: "thor".into(), queued };
        for queued in [queued(3, "a"), queued(4, "b"), queued(3, "c")] {
            store.commit(Op::PutPrompt(Box::new(item(queued)))).await.unwrap();
        }
        store.commit(Op::ForgetPrompts(vec![4])).await.unwrap();
        store.close().await;
        let (store, again) = Store::open(&path).unwrap();
        assert_eq!(again.panes, vec![row]);
        assert_eq!(again.hosts, [("thor".to_owned(), vec![2])]);
        assert_eq!(again.prompts, [item(queued(3, "c"))]);
        assert_eq!(again.next_prompt, 5);
        assert_eq!(again.server_id, loaded.server_id);
        assert_eq!(again.boot_id.as_deref(), Some(&b"boot"[..]));
        assert_eq!(again.next_pane, 8);
        store.commit(Op::Delete(7)).await.unwrap();
        store.close().await;
        let (_, last) = Store::open(&path).unwrap();
        assert!(last.panes.is_empty());
        assert_eq!(last.next_pane, 8, "an id is never used twice");
    }

    #[test]
    fn a_store_of_an_older_layout_is_brought_up_to_date() {
        let third =
            "DROP TABLE prompt; ALTER TABLE pane DROP COLUMN agent; PRAGMA user_version = 2;";
        let second = "DROP TABLE host; PRAGMA user_version = 1;";
        for undone in [third.to_owned(), format!("{third}{second}")] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("state.db");
            let connection = schema::open(&path).unwrap();
            connection.execute_batch(&undone).unwrap();
            drop(connection);
            let connection = schema::open(&path).unwrap();
            let loaded = schema::load(&connection, &path).unwrap();
            assert!(loaded.hosts.is_empty() && loaded.prompts.is_empty(), "{undone}");
        }
    }

    #[test]
    fn a_newer_store_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        drop(schema::open(&path).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::Newer { found: 99, .. })));
    }

    #[test]
    fn a_file_that_is_no_database_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        std::fs::write(&path, "not a database, and long enough to be looked at as one".repeat(40))
            .unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::Open { .. })));
    }
}
