//! The end of an actor: of its pane's program, or of the way to its holder.

use std::time::Duration;

use towline_holder::wire::ToHolder;
use towline_protocol::v1;

use super::super::{Acknowledge, Command, Typed, ViewId};
use super::modelling::Modelled;
use super::{Actor, KILL_GRACE};
use crate::conn::Out;
use crate::fault::Fault;

impl Actor {
    /// Waits until a kill under way has reached every process, so that the holder doesn't leave before.
    pub(in crate::pane) async fn finish_kill(&mut self) {
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
    pub(in crate::pane) async fn release(&mut self) {
        self.link.send(&ToHolder::Release);
        let gone = async { while self.link.turn().await.is_ok() {} };
        let _ = tokio::time::timeout(Duration::from_secs(1), gone).await;
    }

    /// The holder's connection broke and the holder lives: another actor goes on. Clients are told that they
    /// don't know what became of what they had sent, and do it again; the holder writes nothing twice.
    pub(in crate::pane) fn abandon(mut self) {
        let fault = Fault::outcome_unknown(&self.pane.name());
        self.views.lost(&fault);
        for ((_, seq), (_, done)) in self.typing.drain() {
            if let done @ Acknowledge::Task(_) = done {
                done.tell_now(seq, Some(fault.clone()));
            }
        }
        self.close_inbox(|out, view| out.end(view.stream, None, Some(fault.clone())));
    }

    /// Takes no more commands. Clients that were about to attach are told by `end`; who asked something learns of it
    /// by the answer that never comes.
    fn close_inbox(&mut self, end: impl Fn(&Out, ViewId)) {
        self.inbox.close();
        while let Ok(command) = self.inbox.try_recv() {
            match command {
                Command::Attach(new) => end(&new.out, new.id),
                Command::Type(Typed { seq, done, .. }) => {
                    done.tell_now(seq, Some(Fault::ended(&self.pane.name())));
                }
                _ => {}
            }
        }
    }

    /// Tells everybody who waits that the pane has ended.
    pub(in crate::pane) fn farewell(mut self, exit: Option<&v1::Exit>) {
        if let Modelled::Awake(awake) = &self.modelled {
            for (_, look) in self.looks.drain(..) {
                look(&awake.model.terminal);
            }
            let _ = self.views.paint(&awake.model.terminal);
        }
        self.views.end(exit);
        let fault = Fault::ended(&self.pane.name());
        for ((_, seq), (_, done)) in self.typing.drain() {
            done.tell_now(seq, Some(fault.clone()));
        }
        for Typed { seq, done, .. } in self.held.drain(..) {
            done.tell_now(seq, Some(fault.clone()));
        }
        let exit = exit.cloned();
        self.close_inbox(|out, view| out.end(view.stream, exit.clone(), None));
        for done in self.opening.drain().flat_map(|(_, all)| all) {
            let _ = done.send(Err(fault.clone()));
        }
    }
}
