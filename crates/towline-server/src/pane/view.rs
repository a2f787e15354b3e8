//! The clients attached to one pane: painting for each, at the pace it takes, and whose size counts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use towline_vt::{Event, Painter, Size, Terminal};

use super::{NewView, ViewId, forward};
use crate::conn::{Out, Window};
use crate::fault::Fault;

/// The least time between two paintings while a program floods: more than a hundred a second is more than an
/// eye sees and costs what the program could use.
const FLOOD_INTERVAL: Duration = Duration::from_millis(10);

/// Up to this many bytes since the last painting is no flood: a keystroke's echo is painted at once.
const ECHO: usize = 4 * 1024;

/// How long a program may hold painting back by a synchronized update (as other terminals bound it).
const SYNCHRONIZED: Duration = Duration::from_millis(150);

struct View {
    id: ViewId,
    painter: Painter,
    size: Size,
    read_only: bool,
    out: Out,
    window: Arc<Window>,
}

/// The clients attached to one pane.
pub(super) struct Views {
    views: Vec<View>,
    /// Whose terminal the pane's size follows: the one used last.
    sizer: Option<ViewId>,
    last_paint: Instant,
    /// Bytes fed to the model since.
    fed: usize,
    /// The painted generation of the model, where every view has it.
    shown: Option<u64>,
    /// Since when a synchronized update holds painting back.
    held: Option<Instant>,
    bytes: Vec<u8>,
}

impl Views {
    pub(super) fn new() -> Self {
        Self {
            views: Vec::new(),
            sizer: None,
            last_paint: Instant::now(),
            fed: 0,
            shown: None,
            held: None,
            bytes: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.views.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.views.is_empty()
    }

    /// Takes a client in. Returns the size the pane shall have, where that may change.
    pub(super) fn attach(&mut self, new: NewView) -> Option<Size> {
        self.shown = None;
        let NewView { id, size, read_only, again, out, window } = new;
        self.views.push(View { id, painter: Painter::new(size), size, read_only, out, window });
        if again { None } else { self.used(id) }
    }

    pub(super) fn detach(&mut self, id: ViewId) {
        self.views.retain(|view| view.id != id);
        if self.sizer == Some(id) {
            self.sizer = None;
        }
    }

    /// The client was used just now. Returns the size the pane shall have, where that may change.
    pub(super) fn used(&mut self, id: ViewId) -> Option<Size> {
        if self.sizer == Some(id) {
            return None;
        }
        let view = self.views.iter().find(|view| view.id == id && !view.read_only)?;
        self.sizer = Some(id);
        Some(view.size)
    }

    /// The client's terminal has a new size. Returns the size the pane shall have, where that may change.
    pub(super) fn resize(&mut self, id: ViewId, size: Size) -> Option<Size> {
        let view = self.views.iter_mut().find(|view| view.id == id)?;
        self.shown = None;
        view.size = size;
        view.painter.resize(size);
        let read_only = view.read_only;
        if read_only {
            return None;
        }
        self.sizer = Some(id);
        Some(size)
    }

    pub(super) fn repaint(&mut self, id: ViewId) {
        if let Some(view) = self.views.iter_mut().find(|view| view.id == id) {
            view.painter.invalidate();
            self.shown = None;
        }
    }

    /// The client has taken some of what it was sent.
    pub(super) fn drained(&mut self) {
        self.shown = None;
    }

    /// The model was fed so many bytes.
    pub(super) fn fed(&mut self, bytes: usize) {
        self.fed = self.fed.saturating_add(bytes);
    }

    /// Paints what has changed, or returns when that is to be done.
    pub(super) fn paint(&mut self, terminal: &Terminal) -> Option<Instant> {
        let generation = terminal.generation();
        if self.views.is_empty() || self.shown == Some(generation) {
            self.fed = 0;
            self.held = None;
            return None;
        }
        let now = Instant::now();
        let due = self.last_paint + FLOOD_INTERVAL;
        if self.fed > ECHO && now < due {
            return Some(due);
        }
        if terminal.synchronized() {
            let until = *self.held.get_or_insert(now) + SYNCHRONIZED;
            if now < until {
                return Some(until);
            }
        } else {
            self.held = None;
        }
        for view in &mut self.views {
            if view.window.open() {
                self.bytes.clear();
                view.painter.paint(terminal, &mut self.bytes);
                if !self.bytes.is_empty() {
                    view.window.take(self.bytes.len());
                    view.out.data(view.id.stream, &self.bytes, 0);
                }
            }
        }
        // A view without credit is painted when it has drained, which clears `shown`.
        self.shown = Some(generation);
        self.last_paint = now;
        self.fed = 0;
        None
    }

    /// Passes on to people's terminals what is no part of the screen.
    pub(super) fn tell(&self, event: &Event) {
        let Some(bytes) = forward::forward(event) else { return };
        for view in self.views.iter().filter(|view| view.window.open()) {
            view.window.take(bytes.len());
            view.out.data(view.id.stream, &bytes, 0);
        }
    }

    /// The way to the pane is lost: ends every client's stream with the reason.
    pub(super) fn lost(&mut self, fault: &Fault) {
        for view in self.views.drain(..) {
            view.out.end(view.id.stream, None, Some(fault.clone()));
        }
    }

    /// The pane has ended: says so to every client.
    pub(super) fn end(&mut self, exit: Option<&towline_protocol::v1::Exit>) {
        for view in self.views.drain(..) {
            view.out.end(view.id.stream, exit.cloned(), None);
        }
    }
}
