//! Requests: each becomes a task that sends its one reply.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use towline_agents::State;
use towline_client::tmux::Driver;
use towline_protocol::v1::{self, ErrorKind, Request, reply, request, server_frame};

use super::{Connection, Out, Stream, Window};
use crate::agent::{self, queue};
use crate::fault::Fault;
use crate::fleet::{Onward, Peer, Route, relay, relay_here};
use crate::pane::{Command, Pane, ViewId, again, end, folder, look, typing};
use crate::panes::check_name;
use crate::server::Server;
use crate::spawn;

impl Connection {
    /// Carries out a request in a task of its own, so that a slow one holds up no other.
    pub(super) fn request(&mut self, request: Request) {
        let Request { id, key, host, body } = request;
        let Some(mut body) = body else {
            let fault = Fault::new(ErrorKind::Unsupported, "this server does not know the request")
                .hint("tow server restart    puts a newer server in place; panes run on");
            return answer(&self.out, id, Err(fault));
        };
        let route = self.server.route(&host, &mut body);
        let elsewhere = if let Some((tmux, unknown)) = self.server.perhaps_tmux(&route, &mut body) {
            Some(Elsewhere::Tmux(tmux, unknown))
        } else {
            match route {
                Ok(Route::Here) => None,
                Ok(Route::There(peer, hints)) => Some(Elsewhere::Host(peer, hints)),
                Err(fault) => return answer(&self.out, id, Err(fault)),
            }
        };
        if let Some(elsewhere) = elsewhere {
            // What changes something is carried out also when whoever asked for it has gone.
            let cancellable = !changes(&body);
            let out = self.out.clone();
            let (elsewhere, body) = match (elsewhere, body) {
                // It may lie here until the host is there.
                (Elsewhere::Host(peer, _), request::Body::Enqueue(request)) => {
                    let server = Arc::clone(&self.server);
                    tokio::spawn(async move {
                        let left = queue::enqueue_there(&server, &peer, &key, request).await;
                        let enqueued = |item| v1::Enqueued { item: Some(item) };
                        answer(&out, id, left.map(|item| reply::Body::Enqueued(enqueued(item))));
                    });
                    return;
                }
                (Elsewhere::Tmux(..), request::Body::Enqueue(request)) => {
                    let server = Arc::clone(&self.server);
                    tokio::spawn(async move {
                        let left = queue::enqueue_in_tmux(&server, &key, request).await;
                        let enqueued = |item| v1::Enqueued { item: Some(item) };
                        answer(&out, id, left.map(|item| reply::Body::Enqueued(enqueued(item))));
                    });
                    return;
                }
                other => other,
            };
            let relayed = match elsewhere {
                Elsewhere::Host(peer, hints) => {
                    let open = self.openings.due(&body);
                    if let Some(opened) = self.openings.promise(&peer, &body) {
                        return answer(&out, id, Ok(reply::Body::InputOpened(opened)));
                    }
                    relay(&self.server, &peer, Onward { key, body, hints, open }, out, id)
                }
                Elsewhere::Tmux(tmux, unknown) => relay_here(
                    &self.server,
                    tmux,
                    Onward { key, body, hints: None, open: None },
                    unknown,
                    out,
                    id,
                ),
            };
            if cancellable {
                self.streams.insert(id, Stream::Relayed(relayed));
            }
            return;
        }
        let job = Job {
            host,
            server: Arc::clone(&self.server),
            out: self.out.clone(),
            id,
            view: self.view(id),
            ssh_auth_sock: self.ssh_auth_sock.clone(),
        };
        match body {
            request::Body::Attach(attach) => {
                if let Some(attachment) = job.attach(attach) {
                    self.streams.insert(id, Stream::Attachment(attachment));
                }
            }
            // What changes something is carried out also when whoever asked for it has gone.
            body if changes(&body) => {
                let window = Arc::new(Window::new(0));
                tokio::spawn(async move { job.run(&key, body, window).await });
            }
            body => {
                let window = Arc::new(Window::new(credit(&body)));
                let sender = Arc::clone(&window);
                let task = tokio::spawn(async move { job.run(&key, body, sender).await });
                self.streams.insert(id, Stream::Task { task: task.abort_handle(), window });
            }
        }
    }
}

/// Who else carries a request out.
enum Elsewhere {
    /// Another host; and lines that help where that knows no such pane.
    Host(Arc<Peer>, Option<Vec<String>>),
    /// This machine's tmux; and what to answer where that knows no such pane.
    Tmux(Arc<Driver>, Fault),
}

