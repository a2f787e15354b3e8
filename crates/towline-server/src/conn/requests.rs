//! Requests: each becomes a task that sends its one reply.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use towline_client::target::LOCAL_HOST;
use towline_client::tmux::Driver;
use towline_protocol::v1::{self, ErrorKind, Request, goodbye, reply, request, server_frame};

use super::attach::{Attachment, view_size};
use super::{Connection, Out, Stream, Window};
use crate::fault::Fault;
use crate::fleet::{Onward, Peer, Route, relay, relay_here};
use crate::pane::{self, Command, NewView, Pane, ViewId, end, folder, look, typing};
use crate::panes::check_name;
use crate::server::Server;
use crate::spawn;
use crate::store::RowStatus;

/// The longest that a list waits for hosts.
const LIST_PATIENCE: Duration = Duration::from_secs(60);

/// How long `server stop` and `restart` leave for the reply to go out.
const LAST_WORDS: Duration = Duration::from_millis(20);

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
            let relayed = match elsewhere {
                Elsewhere::Host(peer, hints) => {
                    let open = self.openings.due(&body);
                    if let Some(opened) = self.openings.promise(&peer, &body) {
                        return answer(&out, id, Ok(reply::Body::InputOpened(opened)));
                    }
                    relay(&self.server, &peer, Onward { key, body, hints, open }, out, id)
                }
                Elsewhere::Tmux(tmux, unknown) => relay_here(
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
    )
}

