//! What the holder says.

use tokio::time::Instant;
use towline_holder::wire::{
    AckStatus, Decoder, Exited, FromHolder, RESERVED_CLIENT, ToHolder, WireError,
};
use towline_journal::{Entry, Record};
use towline_protocol::v1::{self, ErrorKind};

use super::super::{Acknowledge, ClientId};
use super::modelling::{Modelled, feed};
use super::{Actor, WRITE_DOWN};
use crate::clock;
use crate::fault::Fault;

impl Actor {
    /// Asks the holder what it answers at once, whatever its program does.
    pub(super) fn ask_holder(&mut self) {
        self.link.send(&ToHolder::Open { client: RESERVED_CLIENT, again: true });
    }

    /// The holder says nothing: nobody waits for it any longer. What it was told before it may still do. What is
    /// typed at an attached client goes on to wait, as somebody sees it.
    pub(super) fn holder_is_silent(&mut self) {
        let name = self.pane.name();
        tracing::warn!("{name}: the holder does not answer");
        self.pane.facts().unresponsive = true;
        self.server.changed();
        for ((_, seq), (bytes, done)) in
            self.typing.extract_if(|_, (_, done)| matches!(done, Acknowledge::Task(_)))
        {
            self.typing_bytes -= bytes;
            let _ = done.tell(seq, Some(Fault::outcome_unknown(&name)));
        }
        for done in self.opening.drain().flat_map(|(_, all)| all) {
            let _ = done.send(Err(Fault::silent(&name)));
        }
        for done in self.killing.drain(..) {
            let _ = done.send(Err(Fault::silent(&name)));
        }
    }

    pub(super) fn frames(&mut self) {
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
                    // What comes after a wrong length can't be found; a wrong message is passed over.
                    if matches!(error, WireError::Length(_)) {
                        self.senseless = true;
                        break;
                    }
                }
            }
        }
        self.link.decoder = decoder;
        self.consumed();
        self.progress();
    }

    pub(super) fn frame(&mut self, frame: &FromHolder<'_>) {
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
                    Modelled::Awake(_) => self.fall_behind(),
                }
            }
            FromHolder::Exited(Exited { offset, time, status }) => {
                self.head = self.head.max(offset);
                self.exited = Some((status, time));
                if let Modelled::Awake(awake) = &self.modelled
                    && awake.model.fed < offset
                {
                    self.fall_behind();
                }
            }
            FromHolder::Ack { client, seq, status } => self.acknowledged(client, seq, status),
            FromHolder::Opened { client, unknown, .. }
                if self.opens.answered(&client, unknown, Instant::now()) =>
            {
                self.opens.note(Instant::now());
                self.link.send(&ToHolder::Open { client, again: false });
            }
            FromHolder::Opened { client, last, unknown } => {
                for done in self.opening.remove(&client).into_iter().flatten() {
                    let opened =
                        v1::InputOpened { pane: self.pane.id, last, unknown, ..Default::default() };
                    let _ = done.send(Ok(opened));
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
                if self.exited.is_none() {
                    // Another user's, or stuck in the kernel: the pane stays.
                    let name = self.pane.name();
                    for done in self.killing.drain(..) {
                        let _ = done.send(Err(Fault::internal(format!(
                            "{remaining} of {name}'s processes could not be ended"
                        ))));
                    }
                }
            }
            _ => {}
        }
    }

    /// Something that just happened, passed on by the holder.
    pub(super) fn live_entry(&mut self, entry: &Entry<'_>) {
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
            feed(&mut awake.model, entry, &mut self.happened, &mut self.waiters);
            self.views.fed(usize::try_from(end - entry.offset).unwrap_or(usize::MAX));
            if !self.happened.is_empty() {
                self.happenings();
            }
        } else {
            self.fall_behind();
        }
    }

    /// Lets those know who watch how far the pane has come.
    pub(super) fn progress(&mut self) {
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
        self.agent_printed();
        self.server.printed(self.pane.id);
        self.pane.pulse.send_modify(|pulse| pulse.head = head);
    }

    /// Facts changed that shall be written down within a second.
    pub(super) fn note(&mut self) {
        self.unwritten = true;
        self.write_at.get_or_insert_with(|| Instant::now() + WRITE_DOWN);
    }

    pub(super) fn acknowledged(&mut self, client: ClientId, seq: u64, status: AckStatus) {
        let Some((bytes, done)) = self.typing.remove(&(client, seq)) else { return };
        self.typing_bytes -= bytes;
        self.type_held();
        let done = match (status, done) {
            (AckStatus::Unknown | AckStatus::Sequence, Acknowledge::Stream { out, view, .. }) => {
                // The holder has forgotten the client, or something was lost on the way: it attaches anew, and learns
                // there what was written.
                self.views.detach(view);
                self.attached();
                let fault = Fault::outcome_unknown(&self.pane.name());
                return out.end(view.stream, None, Some(fault));
            }
            (_, done) => done,
        };
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
}