/// Whether a request does something, rather than look or wait.
fn changes(body: &request::Body) -> bool {
    use request::Body;
    matches!(
        body,
        Body::Spawn(_)
            | Body::OpenInput(_)
            | Body::Send(_)
            | Body::Kill(_)
            | Body::Rename(_)
            | Body::Clean(_)
            | Body::Shutdown(_)
            | Body::Disconnect(_)
            | Body::AgentEvent(_)
            | Body::Answer(_)
            | Body::Enqueue(_)
            | Body::Dequeue(_)
            | Body::Resume(_)
            | Body::Renew(_)
    )
}

/// The credit that a request opens its stream with.
pub(crate) fn credit(body: &request::Body) -> u64 {
    match body {
        request::Body::Follow(follow) => follow.credit,
        request::Body::Raw(raw) => raw.credit,
        request::Body::Subscribe(subscribe) => subscribe.credit,
        request::Body::Notices(notices) => notices.credit,
        _ => 0,
    }
}

pub(super) fn answer(out: &Out, id: u64, outcome: Result<reply::Body, Fault>) {
    let body = outcome.unwrap_or_else(|fault| reply::Body::Error(fault.into()));
    out.send(server_frame::Body::Reply(v1::Reply { id, body: Some(body) }));
}

/// One request on its way.
pub(super) struct Job {
    /// The host that the request is about, for those about a link.
    pub(super) host: String,
    pub(super) server: Arc<Server>,
    pub(super) out: Out,
    pub(super) id: u64,
    pub(super) view: ViewId,
    pub(super) ssh_auth_sock: Vec<u8>,
}

impl Job {
    async fn run(self, key: &[u8], body: request::Body, window: Arc<Window>) {
        match body {
            request::Body::Follow(request) => self.follow(request, window).await,
            request::Body::Raw(request) => self.raw(request, window).await,
            request::Body::Watch(_) => self.watch().await,
            request::Body::Subscribe(_) => self.subscribe(window).await,
            request::Body::Notices(_) => self.notices(window).await,
            request::Body::Shutdown(shutdown) => self.shutdown(shutdown).await,
            body => {
                let outcome = self.once(key, body).await;
                answer(&self.out, self.id, outcome);
            }
        }
    }

    pub(super) fn find(&self, target: Option<&v1::Target>) -> Result<Arc<Pane>, Fault> {
        let target = target.ok_or_else(|| Fault::invalid("the request names no pane"))?;
        self.server.panes.resolve(target)
    }

    /// The requests that have a reply and nothing after it.
    async fn once(&self, key: &[u8], body: request::Body) -> Result<reply::Body, Fault> {
        use request::Body;
        Ok(match body {
            Body::Spawn(request) => {
                let (pane, warnings) = spawn::spawn(&self.server, key, request).await?;
                self.lend_ssh_agent(&pane);
                reply::Body::Spawned(v1::Spawned { pane: Some(pane.describe()), warnings })
            }
            Body::List(request) => reply::Body::Listed(self.list(&request).await?),
            Body::Info(request) => reply::Body::Info(self.info(&request)?),
            Body::Peek(request) => {
                let pane = self.find(request.target.as_ref())?;
                let looked = look::peek(&self.server, &pane, &request).await?;
                reply::Body::Peeked(v1::Peeked {
                    pane: Some(pane.describe()),
                    lines: looked.lines,
                    first_line: looked.first_line,
                    gap: looked.gap,
                })
            }
            Body::OpenInput(request) => {
                let pane = self.find(request.target.as_ref())?;
                reply::Body::InputOpened(open(&pane, &request).await?)
            }
            Body::Send(request) => {
                let pane = self.find(request.target.as_ref())?;
                reply::Body::Sent(agent::send(&self.server, &pane, request).await?)
            }
            Body::Wait(request) => reply::Body::Waited(self.wait(request).await?),
            Body::Kill(request) => reply::Body::Killed(self.kill(&request).await?),
            Body::Rename(request) => {
                let pane = self.find(request.target.as_ref())?;
                check_name(&request.name)?;
                self.server.panes.rename(&pane, &request.name)?;
                self.server.write_down(&pane);
                let described = pane.describe();
                if let Err(error) = folder::write_description(&pane.folder, &described) {
                    tracing::warn!("{}: its folder keeps the old name: {error}", described.name);
                }
                self.server.changed();
                reply::Body::Info(described)
            }
            Body::Clean(request) => reply::Body::Cleaned(self.clean(request.isolated).await),
            Body::Status(_) => reply::Body::Status(self.status()),
            Body::Connect(request) => {
                let peer = self.server.peer(&self.host)?;
                let patience = Duration::from_millis(request.patience_ms.into());
                peer.reach(patience).await?;
                reply::Body::Connected(v1::Connected { host: Some(peer.state()) })
            }
            Body::Disconnect(_) => {
                self.server.peer(&self.host)?.park();
                reply::Body::Done(v1::Done {})
            }
            Body::AgentEvent(request) => {
                agent::event(&self.server, &request)?;
                reply::Body::Done(v1::Done {})
            }
            Body::Explain(request) => {
                let pane = self.find(request.target.as_ref())?;
                reply::Body::Explained(agent::explain(&self.server, &pane).await?)
            }
            Body::Resume(request) => {
                let pane = self.find(request.target.as_ref())?;
                let warnings = again::resume(&self.server, &pane, key).await?;
                self.lend_ssh_agent(&pane);
                reply::Body::Spawned(v1::Spawned { pane: Some(pane.describe()), warnings })
            }
            Body::Renew(request) => {
                again::renew(&self.server, &request)?;
                reply::Body::Done(v1::Done {})
            }
            Body::Agents(request) => {
                let kinds = agent::installed(&self.server, request.path).await;
                reply::Body::Agents(v1::AgentKinds { kinds })
            }
            Body::Answer(request) => {
                let pane = self.find(request.target.as_ref())?;
                reply::Body::Sent(agent::answer(&self.server, &pane, &request).await?)
            }
            Body::Enqueue(request) => {
                let pane = self.find(request.target.as_ref())?;
                let item = queue::enqueue(&self.server, &pane, key, &request.text).await?;
                reply::Body::Enqueued(v1::Enqueued { item: Some(item) })
            }
            Body::Queue(request) => {
                let pane = request.target.as_ref().map(|target| self.find(Some(target)));
                let pane = pane.transpose()?.map(|pane| pane.id);
                reply::Body::Queues(v1::Queues { items: queue::list(&self.server, pane) })
            }
            Body::Dequeue(request) => {
                queue::drop(&self.server, &request.ids).await?;
                reply::Body::Done(v1::Done {})
            }
            // These have ways of their own; see `run` and `Connection::request`.
            Body::Attach(_)
            | Body::Follow(_)
            | Body::Raw(_)
            | Body::Watch(_)
            | Body::Subscribe(_)
            | Body::Notices(_)
            | Body::Shutdown(_) => {
                return Err(Fault::internal("a request went the wrong way"));
            }
        })
    }

