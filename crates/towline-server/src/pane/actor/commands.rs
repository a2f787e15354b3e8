//! What the pane is asked to do.

use tokio::time::Instant;
use towline_agents::Shows;
use towline_holder::wire::ToHolder;
use towline_vt::Size;

use super::super::silence::Silence;
use super::super::waiter::Waiter;
use super::super::{Acknowledge, Command, Typed};
use super::modelling::Modelled;
use super::{Actor, KILL_GRACE};
use crate::fault::Fault;

/// Bytes that are passed on to the holder before it has written them. More would stand in the way of what it must
/// hear at once: a signal, a new size, an end.
const TYPING_CAP: usize = 512 * 1024;

impl Actor {
    pub(super) fn command(&mut self, command: Command) {
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
            Command::Open { client, again, tried, done } => {
                match tried {
                    Some(tried) if again => self.opens.doubt(client, tried),
                    _ if again => {}
                    _ => self.opens.note(Instant::now()),
                }
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
            Command::Keep { done } => {
                self.write_down();
                self.keep_model(super::KEEP_ASLEEP, Some(done));
            }
            Command::Probe => {
                if self.silence.ask(Instant::now()) {
                    self.ask_holder();
                }
            }
            Command::AgentEvent { kind, report } => self.agent_told(&kind, &report),
            Command::FindAgent => self.agent_seen(),
            Command::Explain { title, status, screen, done } => {
                let shows = Shows { title: &title, status: &status, screen: &screen };
                let _ = done.send(self.explain(shows));
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
    pub(super) fn refuse(&mut self, command: Command) -> Option<Command> {
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

    pub(super) fn attached(&mut self) {
        self.pane.facts().attached = u32::try_from(self.views.len()).unwrap_or(u32::MAX);
        self.agent_watched();
        self.server.changed();
    }

    pub(super) fn resize(&mut self, wanted: Option<Size>) {
        let Some(size) = wanted else { return };
        let Size { cols, rows } = size;
        // Not the size the pane has: another one may be on its way to the holder.
        if size != self.asked_size && cols > 0 && rows > 0 {
            self.asked_size = size;
            self.link.send(&ToHolder::Resize { cols, rows });
        }
    }

    pub(super) fn typed(&mut self, typed: Typed) {
        let Typed { client, seq, more, data, done, view } = typed;
        if let Some(view) = view {
            let wanted = self.views.used(view);
            self.resize(wanted);
        }
        let typed = Typed { client, seq, more, data, done, view };
        // A `send` waits for each of its steps, and others may be waiting for its end.
        let is_step = matches!(typed.done, Acknowledge::Task(_));
        let is_full = self.typing_bytes > 0 && self.typing_bytes + typed.data.len() > TYPING_CAP;
        if !is_step && (is_full || !self.held.is_empty()) {
            self.held.push_back(typed);
        } else {
            self.pass_on(typed);
        }
    }

    /// Passes on what was held back, as far as there is room now.
    pub(super) fn type_held(&mut self) {
        while let Some(next) = self.held.front()
            && (self.typing_bytes == 0 || self.typing_bytes + next.data.len() <= TYPING_CAP)
        {
            if let Some(typed) = self.held.pop_front() {
                self.pass_on(typed);
            }
        }
    }

    fn pass_on(&mut self, typed: Typed) {
        let Typed { client, seq, more, data, done, .. } = typed;
        self.typing_bytes += data.len();
        let bytes = data.len();
        if let Some((before, _)) = self.typing.insert((client, seq), (bytes, done)) {
            // Sent again after a reconnect; the holder answers once for each, and the first answer counts.
            self.typing_bytes -= before;
        }
        self.link.send(&ToHolder::Input { client, seq, more, data: &data });
    }
}
