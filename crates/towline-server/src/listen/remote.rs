//! Connections by tcp and tls. Nobody is answered who has not proved to know a secret; then the connection is joined to
//! a socket pair, at whose other end it is served as any other.

use std::future::Future;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use towline_client::hosts::Address;
use towline_client::socket::Socket;
use towline_client::transport::noise::{self, NoiseError};
use towline_client::transport::proof::{self, CLAIM, EXPORTER, EXPORTER_LABEL, Role};
use towline_client::transport::{SecretId, carry, tune};

use super::PAUSE;
use super::bind::Bound;
use crate::auth::{Auth, Slot, Stage};
use crate::conn;
use crate::server::Server;

/// How long somebody has to prove itself: a few round trips on the slowest link.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How often a connection's secret is looked for: a client that is revoked is gone so soon.
const RECHECK: Duration = Duration::from_millis(500);

/// Serves an address for ever.
pub(crate) async fn serve(server: Arc<Server>, auth: Arc<Auth>, bound: Bound) {
    let Bound { address, listener } = bound;
    let tls = matches!(address, Address::Tls { .. });
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::warn!("cannot serve {address}: {error}"),
    };
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let id = auth.slots.next();
                let (server, shared) = (Arc::clone(&server), Arc::clone(&auth));
                let task = tokio::spawn(async move {
                    serve_peer(server, &shared, id, stream, peer, tls).await;
                });
                auth.slots.insert(id, task.abort_handle());
            }
            Err(error) => {
                tracing::warn!("cannot accept a connection at {address}: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn serve_peer(
    server: Arc<Server>,
    auth: &Auth,
    id: u64,
    mut stream: TcpStream,
    peer: SocketAddr,
    tls: bool,
) {
    let slot = auth.slots.hold(id);
    // Until the handshake's end: whoever has to give its place to another is told so by a reset, and may come again.
    if let Err(error) = tune(&stream).and_then(|()| resets(&stream, true)) {
        tracing::debug!("{peer}: {error}");
    }
    let refused = if tls {
        match within(by_tls(auth, &slot, &mut stream)).await {
            Ok((stream, id, name)) => {
                drop(slot);
                let _ = resets(stream.get_ref().0, false);
                return join(server, auth, id, (&name, peer), |local| carry(stream, local)).await;
            }
            Err(why) => why,
        }
    } else {
        match within(by_tcp(auth, &slot, &mut stream)).await {
            Ok((session, id, name)) => {
                drop(slot);
                let _ = resets(&stream, false);
                return join(server, auth, id, (&name, peer), |local| session.carry(stream, local))
                    .await;
            }
            Err(why) => why,
        }
    };
    slot.reach(Stage::Refused);
    let _ = resets(&stream, false);
    let (wait, log) = auth.failed();
    if let Some(count) = log {
        tracing::warn!("{peer} did not prove itself: {refused} ({count} since the last such line)");
    }
    // It learns nothing, and that slowly. Its place may go to another meanwhile.
    tokio::time::sleep(wait).await;
    drop(stream);
}

/// Whether closing a connection resets it.
fn resets(stream: &TcpStream, on: bool) -> std::io::Result<()> {
    let linger = on.then_some(Duration::ZERO);
    Ok(rustix::net::sockopt::set_socket_linger(stream, linger)?)
}

/// Does a handshake in its time.
async fn within<T>(handshake: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    tokio::time::timeout(HANDSHAKE, handshake)
        .await
        .unwrap_or_else(|_| Err("it took too long".into()))
}

async fn by_tcp(
    auth: &Auth,
    slot: &Slot<'_>,
    stream: &mut TcpStream,
) -> Result<(noise::Session, SecretId, String), String> {
    let mut name = String::new();
    let known = |id| {
        slot.reach(Stage::Speaks);
        let (secret, whose) = auth.secret_of(id)?;
        name = whose;
        Some(secret)
    };
    let shaken = noise::respond(stream, &auth.identity.fingerprint, known).await;
    match shaken {
        Ok((session, id)) => Ok((session, id, name)),
        Err(NoiseError::Io(error)) => Err(towline_client::io_error_in_words(&error)),
        Err(error) => Err(error.to_string()),
    }
}

type Tls<'a> = tokio_rustls::server::TlsStream<&'a mut TcpStream>;

async fn by_tls<'a>(
    auth: &Auth,
    slot: &Slot<'_>,
    stream: &'a mut TcpStream,
) -> Result<(Tls<'a>, SecretId, String), String> {
    let words = |error: std::io::Error| towline_client::io_error_in_words(&error);
    // Who says nothing uses up nobody's turn.
    stream.readable().await.map_err(words)?;
    slot.reach(Stage::Speaks);
    auth.turn().await;
    let mut tls = auth.identity.acceptor.accept(stream).await.map_err(words)?;
    let mut exporter = [0; EXPORTER];
    let exported = tls.get_ref().1.export_keying_material(&mut exporter, EXPORTER_LABEL, None);
    exported.map_err(|error| error.to_string())?;
    let mut claim = [0; CLAIM];
    tls.read_exact(&mut claim).await.map_err(words)?;
    let (id, told) = proof::read_claim(&claim).ok_or("it speaks something else")?;
    let (secret, name) = auth.secret_of(id).ok_or("nobody is known by its secret")?;
    if !proof::is_proven(&secret, Role::Client, &exporter, &told) {
        return Err("its proof is wrong".into());
    }
    tls.write_all(&proof::prove(&secret, Role::Server, &exporter)).await.map_err(words)?;
    tls.flush().await.map_err(words)?;
    Ok((tls, id, name))
}

/// Serves somebody who is known, as long as it stays so.
async fn join<F: Future<Output = ()>>(
    server: Arc<Server>,
    auth: &Auth,
    id: SecretId,
    who: (&str, SocketAddr),
    carry: impl FnOnce(UnixStream) -> F,
) {
    auth.succeeded();
    let (name, peer) = who;
    tracing::info!("{name} has connected from {peer}");
    let pair = || {
        let (own, other) = StdUnixStream::pair()?;
        other.set_nonblocking(true)?;
        Ok::<_, std::io::Error>((Socket::new(own)?, UnixStream::from_std(other)?))
    };
    let (own, other) = match pair() {
        Ok(pair) => pair,
        Err(error) => return tracing::warn!("{name} from {peer} can't be served: {error}"),
    };
    let _carried = auth.carry();
    tokio::spawn(conn::serve(server, own));
    let revoked = async {
        loop {
            tokio::time::sleep(RECHECK).await;
            if !auth.is_known(id) {
                return;
            }
        }
    };
    tokio::select! {
        () = carry(other) => {}
        () = revoked => tracing::info!("{name} from {peer} is no longer known: its connection is closed"),
    }
}
