//! Carrying a client's request on to another host's server, and its answers back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::task::AbortHandle;
use towline_client::connection::{Carried, Sink};
use towline_client::tmux::Driver;
use towline_client::transport::DialOptions;
use towline_protocol::v1::{self, client_frame, reply, request, server_frame};

use super::doubt::Need;
use super::link::Reach;
use super::{Peer, attach, task, tmux};
use crate::conn::{Out, Window, credit};
use crate::fault::Fault;
use crate::server::Server;

/// How long a request waits for the link to its host: somewhat less than a command waits for its answer, so that it
/// gets the reason.
const PATIENCE: Duration = Duration::from_secs(8);

/// A request that is carried on, as the client's connection knows it.
#[derive(Debug)]
pub(crate) struct Relayed {
    shared: Arc<Shared>,
    /// Waits for the link, where there was none, or does what is asked by itself.
    task: Option<AbortHandle>,
    peer: Option<Arc<Peer>>,
}

#[derive(Debug)]
struct Shared {
    /// The credit of a stream that begins here.
    window: Arc<Window>,
    carried: OnceLock<Carried>,
    /// Nothing follows.
    done: AtomicBool,
}

impl Shared {
    fn new(body: &request::Body) -> Self {
        let window = Arc::new(Window::new(credit(body)));
        Self { window, carried: OnceLock::new(), done: AtomicBool::new(false) }
    }
}

/// A request that is to be carried on.
pub(crate) struct Onward {
    pub(crate) key: Vec<u8>,
    pub(crate) body: request::Body,
    /// Lines that help where the host knows no such pane, which would name panes without their host.
    pub(crate) hints: Option<Vec<String>>,
    /// What is asked just before it, with an answer that nobody waits for.
    pub(crate) open: Option<v1::OpenInput>,
}

/// Carries a request on. Its answers go out as those to the request `id`. Must be called on the runtime.
pub(crate) fn relay(
    server: &Arc<Server>,
    peer: &Arc<Peer>,
    onward: Onward,
    out: Out,
    id: u64,
) -> Relayed {
    let shared = Arc::new(Shared::new(&onward.body));
    let answers = Answers {
        out,
        id,
        peer: Arc::clone(peer),
        hints: onward.hints.clone(),
        shared: Arc::clone(&shared),
    };
    let by_program =
        matches!(&onward.body, request::Body::Attach(attach) if !attach.via.is_empty());
    // A link that is there is used at once, so that requests keep their order.
    if let Some(Reach::Towline(connection)) = peer.fresh().filter(|_| !by_program) {
        if !carry(&connection, &onward, &answers, &shared) {
            answers.lost(false);
        }
        peer.doubt(&connection, Need::Request);
        return Relayed { shared, task: None, peer: Some(Arc::clone(peer)) };
    }
    let options = task::dial_options(server);
    let asked = Arc::clone(peer);
    let peer = Arc::clone(peer);
    let later = Arc::clone(&shared);
    let server = Arc::clone(server);
    let task = tokio::spawn(async move {
        loop {
            match peer.reach(PATIENCE).await {
                Ok(Reach::Towline(_)) if by_program => {
                    let by = other_way(&peer, &options, &onward.body);
                    return answers.finish(by.map(reply::Body::AttachBy));
                }
                // The link may have gone in between; nothing was sent then.
                Ok(Reach::Towline(connection)) => {
                    if carry(&connection, &onward, &answers, &later) {
                        return;
                    }
                }
                Ok(Reach::Tmux(driver)) => {
                    let Answers { out, id, .. } = answers.clone();
                    let alias = peer.alias().to_owned();
                    let window = Arc::clone(&later.window);
                    let there = Some((peer.host.clone(), options));
                    let known = Some(Arc::clone(&peer));
                    let agents = Arc::clone(&peer.agents);
                    let asked =
                        tmux::Asked { server, out, id, alias, window, there, known, agents };
                    tmux::serve(&driver, asked, onward.body).await;
                    later.done.store(true, Ordering::Relaxed);
                    return;
                }
                Err(fault) => return answers.finish(Err(fault)),
            }
        }
    });
    Relayed { shared, task: Some(task.abort_handle()), peer: Some(asked) }
}

