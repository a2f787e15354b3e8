//! One pane: what is known of it, and the way to the task that owns it.
//!
//! While its program lives a pane has an [`actor`]: the one task that talks to its holder and feeds its
//! terminal model. Everybody else reads the pane's [`Facts`] or sends the actor a [`Command`]. An ended pane
//! has no task; whoever looks at it replays its journal.

mod acknowledge;
mod actor;
pub(crate) mod again;
pub(crate) mod end;
pub(crate) mod facts;
pub(crate) mod folder;
mod follow;
mod forward;
mod kept;
pub(crate) mod launch;
mod link;
pub(crate) mod look;
mod model;
mod opens;
mod raw;
pub(crate) mod restart;
mod silence;
pub(crate) mod takeover;
pub(crate) mod typing;
mod view;
mod waiter;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot, watch};
use towline_protocol::v1;
use towline_vt::Terminal;

pub(crate) use acknowledge::{Acknowledge, Weight};
pub(crate) use facts::Facts;
pub(crate) use follow::{Follow, follow};
pub(crate) use raw::{Raw, raw};
pub(crate) use waiter::{pattern, within};

use crate::conn::{Out, Window};
use crate::fault::Fault;
use crate::store::RowStatus;

/// A client's input id.
pub(crate) type ClientId = [u8; 16];

/// One attached client of one pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ViewId {
    pub(crate) connection: u64,
    pub(crate) stream: u64,
}

/// How far a pane has come; watched by whoever waits for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pulse {
    /// Bytes ever printed.
    pub(crate) head: u64,
    /// The program has ended (and is not about to be started again).
    pub(crate) ended: bool,
}

/// One pane, alive or ended.
pub(crate) struct Pane {
    pub(crate) id: u64,
    pub(crate) folder: PathBuf,
    facts: Mutex<Facts>,
    /// The way to the actor, while there is one.
    actor: Mutex<Option<mpsc::UnboundedSender<Command>>>,
    pub(crate) pulse: watch::Sender<Pulse>,
    /// Rises with every change of what is known of its agent.
    pub(crate) agent_changes: watch::Sender<u64>,
}

impl Pane {
    pub(crate) fn new(id: u64, folder: PathBuf, facts: Facts) -> Arc<Self> {
        let ended = facts.row.status == RowStatus::Ended;
        let (pulse, _) = watch::channel(Pulse { head: facts.head, ended });
        Arc::new(Self {
            id,
            folder,
            facts: Mutex::new(facts),
            actor: Mutex::new(None),
            pulse,
            agent_changes: watch::channel(0).0,
        })
    }

    /// What is known of the pane. Held only for a moment, never over an await.
    pub(crate) fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn name(&self) -> String {
        self.facts().row.name.clone()
    }

    /// How it ended, once it has.
    pub(crate) fn exit(&self) -> Option<v1::Exit> {
        self.facts().exit()
    }

    pub(crate) fn describe(&self) -> v1::Pane {
        self.facts().describe(&self.folder)
    }

    pub(crate) fn journal(&self) -> PathBuf {
        folder::journal(&self.folder)
    }

    /// Whether a program ever ran in it: then its journal says so.
    pub(crate) fn has_begun(&self) -> bool {
        towline_journal::summary(&self.journal()).is_ok_and(|summary| summary.last_time > 0)
    }

    fn actor(&self) -> MutexGuard<'_, Option<mpsc::UnboundedSender<Command>>> {
        self.actor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The commands of an actor that begins now.
    fn open_inbox(&self) -> mpsc::UnboundedReceiver<Command> {
        let (commands, inbox) = mpsc::unbounded_channel();
        *self.actor() = Some(commands);
        inbox
    }

    /// Tells the actor; gives the command back where there is none.
    pub(crate) fn tell(&self, command: Command) -> Result<(), Command> {
        match &*self.actor() {
            Some(actor) => actor.send(command).map_err(|error| error.0),
            None => Err(command),
        }
    }

    /// Asks the actor and waits for its answer.
    ///
    /// # Errors
    /// The actor's own answer, or that the pane has ended, or that its holder went away meanwhile.
    pub(crate) async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, Fault>>) -> Command,
    ) -> Result<T, Fault> {
        let (answer, wait) = oneshot::channel();
        if self.tell(command(answer)).is_err() {
            return Err(self.unavailable());
        }
        match wait.await {
            Ok(answer) => answer,
            Err(_) if self.pulse.borrow().ended => Err(Fault::ended(&self.name())),
            Err(_) => Err(Fault::outcome_unknown(&self.name())),
        }
    }

    /// Why there is nobody to ask.
    fn unavailable(&self) -> Fault {
        let facts = self.facts();
        if facts.row.ended.is_some() {
            Fault::ended(&facts.row.name)
        } else {
            Fault::silent(&facts.row.name)
        }
    }
}

/// A look at a terminal model.
pub(crate) type Look = Box<dyn FnOnce(&Terminal) + Send>;

/// What the pane's actor is asked to do.
pub(crate) enum Command {
    /// Call this with the terminal model, once it shows all that has been printed.
    Look(Look),
    Attach(Box<NewView>),
    Detach(ViewId),
    ViewSize(ViewId, towline_vt::Size),
    /// The client's terminal was disturbed.
    Repaint(ViewId),
    /// The client has taken some: there may be room to paint.
    Drained,
    Open {
        client: ClientId,
        again: bool,
        /// For one that nobody may have opened yet: how long ago its client first tried.
        tried: Option<std::time::Duration>,
        done: oneshot::Sender<Result<v1::InputOpened, Fault>>,
    },
    Type(Typed),
    WaitOutput {
        pattern: Box<regex::Regex>,
        done: oneshot::Sender<Result<String, Fault>>,
    },
    /// Keep the terminal model for the next server, and say when that is done.
    Keep {
        done: oneshot::Sender<Result<(), Fault>>,
    },
    /// See whether the holder answers.
    Probe,
    /// The agent in it, or one that is about to begin, told something by its hook.
    AgentEvent {
        kind: String,
        report: Box<towline_agents::hook::Report>,
    },
    /// Look for an agent among its processes: one was seen there.
    FindAgent,
    /// Say why the agent's state is what it is.
    Explain {
        title: String,
        status: String,
        screen: Box<towline_agents::rules::Shown>,
        done: oneshot::Sender<Result<v1::Explained, Fault>>,
    },
    /// End the process tree.
    Kill {
        done: oneshot::Sender<Result<(), Fault>>,
    },
    /// Send a signal to the foreground process group.
    Signal {
        signal: i32,
        done: oneshot::Sender<Result<(), Fault>>,
    },
}

/// Bytes to be typed, once.
pub(crate) struct Typed {
    pub(crate) client: ClientId,
    pub(crate) seq: u64,
    /// The transaction goes on: nobody else's input may follow.
    pub(crate) more: bool,
    pub(crate) data: Vec<u8>,
    pub(crate) done: Acknowledge,
    /// The view it was typed at, which then sizes the pane.
    pub(crate) view: Option<ViewId>,
}

/// A client that attaches.
pub(crate) struct NewView {
    pub(crate) id: ViewId,
    pub(crate) size: towline_vt::Size,
    pub(crate) read_only: bool,
    /// It was attached before its connection broke: that is no use of the pane, which keeps its size.
    pub(crate) again: bool,
    pub(crate) out: Out,
    pub(crate) window: Arc<Window>,
}
