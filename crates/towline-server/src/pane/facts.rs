//! What is known of a pane without asking anybody: enough for `list` and `info`.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use towline_agents::{Source, State};
use towline_journal::ExitStatus;
use towline_protocol::v1;

use super::restart;
use crate::spawn::agent::continued;
use crate::store::{EndedAs, PaneRow, RowStatus};

/// What is known of a pane.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// What the store keeps.
    pub(crate) row: PaneRow,
    /// Process id of the program, 0 where it does not run.
    pub(crate) pid: i32,
    pub(crate) holder_pid: i32,
    /// Clients attached.
    pub(crate) attached: u32,
    /// The journal could not be written.
    pub(crate) degraded: bool,
    /// The holder lives but does not answer.
    pub(crate) unresponsive: bool,
    /// Bytes ever printed.
    pub(crate) head: u64,
    /// Of the process tree, as last sampled.
    pub(crate) cpu_percent: f64,
    pub(crate) memory_bytes: u64,
    /// What its agent's hooks told that is not part of its state.
    pub(crate) heard: Heard,
    /// Prompts that wait for the agent.
    pub(crate) queued: u32,
    /// When it is to be started again, where it is: microseconds since 1970 UTC.
    pub(crate) restart_at: u64,
    /// Somebody asked to remove it: it is not started again.
    pub(crate) removing: bool,
    /// What runs in it asked to be ended and started anew.
    pub(crate) renewing: bool,
}

/// What an agent's hooks told that is not part of its state. Times are microseconds since 1970 UTC.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    /// When it took a prompt last.
    pub(crate) taken_at: u64,
    /// When it ended a turn last, and with which words.
    pub(crate) answer: Option<(u64, String)>,
}

impl Facts {
    pub(crate) fn from_row(row: PaneRow) -> Self {
        Self { row, ..Self::default() }
    }

    pub(crate) fn status(&self) -> v1::PaneStatus {
        match self.row.status {
            RowStatus::Ended => v1::PaneStatus::Ended,
            RowStatus::Again => v1::PaneStatus::Restarting,
            _ if self.unresponsive => v1::PaneStatus::Unresponsive,
            RowStatus::Starting => v1::PaneStatus::Starting,
            RowStatus::Running => v1::PaneStatus::Running,
        }
    }

    /// As a client is told.
    pub(crate) fn describe(&self, folder: &Path) -> v1::Pane {
        let row = &self.row;
        v1::Pane {
            id: row.id,
            name: row.name.clone(),
            session: row.session.clone(),
            window: row.window,
            pane: 0,
            command: row.command.clone(),
            cwd: row.cwd.clone(),
            pid: self.pid,
            created_at: row.created_at,
            last_activity_at: row.last_activity,
            size: Some(v1::Size { cols: row.cols.into(), rows: row.rows.into() }),
            attached: self.attached,
            title: row.title.clone(),
            cpu_percent: self.cpu_percent,
            memory_bytes: self.memory_bytes,
            exit: self.exit(),
            status: self.status().into(),
            restart: row.restart,
            degraded: self.degraded,
            holder_pid: self.holder_pid,
            output_bytes: self.head,
            kept_from: 0,
            restarts: row.restarts,
            folder: folder.as_os_str().as_bytes().to_vec(),
            agent: self.agent(),
            queued: self.queued,
            restart_limit: restart::limit(continued(row.agent.as_ref()).is_some()),
            restart_at: self.restart_at,
            tmux: false,
            host: String::new(),
        }
    }

    /// The agent in it, as a client is told.
    pub(crate) fn agent(&self) -> Option<v1::Agent> {
        let mut agent = self.row.agent.clone()?;
        if let Some((_, at)) = &self.row.ended {
            let (state, source) = (State::Exited.name(), Source::Process.name());
            agent.since = if agent.state == state { agent.since } else { *at };
            (agent.state, agent.source) = (state.into(), source.into());
            (agent.reason, agent.question) = (String::new(), String::new());
        }
        Some(agent)
    }

    /// How it ended, once it has.
    pub(crate) fn exit(&self) -> Option<v1::Exit> {
        self.row.ended.as_ref().map(|(how, at)| {
            let mut exit = v1::Exit { at: *at, ..v1::Exit::default() };
            match how {
                EndedAs::Status(status) => exit.status = Some(*status),
                EndedAs::Signal(signal) => exit.signal = Some(*signal),
                EndedAs::Lost(why) => exit.lost.clone_from(why),
            }
            exit
        })
    }
}

/// The journal's word for an end, as the store keeps it.
pub(crate) fn ended_as(status: ExitStatus) -> EndedAs {
    match status {
        ExitStatus::Code(code) => EndedAs::Status(code),
        ExitStatus::Signal(signal) => EndedAs::Signal(signal),
        ExitStatus::Lost => EndedAs::Lost("holder".into()),
    }
}
