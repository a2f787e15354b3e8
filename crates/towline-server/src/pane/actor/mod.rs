//! The task that owns a living pane: its holder's connection, its terminal model, and those who look.

mod agent;
mod commands;
mod hearing;
mod leaving;
mod modelling;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use towline_holder::wire::{ToHolder, Welcome};
use towline_journal::ExitStatus;
use towline_protocol::v1;
use towline_vt::Size;

use super::link::Link;
use super::model::{Happening, LIVE_SCROLLBACK, Model, QUERY_LIFE};
use super::opens::Opens;
use super::silence::{Due, Silence};
use super::view::Views;
use super::waiter::Waiter;
use super::{Acknowledge, ClientId, Command, Look, Pane, Typed};
use crate::clock;
use crate::conn::Out;
use crate::fault::Fault;
use crate::server::Server;
use agent::{AgentWatch, agent_end};
use modelling::{Awake, Modelled, loading};

/// Without anybody looking and without output for so long, the model is let go.
const SLEEP_AFTER: Duration = Duration::from_secs(60);

/// The same for a pane with an agent that has rules: what it prints is looked at, and a replay each time it goes on after a
/// pause would cost more than the model.
const AGENT_SLEEPS_AFTER: Duration = Duration::from_secs(900);

/// Titles and activity are written down at most this often.
const WRITE_DOWN: Duration = Duration::from_secs(1);

/// The model is kept when so many bytes have been printed since it was last,
const KEEP_EVERY: u64 = 1 << 20;

/// and where it is let go or the server ends, when it were so many: to replay less takes no time.
pub(super) const KEEP_ASLEEP: u64 = 64 << 10;

/// How long programs get between the first signals of a kill and SIGKILL.
pub(super) const KILL_GRACE: Duration = Duration::from_secs(2);

/// How a pane's actor ended.
pub(super) enum Ended {
    /// The program ended, and its holder said how and when.
    Exit { status: ExitStatus, at: u64 },
    /// The connection to the holder broke.
    Broken(io::Error),
}

/// The task that owns a living pane.
pub(super) struct Actor {
    server: Arc<Server>,
    pane: Arc<Pane>,
    inbox: mpsc::UnboundedReceiver<Command>,
    link: Link,
    modelled: Modelled,
    views: Views,
    waiters: Vec<Waiter>,
    /// Who wants to look, and up to which offset the model must have come for that.
    looks: Vec<(u64, Look)>,
    /// What was passed on to the holder and is not acknowledged: its length, and whom to tell.
    typing: HashMap<(ClientId, u64), (usize, Acknowledge)>,
    /// Bytes of that in all.
    typing_bytes: usize,
    /// What is typed and waits for room.
    held: VecDeque<Typed>,
    opening: HashMap<ClientId, Vec<oneshot::Sender<Result<v1::InputOpened, Fault>>>>,
    opens: Opens,
    pub(super) killing: Vec<oneshot::Sender<Result<(), Fault>>>,
    /// The offset after the last byte known to be printed.
    head: u64,
    /// The holder sends output as it comes.
    live: bool,
    /// The program was asked to repaint after a gap.
    nudged: bool,
    told_consumed: u64,
    /// The size the holder was asked for last, or that it had at first.
    asked_size: Size,
    paint_at: Option<Instant>,
    write_at: Option<Instant>,
    /// Activity, title or size changed since facts were written down.
    unwritten: bool,
    /// Connections with acknowledgements that are kept to go with a painting.
    unsent: Vec<Out>,
    exited: Option<(ExitStatus, u64)>,
    kill_done: bool,
    silence: Silence,
    /// The holder has left.
    gone: bool,
    /// The holder's words made no sense: the connection is given up.
    senseless: bool,
    happened: Vec<Happening>,
    agent: AgentWatch,
    /// The offset up to which the model that is kept has come.
    kept: u64,
}

