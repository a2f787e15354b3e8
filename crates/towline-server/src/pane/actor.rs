//! The task that owns a living pane: its holder's connection, its terminal model, and those who look.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use towline_holder::wire::{
    AckStatus, Decoder, Exited, FromHolder, RESERVED_CLIENT, ToHolder, Welcome,
};
use towline_journal::{Entry, ExitStatus, Reader, Record};
use towline_protocol::v1::{self, ErrorKind};
use towline_vt::{Event, Size};

use super::link::Link;
use super::model::{Happening, LIVE_SCROLLBACK, Loaded, Model, QUERY_LIFE};
use super::silence::{Due, Silence};
use super::view::Views;
use super::waiter::Waiter;
use super::{Acknowledge, ClientId, Command, Look, Pane, Typed, folder};
use crate::clock;
use crate::conn::Out;
use crate::fault::Fault;
use crate::server::Server;

/// How much of the journal is fed before commands and other panes get a turn.
const CATCH_UP: usize = 256 * 1024;

/// The holder is told that output was consumed each time so much was, a fraction of its pause limit.
const CONSUMED_STEP: u64 = 256 * 1024;

/// Without anybody looking and without output for so long, the model is let go.
const SLEEP_AFTER: Duration = Duration::from_secs(60);

/// Titles and activity are written down at most this often.
const WRITE_DOWN: Duration = Duration::from_secs(1);

/// How long programs get between the first signals of a kill and SIGKILL.
pub(super) const KILL_GRACE: Duration = Duration::from_secs(2);

/// How a pane's actor ended.
pub(super) enum Ended {
    /// The program ended, and its holder said how and when.
    Exit { status: ExitStatus, at: u64 },
    /// The connection to the holder broke.
    Broken(io::Error),
}

enum Modelled {
    /// Nobody needs it.
    Asleep,
    /// It is being replayed on another thread.
    Loading(oneshot::Receiver<Result<Loaded, towline_journal::Error>>),
    Awake(Box<Awake>),
}