/// Carries a request out on the tmux of this machine, where its target means a pane there; answers with `unknown` where it
/// doesn't.
pub(crate) fn relay_here(
    server: &Arc<Server>,
    driver: Arc<Driver>,
    onward: Onward,
    unknown: Fault,
    out: Out,
    id: u64,
) -> Relayed {
    let shared = Arc::new(Shared::new(&onward.body));
    let later = Arc::clone(&shared);
    let agents = server.fleet.agents_here();
    let server = Arc::clone(server);
    let task = tokio::spawn(async move {
        let window = Arc::clone(&later.window);
        let alias = String::new();
        let (there, known) = (None, None);
        let asked = tmux::Asked { server, out, id, alias, window, there, known, agents };
        tmux::serve_known(&driver, asked, onward.body, unknown).await;
        later.done.store(true, Ordering::Relaxed);
    });
    Relayed { shared, task: Some(task.abort_handle()), peer: None }
}

/// Whether the request was sent.
fn carry(
    connection: &towline_client::Connection,
    onward: &Onward,
    answers: &Answers,
    shared: &Shared,
) -> bool {
    let stream = opens_a_stream(&onward.body);
    let (key, body) = (onward.key.clone(), onward.body.clone());
    if let Some(open) = onward.open.clone() {
        let open =
            connection.carry(Vec::new(), request::Body::OpenInput(open), false, Box::new(Unheard));
        if open.is_err() {
            return false;
        }
    }
    match connection.carry(key, body, stream, Box::new(answers.clone())) {
        Ok(carried) => {
            let _ = shared.carried.set(carried);
            true
        }
        Err(_) => false,
    }
}

/// For an attach that is to go another way than the link: the command that does.
fn other_way(
    peer: &Peer,
    options: &DialOptions,
    body: &request::Body,
) -> Result<v1::AttachBy, Fault> {
    let request::Body::Attach(request) = body else {
        return Err(Fault::internal("only an attach goes another way"));
    };
    let wanted = request.target.clone().unwrap_or_default();
    let pane = tmux::resolve(peer.panes(), &wanted, peer.alias())?;
    let tow = peer.host.tow.clone().unwrap_or_else(|| "tow".into());
    let mut words = vec![tow, "attach".into(), format!("%{}", pane.id)];
    words.extend(request.read_only.then(|| "--read-only".to_owned()));
    let pane = v1::Pane { host: peer.alias().to_owned(), ..pane };
    let via = attach::Via::of(request, &peer.host);
    Ok(attach::command(&peer.host, options, via, &words, pane))
}

fn opens_a_stream(body: &request::Body) -> bool {
    use request::Body;
    matches!(
        body,
        Body::Attach(_) | Body::Follow(_) | Body::Raw(_) | Body::Watch(_) | Body::Subscribe(_)
    )
}

impl Relayed {
    /// Whether nothing follows.
    pub(crate) fn is_done(&self) -> bool {
        self.shared.done.load(Ordering::Relaxed)
    }

    /// Sends a frame about the stream on; `frame` is given the stream's id on the link.
    pub(crate) fn send(&self, frame: impl FnOnce(u64) -> client_frame::Body) {
        // A client speaks of a stream only after the reply that opens it, which comes after this is set.
        match self.shared.carried.get() {
            Some(carried) => {
                let frame = frame(carried.id());
                let waited_for = !matches!(frame, client_frame::Body::Credit(_));
                carried.send(frame);
                if let Some(peer) = self.peer.as_ref().filter(|_| waited_for) {
                    peer.doubt(carried.connection(), Need::Keys);
                }
            }
            None => {
                if let client_frame::Body::Credit(credit) = frame(0) {
                    self.shared.window.add(credit.bytes);
                }
            }
        }
    }

    /// The client wants no more of it.
    pub(crate) fn end(self) {
        if let Some(task) = self.task {
            task.abort();
        }
        if let Some(carried) = self.shared.carried.get() {
            carried.cancel();
        }
    }
}

/// The way of the answers.
#[derive(Clone)]
struct Answers {
    out: Out,
    id: u64,
    peer: Arc<Peer>,
    hints: Option<Vec<String>>,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answers").field("id", &self.id).field("host", &self.peer.alias()).finish()
    }
}

/// For answers that nobody waits for: why an input could not be opened is said again of what is typed.
#[derive(Debug)]
struct Unheard;

impl Sink for Unheard {
    fn frame(&self, _: server_frame::Body) {}

    fn lost(&self, _: bool) {}
}

impl Answers {
    fn reply(&self, body: reply::Body) {
        self.out.send(server_frame::Body::Reply(v1::Reply { id: self.id, body: Some(body) }));
    }

    /// The only answer.
    fn finish(&self, outcome: Result<reply::Body, Fault>) {
        self.shared.done.store(true, Ordering::Relaxed);
        self.reply(outcome.unwrap_or_else(|fault| reply::Body::Error(fault.into())));
    }
}