/// The credit that a request opens its stream with.
pub(crate) fn credit(body: &request::Body) -> u64 {
    match body {
        request::Body::Follow(follow) => follow.credit,
        request::Body::Raw(raw) => raw.credit,
        request::Body::Subscribe(subscribe) => subscribe.credit,
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
            request::Body::Shutdown(shutdown) => self.shutdown(shutdown).await,
            body => {
                let outcome = self.once(key, body).await;
                answer(&self.out, self.id, outcome);
            }
        }
    }

    fn find(&self, target: Option<&v1::Target>) -> Result<Arc<Pane>, Fault> {
        let target = target.ok_or_else(|| Fault::invalid("the request names no pane"))?;
        self.server.panes.resolve(target)
    }

    /// The requests that have a reply and nothing after it.
    async fn once(&self, key: &[u8], body: request::Body) -> Result<reply::Body, Fault> {
        use request::Body;
        Ok(match body {
            Body::Spawn(request) => {
                let pane = spawn::spawn(&self.server, key, request).await?;
                self.lend_ssh_agent(&pane);
                reply::Body::Spawned(v1::Spawned { pane: Some(pane.describe()) })
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
                typing::send(&pane, request).await?;
                reply::Body::Sent(v1::Sent { pane: Some(pane.describe()) })
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
            Body::Clean(_) => reply::Body::Cleaned(self.clean().await),
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
            // These have ways of their own; see `run` and `Connection::request`.
            Body::Attach(_)
            | Body::Follow(_)
            | Body::Raw(_)
            | Body::Watch(_)
            | Body::Subscribe(_)
            | Body::Shutdown(_) => {
                return Err(Fault::internal("a request went the wrong way"));
            }
        })
    }

    async fn list(&self, request: &v1::List) -> Result<v1::Listed, Fault> {
        let patience = Duration::from_millis(request.patience_ms.into()).min(LIST_PATIENCE);
        let hosts = match request.fleet {
            true => self.server.list_fleet(&request.hosts, patience).await?,
            false => Vec::new(),
        };
        let hosts = hosts.into_iter().map(|host| without_ended(host, request.ended)).collect();
        let here = request.hosts.is_empty() || request.hosts.iter().any(|host| host == LOCAL_HOST);
        let all = if here { self.server.panes.all() } else { Vec::new() };
        let panes: Vec<_> = all
            .into_iter()
            .filter(|pane| request.ended || !pane.facts().removing)
            .filter(|pane| request.ended || pane.facts().row.status != RowStatus::Ended)
            .collect();
        sample(&self.server, &panes);
        self.server.probe_holders();
        let in_tmux = if here { self.server.agents_in_tmux().await } else { Vec::new() };
        Ok(v1::Listed {
            hosts,
            warnings: self.server.fleet.trouble().into_iter().collect(),
            panes: panes.iter().map(|pane| pane.describe()).chain(in_tmux).collect(),
            host: here.then(|| v1::Host {
                name: LOCAL_HOST.into(),
                id: self.server.server_id.to_vec(),
                version: env!("CARGO_PKG_VERSION").into(),
            }),
        })
    }

    fn info(&self, request: &v1::Info) -> Result<v1::Pane, Fault> {
        let pane = self.find(request.target.as_ref())?;
        sample(&self.server, std::slice::from_ref(&pane));
        self.server.probe_holders();
        let mut described = pane.describe();
        if let Ok(summary) = towline_journal::summary(&pane.journal()) {
            described.kept_from = summary.first_offset;
            described.output_bytes = described.output_bytes.max(summary.head);
        }
        Ok(described)
    }

    async fn wait(&self, request: v1::Wait) -> Result<v1::Waited, Fault> {
        let pane = self.find(request.target.as_ref())?;
        let until =
            request.until.ok_or_else(|| Fault::invalid("the request says not what to wait for"))?;
        let waiting = async {
            match until {
                v1::wait::Until::Exit(_) => {
                    let mut pulse = pane.pulse.subscribe();
                    let _ = pulse.wait_for(|pulse| pulse.ended).await.map(drop);
                    Ok(String::new())
                }
                v1::wait::Until::Output(pattern) => {
                    let pattern = pane::pattern(&pattern)?;
                    let ended = pane.facts().row.ended.is_some();
                    if ended || request.since > 0 {
                        let found =
                            look::last_match(&self.server, &pane, pattern.clone(), request.since)
                                .await;
                        match found {
                            Some(line) => return Ok(line),
                            None if ended => return Err(Fault::ended(&pane.name())),
                            None => {}
                        }
                    }
                    pane.ask(|done| Command::WaitOutput { pattern: Box::new(pattern), done }).await
                }
            }
        };
        let line = if request.timeout_ms == 0 {
            waiting.await?
        } else {
            let limit = Duration::from_millis(request.timeout_ms);
            tokio::time::timeout(limit, waiting).await.map_err(|_| {
                Fault::new(ErrorKind::TimedOut, format!("nothing of the kind within {limit:?}"))
            })??
        };
        Ok(v1::Waited { pane: Some(pane.describe()), line })
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

    async fn clean(&self) -> v1::Cleaned {
        let mut cleaned = v1::Cleaned::default();
        for pane in self.server.panes.all() {
            if pane.pulse.borrow().ended {
                cleaned.panes.push(pane.describe());
                cleaned.bytes += end::remove(&self.server, &pane).await;
            }
        }
        cleaned
    }

    fn status(&self) -> v1::StatusReply {
        let panes = self.server.panes.all();
        let living = panes.iter().filter(|pane| pane.facts().row.ended.is_none()).count();
        let degraded = panes
            .iter()
            .filter(|pane| pane.facts().degraded)
            .map(|pane| {
                format!("{}: the journal can't be written; output is in memory only", pane.name())
            })
            .chain(
                self.server
                    .settings
                    .trouble
                    .iter()
                    .map(|why| format!("{why}: the defaults are used")),
            )
            .chain(self.server.settings.listen_troubles.iter().cloned())
            .chain(
                self.server.store.trouble().map(|why| format!("the store can't be written: {why}")),
            )
            .collect();
        let range = towline_client::connection::spoken();
        v1::StatusReply {
            pid: i32::try_from(std::process::id()).unwrap_or(0),
            version: env!("CARGO_PKG_VERSION").into(),
            server_id: self.server.server_id.to_vec(),
            started_at: self.server.started_at,
            panes: u32::try_from(living).unwrap_or(u32::MAX),
            clients: self.server.clients.load(Ordering::Relaxed),
            state_dir: self.server.paths.state_dir.as_os_str().as_bytes().to_vec(),
            protocol_min: range.min,
            protocol_max: range.max,
            degraded,
            memory_bytes: crate::processes::own_memory(),
        }
    }

    // ---------------------------------------------------------------------------- streams

    /// Attaching is not waited for in the connection's loop: the view is there at once, so that what the client
    /// sends next finds it; the reply follows when the holder knows the client's input.
    fn attach(self, request: v1::Attach) -> Option<Attachment> {
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

    async fn follow(self, request: v1::Follow, window: Arc<Window>) {
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

    async fn raw(self, request: v1::Raw, window: Arc<Window>) {
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

    async fn watch(self) {
        let mut changes = self.server.changes();
        answer(&self.out, self.id, Ok(reply::Body::Done(v1::Done {})));
        while changes.changed().await.is_ok() {
            self.out.send(server_frame::Body::Changed(v1::Changed { watch: self.id }));
            // A burst of changes is told once.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn shutdown(self, request: v1::Shutdown) {
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

    /// Points the pane at the ssh agent of whoever uses it now.
    fn lend_ssh_agent(&self, pane: &Pane) {
        if !self.ssh_auth_sock.is_empty() {
            let socket = Path::new(OsStr::from_bytes(&self.ssh_auth_sock));
            if let Err(error) = folder::link_ssh_agent(&pane.folder, socket) {
                tracing::debug!("{}: the ssh agent can't be linked: {error}", pane.name());
            }
        }
    }
}

async fn open(pane: &Pane, request: &v1::OpenInput) -> Result<v1::InputOpened, Fault> {
    let client = typing::client_id(&request.client)?;
    let tried = (request.tried_ms > 0).then(|| Duration::from_millis(request.tried_ms.into()));
    pane.ask(|done| Command::Open { client, again: request.again, tried, done }).await
}

/// A host without its ended panes, unless they are asked for.
fn without_ended(mut host: v1::HostState, ended: bool) -> v1::HostState {
    host.panes.retain(|pane| ended || pane.exit.is_none());
    host
}

/// Brings what the panes' processes use up to date.
pub(super) fn sample(server: &Server, panes: &[Arc<Pane>]) {
    let roots: Vec<i32> =
        panes.iter().map(|pane| pane.facts().pid).filter(|pid| *pid > 0).collect();
    let usage = server.sampler.usage(&roots);
    for pane in panes {
        let mut facts = pane.facts();
        if let Some(usage) = usage.get(&facts.pid) {
            facts.cpu_percent = usage.cpu_percent;
            facts.memory_bytes = usage.memory_bytes;
            facts.agent = usage.agent;
        }
    }
}