impl Actor {
    /// An actor for the pane at the other end of `link`. With `fresh`, the program has just begun in a new
    /// pane of that size, and nothing needs to be replayed.
    pub(super) fn new(
        server: Arc<Server>,
        pane: Arc<Pane>,
        inbox: mpsc::UnboundedReceiver<Command>,
        link: Link,
        welcome: &Welcome,
        fresh: Option<Size>,
    ) -> Self {
        let modelled = match fresh {
            Some(size) => Modelled::Awake(Box::new(Awake {
                model: Model::new(size, LIVE_SCROLLBACK),
                behind: None,
                used: Instant::now(),
            })),
            None => Modelled::Asleep,
        };
        // A program that was started again has another holder than before.
        let first = fresh.is_some() && {
            let facts = pane.facts();
            facts.row.started_at == facts.row.created_at
        };
        let mut actor = Self {
            server,
            pane,
            inbox,
            link,
            modelled,
            views: Views::new(),
            waiters: Vec::new(),
            looks: Vec::new(),
            typing: HashMap::new(),
            typing_bytes: 0,
            held: VecDeque::new(),
            opening: HashMap::new(),
            opens: Opens::new(first, Instant::now()),
            killing: Vec::new(),
            head: welcome.head,
            live: true,
            nudged: false,
            told_consumed: welcome.head,
            asked_size: Size { cols: welcome.cols, rows: welcome.rows },
            paint_at: None,
            write_at: None,
            unwritten: false,
            exited: welcome.exit.map(|exit| (exit.status, exit.time)),
            unsent: Vec::new(),
            kill_done: false,
            silence: Silence::default(),
            gone: false,
            senseless: false,
            happened: Vec::new(),
            agent: AgentWatch::default(),
            kept: 0,
        };
        actor.begin_agent(fresh.is_some());
        let from = if fresh.is_some() { 0 } else { welcome.head };
        actor.link.send(&ToHolder::Live { offset: from });
        actor.link.send(&ToHolder::Consumed { offset: welcome.head });
        actor
    }

    /// A query that the program asked just before the last server died waits for its answer: wake the model,
    /// which finds it.
    pub(super) fn answer_recent(&mut self, last_output: u64) {
        if clock::since(last_output) < QUERY_LIFE {
            self.wake();
        }
    }

    /// Serves the pane until its program has ended or the holder is lost.
    pub(super) async fn run(&mut self) -> Ended {
        // What came right behind the Welcome is in the decoder already, and the socket says no more of it.
        self.frames();
        loop {
            self.catch_up();
            self.settle();
            // After the painting: what was typed is acknowledged along with its echo.
            for out in self.unsent.drain(..) {
                out.write_out();
            }
            if let Some((status, at)) = self.exited
                && !self.busy()
            {
                return Ended::Exit { status, at };
            }
            if self.senseless {
                return Ended::Broken(io::ErrorKind::InvalidData.into());
            }
            let pumping = self.behind();
            let deadline = self.deadline();
            tokio::select! {
                biased;
                Some(command) = self.inbox.recv() => {
                    self.command(command);
                    while let Ok(command) = self.inbox.try_recv() {
                        self.command(command);
                    }
                }
                turn = self.link.turn(), if !self.gone => match turn {
                    Ok(()) => self.frames(),
                    Err(error) if self.exited.is_none() => return Ended::Broken(error),
                    // It left with its last word said.
                    Err(_) => self.gone = true,
                },
                loaded = loading(&mut self.modelled) => self.loaded(loaded),
                () = agent_end(&mut self.agent) => self.agent_ended(),
                () = tokio::time::sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    self.timers();
                }
                () = tokio::task::yield_now(), if pumping => {}
            }
        }
    }

    /// Something still has to be read or shown before the end can be told.
    fn busy(&self) -> bool {
        match &self.modelled {
            Modelled::Asleep => !self.looks.is_empty(),
            Modelled::Loading(_) => true,
            Modelled::Awake(awake) => awake.behind.is_some(),
        }
    }

    fn behind(&self) -> bool {
        matches!(&self.modelled, Modelled::Awake(awake) if awake.behind.is_some())
    }

    fn deadline(&self) -> Option<Instant> {
        let sleep = match &self.modelled {
            Modelled::Awake(awake) if !self.watched() => Some(awake.used + self.sleeps_after()),
            _ => None,
        };
        [self.paint_at, self.write_at, sleep, self.silence.deadline(), self.agent_deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    fn sleeps_after(&self) -> Duration {
        if self.agent.is_looked_at() { AGENT_SLEEPS_AFTER } else { SLEEP_AFTER }
    }

    /// Somebody needs the model all the time.
    fn watched(&self) -> bool {
        !self.views.is_empty() || !self.waiters.is_empty()
    }

    /// Writes down what has changed.
    fn write_down(&mut self) {
        if std::mem::take(&mut self.unwritten) {
            self.server.write_down(&self.pane);
        }
    }

    fn timers(&mut self) {
        let now = Instant::now();
        if self.paint_at.is_some_and(|at| at <= now) {
            self.paint_at = None;
        }
        if self.write_at.is_some_and(|at| at <= now) {
            self.write_at = None;
            self.keep_model(KEEP_EVERY, None);
            self.write_down();
        }
        if let Modelled::Awake(awake) = &self.modelled
            && !self.watched()
            && awake.used + self.sleeps_after() <= now
        {
            self.keep_model(KEEP_ASLEEP, None);
            self.modelled = Modelled::Asleep;
        }
        self.agent_timers(now);
        match self.silence.due(now) {
            Due::Nothing => {}
            Due::Ask => self.ask_holder(),
            Due::Unresponsive => self.holder_is_silent(),
        }
    }
}
