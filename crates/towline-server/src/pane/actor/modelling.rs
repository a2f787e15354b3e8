//! Keeping the terminal model: making it, feeding it, acting on what it does, showing it.

use tokio::sync::oneshot;
use tokio::time::Instant;
use towline_holder::wire::{RESERVED_CLIENT, ToHolder};
use towline_journal::{Entry, Reader};
use towline_vt::{Event, Size};

use super::super::model::{self, Happening, LIVE_SCROLLBACK, Loaded, Model, QUERY_LIFE};
use super::super::waiter::Waiter;
use super::super::{Pane, folder};
use super::Actor;
use crate::clock;
use crate::fault::Fault;

/// How much of the journal is fed before commands and other panes get a turn.
const CATCH_UP: usize = 256 * 1024;

/// The holder is told that output was consumed each time so much was, a fraction of its pause limit.
const CONSUMED_STEP: u64 = 256 * 1024;

/// Answers to a program's queries are dropped while so many bytes wait for the holder to take them: a program that
/// asks on and on and reads nothing would fill the server's memory.
const ANSWERS_CAP: usize = 64 * 1024;

/// The pane's terminal model, while somebody needs it.
pub(super) enum Modelled {
    /// Nobody needs it.
    Asleep,
    /// It is being replayed on another thread.
    Loading(oneshot::Receiver<Result<Loaded, towline_journal::Error>>),
    Awake(Box<Awake>),
}

/// A model that is fed.
pub(super) struct Awake {
    pub(super) model: Model,
    /// Yields what comes after `model.fed`, while that is to be read from the journal.
    pub(super) behind: Option<Reader>,
    pub(super) used: Instant,
}

/// Feeds the next entry, with those who wait for a line looking at each screen that comes of it.
pub(super) fn feed(
    model: &mut Model,
    entry: &Entry<'_>,
    happened: &mut Vec<Happening>,
    waiters: &mut Vec<Waiter>,
) {
    if waiters.is_empty() {
        model.apply(entry, happened);
    } else {
        model.apply_looking(entry, happened, |terminal| {
            waiters.retain_mut(|waiter| !waiter.look(terminal));
        });
    }
}

impl Actor {
    /// Sees to it that there is a model.
    pub(super) fn wake(&mut self) {
        match &mut self.modelled {
            Modelled::Awake(awake) => awake.used = Instant::now(),
            Modelled::Loading(_) => {}
            Modelled::Asleep => {
                let folder = self.pane.folder.clone();
                // Not further: who waits for a line looks at the screen as it was when the wait began.
                let head = self.head;
                let (done, loaded) = oneshot::channel();
                self.server.replay(move || {
                    let _ = done.send(model::load_up_to(&folder, LIVE_SCROLLBACK, head));
                });
                self.modelled = Modelled::Loading(loaded);
            }
        }
    }