struct Awake {
    model: Model,
    /// Yields what comes after `model.fed`, while that is to be read from the journal.
    behind: Option<Reader>,
    used: Instant,
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
    typing: HashMap<(ClientId, u64), Acknowledge>,
    opening: HashMap<ClientId, Vec<oneshot::Sender<Result<v1::InputOpened, Fault>>>>,
    pub(super) killing: Vec<oneshot::Sender<Result<(), Fault>>>,
    /// The offset after the last byte known to be printed.
    head: u64,
    /// The holder sends output as it comes.
    live: bool,
    /// The program was asked to repaint after a gap.
    nudged: bool,
    told_consumed: u64,
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
    happened: Vec<Happening>,
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
            opening: HashMap::new(),
            killing: Vec::new(),
            head: welcome.head,
            live: true,
            nudged: false,
            told_consumed: welcome.head,
            paint_at: None,
            write_at: None,
            unwritten: false,
            exited: welcome.exit.map(|exit| (exit.status, exit.time)),
            unsent: Vec::new(),
            kill_done: false,
            silence: Silence::default(),
            gone: false,
            happened: Vec::new(),
        };
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
            Modelled::Awake(awake) if !self.watched() => Some(awake.used + SLEEP_AFTER),
            _ => None,
        };
        [self.paint_at, self.write_at, sleep, self.silence.deadline()].into_iter().flatten().min()
    }

    /// Somebody needs the model all the time.
    fn watched(&self) -> bool {
        !self.views.is_empty() || !self.waiters.is_empty()
    }

    fn timers(&mut self) {
        let now = Instant::now();
        if self.paint_at.is_some_and(|at| at <= now) {
            self.paint_at = None;
        }
        if self.write_at.is_some_and(|at| at <= now) {
            self.write_at = None;
            if self.unwritten {
                self.unwritten = false;
                self.server.write_down(&self.pane);
            }
        }
        if let Modelled::Awake(awake) = &self.modelled
            && !self.watched()
            && awake.used + SLEEP_AFTER <= now
        {
            self.modelled = Modelled::Asleep;
        }
        match self.silence.due(now) {
            Due::Nothing => {}
            Due::Ask => self.ask_holder(),
            Due::Unresponsive => self.holder_is_silent(),
        }
    }

    // ------------------------------------------------------------------------------- the model

    /// Sees to it that there is a model.
    fn wake(&mut self) {
        match &mut self.modelled {
            Modelled::Awake(awake) => awake.used = Instant::now(),
            Modelled::Loading(_) => {}
            Modelled::Asleep => {
                let journal = self.pane.journal();
                let (done, loaded) = oneshot::channel();
                self.server.replay(move || {
                    let _ = done.send(super::model::load(&journal, LIVE_SCROLLBACK));
                });
                self.modelled = Modelled::Loading(loaded);
            }
        }
    }

    fn loaded(&mut self, loaded: Result<Loaded, towline_journal::Error>) {
        let (model, reader) = match loaded {
            Ok(Loaded { model, reader, gap, recent }) => {
                if gap && !self.nudged {
                    self.nudged = true;
                    self.link.send(&ToHolder::Nudge);
                }
                self.happened.extend(recent);
                (model, Some(reader))
            }
            Err(error) => {
                tracing::warn!("{}: the journal can't be replayed: {error}", self.pane.name());
                let (cols, rows) = {
                    let facts = self.pane.facts();
                    (facts.row.cols, facts.row.rows)
                };
                let mut model = Model::new(Size { cols, rows }, LIVE_SCROLLBACK);
                model.gap(0, self.head);
                self.link.send(&ToHolder::Nudge);
                (model, None)
            }
        };
        // Bells of the past ring no more; only answers are still wanted.
        self.happened.retain(|happening| matches!(happening.event, Event::Reply(_)));
        self.modelled =
            Modelled::Awake(Box::new(Awake { model, behind: reader, used: Instant::now() }));
        self.happenings();
    }

    /// Feeds a stretch of the journal, if the model is behind.
    fn catch_up(&mut self) {
        let Modelled::Awake(awake) = &mut self.modelled else { return };
        let Some(reader) = &mut awake.behind else { return };
        let start = awake.model.fed;
        let ended = loop {
            if awake.model.fed - start >= CATCH_UP as u64 {
                break false;
            }
            match reader.next() {
                Ok(Some(entry)) => {
                    awake.model.apply(&entry, &mut self.happened);
                    self.waiters.retain_mut(|waiter| !waiter.look(&awake.model.terminal));
                }
                Ok(None) => break true,
                Err(error) => {
                    tracing::warn!("{}: the journal can't be read: {error}", self.pane.name());
                    break true;
                }
            }
        };
        let fed = awake.model.fed;
        self.views.fed(usize::try_from(fed - start).unwrap_or(usize::MAX));
        self.head = self.head.max(fed);
        if ended {
            awake.behind = None;
            if !self.live {
                self.live = true;
                self.link.send(&ToHolder::Live { offset: fed });
            } else if fed < self.head {
                // It was sent while nobody could take it, and the journal has it not (a full disk).
                awake.model.gap(fed, self.head);
                self.link.send(&ToHolder::Nudge);
            }
        }
        self.consumed();
        self.happenings();
    }

    /// Tells the holder how far the server has come, now and then.
    fn consumed(&mut self) {
        let fed = match &self.modelled {
            Modelled::Awake(awake) => awake.model.fed,
            _ => self.head,
        };
        if fed >= self.told_consumed + CONSUMED_STEP {
            self.told_consumed = fed;
            self.link.send(&ToHolder::Consumed { offset: fed });
        }
    }

    /// Acts on what the terminal did.
    fn happenings(&mut self) {
        for happening in std::mem::take(&mut self.happened) {
            match happening.event {
                Event::Reply(data) => {
                    if clock::since(happening.time) <= QUERY_LIFE {
                        let seq = happening.number;
                        self.link.send(&ToHolder::Input {
                            client: RESERVED_CLIENT,
                            seq,
                            more: false,
                            data: &data,
                        });
                    }
                }
                Event::Title(title) => {
                    let mut facts = self.pane.facts();
                    if facts.row.title != title {
                        facts.row.title = title;
                        drop(facts);
                        self.note();
                        self.server.changed();
                    }
                }
                event => self.views.tell(&event),
            }
        }
    }

    /// Serves those who look, where the model shows all there is.
    fn settle(&mut self) {
        if self.looks.is_empty() && !self.watched() {
            return;
        }
        self.wake();
        let Modelled::Awake(awake) = &mut self.modelled else { return };
        let fed = awake.model.fed;
        for (_, look) in self.looks.extract_if(.., |(wanted, _)| *wanted <= fed) {
            look(&awake.model.terminal);
        }
        if self.paint_at.is_none() {
            self.paint_at = self.views.paint(&awake.model.terminal).map(Instant::from_std);
        }
    }

    // ------------------------------------------------------------------------------ the holder

    /// Asks the holder what it answers at once, whatever its program does.
    fn ask_holder(&mut self) {
        self.link.send(&ToHolder::Open { client: RESERVED_CLIENT, again: true });
    }

    /// The holder says nothing: nobody waits for it any longer. What it was told before it may still do. What is
    /// typed at an attached client goes on to wait, as somebody sees it.
    fn holder_is_silent(&mut self) {
        let name = self.pane.name();
        tracing::warn!("{name}: the holder does not answer");
        self.pane.facts().unresponsive = true;
        self.server.changed();
        for ((_, seq), done) in
            self.typing.extract_if(|_, done| matches!(done, Acknowledge::Task(_)))
        {
            let _ = done.tell(seq, Some(Fault::outcome_unknown(&name)));
        }
        for done in self.opening.drain().flat_map(|(_, all)| all) {
            let _ = done.send(Err(Fault::silent(&name)));
        }
        for done in self.killing.drain(..) {
            let _ = done.send(Err(Fault::silent(&name)));
        }
    }

    fn frames(&mut self) {
        if self.silence.heard() {
            self.pane.facts().unresponsive = false;
            self.server.changed();
        }
        let mut decoder = std::mem::replace(&mut self.link.decoder, Decoder::new());
        loop {
            match decoder.next::<FromHolder<'_>>() {
                Ok(Some(frame)) => self.frame(&frame),
                Ok(None) => break,
                Err(error) => {
                    tracing::error!(
                        "{}: the holder's words make no sense: {error}",
                        self.pane.name()
                    );
                    break;
                }
            }
        }
        self.link.decoder = decoder;
        self.consumed();
        self.progress();
    }

    fn frame(&mut self, frame: &FromHolder<'_>) {
        match *frame {
            FromHolder::Output { offset, time, data } => {
                self.live_entry(&Entry { offset, time, record: Record::Output(data) });
            }
            FromHolder::Resized { offset, time, cols, rows } => {
                {
                    let mut facts = self.pane.facts();
                    (facts.row.cols, facts.row.rows) = (cols, rows);
                }
                self.note();
                self.live_entry(&Entry { offset, time, record: Record::Resize { cols, rows } });
            }
            FromHolder::Gap { offset, time, to } => {
                self.live_entry(&Entry { offset, time, record: Record::Gap { to } });
            }
            FromHolder::Behind { head } => {
                self.live = false;
                self.head = self.head.max(head);
                match &mut self.modelled {
                    Modelled::Asleep => self.wake(),
                    Modelled::Loading(_) => {}
                    Modelled::Awake(awake) => {
                        if awake.behind.is_none() {
                            awake.behind = reader_at(&self.pane, awake.model.fed);
                        }
                    }
                }
            }
            FromHolder::Exited(Exited { offset, time, status }) => {
                self.head = self.head.max(offset);
                self.exited = Some((status, time));
                if let Modelled::Awake(awake) = &mut self.modelled
                    && awake.model.fed < offset
                    && awake.behind.is_none()
                {
                    awake.behind = reader_at(&self.pane, awake.model.fed);
                }
            }
            FromHolder::Ack { client, seq, status } => self.acknowledged(client, seq, status),
            FromHolder::Opened { client, last, unknown } => {
                for done in self.opening.remove(&client).into_iter().flatten() {
                    let _ = done.send(Ok(v1::InputOpened { pane: self.pane.id, last, unknown }));
                }
            }
            FromHolder::Degraded { on } => {
                self.pane.facts().degraded = on;
                self.server.changed();
            }
            FromHolder::KillDone { remaining } => {
                if remaining > 0 {
                    tracing::warn!("{}: {remaining} processes outlived SIGKILL", self.pane.name());
                }
                self.kill_done = true;
            }
            _ => {}
        }
    }

    /// Something that just happened, passed on by the holder.
    fn live_entry(&mut self, entry: &Entry<'_>) {
        let end = entry.end();
        self.head = self.head.max(end);
        let Modelled::Awake(awake) = &mut self.modelled else {
            // The program speaks: it may ask something, or ring.
            return self.wake();
        };
        if awake.behind.is_some() || entry.offset < awake.model.fed {
            return;
        }
        if entry.offset == awake.model.fed {
            awake.used = Instant::now();
            awake.model.apply(entry, &mut self.happened);
            self.waiters.retain_mut(|waiter| !waiter.look(&awake.model.terminal));
            self.views.fed(usize::try_from(end - entry.offset).unwrap_or(usize::MAX));
            if !self.happened.is_empty() {
                self.happenings();
            }
        } else {
            awake.behind = reader_at(&self.pane, awake.model.fed);
        }
    }

    /// Lets those know who watch how far the pane has come.
    fn progress(&mut self) {
        if self.pane.pulse.borrow().head == self.head {
            return;
        }
        let head = self.head;
        {
            let mut facts = self.pane.facts();
            facts.head = head;
            facts.row.last_activity = clock::now();
        }
        self.note();
        self.server.printed(self.pane.id);
        self.pane.pulse.send_modify(|pulse| pulse.head = head);
    }

    /// Facts changed that shall be written down within a second.
    fn note(&mut self) {
        self.unwritten = true;
        self.write_at.get_or_insert_with(|| Instant::now() + WRITE_DOWN);
    }

    // --------------------------------------------------------------------------- commands

    fn command(&mut self, command: Command) {
        let Some(command) = self.refuse(command) else { return };
        if matches!(command, Command::Open { .. } | Command::Type(_) | Command::Kill { .. }) {
            self.silence.told(Instant::now());
        }
        match command {
            Command::Look(look) => self.looks.push((self.head, look)),
            Command::Attach(new) => {
                let wanted = self.views.attach(*new);
                self.resize(wanted);
                self.attached();
            }
            Command::Detach(id) => {
                self.views.detach(id);
                self.attached();
            }
            Command::ViewSize(id, size) => {
                let wanted = self.views.resize(id, size);
                self.resize(wanted);
            }
            Command::Repaint(id) => self.views.repaint(id),
            Command::Drained => self.views.drained(),
            Command::Open { client, again, done } => {
                self.opening.entry(client).or_default().push(done);
                self.link.send(&ToHolder::Open { client, again });
            }
            Command::Type(typed) => self.typed(typed),
            Command::WaitOutput { pattern, done } => {
                let mut waiter = Waiter::new(pattern, done);
                if let Modelled::Awake(awake) = &self.modelled
                    && waiter.look(&awake.model.terminal)
                {
                    return;
                }
                self.waiters.push(waiter);
                self.wake();
            }
            Command::Probe => {
                if self.silence.ask(Instant::now()) {
                    self.ask_holder();
                }
            }
            Command::Kill { done } => {
                self.killing.push(done);
                let grace_ms = u32::try_from(KILL_GRACE.as_millis()).unwrap_or(u32::MAX);
                self.link.send(&ToHolder::Kill { grace_ms });
            }
            Command::Signal { signal, done } => {
                self.link.send(&ToHolder::Signal { signal });
                let _ = done.send(Ok(()));
            }
        }
    }

    /// Refuses what only the holder can do, while that doesn't answer; gives back anything else.
    fn refuse(&mut self, command: Command) -> Option<Command> {
        if self.silence != Silence::Unresponsive {
            return Some(command);
        }
        let silent = Fault::silent(&self.pane.name());
        match command {
            Command::Open { done, .. } => {
                let _ = done.send(Err(silent));
            }
            Command::Type(Typed { seq, done: done @ Acknowledge::Task(_), .. }) => {
                let _ = done.tell(seq, Some(silent));
            }
            Command::Kill { done } | Command::Signal { done, .. } => {
                let _ = done.send(Err(silent));
            }
            command => return Some(command),
        }
        None
    }

    fn attached(&self) {
        self.pane.facts().attached = u32::try_from(self.views.len()).unwrap_or(u32::MAX);
        self.server.changed();
    }

    fn resize(&mut self, wanted: Option<Size>) {
        let Some(Size { cols, rows }) = wanted else { return };
        let now = {
            let facts = self.pane.facts();
            (facts.row.cols, facts.row.rows)
        };
        if now != (cols, rows) && cols > 0 && rows > 0 {
            self.link.send(&ToHolder::Resize { cols, rows });
        }
    }

    fn typed(&mut self, typed: Typed) {
        let Typed { client, seq, more, data, done, view } = typed;
        if let Some(view) = view {
            let wanted = self.views.used(view);
            self.resize(wanted);
        }
        self.typing.insert((client, seq), done);
        self.link.send(&ToHolder::Input { client, seq, more, data: &data });
    }

    fn acknowledged(&mut self, client: ClientId, seq: u64, status: AckStatus) {
        let Some(done) = self.typing.remove(&(client, seq)) else { return };
        let fault = match status {
            AckStatus::Written | AckStatus::Duplicate => None,
            AckStatus::LineTooLong => Some(
                Fault::new(
                    ErrorKind::LineTooLong,
                    format!("a line of over 4,095 bytes: the terminal of {} would cut it", self.pane.name()),
                )
                .hint("the program reads whole lines; put line breaks in, or send it to one in raw mode"),
            ),
            AckStatus::Ended => Some(Fault::ended(&self.pane.name())),
            AckStatus::Unknown | AckStatus::Sequence => Some(Fault::outcome_unknown(&self.pane.name())),
        };
        self.unsent.extend(done.tell(seq, fault));
    }

    // -------------------------------------------------------------------------------- the end

    /// Waits until a kill under way has reached every process, so that the holder doesn't leave before.
    pub(super) async fn finish_kill(&mut self) {
        let finish = async {
            while !self.killing.is_empty() && !self.kill_done {
                if self.link.turn().await.is_err() {
                    return;
                }
                self.frames();
            }
        };
        let _ = tokio::time::timeout(KILL_GRACE * 2, finish).await;
    }

    /// The holder may leave; returns once it has, or after a moment.
    pub(super) async fn release(&mut self) {
        self.link.send(&ToHolder::Release);
        let gone = async { while self.link.turn().await.is_ok() {} };
        let _ = tokio::time::timeout(Duration::from_secs(1), gone).await;
    }

    /// The holder's connection broke and the holder lives: another actor goes on. Clients are told that they
    /// don't know what became of what they had sent, and do it again; the holder writes nothing twice.
    pub(super) fn abandon(mut self) {
        let fault = Fault::outcome_unknown(&self.pane.name());
        self.views.lost(&fault);
        for ((_, seq), done) in self.typing.drain() {
            if let done @ Acknowledge::Task(_) = done {
                let _ = done.tell(seq, Some(fault.clone()));
            }
        }
    }

    /// Tells everybody who waits that the pane has ended.
    pub(super) fn farewell(mut self, exit: Option<&v1::Exit>) {
        if let Modelled::Awake(awake) = &self.modelled {
            for (_, look) in self.looks.drain(..) {
                look(&awake.model.terminal);
            }
            let _ = self.views.paint(&awake.model.terminal);
        }
        self.views.end(exit);
        let fault = Fault::ended(&self.pane.name());
        for ((_, seq), done) in self.typing.drain() {
            if let Some(out) = done.tell(seq, Some(fault.clone())) {
                out.write_out();
            }
        }
        for done in self.opening.drain().flat_map(|(_, all)| all) {
            let _ = done.send(Err(fault.clone()));
        }
    }
}

