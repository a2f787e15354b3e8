//! A peer's task: connects, listens, and connects again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use towline_client::hosts::Backend;
use towline_client::tmux::Driver;
use towline_client::transport::{self, DialError, DialOptions, Dialed};
use towline_client::{Connection, HelloOptions, Stream, StreamItem};
use towline_protocol::Message as _;
use towline_protocol::v1::{self, request};

use super::doubt::{self, Need};
use super::link::{Backoff, Reach, State, Trouble};
use super::peer::Peer;
use super::tmux;
use crate::clock;
use crate::server::Server;
use crate::store::Op;

/// How long a host may take to be reached, with its handshakes.
const CONNECT: Duration = Duration::from_secs(15);

/// How often a link is asked whether it still is one.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// A link that held for so long was a good one: when it is lost, the pauses between tries begin anew.
const GOOD: Duration = Duration::from_secs(30);

/// What the host may push before more is asked for, in bytes.
const CREDIT: u64 = 256 * 1024;

/// What was seen is written down at most so often.
const WRITE_DOWN: Duration = Duration::from_secs(5);

/// Keeps the link to a host for ever.
pub(super) async fn run(server: Arc<Server>, peer: Arc<Peer>) {
    let mut backoff = Backoff::new();
    let mut quick = true;
    loop {
        peer.state.send_modify(State::begin);
        let begun = Instant::now();
        let (trouble, was_up) = match connect(&server, &peer).await {
            Ok(up) => {
                let up_at = Instant::now();
                let trouble = listen(&server, &peer, up).await;
                (trouble, Some(up_at))
            }
            Err(trouble) => (trouble, None),
        };
        tracing::info!("{}: {}", peer.alias(), trouble.message);
        if was_up.is_some_and(|at| at.elapsed() > GOOD) {
            backoff.reset();
        }
        // The first try after a loss comes at once, and nobody is told of the loss meanwhile but who had something
        // under way.
        if was_up.is_some() && quick && !peer.parked.load(Ordering::Relaxed) {
            quick = false;
            continue;
        }
        quick = was_up.is_some() || begun.elapsed() > GOOD;
        let mut news = false;
        peer.state.send_modify(|state| news = state.down(trouble));
        if news {
            server.changed();
        }
        write_down(&server, &peer);
        if peer.parked.load(Ordering::Relaxed) {
            peer.wanted.notified().await;
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(backoff.pause(random())) => {}
            () = peer.wanted.notified() => {}
        }
    }
}

/// A number that is another one each time; where the system has none, a middle one.
fn random() -> u8 {
    uuid::Uuid::new_v4().as_bytes()[0]
}

/// A link that is there.
enum Up {
    Towline {
        connection: Connection,
        updates: Stream,
        /// What keeps the stream below it open.
        way: transport::Way,
    },
    Tmux(Arc<Driver>),
}

async fn connect(server: &Arc<Server>, peer: &Peer) -> Result<Up, Trouble> {
    let late = || Trouble::new(format!("no answer within {} s", CONNECT.as_secs()));
    tokio::time::timeout(CONNECT, dial(server, peer)).await.unwrap_or_else(|_| Err(late()))
}

/// How the server dials a host: nobody is there to answer questions.
pub(super) fn dial_options(server: &Server) -> DialOptions {
    DialOptions {
        deadline: CONNECT,
        ssh_auth_sock: server.fleet.ssh_agent(),
        control_dir: server.paths.ssh(),
        ..DialOptions::default()
    }
}

async fn dial(server: &Arc<Server>, peer: &Peer) -> Result<Up, Trouble> {
    let options = dial_options(server);
    let (host, alias) = (&peer.host, peer.alias());
    if host.backend == Backend::Tmux {
        return Ok(Up::Tmux(Arc::new(tmux::driver(host, &options))));
    }
    let anew = DialOptions { anew: peer.doubt.take_dead(), ..options.clone() };
    let Dialed { reader, writer, way } = match transport::dial(host, &anew).await {
        Ok(dialed) => dialed,
        Err(DialError::NoTowline { tmux: Some(_) }) if host.backend == Backend::Auto => {
            return Ok(Up::Tmux(Arc::new(tmux::driver(host, &options))));
        }
        Err(DialError::NoTowline { tmux }) => {
            let what =
                if tmux.is_some() { "there is no tow" } else { "there is neither tow nor tmux" };
            let hints = vec![format!("tow host install {alias}")];
            return Err(Trouble { hints, ..Trouble::new(format!("{what} on that host")) });
        }
        Err(error) => return Err(no_stream(error)),
    };
    let hello = HelloOptions { deadline: CONNECT, heartbeat: HEARTBEAT, ..HelloOptions::default() };
    let said = async |message: String| match way.why_ended().await {
        // What ssh, or the tow over there, says of it says more than that the stream has ended.
        Some(words) => Trouble { hints: words.hints, ..Trouble::new(words.message) },
        None => Trouble::new(message),
    };
    let connection = match Connection::over_halves(reader, writer, hello).await {
        Ok(connection) => connection,
        Err(error) => return Err(said(error.to_string()).await),
    };
    let begun = Instant::now();
    let subscribe = request::Body::Subscribe(v1::Subscribe { credit: CREDIT });
    let opened = connection.open(subscribe).await;
    let (_, updates) = match opened {
        Ok(opened) => opened,
        Err(error) => return Err(said(error.to_string()).await),
    };
    {
        let mut known = peer.known();
        let hello = connection.server();
        known.host = Some(v1::Host {
            name: peer.alias().to_owned(),
            id: hello.server_id.clone(),
            version: hello.version.clone(),
        });
        known.tmux = false;
        known.rtt_us = microseconds(begun.elapsed());
    }
    Ok(Up::Towline { connection, updates, way })
}

