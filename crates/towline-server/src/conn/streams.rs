//! The requests that go on after their reply: attaching, following, watching; and the server's end.

use std::sync::Arc;
use std::time::Duration;

use towline_protocol::v1::{self, goodbye, reply, server_frame};

use super::Window;
use super::attach::{Attachment, view_size};
use super::requests::{Job, answer, open};
use crate::fault::Fault;
use crate::pane::{self, Command, NewView, end, typing};

/// How long `server stop` and `restart` leave for the reply to go out.
const LAST_WORDS: Duration = Duration::from_millis(20);

impl Job {
    /// Attaching is not waited for in the connection's loop: the view is there at once, so that what the client
    /// sends next finds it; the reply follows when the holder knows the client's input.
    pub(super) fn attach(self, request: v1::Attach) -> Option<Attachment> {
        let begun = self.find(request.target.as_ref()).and_then(|pane| {
            if pane.facts().row.ended.is_some() {
                return Err(Fault::ended(&pane.name()));
            }
            let client = typing::client_id(&request.client)?;
            let size = view_size(request.size.as_ref())
                .ok_or_else(|| Fault::invalid("the terminal has no room"))?;
            Ok((pane, client, size))
        });
        let (pane, client, size) = match begun {
            Ok(begun) => begun,
            Err(fault) => {
                answer(&self.out, self.id, Err(fault));
                return None;
            }
        };
        self.lend_ssh_agent(&pane);
        let window = Arc::new(Window::new(request.credit));
        let (view, read_only) = (self.view, request.read_only);
        let (attached_pane, attached_window) = (Arc::clone(&pane), Arc::clone(&window));
        let opening = tokio::spawn(async move {
            let open_input = v1::OpenInput {
                client: request.client.clone(),
                again: request.again,
                ..v1::OpenInput::default()
            };
            let opened = open(&pane, &open_input).await;
            let outcome = opened.map(|input| {
                reply::Body::Attached(v1::Attached {
                    pane: Some(pane.describe()),
                    input: Some(input),
                })
            });
            let attached = outcome.is_ok();
            answer(&self.out, self.id, outcome);
            if attached {
                let new = NewView {
                    id: self.view,
                    size,
                    read_only: request.read_only,
                    again: request.again,
                    out: self.out.clone(),
                    window,
                };
                if pane.tell(Command::Attach(Box::new(new))).is_err() {
                    self.out.end(self.id, pane.exit(), None);
                }
            }
        });
        Some(Attachment {
            pane: attached_pane,
            view,
            client,
            read_only,
            window: attached_window,
            opening: opening.abort_handle(),
            under_way: Arc::default(),
        })
    }

    pub(super) async fn follow(self, request: v1::Follow, window: Arc<Window>) {
        match self.find(request.target.as_ref()) {
            Err(fault) => answer(&self.out, self.id, Err(fault)),
            Ok(pane) => {
                let followed = v1::Followed { pane: Some(pane.describe()) };
                answer(&self.out, self.id, Ok(reply::Body::Followed(followed)));
                let follow = pane::Follow { request, stream: self.id, out: self.out, window };
                pane::follow(self.server, pane, follow).await;
            }
        }
    }

    pub(super) async fn raw(self, request: v1::Raw, window: Arc<Window>) {
        match self.find(request.target.as_ref()) {
            Err(fault) => answer(&self.out, self.id, Err(fault)),
            Ok(pane) => {
                let followed = v1::Followed { pane: Some(pane.describe()) };
                answer(&self.out, self.id, Ok(reply::Body::Followed(followed)));
                pane::raw(pane, pane::Raw { request, stream: self.id, out: self.out, window })
                    .await;
            }
        }
    }

    pub(super) async fn watch(self) {
        let mut changes = self.server.changes();
        answer(&self.out, self.id, Ok(reply::Body::Done(v1::Done {})));
        while changes.changed().await.is_ok() {
            self.out.send(server_frame::Body::Changed(v1::Changed { watch: self.id }));
            // A burst of changes is told once.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) async fn shutdown(self, request: v1::Shutdown) {
        if request.kill {
            self.server.stop_restarts();
            let mut ends = tokio::task::JoinSet::new();
            for pane in self.server.panes.all() {
                if !pane.pulse.borrow().ended {
                    let server = Arc::clone(&self.server);
                    ends.spawn(async move { end::kill(&server, &pane).await.map(|_| ()) });
                }
            }
            let failed = ends.join_all().await.into_iter().find_map(Result::err);
            if let Some(fault) = failed {
                self.server.allow_restarts();
                return answer(&self.out, self.id, Err(fault));
            }
        }
        answer(&self.out, self.id, Ok(reply::Body::Done(v1::Done {})));
        tokio::time::sleep(LAST_WORDS).await;
        let reason =
            if request.restart { goodbye::Reason::Restarting } else { goodbye::Reason::Stopped };
        self.server.ending.send_replace(Some(reason));
    }
}