    async fn kill(&self, request: &v1::Kill) -> Result<v1::Killed, Fault> {
        let pane = self.find(request.target.as_ref())?;
        if request.signal == 0 {
            let described = end::kill(&self.server, &pane).await?;
            return Ok(v1::Killed { pane: Some(described), removed: true });
        }
        if !(1..=64).contains(&request.signal) {
            return Err(Fault::invalid(format!("there is no signal {}", request.signal)));
        }
        let removed = end::signal(&self.server, &pane, request.signal).await?;
        Ok(v1::Killed { pane: Some(pane.describe()), removed })
    }

    async fn clean(&self, isolated: bool) -> v1::Cleaned {
        let mut cleaned = v1::Cleaned::default();
        for pane in self.server.panes.all() {
            if pane.pulse.borrow().ended {
                cleaned.panes.push(pane.describe());
                cleaned.bytes += end::remove(&self.server, &pane).await;
            }
        }
        if isolated {
            let panes = self.server.panes.all().iter().map(|pane| pane.id).collect();
            let all = self.server.paths.isolated();
            let swept =
                tokio::task::spawn_blocking(move || spawn::isolated::sweep(&all, &panes)).await;
            let (folders, bytes) = swept.unwrap_or_default();
            let bytes_of = |folder: PathBuf| folder.into_os_string().into_vec();
            cleaned.isolated = folders.into_iter().map(bytes_of).collect();
            cleaned.bytes += bytes;
        }
        cleaned
    }

    /// Points the pane at the ssh agent of whoever uses it now.
    pub(super) fn lend_ssh_agent(&self, pane: &Pane) {
        if !self.ssh_auth_sock.is_empty() {
            let socket = Path::new(OsStr::from_bytes(&self.ssh_auth_sock));
            if let Err(error) = folder::link_ssh_agent(&pane.folder, socket) {
                tracing::debug!("{}: the ssh agent can't be linked: {error}", pane.name());
            }
        }
    }
}

pub(super) async fn open(pane: &Pane, request: &v1::OpenInput) -> Result<v1::InputOpened, Fault> {
    let client = typing::client_id(&request.client)?;
    let tried = (request.tried_ms > 0).then(|| Duration::from_millis(request.tried_ms.into()));
    let opened =
        pane.ask(|done| Command::Open { client, again: request.again, tried, done }).await?;
    let agent = pane.facts().agent();
    let agent = agent.is_some_and(|agent| agent.state != State::Exited.name());
    Ok(v1::InputOpened { agent, ..opened })
}