impl Sink for Answers {
    fn frame(&self, body: server_frame::Body) {
        use server_frame::Body;
        let id = self.id;
        self.out.send(match body {
            Body::Reply(mut reply) => {
                reply.id = id;
                if let Some(body) = &mut reply.body {
                    self.peer.known().note(body);
                    name_host(body, self.peer.alias(), self.hints.as_deref());
                }
                Body::Reply(reply)
            }
            Body::Data(data) => Body::Data(v1::StreamData { stream: id, ..data }),
            Body::End(end) => {
                self.shared.done.store(true, Ordering::Relaxed);
                Body::End(v1::StreamEnd { stream: id, ..end })
            }
            Body::InputAck(ack) => Body::InputAck(v1::InputAck { stream: id, ..ack }),
            Body::Changed(_) => Body::Changed(v1::Changed { watch: id }),
            other @ (Body::Ping(_) | Body::Pong(_) | Body::Goodbye(_)) => other,
        });
    }

    fn lost(&self, replied: bool) {
        self.shared.done.store(true, Ordering::Relaxed);
        let message = format!("the link to {} broke", self.peer.alias());
        let fault = Fault::new(v1::ErrorKind::LinkLost, message);
        if replied {
            self.out.end(self.id, None, Some(fault));
        } else {
            self.reply(reply::Body::Error(fault.into()));
        }
    }
}

/// Says of what a host answers that it is of that host.
fn name_host(body: &mut reply::Body, alias: &str, hints: Option<&[String]>) {
    use reply::Body;
    let pane = match body {
        Body::Spawned(spawned) => &mut spawned.pane,
        Body::Info(pane) => {
            alias.clone_into(&mut pane.host);
            return;
        }
        Body::Peeked(peeked) => &mut peeked.pane,
        Body::Sent(sent) => &mut sent.pane,
        Body::Waited(waited) => &mut waited.pane,
        Body::Attached(attached) => {
            if let Some(input) = &mut attached.input {
                alias.clone_into(&mut input.host);
            }
            &mut attached.pane
        }
        Body::AttachBy(attach) => &mut attach.pane,
        Body::Followed(followed) => &mut followed.pane,
        Body::Killed(killed) => &mut killed.pane,
        Body::Explained(explained) => &mut explained.pane,
        Body::Enqueued(enqueued) => {
            if let Some(item) = &mut enqueued.item {
                alias.clone_into(&mut item.host);
            }
            return;
        }
        Body::Queues(queues) => {
            queues.items.iter_mut().for_each(|item| alias.clone_into(&mut item.host));
            return;
        }
        Body::InputOpened(input) => {
            alias.clone_into(&mut input.host);
            return;
        }
        Body::Cleaned(cleaned) => {
            cleaned.panes.iter_mut().for_each(|pane| alias.clone_into(&mut pane.host));
            return;
        }
        Body::Error(error) => {
            error.message = format!("{alias}: {}", error.message);
            error.hints = match (error.kind(), hints) {
                (v1::ErrorKind::NotFound, Some(hints)) => hints.to_vec(),
                // They are meant for who sits there.
                _ => error.hints.iter().map(|hint| format!("on {alias}: {hint}")).collect(),
            };
            return;
        }
        Body::Done(_)
        | Body::Listed(_)
        | Body::Status(_)
        | Body::Connected(_)
        | Body::Agents(_) => return,
    };
    if let Some(pane) = pane {
        alias.clone_into(&mut pane.host);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_named_after_their_host() {
        let pane = || Some(v1::Pane::default());
        let mut body = reply::Body::Sent(v1::Sent { pane: pane(), ..v1::Sent::default() });
        name_host(&mut body, "thor", None);
        let reply::Body::Sent(sent) = body else { unreachable!() };
        assert_eq!(sent.pane.unwrap().host, "thor");
        let error = |kind: v1::ErrorKind| v1::Error {
            kind: kind.into(),
            message: "no pane `x`".into(),
            hints: vec!["did you mean `xy`?".into()],
        };
        for (kind, hint) in [
            (v1::ErrorKind::NotFound, "did you mean `thor:xy`?"),
            (v1::ErrorKind::Invalid, "on thor: did you mean `xy`?"),
        ] {
            let mut body = reply::Body::Error(error(kind));
            name_host(&mut body, "thor", Some(&["did you mean `thor:xy`?".to_owned()]));
            let reply::Body::Error(error) = body else { unreachable!() };
            assert_eq!(error.message, "thor: no pane `x`");
            assert_eq!(error.hints, [hint]);
        }
    }
}
