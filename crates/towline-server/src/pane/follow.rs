//! `peek --follow`: rows as they settle, or the last rows as they change.
//!
//! A follower replays the journal into a model of its own and goes on with it as the pane prints. So a slow
//! reader misses nothing that is kept, holds up nobody, and a reader whose connection broke goes on where it
//! was: a line's number is the same in every replay that begins at the same offset.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use towline_journal::Reader;
use towline_protocol::Message;
use towline_protocol::v1;
use towline_vt::Terminal;

use super::model::{self, Loaded, Model};
use super::{Pane, Pulse, look};
use crate::conn::{Out, Window};
use crate::fault::Fault;
use crate::server::Server;

/// A row of the screen that did not change for so long has settled.
const SETTLED: Duration = Duration::from_millis(250);

/// The least time between two frames of redrawn rows.
const REDRAW: Duration = Duration::from_millis(30);

/// So much of the journal is fed before rows are sent on.
const STEP: u64 = 64 * 1024;

/// What a follower wants.
pub(crate) struct Follow {
    pub(crate) request: v1::Follow,
    pub(crate) stream: u64,
    pub(crate) out: Out,
    pub(crate) window: Arc<Window>,
}

/// Sends rows until the pane has ended or the task is aborted.
pub(crate) async fn follow(server: Arc<Server>, pane: Arc<Pane>, follow: Follow) {
    let mut pulse = pane.pulse.subscribe();
    let journal = pane.journal();
    let scrollback = server.settings.scrollback;
    let loaded = tokio::task::spawn_blocking(move || model::load(&journal, scrollback)).await;
    let Loaded { model, reader, gap, .. } = match loaded {
        Ok(Ok(loaded)) => loaded,
        Ok(Err(error)) => {
            return follow.out.end(follow.stream, None, Some(Fault::internal(error.to_string())));
        }
        Err(_) => return,
    };
    let first = match follow.request.from_line {
        Some(line) => line,
        None => look::written(&model.terminal).saturating_sub(follow.request.lines.into()),
    };
    let mut follower = Follower { follow, model, reader, next: first, gap, shown: None };
    follower.run(&mut pulse).await;
    follower.follow.out.end(follower.follow.stream, pane.exit(), None);
}

struct Follower {
    follow: Follow,
    model: Model,
    reader: Reader,
    /// Number of the next line to be sent.
    next: u64,
    /// Lines were lost before the next one.
    gap: bool,
    /// The generation of the model that was redrawn last.
    shown: Option<u64>,
}

impl Follower {
    async fn run(&mut self, pulse: &mut watch::Receiver<Pulse>) {
        loop {
            let ended = pulse.borrow_and_update().ended;
            while self.advance() {
                self.scrolled().await;
                tokio::task::yield_now().await;
            }
            self.scrolled().await;
            let redraw = self.follow.request.redraw;
            if redraw {
                self.redraw().await;
            }
            if ended {
                if !redraw {
                    let end = look::written(&self.model.terminal);
                    self.send_to(end).await;
                }
                return;
            }
            let calm = if redraw { REDRAW } else { SETTLED };
            match tokio::time::timeout(calm, pulse.changed()).await {
                Ok(Err(_)) => return,
                Ok(Ok(())) if redraw => tokio::time::sleep(REDRAW).await,
                Ok(Ok(())) => {}
                Err(_) => {
                    if !redraw {
                        let settled = above_cursor(&self.model.terminal);
                        self.send_to(settled).await;
                    }
                    if pulse.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Feeds the next stretch of the journal; false at its end.
    fn advance(&mut self) -> bool {
        let start = self.model.fed;
        let mut happened = Vec::new();
        while self.model.fed - start < STEP {
            match self.reader.next() {
                Ok(Some(entry)) => self.model.apply(&entry, &mut happened),
                Ok(None) => return false,
                Err(error) => {
                    tracing::warn!("a journal can't be followed: {error}");
                    return false;
                }
            }
            happened.clear();
        }
        true
    }

    /// Sends the lines that have scrolled off: nothing can change them any more.
    async fn scrolled(&mut self) {
        if !self.follow.request.redraw {
            let off = self.model.terminal.screen_start();
            self.send_to(off).await;
        }
    }

    /// Sends the lines up to `end` that were not sent yet.
    async fn send_to(&mut self, end: u64) {
        let terminal = &self.model.terminal;
        if self.next < terminal.first_line() {
            self.gap = true;
            self.next = terminal.first_line();
        }
        while self.next < end {
            // Some lines at a time: a frame stays small, and credit is asked for in between.
            let until = end.min(self.next + 100);
            let lines =
                look::text(&self.model.terminal, self.next, until, self.follow.request.ansi);
            let (first_line, gap) = (self.next, std::mem::take(&mut self.gap));
            self.next = until;
            self.send(v1::FollowData { lines, first_line, gap }).await;
        }
    }

    async fn redraw(&mut self) {
        let terminal = &self.model.terminal;
        if self.shown == Some(terminal.generation()) {
            return;
        }
        self.shown = Some(terminal.generation());
        let end = look::written(terminal);
        let first = end.saturating_sub(self.follow.request.lines.into()).max(terminal.first_line());
        let lines = look::text(terminal, first, end, self.follow.request.ansi);
        self.send(v1::FollowData { lines, first_line: first, gap: false }).await;
    }

    async fn send(&self, data: v1::FollowData) {
        self.follow.window.opened().await;
        let bytes = data.encode_to_vec();
        self.follow.window.take(bytes.len());
        self.follow.out.whole(self.follow.stream, bytes);
    }
}

/// The line the cursor is in is still being written; those above have settled.
fn above_cursor(terminal: &Terminal) -> u64 {
    let cursor = terminal.screen_start() + u64::from(terminal.cursor().row);
    cursor.min(terminal.end_line())
}