    /// Keeps the model in the pane's folder, where at least `step` bytes have been printed since that was done last.
    pub(super) fn keep_model(
        &mut self,
        step: u64,
        done: Option<oneshot::Sender<Result<(), Fault>>>,
    ) {
        let mut kept = None;
        if let Modelled::Awake(awake) = &self.modelled
            && awake.model.fed >= self.kept + step
        {
            kept = awake.model.keep();
        }
        let Some(kept) = kept else {
            if let Some(done) = done {
                let _ = done.send(Ok(()));
            }
            return;
        };
        self.kept = kept.offset;
        let folder = self.pane.folder.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = super::super::kept::keep(&folder, &kept) {
                tracing::warn!("no model can be kept in {}: {error}", folder.display());
            }
            if let Some(done) = done {
                let _ = done.send(Ok(()));
            }
        });
    }

    pub(super) fn loaded(&mut self, loaded: Result<Loaded, String>) {
        let (model, reader) = match loaded {
            Ok(Loaded { model, reader, gap, recent, kept }) => {
                self.kept = kept;
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
                self.go_on_blind();
                (model, None)
            }
        };
        // A server that was killed may not have written it down.
        self.titled(model.terminal.title().to_owned());
        // Bells of the past ring no more; only answers are still wanted.
        self.happened.retain(|happening| matches!(happening.event, Event::Reply(_)));
        // Nothing more may ever be printed: what is waited for may be there.
        self.waiters.retain_mut(|waiter| !waiter.look(&model.terminal));
        self.modelled =
            Modelled::Awake(Box::new(Awake { model, behind: reader, used: Instant::now() }));
        self.happenings();
        self.agent_printed();
    }

    fn titled(&mut self, title: String) {
        let mut facts = self.pane.facts();
        if facts.row.title != title {
            facts.row.title = title;
            drop(facts);
            self.note();
            self.server.changed();
        }
    }

    /// What is missing is read from the journal.
    pub(super) fn fall_behind(&mut self) {
        let Modelled::Awake(awake) = &mut self.modelled else { return };
        if awake.behind.is_some() {
            return;
        }
        awake.behind = reader_at(&self.pane, awake.model.fed);
        if awake.behind.is_none() {
            if awake.model.fed < self.head {
                awake.model.gap(awake.model.fed, self.head);
            }
            self.go_on_blind();
        }
    }

    /// What is missing can't be had: the program shall paint anew, and what comes from now on is shown.
    fn go_on_blind(&mut self) {
        self.link.send(&ToHolder::Nudge);
        if !self.live {
            self.live = true;
            self.link.send(&ToHolder::Live { offset: self.head });
        }
    }

    /// Feeds a stretch of the journal, if the model is behind.
    pub(super) fn catch_up(&mut self) {
        let Modelled::Awake(awake) = &mut self.modelled else { return };
        let Some(reader) = &mut awake.behind else { return };
        let start = awake.model.fed;
        let ended = loop {
            if awake.model.fed - start >= CATCH_UP as u64 {
                break false;
            }
            match reader.next() {
                Ok(Some(entry)) => {
                    feed(&mut awake.model, &entry, &mut self.happened, &mut self.waiters);
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
    pub(super) fn consumed(&mut self) {
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
    pub(super) fn happenings(&mut self) {
        for happening in std::mem::take(&mut self.happened) {
            match happening.event {
                Event::Reply(data) => {
                    if clock::since(happening.time) <= QUERY_LIFE
                        && self.link.queued() < ANSWERS_CAP
                    {
                        let seq = happening.number;
                        self.link.send(&ToHolder::Input {
                            client: RESERVED_CLIENT,
                            seq,
                            more: false,
                            data: &data,
                        });
                    }
                }
                Event::Title(title) => self.titled(title),
                event => {
                    self.agent_event(&event);
                    self.views.tell(&event);
                }
            }
        }
    }

    /// Serves those who look, where the model shows all there is.
    pub(super) fn settle(&mut self) {
        if self.looks.is_empty() && !self.watched() {
            return;
        }
        self.wake();
        let Modelled::Awake(awake) = &mut self.modelled else { return };
        let fed = awake.model.fed;
        for (_, look) in self.looks.extract_if(.., |(wanted, _)| *wanted <= fed) {
            look(&awake.model.terminal);
        }
        self.paint_at = self.views.paint(&awake.model.terminal).map(Instant::from_std);
    }
}

/// A reader of the pane's journal that stands at `offset`.
pub(super) fn reader_at(pane: &Pane, offset: u64) -> Option<Reader> {
    let open = || {
        let mut reader = Reader::open(&folder::journal(&pane.folder))?;
        reader.seek(offset)?;
        Ok::<_, towline_journal::Error>(reader)
    };
    open().inspect_err(|error| tracing::warn!("{}: {error}", pane.name())).ok()
}

/// What is being replayed, once it is; never, where nothing is.
pub(super) async fn loading(modelled: &mut Modelled) -> Result<Loaded, String> {
    match modelled {
        Modelled::Loading(loaded) => match loaded.await {
            Ok(loaded) => loaded.map_err(|error| error.to_string()),
            Err(_) => Err("the replay broke off".into()),
        },
        _ => std::future::pending().await,
    }
}
