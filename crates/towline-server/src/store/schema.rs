//! The database's layout, its versions, and reading all of it at the start.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use super::Loaded;
use super::row::{self, PaneRow};

/// The newest layout this build knows, kept in SQLite's `user_version`.
const VERSION: i64 = 3;

/// How long to wait for another process that has the database open (a person with `sqlite3`).
const BUSY: Duration = Duration::from_secs(2);

const LAYOUT: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE pane (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT    NOT NULL,
    session       TEXT    NOT NULL,
    window        INTEGER NOT NULL,
    command       BLOB    NOT NULL,
    cwd           BLOB    NOT NULL,
    cols          INTEGER NOT NULL,
    rows          INTEGER NOT NULL,
    restart       INTEGER NOT NULL,
    restarts      INTEGER NOT NULL,
    status        INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    last_activity INTEGER NOT NULL,
    title         TEXT    NOT NULL,
    ended_kind    INTEGER,
    ended_value   INTEGER,
    ended_why     TEXT,
    ended_at      INTEGER,
    spawn_key     BLOB    NOT NULL,
    started_at    INTEGER NOT NULL
) STRICT;
";

/// What layout 2 has beyond layout 1: hosts, with what was last seen there (a `HostState` message).
const HOSTS: &str = "
CREATE TABLE host (alias TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT;
";

/// What layout 3 has beyond layout 2: the agent in a pane (an `Agent` message), and prompts that wait for one.
const AGENTS: &str = "
ALTER TABLE pane ADD COLUMN agent BLOB;
CREATE TABLE prompt (id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL, host TEXT NOT NULL, item BLOB NOT NULL) STRICT;
";

/// Why the store can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It could not be opened, or is no database.
    #[error("can't open {}: {reason}", path.display())]
    Open {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
    /// It was made by a newer Towline.
    #[error("{} was written by a newer Towline (layout {found}, this one knows {VERSION})", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its layout's version.
        found: i64,
    },
    /// It could not be written.
    #[error("can't write {}: {reason}", path.display())]
    Write {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
    /// Its thread could not be started.
    #[error("can't start the store's thread: {0}")]
    Thread(std::io::Error),
    /// The server is stopping.
    #[error("the store is closed")]
    Closed,
}

/// Opens the database, with its layout made or checked.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let open_error = |error: rusqlite::Error| StoreError::Open {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let connection = Connection::open(path).map_err(open_error)?;
    connection.busy_timeout(BUSY).map_err(open_error)?;
    let found: i64 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(open_error)?;
    if found > VERSION {
        return Err(StoreError::Newer { path: path.to_owned(), found });
    }
    let prepare = || -> rusqlite::Result<()> {
        // A write-ahead log makes a commit one append. NORMAL syncs it only at checkpoints: a killed server
        // loses nothing, and what a power cut could take back names processes that the cut ended anyway.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        let missing = match found {
            0 => format!("{LAYOUT}{HOSTS}{AGENTS}"),
            1 => format!("{HOSTS}{AGENTS}"),
            2 => AGENTS.to_owned(),
            _ => return Ok(()),
        };
        connection
            .execute_batch(&format!("BEGIN;{missing}PRAGMA user_version={VERSION};COMMIT;"))?;
        Ok(())
    };
    prepare().map_err(open_error)?;
    Ok(connection)
}

/// Reads everything; makes the server's UUID on the first start.
pub(super) fn load(connection: &Connection, path: &Path) -> Result<Loaded, StoreError> {
    let read = || -> rusqlite::Result<Loaded> {
        let meta = |name: &str| -> rusqlite::Result<Option<Vec<u8>>> {
            connection
                .query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0))
                .optional()
        };
        let server_id = match meta("server_id")?.and_then(|id| id.try_into().ok()) {
            Some(id) => id,
            None => {
                let id = uuid::Uuid::new_v4().into_bytes();
                connection
                    .execute("INSERT OR REPLACE INTO meta VALUES ('server_id', ?1)", [&id[..]])?;
                id
            }
        };
        let panes = connection
            .prepare(&format!("SELECT {} FROM pane ORDER BY id", row::COLUMNS))?
            .query_map([], PaneRow::read)?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let hosts = connection
            .prepare("SELECT alias, state FROM host")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let prompts = connection
            .prepare("SELECT id, key, host, item FROM prompt ORDER BY id")?
            .query_map([], row::read_prompt)?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let next = |table: &str| -> rusqlite::Result<u64> {
            let last: Option<i64> = connection
                .query_row("SELECT seq FROM sqlite_sequence WHERE name = ?1", [table], |row| {
                    row.get(0)
                })
                .optional()?;
            Ok(last.unwrap_or(0).cast_unsigned() + 1)
        };
        Ok(Loaded {
            panes,
            hosts,
            server_id,
            boot_id: meta("boot_id")?,
            next_pane: next("pane")?,
            prompts: prompts.into_iter().flatten().collect(),
            next_prompt: next("prompt")?,
        })
    };
    read().map_err(|error| StoreError::Open { path: path.to_owned(), reason: error.to_string() })
}