fn no_stream(error: DialError) -> Trouble {
    Trouble { message: error.to_string(), hints: error.hints() }
}

pub(super) fn microseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

/// Takes in what the host pushes until the link is lost, and says why it was.
async fn listen(server: &Arc<Server>, peer: &Peer, up: Up) -> Trouble {
    let listening = async {
        match up {
            Up::Towline { connection, updates, way } => {
                listen_to_towline(server, peer, connection, updates, way).await
            }
            Up::Tmux(driver) => listen_to_tmux(server, peer, &driver).await,
        }
    };
    let trouble = tokio::select! {
        trouble = listening => trouble,
        () = peer.leave.notified() => Trouble {
            hints: vec![format!("tow host connect {}", peer.alias())],
            ..Trouble::new("disconnected by hand")
        },
    };
    write_down(server, peer);
    trouble
}

/// Watches a host's tmux, and takes in what it says.
async fn listen_to_tmux(server: &Arc<Server>, peer: &Peer, driver: &Arc<Driver>) -> Trouble {
    let mut first = true;
    let mut written = Instant::now();
    let watching = tmux::watch(driver, &peer.agents, &server.rulebook, |told| {
        let news = {
            let mut known = peer.known();
            known.host = None;
            known.tmux = true;
            if let Some(took) = told.listed {
                known.seen_at = clock::now();
                known.rtt_us = microseconds(took);
            }
            known.replace(peer.agents.panes())
        };
        if std::mem::take(&mut first) {
            let up = Reach::Tmux(Arc::clone(driver));
            peer.state.send_modify(|state| state.up(up));
        }
        if news {
            server.changed();
        }
        // What an agent does is not to be lost with this server: since when, and whether somebody has seen it.
        if told.changed || written.elapsed() > WRITE_DOWN {
            written = Instant::now();
            write_down(server, peer);
        }
        true
    });
    match watching.await {
        Ok(()) => Trouble::new("it is not watched any more"),
        Err(error) => Trouble { hints: error.hints(), ..Trouble::new(error.to_string()) },
    }
}

async fn listen_to_towline(
    server: &Arc<Server>,
    peer: &Peer,
    connection: Connection,
    mut updates: Stream,
    way: transport::Way,
) -> Trouble {
    let silent = heartbeat(&connection, peer);
    tokio::pin!(silent);
    let mut written = Instant::now();
    let mut first = true;
    let trouble = loop {
        tokio::select! {
            item = updates.next() => match item {
                Some(StreamItem::Data { data, .. }) => {
                    updates.credit(data.len() as u64);
                    let (whole, exchanges) = match v1::ListUpdate::decode(&*data) {
                        Ok(mut update) => {
                            let told = (update.whole, std::mem::take(&mut update.exchanges));
                            let mut known = peer.known();
                            known.update(update);
                            known.seen_at = clock::now();
                            told
                        }
                        Err(_) => break Trouble::new("what it says can't be read"),
                    };
                    if first {
                        // Only with its panes is the host there: whoever waits for it asks for them next.
                        first = false;
                        let up = Reach::Towline(connection.clone());
                        peer.state.send_modify(|state| state.up(up));
                    }
                    server.ledgers.hear(peer.alias(), whole, exchanges);
                    server.changed();
                    if written.elapsed() > WRITE_DOWN {
                        written = Instant::now();
                        write_down(server, peer);
                    }
                }
                Some(StreamItem::End(end)) => {
                    let why = end.error.map(|error| error.message);
                    break Trouble::new(why.unwrap_or_else(|| "it ended the link".into()));
                }
                Some(StreamItem::Ack(_) | StreamItem::Changed) => {}
                None => break why_lost(peer, &connection, &way),
            },
            () = &mut silent => break why_lost(peer, &connection, &way),
        }
    };
    connection.close();
    trouble
}

/// Why there is no link any more.
fn why_lost(peer: &Peer, connection: &Connection, way: &transport::Way) -> Trouble {
    if peer.doubt.take_silent() {
        return Trouble::new("it does not answer any more");
    }
    let words = way.last_words();
    match connection.goodbye() {
        Some(v1::goodbye::Reason::Stopped) => Trouble::new("its server was stopped"),
        _ if words.is_empty() => Trouble::new("the link broke"),
        _ => Trouble::new(words),
    }
}

/// Measures the round trip now and then; returns when there is no link.
async fn heartbeat(connection: &Connection, peer: &Peer) {
    loop {
        if !peer.ask(connection, Need::Heartbeat).await {
            return;
        }
        doubt::pass(HEARTBEAT).await;
    }
}

/// Keeps what was seen, so that the host is still listed with it after a restart.
fn write_down(server: &Server, peer: &Peer) {
    let known = peer.known();
    if peer.listed && known.seen_at > 0 {
        let state = known.state(peer.alias());
        server.store.write(Op::PutHost(peer.alias().to_owned(), state.encode_to_vec()));
    }
}