impl Acknowledge {
    /// Says that input number `seq` was written, or why not. What is returned wants to be written out.
    #[must_use]
    fn tell(self, seq: u64, fault: Option<Fault>) -> Option<Out> {
        match self {
            Self::Stream { out, stream } => {
                let error = fault.map(Into::into);
                out.keep(v1::server_frame::Body::InputAck(v1::InputAck { stream, seq, error }));
                Some(out)
            }
            Self::Task(done) => {
                let _ = done.send(fault.map_or(Ok(()), Err));
                None
            }
        }
    }
}

/// A reader of the pane's journal that stands at `offset`.
fn reader_at(pane: &Pane, offset: u64) -> Option<Reader> {
    let open = || {
        let mut reader = Reader::open(&folder::journal(&pane.folder))?;
        reader.seek(offset)?;
        Ok::<_, towline_journal::Error>(reader)
    };
    open().inspect_err(|error| tracing::warn!("{}: {error}", pane.name())).ok()
}

/// What is being replayed, once it is; never, where nothing is.
async fn loading(modelled: &mut Modelled) -> Result<Loaded, towline_journal::Error> {
    match modelled {
        Modelled::Loading(loaded) => match loaded.await {
            Ok(loaded) => loaded,
            Err(_) => std::future::pending().await,
        },
        _ => std::future::pending().await,
    }
}
