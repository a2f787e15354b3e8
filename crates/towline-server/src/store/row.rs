//! A pane as the store keeps it.

use rusqlite::{Row, Transaction, params};
use towline_protocol::Message as _;
use towline_protocol::v1;

use super::Op;
use crate::agent::queue;

/// What a pane was doing when it was last written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum RowStatus {
    /// Its holder was about to be started.
    #[default]
    Starting,
    /// Its program ran.
    Running,
    /// Its program had ended, for good.
    Ended,
    /// Its program had ended, and was about to be started again.
    Again,
}

/// How a pane ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EndedAs {
    /// The program returned this status.
    Status(i32),
    /// A signal ended the program.
    Signal(i32),
    /// The holder went without a word; a word on why ("reboot", "holder").
    Lost(String),
}

/// A pane as the store keeps it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct PaneRow {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) session: String,
    pub(crate) window: u32,
    pub(crate) command: Vec<Vec<u8>>,
    pub(crate) cwd: Vec<u8>,
    pub(crate) cols: u16,
    pub(crate) rows: u16,
    /// As [`towline_protocol::v1::Restart`].
    pub(crate) restart: i32,
    pub(crate) restarts: u32,
    pub(crate) status: RowStatus,
    /// Microseconds since 1970 UTC, as all times here.
    pub(crate) created_at: u64,
    /// When its program was started last.
    pub(crate) started_at: u64,
    pub(crate) last_activity: u64,
    pub(crate) title: String,
    pub(crate) ended: Option<(EndedAs, u64)>,
    /// The key of the request that made it, so that a retry doesn't make another; or empty.
    pub(crate) spawn_key: Vec<u8>,
    /// The agent in it: what was known of it last, and how it was started.
    pub(crate) agent: Option<v1::Agent>,
}

pub(super) const COLUMNS: &str = "id, name, session, window, command, cwd, cols, rows, restart, restarts, \
     status, created_at, last_activity, title, ended_kind, ended_value, ended_why, ended_at, spawn_key, started_at, \
     agent";

impl PaneRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let ended_at: Option<i64> = row.get(17)?;
        let ended = match ended_at {
            None => None,
            Some(at) => {
                let value: i32 = row.get(15)?;
                let how = match row.get::<_, i64>(14)? {
                    0 => EndedAs::Status(value),
                    1 => EndedAs::Signal(value),
                    _ => EndedAs::Lost(row.get(16)?),
                };
                Some((how, at.cast_unsigned()))
            }
        };
        let command: Vec<u8> = row.get(4)?;
        Ok(Self {
            id: row.get::<_, i64>(0)?.cast_unsigned(),
            name: row.get(1)?,
            session: row.get(2)?,
            window: row.get(3)?,
            command: split(&command),
            cwd: row.get(5)?,
            cols: row.get(6)?,
            rows: row.get(7)?,
            restart: row.get(8)?,
            restarts: row.get(9)?,
            status: match row.get::<_, i64>(10)? {
                0 => RowStatus::Starting,
                1 => RowStatus::Running,
                3 => RowStatus::Again,
                _ => RowStatus::Ended,
            },
            created_at: row.get::<_, i64>(11)?.cast_unsigned(),
            last_activity: row.get::<_, i64>(12)?.cast_unsigned(),
            title: row.get(13)?,
            ended,
            spawn_key: row.get(18)?,
            started_at: row.get::<_, i64>(19)?.cast_unsigned(),
            agent: row
                .get::<_, Option<Vec<u8>>>(20)?
                .and_then(|bytes| v1::Agent::decode(&*bytes).ok()),
        })
    }

    fn put(&self, to: &Transaction<'_>) -> rusqlite::Result<()> {
        let (kind, value, why) = match &self.ended {
            None => (None, None, None),
            Some((EndedAs::Status(status), _)) => (Some(0), Some(*status), None),
            Some((EndedAs::Signal(signal), _)) => (Some(1), Some(*signal), None),
            Some((EndedAs::Lost(why), _)) => (Some(2), Some(0), Some(why)),
        };
        to.prepare_cached(&format!(
            "INSERT OR REPLACE INTO pane ({COLUMNS}) VALUES \
             (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21)"
        ))?
        .execute(params![
            self.id.cast_signed(),
            self.name,
            self.session,
            self.window,
            join(&self.command),
            self.cwd,
            self.cols,
            self.rows,
            self.restart,
            self.restarts,
            self.status as i64,
            self.created_at.cast_signed(),
            self.last_activity.cast_signed(),
            self.title,
            kind,
            value,
            why,
            self.ended.as_ref().map(|(_, at)| at.cast_signed()),
            self.spawn_key,
            self.started_at.cast_signed(),
            self.agent.as_ref().map(v1::Agent::encode_to_vec),
        ])?;
        Ok(())
    }
}

/// A prompt as it was written; `None` where nobody can read it.
pub(super) fn read_prompt(row: &Row<'_>) -> rusqlite::Result<Option<queue::Item>> {
    let id = row.get::<_, i64>(0)?.cast_unsigned();
    let item: Vec<u8> = row.get(3)?;
    let Ok(queued) = v1::Queued::decode(&*item) else { return Ok(None) };
    let queued = v1::Queued { id, ..queued };
    Ok(Some(queue::Item { key: row.get(1)?, host: row.get(2)?, queued }))
}

pub(super) fn apply(to: &Transaction<'_>, op: &Op) -> rusqlite::Result<()> {
    match op {
        Op::Put(row) => row.put(to),
        Op::Delete(id) => {
            to.execute("DELETE FROM pane WHERE id = ?1", [id.cast_signed()]).map(|_| ())
        }
        Op::Set(name, value) => to
            .execute("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", params![name, value])
            .map(|_| ()),
        Op::PutHost(alias, state) => to
            .execute("INSERT OR REPLACE INTO host VALUES (?1, ?2)", params![alias, state])
            .map(|_| ()),
        Op::PutPrompt(item) => to
            .execute(
                "INSERT OR REPLACE INTO prompt (id, key, host, item) VALUES (?1, ?2, ?3, ?4)",
                params![
                    item.queued.id.cast_signed(),
                    item.key,
                    item.host,
                    item.queued.encode_to_vec()
                ],
            )
            .map(|_| ()),
        Op::ForgetPrompts(ids) => ids.iter().try_for_each(|id| {
            to.execute("DELETE FROM prompt WHERE id = ?1", [id.cast_signed()]).map(|_| ())
        }),
        Op::DeleteHost(alias) => {
            to.execute("DELETE FROM host WHERE alias = ?1", [alias]).map(|_| ())
        }
    }
}

/// An argument vector as one value: each argument ends with a NUL, which no argument can hold.
fn join(arguments: &[Vec<u8>]) -> Vec<u8> {
    arguments.iter().flat_map(|argument| argument.iter().copied().chain([0])).collect()
}

fn split(joined: &[u8]) -> Vec<Vec<u8>> {
    let mut arguments: Vec<Vec<u8>> = joined.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    arguments.pop();
    arguments
}
