//! `peek --follow`: rows as they settle, or the last rows as they change.
//!
//! A follower replays the journal into a model of its own and goes on with it as the pane prints. So a slow
//! reader misses nothing that is kept, holds up nobody, and a reader whose connection broke goes on where it
//! was: lines are numbered from where a replay begins, and a [`v1::FollowPlace`] tells one numbering by another.

use std::path::Path;
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

/// At most so many cells of rows are sent at once. With colours a cell may take some thirty bytes.
const FRAME_CELLS: usize = 20_000;

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
    let place = follow.request.place;
    let loaded = tokio::task::spawn_blocking(move || load(&journal, scrollback, place)).await;
    let (Loaded { model, reader, gap, .. }, place) = match loaded {
        Ok(Ok(loaded)) => loaded,
        Ok(Err(error)) => {
            return follow.out.end(follow.stream, None, Some(Fault::internal(error.to_string())));
        }
        Err(_) => return,
    };
    let first = match place.or(follow.request.from_line) {
        Some(line) => line,
        None => look::written(&model.terminal).saturating_sub(follow.request.lines.into()),
    };
    let mut follower = Follower { follow, model, reader, next: first, gap, shown: None };
    follower.run(&mut pulse).await;
    follower.follow.out.end(follower.follow.stream, pane.exit(), None);
}

/// Replays the journal; returns also the next line of a follow that was at `place`, in this replay's numbers.
fn load(
    journal: &Path,
    scrollback: usize,
    place: Option<v1::FollowPlace>,
) -> Result<(Loaded, Option<u64>), towline_journal::Error> {
    let mut next = None;
    let loaded = model::load_while(journal, scrollback, |model, _| {
        next = next.or_else(|| reached(model, place.as_ref()));
        true
    })?;
    let next = next.or_else(|| reached(&loaded.model, place.as_ref()));
    Ok((loaded, next))
}

/// The next line of a follow that was at `place`, once the model has come there.
fn reached(model: &Model, place: Option<&v1::FollowPlace>) -> Option<u64> {
    let place = place.filter(|place| model.fed >= place.offset)?;
    Some(renumbered(place, model.terminal.screen_start()))
}

/// The next line, where the line that had the number `place.screen_start` has the number `screen_start` now.
fn renumbered(place: &v1::FollowPlace, screen_start: u64) -> u64 {
    (place.next_line + screen_start).saturating_sub(place.screen_start)
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
            let cols = usize::from(self.model.terminal.size().cols);
            let some = (FRAME_CELLS / cols.max(1)).max(1) as u64;
            let until = end.min(self.next + some);
            let lines =
                look::text(&self.model.terminal, self.next, until, self.follow.request.ansi);
            let (first_line, gap) = (self.next, std::mem::take(&mut self.gap));
            self.next = until;
            self.send(lines, first_line, gap).await;
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
        self.send(lines, first, false).await;
    }

    async fn send(&self, lines: Vec<String>, first_line: u64, gap: bool) {
        self.follow.window.opened().await;
        let place = Some(v1::FollowPlace {
            next_line: self.next,
            offset: self.model.fed,
            screen_start: self.model.terminal.screen_start(),
        });
        let data = v1::FollowData { lines, first_line, gap, place };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_place_when_older_ones_are_gone() {
        let place = v1::FollowPlace { next_line: 1_020, offset: 9, screen_start: 1_000 };
        assert_eq!(renumbered(&place, 1_000), 1_020);
        assert_eq!(renumbered(&place, 400), 420);
        let gone = v1::FollowPlace { next_line: 10, offset: 9, screen_start: 1_000 };
        assert_eq!(renumbered(&gone, 400), 0);
    }
}
